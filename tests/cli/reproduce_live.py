"""Reproducers of known bugs on real kernels, Debian's: those that have the bug say not ok.

Kernels are looked for where conform_live.py looks. Without QEMU, a C compiler, or any of them this
says so and is skipped.
"""

import glob
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import SOURCE_DIR, Skip, cowcheck, expect, main, statement

KNOWN = SOURCE_DIR / "traces" / "known"


def kernel(releases):
    if not shutil.which("qemu-system-x86_64"):
        raise Skip("no qemu-system-x86_64")
    if not shutil.which("cc"):
        raise Skip("no cc")
    for folder in (os.environ.get("COWCHECK_KERNELS", ""), SOURCE_DIR / "build/kernels", "/boot"):
        images = sorted(glob.glob(str(folder) + f"/vmlinuz-{releases}*amd64"))
        if images:
            return images[0]
    raise Skip(f"no kernel image {releases} of Debian's (tools/kernels.sh fetches some)")


def said(image, *names):
    """What each of the programs says there, and the exit status of it all."""
    result = cowcheck("reproduce", *(KNOWN / f"{name}.json" for name in names), "--kernel", image,
                      timeout=280)
    found = {}
    for block in re.split(r"^# (?=\w+$)", result.out, flags=re.MULTILINE)[1:]:
        lines = block.splitlines()
        expect(lines[1:3] == ["TAP version 13", "1..1"], block)
        verdict = re.fullmatch(r"(not ok|ok) 1 [^#]+?( # SKIP .*)?", lines[-1])
        expect(verdict, block)
        found[lines[0]] = lines[-1] if verdict[2] else verdict[1]
    expect(sorted(found) == sorted(names), result)
    return found, result.status


@statement
def a_kernel_of_today_has_mended_what_is_mended_and_merges_what_is_protected():
    found, status = said(kernel("[6-9]."), "B3", "UPIN", "SWLK", "HFRK", "KSMU", "EVFK")
    expect(found == {"B3": "ok", "UPIN": "ok", "SWLK": "ok", "HFRK": "ok", "EVFK": "ok",
                     "KSMU": "not ok"}, found)
    expect(status == 1, status)


@statement
def a_kernel_of_2020_says_otherwise():
    found, status = said(kernel("5.10."), "B3", "UPIN", "SWLK", "HFRK", "B17")
    expect(found == {"B3": "ok", "UPIN": "not ok", "SWLK": "not ok", "HFRK": "not ok",
                     "B17": "not ok"}, found)
    expect(status == 1, status)


@statement
def when_all_is_well_the_status_is_0():
    found, status = said(kernel("[6-9]."), "B3")
    expect(found == {"B3": "ok"} and status == 0, (found, status))


main()
