static struct seen store(unsigned long va, unsigned long value)
{
	unsigned long page;

	if (sigsetjmp(after_fault, 0))
		return (struct seen){ .what = FAULTED };
	for (page = 0; page < UNIT; page += STRIDE)
		*(volatile unsigned long *)((char *)address_of(va) + page * BASE_PAGE) = value;
	return done(value);
}
