"""Limits and interrupts: what is known so far, and status 3, or 1 after a violation."""

import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import COWCHECK, cowcheck, expect, main, statement

DEEP = ["--depth", "200", "--concurrency", "all"]


@statement
def a_limit_of_states_is_status_3():
    result = cowcheck(*DEEP, "--design", "v6.2", "--property", "no_deadlock",
                      "--max-states", "20K")
    expect(result.status == 3, result)
    expect("stopped: --max-states 20,000 is reached" in result.out, result)
    expect("?      not decided within 200 operations" in result.out, result)


@statement
def a_violation_before_the_limit_is_status_1():
    result = cowcheck(*DEEP, "--design", "v5.8", "--max-states", "20K")
    expect(result.status == 1, result)
    expect("stopped: --max-states" in result.out, result)
    expect(os.path.exists("cowcheck-traces/v5.8-default-uffd_wp_no_spurious_event.json"), result)


@statement
def a_limit_of_states_is_for_all_designs_together():
    result = cowcheck(*DEEP, "--design", "v6.2", "--design", "v5.19", "--design", "v5.12",
                      "--max-states", "100K", "--format", "json")
    states = sum(run["states"] for run in result.json()["runs"]
                 if run["same_program_as"] is None)
    expect(100_000 <= states < 200_000, states)
    expect(any(one["verdict"] == "incomplete" for one in result.json()["results"]), result)


@statement
def a_limit_of_time_is_kept():
    begin = time.monotonic()
    result = cowcheck(*DEEP, "--design", "v6.2", "--property", "no_deadlock",
                      "--max-time", "1500ms")
    seconds = time.monotonic() - begin
    expect(result.status == 3 and 1.4 < seconds < 15, f"{seconds} s: {result}")
    expect("stopped: --max-time 1.5 s is over" in result.out, result)


@statement
def a_limit_that_is_not_reached_changes_nothing():
    result = cowcheck("--depth", "1", "--design", "v6.2", "--max-states", "1G", "--max-memory",
                      "4G", "--max-time", "1h")
    expect(result.status == 0 and "stopped" not in result.out, result)


def interrupted_by(*signals, arguments):
    process = subprocess.Popen([COWCHECK, *DEEP, *arguments], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    for number in signals:
        time.sleep(2)  # a sanitized build takes one to read all texts
        process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@statement
def an_interrupt_prints_what_is_known_so_far():
    for number in (signal.SIGINT, signal.SIGTERM):
        status, out, err = interrupted_by(
            number, arguments=["--design", "v6.2", "--property", "no_deadlock"])
        expect(status == 3 and err == "", (status, out, err))
        expect("stopped: interrupted" in out and "\nworld default" in out, out)
        expect("states, " in out.splitlines()[-1], out)


@statement
def an_interrupt_after_a_violation_is_status_1():
    status, out, err = interrupted_by(signal.SIGINT, arguments=["--design", "v5.8"])
    expect(status == 1 and "stopped: interrupted" in out, (status, out, err))


@statement
def an_interrupted_check_still_prints_its_document():
    import json

    status, out, err = interrupted_by(
        signal.SIGINT, arguments=["--design", "v6.2", "--format", "json"])
    expect(status in (1, 3) and err == "", (status, out, err))
    expect(json.loads(out)["runs"][0]["states"] > 0, out)


main()
