static unsigned int events;	/* page faults that nobody has waited for */

/* A fork waits until its event is read, which brings the child's userfaultfd. */
static void read_events(void)
{
	struct uffd_msg message;
	int slot, child;

	for (slot = 0; slot < SLOTS; slot++)
		while (shared->uffd[slot] >= 0 &&
		       read(shared->uffd[slot], &message, sizeof(message)) == sizeof(message)) {
			if (message.event == UFFD_EVENT_PAGEFAULT)
				events++;
			if (message.event != UFFD_EVENT_FORK)
				continue;
			for (child = 0; child < SLOTS && shared->uffd[child] >= 0; child++)
				;
			if (child < SLOTS)
				shared->uffd[child] = (int)message.arg.fork.ufd;
		}
}
