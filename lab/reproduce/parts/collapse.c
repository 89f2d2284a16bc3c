/* It fails where it comes too late or too early, which is all right in a race. */
static struct seen collapse(unsigned long va, unsigned long pages)
{
	return done((unsigned long)madvise(address_of(va), pages * PAGE_BYTES, MADV_COLLAPSE));
}

/* MADV_COLLAPSE came with v6.1. */
static const char *collapse_works(void)
{
	char *thp = mmap((void *)MEMORY, 512 * BASE_PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
	int failed;

	if (thp == MAP_FAILED)
		return "mmap";
	*(volatile char *)thp = 1;
	failed = madvise(thp, 512 * BASE_PAGE, MADV_COLLAPSE) && errno == EINVAL;
	munmap(thp, 512 * BASE_PAGE);
	return failed ? "no MADV_COLLAPSE" : NULL;
}
