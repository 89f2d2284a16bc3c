"""The other ways to show a trace: Markdown, Mermaid, ITF, and as a story."""

import json
import os
import pathlib
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import cowcheck, expect, main, statement, write


def traces():
    cowcheck("--depth", "4", "--world", "tiny", "--world", "vmsplice", "--world", "stale-tlb")
    cowcheck("--depth", "3")
    return sorted(map(str, pathlib.Path("cowcheck-traces").glob("*.json")))


def shown(path, form):
    result = cowcheck("replay", path, "--format", form)
    expect(result.status == 0 and result.err == "", result)
    return result.out


LAZY = """design lazy extends v6.2
fault write(va) {
    lock ptl
    unlock ptl
}
"""


@statement
def a_livelock_is_told_by_who_goes_round_and_where():
    write("lazy.cow", LAZY)
    result = cowcheck("--design", "lazy.cow", "--world", "zeropage", "--depth", "2",
                      "--property", "no_livelock")
    expect(result.status == 1, result)
    trace = "cowcheck-traces/lazy-zeropage-no_livelock.json"
    told = " ".join(cowcheck("explain", trace).out.split())
    expect(re.search(r"cpu0 goes round for ever: each [2-9] steps it is where it was "
                     r"\(write.* > fault write.*\)", told), told)


# ------------------------------------------------------------ ITF: Apalache, ADR-015


def is_expression(value):
    """One of the forms that the format defines for values."""
    if isinstance(value, (bool, str)):
        return True
    if isinstance(value, int):
        return abs(value) < 2**53
    if isinstance(value, list):
        return all(map(is_expression, value))
    if not isinstance(value, dict):
        return False
    if len(value) == 1:
        ((key, inner),) = value.items()
        if key == "#bigint":
            return isinstance(inner, str) and re.fullmatch(r"-?[0-9]+", inner) is not None
        if key in ("#tup", "#set"):
            return isinstance(inner, list) and all(map(is_expression, inner))
        if key == "#map":
            return isinstance(inner, list) and all(
                isinstance(pair, list) and len(pair) == 2 and all(map(is_expression, pair))
                for pair in inner)
    return all(not key.startswith("#") and is_expression(inner) for key, inner in value.items())


@statement
def itf_is_what_its_definition_says():
    for path in traces():
        document = json.loads(shown(path, "itf"))
        expect(document.keys() <= {"#meta", "params", "vars", "states", "loop"}, document.keys())
        expect(all(isinstance(name, str) for name in document["vars"]), document["vars"])
        expect(len(set(document["vars"])) == len(document["vars"]), document["vars"])
        for index, state in enumerate(document["states"]):
            expect(state["#meta"]["index"] == index, index)
            expect(state.keys() - {"#meta"} == set(document["vars"]), state.keys())
            for name in document["vars"]:
                expect(is_expression(state[name]), state[name])
            for name in set(document["vars"]) - {"action"}:
                keys = [key for key, _ in state[name]["#map"]]
                expect(len(keys) == len(set(keys)), f"a function has one value for each key: {keys}")


@statement
def itf_names_the_step_that_led_to_each_state():
    for path in traces():
        steps = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))["steps"]
        states = json.loads(shown(path, "itf"))["states"]
        expect(len(states) == len(steps) + 1, path)
        for step, state in zip(steps, states[1:]):
            expect(state["action"]["statement"] == step["statement"]["text"], state)
            expect(state["action"]["thread"] == step["thread"], state)


# ------------------------------------------------------------ diagrams and tables


@statement
def mermaid_is_a_sequence_diagram_of_declared_participants():
    line_forms = (r"    participant (?P<a>x_\w+) as .+", r"    Note over (?P<a>x_\w+): .+",
                  r"    (?P<a>x_\w+)--?>>(?P<b>x_\w+): .+")
    for path in traces():
        lines = shown(path, "mermaid").splitlines()
        expect(lines[0].startswith("%% ") and lines[1] == "sequenceDiagram", lines[:2])
        known = set()
        for line in lines[2:]:
            match = next(filter(None, (re.fullmatch(form, line) for form in line_forms)), None)
            expect(match, f"{path}: {line}")
            if line.startswith("    participant"):
                known.add(match["a"])
            expect(all(name in known for name in match.groupdict().values()), line)
            expect(not re.search(r"(?<!#\d)(?<!#\d\d)(?<!#\d\d\d);", line), f"a bare ';' in {line}")
        expect("is violated" in lines[-1], lines[-1])


@statement
def markdown_has_a_row_for_every_step():
    for path in traces():
        steps = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))["steps"]
        lines = shown(path, "markdown").splitlines()
        rows = [line for line in lines if line.startswith("|")]
        width = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
        expect(len(width) == 1, f"{path}: rows of {width} bars")
        numbers = [int(m[1]) for m in (re.match(r"\| (\d+) \|", row) for row in rows) if m]
        expect(numbers == list(range(1, len(steps) + 1)), path)
        expect("is violated" in lines[-1], lines[-1])


@statement
def columns_of_every_trace_read_like_a_commit_message():
    for path in traces():
        lines = shown(path, "columns").splitlines()
        expect(max(map(len, lines)) <= 72, path)
        expect(all(line.isascii() and line.rstrip() == line and line for line in lines), path)
        expect(lines[0].startswith("Design ") and "is violated" in " ".join(lines), path)


# ------------------------------------------------------------ explain


def story(path):
    result = cowcheck("explain", path)
    expect(result.status == 0 and result.err == "", result)
    return result.out


@statement
def every_trace_has_a_story_with_a_pair_that_decides():
    for path in traces():
        text = story(path)
        trace = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        for heading in ("What happens", "What decides", "Essential steps"):
            expect(f"\n{heading}\n" in text, f"{path}: {heading}")
        expect(max(map(len, text.splitlines())) <= 78, path)
        flat = " ".join(text.split())
        expect(" ".join(trace["explanation"].split()) in flat, path)


@statement
def the_vmsplice_leak_is_decided_by_mapcount():
    cowcheck("--depth", "5", "--design", "v5.7", "--world", "vmsplice")
    text = " ".join(story("cowcheck-traces/v5.7-vmsplice-no_foreign_data.json").split())
    decides = text[text.index("What decides"):]
    guard = ("`page.mapcount == 1 and rest_mapped_once(page) and "
             "(not page.swapcache or swap_slot.refcount == 1)`")
    expect(f"{guard} true" in decides and f"{guard} false" in decides, text)
    expect("drops a mapping of page A" in decides, text)


@statement
def gup_fast_against_fork_is_decided_by_the_pinned_test_and_the_pin():
    cowcheck("--depth", "4", "--design", "v5.9", "--property", "memory_is_coherent")
    text = " ".join(story("cowcheck-traces/v5.9-default-memory_is_coherent.json").split())
    decides = text[text.index("What decides"):text.index("Essential")]
    expect("get_user_pages_fast() finds `try pin page` true" in decides, text)
    expect("maybe_dma_pinned(page)` false" in decides and "maybe_dma_pinned(page)` true" in decides,
           text)


@statement
def the_other_order_is_told_only_where_it_does_not_violate():
    for path in traces():
        text = " ".join(story(path).split())
        expect(("is not violated." in text) != ("No order of two steps does" in text), text)


@statement
def a_property_of_ones_own_is_told_in_its_own_words():
    write("mine.cow", """property mine safety
    "a page that somebody has pinned is mapped once at most"
    always for each pin: pin.held and pin.write implies pin.page.mapcount <= 1
        says "{pin} of {pin.mm} holds {pin.page}, which has mapcount {pin.page.mapcount}"
""")
    arguments = ["--depth", "2", "--design", "v5.7", "--property", "mine.cow"]
    path = "cowcheck-traces/v5.7-default-mine.json"
    cowcheck(*arguments)
    trace = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    words = "pin0 of parent holds page A, which has mapcount 2"
    expect(trace["explanation"] == words, trace["explanation"])
    told = " ".join(cowcheck("explain", path, "--property", "mine.cow").out.split())
    expect(f"So mine is violated: {words}." in told, told)
    text = pathlib.Path("mine.cow").read_text(encoding="utf-8")
    write("mine.cow", text[:text.index("        says")])
    cowcheck(*arguments)
    trace = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    expect(trace["explanation"].endswith("pin.page.mapcount is 2"), trace["explanation"])
    write("mine.cow", text.replace("{pin.page}", "{pin.pgae}"))
    result = cowcheck(*arguments)
    expect(result.status == 2 and "mine.cow:4:40: error" in result.err, result)
    expect("did you mean 'page'?" in result.err, result)


main()
