#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif

/* Reclaim. A pin for writing may keep it away, which is one way to be right. */
static struct seen page_out(int slot, unsigned long va, unsigned long pages)
{
	struct iovec range = { address_of(va), pages * PAGE_BYTES };
	int process = (int)syscall(SYS_pidfd_open, shared->pid[slot], 0);
	struct seen entry = done(0);
	int tries;

	for (tries = 0; tries < 5; tries++) {
		if (syscall(SYS_process_madvise, process, &range, 1, 21 /* MADV_PAGEOUT */, 0) < 0)
			return unable("process_madvise(MADV_PAGEOUT)", errno);
		entry = entry_of(slot, va);
		if (entry.what != DONE || !(entry.value >> 63))
			break;
		sleep_us(2000);
	}
	close(process);
	if (entry.what == DONE && entry.value >> 63 && !shared->pins)
		return unable("reclaim leaves the page: is there swap?", 0);
	return entry;
}
