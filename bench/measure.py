"""What the benchmarks share: running programs with a stopwatch, SPIN's builds, the report."""

import argparse
import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
REPORT = ROOT / "docs/benchmarks.md"

# SPIN as fast as it gets on these models: no partial-order reduction (it finds none in them, and
# its states would be others), no bound and fairness checks, the machine's own instructions.
SPIN_FLAGS = ["-O3", "-march=native", "-w", "-DSAFETY", "-DNOREDUCE", "-DNOBOUNDCHECK", "-DNOFAIR",
              "-DVECTORSZ=4096"]


class Run:
    """One run of a program: how long it took, its peak memory, what it printed."""

    def __init__(self, seconds, peak_bytes, out, status):
        self.seconds = seconds
        self.peak_bytes = peak_bytes
        self.out = out
        self.status = status
        self.states = 0

    @property
    def rate(self):
        return self.states / self.seconds

    @property
    def bytes_per_state(self):
        return self.peak_bytes / self.states


def timed(command, folder, accepted=(0,)):
    command = [str(word) for word in command]
    with open(folder / "out.txt", "w+", encoding="utf-8") as out:
        begin = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    if process.returncode not in accepted:
        sys.exit(f"{' '.join(command)}: status {process.returncode}\n{text}")
    return Run(seconds, usage.ru_maxrss * 1024, text, process.returncode)


class Cowcheck:
    def __init__(self, name, options, folder, binary):
        self.name = name
        self.command = [binary, "check", *options, "--format", "json"]
        self.folder = folder

    def run(self):
        run = timed(self.command, self.folder, accepted=(0, 1))
        self.document = json.loads(run.out)
        run.states = sum(one["states"] for one in self.document["runs"])
        return run


class Spin:
    """A model, compiled once; several are compiled at the same time."""

    def __init__(self, name, model, folder, flags=(), switches=(), options=(), may_crash=False):
        self.name = name
        self.may_crash = may_crash
        self.folder = folder / re.sub(r"\W+", "-", name)
        self.folder.mkdir()
        timed(["spin", "-a", "-o2", *switches, model], self.folder)
        self.options = options
        self.compiler = subprocess.Popen(
            ["gcc", *SPIN_FLAGS, *flags, "-o", "pan", "pan.c", "-lpthread"], cwd=self.folder,
            stdin=subprocess.DEVNULL)

    def ready(self):
        """Nothing is measured while compilers run."""
        if self.compiler.wait() != 0:
            sys.exit(f"{self.name}: gcc failed")

    def run(self):
        run = timed(["./pan", "-E", "-n", *self.options], self.folder,
                    accepted=range(-64, 1) if self.may_crash else (0,))
        if run.status != 0:
            return None
        if "max search depth too small" in run.out or "out of memory" in run.out:
            sys.exit(f"{self.name}: give it more with --spin-depth: {run.out}")
        run.states = int(float(re.search(r"([\d.e+]+) states, stored", run.out).group(1)))
        return run


def export(binary, folder, name, options):
    model = folder / name
    timed([binary, "export", "--to", "promela", "--output", model, *options], folder)
    return model


def rounds(contestants, count):
    """Everybody once in each round, so that what the machine does meanwhile hits all alike.
    Whoever crashes is left out."""
    runs = {one.name: [] for one in contestants}
    for one in contestants:
        if isinstance(one, Spin):
            one.ready()
    for number in range(count):
        for one in contestants:
            print(f"round {number + 1} of {count}: {one.name}", file=sys.stderr)
            runs[one.name].append(one.run())
    crashed = [name for name, all_runs in runs.items() if None in all_runs]
    for name in crashed:
        print(f"{name}: crashed in {runs[name].count(None)} of {count} rounds", file=sys.stderr)
        del runs[name]
    return runs


def median(runs, what):
    return statistics.median(what(run) for run in runs)


def median_ratio(runs, others, what):
    """The median of the ratios of runs in the same round."""
    return statistics.median(what(a) / what(b) for a, b in zip(runs, others))


def count_text(count):
    if count >= 10_000_000:
        return f"{count / 1e6:.0f} M"
    return f"{count / 1e6:.2f} M" if count >= 1_000_000 else f"{count:,}".replace(",", " ")


def seconds_text(seconds):
    return f"{seconds:.3g} s" if seconds < 100 else f"{seconds:.0f} s"


def table(head, rows):
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)


def machine_text(binary):
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    first = lambda *command: subprocess.run(command, stdout=subprocess.PIPE, text=True,
                                            check=True).stdout.splitlines()[0]
    return (f"{datetime.date.today()}, {os.cpu_count()} vCPU {model.group(1) if model else '?'}; "
            f"{first(binary, '--version')}, {first('spin', '-V')}, {first('gcc', '--version')}.")


def publish(section, text, write):
    """Prints the section and, if wanted, puts it into docs/benchmarks.md."""
    print(text)
    if not write:
        return
    begin, end = f"<!-- {section} -->\n", f"<!-- end of {section} -->\n"
    old = REPORT.read_text(encoding="utf-8") if REPORT.exists() else (
        "# Benchmarks\n\nWritten by `bench/compare.py --write` and `bench/growth.py --write`.\n")
    block = begin + text + end
    if begin in old:
        new = old[:old.index(begin)] + block + old[old.index(end) + len(end):]
    else:
        new = old + "\n" + block
    REPORT.write_text(new, encoding="utf-8")


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--cowcheck", default=ROOT / "build/release/cli/cowcheck",
                        type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    parser.add_argument("--spin-depth", default=2_000_000, type=int, help="pan's -m")
    parser.add_argument("--spin-table", default=24, type=int, help="pan's -w")
    return parser
