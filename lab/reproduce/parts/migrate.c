/* To another node. A page that is pinned may stay where it is. */
static struct seen migrate(int slot, unsigned long va)
{
	void *address = address_of(va);
	int node = -1, other, status = -1;

	if (syscall(SYS_move_pages, shared->pid[slot], 1UL, &address, NULL, &node, 0) || node < 0)
		return unable("move_pages: the page is on no node", 0);
	other = node == 0;
	if (syscall(SYS_move_pages, shared->pid[slot], 1UL, &address, &other, &status,
		    2 /* MPOL_MF_MOVE */) < 0)
		return unable("move_pages: there is no second node, or it may not", errno);
	return done(0);
}
