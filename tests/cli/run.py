"""cowcheck run: programs, their outcomes, and what must hold of those."""

import json
import os
import pathlib
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import SOURCE_DIR, cowcheck, expect, main, rejects, statement, write

import jsonschema

SCHEMA = json.loads((SOURCE_DIR / "docs/run.schema.json").read_text(encoding="utf-8"))
DESIGNS = ["v5.7", "v5.8", "v5.9", "v5.12", "v5.19", "v6.2", "v7.3"]

# Of each program that is built in, whether its conditions hold (P) in each of these designs (F:
# one does not). Each F has its reason in the program's comment or sources.
HOLDS = {
    "cow-basic": "PPPPPPP",
    "cve-2020-29374": "FFPPPPP",
    "dontneed-gup": "PPPPPPP",
    "dontneed-gup-fast": "PPPPPPP",
    "fork-gup": "FFPPPPP",
    "fork-gup-fast": "FFFPPPP",
    "ksm-soft-dirty": "FFFFFFF",
    "ksm-uffd-wp": "FFFFFFF",
    "memfd-private": "PPPPPPP",
    "migration-fork": "PPPPPPP",
    "migration-pin": "PPPPPPP",
    "pin-then-fork": "FFPPPPP",
    "reuse-after-exit": "PPPPPPP",
    "ro-pin-then-write": "FPFFPPP",
    "ro-pin-zeropage": "FPFFFPP",
    "soft-dirty-mprotect": "PPPPPPP",
    "soft-dirty-swap": "PPPPPPP",
    "swap-fork": "PPPPPPP",
    "swap-pin": "PPPPPPP",
    "thp-fork-partly": "PPPPPPP",
    "uffd-wp-fork": "PPPPPPP",
    "uffd-wp-nobody-answers": "PPPPPPP",
    "uffd-wp-race": "PPPPPPP",
    "uffd-wp-write": "PPPPPPP",
    "vmsplice-leak": "FPPPPPP",
}

FORK_GUP = """program mine
memory anonymous written
parallel { parent.1: fork | parent.2: p = gup_fast(write, pin) }
parent.1: w = write
p: d = dma_write
parent.1: x = read
forall (x == d)
"""


def with_designs(*names):
    return [word for name in names for word in ("--design", name)]


def document(*arguments):
    result = cowcheck("run", *arguments, "--format", "json")
    jsonschema.validate(result.json(), SCHEMA)
    return result.json()


@statement
def the_programs_that_are_built_in_say_of_each_design_what_they_said():
    listed = [line.split()[0] for line in cowcheck("run", "--list").out.splitlines()]
    expect(sorted(listed) == sorted(HOLDS), listed)
    for program, letters in HOLDS.items():
        designs = document(program, *with_designs(*DESIGNS))["designs"]
        found = "".join("P" if all(one["verdict"] == "holds" for one in design["conditions"])
                        else "F" for design in designs)
        expect(found == letters, f"{program}: {found} instead of {letters}")
        expect(not any(design["troubles"] or design["limited"] or design["skipped"]
                       for design in designs), program)


@statement
def the_exit_status_is_that_of_the_conditions():
    write("mine.program", FORK_GUP)
    expect(cowcheck("run", "mine.program", "--design", "v5.12").status == 0, "v5.12")
    expect(cowcheck("run", "mine.program", "--design", "v5.9").status == 1, "v5.9")
    expect(cowcheck("run", "mine.program", *with_designs("v5.12", "v5.9")).status == 1, "both")


@statement
def all_outcomes_are_listed_with_their_shortest_schedules_which_replay():
    write("mine.program", FORK_GUP)
    result = cowcheck("run", "mine.program", "--design", "v5.9", "--trace-dir", "traces")
    expect("2 outcomes" in result.out and "x=P1;" in result.out and "x=D1;" in result.out, result)
    expect(all(len(line) <= 80 for line in result.out.splitlines()), result)
    traces = sorted(pathlib.Path("traces").glob("*.json"))
    expect([trace.name for trace in traces] ==
           ["mine-v5.9-outcome1.json", "mine-v5.9-outcome2.json"], traces)
    for trace in traces:
        replayed = cowcheck("replay", trace, "--format", "json")
        expect(replayed.status == 0 and replayed.json()["verdict"] == "ok", replayed)
        told = json.loads(trace.read_text())
        expect(told["property"]["name"] == "outcome" and "x = " in told["explanation"], told)
        rejects(["explain", trace], "violates nothing", "replay")
        for form in ("text", "columns", "markdown", "mermaid", "itf", "html", "svg"):
            shown = cowcheck("replay", trace, "--format", form)
            expect(shown.status == 0, form)
            if form in ("text", "columns", "markdown", "mermaid", "svg"):  # an outcome is no fault
                expect("violate" not in shown.out, shown)
            if form in ("text", "columns", "markdown", "svg"):
                expect("The outcome: " in shown.out, shown)


@statement
def the_same_run_gives_the_same_bytes():
    runs = {cowcheck("run", "fork-gup-fast", "--design", "v5.9").out for _ in range(3)}
    expect(len(runs) == 1, runs)


@statement
def several_designs_are_a_table_that_is_80_columns_wide():
    result = cowcheck("run", "vmsplice-leak", "--design", "all")
    expect("by how many operations" in result.out and result.status == 1, result)
    expect(all(len(line) <= 80 for line in result.out.splitlines()), result)


@statement
def what_a_kernel_has_not_got_is_skipped_and_agrees_with_nothing():
    both = document("uffd-wp-write", *with_designs("v5.4", "v6.2"))["designs"]
    expect("no such operation in v5.4" in both[0]["skipped"] and both[0]["outcomes"] == [], both)
    expect(both[0]["conditions"] == [] and both[1]["skipped"] is None, both)
    result = cowcheck("run", "uffd-wp-write", *with_designs("v5.4", "v6.2"))
    expect(result.status == 0 and "v5.4: skipped: no such operation" in result.out, result)
    alone = cowcheck("run", "uffd-wp-write", "--design", "v5.4")
    expect(alone.status == 2 and "skipped: no such operation in v5.4" in alone.out, alone)


@statement
def what_goes_on_for_ever_is_an_outcome_and_what_waits_for_it_waits():
    write("spins.cow", """design spins extends v6.7
operation gup(va, flags) {
    lock mmap_lock for reading
    loop {
        if not vma.mapped { unlock mmap_lock; fail }
        lock ptl
        if pte.present { page = pte.page; get page; unlock ptl; unlock mmap_lock; return page }
        unlock ptl
    }
}
""")
    write("spin.program", "program spin\nmemory anonymous untouched\nparallel {\n"
          "parent.1: p = gup(read, get)\nlet n = copies(parent)\n| parent.2: m = munmap }\n"
          "never (p == waits)\n")
    result = cowcheck("run", "spin.program", "--design", "spins.cow", "--format", "json")
    outcomes = result.json()["designs"][0]["outcomes"]
    expect(result.status == 1 and len(outcomes) == 2, outcomes)
    spins = outcomes[1]
    expect(spins["seen"] == {"p": "waits", "n": "unreached", "m": "waits"}, spins)
    expect(spins["loops"] == ["parent.1: gup(read, get)", "parent.2: munmap"], spins)
    expect(len(spins["unreached"]) == 1 and spins["waits"] == [], spins)


@statement
def a_limit_stops_it_and_is_said():
    result = cowcheck("run", "fork-gup-fast", "--design", "v6.2", "--max-states", "50")
    expect(result.status == 3 and "stopped by a limit" in result.out, result)
    expect("unknown" in result.out, result)


@statement
def a_program_may_start_as_a_world_does():
    write("mine.program", "program mine\nworld swap\nkernel: swap_out\nlet x = page(parent)\n"
          "forall (x == swapped)\n")
    expect(cowcheck("run", "mine.program", "--design", "v6.2").status == 0, "swap")
    write("w.world", "world w\npins 0\nprocess parent { cpus 1; maps va 0 memfd; may read }\n")
    write("mine.program", "program mine\nworld w.world\nlet x = page(parent)\nparent: read\n"
          "forall (x == file)\n")
    expect(cowcheck("run", "mine.program", "--design", "v6.2").status == 0, "w.world")


@statement
def a_program_is_run_as_a_test_by_selftest():
    write("mine.program", FORK_GUP)
    result = cowcheck("selftest", "mine.program", *with_designs("v5.9"))
    expect(result.status == 1 and "not ok 1 mine" in result.out, result)
    expect("# fails at 'parent.1: read'" in result.out, result)
    result = cowcheck("selftest", "mine.program", "cow-basic", *with_designs("v5.12"))
    expect(result.status == 0 and "1..2" in result.out, result)
    write("never.program", "program never\nmemory anonymous written\nparent: x = read\n"
          "exists (x == 0)\n")
    result = cowcheck("selftest", "never.program", *with_designs("v6.2"))
    expect(result.status == 1 and "'exists (x == 0)' does not hold" in result.out, result)


@statement
def mistakes_are_shown_where_they_are():
    def says(text, *words):
        write("bad.program", "program bad\nmemory anonymous written\n" + text + "\n")
        rejects(["run", "bad.program", "--design", "v6.2"], *words)

    says("parent: wriet", "bad.program:3:9", "did you mean 'write'?")
    says("parrent: write", "bad.program:3:1", "did you mean 'parent'?")
    says("kernel: swap_out of chidl", "bad.program:3:21", "did you mean 'child'?")
    says("parent: x = read\nexists (x == P7)", "bad.program:4:14", "nobody stores 'P7'")
    says("parent: read\nlet x = backing(parent)", "bad.program:4:1", "neither a file nor a zeropage")
    says("parallel {\nparent: fork\n", "to close the 'parallel'")
    says("memory ksm", "is said already")
    write("bad.program", "program bad\nworld defualt\nparent: read\n")
    rejects(["run", "bad.program"], "bad.program:2:7", "did you mean 'default'?")
    rejects(["run", "vmsplice-leek"], "did you mean 'vmsplice-leak'?")
    rejects(["run", "no-such.program"], "no-such.program")
    rejects(["run"], "expected a program")
    rejects(["run", "cow-basic", "--format", "xml"], "text, json")


main()
