"""What may stand on the command line, and what is said about the rest."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import cowcheck, expect, main, rejects, statement


COMMANDS = ("check", "replay", "explain", "gate", "ablate", "coverage", "history", "prove", "run",
            "selftest", "export", "reproduce", "designs", "worlds", "properties")


def is_readable_help(result, lines):
    expect(result.status == 0 and result.err == "", result)
    expect("usage:" in result.out and "exit status: 0" in result.out, result)
    expect(len(result.out.splitlines()) <= lines, "help is long")
    expect(max(map(len, result.out.splitlines())) <= 100, "help is wide")


@statement
def help_lists_all_commands_and_has_examples_and_exit_statuses():
    for arguments in (["--help"], ["-h"]):
        result = cowcheck(*arguments)
        is_readable_help(result, 60)
        expect(max(map(len, result.out.splitlines())) <= 80, "help is wide")
        for word in ("examples", "--concurrency", "COMMAND --help"):
            expect(word in result.out, f"{word}: {result}")
        for command in COMMANDS:
            expect(f"\n  {command} " in result.out, f"{command}: {result}")


@statement
def every_command_has_its_own_help():
    for command in COMMANDS:
        for option in ("--help", "-h"):
            result = cowcheck(command, option)
            is_readable_help(result, 60)
            expect(result.out.startswith(f"cowcheck {command}") or
                   result.out.startswith(f"cowcheck [{command}]"), result)
            expect(f"usage: cowcheck {command}" in result.out or
                   f"usage: cowcheck [{command}]" in result.out, result)
    expect("--waive" in cowcheck("gate", "--help").out, "gate")
    expect("--waive" not in cowcheck("check", "--help").out, "check")
    expect(cowcheck("gate", "v6.2", "--help").out == cowcheck("gate", "--help").out, "with more")


@statement
def a_word_that_is_no_command_is_told_with_the_one_that_may_be_meant():
    rejects(["coverag"], "there is no command 'coverag'", "did you mean 'coverage'")
    rejects(["gate", "v6.2", "v6.1"], "'gate' does not expect 'v6.1'", "cowcheck gate --help")


@statement
def version_is_one_line():
    result = cowcheck("--version")
    expect(result.status == 0 and result.out.startswith("cowcheck 0."), result)
    expect(result.out.count("\n") == 1, result)


@statement
def a_depth_is_a_number_from_0_to_255():
    for text in ("-1", "99999999999", "256", "abc", "5x", "", " 5", "1.5", "0x5"):
        rejects(["--depth", text], "--depth", "from 0 to 255", f"got '{text}'")
        rejects([f"--depth={text}"] if text else ["--depth", text], "--depth")


@statement
def concurrency_is_at_least_1_or_all():
    for text in ("0", "-1", "65", "none"):
        rejects(["--concurrency", text], "--concurrency", "'all'", f"got '{text}'")


@statement
def threads_are_at_least_1():
    for text in ("0", "-2", "257", "many"):
        rejects(["--threads", text], "--threads", "from 1 to 256")


@statement
def limits_have_units():
    for text in ("0", "-5", "10X", "M", "1e99"):
        rejects(["--max-states", text], "--max-states", "10M", f"'{text}'")
    for text in ("0", "8Q", "GiB", "-1G", "1K"):
        rejects(["--max-memory", text], "--max-memory", f"'{text}'")
    for text in ("0", "soon", "10x", "m", "1h30", "-5s"):
        rejects(["--max-time", text], "--max-time", "1h30m", f"'{text}'")


@statement
def units_are_understood():
    for option, text in (
        ("--max-states", "1G"),
        ("--max-memory", "1.5GiB"),
        ("--max-memory", "512M"),
        ("--max-memory", "100000000"),
        ("--max-time", "1h30m"),
        ("--max-time", "90s"),
        ("--max-time", "90"),
        ("--max-time", "60000ms"),
    ):
        result = cowcheck("--depth", "1", "--design", "v6.2", option, text)
        expect(result.status == 0, f"{option} {text}: {result}")


@statement
def an_unknown_option_gets_a_suggestion():
    rejects(["--detph", "5"], "'--detph'", "did you mean '--depth'?")
    rejects(["check", "--detph", "5"], "'--detph'", "did you mean '--depth'?")
    rejects(["replay", "--fromat", "text", "x"], "'--fromat'", "did you mean '--format'?")
    rejects(["--no-such-thing-at-all"], "'--no-such-thing-at-all'", "--help")


@statement
def an_unknown_command_gets_a_suggestion():
    rejects(["desings"], "'desings'", "did you mean 'designs'?")
    rejects(["designs", "shwo", "v5.7"], "'shwo'", "did you mean 'show'?")
    rejects(["check", "v5.7"], "'v5.7'")


@statement
def an_option_without_its_value_is_told():
    for option in ("--depth", "--design", "--traces", "--max-time"):
        rejects([option], option, "needs a value")
    rejects(["designs", "show"], "expected a name")
    rejects(["replay"], "TRACE")


@statement
def options_do_not_contradict_each_other():
    rejects(["--depth", "3", "--depth", "4"], "--depth", "'3'", "'4'")
    rejects(["--format", "text", "--format", "json"], "--format")
    rejects(["--format", "columns"], "--format", "text, json", "'columns'")
    rejects(["--depth", "3", "designs"], "--depth", "'check'", "'designs'")
    rejects(["--depth", "3", "replay", "x.json"], "--depth", "'replay'")
    rejects(["designs", "--depth", "3"], "--depth", "'designs'")
    rejects(["designs", "worlds"], "'worlds'")


@statement
def unknown_names_get_suggestions():
    rejects(["--design", "v5.71"], "design 'v5.71'", "did you mean 'v5.7'?", "known: v4.8, v4.14, v5.4, v5.7")
    rejects(["--world", "tinny"], "world 'tinny'", "did you mean 'tiny'?")
    rejects(["--property", "no_foreign"], "property 'no_foreign'", "known:", "no_foreign_data")
    rejects(["designs", "show", "v5.71"], "design 'v5.71'", "did you mean 'v5.7'?")
    rejects(["worlds", "show", "tinny"], "world 'tinny'", "did you mean 'tiny'?")
    rejects(["properties", "show", "no_deadlok"], "'no_deadlok'", "did you mean 'no_deadlock'?")


@statement
def check_is_the_default_command():
    arguments = ["--depth", "1", "--design", "v6.2", "--format", "json"]
    plain = cowcheck(*arguments).json()
    named = cowcheck("check", *arguments).json()
    before = cowcheck(*arguments, "check").json()
    for one in (plain, named, before):
        for run in one["runs"]:
            run["seconds"] = run["peak_bytes"] = 0
    expect(plain == named == before, (plain, named, before))


main()
