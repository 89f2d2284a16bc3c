/* Which page is mapped there. */
static struct seen frame_of(int slot, unsigned long va)
{
	struct seen seen = entry_of(slot, va);

	if (seen.what == DONE)
		seen.value &= (1UL << 55) - 1;
	if (seen.what == DONE && seen.value == 0)
		return unable("pagemap shows frames to root only, or none is mapped", 0);
	return seen;
}
