"""The bugs of history are found again without hints, and the golden traces replay.

traces/known/bugs.json names each bug, and the design, world and property that show it;
how long the shortest schedule is, which designs have it, and which violate the property in
this world by more operations only, is written there by

    COWCHECK_UPDATE_KNOWN=1 ctest --preset release -R cli.slow_known_bugs

which also refreshes the traces beside it.
"""

import json
import os
import re
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import SANITIZED, SOURCE_DIR, cowcheck, expect, main, statement

FOLDER = SOURCE_DIR / "traces/known"
TABLE = json.loads((FOLDER / "bugs.json").read_text(encoding="utf-8"))
BUGS = TABLE["bugs"]
DEPTHS = {world: int(re.search(r"^depth +(\d+)$", (SOURCE_DIR / f"model/worlds/{world}.world").read_text(encoding="utf-8"), re.MULTILINE)[1])
          for group in TABLE["groups"] for world in group["worlds"]}
KEYS = ("id", "reference", "fix", "what", "design", "world", "property", "also", "since",
        "concurrency", "operations", "steps", "lives_in", "longer")
UPDATE = bool(os.environ.get("COWCHECK_UPDATE_KNOWN"))
SECONDS = 100 if SANITIZED else 10


def golden(bug):
    return FOLDER / f"{bug['id']}.json"


def hunt(bug, design):
    """The shortest schedule within the bug's world, found without any hint."""
    result = cowcheck("--design", design, "--world", bug["world"], "--property", bug["property"],
                      "--depth", DEPTHS[bug["world"]], "--concurrency", bug.get("concurrency", 2),
                      "--format", "json")
    if result.status == 2 and "has no operation" in result.err:
        return {"verdict": "not applicable"}
    expect(result.status in (0, 1), result)
    (found,) = [one for one in result.json()["results"] if one["property"] == bug["property"]]
    return found


def homes(bug):
    """The designs that violate the property by as many operations as the bug or fewer: they
    have it; and those that take more, by another way."""
    found = {one: hunt(bug, one) for one in designs()}
    needed = {one: result["operations"] for one, result in found.items()
              if result["verdict"] == "violated"}
    return ([one for one in needed if needed[one] <= bug["operations"]],
            [one for one in needed if needed[one] > bug["operations"]])


def designs():
    return [line.split()[0] for line in cowcheck("designs").out.splitlines()]


def refresh():
    for bug in BUGS:
        found = hunt(bug, bug["design"])
        expect(found["verdict"] == "violated", bug)
        shutil.copy(found["trace"], golden(bug))
        bug["operations"] = found["operations"]
        bug["steps"] = found["steps"]
        bug["lives_in"], longer = homes(bug)
        bug.pop("longer", None)
        if longer:
            bug["longer"] = longer
    groups = ",\n".join(f'    {{"memory": {json.dumps(group["memory"])},\n'
                        f'     "worlds": {json.dumps(group["worlds"])}}}'
                        for group in TABLE["groups"])
    rows = ",\n".join("    {" + ",\n     ".join(f"{json.dumps(key)}: {json.dumps(bug[key])}"
                                                for key in KEYS if key in bug) + "}"
                      for bug in BUGS)
    text = '{\n  "groups": [\n' + groups + '\n  ],\n  "bugs": [\n' + rows + "\n  ]\n}\n"
    expect(json.loads(text) == TABLE, "the table is what it was")
    (FOLDER / "bugs.json").write_text(text, encoding="utf-8")


if UPDATE:
    statement(refresh)


@statement
def every_bug_is_found_again_within_ten_seconds():
    for bug in BUGS:
        start = time.monotonic()
        found = hunt(bug, bug["design"])
        seconds = time.monotonic() - start
        expect((found["verdict"], found["operations"], found["steps"]) ==
               ("violated", bug["operations"], bug["steps"]), f"{bug['id']}: {found}")
        expect(seconds < SECONDS, f"{bug['id']} took {seconds:.1f} s")


@statement
def every_golden_trace_replays_and_is_the_one_that_is_found():
    for bug in BUGS:
        result = cowcheck("replay", golden(bug), "--format", "json")
        expect(result.json()["verdict"] == "ok" and result.status == 0, f"{bug['id']}: {result}")
        known = json.loads(golden(bug).read_text(encoding="utf-8"))
        fresh = json.loads(open(hunt(bug, bug["design"])["trace"], encoding="utf-8").read())
        expect(known["steps"] == fresh["steps"], f"{bug['id']}: another trace is found")


@statement
def each_bug_lives_in_the_designs_that_the_table_names_and_in_no_other():
    for bug in BUGS:
        found = homes(bug)
        named = (bug["lives_in"], bug.get("longer", []))
        expect(found == named, f"{bug['id']}: {found}, not {named}")
        expect(bug["design"] in bug["lives_in"], bug["id"])


@statement
def there_is_a_golden_trace_for_every_bug_and_no_other():
    names = {path.name for path in FOLDER.glob("*.json")} - {"bugs.json"}
    expect(names == {golden(bug).name for bug in BUGS}, names)


main()
