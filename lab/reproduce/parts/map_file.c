static struct seen map_memory(unsigned long va, unsigned long pages)
{
	if (shared->file < 0) {
		shared->file = memfd_create("memory", 0);
		if (shared->file < 0 || ftruncate(shared->file, (off_t)(pages * PAGE_BYTES)))
			return unable("memfd_create", errno);
	}
	return of_call("mmap", (long)mmap(address_of(va), pages * PAGE_BYTES,
					  PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
					  shared->file, (off_t)(va * PAGE_BYTES)));
}
