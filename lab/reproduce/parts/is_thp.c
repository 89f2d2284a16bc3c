/* Whether a PMD maps all of it: smaps says so to anybody. */
static struct seen is_thp(int slot)
{
	int fd = open_of(slot, "smaps", O_RDONLY);
	FILE *smaps = fd < 0 ? NULL : fdopen(fd, "r");
	unsigned long start, kb = 0;
	int here = 0;
	char line[256];

	while (smaps && fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%*x %*s", &start) == 1 && strchr(line, '-'))
			here = start == MEMORY;
		else if (here)
			sscanf(line, "AnonHugePages: %lu", &kb);
	}
	if (smaps)
		fclose(smaps);
	return kb ? done(0) : unable("there is no THP (transparent_hugepage/enabled)", 0);
}
