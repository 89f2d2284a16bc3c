static long ksm_before;	/* what /sys/kernel/mm/ksm/run said */

static long ksm_number(const char *name)
{
	char path[64], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/mm/ksm/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	if (fd >= 0)
		close(fd);
	return atol(text);
}

static int ksm_run(long run)
{
	int fd = open("/sys/kernel/mm/ksm/run", O_WRONLY | O_CLOEXEC);
	char text[32];
	int length = snprintf(text, sizeof(text), "%ld", run);
	int failed = fd < 0 || write(fd, text, (size_t)length) != length;

	if (fd >= 0)
		close(fd);
	return failed ? -1 : 0;
}
