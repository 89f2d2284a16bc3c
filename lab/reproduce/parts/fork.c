static struct seen fork_into(int slot)
{
	long pid = start_process(slot, CLONE_PARENT);

	return of_call("fork", pid);
}
