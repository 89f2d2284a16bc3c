static struct seen unpin(int pin)
{
	return of_call("io_uring_register(IORING_UNREGISTER_BUFFERS)",
		       syscall(SYS_io_uring_register, rings[pin].fd, IORING_UNREGISTER_BUFFERS,
			       NULL, 0));
}
