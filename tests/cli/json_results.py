"""--format json: docs/results.schema.json, and the same for any number of threads."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import SOURCE_DIR, cowcheck, expect, main, statement

import jsonschema

SCHEMA = json.loads((SOURCE_DIR / "docs/results.schema.json").read_text(encoding="utf-8"))


def checked(*arguments):
    result = cowcheck(*arguments, "--format", "json")
    expect(result.err == "", result)
    document = result.json()
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(document, SCHEMA)
    return result.status, document


def without_measurements(document):
    for run in document["runs"]:
        del run["seconds"], run["peak_bytes"]
    return document


@statement
def the_document_is_as_the_schema_says():
    status, document = checked("--depth", "2", "--design", "v5.8", "--design", "v6.2")
    expect(status == 1, status)
    expect(list(document) == ["cowcheck", "depth", "concurrency", "results", "runs",
                               "left_out"], document)
    expect(document["depth"] == 2 and document["concurrency"] == 2, document)
    for one in document["results"]:
        expect(list(one) == ["design", "world", "property", "verdict", "operations", "steps",
                             "trace"], one)
        expect((one["verdict"] == "violated") == (one["trace"] is not None), one)
        if one["trace"]:
            expect(os.path.exists(one["trace"]), one)
    for run in document["runs"]:
        expect(list(run) == ["design", "world", "same_program_as", "depth", "states",
                             "level_states", "transitions", "exhausted", "waited_for_frame",
                             "miscounted_by", "not_reduced", "seconds", "peak_bytes"], run)
        expect(sum(run["level_states"]) == run["states"], run)
        expect(run["states"] > 0 and run["transitions"] >= run["states"] - 1, run)
        expect(run["peak_bytes"] > 0 and not run["exhausted"], run)


@statement
def designs_that_are_one_program_in_a_world_are_explored_once():
    _, both = checked("--depth", "4", "--world", "tiny", "--design", "v5.9", "--design", "v5.10")
    first, second = both["runs"]
    expect(first["same_program_as"] is None and second["same_program_as"] == "v5.9", both["runs"])
    _, alone = checked("--depth", "4", "--world", "tiny", "--design", "v5.10")
    expect(alone["runs"][0]["same_program_as"] is None, alone["runs"])
    of_second = [one for one in both["results"] if one["design"] == "v5.10"]
    expect(of_second == alone["results"], (of_second, alone["results"]))
    expect(second["states"] == first["states"] == alone["runs"][0]["states"], both["runs"])


@statement
def the_schema_refuses_what_is_not_so():
    _, document = checked("--depth", "1", "--design", "v6.2")
    for change in (
        lambda d: d.pop("runs"),
        lambda d: d.update(extra=1),
        lambda d: d["results"][0].update(verdict="fine"),
        lambda d: d["results"][0].update(operations=3),
        lambda d: d["runs"][0].pop("states"),
    ):
        broken = json.loads(json.dumps(document))
        change(broken)
        try:
            jsonschema.validate(broken, SCHEMA)
        except jsonschema.ValidationError:
            continue
        raise AssertionError(broken)


@statement
def properties_that_say_nothing_are_left_out():
    _, document = checked("--depth", "1", "--design", "v5.7")
    expect("unpin_finds_exclusive" not in [one["property"] for one in document["results"]],
           document)


@statement
def no_bound_on_concurrency_is_zero():
    _, document = checked("--depth", "1", "--design", "v6.2", "--concurrency", "all")
    expect(document["concurrency"] == 0, document)


@statement
def an_exhausted_run_says_so():
    status, document = checked("--depth", "255", "--design", "v6.2", "--world", "tiny")
    expect(document["runs"][0]["exhausted"], document)
    expect(all(one["verdict"] != "incomplete" for one in document["results"]), document)


@statement
def any_number_of_threads_gives_the_same_results_and_traces():
    answers = []
    for threads in (1, 2, 3):
        status, document = checked("--depth", "3", "--design", "v5.8", "--design", "v5.9",
                                   "--threads", threads)
        traces = {name: open(f"cowcheck-traces/{name}", encoding="utf-8").read()
                  for name in os.listdir("cowcheck-traces")}
        answers.append((status, without_measurements(document), traces))
    expect(answers[0] == answers[1], "one thread and two")
    expect(answers[0] == answers[2], "one thread and three")


main()
