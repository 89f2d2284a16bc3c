"""What takes longer: deep checks, the limit of memory, the line a minute."""

import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import COWCHECK, SANITIZED, Skip, cowcheck, expect, main, statement


@statement
def any_number_of_threads_gives_the_same_at_depth_4():
    answers = []
    for threads in (1, 2):
        result = cowcheck("--depth", "4", "--threads", threads, "--format", "json", timeout=600)
        document = result.json()
        for run in document["runs"]:
            del run["seconds"], run["peak_bytes"]
        traces = {path.name: path.read_text(encoding="utf-8")
                  for path in pathlib.Path("cowcheck-traces").iterdir()}
        answers.append((result.status, document, traces))
    expect(answers[0] == answers[1], "one thread and two")
    expect(len(answers[0][2]) > 10, "there are traces to compare")


@statement
def every_trace_of_depth_5_replays():
    document = cowcheck("--depth", "5", "--format", "json", timeout=900).json()
    violated = [one for one in document["results"] if one["verdict"] == "violated"]
    expect(violated, document)
    for one in violated:
        result = cowcheck("replay", one["trace"], "--format", "json")
        expect(result.status == 0 and json.loads(result.out)["verdict"] == "ok", (one, result))


@statement
def the_limit_of_memory_is_kept_within_5_percent():
    if SANITIZED:
        raise Skip("sanitizers have memory of their own")
    for limit in (128, 384):
        process = subprocess.Popen(
            [COWCHECK, "--depth", "200", "--concurrency", "all", "--max-memory", f"{limit}M"],
            stdout=subprocess.PIPE, text=True)
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        peak = usage.ru_maxrss / 1024
        expect(f"stopped: --max-memory {limit} MiB is reached" in out, out)
        expect(0.8 * limit < peak < 1.05 * limit, f"{peak} MiB of {limit} MiB: {out}")


@statement
def without_a_terminal_there_is_a_line_a_minute():
    result = cowcheck("--depth", "200", "--concurrency", "all", "--design", "v6.2",
                      "--max-time", "65s", "--max-memory", "6G")
    wanted = (r"cowcheck: 1 min 0 s: depth \d+ of 200, v6\.2 \d+ %, [0-9.]+ M states, "
              r"[0-9.,]+( [KM])?/s, [0-9.]+ [MG]iB.*\n")
    expect(re.fullmatch(wanted, result.err) or "--max-memory" in result.out, result)


main()
