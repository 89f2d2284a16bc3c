static int is_ksm_page(int slot, unsigned long va)
{
	struct seen entry = entry_of(slot, va);
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	unsigned long flags = 0;

	if (entry.what == DONE && entry.value >> 63 && fd >= 0 &&
	    pread(fd, &flags, sizeof(flags), (off_t)((entry.value & ((1UL << 55) - 1)) * 8)) != 8)
		flags = 0;
	if (fd >= 0)
		close(fd);
	return flags >> 21 & 1;
}

/* ksmd looks at a page twice before it merges it. */
static struct seen merge(int slot, unsigned long va)
{
	long scans = ksm_number("full_scans");
	int tries;

	if (ksm_run(1))
		return unable("/sys/kernel/mm/ksm/run: root starts ksmd, where there is KSM", errno);
	for (tries = 0; tries < 2000 && ksm_number("full_scans") < scans + 5; tries++)
		sleep_us(5000);
	ksm_run(ksm_before);
	return is_ksm_page(slot, va) ? done(0) : unable("ksmd has merged nothing", 0);
}
