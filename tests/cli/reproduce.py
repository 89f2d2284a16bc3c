"""Traces as C programs for real kernels: they compile without a warning, print KTAP, and end in time."""

import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import SOURCE_DIR, Skip, cowcheck, expect, main, rejects, statement

KNOWN = SOURCE_DIR / "traces" / "known"
WARNINGS = ["-O2", "-Wall", "-Wextra", "-Werror", "-pthread"]
COMPILERS = [one for one in ("gcc", "clang") if shutil.which(one)]
# On this machine, whatever its kernel is: one test, with one of three results.
RESULT = re.compile(r"(not ok|ok) 1 [^#\n]+( # SKIP [^\n]+)?")


def reproducers():
    """All that there are of known bugs, by name."""
    written = {}
    for trace in sorted(KNOWN.glob("*.json")):
        if trace.stem == "bugs":
            continue
        path = trace.stem + ".c"
        result = cowcheck("reproduce", trace, "--output", path)
        expect(result.status in (0, 2), result)
        if result.status == 2:
            expect(f"reproduce: {trace}: " in result.err and not os.path.exists(path), result)
        else:
            expect(result.out == "" and result.err == "", result)
            written[trace.stem] = path
    expect(len(written) == 30, sorted(written))
    return written


def build(compiler, path, *more):
    program = os.path.splitext(path)[0]
    done = subprocess.run([compiler, *WARNINGS, *more, "-o", program, path], check=False,
                          capture_output=True, text=True, timeout=120)
    expect(done.returncode == 0 and not done.stderr, done.stderr)
    return os.path.abspath(program)


def is_ktap(lines):
    expect(lines[:2] == ["TAP version 13", "1..1"], lines)
    expect(RESULT.fullmatch(lines[-1]), lines)
    expect(all(line.startswith("# ") for line in lines[2:-1]), lines)


@statement
def every_program_compiles_without_a_warning():
    if not COMPILERS:
        raise Skip("no C compiler")
    for path in reproducers().values():
        for compiler in COMPILERS:
            build(compiler, path, "-fsyntax-only" if compiler == "clang" else "-Wshadow")


@statement
def a_program_prints_ktap_and_leaves_nothing_behind():
    if "gcc" not in COMPILERS:
        raise Skip("no gcc")
    # What happens at once, with nothing but memory of its own. (The others start ksmd, or take long.)
    for name in ("B3", "B4", "B5", "B17", "FORK", "UPIN", "EVFK", "SWLK", "HFRK"):
        trace = KNOWN / f"{name}.json"
        expect(cowcheck("reproduce", trace, "--output", f"{name}.c").status == 0, name)
        program = build("gcc", f"{name}.c")
        begin = time.monotonic()
        done = subprocess.run([program], check=False, capture_output=True, text=True, timeout=110)
        expect(time.monotonic() - begin < 100, name)
        lines = done.stdout.splitlines()
        is_ktap(lines)
        status = 4 if "# SKIP" in lines[-1] else 1 if lines[-1].startswith("not ok") else 0
        expect(done.returncode == status, (name, done))
        left = subprocess.run(["pgrep", "-x", name], check=False, capture_output=True, text=True)
        expect(left.stdout == "", (name, left.stdout))


@statement
def the_comment_names_the_design_the_world_the_property_and_the_window():
    out = cowcheck("reproduce", KNOWN / "B9.json").out
    comment = " ".join(line.strip(" *") for line in out[:out.index(" */")].splitlines())
    for words in ("rw_pin_matches_mapping: while a reliable R/W pin is held",
                  "Design v5.9 violates it in world two-pages",
                  "The window: [2] gup_fast(write, pin) begins while [1] fork stands behind",
                  "in copy_present_pte() (v5.9.cow:",
                  "[1] cpu1 (parent) calls fork()",
                  "parent.2: p2 = gup_fast(write, pin, longterm) of va 1",
                  "tries for 20 seconds"):
        expect(words in comment, (words, comment))


@statement
def what_cannot_be_driven_is_refused_with_the_step_and_the_reason():
    rejects(["reproduce", KNOWN / "B10b.json"], "operation 3, secondary_fault(read, get, keep)", "KVM")
    rejects(["reproduce", KNOWN / "B12b.json"], "operation 2, gup(read, pin, longterm)",
            "no system call holds a page like that")
    rejects(["reproduce", KNOWN / "B1b.json"], "zeropage, which is everybody's")
    rejects(["reproduce", KNOWN / "VMAL.json"], "can be seen where nothing is wrong")
    rejects(["reproduce", KNOWN / "B9.json", "--seconds", "0"], "--seconds: expected 1 to 86400")
    expect("#define SECONDS\t\t7\n" in cowcheck("reproduce", KNOWN / "B9.json", "--seconds", "7").out,
           "--seconds")
    rejects(["reproduce"], "expected the file of a trace")
    rejects(["reproduce", KNOWN / "B3.json", KNOWN / "B4.json"], "several traces want --kernel")
    rejects(["reproduce", KNOWN / "B3.json", "--kernel", "/nowhere/bzImage"], "/nowhere/bzImage")


@statement
def what_does_not_happen_any_more_has_no_reproducer():
    result = cowcheck("reproduce", KNOWN / "B3.json", "--design", "v6.2", "--output", "x.c")
    expect(result.status == 1 and "nothing to reproduce" in result.err, result)
    expect(not os.path.exists("x.c"), os.listdir())


@statement
def the_program_in_the_comment_shows_the_same_to_the_model():
    out = cowcheck("reproduce", KNOWN / "B17.json").out
    begin = out.index("program reproduce")
    lines = out[begin:out.index("The schedule of the trace")].splitlines()
    with open("again.program", "w", encoding="utf-8") as file:
        file.write("\n".join(line.removeprefix(" *").strip() for line in lines) + "\n")
    run = cowcheck("run", "again.program", "--design", "v5.12", "--design", "v7.3")
    expect(run.status == 1 and re.search(r"never 1 +FAILS +holds", run.out), run)


@statement
def mends_of_findings_mend_them():
    for mend, trace in (("ksm-keeps-bits", "KSMU"), ("ksm-keeps-bits", "KSMD"),
                        ("clear-refs-meets-migration", "MIGS")):
        design = SOURCE_DIR / "docs" / "findings" / f"{mend}.cow"
        world, name = {"KSMU": ("ksm-uffd", "uffd_wp_no_missed_write"),
                       "KSMD": ("ksm-soft-dirty", "soft_dirty_is_kept"),
                       "MIGS": ("migration-soft-dirty", "soft_dirty_no_missed_write")}[trace]
        report = cowcheck("--design", design, "--design", "v7.3", "--world", world, "--depth", "5",
                          "--format", "json").json()
        verdicts = {one["design"]: one["verdict"] for one in report["results"]
                    if one["property"] == name}
        expect(verdicts == {mend: "holds", "v7.3": "violated"}, (mend, verdicts))


main()
