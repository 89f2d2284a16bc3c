"""Where output goes, and what happens when it can't: one message, status 2."""

import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import (COWCHECK, SANITIZED, Skip, cowcheck, expect, files_here, main, rejects,
                        small_disk, statement, write)

VIOLATED = ["--depth", "2", "--design", "v5.8"]
def one_trace():
    cowcheck(*VIOLATED)
    return f"cowcheck-traces/{TRACE}"


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


@statement
def what_is_no_file_is_written_into_and_stays_what_it_is():
    trace = one_trace()
    # Devices of our own: what goes wrong here must not take the machine's away.
    for device, minor in (("null", 3), ("full", 7)):
        try:
            os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, minor))
            open(device, "wb").close()
        except PermissionError:
            raise Skip("we may not make a device")
        result = cowcheck("replay", trace, "--output", device)
        expect(stat.S_ISCHR(os.stat(device).st_mode), device)
        expect(result.status == (0 if device == "null" else 2), result)
    expect("can't write 'full': No space left" in result.err, result)
    os.mkfifo("pipe")
    reader = subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE)
    expect(cowcheck("replay", trace, "--format", "json", "--output", "pipe").status == 0, "pipe")
    expect(reader.communicate(timeout=20)[0].startswith(b"{"), "what came through the pipe")
    expect(stat.S_ISFIFO(os.stat("pipe").st_mode), "still a pipe")


@statement
def a_link_stays_a_link_and_a_file_keeps_its_mode():
    trace = one_trace()
    os.mkdir("elsewhere")
    write("elsewhere/told.md", "old")
    os.chmod("elsewhere/told.md", 0o640)
    os.symlink("elsewhere/told.md", "told.md")
    result = cowcheck("replay", trace, "--format", "markdown", "--output", "told.md")
    expect(result.status == 0, result)
    expect(os.path.islink("told.md") and os.path.getsize("elsewhere/told.md") > 100, files_here())
    expect(os.stat("told.md").st_mode & 0o7777 == 0o640, oct(os.stat("told.md").st_mode))
    os.symlink("nowhere/at/all", "lost.md")
    rejects(["replay", trace, "--output", "lost.md"], "can't write 'lost.md'")
    os.mkdir("folder")
    rejects(["replay", trace, "--output", "folder"], "can't write 'folder'", "Is a directory")


@statement
def what_is_read_is_not_overwritten():
    trace = one_trace()
    for form in ("text", "json", "columns"):
        rejects(["replay", trace, "--format", form, "--output", trace], "it is read, too")
    os.symlink(trace, "same.json")
    rejects(["explain", "same.json", "--output", trace], "it is read, too")
    write("mine.cow", "design mine extends v5.9\n")
    rejects(["prove", "mine.cow", "--smt2", "./mine.cow"], "it is read, too")
    rejects(["export", "--to", "promela", "--design", "mine.cow", "--output", "mine.cow"],
            "it is read, too")
    rejects(["replay", trace, "--design", "mine.cow", "--output", "mine.cow"], "it is read, too")


@statement
def a_file_that_may_not_be_written_is_not_replaced():
    if os.geteuid() == 0:
        raise Skip("permissions mean nothing to root")
    trace = one_trace()
    write("kept", "old")
    os.chmod("kept", 0o444)
    rejects(["replay", trace, "--output", "kept"], "can't write 'kept'", "Permission denied")


@statement
def every_command_that_writes_tells_a_disk_that_is_full_or_read_only():
    write("mine.cow", "design mine extends v5.9\nexpect violated no_foreign_data because \"no\"\n")
    trace = one_trace()
    commands = [["replay", trace, "--format", "itf", "--output"], ["explain", trace, "--output"],
                ["export", "--to", "promela", "--design", "v5.9", "--output"],
                ["prove", "v4.8", "--smt2"]]
    with small_disk("4k") as disk:
        write(disk / "old", "x" * 4096)
        for command in commands:
            for name in ("old", "new"):
                result = cowcheck(*command, disk / name)
                expect(result.status == 2 and result.err.count("cowcheck: ") == 1, result)
                expect(f"can't write '{disk / name}': No space left" in result.err, result)
            expect(os.listdir(disk) == ["old"] and os.path.getsize(disk / "old") == 4096, command)
    os.rmdir("disk")
    with small_disk("1m") as disk:
        shutil.copy("mine.cow", disk / "mine.cow")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        for command in commands:
            result = cowcheck(*command, disk / "new")
            expect(result.status == 2 and "Read-only file system" in result.err, result)
        result = cowcheck("gate", disk / "mine.cow", "--update")  # before it explores anything
        expect(result.status == 2 and "Read-only file system" in result.err, result)


def command_that_writes_into_out():
    """A command that writes out/told.json, and what it writes. The folder is there, and empty."""
    command = [COWCHECK, "replay", one_trace(), "--format", "json", "--output"]
    subprocess.run([*command, "told.json"], check=True)
    os.mkdir("out")
    return [*command, "out/told.json"], open("told.json", encoding="utf-8").read()


def end_at_many_moments(command, number):
    """Runs it again and again and sends it the signal, sooner or later; whenever it has ended."""
    for delay in range(30):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        time.sleep(delay / 1000 * (10 if SANITIZED else 1))
        process.send_signal(number)
        process.wait()
        yield


@statement
def whoever_is_killed_leaves_nothing_half_written():
    command, whole = command_that_writes_into_out()
    finished = 0
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        for _ in end_at_many_moments(command, number):
            if os.listdir("out"):
                expect(os.listdir("out") == ["told.json"], os.listdir("out"))
                expect(open("out/told.json", encoding="utf-8").read() == whole, "half a file")
                os.unlink("out/told.json")
                finished += 1
    expect(finished < 90, "nothing was killed")


@statement
def whoever_is_interrupted_while_it_replaces_a_file_leaves_the_old_one_or_the_new_one():
    command, whole = command_that_writes_into_out()
    for number in (signal.SIGTERM, signal.SIGINT):
        write("out/told.json", "old")
        for _ in end_at_many_moments(command, number):
            expect(os.listdir("out") == ["told.json"], os.listdir("out"))
            text = open("out/told.json", encoding="utf-8").read()
            expect(text in ("old", whole), "half a file")
            if text == whole:
                write("out/told.json", "old")


main()
