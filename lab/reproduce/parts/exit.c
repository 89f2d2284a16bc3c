/* It does not come back; the controller sees that it has gone. */
static struct seen exit_in(int slot, int step)
{
	shared->exits_in[slot] = 1 + step;
	_exit(0);
}
