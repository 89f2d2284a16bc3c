"""`cowcheck history --why` tells how a promise breaks, and what mended it."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import cowcheck, expect, main, rejects, statement


def why(design, property):
    result = cowcheck("history", "--why", design, property)
    expect(result.status == 0 and result.err == "", result)
    return result.out


@statement
def the_story_of_a_cell_has_the_trace_its_number_and_the_lines_that_mended_it():
    story = why("v5.8", "uffd_wp_no_spurious_event")
    first = story.splitlines()[0]
    expect(first.startswith("v5.8 violates uffd_wp_no_spurious_event by 2 operations"), first)
    expect("It is B5" in story, story)
    expect("uffd_wp_protect(parent)" in story and "gup(read" in story, story)
    expect("is xu-2020-v1: FOLL_BREAK_COW" in story, story)
    expect("+         if not pte.present or (flags.write and not pte.writable) {" in story, story)


@statement
def the_change_that_does_it_is_told_from_those_that_do_not():
    story = why("v6.1", "ro_pin_matches_mapping")
    expect("must_unshare, v6.1 and v6.2 (with the old text in v6.2 it is violated again)" in story,
           story)
    expect("unshares, v6.1 and v6.2:" in story, story)


@statement
def a_promise_that_is_kept_points_to_the_design_that_broke_it_last():
    story = why("v6.2", "ro_pin_matches_mapping")
    expect(story.startswith("v6.2 holds ro_pin_matches_mapping in every world"), story)
    expect("--why v6.1 ro_pin_matches_mapping" in story, story)
    expect("So does every design before it" in why("v4.8", "no_deadlock"), "v4.8")


@statement
def a_bug_that_nobody_mended_says_so():
    expect("No later design removes it." in why("v7.2", "no_foreign_data"), "hugetlb")


@statement
def what_does_not_exist_is_refused():
    rejects(["history", "--why", "v5.99", "no_foreign_data"], "v5.99")
    rejects(["history", "--why", "v5.9", "no_foreign_date"], "did you mean 'no_foreign_data'?")
    rejects(["history", "--why", "v5.9"], "--why")
    rejects(["history", "--format", "html"], "text, markdown")
    rejects(["history", "--depth", "3"], "--depth")


main()
