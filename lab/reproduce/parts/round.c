static const struct lane *outside_lane(int number)
{
	size_t i;

	for (i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++)
		if (lanes[i].slot < 0 && lanes[i].number == number)
			return &lanes[i];
	return NULL;
}

/* Everything that one round leaves ends with the process that this runs in. */
static void control_round(void)
{
	const struct lane *lane;
	pthread_t thread;
	int n, slot;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGALRM, SIG_DFL);
	alarm(ROUND_SECONDS);
	controls = 1;
	for (slot = 0; slot < SLOTS; slot++)
		shared->uffd[slot] = -1;
	shared->file = -1;
	for (n = 0; n < 4; n++)
		if (pipe2(shared->pipe_of[n], O_NONBLOCK))
			_exit(1);
	prepare();
	if (shared->stop)
		return;
	/* After all that starts no threads: what is started now takes its turn. */
	start_process(0, 0);
	for (n = 1; (lane = outside_lane(n)); n++)
		pthread_create(&thread, NULL, run_lane, (void *)lane);
	lane = outside_lane(0);
	if (lane) {
		stay_on_cpu(lane->cpu);
		noise = round_number;
		lane->steps();
	}
	await_turn(TURNS);
	for (slot = 0; slot < SLOTS; slot++)
		if (shared->pid[slot] > 0) {
			kill(shared->pid[slot], SIGKILL);
			waitpid(shared->pid[slot], NULL, 0);
		}
}

static void run_round(void)
{
	int status = 0;
	pid_t pid;

	memset(shared, 0, sizeof(*shared));
	pid = fork();
	if (pid == 0) {
		control_round();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
		shared->stop = 1;
		shared->stopped = unable("a round does not come to its end", 0);
		shared->stopped_at = -1;
	}
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void give_up(int signal)
{
	static const char text[] = "ok 1 " TEST " # SKIP it takes too long\n";

	(void)signal;
	after_all();
	_exit(write(1, text, sizeof(text) - 1) < 0 ? 4 : 4);
}

static int skip(const char *where, struct seen stopped)
{
	printf("ok 1 " TEST " # SKIP %s: %s%s%s\n", where, stopped.why, stopped.error ? ": " : "",
	       stopped.error ? strerror(stopped.error) : "");
	return 4;
}

/* As the kernel's own tests do: 0, 1, or 4 for what was skipped. */
int main(void)
{
	unsigned int rounds = 0, bad = 0;
	struct seen stopped = unable("no round was made", 0);
	const char *lacks;
	int stopped_at = -1;
	double begin = now();

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..1\n");
	signal(SIGALRM, give_up);
	alarm(SECONDS + 2 * ROUND_SECONDS);
	find_cpus();
	catch_faults();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	lacks = before_all();
	if (lacks)
		return skip("before the test", unable(lacks, 0));
	for (round_number = 0; round_number < ROUNDS && !bad; round_number++) {
		if (now() - begin > SECONDS)
			break;
		run_round();
		if (shared->stop) {
			stopped = shared->stopped;
			stopped_at = shared->stopped_at;
			continue;
		}
		rounds++;
		if (is_broken()) {
			bad++;
			tell();
		}
	}
	after_all();
	if (rounds == 0)
		return skip(stopped_at < 0 ? "round" : text_of[stopped_at], stopped);
	if (!bad)
		tell();
	printf("# %u of %u round%s\n", bad, rounds, rounds == 1 ? "" : "s");
	printf("%s 1 " TEST "\n", bad ? "not ok" : "ok");
	return bad ? 1 : 0;
}
