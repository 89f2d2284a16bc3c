static struct seen advise(unsigned long va, unsigned long pages, int advice)
{
	return of_call("madvise", madvise(address_of(va), pages * PAGE_BYTES, advice));
}
