#define BASE_PAGE	4096UL
#define PAGE_BYTES	(UNIT * BASE_PAGE)
/* Where the memory of the test is, in every process; a THP fits there. */
#define MEMORY		0x100000000000UL

/* What a step comes to. */
enum what { NOT_YET, DONE, FAULTED, UNABLE };

struct seen {
	enum what what;
	unsigned long value;
	const char *why;
	int error;
};

/* What all processes of the test share, beside the memory that it is about. */
static struct shared {
	_Atomic unsigned int turn;		/* the group of steps that may be taken now */
	_Atomic unsigned int arrived[TURNS];	/* how many of a group have been taken */
	_Atomic unsigned int ready[TURNS];	/* who stands at the start of a race */
	_Atomic int stop;			/* somebody can't go on, and here is why */
	struct seen stopped;
	int stopped_at;
	struct seen seen[STEPS];
	_Atomic int pid[SLOTS];			/* of the processes of the story */
	_Atomic int exits_in[SLOTS];		/* 1 + the step in which it exits */
	int file;
	int uffd[SLOTS];
	int pipe_of[4][2];
	unsigned long held[4];			/* the address of the page that a pin holds */
	_Atomic int pins;			/* pages that FOLL_PIN holds */
} *shared;

static unsigned int round_number;
static __thread int controls;			/* this is the thread that waits for the others */
static __thread unsigned int noise;

static struct seen done(unsigned long value)
{
	return (struct seen){ .what = DONE, .value = value };
}

static struct seen unable(const char *why, int error)
{
	return (struct seen){ .what = UNABLE, .why = why, .error = error };
}

static struct seen of_call(const char *name, long result)
{
	return result < 0 ? unable(name, errno) : done(0);
}

static void *address_of(unsigned long va)
{
	return (void *)(MEMORY + va * PAGE_BYTES);
}

static void sleep_us(long us)
{
	struct timespec time = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&time, NULL);
}
