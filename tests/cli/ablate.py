"""cowcheck ablate: what each step of a design is for."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import SOURCE_DIR, cowcheck, expect, files_here, main, rejects, statement, write

import jsonschema

SMALL = ["--world", "tiny", "--depth", "4"]
MINE = """design mine extends v6.2

handler copy_present_pte(va, child) {
    page = pte.page
    get page
    if page.anon_exclusive { page.anon_exclusive = false }   MARK
    page.mapcount += 1
    if pte.writable { pte = pte with { writable = false } }
    child.pte = pte with { writable = false }
}
"""


def mine(mark=""):
    return write("mine.cow", MINE.replace("   MARK", mark and "   # equivalent: " + mark))


def changes(report, **wanted):
    return [one for one in report["changes"] if all(one[k] == v for k, v in wanted.items())]


@statement
def json_fits_its_schema_and_says_what_breaks():
    result = cowcheck("ablate", mine(), "--handler", "copy_present_pte", *SMALL, "--format", "json")
    expect(result.status == 1, result)
    report = result.json()
    jsonschema.validate(report, json.loads((SOURCE_DIR / "docs/ablate.schema.json").read_text()))
    [one] = changes(report, what="page.mapcount += 1: deleted")
    expect(one["fate"] == "needed" and one["breaks"]["property"] == "refcount_is_sound", one)
    expect(one["place"] == {"file": "mine.cow", "line": 7, "column": 5} and one["line"] == 5, one)
    [one] = changes(report, what="if page.anon_exclusive: always yes")
    expect(one["fate"] == "unnoticed" and one["worlds"] == 1, one)
    [one] = changes(report, what="if page.anon_exclusive: always no")
    expect(one["breaks"]["property"] == "no_foreign_data", one)
    counts = report["counts"]
    expect(counts["needed"] == len(changes(report, fate="needed")) > 10, counts)
    expect(counts["refused"] > 0 and counts["undecided"] == 0, counts)
    rate = counts["needed"] / (counts["needed"] + counts["unnoticed"])
    expect(abs(report["rate"]["without_marks"] - rate) < 1e-3, report["rate"])


@statement
def a_kept_change_is_a_design_that_the_gate_stops_and_its_trace_replays():
    result = cowcheck("ablate", "v6.2", "--line", "copy_present_pte:21", *SMALL, "--format", "json",
                      "--keep", "kept", "--traces", "traces")
    [one] = changes(result.json(), what="page.mapcount += 1: deleted")
    expect(one["breaks"]["steps"] > 5, one)
    again = cowcheck("replay", one["breaks"]["trace"])
    expect(again.status == 0 and "refcount_is_sound" in again.out, again)
    judged = cowcheck("gate", one["text"], "--world", "tiny", "--depth", "4", "--format", "json")
    expect(judged.status == 1, judged)
    expect(any(c["property"] == one["breaks"]["property"] and c["change"] == "worse" and
               c["operations_after"] == one["breaks"]["operations"]
               for c in judged.json()["comparisons"]), judged)


@statement
def a_change_of_ones_own_design_is_kept_as_a_design_of_its_own():
    result = cowcheck("ablate", mine(), "--line", "copy_present_pte:5", *SMALL, "--format", "json",
                      "--keep", "kept", "--traces", "traces")
    [one] = changes(result.json(), what="page.mapcount += 1: deleted")
    os.remove("mine.cow")
    again = cowcheck("replay", one["breaks"]["trace"])
    expect(again.status == 0 and "refcount_is_sound" in again.out, again)
    judged = cowcheck("gate", one["text"], "--world", "tiny", "--depth", "4")
    expect(judged.status == 1 and "refcount_is_sound" in judged.out, judged)


@statement
def a_mark_explains_what_nothing_notices():
    line = ["--line", "copy_present_pte:4", *SMALL]
    bare = cowcheck("ablate", mine(), *line)
    expect(bare.status == 1 and "unnoticed" in bare.out, bare)
    marked = cowcheck("ablate", mine("what is shared is not exclusive already"), *line)
    expect("explains" in marked.out and "what is shared is not exclusive already" in marked.out,
           marked)


@statement
def what_is_known_is_not_judged_again_and_damage_is_noticed():
    line = ["--handler", "copy_present_pte", *SMALL, "--format", "json", "--resume", "results"]
    first = cowcheck("ablate", mine(), *line).json()
    expect(not any(one["from_before"] for one in first["changes"]), first)
    second = cowcheck("ablate", mine("a comment"), *line).json()
    expect(all(one["from_before"] for one in second["changes"]), second)
    lines = open("results").read().splitlines(keepends=True)
    write("results", "".join([lines[0].replace("key", "kez"), lines[1][:30] + "\n"] + lines[2:]))
    third = cowcheck("ablate", mine(), *line)
    expect("2 results are damaged" in third.err, third)
    known = [one["from_before"] for one in third.json()["changes"]]
    expect(0 < known.count(False) <= 2, known)
    strip = lambda report: [{k: v for k, v in one.items() if k != "from_before"}
                            for one in report["changes"]]
    expect(strip(third.json()) == strip(first), "other results")


@statement
def parts_and_formats():
    counts = [len(cowcheck("ablate", mine(), "--handler", "copy_present_pte", *SMALL, "--format",
                           "json", "--shard", f"{i}/2").json()["changes"]) for i in (1, 2)]
    markdown = cowcheck("ablate", mine(), "--handler", "copy_present_pte", *SMALL, "--format",
                        "markdown").out
    expect(re.search(r"\*\*\d+ of \d+ wrong changes noticed", markdown), markdown)
    expect("| copy\\_present\\_pte |" in markdown and min(counts) > 5, (counts, markdown))


@statement
def bad_input_is_refused():
    rejects(["ablate"], "expected a design")
    rejects(["ablate", "v6.2", "--handler", "do_wp_pag"], "did you mean 'do_wp_page'?")
    rejects(["ablate", "v6.2", "--line", "do_wp_page"], "expected HANDLER:N")
    rejects(["ablate", "v6.2", "--line", "do_wp_page:999", *SMALL], "no statement")
    rejects(["ablate", "v6.2", "--shard", "3/2"], "--shard")


main()
