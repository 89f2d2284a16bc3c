"""What the shipped designs expect, in the worlds that `cowcheck history` does not explore (it
judges the `expect` lines in those that it does), and what no kernel ever broke."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import SOURCE_DIR, cowcheck, expect, main, statement

GROUPS = json.loads((SOURCE_DIR / "traces/known/bugs.json").read_text(encoding="utf-8"))["groups"]
ELSEWHERE = {world for group in GROUPS for world in group["worlds"]}
NEVER_BROKEN = {"refcount_is_sound", "no_deadlock", "secondary_mmu_is_in_step",
                "outside_sees_no_store"}


def depth_of(world):
    text = (SOURCE_DIR / f"model/worlds/{world}.world").read_text(encoding="utf-8")
    found = re.search(r"^depth +(\d+)$", text, re.MULTILINE)
    return int(found[1]) if found else 5


def surprises(world):
    """The notes of a check of all designs, and what is never broken and was."""
    result = cowcheck("--design", "all", "--world", world, "--depth", depth_of(world),
                      timeout=1000)
    expect(result.status in (0, 1), result)
    notes = re.findall(r"^note: .* expects \S+ to .*$", result.out, re.MULTILINE)
    broken = re.findall(rf"^\[.*\] \S+ (?:{'|'.join(NEVER_BROKEN)}): violated.*$", result.out,
                        re.MULTILINE)
    return [f"{world}: {line}" for line in notes + broken]


@statement
def every_design_is_as_its_expect_lines_say():
    worlds = sorted(path.stem for path in (SOURCE_DIR / "model/worlds").glob("*.world"))
    found = [line for world in worlds if world not in ELSEWHERE for line in surprises(world)]
    expect(not found, "\n".join(found))


main()
