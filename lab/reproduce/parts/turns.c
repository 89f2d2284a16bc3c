static void idle(void);	/* what the controller does while it waits */

static void arrive(int step, struct seen seen)
{
	unsigned int turn = turn_of[step];

	shared->seen[step] = seen;
	if (seen.what == UNABLE && !atomic_exchange(&shared->stop, 1)) {
		shared->stopped = seen;
		shared->stopped_at = step;
	}
	if (atomic_fetch_add(&shared->arrived[turn], 1) + 1 == steps_in[turn])
		atomic_fetch_add(&shared->turn, 1);
}

/* The controller sees who has exited, which is how exit_group() takes its turn. */
static void reap(void)
{
	int status, slot;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (slot = 0; slot < SLOTS; slot++) {
			if (shared->pid[slot] != pid)
				continue;
			shared->pid[slot] = 0;
			if (shared->exits_in[slot])
				arrive(shared->exits_in[slot] - 1, done(0));
			else if (!atomic_exchange(&shared->stop, 1))
				shared->stopped = unable("a process of the test has died", 0);
		}
}

static int await_turn(unsigned int turn)
{
	unsigned int looks = 0;

	while (shared->turn < turn) {
		if (shared->stop)
			return 0;
		if (controls)
			idle();
		if (++looks > 200)
			sleep_us(looks > 2000 ? 200 : 1);
	}
	return !shared->stop;
}

/* One step of the story, when its turn has come. */
#define AT(step, what_is_done)					\
	do {							\
		if (!await_turn(turn_of[step]))			\
			return;					\
		arrive(step, what_is_done);			\
	} while (0)
