/* A load from each base page, if there are several. */
static struct seen load(unsigned long va)
{
	unsigned long page, value = 0;

	if (sigsetjmp(after_fault, 0))
		return (struct seen){ .what = FAULTED };
	for (page = 0; page < UNIT; page += STRIDE) {
		unsigned long now = *(volatile unsigned long *)((char *)address_of(va) +
								page * BASE_PAGE);

		if (page == 0)
			value = now;
	}
	return done(value);
}
