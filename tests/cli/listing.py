"""Designs, worlds and properties can be listed and shown."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import SOURCE_DIR, cowcheck, expect, main, statement, write


def lines_of(*arguments):
    result = cowcheck(*arguments)
    expect(result.status == 0 and result.err == "", result)
    return result.out.splitlines()


@statement
def designs_are_listed_in_the_order_of_history():
    lines = lines_of("designs")
    names = [line.split()[0] for line in lines]
    wanted = ["v4.8", "v4.14", "v5.4", "v5.7", "v5.4.y", "v5.8", "xu-2020-v1", "xu-2020-v2", "xu-2020-v3",
              "xu-2020-v3-intended", "v5.9", "v5.10", "v5.11", "arcangeli-2021",
              "arcangeli-2021-mm-sync", "v5.10.y", "v5.12", "v5.14", "hildenbrand-2021",
              "v5.18", "v5.19", "v6.1", "v6.2", "v6.3", "v6.4", "v6.5", "v6.7", "v6.12", "v6.15", "v7.2", "v7.3"]
    expect([name for name in names if name in wanted] == wanted, names)
    by_name = dict(zip(names, lines))
    expect("mapcount decides" in by_name["v5.7"], by_name["v5.7"])
    expect("v5.14 .. v5.17" in by_name["v5.14"], by_name["v5.14"])


@statement
def the_designs_that_are_checked_by_default_have_a_mark():
    marked = [line.split()[0] for line in lines_of("designs") if line.split()[1] == "*"]
    expect(marked == ["v5.7", "v5.8", "v5.9", "v5.12", "v5.19", "v6.2", "v7.3"], marked)
    runs = cowcheck("--depth", "0", "--format", "json").json()["runs"]
    expect([run["design"] for run in runs] == marked, runs)


@statement
def all_means_every_design_that_is_built_in():
    names = [line.split()[0] for line in lines_of("designs")]
    told = cowcheck("--depth", "0", "--design", "all", "--world", "vmsplice", "--format", "json").json()
    expect([run["design"] for run in told["runs"]] == names and not told["left_out"], told)


@statement
def worlds_are_listed_with_what_they_are_for():
    names = {line.split()[0]: line for line in lines_of("worlds")}
    expect({"default", "tiny"} <= set(names), names)
    expect(len(names["tiny"].split()) > 2, names["tiny"])


@statement
def properties_are_listed_with_their_kind():
    kinds = {line.split()[0]: line.split()[1] for line in lines_of("properties")
             if line and not line[0].isspace()}
    expect(kinds["no_foreign_data"] == "safety" and kinds["no_needless_copy"] == "cost", kinds)
    expect(kinds["assertions"] == "safety", kinds)


@statement
def contracts_are_listed_below_and_shown_with_their_source():
    lines = lines_of("properties")
    contracts = {line.split()[0]: line for line in lines[lines.index("") :] if line}
    expect("zeroes" in contracts["madvise_dontneed"], contracts)
    expect("no store commits" in contracts["mprotect_read"], contracts)
    shown = cowcheck("properties", "show", "munmap")
    expect(shown.out.startswith("munmap (contract): ") and "source: munmap(2)" in shown.out, shown)


@statement
def a_design_is_shown_as_it_was_written():
    text = (SOURCE_DIR / "model/designs/v5.10.cow").read_text(encoding="utf-8")
    result = cowcheck("designs", "show", "v5.10")
    expect(result.status == 0 and result.out.startswith(text), result)
    added = result.out[len(text) :].splitlines()
    expect(all(line == "" or line.startswith("# ") for line in added), added)
    expect("v5.9, which extends v5.8, which extends v5.7" in result.out, result)
    expect("cowcheck --design FILE" in result.out, result)


@statement
def a_kernel_without_a_design_of_its_name_is_told_which_one_stands_for_it():
    for kernel, told in (
        ("5.15", "v5.15 is design v5.14"),
        ("v5.16.3", "v5.16.3 is design v5.14"),
        ("5.15.y", "5.15.y is design v5.14"),
        ("5.10", "v5.10 is design v5.10, and 5.10.y is design v5.10.y"),
        ("5.10.3", "5.10.3 is design v5.10"),
        ("5.10.9", "5.10.9 is design v5.11"),
        ("5.10.160", "5.10.160 is design v5.10.y"),
        ("5.7.2", "5.7.2 is design v5.7"),
        ("5.7.3", "5.7.3 is design v5.8"),
        ("5.6.18", "5.6.18 is design v5.7"),
        ("5.6.19", "5.6.19 is design v5.8"),
        ("5.4.1", "5.4.1 is design v5.4"),
        ("5.4.46", "5.4.46 is design v5.4"),
        ("5.4.47", "5.4.47 is design v5.4.y"),
        ("4.19.188", "4.19.188 is design v5.4"),
        ("4.19.189", "4.19.189 is design v5.4.y"),
        ("4.14.3", "4.14.3 is design v4.14"),
        ("4.14.4", "4.14.4 is design v5.4"),
        ("4.14.231", "4.14.231 is design v5.4"),
        ("4.14.232", "4.14.232 is design v5.4.y"),
        ("4.9.66", "4.9.66 is design v4.14"),
        ("4.9.287", "4.9.287 is design v5.4.y"),
        ("4.8.2", "4.8.2 is design v4.8"),
        ("4.8.3", "4.8.3 is design v4.14"),
        ("4.4.25", "4.4.25 is design v4.8"),
        ("4.4.26", "4.4.26 is design v4.14"),
        ("5.7.14-generic", "5.7.14-generic is design v5.8"),
        ("4.4", "v4.4 is design v4.8, and 4.4.y is design v5.4.y"),
        ("6.4", "v6.4 is design v6.4, and 6.4.y is design v6.5"),
        ("6.4.2", "6.4.2 is design v6.4"),
        ("6.4.3", "6.4.3 is design v6.5"),
        ("v6.13", "v6.13 is design v6.12"),
        ("6.18.15", "6.18.15 is design v6.15"),
        ("v7.0", "v7.0 is design v7.2"),
        ("7.3.4", "7.3.4 is design v7.3"),
    ):
        for arguments in (["--design", kernel], ["designs", "show", kernel]):
            result = cowcheck(*arguments)
            expect(result.status == 2 and told in result.err, f"{kernel}: {told}: {result}")
    expect(" is design " not in cowcheck("--design", "9.9").err, "no kernel")
    expect(" is design " not in cowcheck("--design", "5.x").err, "no kernel")


@statement
def a_design_is_shown_with_its_parts():
    folder = SOURCE_DIR / "model/designs"
    parts = re.search(r"^parts +(.+)$", (folder / "v5.7.cow").read_text(encoding="utf-8"), re.MULTILINE)
    files = ("v5.7.cow", *(f"v5.7/{part}.cow" for part in parts[1].split(", ")))
    text = "\n".join((folder / file).read_text(encoding="utf-8") for file in files)
    result = cowcheck("designs", "show", "v5.7")
    expect(result.status == 0 and result.out.startswith(text), result)
    write("mine.cow", text.replace("design v5.7", "design mine").replace(" of v5.7", " of mine"))
    result = cowcheck("--depth", "1", "--design", "mine.cow")
    expect(result.status == 0, result)


@statement
def a_shown_design_is_the_start_of_ones_own():
    text = cowcheck("designs", "show", "v5.12").out
    write("mine.cow", text.replace("design v5.12 ", "design mine ", 1))
    results = {}
    for design in ("mine.cow", "v5.12"):
        document = cowcheck("--depth", "2", "--design", design, "--format", "json").json()
        results[design] = [
            (one["property"], one["verdict"], one["steps"]) for one in document["results"]
        ]
    expect(results["mine.cow"] == results["v5.12"], results)


@statement
def a_world_is_shown_as_it_was_written():
    text = (SOURCE_DIR / "model/worlds/tiny.world").read_text(encoding="utf-8")
    expect(cowcheck("worlds", "show", "tiny").out == text, "tiny.world")


@statement
def a_property_is_shown_with_meaning_statement_and_source():
    result = cowcheck("properties", "show", "no_needless_copy")
    for words in ("(cost)", "is not copied", "source:", "at cow_copy:"):
        expect(words in result.out, f"{words}: {result}")
    expect("no_deadlock" not in result.out, result)
    expect("VM_BUG_ON" in cowcheck("properties", "show", "assertions").out, "assertions")


main()
