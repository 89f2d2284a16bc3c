static struct seen entry_of(int slot, unsigned long va)
{
	int fd = open_of(slot, "pagemap", O_RDONLY);
	unsigned long entry = 0;

	if (fd < 0 || pread(fd, &entry, sizeof(entry),
			    (off_t)((unsigned long)address_of(va) / BASE_PAGE * 8)) != 8)
		return unable("/proc/PID/pagemap", errno);
	close(fd);
	return done(entry);
}
