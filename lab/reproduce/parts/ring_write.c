/* The device writes through the pin. */
static struct seen device_writes(int pin, unsigned long value)
{
	if (pwrite(rings[pin].disk, &value, sizeof(value), 0) != sizeof(value) ||
	    transfer(pin, IORING_OP_READ_FIXED) != 8)
		return unable("IORING_OP_READ_FIXED", 0);
	return done(value);
}
