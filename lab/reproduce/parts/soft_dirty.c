/* A fresh mapping is soft-dirty as a whole, where the kernel keeps track at all. */
static const char *soft_dirty_works(void)
{
	char *page = mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	unsigned long entry = 0;

	if (page == MAP_FAILED || fd < 0)
		return "no /proc/self/pagemap";
	*(volatile char *)page = 1;
	if (pread(fd, &entry, sizeof(entry), (off_t)((unsigned long)page / BASE_PAGE * 8)) != 8)
		entry = 0;
	close(fd);
	munmap(page, BASE_PAGE);
	return entry >> 55 & 1 ? NULL : "no CONFIG_MEM_SOFT_DIRTY";
}
