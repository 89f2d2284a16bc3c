static void *run_lane(void *lane)
{
	const struct lane *mine = lane;

	noise = round_number * 2654435761U + (unsigned int)(mine - lanes) * 97 + 1;
	stay_on_cpu(mine->cpu);
	mine->steps();
	return NULL;
}

/* A process of the story: each of its lanes is a thread. It shares the table of files, so that
 * whatever holds a page outlives it. */
static long start_process(int slot, unsigned long flags)
{
	long pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD | flags, NULL, NULL, NULL, NULL);
	pthread_t thread;
	size_t i;

	if (pid != 0) {
		shared->pid[slot] = (int)pid;
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++)
		if (lanes[i].slot == slot && lanes[i].number > 0)
			pthread_create(&thread, NULL, run_lane, (void *)&lanes[i]);
	for (i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++)
		if (lanes[i].slot == slot && lanes[i].number == 0)
			run_lane((void *)&lanes[i]);
	for (;;)
		pause();
}
