"""Counts that get larger than a state can keep, or smaller than nothing: told, and not wrapped."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import cowcheck, expect, main, statement, write

WORLD = """world mine
title "clear_refs over and over"
depth  9
pages  1
frames 2
process p {
    cpus 1
    maps va 0 anonymous written
    may read
}
procfs { may clear_refs }
"""
CLEAR_REFS = """design mine extends v5.12

operation clear_refs() {
    lock mmap_lock for writing
    mm.tlb_flush_pending CHANGE 1
    unlock mmap_lock
}
"""


def check(design, *more):
    write("mine.world", WORLD)
    write("mine.cow", design)
    return cowcheck("--design", "mine.cow", "--world", "mine.world", "--concurrency", "1",
                    "--property", "refcount_is_sound", "--traces", "out", *more)


def sentence(result, *words):
    expect(result.status == 1, result)
    (trace,) = os.listdir("out")
    told = cowcheck("replay", os.path.join("out", trace))
    expect(told.status == 0, told)
    for word in words:
        expect(word in told.out, told)


@statement
def a_count_that_is_never_taken_back_overflows():
    sentence(check(CLEAR_REFS.replace("CHANGE", "+="), "--depth", "8"),
             "p's tlb_flush_pending would get larger than 7")
    for mode in (["--no-reduction"], ["--no-symmetry"], ["--no-reduction", "--no-symmetry"]):
        result = check(CLEAR_REFS.replace("CHANGE", "+="), "--depth", "8", *mode)
        expect(result.status == 1 and "8 operations" in result.out, result)
    result = check(CLEAR_REFS.replace("CHANGE", "+="), "--depth", "7")
    expect(result.status == 0, result)


@statement
def a_count_of_a_process_that_gets_too_small_blames_no_page():
    sentence(check(CLEAR_REFS.replace("CHANGE", "-="), "--depth", "1"),
             "p's tlb_flush_pending would get smaller than 0")


@statement
def a_mapcount_of_sixteen_does_not_begin_again_at_none():
    design = ("design mine extends v5.12\n\noperation clear_refs() {\n"
              "    lock mmap_lock for writing\n    lock ptl\n    page = pte.page\n"
              + "    page.mapcount += 1\n" * 16 + "    page.mapcount -= 15\n"
              "    unlock ptl\n    unlock mmap_lock\n}\n")
    sentence(check(design, "--depth", "1"), "mapcount of page A would get larger than 15")


main()
