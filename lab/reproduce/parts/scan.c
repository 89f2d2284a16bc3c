/* PAGEMAP_SCAN came with v6.7; headers may be older. */
static struct seen scan(int slot, unsigned long va, unsigned long pages)
{
	struct { unsigned long start, end, categories; } regions[8];
	struct {
		unsigned long size, flags, start, end, walk_end, vec, vec_len, max_pages;
		unsigned long inverted, mask, anyof_mask, return_mask;
	} asked = {
		.size = sizeof(asked), .flags = 1 /* PM_SCAN_WP_MATCHING */,
		.start = (unsigned long)address_of(va),
		.end = (unsigned long)address_of(va) + pages * PAGE_BYTES,
		.vec = (unsigned long)regions, .vec_len = 8,
		.mask = 2 /* PAGE_IS_WRITTEN */, .return_mask = 2,
	};
	int fd = open_of(slot, "pagemap", O_RDONLY);
	struct seen seen = of_call("PAGEMAP_SCAN", fd < 0 ? -1 : ioctl(fd, 0xc0606610UL, &asked));

	close(fd);
	return seen;
}
