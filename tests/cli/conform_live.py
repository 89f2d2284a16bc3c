"""A real kernel, Debian's, boots and does what its design says.

Kernels are looked for in $COWCHECK_KERNELS (a folder), in build/kernels (tools/kernels.sh) and in
/boot. Without QEMU or any of them this says so and is skipped.
"""

import glob
import json
import os
import sys

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import SOURCE_DIR, Skip, cowcheck, expect, main, statement, write

HAVE_QEMU = any(os.access(os.path.join(path, "qemu-system-x86_64"), os.X_OK)
                for path in os.environ.get("PATH", "").split(":"))

# CVE-2020-29374: no kernel of the last years leaks, and a design without the mend does.
LEAK = """program leak
memory anonymous written
parent: fork
child:  p = gup_fast(read, get)
child:  munmap
parent: new = write
p:      x = dma_read
never (x == new)
"""


def kernel():
    """One of 6.x or later: images are called vmlinuz- and their release."""
    if not HAVE_QEMU:
        raise Skip("no qemu-system-x86_64")
    for folder in (os.environ.get("COWCHECK_KERNELS", ""), SOURCE_DIR / "build/kernels", "/boot"):
        images = sorted(glob.glob(str(folder) + "/vmlinuz-[6-9].*amd64"))
        if images:
            return images[0]
    raise Skip("no kernel image of Debian's (tools/kernels.sh fetches some)")


@statement
def a_real_kernel_does_not_leak_and_contradicts_the_design_that_does():
    write("leak.program", LEAK)
    image = kernel()
    report = cowcheck("conform", "leak.program", "--random", "12", "--design", "v5.7", "--design",
                      "v6.2", "--format", "json", "--kernel", image).json()
    jsonschema.validate(report, json.loads(
        (SOURCE_DIR / "docs/conform.schema.json").read_text(encoding="utf-8")))
    guest = report["kernels"][0]
    expect("stopped" not in guest, guest)
    leak = guest["programs"][0]
    expect(leak["program"] == "leak" and leak["result"] == "disagrees", leak)
    expect(leak["designs"] == {"v5.7": "contradicts", "v6.2": "agrees"}, leak)
    expect(leak["saw"] == [{"p": "ok", "new": "P1", "x": "P0"}], leak)
    expect(guest["behaves_like"] == ["v6.2"], guest["behaves_like"])
    ran = [one for one in guest["programs"] if one["result"] != "skipped"]
    expect(len(ran) >= 8, guest["programs"])
    expect(guest["designs"]["v6.2"]["contradicts"] < guest["designs"]["v5.7"]["contradicts"], guest)


@statement
def its_own_design_agrees():
    write("leak.program", LEAK)
    result = cowcheck("conform", "leak.program", "--design", "v6.2", "--kernel", kernel())
    expect(result.status == 0, result)
    expect("1 agreed, 0 disagreed, 0 skipped" in result.out, result)


# The new page must not be taken for the old one because it has its frame.
FREED = """program freed
start {
    pages 1
    zeropage shared
    process parent { maps va 0 anonymous written }
}
let a = page(parent, 0)
parent: madvise_dontneed
parent: write
let b = page(parent, 0)
parent: madvise_dontneed
parent: write
let c = page(parent, 0)
"""


@statement
def a_frame_that_was_freed_does_not_come_back():
    write("freed.program", FREED)
    report = cowcheck("conform", "freed.program", "--repeat", "20", "--design", "v6.2", "--format",
                      "json", "--kernel", kernel()).json()
    expect(report["kernels"][0]["programs"][0]["saw"] ==
           [{"a": "page 1", "b": "page 2", "c": "page 3"}], report)


main()
