"""References from outside: what a violation needs in general, and a trace with the smallest
numbers that goes through everything a trace goes through."""

import json
import os
import pathlib
import resource
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import COWCHECK, SANITIZED, SOURCE_DIR, cowcheck, expect, main, rejects, statement, write

FORK = "t/v5.9-outside-references-fork_copies_only_pinned.json"


def check(world, depth, *more):
    return cowcheck("--world", world, "--design", "v5.9", "--depth", depth, "--traces", "t", *more)


@statement
def a_page_that_nobody_pinned_is_copied_at_fork():
    result = check("outside-references", 3)
    expect(result.status == 1 and pathlib.Path(FORK).exists(), result)
    trace = json.loads(pathlib.Path(FORK).read_text(encoding="utf-8"))
    number = trace["outside"]["numbers"][0]["number"]
    expect(trace["outside"]["needs"] == f"any number of outside references >= {number}", trace["outside"])
    shown = cowcheck("replay", FORK)
    expect(shown.status == 0, shown)
    expect(f"any number of outside references >= {number}; shown with {number}" in shown.out, shown)
    told = cowcheck("explain", FORK)
    expect(told.status == 0 and f"shown with {number}" in told.out, told)


@statement
def with_one_reference_less_the_trace_is_refused():
    check("outside-references", 3)
    trace = json.loads(pathlib.Path(FORK).read_text(encoding="utf-8"))
    trace["outside"]["numbers"][0]["number"] -= 1
    write("less.json", json.dumps(trace))
    result = cowcheck("replay", "less.json")
    expect(result.status == 1 and "now; in the trace" in result.out, result)


@statement
def a_transient_reference_is_told_where_it_matters():
    check("transient-reference", 4)
    name = "t/v5.9-transient-reference-memory_is_coherent.json"
    trace = json.loads(pathlib.Path(name).read_text(encoding="utf-8"))
    expect(sum(step.get("transient", 0) for step in trace["steps"]) == 1, trace)
    expect("with 1 transient reference from outside" in cowcheck("replay", name).out, name)
    columns = cowcheck("replay", name, "--format", "columns").out
    expect("[1 transient" in columns, columns)
    expect(all(len(line) <= 72 for line in columns.splitlines()), columns)
    # In the stepper, the other side of that guard can be taken by hand.
    at = next(i for i, step in enumerate(trace["steps"]) if step.get("transient"))
    done = subprocess.run([COWCHECK, "replay", name, "--step"], input=f"jump {at}\nwhat-if\n",
                          text=True, capture_output=True, timeout=60)
    expect(done.returncode == 0, done)
    expect("with 1 transient reference from outside" in done.stdout, done.stdout)


@statement
def every_way_to_show_a_trace_works():
    check("outside-mappings", 3)
    for path in pathlib.Path("t").glob("*.json"):
        for form in ("text", "columns", "markdown", "mermaid", "itf", "json"):
            result = cowcheck("replay", path, "--format", form)
            expect(result.status == 0, (path, form, result))
        expect(cowcheck("explain", path).status == 0, path)


@statement
def coverage_and_gate_know_such_worlds():
    result = cowcheck("coverage", "v5.9", "--world", "outside-references", "--depth", "3")
    expect(result.status in (0, 1) and "v5.9" in result.out, result)
    result = cowcheck("gate", "v5.9", "--world", "outside-references", "--depth", "3")
    expect("fork_copies_only_pinned" in result.out, result)


@statement
def a_world_that_can_not_be_meant_is_refused():
    def world(text):
        write("bad.world", "world bad\nprocess p {\n    maps va 0 anonymous " + text + "    may read\n}\n")
        return ["--world", "bad.world", "--design", "v5.9"]

    rejects(world("written\n    page of va 0 has outside friends 1 .. 2\n"), "references", "mappings")
    rejects(world("written\n    page of va 0 has outside references 3 .. 2\n"), "lower one first")
    rejects(world("written\n    page of va 1 has outside references any number\n"), "written at the start")
    rejects(world("untouched\n    page of va 0 has outside references any number\n"),
            "written at the start")
    rejects(world("written\n    page of va 0 has outside references 1 .. 2\n"
                  "    page of va 0 has outside references any number\n"), "given already")
    write("bad.world", "world bad\nevery page has transient references at most 99\n"
          "process p { maps va 0 anonymous written; may read }\n")
    rejects(["--world", "bad.world", "--design", "v5.9"], "at most 16")
    rejects(["--solver-timeout", "soon"], "--solver-timeout", "'soon'")


@statement
def a_solver_that_gets_no_time_gives_no_verdict():
    for world in ("outside-references", "outside-mappings"):
        result = check(world, "4", "--solver-timeout", "0")
        expect(result.status == 3, result)
        expect("the solver gave up" in result.out and "--solver-timeout" in result.out, result)
        expect("violated" not in result.out and "holds" not in result.out, result)
        document = check(world, "4", "--solver-timeout", "0", "--format", "json").json()
        expect({one["verdict"] for one in document["results"]} == {"incomplete"}, document)
        expect(all(one["trace"] is None for one in document["results"]), document)


def cpu_seconds(*arguments):
    """What it takes of the CPU: the least of three, since other tests may run beside this one."""
    taken = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        cowcheck(*arguments, "--traces", "t", timeout=600)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(taken)


@statement
def unknown_numbers_take_at_most_five_times_the_time_of_known_ones():
    for world in ("outside-references", "outside-mappings"):
        text = (SOURCE_DIR / f"model/worlds/{world}.world").read_text(encoding="utf-8")
        expect("any number" in text, text)
        write(f"known-{world}.world", text.replace("any number", "0 .. 0")
              .replace(f"world {world}", f"world known-{world}"))
        for design in ("v5.9", "v5.19"):
            common = ["--design", design, "--depth", "4" if SANITIZED else "20"]
            known = cpu_seconds(*common, "--world", f"known-{world}.world")
            unknown = cpu_seconds(*common, "--world", world)
            expect(unknown <= 5 * known, f"{design} in {world}: {unknown} s, not {known} s")


main()
