#!/usr/bin/env python3
"""cowcheck against SPIN, in one run, on the same exported model.

First speed: a world that is explored completely, where both have the same states. Then what
counts: the time to the same verdict in a larger world, up to a number of operations.
"""

import pathlib
import sys
import tempfile

from measure import (Cowcheck, Spin, arguments, count_text, export, machine_text, median,
                     median_ratio, publish, rounds, seconds_text, table)

PLAIN = ["--no-reduction", "--no-symmetry"]

# What the second table compares: design, property, whether it holds, world, operations.
VERDICTS = (
    ("v6.2", "no_foreign_data", True, "remap", 6),
    ("v5.9", "no_foreign_data", False, "remap", 6),
    # v6.2 has no model here that a C compiler gets through in a quarter of an hour.
    ("v5.9", "uffd_wp_no_missed_write", True, "default", 4),
    ("v5.9", "memory_is_coherent", False, "default", 4),
)


def parse():
    parser = arguments(__doc__)
    parser.add_argument("--rounds", default=5, type=int)
    parser.add_argument("--design", default="v6.2", help="of the first table")
    parser.add_argument("--world", default="direct-io", help="to be explored completely")
    parser.add_argument("--concurrency", default="2")
    parser.add_argument("--property", default="refcount_is_sound",
                        help="what is checked while speed is compared; it must hold")
    parser.add_argument("--only", choices=("speed", "verdicts"), help="one of the two tables")
    return parser.parse_args()


def speed(options, folder):
    what = ["--design", options.design, "--world", options.world,
            "--concurrency", options.concurrency]
    model = export(options.cowcheck, folder, "speed.pml", what)
    switch = [f"-DCHECK_{options.property}"]
    deep = [f"-m{options.spin_depth}", f"-w{options.spin_table}"]
    check = [*what, "--property", options.property, "--depth", "255"]
    own = lambda name, *more: Cowcheck(name, [*check, *more], folder, options.cowcheck)
    plain = own("cowcheck, no reductions, 1 thread", *PLAIN, "--threads", "1")
    spins = [Spin("SPIN DFS", model, folder, switches=switch, options=deep),
             Spin("SPIN BFS", model, folder, ["-DBFS"], switch, deep),
             Spin("SPIN DFS -DCOLLAPSE", model, folder, ["-DCOLLAPSE"], switch, deep)]
    others = [own("cowcheck, no reductions, 2 threads", *PLAIN, "--threads", "2"),
              own("cowcheck, 1 thread", "--threads", "1"),
              own("cowcheck, 2 threads", "--threads", "2"),
              Spin("SPIN DFS, 2 cores (-DNCORE=2)", model, folder, ["-DNCORE=2"], switch, deep,
                   may_crash=True),
              Spin("SPIN BFS, 2 cores (-DBFS_PAR)", model, folder, ["-DBFS_PAR"], switch,
                   [*deep, "-u2"])]
    runs = rounds([plain, *others[:3], *spins, *others[3:]], options.rounds)
    if not plain.document["runs"][0]["exhausted"]:
        sys.exit(f"{options.world} is not explored completely: the states are not the same")
    states = runs[plain.name][0].states
    if runs["SPIN DFS"][0].states != states + 1:
        sys.exit(f"cowcheck has {states} states, SPIN {runs['SPIN DFS'][0].states} - 1")
    best = min((one.name for one in spins), key=lambda name: median(runs[name], lambda r: r.seconds))
    rows = [[name, count_text(all_runs[0].states),
             seconds_text(median(all_runs, lambda r: r.seconds)),
             f"{median(all_runs, lambda r: r.rate) / 1e6:.2f} M",
             f"{median(all_runs, lambda r: r.bytes_per_state):.1f}",
             f"{median_ratio(all_runs, runs[best], lambda r: r.rate):.2f}",
             f"{1 / median_ratio(all_runs, runs[best], lambda r: r.seconds):.2f}"]
            for name, all_runs in runs.items()]
    return (f"## Speed\n\nDesign {options.design} in world {options.world}, "
            f"--concurrency {options.concurrency}, explored completely; everybody checks "
            f"{options.property}. Medians of "
            f"{options.rounds} rounds in which everybody runs once; ratios are medians of the "
            f"rounds' ratios to {best}, SPIN's fastest on one core. Times are of whole processes, "
            "bytes are peak resident memory (of one process where there are several).\n\n"
            + "".join(f"{one.name} crashed at the end of its search and is left out.\n\n"
                      for one in others if one.name not in runs)
            + table(["", "states", "time", "states/s", "bytes/state", "states/s ratio",
                     "time to verdict ratio"], rows) + "\n")


def verdict(options, folder, design, property_, holds, world, depth):
    """The rows of one comparison."""
    deep = [f"-m{options.spin_depth}", f"-w{options.spin_table}"]
    what = ["--design", design, "--property", property_, "--world", world, "--depth", str(depth),
            "--concurrency", options.concurrency]
    expected = "holds" if holds else "violated"
    title = f"{world}, {depth} operations: {design}, {property_} {expected}"
    model = export(options.cowcheck, folder, f"{design}-{world}.pml", what)
    switch = [f"-DCHECK_{property_}"]
    own = lambda name, *more: Cowcheck(name, [*what, *more], folder, options.cowcheck)
    contestants = [own("cowcheck, 1 thread", "--threads", "1"),
                   own("cowcheck, 2 threads", "--threads", "2")]
    if holds:
        contestants.append(own("cowcheck, no reductions, 1 thread", *PLAIN, "--threads", "1"))
    spins = [Spin(f"SPIN DFS {title}", model, folder, ["-O1"], switch, deep),
             Spin(f"SPIN BFS {title}", model, folder, ["-DBFS", "-O1"], switch, deep)]
    runs = rounds([*contestants, *spins], options.rounds)
    said = {one["property"]: one["verdict"] for one in contestants[0].document["results"]}
    if said.get(property_) != expected:
        sys.exit(f"{title}: but it is {said}")
    best = min((one.name for one in spins), key=lambda name: median(runs[name], lambda r: r.seconds))
    return [[title, name.removesuffix(f" {title}"),
             count_text(int(median(all_runs, lambda r: r.states))),
             seconds_text(median(all_runs, lambda r: r.seconds)),
             f"{median(all_runs, lambda r: r.rate) / 1e6:.2f} M",
             f"{1 / median_ratio(all_runs, runs[best], lambda r: r.seconds):.2f}"]
            for name, all_runs in runs.items()]


def verdicts(options, folder):
    text = (f"## Time to the same verdict\n\n--concurrency {options.concurrency}. cowcheck uses its "
            "reductions, SPIN "
            "has the model of that depth, with the property's assertion. Where a property is "
            "violated, cowcheck's counterexample is the shortest, SPIN BFS's too, SPIN DFS's any. "
            "SPIN's modes for two cores are in the first table only. The models are compiled with "
            "-O1: for so large a model -O3 takes longer than all of the searches, and on the model "
            "of the first table it makes SPIN faster by a tenth. SPIN's states count the operations "
            "that have started, so that without reductions it has somewhat more of them than "
            "cowcheck.\n\n")
    rows = [row for one in VERDICTS for row in verdict(options, folder, *one)]
    return text + table(["verdict", "", "states", "time", "states/s", "ratio to SPIN's best"],
                        rows) + "\n"


def main():
    options = parse()
    with tempfile.TemporaryDirectory(prefix="cowcheck-bench-") as name:
        folder = pathlib.Path(name)
        machine = machine_text(options.cowcheck) + "\n\n"
        if options.only != "verdicts":
            publish("speed", machine + speed(options, folder), options.write)
        if options.only != "speed":
            publish("verdicts", machine + verdicts(options, folder), options.write)


main()
