"""replay --step, its commands in a pipe, on the traces of every design."""

import itertools
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import COWCHECK, Result, SANITIZED, cowcheck, expect, files_here, main
from statements import SOURCE_DIR, rejects, statement, write


def step(trace, *commands, status=0, more=()):
    done = subprocess.run(
        [COWCHECK, "replay", trace, "--step", *more],
        input="\n".join(commands) + "\n",
        capture_output=True,
        text=True,
        timeout=120,
    )
    result = Result(done.returncode, done.stdout, done.stderr)
    expect(result.status == status, f"{trace}: {commands[:5]}: {result}")
    return result


def all_traces():
    worlds = ["vmsplice", "stale-tlb", "remap", "direct-io", "zeropage", "soft-dirty"]
    cowcheck("--depth", "3", "--traces", "traces")
    if SANITIZED:  # the two designs that violate nothing by three operations, and no more worlds
        cowcheck("--depth", "4", "--traces", "traces", "--design", "v5.19", "--design", "v6.2",
                 "--property", "no_needless_copy")
    else:
        arguments = itertools.chain.from_iterable(("--world", world) for world in worlds)
        cowcheck("--depth", "4", "--traces", "traces", *arguments)
    return sorted(map(str, pathlib.Path("traces").glob("*.json")))


def leak():
    # Nothing but exit unmaps: with munmap(), several ways are equally short.
    world = cowcheck("worlds", "show", "vmsplice").out.replace("world vmsplice", "world leak")
    write("leak.world", world.replace(", munmap", ""))
    cowcheck("--depth", "5", "--design", "v5.7", "--world", "leak.world")
    return "cowcheck-traces/v5.7-leak-no_foreign_data.json"


# ------------------------------------------------------------ an independent view


def plain(value):
    """A value of the Informal Trace Format, as the stepper writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return value["#bigint"]
    return value or "-"


def fields_of(state):
    fields = {}
    for variable, elements in state.items():
        if variable in ("#meta", "action"):
            continue
        for name, record in elements["#map"]:
            for field, value in record.items():
                if field != "exists" and record["exists"]:
                    fields[f"{name}.{field}"] = plain(value)
    return fields


def name_of(change):
    lead = "page " if change["scope"] == "page" else ""
    return f"{lead}{change['element']}.{change['field']}"


def screens(output, marks):
    """What was printed at each of the positions, in turn."""
    parts = output.split("step ")[1:]
    expect(len(parts) == len(marks), f"{len(parts)} screens, not {len(marks)}")
    for mark, part in zip(marks, parts):
        head, _, rest = part.partition("\n")
        expect(head.startswith(f"{mark} of "), f"{head}, not {mark}")
        yield dict(line.split(" = ") for line in rest.splitlines() if " = " in line and line[0] != " ")


@statement
def every_trace_goes_forwards_and_backwards_through_the_states_of_a_fresh_execution():
    traces = all_traces()
    designs = {pathlib.Path(path).name.split("-")[0] for path in traces}
    expect(designs == {"v5.7", "v5.8", "v5.9", "v5.12", "v5.19", "v6.2", "v7.3"}, designs)
    for path in traces:
        steps = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))["steps"]
        itf = json.loads(cowcheck("replay", path, "--format", "itf").out)
        fresh = [fields_of(state) for state in itf["states"]]
        expect(len(fresh) == len(steps) + 1, path)
        positions = [*range(len(fresh)), *reversed(range(len(steps)))]
        commands = ["start", "fields"]
        for before, now in zip(positions, positions[1:]):
            commands += ["next" if now > before else "back", "fields"]
        shown = list(screens(step(path, *commands).out, positions))
        for position, seen in zip(positions, shown):
            expect(seen == fresh[position], f"{path}, step {position}")


@statement
def states_change_by_what_the_trace_says_and_by_nothing_else():
    for path in all_traces():
        steps = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))["steps"]
        output = cowcheck("replay", path, "--format", "itf").out
        fresh = [fields_of(state) for state in json.loads(output)["states"]]
        ghosts = ("expected", "entitled", "armed", "should_read", "expects_zero", "attached",
                  "crossed", "owned", "zapping", "fault_shared", "zeroed", "owed", "stored_meanwhile",
                  "giving_up", "store_barred", "stale", "at", "mm", "va", "pin")
        for number, (before, after) in enumerate(zip(fresh, fresh[1:])):
            said = {name_of(change): change for change in steps[number]["changes"]}
            for name in before.keys() & after.keys():
                if before[name] != after[name] and not name.endswith(ghosts):
                    expect(name in said, f"{path}, step {number + 1}: {name}")
            for name, change in said.items():
                to = plain(change["to"]) if not isinstance(change["to"], int) or isinstance(
                    change["to"], bool) else str(change["to"])
                if name in after:
                    expect(after[name] == to, f"{path}, step {number + 1}: {name}")


# ------------------------------------------------------------ commands


def line_of(design, text):
    lines = (SOURCE_DIR / "model/designs" / design).read_text(encoding="utf-8").splitlines()
    (line,) = [number for number, line in enumerate(lines, 1) if line.strip().startswith(text)]
    return line


@statement
def the_view_shows_source_state_locks_and_property():
    out = step(leak(), "jump 41", "view").out
    for part in ("cpu0 (parent) in write > fault write > do_wp_page",
                 f"  =>  {line_of('v5.7.cow', 'if page.mapcount == 1')}              if page.mapcount == 1",
                 "page A: anonymous, refcount 3, mapcount 2 -> 1", "ptl of child: cpu1",
                 "property no_foreign_data: not violated yet; step 49 violates it"):
        expect(part in out, f"{part} in\n{out}")


@statement
def locals_are_shown_under_the_names_of_the_text_as_long_as_they_are_needed():
    path = leak()
    lines = step(path, "jump 41", "source").out.splitlines()
    held = [line for line in lines if line.startswith("    locals: ")]
    expect(any("orig = A" in line and "page = A" in line for line in held), held)
    trace = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    assigned = [number for number, one in enumerate(trace["steps"], 1)
                if one["statement"]["text"] == "page = orig.page"]
    for number in assigned:
        thread = trace["steps"][number - 1]["thread"]

        def page(position):  # what the thread's `page` is, if there is one
            source = step(path, f"jump {position}", "source").out
            own = re.split(r"^(?=\S)", source, flags=re.MULTILINE)
            (own,) = [part for part in own if part.startswith(f"{thread} (")]
            return re.findall(r"locals: .*\bpage = (\w+)", own)

        expect((page(number - 1), page(number)) == ([], ["A"]), number)
    expect(assigned, "no handler looks at the page")
    expect("locals: " not in step(path, "start", "source").out, "nobody runs")
    told = " ".join(cowcheck("explain", path).out.split())
    guard = ("finds `page.mapcount == 1 and rest_mapped_once(page) and "
             "(not page.swapcache or swap_slot.refcount == 1)`")
    expect(f"{guard} true, where page is A" in told or f"{guard} false, where page is A" in told, told)


@statement
def the_property_tells_the_moment_it_turns_false():
    path = leak()
    early = step(path, "jump 47", "property").out
    late = step(path, "jump 48", "property").out
    expect("at dma_read, pin0, page A, if it came now: holds" in early, early)
    expect("would be false (turns false)" in late, late)
    expect("entitled(pin, page)  = yes -> no" in late, late)
    expect("violated by this step" in step(path, "violation", "property").out, "the end")


@statement
def jumps_find_the_next_step_of_a_cpu_and_the_next_change():
    path = leak()
    expect("(child) gup(read, get)" in step(path, "cpu cpu1").out, "cpu1")
    out = step(path, "cpu cpu1", "cpu", "cpu back", "change pin0", "change A", "change parent.pte[0] back").out
    expect("pin0.state: free -> pending" in out, out)
    expect("parent.pte[0].writable: yes -> no" in out, out)


@statement
def what_if_leaves_the_trace_and_comes_back():
    path = leak()
    out = step(path, "jump 40", "what-if", "take 1", "what-if", "rejoin", "violation").out
    expect("1   cpu0 goes on: if page.mapcount == 1" in out, out)
    expect("swap_slot.refcount == 1)  -> no" in out and "by hand from step 40 on" in out, out)
    expect(out.rstrip().endswith("reads P1 from page A"), out)


@statement
def the_checker_says_whether_the_violation_can_still_come():
    path = leak()
    expect("yes: the violation can be reached from here, by 1 more operation"
           in step(path, "jump 42", "reach").out, "on the trace")
    out = step(path, "jump 40", "take 1", "reach 1").out
    expect("no: the violation can't be reached from here, if 1 more operation starts" in out, out)
    out = step(path, "jump 40", "take 1", "reach 200").out
    expect("yes" in out or "however many operations start" in out, out)
    expect("undecided: the checker was stopped by the limit of 1 state"
           in step(path, "reach states 1").out, "limits")


@statement
def the_way_that_the_checker_found_violates_the_property():
    out = step(leak(), "jump 20", "reach", "follow", "property").out
    expect("violated by this step" in out, out)


@statement
def a_mistake_in_a_script_names_its_line():
    path = leak()
    for commands, words in ((["next", "nxet"], ["commands:2", "did you mean 'next'"]),
                            (["jump 50"], ["commands:1", "50"]),
                            (["change page Q"], ["commands:1", "'Q'", "page A"]),
                            (["cpu cpu7"], ["cpu7"]), (["take 99"], ["take"]),
                            (["jump"], ["expected the number"]), (["back"], ["the start"]),
                            (["end 3"], ["does not expect '3'"]), (["rejoin"], ["commands:1"]),
                            (["follow"], ["reach"])):
        result = step(path, *commands, status=2)
        for word in words:
            expect(word in result.err, f"{commands}: {word}: {result}")


@statement
def there_is_no_colour_and_no_prompt_in_a_pipe():
    result = step(leak(), "# a comment", "", "view", "steps", "ghosts", "help", "quit", "nonsense")
    expect("\033" not in result.out and "(0)" not in result.out and result.err == "", result)


@statement
def a_trace_that_no_longer_fits_can_be_stepped_as_far_as_it_goes():
    path = leak()
    result = step(path, "end", status=1, more=["--design", "v5.9"])
    expect("step" in result.err and "of " in result.out, result)
    result = cowcheck("explain", path, "--design", "v5.9")
    expect(result.status == 1 and result.out == "" and "nothing to explain" in result.err, result)


@statement
def contradictions_and_damage_are_told_and_nothing_is_written():
    path = leak()
    rejects(["replay", path, "--step", "--format", "columns"], "--step", "--format")
    rejects(["replay", path, "--step", "--output", "x"], "--output")
    rejects(["replay", path, "--format", "pdf"], "html, svg, markdown, mermaid, itf")
    rejects(["explain", path, "--step"], "--step")
    rejects(["explain"], "cowcheck explain TRACE")
    rejects(["explain", path, "--output", "nowhere/story.txt"], "nowhere/story.txt")
    rejects(["replay", path, "--format", "itf", "--output", "."], "'.'")
    text = pathlib.Path(path).read_text(encoding="utf-8")
    write("cut.json", text[: len(text) // 2])
    rejects(["replay", "cut.json", "--step"], "cut.json")
    rejects(["explain", "cut.json"], "cut.json")


@statement
def an_output_file_is_whole():
    path = leak()
    expect(cowcheck("replay", path, "--format", "columns", "--output", "mail").out == "", "quiet")
    expect(pathlib.Path("mail").read_text() == cowcheck("replay", path, "--format", "columns").out, "mail")


@statement
def a_killed_run_leaves_no_file_behind():
    path = leak()
    before = files_here()
    process = subprocess.Popen([COWCHECK, "replay", path, "--step"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    process.stdin.write(b"next\n")
    process.stdin.flush()
    expect(process.stdout.readline().startswith(b"step 1 of"), "it runs")
    process.send_signal(signal.SIGKILL)
    process.wait()
    expect(files_here() == before, files_here())
    for wait in (0, 0.002, 0.005, 0.01, 0.02):
        process = subprocess.Popen([COWCHECK, "replay", path, "--format", "itf", "--output", "out"])
        time.sleep(wait)
        process.kill()
        process.wait()
        if pathlib.Path("out").exists():
            json.loads(pathlib.Path("out").read_text(encoding="utf-8"))


main()
