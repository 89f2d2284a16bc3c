/* Where branches run side by side: all begin together, each a little later than the other. */
static int race(unsigned int turn, unsigned int branches)
{
	volatile unsigned int spin;
	unsigned int wait;

	if (!await_turn(turn))
		return 0;
	noise = noise * 1103515245 + 12345;
	/* Short waits and long ones, since nobody knows how long the window is. */
	wait = (noise >> 8) % (1U << (round_number % 18));
	atomic_fetch_add(&shared->ready[turn], 1);
	while (shared->ready[turn] < branches) {
		if (shared->stop)
			return 0;
		if (one_cpu)
			sched_yield();
	}
	for (spin = 0; spin < wait; spin++)
		;
	return 1;
}
