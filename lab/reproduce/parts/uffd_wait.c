/* Whether there is an event; there is none once the others have come to their end without. */
static struct seen wait_event(int step)
{
	unsigned int turn = turn_of[step];
	unsigned int own = 0, looks;
	int other;

	/* The monitor's own steps of this turn can't come before this one has ended. */
	for (other = 0; other < STEPS; other++)
		own += turn_of[other] == turn && is_outside[other] && other >= step;
	for (looks = 0; looks < 20000; looks++) {
		int over = shared->arrived[turn] + own >= steps_in[turn];

		read_events();
		if (events) {
			events--;
			return done(1);
		}
		if (over || shared->stop)
			return done(0);
		sleep_us(100);
	}
	return unable("neither an event nor an end", 0);
}
