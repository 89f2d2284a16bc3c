"""cowcheck coverage: what of a design's text the worlds ever run."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import (SANITIZED, SOURCE_DIR, Skip, cowcheck, expect, main, rejects, statement,
                        write)

MAIN_LINE = ("v5.7", "v5.8", "v5.9", "v5.12", "v5.19", "v6.2", "v7.3")

FORK = (SOURCE_DIR / "model/designs/v5.9.cow").read_text(encoding="utf-8")
FORK = FORK[FORK.index("operation fork()"):FORK.index("handler copy_present_pte")]


def with_fork(extra):
    """v5.9 whose fork does something more at its start."""
    return ("design mine extends v5.9\n" +
            FORK.replace("    child = new mm\n", "    child = new mm\n" + extra, 1)
            .replace("if pte.present {", "if pte.present {"))


@statement
def a_small_world_leaves_much_out_and_promises_that_mean_nothing():
    result = cowcheck("coverage", "v5.9", "--world", "tiny")
    expect(result.status == 1, result)
    expect(re.search(r"v5.9.cow:\d+: never taken: new = copy of page", result.out), result)
    expect("never true: if orig.uffd_wp" in result.out, result)
    expect("passes vacuously: uffd_wp_no_spurious_event" in result.out, result)
    expect("passes vacuously: no_foreign_data" not in result.out, result)


@statement
def a_step_that_nothing_reaches_has_to_be_explained():
    dead = "    if mm.tlb_flush_pending > 7 { flush tlb }\n"
    arguments = ["--world", "two-pages", "--world", "remap", "--depth", "4"]
    result = cowcheck("coverage", write("mine.cow", with_fork(dead)), *arguments)
    expect(result.status == 1, result)
    expect("mine.cow:4: never true: if mm.tlb_flush_pending > 7" in result.out, result)
    expect("mine.cow:4: never taken: flush tlb" in result.out, result)
    why = dead.replace("\n", "  # unreachable: eight monitors are not modelled\n")
    result = cowcheck("coverage", write("mine.cow", with_fork(why)), *arguments)
    expect("eight monitors are not modelled" in result.out, result)
    expect("mine.cow:4: never true" not in result.out.replace("explained: mine", ""), result)
    above = "    # unreachable: eight monitors\n    # are not modelled\n" + dead
    result = cowcheck("coverage", write("mine.cow", with_fork(above)), *arguments)
    expect("eight monitors are not modelled" in result.out, result)


@statement
def an_explanation_of_what_happens_all_the_same_is_refuted():
    text = FORK.replace("    flush tlb\n", "    flush tlb  # unreachable: I think so\n", 1)
    result = cowcheck("coverage", write("mine.cow", "design mine extends v5.9\n" + text),
                      "--world", "tiny", "--depth", "3")
    expect(result.status == 1, result)
    expect("'# unreachable:', but it is reached" in result.out, result)


@statement
def an_explanation_of_nothing_is_bad_input():
    rejects(["coverage", write("mine.cow", with_fork("") + "# unreachable: what?\n")],
            "explains no statement")
    rejects(["coverage", write("mine.cow", with_fork("    flush tlb  # unreachable:\n"))],
            "gives no reason")
    rejects(["coverage", "v5.99"], "there is no design 'v5.99'")
    rejects(["coverage", "v5.9", "--format", "junit"], "lcov")


@statement
def reduction_does_not_change_what_is_covered():
    def statements(*more):
        report = cowcheck("coverage", "v5.19", "--world", "soft-dirty", "--world", "tiny",
                          "--depth", "4", "--format", "json", *more).json()
        return [(one["file"], one["line"], one["column"], one["times"] > 0,
                 one["guard"] and (one["guard"]["true"] > 0, one["guard"]["false"] > 0))
                for one in report["statements"]]
    joined = statements()
    expect(len(joined) > 50, joined)
    expect(joined == statements("--no-reduction"), "with and without reduction")


@statement
def a_limit_says_that_it_may_be_covered_further_on():
    result = cowcheck("coverage", "v5.9", "--max-states", "50")
    expect(result.status == 3, result)
    expect("stopped: --max-states 50 is reached" in result.out, result)


@statement
def genhtml_annotates_the_designs():
    if shutil.which("genhtml") is None:
        raise Skip("lcov is not installed")
    (pathlib.Path("model")).symlink_to(SOURCE_DIR / "model")
    write("mine.cow", with_fork("    if mm.tlb_flush_pending > 7 { flush tlb }\n"))
    result = cowcheck("coverage", "mine.cow", "--world", "tiny", "--depth", "4", "--format",
                      "lcov")
    expect(result.status == 1, result)
    write("designs.info", result.out)
    done = subprocess.run(["genhtml", "--branch-coverage", "--output-directory", "html",
                           "designs.info"], capture_output=True, text=True)
    expect(done.returncode == 0, done.stdout + done.stderr)
    expect("lines......: " in done.stdout and "branches...: " in done.stdout, done.stdout)
    page = next(pathlib.Path("html").rglob("mine.cow.gcov.html")).read_text()
    expect("tlb_flush_pending" in page, page)


if __name__ == "__main__":
    main()
