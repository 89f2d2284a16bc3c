/* One transfer of eight bytes between the buffer and the disk, to its end. */
static long transfer(int pin, unsigned char opcode)
{
	struct ring *ring = &rings[pin];
	_Atomic unsigned int *sq_tail = (void *)(ring->sq + ring->params.sq_off.tail);
	unsigned int *sq_array = (void *)(ring->sq + ring->params.sq_off.array);
	_Atomic unsigned int *cq_head = (void *)(ring->cq + ring->params.cq_off.head);
	_Atomic unsigned int *cq_tail = (void *)(ring->cq + ring->params.cq_off.tail);
	struct io_uring_cqe *cqes = (void *)(ring->cq + ring->params.cq_off.cqes);
	unsigned int tail = *sq_tail, head = *cq_head;
	unsigned int index = tail & (ring->params.sq_entries - 1);
	long result;

	memset(&ring->sqes[index], 0, sizeof(ring->sqes[index]));
	ring->sqes[index].opcode = opcode;
	ring->sqes[index].fd = ring->disk;
	ring->sqes[index].addr = shared->held[pin];
	ring->sqes[index].len = 8;
	sq_array[index] = index;
	*sq_tail = tail + 1;
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	if (*cq_tail == head)
		return -EIO;
	result = cqes[head & (ring->params.cq_entries - 1)].res;
	*cq_head = head + 1;
	return result;
}
