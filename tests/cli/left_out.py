"""What a kernel has not got is refused, or left out and said to be; it never counts as holding."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import SOURCE_DIR, cowcheck, expect, main, rejects, statement, write

import jsonschema

# Which release brought it: the last design without it and the first one with it, in a world
# that asks for it. The kernels' own history (v5.14 stands for v5.13's UFFDIO_CONTINUE, too).
CAME = [("v5.4", "v5.7", "fork-and-pin", "FOLL_PIN came with v5.6"),
        ("v5.4.y", "v5.8", "uffd-race", "UFFDIO_WRITEPROTECT came with v5.7"),
        ("v5.12", "v5.14", "uffd-continue", "UFFDIO_CONTINUE came with v5.13"),
        ("v5.10.y", "v5.18", "uffd-continue", "UFFDIO_CONTINUE came with v5.13"),
        ("v5.14", "v5.18", "hugetlb-untouched", "MADV_DONTNEED of hugetlb memory came with v5.18"),
        ("v5.18", "v5.19", "hugetlb-uffd", "of hugetlb memory and shmem with v5.19"),
        ("v5.19", "v6.1", "collapse-fork", "MADV_COLLAPSE came with v6.1"),
        ("v6.5", "v6.7", "uffd-async", "UFFD_FEATURE_WP_ASYNC came with v6.7"),
        ("v6.5", "v6.7", "secondary-async", "PAGEMAP_SCAN came with v6.7")]


def one_gup(flags, gup="gup"):
    return write("one.world", "world one\npages 1\nframes 3\npins 1\nmunmap leaves nothing\n"
                 "process parent {\n    cpus 1\n    maps va 0 anonymous written\n"
                 f"    may write, {gup}({flags})\n}}\ndevice {{ may unpin }}\n")


@statement
def each_operation_is_refused_before_the_release_that_brought_it_and_not_after():
    for without, has, world, why in CAME:
        rejects(["--design", without, "--world", world, "--depth", "1"],
                f"error: design '{without}' has no operation", f"in world '{world}'", why,
                "\nworlds that go with design " + without)
        result = cowcheck("--design", has, "--world", world, "--depth", "1")
        expect(result.status in (0, 1), result)


@statement
def a_refusal_names_the_first_design_that_has_it():
    rejects(["--design", "v5.4", "--world", "uffd-async"], "v5.4.cow:",
            "\ndesign v6.7 is the first that has what world uffd-async asks for")
    rejects(["--design", "v5.4"], "FOLL_PIN came with v5.6")  # in the default world
    rejects(["export", "--to", "promela", "--design", "v5.4", "--world", "default"],
            "FOLL_PIN came with v5.6")


@statement
def foll_longterm_came_with_v4_15_and_wants_foll_pin_from_v6_3_on():
    world = one_gup("read, get, longterm")
    for design in ("v4.14", "v6.3", "v6.5", "v7.3"):
        rejects(["--design", design, "--world", world], "has no operation 'gup(read, get, longterm)'")
    for design in ("v5.4", "v5.7", "v6.2"):
        result = cowcheck("--design", design, "--world", world, "--depth", "2")
        expect(result.status in (0, 1), result)


@statement
def foll_force_takes_no_pin():
    for flags in ("write, pin", "read, get, longterm"):
        rejects(["--design", "v6.2", "--world", one_gup(flags, "gup_force")], "one.world:",
                "'gup_force' takes a FOLL_GET only")


@statement
def a_check_of_many_leaves_out_and_says_so():
    result = cowcheck("--world", "uffd-async", "--depth", "2")
    expect(result.status in (0, 1), result)
    expect("left out: v5.19, v6.2 in uffd-async: UFFD_FEATURE_WP_ASYNC" in result.out, result)
    expect("design v7.3 in world uffd-async" in result.out, result)
    result = cowcheck("--design", "all", "--world", "uffd-async", "--depth", "1", "--format", "json")
    report = result.json()
    schema = json.loads((SOURCE_DIR / "docs/results.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, schema)
    out = {one["design"] for one in report["left_out"]}
    expect({"v4.8", "v5.4.y", "v6.5"} <= out and "v6.7" not in out, report["left_out"])
    expect(not out & {one["design"] for one in report["results"] + report["runs"]}, report)


@statement
def a_gate_compares_where_both_designs_have_what_it_takes():
    write("mine.cow", "design mine extends v6.5\n\nhandler check_uffd_wp() { }\n\n"
          "operation pagemap_scan(va) { }\n")
    result = cowcheck("gate", "mine.cow", "--depth", "1", "--format", "json")
    expect(result.status == 0, result)
    report = result.json()
    schema = json.loads((SOURCE_DIR / "docs/gate.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, schema)
    expect({one["world"] for one in report["left_out"]} == {"uffd-async", "secondary-async"}, report)
    expect({one["design"] for one in report["left_out"]} == {"v6.5"}, report)
    expect("uffd-async" not in {one["world"] for one in report["comparisons"]}, report)
    for form, line in [("text", "left out: v6.5 in uffd-async: UFFD_FEATURE_WP_ASYNC"),
                       ("markdown", "left out: v6.5 in uffd-async"),
                       ("ktap", "applies # SKIP v6.5 has no operation"),
                       ("junit", "<skipped message=\"v6.5 has no operation")]:
        result = cowcheck("gate", "mine.cow", "--depth", "1", "--format", form)
        expect(result.status == 0 and line in result.out, result)
    rejects(["gate", "mine.cow", "--world", "uffd-async"], "design 'v6.5' has no operation")


@statement
def coverage_runs_the_other_worlds():
    rejects(["coverage", "v5.4", "--world", "default"], "FOLL_PIN came with v5.6")
    result = cowcheck("coverage", "--world", "uffd-async", "--depth", "1")
    expect("left out: v5.19, v6.2 in uffd-async" in result.out, result)


@statement
def an_expect_line_about_such_a_world_is_refused():
    write("mine.cow", "design mine extends v6.5\n\n"
          "expect holds no_foreign_data in uffd-async because \"nothing ran\"\n")
    rejects(["--design", "mine.cow", "--world", "tiny"], "mine.cow:3:33: ",
            "there is nothing to expect in world 'uffd-async'", "'uffd_wp_protect'")


@statement
def a_selftest_that_the_kernel_can_not_run_is_skipped():
    result = cowcheck("selftest", "--design", "v5.4")
    expect("# SKIP no gup" in result.out and "FOLL_PIN came with v5.6" in result.out, result)
    result = cowcheck("selftest", "--design", "v5.4", "--format", "json")
    tests = result.json()["designs"][0]["tests"]
    skipped = [test for test in tests if "skipped" in test]
    expect(skipped and all(test["ok"] is None for test in skipped), tests)
    expect(any(test["ok"] is False for test in tests), "vmsplice() leaks in v5.4")


main()
