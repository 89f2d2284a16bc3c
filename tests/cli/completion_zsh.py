"""Zsh, a real one on a terminal of its own, completes what the binary knows; skipped without zsh."""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import COWCHECK, SOURCE_DIR, Skip, expect, main, statement, write

# What a completion offers goes into a file, and so does that it has come to its end.
SETUP = r"""
PS1='> '
unsetopt prompt_cr prompt_sp
fpath=({completions} $fpath)
autoload -Uz compinit && compinit -u -D
compdef _cowcheck cowcheck
compadd() {{
    local -a hits
    if [[ " $* " != *' -'[OAD]' '* ]]; then
        builtin compadd -A hits "$@"
        print -rl -- "${{hits[@]}}" >> offered
    fi
    builtin compadd "$@"
}}
offer() {{ _main_complete; print -r -- '=end=' >> offered }}
zle -C offer complete-word offer
bindkey '^I' offer
print -r -- 'ready' > is-ready
"""


class Zsh:
    def __init__(self):
        if shutil.which("zsh") is None:
            raise Skip("no zsh")
        os.symlink(COWCHECK, "cowcheck")
        write("setup", SETUP.format(completions=SOURCE_DIR / "completions"))
        self.control, terminal = pty.openpty()
        environment = {**os.environ, "PATH": f"{os.getcwd()}:{os.environ['PATH']}", "TERM": "dumb"}
        self.process = subprocess.Popen(["zsh", "-f", "-i"], stdin=terminal, stdout=terminal,
                                        stderr=terminal, env=environment, start_new_session=True)
        os.close(terminal)
        self.seen = b""
        self.write("source ./setup\n")
        self.wait(lambda: os.path.exists("is-ready"))

    def write(self, text):
        os.write(self.control, text.encode())

    def wait(self, done):
        end = time.monotonic() + 60
        while not done():
            if time.monotonic() > end:
                raise TimeoutError(self.seen.decode("utf-8", "replace"))
            if select.select([self.control], [], [], 0.05)[0]:
                self.seen += os.read(self.control, 65536)

    def offers(self, line):
        """What the tab key offers behind the line, and what is printed meanwhile."""
        pathlib.Path("offered").write_text("", encoding="utf-8")
        self.seen = b""
        self.write(f"{line}\t")
        offered = lambda: pathlib.Path("offered").read_text(encoding="utf-8")
        self.wait(lambda: "=end=" in offered())
        self.write("\x15")  # and the line is gone
        expect(not re.search(rb"command not found|bad (pattern|option)|parse error", self.seen),
               self.seen.decode("utf-8", "replace"))
        return set(offered().splitlines()) - {"=end=", ""}

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.control)


def completes(cases):
    zsh = Zsh()
    try:
        for line, expected in cases:
            offered = zsh.offers(line)
            missing = set(expected.split()) - offered
            expect(not missing, f"'{line}': {missing} not in {sorted(offered)[:40]}")
    finally:
        zsh.close()


@statement
def names_that_the_binary_knows():
    completes([
        ("cowcheck --design v5", "v5.7 v5.12"),
        ("cowcheck --design v5.1", "v5.10 v5.11"),
        ("cowcheck --world t", "tiny thp-pin"),
        ("cowcheck --property no_", "no_foreign_data no_deadlock"),
        ("cowcheck gate v5", "v5.7 v5.9"),
        ("cowcheck gate v5.9 --against v", "v5.8 v6.2"),
        ("cowcheck prove v5", "v5.7"),
        ("cowcheck coverage v5.9 v6", "v6.2"),
        ("cowcheck export --design v6", "v6.2"),
        ("cowcheck designs show v6", "v6.2"),
        ("cowcheck properties show uffd", "uffd_wp_no_missed_write"),
        ("cowcheck run --design v5", "v5.7"),
        ("cowcheck conform --design v5", "v5.7"),
        ("cowcheck selftest --design v5", "v5.7"),
    ])


@statement
def a_cell_of_the_history():
    completes([
        ("cowcheck history --why v5", "v5.9 v5.14"),
        ("cowcheck history --why v5.9 no_", "no_foreign_data"),
        ("cowcheck history --format ", "text markdown"),
    ])


@statement
def commands_formats_and_files():
    write("trace.json", "{}\n")
    completes([
        ("cowcheck re", "replay"),
        ("cowcheck replay tr", "trace.json"),
        ("cowcheck replay trace.json --format ", "text columns html svg json"),
        ("cowcheck --format ", "text json"),
    ])


@statement
def no_option_stands_twice():
    text = (SOURCE_DIR / "completions/_cowcheck").read_text(encoding="utf-8")
    commands = re.findall(r"(?m)^            (\w+(?: \| \w+)*)\)$", text)
    expect(len(commands) == len(set(commands)) and len(commands) > 8, commands)


main()
