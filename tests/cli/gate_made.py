"""gate --made-worlds: worlds that are made for a change."""

import json
import os
import pathlib
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import cowcheck, expect, main, rejects, statement, write


def gate(text, *arguments):
    write("mine.cow", text)
    result = cowcheck("gate", "mine.cow", "--world", "tiny", *arguments, "--format", "json")
    return result.status, json.loads(result.out)


def worse(report):
    return {one["property"] for one in report["comparisons"] if one["change"] == "worse"}




@statement
def without_them_nothing_is_noticed_in_a_world_that_has_no_such_operation():
    status, report = gate("design mine extends v6.2\noperation migrate(va) { return }\n")
    expect(status == 0 and report["made_worlds"] is None, report)


@statement
def an_operation_that_does_nothing_any_more_is_worse():
    for name in ("migrate", "ksm_merge", "swap_out", "uffd_wp_protect"):
        status, report = gate(f"design mine extends v6.2\noperation {name}(va) {{ return }}\n",
                              "--made-worlds", "40")
        expect(status == 1 and "operations_have_effect" in worse(report), (name, report))
        [story] = {one["story"].split(" never")[0] for one in report["comparisons"]
                   if one["property"] == "operations_have_effect"}
        expect(name in story, story)


@statement
def it_can_be_waived_with_a_reason():
    text = "design mine extends v6.2\noperation migrate(va) { return }\n"
    status, report = gate(text, "--made-worlds", "40", "--waive", "operations_have_effect",
                          "--because", "this kernel has no compaction")
    expect(status == 0, report)


@statement
def a_comment_changes_nothing():
    status, report = gate("# It says the same.\ndesign mine extends v6.2\n", "--made-worlds", "40")
    expect(status == 0 and report["made_worlds"] == {"worlds": 0, "states": 0}, report)


@statement
def a_violation_in_a_made_world_replays_and_its_world_is_kept():
    status, report = gate("design mine extends v6.2\noperation munmap(va) { return }\n",
                          "--made-worlds", "60")
    expect(status == 1 and "memory_is_coherent" in worse(report), report)
    for one in report["comparisons"]:
        if one["change"] != "worse" or one["trace"] is None:
            continue
        expect(one["world"].startswith("made-"), one)
        expect(pathlib.Path("cowcheck-traces", one["world"] + ".world").exists(), one)
        replayed = cowcheck("replay", one["trace"])
        expect(replayed.status == 0, replayed)


@statement
def the_same_worlds_are_made_each_time_and_by_any_number_of_threads():
    text = "design mine extends v6.2\noperation munmap(va) { return }\n"
    first = gate(text, "--made-worlds", "30", "--threads", "1")
    second = gate(text, "--made-worlds", "30", "--threads", "4")
    for status, report in (first, second):
        del report["seconds"]
    expect(first == second, (first, second))


@statement
def what_a_kernel_has_changed_for_good_is_not_worse():
    for design in ("v5.19", "v6.1", "v6.5"):
        result = cowcheck("gate", design, "--world", "tiny", "--made-worlds", "60")
        expect(result.status == 0, result)


@statement
def the_number_is_one():
    write("mine.cow", "design mine extends v6.2\n")
    rejects(["gate", "mine.cow", "--made-worlds", "many"], "--made-worlds", "many")


main()
