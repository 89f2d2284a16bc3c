/* A whole THP fits there, and may be taken for it. */
static struct seen map_memory(unsigned long va, unsigned long pages)
{
	void *at = mmap(address_of(va), pages * PAGE_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return unable("mmap", errno);
	return of_call("MADV_HUGEPAGE", madvise(at, pages * PAGE_BYTES, MADV_HUGEPAGE));
}
