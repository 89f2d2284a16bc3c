static struct seen clear_refs(int slot)
{
	int fd = open_of(slot, "clear_refs", O_WRONLY);
	struct seen seen;

	if (fd < 0)
		return unable("/proc/PID/clear_refs", errno);
	seen = of_call("/proc/PID/clear_refs", write(fd, "4", 1));
	close(fd);
	return seen;
}
