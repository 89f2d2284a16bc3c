static struct seen unmap(unsigned long va, unsigned long pages)
{
	return of_call("munmap", munmap(address_of(va), pages * PAGE_BYTES));
}
