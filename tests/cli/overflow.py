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
    traces = os.listdir("out")
    expect(len(traces) == 2, traces)  # of refcount_is_sound, and of `counting`
    for trace in traces:
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


def results(document):
    return {one["property"]: one for one in document["results"]}


FREES_MAPPED = """design mine extends v5.12

operation clear_refs() {
    lock mmap_lock for writing
    lock ptl
    if pte.present {
        page = pte.page
        put page
    }
    unlock ptl
    unlock mmap_lock
}
"""


@statement
def wrong_counts_are_noticed_whatever_was_asked_for():
    write("mine.world", WORLD)
    for design, operations, words in (
            (CLEAR_REFS.replace("CHANGE", "-="), 1, "p's tlb_flush_pending would get smaller"),
            (CLEAR_REFS.replace("CHANGE", "+="), 8, "p's tlb_flush_pending would get larger"),
            (FREES_MAPPED, 1, "page A is freed, although somebody still has it")):
        write("mine.cow", design)
        for mode in ([], ["--no-reduction"], ["--no-reduction", "--no-symmetry"]):
            arguments = ["--design", "mine.cow", "--world", "mine.world", "--depth", "8",
                         "--concurrency", "1", "--property", "no_deadlock", *mode]
            result = cowcheck(*arguments, "--format", "json")
            found = results(result.json())
            expect(result.status == 1, result)
            expect(found["counting"]["verdict"] == "violated", found)
            expect(found["counting"]["operations"] == operations, found)
            expect(found["no_deadlock"]["verdict"] == "incomplete", found)
            expect(result.json()["runs"][0]["miscounted_by"] == operations, result)
            expect(cowcheck("replay", found["counting"]["trace"]).status == 0, found)
            text = cowcheck(*arguments)
            expect(text.status == 1 and words in text.out, text)
            expect("hold for %d operation" % (operations - 1) in text.out, text)
            expect("at any depth" not in text.out and "holds for" not in text.out, text)


TWICE = """design mine extends v5.12

operation madvise_dontneed(va) {
    lock mmap_lock for reading
    mm.tlb_flush_pending += 1
    mm.tlb_flush_pending += 1
    mm.tlb_flush_pending -= 1
    unlock mmap_lock
}
"""


@statement
def joining_hides_no_overflow_of_two_who_add_at_once():
    write("two.world", WORLD.replace("cpus 1", "cpus 2").replace("may read", "may madvise_dontneed")
          .replace("procfs { may clear_refs }\n", ""))
    write("mine.cow", TWICE)
    for mode in ([], ["--no-reduction"], ["--no-symmetry"]):
        document = cowcheck("--design", "mine.cow", "--world", "two.world", "--depth", "7",
                            "--concurrency", "2", "--format", "json", *mode).json()
        found = results(document)
        # Four have left 1 each, and two add 2 each: 8.
        expect(found["counting"]["operations"] == 6, (mode, found["counting"]))


@statement
def counts_that_are_right_are_no_result():
    document = cowcheck("--design", "v5.12", "--world", "tiny", "--format", "json").json()
    expect("counting" not in results(document), document)
    expect(document["runs"][0]["miscounted_by"] is None, document)


@statement
def the_gate_compares_counts():
    write("mine.world", WORLD)
    write("mine.cow", CLEAR_REFS.replace("CHANGE", "-="))
    result = cowcheck("gate", "mine.cow", "--world", "mine.world", "--depth", "2", "--format",
                      "json")
    expect(result.status == 1, result)
    (found,) = [one for one in result.json()["comparisons"] if one["property"] == "counting"]
    expect(found["before"] == "holds" and found["after"] == "violated", found)
    waived = cowcheck("gate", "mine.cow", "--world", "mine.world", "--depth", "2", "--waive",
                      "counting", "--because", "a test", "--format", "json")
    (found,) = [one for one in waived.json()["comparisons"] if one["property"] == "counting"]
    expect(found["waiver"] == "a test", found)


main()
