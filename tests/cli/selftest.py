"""The kernel's own tests say about each design what they said about that kernel."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import cowcheck, expect, main, rejects, statement, write

CASES = [f"A{i}" for i in range(1, 15)] + ["N1", "N2", "N3"]

# P passes, F fails, for CASES with anonymous base pages and, from N1 on, with the
# shared zeropage.
BASE_PAGES = {
    "v5.7": "PPFFFFPFFFPPPPPFF",
    "v5.8": "PPPPFPPFPPPPPPPPP",
    "v5.9": "PPPPPPFPFFFFFFPFF",
    "v5.12": "PPPPPPFPFFFFFFPFF",
    "v5.19": "PPPPPPPPPPPPPPPFF",
    "v6.1": "PPPPPPPPPPPPPPPFF",
    "v6.2": "PPPPPPPPPPPPPPPPP",
}

# What David Hildenbrand's mail of 16 November 2022 lists as passing from v6.2 on.
FLIPPED = [
    f"R/O longterm {gup} pin ... with {memory}"
    for gup in ("GUP", "GUP-fast")
    for memory in ("shared zeropage", "memfd", "tmpfile", "huge zeropage",
                   "memfd hugetlb (2048 kB)", "memfd hugetlb (1048576 kB)")
]


def results(design):
    """What each line '# [RUN]' ended with, and the status."""
    run = cowcheck("selftest", "--design", design)
    title, ended = None, {}
    for line in run.out.splitlines():
        if line.startswith("# [RUN] "):
            title = line.removeprefix("# [RUN] ")
        elif line.startswith(("ok ", "not ok ")):
            ended[title] = line
    return run.status, ended


def tests_of(design):
    document = cowcheck("selftest", "--design", design, "--format", "json").json()
    return {(test["case"], test["memory"]): test for test in document["designs"][0]["tests"]}


@statement
def base_pages_and_the_zeropage_do_what_they_did_in_each_era():
    for design, letters in BASE_PAGES.items():
        tests = tests_of(design)
        found = "".join(
            "P" if tests[case, "shared zeropage" if case[0] == "N" else "base page"]["ok"] else "F"
            for case in CASES)
        expect(found == letters, f"{design}: {found} instead of {letters}")


@statement
def the_twelve_lines_of_november_2022_flip_from_v6_1_to_v6_2_and_no_other_does():
    before_status, before = results("v6.1")
    after_status, after = results("v6.2")
    expect((before_status, after_status) == (1, 0), (before_status, after_status))
    expect(len(FLIPPED) == 12 and set(FLIPPED) <= set(before), before)
    for title in before:
        flips = before[title].startswith("not ok") and after[title].startswith("ok")
        expect(flips == (title in FLIPPED), f"{title}: {before[title]} / {after[title]}")
        expect(flips or before[title] == after[title], title)
        if flips:
            expect(after[title].endswith(" Longterm R/O pin is reliable"), after[title])


@statement
def vmsplice_of_hugetlb_memory_leaks_as_the_kernel_says_it_does():
    _, ended = results("v6.2")
    line = ended["vmsplice() + unmap in child ... with hugetlb (2048 kB)"]
    expect("# XFAIL Leak from parent into child" in line, line)
    known = [test for test in tests_of("v6.2").values() if test["known_leak"]]
    expect(len(known) == 8, known)


@statement
def swapped_out_pages_do_as_others_do_but_leak_until_v5_18():
    # do_swap_page() went on asking reuse_swap_page(), which counts mappings and swap
    # entries and no references, until c145e0b47c77 (v5.18). In A5 and A6 the page is back
    # before fork, since the parent saves what it holds (5.17-rc5 prints "ok").
    leaks = {"A3", "A4"}
    for design in BASE_PAGES:
        tests = tests_of(design)
        for case in CASES[:14]:
            swapped, mapped = tests[case, "swapped out base page"], tests[case, "base page"]
            ok = mapped["ok"] and not (design in ("v5.9", "v5.12") and case in leaks)
            expect(swapped["ok"] == ok, f"{design} {case}: {swapped}")


# With a THP that a PMD maps, where that is not what base pages do: the mapcount went on
# deciding until v5.18.
HUGE = {"v5.9": "PPFFFFPPFFPPPP", "v5.12": "PPFFFFPPFFPPPP"}


@statement
def a_thp_mapped_by_a_pmd_leaks_again_from_v5_9_to_v5_17():
    for design, letters in BASE_PAGES.items():
        tests = tests_of(design)
        found = "".join("P" if tests[case, "THP (2048 kB)"]["ok"] else "F" for case in CASES[:14])
        expect(found == HUGE.get(design, letters[:14]), f"{design}: {found}")


@statement
def a_thp_mapped_by_ptes_does_as_base_pages_do():
    for design, letters in BASE_PAGES.items():
        tests = tests_of(design)
        for memory in ("PTE-mapped THP", "single PTE of THP", "partially shared THP"):
            found = "".join("P" if tests[case, f"{memory} (2048 kB)"]["ok"] else "F"
                            for case in CASES[:14])
            expect(found == letters[:14], f"{design}, {memory}: {found}")


@statement
def collapsing_a_thp_merges_nothing_that_fork_has_shared():
    for design in BASE_PAGES:
        tests = tests_of(design)
        for case in ("C1", "C2", "C3", "C4"):
            test = tests[case, ""]
            expect(test["ok"] or "MADV_COLLAPSE came with v6.1" in test.get("skipped", ""),
                   f"{design} {case}")
    _, ended = results("v6.2")
    for which in ("fully", "lower", "upper"):
        line = ended[f"Basic COW after fork() when collapsing after fork() ({which} shared)"]
        expect(line.endswith(" No leak from parent into child"), line)


@statement
def hugetlb_pins_were_shared_by_fork_until_v5_12():
    for design, ok in (("v5.8", False), ("v5.9", False), ("v5.12", True), ("v5.10.y", False)):
        expect(tests_of(design)["A8", "hugetlb (2048 kB)"]["ok"] == ok, design)


@statement
def a_failure_says_what_happened():
    run = cowcheck("selftest", "--design", "v5.7")
    expect("# fails at 'pin: dma_read'" in run.out, run)
    expect("fork, cpu2 read, cpu2 gup_fast(read, get), cpu2 munmap, cpu0 write, pin dma_read"
           in run.out, run)


@statement
def no_test_gets_stuck_or_is_too_large():
    for design in BASE_PAGES:
        for test in tests_of(design).values():
            expect(test["ok"] or "skipped" in test
                   or test.get("reason", "").startswith("fails at"), test)


@statement
def several_designs_are_subtests():
    run = cowcheck("selftest", "--design", "v6.1", "--design", "v6.2")
    lines = run.out.splitlines()
    expect(run.status == 1 and lines[:2] == ["KTAP version 1", "1..2"], run)
    expect("not ok 1 v6.1" in lines and lines[-1] == "ok 2 v6.2", run)
    expect("    # Subtest: v6.1" in lines, run)


@statement
def the_plan_counts_the_tests():
    _, ended = results("v6.2")
    out = cowcheck("selftest", "--design", "v6.2").out
    expect(f"\n1..{len(ended)}\n" in out, out)


@statement
def a_change_of_one_rule_shows():
    write("mine.cow", "design mine extends v6.2\npredicate unshares(page) = page.anon\n"
          "predicate must_unshare(page, flags) =\n"
          "    flags.pin and not flags.write and page.anon and not page.anon_exclusive\n")
    run = cowcheck("selftest", "--design", "mine.cow")
    expect(run.status == 1 and run.out.count("not ok") == 12, run)


@statement
def bad_input_is_refused():
    rejects(["selftest", "--design", "v9"], "v9")
    rejects(["selftest", "--format", "xml"], "ktap, json", "xml")


main()
