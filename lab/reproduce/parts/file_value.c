static struct seen file_value(unsigned long va)
{
	unsigned long value = 0;

	if (pread(shared->file, &value, sizeof(value), (off_t)(va * PAGE_BYTES)) != sizeof(value))
		return unable("pread", errno);
	return done(value);
}
