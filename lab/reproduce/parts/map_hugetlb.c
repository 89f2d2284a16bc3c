static struct seen map_memory(unsigned long va, unsigned long pages)
{
	return of_call("mmap of hugetlb memory (/proc/sys/vm/nr_hugepages)",
		       (long)mmap(address_of(va), pages * PAGE_BYTES, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0));
}
