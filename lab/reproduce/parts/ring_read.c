/* What the device reads through the pin. */
static struct seen device_reads(int pin)
{
	unsigned long value = 0;

	if (transfer(pin, IORING_OP_WRITE_FIXED) != 8 ||
	    pread(rings[pin].disk, &value, sizeof(value), 0) != sizeof(value))
		return unable("IORING_OP_WRITE_FIXED", 0);
	return done(value);
}
