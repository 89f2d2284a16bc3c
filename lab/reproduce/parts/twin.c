#define TWIN	((void *)(MEMORY - 16 * BASE_PAGE))

/* Another page with the same bytes, for ksmd to merge with. */
static struct seen make_twin(unsigned long va)
{
	if (mmap(TWIN, BASE_PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
		return unable("mmap", errno);
	memcpy(TWIN, address_of(va), BASE_PAGE);
	return of_call("MADV_MERGEABLE", madvise(TWIN, BASE_PAGE, MADV_MERGEABLE));
}

static struct seen drop_twin(void)
{
	return of_call("munmap", munmap(TWIN, BASE_PAGE));
}
