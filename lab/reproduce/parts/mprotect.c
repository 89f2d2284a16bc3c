static struct seen protect_memory(unsigned long va, unsigned long pages, int prot)
{
	return of_call("mprotect", mprotect(address_of(va), pages * PAGE_BYTES, prot));
}
