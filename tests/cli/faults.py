"""What cowcheck does where it is wrong itself, and what must not be mixed up in its reports."""

import json
import os
import pathlib
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import SOURCE_DIR, cowcheck, expect, main, rejects, statement, write

OOPS = """design oops extends v6.2
title "write faults ask an empty PTE for its page"
fault write(va) {
    lock ptl
    page = pte.page
    if page.anon_exclusive { pte = pte with { writable, dirty, soft_dirty } }
    unlock ptl
}
"""

UNTOUCHED = """world untouched
title "memory that nobody has touched"
pages 1
frames 3
pins 0
munmap leaves nothing
process parent {
    cpus 1
    maps va 0 anonymous untouched
    may write
}
"""


def world(name, frames=4):
    return f"""world {name}
title "two processes"
pages 1
frames {frames}
pins 0
munmap leaves nothing
process parent {{
    cpus 1
    maps va 0 anonymous written
    may write, fork
}}
process child {{
    starts free
    cpus 1
    may read, write
}}
"""


def results(document):
    return {one["property"]: one for one in document["results"]}


@statement
def an_assertion_counts_whatever_was_asked_for():
    write("oops.cow", OOPS)
    write("untouched.world", UNTOUCHED)
    result = cowcheck("--design", "oops.cow", "--world", "untouched.world", "--property",
                      "memory_is_coherent", "--property", "no_deadlock", "--format", "json")
    found = results(result.json())
    expect(result.status == 1, result)
    expect(found["assertions"]["verdict"] == "violated", found)
    expect(found["assertions"]["operations"] == 1, found)
    expect(cowcheck("replay", found["assertions"]["trace"]).status == 0, found)
    text = cowcheck("--design", "oops.cow", "--world", "untouched.world", "--property",
                    "no_deadlock")
    expect("oops assertions: violated by 1 operation" in text.out, text)


@statement
def a_property_that_must_be_reached_does_not_hide_an_assertion():
    write("oops.cow", OOPS)
    write("untouched.world", UNTOUCHED)
    write("reach.cow", 'property starts safety\n    "it starts"\n    source "a test"\n'
                       "    sometimes: true\n")
    result = cowcheck("--design", "oops.cow", "--world", "untouched.world", "--property",
                      "reach.cow", "--format", "json")
    found = results(result.json())
    expect(found["starts"]["verdict"] == "holds", result)
    expect(found["assertions"]["verdict"] == "violated" and result.status == 1, result)


@statement
def no_two_results_share_a_trace():
    write("x.cow", "design x extends v5.7\n")
    write("x-a.cow", "design x-a extends v5.7\n")
    write("a-b.world", world("a-b"))
    write("b.world", world("b"))
    write("both.cow", 'property lies safety\n    "never true"\n    source "a test"\n'
                      "    always: false\n")
    result = cowcheck("--design", "x.cow", "--design", "x-a.cow", "--world", "a-b.world",
                      "--world", "b.world", "--property", "both.cow", "--format", "json")
    traces = [one["trace"] for one in result.json()["results"] if one["trace"]]
    expect(len(traces) == 4 and len(set(traces)) == 4, result)
    for one in result.json()["results"]:
        if one["trace"]:
            with open(one["trace"], encoding="utf-8") as file:
                trace = json.load(file)
            expect((trace["design"]["name"], trace["world"]["name"]) ==
                   (one["design"], one["world"]), one)
    # Names as they always were, where they can be read in one way only.
    expect("cowcheck-traces/x-a-b-lies.json" in traces, traces)
    expect("cowcheck-traces/x-a+b-lies.json" in traces, traces)


@statement
def a_design_that_is_built_in_keeps_its_names_and_nobody_else_has_them():
    shipped = cowcheck("--design", "xu-2020-v1", "--property", "no_foreign_data", "--format",
                       "json", "--depth", "4").json()
    for one in shipped["results"]:
        if one["trace"]:
            expect(one["trace"].startswith("cowcheck-traces/xu-2020-v1-default-"), one)
    write("xu.cow", "design xu extends v5.7\n")
    write("w.world", world("2020-v1-default"))
    write("both.cow", 'property lies safety\n    "never true"\n    source "a test"\n'
                      "    always: false\n")
    own = cowcheck("--design", "xu.cow", "--world", "w.world", "--property", "both.cow",
                   "--format", "json").json()
    expect(own["results"][0]["trace"] == "cowcheck-traces/xu+2020-v1-default-lies.json", own)


@statement
def two_files_with_one_name_are_refused():
    for folder in ("one", "two"):
        pathlib.Path(folder).mkdir()
        write(f"{folder}/mine.cow", "design mine extends v5.7\n")
        write(f"{folder}/own.world", world("own"))
    rejects(["--design", "one/mine.cow", "--design", "two/mine.cow"],
            "there is a design 'mine' already")
    rejects(["--world", "one/own.world", "--world", "two/own.world"],
            "there is a world 'own' already")


@statement
def a_property_can_not_be_called_as_assertions_are():
    for name in ("assertion", "assertions", "counting"):
        write("own.cow", f'property {name} safety\n    "x"\n    source "a test"\n'
                         "    always: true\n")
        rejects(["--property", "own.cow"], "own.cow:1:", f"'{name}'")


@statement
def a_world_that_was_too_small_is_said_to_be():
    write("small.world", world("small", frames=1))
    write("large.world", world("large", frames=4))
    for name, waited in (("small", True), ("large", False)):
        arguments = ["--design", "v6.2", "--world", f"{name}.world", "--depth", "20"]
        for options in ([], ["--no-symmetry"], ["--no-reduction"],
                        ["--no-reduction", "--no-symmetry", "--threads", "2"]):
            (run,) = cowcheck(*arguments, *options, "--format", "json").json()["runs"]
            expect(run["waited_for_frame"] == waited, (name, options, run))
        text = cowcheck(*arguments)
        note = f"note: world {name} is too small to say more: steps of v6.2 waited"
        expect((note in text.out) == waited, text)
        for line in text.out.splitlines():
            if "at any depth" in line and not line.startswith("never"):
                expect(("no more frames" in line) == waited, text)
    gate = cowcheck("gate", "v6.2", "--world", "small.world", "--world", "large.world", "--format",
                    "json").json()
    expect({one["world"]: one["waited_for_frame"] for one in gate["worlds"]} ==
           {"small": True, "large": False}, gate["worlds"])
    text = cowcheck("gate", "v6.2", "--world", "small.world")
    expect("too small to say more, since steps waited for a free frame: small" in text.out, text)


@statement
def status_4_is_in_all_that_tells_of_statuses():
    expect("4 a fault of cowcheck itself" in cowcheck("--help").out, "--help")
    for name in ("README.md", "docs/gate.md", "docs/prove.md"):
        text = (SOURCE_DIR / name).read_text(encoding="utf-8")
        expect("fault of cowcheck" in text, name)


main()
