"""Where output goes, and what happens when it can't: one message, status 2."""

import os
import resource
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import (COWCHECK, SANITIZED, Skip, cowcheck, expect, files_here, main, rejects,
                        small_disk, statement, write)

VIOLATED = ["--depth", "2", "--design", "v5.8"]
TRACE = "v5.8-default-uffd_wp_no_spurious_event.json"


@statement
def a_folder_for_traces_is_made_as_needed():
    cowcheck(*VIOLATED, "--traces", "a/b")
    expect(f"a/b/{TRACE}" in files_here(), files_here())
    expect(not [name for name in files_here() if name.endswith(".tmp")], files_here())


@statement
def traces_of_an_earlier_check_are_replaced():
    os.mkdir("cowcheck-traces")
    write(f"cowcheck-traces/{TRACE}", "old")
    write("cowcheck-traces/mine.txt", "stays")
    cowcheck(*VIOLATED)
    expect(os.path.getsize(f"cowcheck-traces/{TRACE}") > 1000, "new")
    expect(os.path.exists("cowcheck-traces/mine.txt"), files_here())


@statement
def a_folder_that_can_not_be_made_is_told_before_anything_is_explored():
    write("file", "not a folder")
    for folder in ("file", "file/below", "/proc/cowcheck-traces", "/dev/full", "/dev/null/x"):
        rejects([*VIOLATED, "--traces", folder], folder, "--traces DIR")


@statement
def a_folder_without_write_permission_is_told():
    if os.geteuid() == 0:
        raise Skip("permissions mean nothing to root")
    os.mkdir("shut", mode=0o555)
    rejects([*VIOLATED, "--traces", "shut"], "shut", "Permission denied")


@statement
def a_read_only_disk_is_told():
    with small_disk("1m", ",ro") as disk:
        rejects([*VIOLATED, "--traces", disk], str(disk), "Read-only file system")
        rejects([*VIOLATED, "--traces", disk / "below"], str(disk), "Read-only file system")
        result = rejects(VIOLATED, "cowcheck-traces", "Read-only file system", cwd=disk)
        expect("--traces DIR" in result.err, result)


@statement
def a_full_disk_is_told_before_anything_is_explored():
    with small_disk("32k") as disk:
        rejects([*VIOLATED, "--traces", disk / "below"], str(disk), "No space left on device")


@statement
def a_disk_that_fills_up_keeps_the_verdicts_and_leaves_no_half_trace():
    with small_disk("128k") as disk:
        write(disk / "filler", "x" * 60_000)
        result = cowcheck("--depth", "3", "--design", "v5.7", "--design", "v5.8", "--design",
                          "v5.9", "--traces", disk)
        expect(result.status == 2, result)
        expect(result.err.count("cowcheck: ") == 1 and "No space left" in result.err, result)
        expect("uffd_wp_no_spurious_event: 2 operations" in result.out, result)
        expect(not [name for name in os.listdir(disk) if name.endswith(".tmp")], os.listdir(disk))
        for name in os.listdir(disk):
            if name.endswith(".json"):
                replayed = cowcheck("replay", disk / name)
                expect(replayed.status == 0, replayed)


@statement
def a_limit_on_the_size_of_files_is_like_a_full_disk():
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    rejects([*VIOLATED, "--traces", "below"], "below", "File too large", preexec_fn=limit)


@statement
def a_trace_that_can_not_be_replaced_is_told_after_the_verdicts():
    os.makedirs(f"cowcheck-traces/{TRACE}/in-the-way")
    result = cowcheck(*VIOLATED, "--format", "json")
    expect(result.status == 2 and TRACE in result.err, result)
    (one,) = [one for one in result.json()["results"]
              if one["property"] == "uffd_wp_no_spurious_event"]
    expect(one["verdict"] == "violated" and one["trace"] is None, one)


@statement
def stdout_on_a_full_disk_is_told():
    for arguments in (VIOLATED, [*VIOLATED, "--format", "json"], ["designs"], ["--help"],
                      ["--version"], ["properties", "show", "no_deadlock"]):
        with open("/dev/full", "wb") as full:
            result = cowcheck(*arguments, stdout=full)
        expect(result.status == 2, f"{arguments}: {result}")
        expect("stdout" in result.err and "No space left" in result.err, result)


@statement
def a_closed_stdout_is_told_and_no_file_takes_its_place():
    for arguments in (VIOLATED, ["designs"]):
        result = cowcheck(*arguments, stdout=None, preexec_fn=lambda: os.close(1))
        expect(result.status == 2 and "stdout: it is closed" in result.err, result)
        expect(files_here() == [], files_here())


@statement
def a_closed_stderr_disturbs_nobody():
    result = cowcheck(*VIOLATED, stderr=None, preexec_fn=lambda: os.close(2))
    expect(result.status == 1 and "no_deadlock" in result.out, result)


@statement
def a_reader_that_goes_away_ends_it_quietly():
    for arguments in (["designs"], [*VIOLATED, "--format", "json"], VIOLATED):
        read, write_end = os.pipe()
        os.close(read)
        result = cowcheck(*arguments, stdout=write_end)
        os.close(write_end)
        expect(result.status == 2 and result.err == "", result)


@statement
def little_address_space_is_a_limit_and_no_crash():
    if SANITIZED:
        raise Skip("sanitizers need address space of their own")
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))
    result = subprocess.run([COWCHECK, "--depth", "200", "--design", "v6.2", "--property",
                             "no_deadlock", "--threads", "2", "--max-time", "60s"],
                            capture_output=True, text=True, preexec_fn=limit)
    expect(result.returncode == 3, result)
    expect("is reached" in result.stdout or "out of memory" in result.stderr, result)


main()
