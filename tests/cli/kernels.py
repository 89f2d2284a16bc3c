"""What programs saw on real kernels, in one or two operations: who waits for userfaultfd, what
is in the page tables between two steps."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import cowcheck, expect, main, statement, write

WATCHED = """world watched
depth 2
arch x86
pages 1
frames 3
pins 1
munmap leaves nothing
process parent {{
    cpus 1
    maps va 0 anonymous written
    may {gup}
}}
monitor {{ may uffd_wp_protect }}
"""

EVENT = 'property no_event safety "nobody waits"\nsource "here"\nat userfault: false\n'


def broken(design, gup, text):
    """Whether the property is broken by that GUP after UFFDIO_WRITEPROTECT."""
    write("watched.world", WATCHED.format(gup=gup))
    write("user.cow", text)
    result = cowcheck("--design", design, "--world", "watched.world", "--property", "user.cow",
                      "--concurrency", "1")
    expect(result.status in (0, 1), result)
    return result.status == 1


@statement
def a_long_term_pin_waits_for_userfaultfd_only_as_gup_fast_of_v6_3_and_later():
    # io_uring's registration of a buffer: -EFAULT and no event on 5.7.14 to 6.1 (GUP), event
    # and wait on 6.12 (GUP-fast).
    for design, fast_waits in (("v5.7", False), ("v5.8", False), ("v5.9", False), ("v5.14", False),
                               ("v5.10.y", False), ("v5.19", False), ("v6.1", False),
                               ("v6.2", False), ("v6.3", True), ("v6.12", True), ("v7.2", True)):
        slow = broken(design, "gup(write, pin, longterm)", EVENT)
        fast = broken(design, "gup_fast(write, pin, longterm)", EVENT)
        expect((slow, fast) == (False, fast_waits), f"{design}: {slow} {fast}")
        for gup in ("gup(write, pin)", "gup_fast(write, pin)", "gup(write, get)"):
            expect(broken(design, gup, EVENT), f"{design}: {gup} waits")


main()
