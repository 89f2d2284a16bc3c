static struct seen register_uffd(int slot, unsigned long pages, unsigned long features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	struct uffdio_register range = {
		.range = { MEMORY, pages * PAGE_BYTES },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return unable("userfaultfd (vm.unprivileged_userfaultfd)", errno);
	if (ioctl(fd, UFFDIO_API, &api))
		return unable("the features of userfaultfd", errno);
	if (ioctl(fd, UFFDIO_REGISTER, &range))
		return unable("UFFDIO_REGISTER_MODE_WP", errno);
	shared->uffd[slot] = fd;
	return done(0);
}
