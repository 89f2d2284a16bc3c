"""--checkpoint: killed at any moment, a check goes on, and says what it would have said."""

import os
import pathlib
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import COWCHECK, SANITIZED, cowcheck, expect, main, rejects, small_disk, statement, write

DEPTH = "4" if SANITIZED else "5"
CHECK = ["--design", "v5.9", "--design", "v5.14", "--depth", DEPTH, "--format", "json"]


def without_times(result):
    told = result.json()
    for run in told["runs"]:
        del run["seconds"], run["peak_bytes"]
    for one in told["results"]:
        one["trace"] = one["trace"] and os.path.basename(one["trace"])
    return told


def files_in(folder):
    return {path.name: path.read_text() for path in pathlib.Path(folder).iterdir()}


def killed(arguments, seconds, by=signal.SIGKILL, once=None):
    """Whether it still ran after that time, and was killed. Not before that file is there."""
    process = subprocess.Popen([COWCHECK, *arguments], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while once is not None and not os.path.exists(once) and process.poll() is None:
            time.sleep(0.01)
        process.wait(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(by)
        process.wait()
        return True


def kept(arguments, every="50ms"):
    return [*arguments, "--checkpoint", "kept", "--every", every]


@statement
def killed_at_any_moment_it_says_what_it_would_have_said():
    whole = cowcheck(*CHECK, "--traces", "whole")
    expect(whole.status == 1, whole)
    moments = random.Random(20261130)
    longest = max(run["seconds"] for run in whole.json()["runs"])
    kills = 0
    for round in range(2 if SANITIZED else 4):
        arguments = kept([*CHECK, "--traces", f"parts-{round}"])
        for attempt in range(60):
            threads = str(moments.choice([1, 2, 3, 5]))
            if not killed([*arguments, "--threads", threads], moments.uniform(0.05, longest)):
                break
            kills += 1
            if attempt > 4:
                longest *= 1.5  # the machine is slower than it was
        # What ended before it could be killed has left nothing, and says it all again.
        result = cowcheck(*arguments)
        expect(without_times(result) == without_times(whole), result)
        expect(files_in(f"parts-{round}") == files_in("whole"), f"round {round}")
        expect(files_in("kept") == {}, files_in("kept").keys())
    expect(kills >= 3, f"{kills} kills")


@statement
def what_a_limit_has_stopped_goes_on_where_it_was():
    arguments = kept(["--design", "v6.2", "--depth", DEPTH, "--format", "json"], every="1h")
    whole = cowcheck(*arguments[:-4])
    states = whole.json()["runs"][0]["states"]
    stopped = cowcheck(*arguments, "--max-states", str(states // 2))
    expect(stopped.json()["runs"][0]["depth"] < whole.json()["runs"][0]["depth"], stopped)
    rest = cowcheck(*arguments)
    expect(f"v6.2 in world default: goes on after " in rest.err, rest.err)
    expect(without_times(rest) == without_times(whole), rest)


@statement
def interrupted_it_goes_on_and_may_go_further():
    arguments = ["--design", "v6.2", "--depth"]
    expect(killed(kept([*arguments, "200"], every="1h"), 2, by=signal.SIGINT, once="kept/lock"), "it has ended")
    result = cowcheck(*kept([*arguments, DEPTH]))
    expect("goes on after" in result.err, result)
    expect("[5.0 s]" not in result.out, result)


@statement
def another_design_world_or_bound_is_refused():
    design = write("mine.cow", "design mine extends v6.2\n")
    arguments = kept(["--design", design, "--depth", "50"])
    expect(killed(arguments, 0.1, once="kept/run-0.checkpoint"), "it has ended")
    rejects(kept(["--design", "v6.2", "--depth", "50"]), "the design is 'mine' there, and 'v6.2' here",
            "give another folder")
    rejects(kept(["--design", design, "--world", "zeropage", "--depth", "50"]),
            "the world is 'default' there, and 'zeropage' here")
    rejects([*arguments, "--concurrency", "3"], "--concurrency is '2' there, and '3' here")
    rejects([*arguments, "--no-symmetry"], "what is reduced")
    rejects([*arguments, "--property", "no_deadlock"], "what is asked")
    write("mine.cow", "# It says the same.\ndesign mine extends v6.2\n")
    rejects(arguments, "the text of the design")


@statement
def a_damaged_checkpoint_is_refused():
    arguments = kept(["--design", "v6.2", "--depth", "50"])
    expect(killed(arguments, 0.1, once="kept/run-0.checkpoint"), "it has ended")
    [file] = pathlib.Path("kept").glob("run-*.checkpoint")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 16
    file.write_bytes(content)
    rejects(arguments, "kept/run-0.checkpoint", "its checksum does not match", "remove this one")


@statement
def a_full_disk_costs_the_checkpoint_only():
    arguments = ["--design", "v6.2", "--depth", DEPTH, "--format", "json"]
    whole = cowcheck(*arguments)
    with small_disk("16k") as disk:
        result = cowcheck(*arguments, "--checkpoint", disk / "kept", "--every", "10ms")
        expect("No space left on device; the one before it stays" in result.err, result.err)
        expect(without_times(result) == without_times(whole), result)


@statement
def two_checks_do_not_share_a_folder():
    process = subprocess.Popen([COWCHECK, *kept(["--design", "v6.2", "--depth", "50"])],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not os.path.exists("kept/run-0.checkpoint"):
            expect(process.poll() is None, "it has ended")
        result = cowcheck(*kept(["--design", "v6.2", "--depth", "3"]))
        expect(result.status == 2 and "another cowcheck is using 'kept'" in result.err, result)
    finally:
        process.kill()
        process.wait()


@statement
def what_can_not_be_kept_is_refused_before_anything_is_written():
    rejects(["--design", "v6.2", "--world", "outside-references", "--checkpoint", "kept"],
            "world 'outside-references' has references from outside")
    rejects(["--every", "5m"], "give that as well")
    rejects(["--checkpoint", "kept", "--every", "soon"], "--every", "a duration")
    rejects(["--checkpoint", "/proc/nobody/kept"], "can't write")


main()
