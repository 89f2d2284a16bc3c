"""What a check prints, and its exit status."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import cowcheck, expect, files_here, main, statement, write


def lines_after(result, start):
    """The lines that follow the first one that starts so."""
    lines = result.out.splitlines()
    for number, line in enumerate(lines):
        if line.startswith(start):
            return lines[number:]
    raise AssertionError(f"no line starts with '{start}': {result}")


def matrix(result):
    """{property: {design: cell}}"""
    header, *rows = lines_after(result, "world ")
    designs = header.split()[2:]
    cells = {}
    for row in rows:
        words = row.replace(" (cost)", "").split()
        if not row.startswith("  "):
            break
        cells[words[0]] = dict(zip(designs, words[1:]))
    return cells


@statement
def a_violation_is_status_1_and_none_is_status_0():
    expect(cowcheck("--depth", "2", "--design", "v5.8").status == 1, "v5.8 is violated")
    expect(cowcheck("--depth", "2", "--design", "v6.2").status == 0, "v6.2 holds")


@statement
def a_run_ends_within_its_level_when_every_property_that_was_asked_for_is_violated():
    ask = ["--design", "v5.9", "--property", "memory_is_coherent", "--format", "json"]
    answers = [cowcheck(*ask, "--depth", depth).json() for depth in (4, 200)]
    expect(answers[0]["runs"][0]["states"] == answers[1]["runs"][0]["states"], answers)
    for answer in answers:
        (result,), (run,) = answer["results"], answer["runs"]
        expect((result["verdict"], result["operations"], run["depth"]) == ("violated", 4, 3),
               answer)
        expect(not run["exhausted"], answer)
    both = cowcheck("--design", "v5.9", "--property", "memory_is_coherent", "--property",
                    "no_deadlock", "--depth", "4", "--format", "json").json()
    expect(both["runs"][0]["depth"] == 4, both)  # one of them holds
    expect(both["results"][0]["steps"] == answers[0]["results"][0]["steps"], both)


@statement
def designs_that_are_one_program_are_explored_once_and_said_to_be():
    result = cowcheck("--depth", "3", "--world", "tiny", "--design", "v5.9", "--design", "v5.10")
    alone = cowcheck("--depth", "3", "--world", "tiny", "--design", "v5.9")
    line = "v5.10: the same program as v5.9 in world tiny, explored once for both"
    expect(line in result.out.splitlines(), result)
    total = result.out.splitlines()[-1].split(" states")[0]
    expect(alone.out.splitlines()[-1].startswith(total + " states"), (result, alone))
    cells = matrix(result)
    expect(all(row["v5.9"] == row["v5.10"] for row in cells.values()), cells)


@statement
def all_designs_of_history_are_checked_by_default():
    result = cowcheck("--depth", "1")
    cells = matrix(result)
    expect(list(cells["no_deadlock"]) ==
           ["v5.7", "v5.8", "v5.9", "v5.12", "v5.19", "v6.2", "v7.3"], cells)
    expect(len(cells) >= 11, cells)
    expect("world default" in result.out, result)


@statement
def the_matrix_fits_into_100_columns_and_says_what_its_marks_mean():
    result = cowcheck("--depth", "2")
    cells = matrix(result)
    expect(cells["uffd_wp_no_spurious_event"]["v5.8"] == "2", cells)
    expect(cells["uffd_wp_no_spurious_event"]["v5.9"] == "-", cells)
    expect(cells["unpin_finds_exclusive"]["v5.7"] == "n/a", cells)
    expect(cells["unpin_finds_exclusive"]["v5.19"] == "-", cells)
    expect("no_needless_copy (cost)" in result.out, result)
    for start in ("5      violated", "-      holds", "n/a    says"):
        lines_after(result, start)
    for line in lines_after(result, "world "):
        expect(len(line) <= 100 or " operations, " in line, line)


@statement
def every_verdict_has_both_bounds():
    result = cowcheck("--depth", "2", "--concurrency", "1", "--design", "v5.8")
    verdicts = [line for line in result.out.splitlines() if line.startswith("[")]
    expect(verdicts, result)
    for line in verdicts:
        expect(line.endswith("  (--depth 2 --concurrency 1)"), line)
    expect("at most 2 operations, 1 in flight at once" in result.out.splitlines()[0], result)
    (legend,) = [line for line in result.out.splitlines() if line.startswith("-  ")]
    expect(legend.endswith("at most 2 operations, 1 in flight at once"), legend)
    unbounded = cowcheck("--depth", "1", "--concurrency", "all", "--design", "v5.8")
    expect("any number in flight at once" in unbounded.out, unbounded)
    expect("--concurrency all" in unbounded.out, unbounded)


@statement
def a_violation_is_told_as_soon_as_it_is_found():
    result = cowcheck("--depth", "2", "--design", "v5.8")
    (line,) = [one for one in result.out.splitlines() if one.startswith("[") and "spurious" in one]
    wanted = r"\[\d+\.\d s\] v5\.8 uffd_wp_no_spurious_event: violated by 2 operations, \d+ steps  "
    expect(re.match(wanted, line), line)


@statement
def each_violation_has_a_line_and_a_trace():
    result = cowcheck("--depth", "2", "--design", "v5.8", "--traces", "here/below")
    told = lines_after(result, "v5.8 uffd_wp_no_spurious_event: 2 operations, ")
    expect("monitor uffd_wp_protect, cpu" in told[0], told[0])
    expect(told[1] == "    here/below/v5.8-default-uffd_wp_no_spurious_event.json", told[1])
    expect(os.path.getsize(told[1].strip()) > 1000, "the trace is a file")


@statement
def without_violations_no_folder_is_left():
    cowcheck("--depth", "1", "--design", "v6.2")
    cowcheck("--depth", "1", "--design", "v6.2", "--traces", "a/b/c/")
    expect(files_here() == [], files_here())


@statement
def a_world_without_more_states_holds_at_any_depth():
    result = cowcheck("--depth", "255", "--design", "v6.2", "--world", "tiny")
    cells = matrix(result)
    expect(cells["no_deadlock"]["v6.2"] == "never", cells)
    (told,) = [line for line in result.out.splitlines() if line.startswith("v6.2: no new states")]
    expect("any depth in world tiny with 2 operations in flight at once" in told, told)


@statement
def several_designs_and_worlds_are_combined():
    result = cowcheck("--depth", "1", "--design", "v5.9", "--design", "v5.7", "--world", "tiny",
                      "--world", "default", "--format", "json")
    pairs = [(run["world"], run["design"]) for run in result.json()["runs"]]
    expect(pairs == [("tiny", "v5.9"), ("tiny", "v5.7"), ("default", "v5.9"), ("default", "v5.7")],
           pairs)
    text = cowcheck("--depth", "2", "--design", "v5.8", "--world", "tiny", "--world", "default")
    headings = [line for line in text.out.splitlines() if line.startswith("world ")]
    expect(len(headings) == 2, text)
    expect("v5.8 in default uffd_wp_no_spurious_event" in text.out, text)


@statement
def only_the_properties_that_are_named_are_checked():
    result = cowcheck("--depth", "2", "--design", "v5.8", "--property", "no_deadlock",
                      "--property", "no_foreign_data")
    expect(result.status == 0, result)
    expect(set(matrix(result)) == {"no_deadlock", "no_foreign_data"}, result)


@statement
def a_design_that_asserts_has_a_row_for_it():
    write(
        "mine.cow",
        "design mine extends v6.2\n\noperation clear_refs() {\n"
        '    assert mm.tlb_flush_pending > 0 "nobody flushes"\n}\n',
    )
    result = cowcheck("--depth", "1", "--design", "mine.cow")
    expect(result.status == 1, result)
    expect(matrix(result)["assertions"]["mine"] == "1", result)
    # Whatever else was asked for.
    only = cowcheck("--depth", "1", "--design", "mine.cow", "--property", "no_deadlock")
    expect(only.status == 1, only)
    expect(matrix(only) == {"no_deadlock": {"mine": "-"}, "assertions": {"mine": "1"}}, only)


@statement
def what_a_design_expects_in_vain_is_noted():
    write(
        "mine.cow",
        'design mine extends v5.8\nexpect holds uffd_wp_no_spurious_event because "a dream"\n'
        "expect violated no_deadlock\n",
    )
    result = cowcheck("--depth", "2", "--design", "mine.cow")
    notes = [line for line in result.out.splitlines() if line.startswith("note: ")]
    expect(notes == [
        "note: mine expects uffd_wp_no_spurious_event to hold",
        "note: mine expects violations of no_deadlock: not seen within 2 operations, "
        "2 in flight at once",
    ], notes)


@statement
def a_line_that_names_the_world_is_the_one_that_counts_there():
    write(
        "mine.cow",
        "design mine extends v5.9\nexpect holds no_needless_copy\n"
        "expect violated no_needless_copy in tiny\nexpect violated no_deadlock in tiny\n",
    )
    result = cowcheck("--world", "tiny", "--depth", "5", "--design", "mine.cow")
    expect(matrix(result)["no_needless_copy"]["mine"] != "-", result)
    notes = [line for line in result.out.splitlines() if line.startswith("note: ")]
    expect(notes == [
        "note: mine expects no_deadlock to be violated in world tiny: not seen within "
        "5 operations, 2 in flight at once",
    ], notes)


@statement
def reduction_and_symmetry_change_the_work_but_not_the_verdicts():
    answers = []
    for options in ([], ["--no-reduction"], ["--no-symmetry"], ["--no-reduction", "--no-symmetry"]):
        document = cowcheck("--depth", "2", "--design", "v5.8", "--format", "json", *options).json()
        answers.append([(one["property"], one["verdict"], one["operations"])
                        for one in document["results"]])
    expect(all(one == answers[0] for one in answers), answers)


@statement
def no_terminal_no_colour():
    result = cowcheck("--depth", "2", "--design", "v5.8")
    expect("\033" not in result.out + result.err and result.err == "", result)


main()
