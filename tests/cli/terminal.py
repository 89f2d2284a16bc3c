"""On a terminal: the matrix fills in, progress is shown, NO_COLOR is respected."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import COWCHECK, SOURCE_DIR, expect, main, statement


def on_terminal(*arguments, rows=50, columns=110, environment=None, stdout=None):
    """Status and everything that was written to the terminal."""
    control, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    variables = {**os.environ, "TERM": "xterm", **(environment or {})}
    variables.pop("NO_COLOR", None)
    variables.update(environment or {})
    process = subprocess.Popen([COWCHECK, *map(str, arguments)], stdin=terminal,
                               stdout=stdout or terminal, stderr=terminal, env=variables)
    os.close(terminal)
    seen = b""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if select.select([control], [], [], 0.2)[0]:
            try:
                data = os.read(control, 65536)
            except OSError:
                break
            if not data:
                break
            seen += data
    os.close(control)
    return process.wait(timeout=10), seen.decode("utf-8", "replace")


COLOUR = re.compile(r"\033\[[0-9;]*m")


def screen(text, columns):
    """The lines that are on an endless screen at the end."""
    lines = [""]
    row = column = 0
    for token in re.findall(r"\033\[[0-9;]*[A-Za-z]|\r|\n|[^\033\r\n]+", COLOUR.sub("", text)):
        if token == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif token == "\r":
            column = 0
        elif token.endswith("A"):
            row -= int(token[2:-1])
            expect(row >= 0, "above the top of the screen")
        elif token == "\033[K":
            lines[row] = lines[row][:column]
        elif token == "\033[J":
            lines[row] = lines[row][:column]
            del lines[row + 1 :]
        else:
            line = lines[row].ljust(column)
            lines[row] = line[:column] + token + line[column + len(token) :]
            column += len(token)
            expect(not token.startswith("depth ") or column < columns, "progress is one line")
    return lines


@statement
def the_matrix_fills_in_and_is_there_once_at_the_end():
    status, text = on_terminal("--depth", "2", "--design", "v5.8", "--design", "v5.9")
    expect(status == 1, text)
    expect(re.search(r"\033\[\d+A", text), "the matrix is drawn again in its place")
    lines = screen(text, 110)
    expect(sum(line.startswith("world default") for line in lines) == 1, lines)
    (row,) = [line for line in lines if line.startswith("  uffd_wp_no_spurious_event")]
    expect(row.split()[1:] == ["2", "-"], row)
    expect(not any(line.startswith("[") for line in lines), "no lines of verdicts")
    expect(any("2 operations, " in line for line in lines), lines)


@statement
def violations_are_coloured_unless_no_color_says_otherwise():
    _, text = on_terminal("--depth", "2", "--design", "v5.8")
    expect(COLOUR.search(text), text)
    _, text = on_terminal("--depth", "2", "--design", "v5.8", environment={"NO_COLOR": "1"})
    expect(not COLOUR.search(text), text)
    _, text = on_terminal("--depth", "2", "--design", "v5.8", environment={"TERM": "dumb"})
    expect("\033" not in text, text)


@statement
def a_screen_that_is_too_small_gets_lines():
    for rows, columns in ((10, 110), (50, 40)):
        _, text = on_terminal("--depth", "2", "--design", "v5.8", rows=rows, columns=columns)
        expect(not re.search(r"\033\[\d+A", text) and "] v5.8 uffd_wp" in text, text)


@statement
def progress_is_one_line_that_changes_and_goes():
    status, text = on_terminal("--depth", "200", "--design", "v6.2", "--max-time", "3s",
                               columns=120)
    shown = re.findall(r"\r(depth \d+ of 200, v6.2 \d+ %, [^\r\033]*)\033\[K", text)
    expect(len(shown) >= 4, text)
    expect(re.search(r" states, [0-9.,]+( [KMG])?/s, [0-9.]+ MiB", shown[-1]), shown[-1])
    lines = screen(text, 120)
    expect(not any(line.startswith("depth ") and " of 200" in line for line in lines), lines)
    expect(status in (1, 3), status)


@statement
def progress_does_not_get_into_a_file():
    with open("out", "wb") as file:
        status, text = on_terminal("--depth", "200", "--design", "v6.2", "--max-time", "2s",
                                   "--format", "json", stdout=file)
    expect("\rdepth " in text, text)
    written = open("out", encoding="utf-8").read()
    expect(written.startswith("{\n") and "\033" not in written, written)


@statement
def the_stepper_edits_lines_completes_names_and_colours_what_changed():
    subprocess.run([COWCHECK, "--design", "v5.9", "--depth", "3"], stdout=subprocess.DEVNULL)
    trace = "cowcheck-traces/v5.9-default-ro_pin_matches_mapping.json"
    control, terminal = pty.openpty()
    variables = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen([COWCHECK, "replay", trace, "--step"], stdin=terminal,
                               stdout=terminal, stderr=terminal, env={**variables, "TERM": "xterm"})
    os.close(terminal)

    def answer(keys, wanted):
        os.write(control, keys)
        seen = ""
        end = time.monotonic() + 30
        while time.monotonic() < end and wanted not in seen:
            if select.select([control], [], [], 0.2)[0]:
                seen += os.read(control, 65536).decode("utf-8", "replace")
        expect(wanted in seen, f"{wanted!r} after {keys!r}: {seen!r}")
        return seen

    answer(b"", "(0) ")
    answer(b"chan\tparent.p\t\n", "\033[33mparent.pte[0].present: yes -> no")
    answer(b"jump 2\n", "(2) ")
    answer(b"next\n", "(3) ")
    answer(b"\n", "(4) ")  # an empty line does it again
    answer(b"nonsense\n", "there is no command")
    answer(b"quit\n", "quit")
    expect(process.wait(timeout=10) == 0, "it ends well")
    os.close(control)


ESCAPES = re.compile(r"\033\[[?0-9;]*[A-Za-z]")


def views(trace, rows, columns):
    """What the stepper shows at each step, without colours, as lines."""
    control, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen([COWCHECK, "replay", str(trace), "--step"], stdin=terminal,
                               stdout=terminal, stderr=terminal, env={**os.environ, "TERM": "xterm"})
    os.close(terminal)

    def until(prompt):
        seen = ""
        end = time.monotonic() + 60
        while prompt not in seen and time.monotonic() < end:
            if select.select([control], [], [], 0.2)[0]:
                seen += ESCAPES.sub("", os.read(control, 65536).decode("utf-8", "replace"))
        expect(prompt in seen, f"{prompt}: {seen}")
        return seen[:seen.rindex(prompt)].replace("\r", "")

    shown = [until("(0) ")]
    steps = int(re.search(r"step 0 of (\d+)", shown[0])[1])
    for step in range(1, steps + 1):
        os.write(control, f"{step}\n".encode())  # a number alone is a jump
        told = until(f"({step}) ")
        shown.append(told[told.index(f"step {step} of"):])
    os.write(control, b"quit\n")
    expect(process.wait(timeout=10) == 0, trace)
    os.close(control)
    return shown


@statement
def a_view_of_the_stepper_fits_the_window():
    for name in ("B9", "KSMU", "SWLK"):
        trace = SOURCE_DIR / "traces/known" / f"{name}.json"
        for rows, columns in ((24, 80), (12, 60)):
            for step, view in enumerate(views(trace, rows, columns)[1:], 1):
                lines = view.rstrip("\n").split("\n")
                used = sum(max(1, -(-len(line) // columns)) for line in lines)
                expect(used <= rows - 2, f"{name}, step {step}: {used} rows of {rows}:\n{view}")
                expect(lines[0].startswith(f"step {step} of"), view)
                expect("=>" in view or "idle: " in view or rows < 24, f"who does what next:\n{view}")
        large = views(trace, 200, 200)
        told = subprocess.run([COWCHECK, "replay", str(trace), "--step"], input="20\nview\n",
                              capture_output=True, encoding="utf-8", check=True).stdout
        expect(large[20].strip() in told, f"with room for it, all is told:\n{large[20]}\n{told}")


main()
