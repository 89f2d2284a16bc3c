"""Tests that read like statements about $COWCHECK.

A test file has functions with the decorator @statement and ends with main(). Each
runs in an empty folder of its own, and its name is what it states.
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback

COWCHECK = os.environ["COWCHECK"]
SOURCE_DIR = pathlib.Path(os.environ["SOURCE_DIR"])
SANITIZED = bool(os.environ.get("COWCHECK_SANITIZER"))

_statements = []


class Skip(Exception):
    """This machine does not have what a statement needs."""


def statement(function):
    _statements.append(function)
    return function


class Result:
    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"status {self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}\n---"


def cowcheck(*arguments, timeout=240, **options):
    """Runs it without a terminal. Further options are those of subprocess.run."""
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    done = subprocess.run(
        [COWCHECK, *map(str, arguments)], stdin=subprocess.DEVNULL, timeout=timeout, **options
    )
    decode = lambda data: "" if data is None else data.decode("utf-8", "replace")
    return Result(done.returncode, decode(done.stdout), decode(done.stderr))


def expect(condition, what):
    if not condition:
        raise AssertionError(str(what))


def files_here():
    return sorted(str(path) for path in pathlib.Path(".").rglob("*"))


def rejects(arguments, *words, **options):
    """It ends with status 2 and one message with these words; nothing is printed or written."""
    before = files_here()
    result = cowcheck(*arguments, **options)
    what = f"cowcheck {' '.join(map(str, arguments))}: {result}"
    expect(result.status == 2, what)
    expect(result.out == "", what)
    expect(result.err.count("cowcheck: ") == 1 and result.err.startswith("cowcheck: "), what)
    for word in words:
        expect(word in result.err, f"'{word}' is not in the message of {what}")
    expect(files_here() == before, f"{files_here()} after {what}")
    return result


def write(name, text):
    pathlib.Path(name).write_text(text, encoding="utf-8")
    return name


@contextlib.contextmanager
def small_disk(size, options=""):
    """A folder that is a file system of its own, if we may make one."""
    folder = pathlib.Path("disk").absolute()
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}{options}", "none", str(folder)]
    if subprocess.run(command, capture_output=True).returncode != 0:
        raise Skip("we may not mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def main():
    failed = 0
    skipped = 0
    start = os.getcwd()
    for function in _statements:
        name = function.__name__.replace("_", " ")
        folder = tempfile.mkdtemp(prefix="cowcheck-test-")
        os.chdir(folder)
        try:
            function()
            print(f"ok       {name}", flush=True)
        except Skip as reason:
            skipped += 1
            print(f"skipped  {name}: {reason}", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED   {name}", flush=True)
            traceback.print_exc(file=sys.stdout)
        finally:
            os.chdir(start)
            shutil.rmtree(folder, ignore_errors=True)
    if not _statements:
        failed = 1
    print(f"{len(_statements) - failed - skipped} hold, {failed} do not, {skipped} skipped")
    nothing_ran = skipped == len(_statements)
    sys.exit(1 if failed else 77 if nothing_ran else 0)  # SKIP_RETURN_CODE of ctest
