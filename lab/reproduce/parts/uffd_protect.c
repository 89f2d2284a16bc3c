static struct seen write_protect(int slot, unsigned long va, unsigned long pages, int protect)
{
	struct uffdio_writeprotect range = {
		.range = { (unsigned long)address_of(va), pages * PAGE_BYTES },
		.mode = protect ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};
	int tries = 0;

	/* -EAGAIN: the address space is about to change. */
	while (ioctl(shared->uffd[slot], UFFDIO_WRITEPROTECT, &range)) {
		if (errno != EAGAIN || ++tries > 1000)
			return unable("UFFDIO_WRITEPROTECT", errno);
		idle();
		sleep_us(1000);
	}
	return done(0);
}
