#!/usr/bin/env python3
"""How states and time grow with depth, processes and pages: cowcheck with its reductions, without
them, and SPIN on the exported model of the same bounds (its states say how many operations have
started, so they are more)."""

import pathlib
import tempfile

from measure import (Cowcheck, Spin, arguments, count_text, export, machine_text, median,
                     median_ratio, publish, rounds, seconds_text, table)

PLAIN = ["--no-reduction", "--no-symmetry"]
HEAD = ["states", "time", "states without reductions", "time without", "SPIN's states",
        "SPIN's time", "saved states", "time ratio to SPIN"]


def world_text(processes, pages):
    """Processes that fork, write and pin, on so many pages."""
    maps = "".join(f"    maps va {va} anonymous written\n" for va in range(pages))
    may = "    may read, write, fork, exit, munmap, gup_fast(write, pin)\n"
    others = "".join(f"process p{number} {{\n    starts free\n    cpus 1\n{may}}}\n"
                     for number in range(1, processes))
    return (f"# Made by bench/growth.py.\nworld grow-{processes}-{pages}\ntitle \"growth\"\n"
            f"arch x86\npages {pages}\nframes {pages + processes}\npins 1\n"
            f"munmap leaves nothing\nprocess p0 {{\n    cpus 1\n{maps}{may}}}\n{others}"
            "device { may dma_write, unpin }\n")


def parse():
    parser = arguments(__doc__)
    parser.add_argument("--design", default="v6.2")
    parser.add_argument("--concurrency", default="2")
    parser.add_argument("--rounds", default=5, type=int)
    parser.add_argument("--world", default="remap", help="that gets deeper")
    parser.add_argument("--depth", default=8, type=int, help="the deepest there")
    parser.add_argument("--plain-depth", default=5, type=int,
                        help="the deepest without reductions, and for SPIN")
    parser.add_argument("--size-depth", default=5, type=int, help="for processes and pages")
    parser.add_argument("--sizes", default="1,2,3", help="with SPIN, pages up to 2 take minutes to compile")
    parser.add_argument("--spin-processes", default=2, type=int,
                        help="the most for SPIN: its model of three compiles for a quarter of an hour")
    parser.add_argument("--only", choices=["depth", "processes", "pages"])
    return parser.parse_args()


def measure(options, folder, label, world, depth, rivals):
    """A row. Rivals are "plain" (cowcheck without reductions) and "spin", each or none."""
    what = ["--design", options.design, "--world", world, "--depth", str(depth),
            "--concurrency", options.concurrency]
    contestants = [Cowcheck("cowcheck", [*what, "--threads", "1"], folder, options.cowcheck)]
    if "plain" in rivals:
        contestants.append(
            Cowcheck("plain", [*what, *PLAIN, "--threads", "1"], folder, options.cowcheck))
    if "spin" in rivals:
        model = export(options.cowcheck, folder, "model.pml", what)
        # The folder of a Spin is its name; labels are unique.
        contestants.append(
            Spin(f"spin {world} {depth}".replace("/", " "), model, folder, ["-O1"],
                 options=[f"-m{options.spin_depth}", f"-w{options.spin_table}"]))
    runs = rounds(contestants, options.rounds)
    cells = [label]
    for one in contestants:
        cells += [count_text(runs[one.name][0].states),
                  seconds_text(median(runs[one.name], lambda run: run.seconds))]
    cells += [""] * (len(HEAD) - 1 - len(cells))
    if "plain" not in rivals:
        return [*cells, "", ""]
    saved = runs["plain"][0].states / runs["cowcheck"][0].states
    if "spin" not in rivals:
        return [*cells, f"{saved:.1f}", ""]
    ratio = median_ratio(runs[contestants[-1].name], runs["cowcheck"], lambda run: run.seconds)
    return [*cells, f"{saved:.1f}", f"{ratio:.1f}"]


def depths(options, folder):
    rows = [measure(options, folder, depth, options.world, depth,
                    ["plain", "spin"] if depth <= options.plain_depth else [])
            for depth in range(1, options.depth + 1)]
    return f"## Growth with depth\n\nIn world {options.world}.\n\n" + table(["depth", *HEAD], rows)


def sizes(options, folder, what):
    rows = []
    for size in (int(text) for text in options.sizes.split(",")):
        processes, pages = (size, 1) if what == "processes" else (2, size)
        world = folder / f"grow-{what}-{processes}-{pages}.world"
        world.write_text(world_text(processes, pages), encoding="utf-8")
        rivals = ["plain", "spin"] if processes <= options.spin_processes else ["plain"]
        rows.append(measure(options, folder, size, str(world), options.size_depth, rivals))
    return (f"## Growth with {what}\n\nUp to {options.size_depth} operations"
            f"{', two processes' if what == 'pages' else ', one page each'}.\n\n"
            + table([what, *HEAD], rows))


def main():
    options = parse()
    head = (machine_text(options.cowcheck) + f" Design {options.design}, --concurrency "
            f"{options.concurrency}, one thread; medians of {options.rounds} rounds. SPIN's models "
            "are compiled with -O1, which costs it a tenth.\n\n")
    for what in ["depth", "processes", "pages"]:
        if options.only not in (None, what):
            continue
        with tempfile.TemporaryDirectory(prefix="cowcheck-growth-") as name:
            folder = pathlib.Path(name)
            text = depths(options, folder) if what == "depth" else sizes(options, folder, what)
        publish(f"growth-{what}", head + text + "\n", options.write)


main()
