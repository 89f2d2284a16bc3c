/* GUP with FOLL_FORCE, a store, and the end of it: protection does not matter, sharing does. */
static struct seen force_store(unsigned long va, unsigned long value)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	ssize_t wrote;

	if (fd < 0)
		return unable("/proc/self/mem", errno);
	wrote = pwrite(fd, &value, sizeof(value), (off_t)address_of(va));
	close(fd);
	if (wrote == sizeof(value))
		return done(value);
	/* Kernels since v6.12 can refuse it to who is no tracer. */
	return unable(errno == EIO ? "FOLL_FORCE is switched off (proc_mem.force_override)" :
				     "a store by /proc/self/mem", errno);
}
