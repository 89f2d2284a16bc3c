static int open_of(int slot, const char *file, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", shared->pid[slot], file);
	return open(path, flags | O_CLOEXEC);
}
