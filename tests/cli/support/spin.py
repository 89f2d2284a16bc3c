"""SPIN on exported models, and what cowcheck says about the same."""

import os
import re
import shutil
import subprocess

from statements import Skip, cowcheck, expect

# What SPIN counts besides: the state before init has run, and the two steps of init.
# A round that an operation goes can not be seen in one state: the export does not ask.
NOT_IN_A_STATE = {"no_livelock"}
INITIAL_STATES = 1
INITIAL_STEPS = 2


def need_spin():
    for tool in ("spin", compiler()[0]):
        if shutil.which(tool) is None:
            raise Skip(f"{tool} is not installed")


def run(*command, timeout=600):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=timeout, text=True, check=False)
    expect(done.returncode == 0, f"{' '.join(command)}: {done.stdout}")
    return done.stdout


def bounds(concurrency, depth=None):
    depth_option = [] if depth is None else ["--depth", str(depth)]
    return ["--concurrency", str(concurrency), *depth_option]


def compiler():
    """One function of pan has all steps: optimising it takes longer than running it, and
    what takes gcc a minute takes tcc a second."""
    return ["tcc"] if shutil.which("tcc") else ["gcc", "-O0"]


def spin(model, switches, hash_bits=24, timeout=600):
    """Explores the model with these -D switches; returns what SPIN prints."""
    run("spin", "-a", "-o2", *switches, model, timeout=timeout)
    run(*compiler(), "-w", "-DSAFETY", "-DNOREDUCE", "-DPRINTF", "-DVECTORSZ=4096",
        "-o", "pan", "pan.c", timeout=timeout)
    out = run("./pan", "-E", "-n", "-m1000000", f"-w{hash_bits}", timeout=timeout)
    expect("max search depth too small" not in out, out)
    for name in os.listdir("."):
        if name.startswith("pan"):
            os.remove(name)
    return out


# What SPIN printed, by the model without its comments: many designs differ only in handlers
# that a small world does not run.
explored = {}


def report_of(model):
    with open(model, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)
    key = "\n".join(line.rstrip() for line in text.splitlines() if line.strip())
    if key not in explored:
        explored[key] = spin(model, ["-DREPORT"])
    return explored[key]


def number(pattern, out):
    found = re.search(pattern, out)
    expect(found, f"no '{pattern}' in: {out}")
    return int(found.group(1))


def export(design, world, concurrency, depth=None):
    result = cowcheck("export", "--to", "promela", "--design", design, "--world", world,
                      "--output", "model.pml", *bounds(concurrency, depth))
    expect(result.status == 0, result)


def check(design, world, concurrency, depth):
    """The one run, and the names of the properties that are violated."""
    result = cowcheck("check", "--design", design, "--world", world, "--no-reduction",
                      "--no-symmetry", "--format", "json", *bounds(concurrency, depth),
                      timeout=600)
    expect(result.status in (0, 1), result)
    document = result.json()
    expect(len(document["runs"]) == 1, document)
    verdicts = {one["property"]: one["verdict"] for one in document["results"]}
    expect("incomplete" not in verdicts.values(), document)
    return document["runs"][0], verdicts


def violated_in(out):
    return set(re.findall(r"^ *violated: (\w+)$", out, re.MULTILINE))


def reached_in(out):
    """Of the properties that must hold `sometimes`."""
    return set(re.findall(r"^ *reached: (\w+)$", out, re.MULTILINE))


def both_count_the_same(design, world, concurrency):
    """Every state, every transition, every verdict; the world is explored completely."""
    where = f"{design} in {world}, {concurrency} in flight"
    mine, verdicts = check(design, world, concurrency, 255)
    expect(mine["exhausted"], f"{where} is not explored completely")
    export(design, world, concurrency)
    out = report_of("model.pml")
    theirs = violated_in(out)
    own = {name for name, verdict in verdicts.items() if verdict == "violated"} - NOT_IN_A_STATE
    expect(theirs == own, f"{where}: SPIN finds violated {theirs}, cowcheck {own}")
    states = number(r"(\d+) states, stored", out) - INITIAL_STATES
    expect(states == mine["states"], f"{where}: SPIN has {states} states, "
                                     f"cowcheck {mine['states']}")
    with open("model.pml", encoding="utf-8") as model:
        if ":: atomic {" in model.read():
            return states  # SPIN counts each statement in them as a transition
    # The process that reports a violated property of states takes a step for it.
    steps = number(r"(\d+) transitions", out) - INITIAL_STEPS
    expect(mine["transitions"] <= steps <= mine["transitions"] + len(theirs),
           f"{where}: SPIN has {steps} transitions, cowcheck {mine['transitions']}")
    return states


def both_say_the_same(design, world, concurrency, depth):
    """Every verdict, within a depth; SPIN's states include how many have started."""
    _, verdicts = check(design, world, concurrency, depth)
    export(design, world, concurrency, depth)
    theirs = violated_in(spin("model.pml", ["-DREPORT"]))
    own = {name for name, verdict in verdicts.items() if verdict == "violated"} - NOT_IN_A_STATE
    expect(theirs == own, f"{design} in {world}, depth {depth}: SPIN finds violated {theirs}, "
                          f"cowcheck {own}")


def assertions_fail_for_what_is_violated(design, world, concurrency):
    """One run with all assertions that must hold, and one for each that must not."""
    _, verdicts = check(design, world, concurrency, 255)
    export(design, world, concurrency)
    hold = [name for name, verdict in verdicts.items() if verdict == "holds"]
    out = spin("model.pml", [f"-DCHECK_{name}" for name in hold])
    expect(number(r"errors: (\d+)", out) == 0, f"{design}: {out}")
    for name, verdict in verdicts.items():
        if verdict == "violated":
            out = spin("model.pml", [f"-DCHECK_{name}"])
            expect(number(r"errors: (\d+)", out) == 1, f"{design}, {name}: {out}")


def designs():
    """Those that are checked by default."""
    return ["v5.7", "v5.8", "v5.9", "v5.12", "v5.19", "v6.2", "v7.3"]


def all_designs():
    """All that are built in."""
    names = [line.split()[0] for line in cowcheck("designs").out.splitlines() if line.strip()]
    expect(len(names) > 25, names)
    expect(set(designs()) <= set(names), names)
    return names


def all_properties():
    """All that are built in."""
    lines = cowcheck("properties").out.splitlines()
    return [line.split()[0] for line in lines if line and not line[0].isspace()]


def compare(design, world, properties, concurrency, most_states):
    """States and verdicts of a system of files. Returns (what became of it, states, what
    differs): 'refused' by cowcheck, 'too large', 'not exported', or 'compared', with a text where
    SPIN and cowcheck say something else. States are the same only if all shipped properties are
    among those asked: cowcheck leaves out what nobody asks for."""
    what = ["--design", design, "--world", world, *bounds(concurrency, 255)]
    for one in properties:
        what += ["--property", one]
    result = cowcheck("check", *what, "--no-reduction", "--no-symmetry", "--threads", 1, "--traces",
                      "traces", "--max-states", most_states, "--format", "json", timeout=300)
    shutil.rmtree("traces", ignore_errors=True)
    if result.status == 2:
        return "refused", 0, result.err
    if result.status not in (0, 1, 3):
        return "compared", 0, f"cowcheck check: {result}"
    document = result.json()
    mine = document["runs"][0]
    if not mine["exhausted"]:
        return "too large", mine["states"], ""
    what = ["--design", design, "--world", world, *bounds(concurrency)]
    for one in properties:
        what += ["--property", one]
    result = cowcheck("export", "--to", "promela", *what, "--output", "model.pml")
    if result.status == 2:
        return "not exported", mine["states"], result.err
    if result.status != 0:
        return "compared", 0, f"cowcheck export: {result}"
    out = spin("model.pml", ["-DREPORT"], hash_bits=20)
    verdicts = {one["property"]: one["verdict"] for one in document["results"]}
    own = {name for name, verdict in verdicts.items() if verdict == "violated"} - NOT_IN_A_STATE
    with open("model.pml", encoding="utf-8") as model:
        wanted = set(re.findall(r'printf\("reached: (\w+)', model.read()))
    # What is never reached is left open where counts are wrong.
    decided = {name for name, verdict in verdicts.items() if verdict != "incomplete"}
    theirs = ((violated_in(out) & (set(verdicts) | {"counting"}))
              | ((wanted - reached_in(out)) & decided))
    text = ""
    if theirs != own:
        text += f"SPIN finds violated {sorted(theirs)}, cowcheck {sorted(own)}\n"
    states = number(r"(\d+) states, stored", out) - INITIAL_STATES
    if states != mine["states"]:
        text += f"SPIN has {states} states, cowcheck {mine['states']}\n"
    return "compared", mine["states"], text
