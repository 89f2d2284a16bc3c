/* A pipe that vmsplice() has put a page into is a FOLL_GET reference for reading. */
static struct seen splice_page(unsigned long va, int pin)
{
	struct iovec buffer = { address_of(va), 8 };

	return of_call("vmsplice", vmsplice(shared->pipe_of[pin][1], &buffer, 1, 0) == 8 ? 0 : -1);
}
