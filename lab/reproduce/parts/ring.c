/* An io_uring with a registered buffer is a pin for writing and for long, and a device as well. */
static struct ring {
	int fd;
	int disk;	/* what is written there was read from memory, and the other way round */
	struct io_uring_params params;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
} rings[4];

static struct seen make_ring(int pin)
{
	struct ring *ring = &rings[pin];

	ring->fd = (int)syscall(SYS_io_uring_setup, 4, &ring->params);
	if (ring->fd < 0)
		return unable("io_uring_setup", errno);
	ring->sq = mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
			IORING_OFF_SQ_RING);
	ring->cq = mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
			IORING_OFF_CQ_RING);
	ring->sqes = mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
			  IORING_OFF_SQES);
	if (ring->sq == MAP_FAILED || ring->cq == MAP_FAILED || ring->sqes == MAP_FAILED)
		return unable("mmap of an io_uring", errno);
	ring->disk = memfd_create("disk", 0);
	return of_call("memfd_create", ring->disk);
}

static struct seen pin_for_writing(unsigned long va, int pin)
{
	struct iovec buffer = { address_of(va), PAGE_BYTES };

	shared->held[pin] = (unsigned long)buffer.iov_base;
	if (syscall(SYS_io_uring_register, rings[pin].fd, IORING_REGISTER_BUFFERS, &buffer, 1))
		return unable("io_uring_register(IORING_REGISTER_BUFFERS)", errno);
	shared->pins++;
	return done(0);
}
