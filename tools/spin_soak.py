#!/usr/bin/env python3
"""Compares random systems with SPIN: small worlds of every kind, wrong changes of the designs,
properties that nobody would write. States and verdicts must be the same.

    COWCHECK=build/release/cli/cowcheck tools/spin_soak.py --seconds 600 --seed 1

A system is known by its number: --seed N --systems 1 makes number N again. Those that differ
are saved, and the exit status is 1 then."""

import argparse
import collections
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
os.environ.setdefault("SOURCE_DIR", str(ROOT))
os.environ.setdefault("COWCHECK", str(ROOT / "build" / "release" / "cli" / "cowcheck"))
os.environ["COWCHECK"] = str(pathlib.Path(os.environ["COWCHECK"]).resolve())
sys.path.insert(0, str(ROOT / "tests" / "cli" / "support"))
from random_systems import System, all_designs  # noqa: E402
from spin import all_properties, compare, need_spin  # noqa: E402
from statements import Skip  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="number of the first system")
    parser.add_argument("--systems", type=int, default=0, help="stop after so many were compared")
    parser.add_argument("--seconds", type=float, default=0, help="stop after so long")
    parser.add_argument("--states", type=int, default=60_000, help="leave larger systems out")
    parser.add_argument("--last", type=int, default=0, help="number of the last system")
    parser.add_argument("--saved", type=pathlib.Path, default=pathlib.Path("spin-disagreements"),
                        help="where systems go that differ")
    parser.add_argument("--quiet", action="store_true", help="only what differs, and the sum")
    return parser.parse_args()


def main():
    options = arguments()
    if options.seconds == 0 and options.systems == 0 and options.last == 0:
        options.systems = 40
    try:
        need_spin()
    except Skip as reason:
        print(reason)
        return 77
    saved = options.saved.resolve()
    names = all_designs()
    properties = all_properties()
    began = time.monotonic()
    counts = collections.Counter()
    kinds = collections.Counter()
    states = differ = 0
    seed = options.seed - 1
    with tempfile.TemporaryDirectory(prefix="spin-soak-") as folder:
        os.chdir(folder)
        while ((options.systems == 0 or counts["compared"] < options.systems)
               and (options.seconds == 0 or time.monotonic() - began < options.seconds)
               and (options.last == 0 or seed < options.last)):
            seed += 1
            system = System(random.Random(seed), names)
            system.save(pathlib.Path("."))
            try:
                became, count, text = compare("random.cow", "random.world",
                                              ["random-properties.cow", *properties],
                                              system.concurrency, options.states)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                became, count, text = "compared", 0, str(error)[:3000]
            counts[became] += 1
            if became == "compared":
                kinds[system.memory] += 1
                states += count
                if text:
                    differ += 1
                    place = saved / str(seed)
                    system.save(place)
                    print(f"--- number {seed}: {system.base}, {system.memory}, "
                          f"{system.concurrency} in flight; saved in {place}\n{text}", flush=True)
            elif became == "not exported" and not options.quiet:
                print(f"{seed}: {text.strip()}", flush=True)
    seconds = time.monotonic() - began
    print(f"{counts['compared']} systems compared (numbers {options.seed} to {seed}) with "
          f"{states} states in {seconds:.0f} s, {differ} differ; refused {counts['refused']}, "
          f"too large {counts['too large']}, not exported {counts['not exported']}")
    print(", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
    return 1 if differ or counts["compared"] == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
