/* Who takes steps: a thread of a process of the story, or (slot -1) of the test itself, which is
 * the device, the kernel's threads, and whoever writes to files in /proc. */
struct lane {
	int slot;
	int number;
	int cpu;
	void (*steps)(void);
};

static cpu_set_t all_cpus;
static int one_cpu;

static void find_cpus(void)
{
	sched_getaffinity(0, sizeof(all_cpus), &all_cpus);
	one_cpu = CPU_COUNT(&all_cpus) == 1;
}

static void stay_on_cpu(int cpu)
{
	cpu_set_t one;
	int n, at = 0;

	CPU_ZERO(&one);
	for (n = 0; n < CPU_SETSIZE; n++)
		if (CPU_ISSET(n, &all_cpus) && at++ == cpu % CPU_COUNT(&all_cpus))
			CPU_SET(n, &one);
	sched_setaffinity(0, sizeof(one), &one);
}
