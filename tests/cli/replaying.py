"""Every trace replays; a damaged or outdated one is told."""

import copy
import json
import os
import pathlib
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import cowcheck, expect, files_here, main, rejects, statement, write


def traces_of(*arguments):
    cowcheck(*arguments)
    found = sorted(map(str, pathlib.Path("cowcheck-traces").glob("*.json")))
    expect(found, f"no traces of {arguments}")
    return found


def one_trace():
    traces_of("--depth", "2", "--design", "v5.8")
    return "cowcheck-traces/v5.8-default-uffd_wp_no_spurious_event.json"


@statement
def every_trace_replays_in_every_format():
    for path in traces_of("--depth", "3"):
        for view in ("text", "columns", "json"):
            result = cowcheck("replay", path, "--format", view)
            expect(result.status == 0 and result.err == "", result)
        expect(json.loads(result.out)["verdict"] == "ok", result)


@statement
def verdicts_and_traces_agree_on_their_length():
    document = cowcheck("--depth", "3", "--design", "v5.9", "--format", "json").json()
    for one in document["results"]:
        if one["trace"]:
            trace = json.loads(pathlib.Path(one["trace"]).read_text(encoding="utf-8"))
            expect(len(trace["steps"]) == one["steps"], one)
            starts = [step for step in trace["steps"] if step["kind"] != "step"]
            expect(len(starts) == one["operations"], one)


@statement
def traces_without_reduction_and_symmetry_replay_too():
    for path in traces_of("--depth", "2", "--no-reduction", "--no-symmetry"):
        result = cowcheck("replay", path)
        expect(result.status == 0, result)


@statement
def columns_fit_into_a_mail():
    result = cowcheck("replay", one_trace(), "--format", "columns")
    lines = result.out.splitlines()
    expect(max(map(len, lines)) <= 72 and result.out.isascii(), result)
    expect("monitor" in result.out and "cpu" in result.out, result)


@statement
def text_tells_every_step_and_what_is_wrong_at_the_end():
    result = cowcheck("replay", one_trace())
    expect("v5.8.cow:" in result.out and "uffd_wp_no_spurious_event is violated" in result.out,
           result)
    expect("replay: every step is possible" in result.out, result)


@statement
def a_damaged_trace_is_told():
    text = pathlib.Path(one_trace()).read_text(encoding="utf-8")
    write("cut.json", text[: len(text) // 2])
    rejects(["replay", "cut.json"], "cut.json")
    write("words.json", "this is no trace\n")
    rejects(["replay", "words.json"], "words.json")
    write("list.json", "[]\n")
    rejects(["replay", "list.json"], "list.json")
    good = json.loads(text)

    def damaged(change):
        trace = copy.deepcopy(good)
        change(trace)
        write("damaged.json", json.dumps(trace))
        rejects(["replay", "damaged.json"], "damaged.json")

    damaged(lambda trace: trace.pop("steps"))
    damaged(lambda trace: trace.update(surprise=1))
    damaged(lambda trace: trace.update(format=999))
    damaged(lambda trace: trace["steps"][0].update(thread=7))
    damaged(lambda trace: trace["steps"][0].pop("kind"))
    damaged(lambda trace: trace["steps"].append("end"))


OLD_SCOPES = {"page": "page {}"}


def in_format_1(trace, lines=True):
    """As cowcheck 0.1 wrote it: words only, and of a statement the first line."""
    old = copy.deepcopy(trace)
    old["format"] = 1
    for step in old["steps"]:
        del step["actor"]
        statement = step.pop("statement", {"text": ""})["text"]
        step["statement"] = statement.split(" and (")[0] if lines else statement
        for change in step["changes"]:
            element = OLD_SCOPES.get(change.pop("scope"), "{}").format(change.pop("element"))
            change["what"] = f"{element}.{change.pop('field')}"
            del change["text"]
    return old


@statement
def a_trace_of_the_first_format_is_read_shown_and_converted():
    for path in traces_of("--depth", "4", "--design", "v5.7", "--design", "v5.9"):
        text = pathlib.Path(path).read_text(encoding="utf-8")
        write("old.json", json.dumps(in_format_1(json.loads(text))))
        for view in ("text", "columns", "markdown", "mermaid", "itf", "svg"):
            was = cowcheck("replay", path, "--format", view)
            now = cowcheck("replay", "old.json", "--format", view)
            expect((now.status, now.out, now.err) == (0, was.out, was.err), now)
        expect(cowcheck("explain", "old.json").out == cowcheck("explain", path).out, path)
        result = cowcheck("replay", "old.json", "--format", "trace", "--output", "new.json")
        expect(result.status == 0 and result.out == "", result)
        expect(pathlib.Path("new.json").read_text(encoding="utf-8") == text, path)
        expect(cowcheck("replay", path, "--format", "trace").out == text, path)


@statement
def an_old_trace_that_does_not_fit_any_more_is_said_to_be_old():
    old = in_format_1(json.loads(pathlib.Path(one_trace()).read_text(encoding="utf-8")))
    guard = next(step for step in old["steps"] if step["statement"].startswith("if "))
    guard["statement"] = "if page.nonsense"
    write("old.json", json.dumps(old))
    result = cowcheck("replay", "old.json")
    expect(result.status == 1 and "executed `if page.nonsense`" in result.out, result)
    expect("note: the trace is of format 1" in result.out, result)
    for view in ("columns", "html", "svg", "markdown", "mermaid", "itf"):
        result = cowcheck("replay", "old.json", "--format", view)
        expect(result.status == 1 and "the trace is of format 1" in result.err, result)
    old["steps"][0]["changes"] = [{"what": "", "from": 1, "to": 2}]
    write("old.json", json.dumps(old))
    rejects(["replay", "old.json"], "steps[0].changes[0].what")


GUARDED = """design guarded extends v5.9
operation clear_refs() {
    lock mmap_lock for writing
    for each va {
        lock ptl
        if pte.present  # the first of three lines
           and pte.writable
           and (pte.soft_dirty
                or pte.dirty) { clear_soft_dirty(va) }
        unlock ptl
    }
    unlock mmap_lock
}
"""
WHOLE = "pte.present and pte.writable and (pte.soft_dirty or pte.dirty)"


@statement
def a_guard_of_three_lines_is_told_whole_in_every_format():
    write("guarded.cow", GUARDED)
    (path,) = traces_of("--depth", "3", "--design", "guarded.cow",
                        "--property", "soft_dirty_no_missed_write")
    trace = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    (guard,) = [step for step in trace["steps"]
                if step.get("statement", {}).get("condition") == WHOLE]
    expect(guard["statement"]["text"] == "if " + WHOLE and guard["guard"] is True, guard)
    for view in ("text", "columns", "html", "svg", "markdown", "mermaid", "itf"):
        out = " ".join(cowcheck("replay", path, "--format", view).out.split())
        expect(WHOLE in out and "pte.present? " not in out, out)
    write("guarded.cow", GUARDED.replace("or pte.dirty", "or pte.uffd_wp"))
    result = cowcheck("replay", path)
    expect(result.status == 1 and "pte.uffd_wp)` (guarded.cow:6:9)" in result.out, result)


@statement
def a_trace_of_a_design_or_world_that_is_unknown_is_told():
    trace = json.loads(pathlib.Path(one_trace()).read_text(encoding="utf-8"))
    for what in ("design", "world"):
        other = copy.deepcopy(trace)
        other[what]["name"] = "nobodys"
        write("other.json", json.dumps(other))
        rejects(["replay", "other.json"], what, "nobodys")


@statement
def steps_that_do_not_follow_each_other_are_status_1():
    trace = json.loads(pathlib.Path(one_trace()).read_text(encoding="utf-8"))
    first = next(i for i, step in enumerate(trace["steps"]) if step["kind"] == "step")
    del trace["steps"][first]
    trace["step_count"] -= 1
    write("shorter.json", json.dumps(trace))
    result = cowcheck("replay", "shorter.json")
    expect(result.status == 1 and "step" in result.out, result)


@statement
def a_trace_of_ones_own_design_finds_its_file():
    text = (cowcheck("designs", "show", "v5.8").out.replace("design v5.8 ", "design mine ", 1)
            .replace(" of v5.8\n", " of mine\n"))
    write("mine.cow", text)
    traces = traces_of("--depth", "2", "--design", "mine.cow")
    for path in traces:
        expect(cowcheck("replay", path).status == 0, path)
    os.rename("mine.cow", "moved.cow")
    rejects(["replay", traces[0]], "mine.cow")
    expect(cowcheck("replay", traces[0], "--design", "moved.cow").status == 0, "moved")


@statement
def a_design_that_was_put_right_can_not_do_it_any_more():
    write("mine.cow", "design mine extends v5.8\n")
    cowcheck("--depth", "2", "--design", "mine.cow")
    path = "cowcheck-traces/mine-default-uffd_wp_no_spurious_event.json"
    expect(path in files_here(), files_here())
    write("mine.cow", "design mine extends v5.9\n")
    result = cowcheck("replay", path)
    expect(result.status == 1, result)
    found = json.loads(cowcheck("replay", path, "--format", "json").out)
    expect(found["verdict"] in ("impossible", "different") and found["message"], found)
    expect(found["notes"], "the text has changed, and that is said")


@statement
def a_trace_can_be_tried_on_another_design():
    path = one_trace()
    expect(cowcheck("replay", path, "--design", "v5.8").status == 0, "its own")
    expect(cowcheck("replay", path, "--design", "v5.9").status == 1, "v5.9 does not force a break")


main()
