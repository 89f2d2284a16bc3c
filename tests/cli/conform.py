"""Programs on real kernels: what is refused, a kernel that hangs, and nothing that is left behind."""

import json
import os
import signal
import subprocess
import sys
import time

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import COWCHECK, SOURCE_DIR, Skip, cowcheck, expect, main, statement

HAVE_QEMU = any(os.access(os.path.join(path, "qemu-system-x86_64"), os.X_OK)
                for path in os.environ.get("PATH", "").split(":"))


SCHEMA = json.loads((SOURCE_DIR / "docs/conform.schema.json").read_text(encoding="utf-8"))


def processes():
    """Command lines of all processes, by their numbers."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                found[int(pid)] = file.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            pass
    return found


def guests(image):
    return [pid for pid, words in processes().items() if "qemu-system" in words and image in words]


def hanging_kernel():
    """What the boot protocol takes for a kernel, and which does nothing but loop."""
    path = os.path.abspath("hangs.bzImage")
    image = bytearray(16384)
    image[0x1f1] = 4                                 # sectors of set-up code
    image[0x1fe:0x200] = b"\x55\xaa"
    image[0x200:0x202] = b"\xeb\x66"                 # a jump behind the header
    image[0x202:0x206] = b"HdrS"
    image[0x206:0x208] = b"\x0f\x02"
    image[0x211] = 1                                 # loaded high
    image[0x22c:0x230] = b"\xff\xff\xff\x7f"         # where the initial root file system may end
    image[0x230:0x234] = (4096).to_bytes(4, "little")
    image[0x260:0x264] = (1 << 20).to_bytes(4, "little")
    image[0x268:0x26a] = b"\xeb\xfe"                 # for ever
    with open(path, "wb") as file:
        file.write(image)
    return path


@statement
def somewhere_must_be_said():
    result = cowcheck("conform")
    expect(result.status == 2 and "--kernel BZIMAGE" in result.err, result)
    result = cowcheck("conform", "--host", "--kernel", "x")
    expect(result.status == 2, result)


@statement
def what_is_no_kernel_is_refused():
    with open("text.bzImage", "w") as file:
        file.write("no kernel" * 1000)
    for path, why in (("text.bzImage", "is no bzImage"), ("nowhere.bzImage", "cannot be read")):
        result = cowcheck("conform", "--kernel", path)
        expect(result.status == 2 and why in result.err, result)


@statement
def numbers_are_checked():
    for option, value in (("--random", "many"), ("--repeat", "0"), ("--seed", "-1")):
        result = cowcheck("conform", "--host", option, value)
        expect(result.status == 2 and option in result.err, result)


@statement
def a_kernel_that_hangs_ends_in_a_message_and_leaves_nothing():
    if not HAVE_QEMU:
        raise Skip("no QEMU")
    image = hanging_kernel()
    result = cowcheck("conform", "--timeout", "1", "--kernel", image)
    expect(result.status == 3, result)
    expect("did not answer in time while it booted" in result.out + result.err, result)
    expect(not guests(image), guests(image))
    report = cowcheck("conform", "--timeout", "1", "--format", "json", "--kernel", image).json()
    expect(report["kernels"][0]["stopped"] != "" and not report["kernels"][0]["programs"], report)
    jsonschema.validate(report, SCHEMA)


@statement
def the_schema_is_one():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def after_signal(number):
    image = hanging_kernel()
    running = subprocess.Popen([COWCHECK, "conform", "--timeout", "60", "--kernel", image],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while not guests(image) and time.monotonic() < end:
        time.sleep(0.1)
    expect(guests(image), "no guest was started")
    running.send_signal(number)
    running.wait(timeout=30)
    end = time.monotonic() + 10
    while guests(image) and time.monotonic() < end:
        time.sleep(0.1)
    return guests(image)


@statement
def a_guest_dies_with_whoever_started_it():
    if not HAVE_QEMU:
        raise Skip("no QEMU")
    for number in (signal.SIGKILL, signal.SIGINT):
        left = after_signal(number)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        expect(not left, f"signal {number} left {left}")


main()
