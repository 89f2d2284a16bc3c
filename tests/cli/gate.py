"""cowcheck gate: what a design change makes worse, better, dearer."""

import json
import os
import pathlib
import resource
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import (SANITIZED, SOURCE_DIR, Skip, cowcheck, expect, files_here, main, rejects,
                        statement, write)

import jsonschema

SMALL = ["--world", "tiny", "--world", "soft-dirty", "--world", "stale-tlb"]
DESIGNS = SOURCE_DIR / "model/designs"


def users_copy(name="mine"):
    """v5.9's change to v5.8, as the file of a user who does not have v5.9."""
    text = cowcheck("designs", "show", "v5.9").out
    return write(f"{name}.cow", text.replace("design v5.9 ", f"design {name} ", 1)
                 .replace(" of v5.9\n", f" of {name}\n"))


# Nothing that a run could tell apart from its base.
SAME = "design same extends v5.19\ntitle \"the same\"\n"


def changes(report, change):
    return {(one["property"], one["world"]) for one in report["comparisons"]
            if one["change"] == change}


@statement
def v5_9_on_v5_8_as_a_users_file_is_judged_over_all_worlds_within_a_minute():
    if SANITIZED:
        raise Skip("a sanitizer build takes many times as long")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = cowcheck("gate", users_copy(), "--format", "json", "--threads", "2")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # What it takes of the CPUs: other tests may run beside this one.
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    expect(result.status == 1, result)
    report = result.json()
    expect(report["against"] == "v5.8" and report["status"] == 1, report)
    expect(("uffd_wp_no_spurious_event", "default") in changes(report, "better"), report)
    worse = changes(report, "worse")
    for pair in [("rw_pin_matches_mapping", "soft-dirty"),
                 ("rw_pin_matches_mapping", "direct-io"),
                 ("ro_pin_matches_mapping", "zeropage"),
                 ("memory_is_coherent", "stale-tlb"), ("no_needless_copy", "default")]:
        expect(pair in worse, f"{pair} is not in {worse}")
    for one in report["comparisons"]:
        if one["change"] != "worse":
            expect(one["trace"] is None or one["after"] == "violated", one)
            continue
        again = cowcheck("replay", one["trace"], "--design", "mine.cow")
        expect(again.status == 0, again)
        expect(one["place"]["file"] == "mine.cow" and one["place"]["line"] > 1, one)
    costs = {path["path"]: (path["before"], path["after"]) for path in report["paths"]}
    before, after = costs["write fault, own R/W pin on the page"]
    expect((before["needless"], after["needless"]) == (0, 1), costs)
    before, after = costs["fork, page pinned R/W"]
    expect((before["copies"], after["copies"]) == (0, 1), costs)
    before, after = costs["GUP-fast to read, FOLL_PIN, shared page"]
    expect(before["flushes"] == 1 and after["flushes"] == 0 and after["locks"] == 0, costs)
    expect(seconds < 60, f"{seconds} seconds")


@statement
def a_design_that_changes_nothing_passes():
    result = cowcheck("gate", write("same.cow", SAME), *SMALL, "--depth", "4")
    expect(result.status == 0, result)
    expect("0 worse, 0 better" in result.out, result)
    expect(files_here() == ["same.cow"], files_here())


@statement
def the_numbers_of_threads_do_not_matter():
    mine = users_copy()
    reports = []
    for threads in ["1", "3"]:
        report = cowcheck("gate", mine, *SMALL, "--depth", "4", "--format", "json", "--threads",
                          threads).json()
        del report["seconds"]
        reports.append(report)
    expect(reports[0] == reports[1], reports)


@statement
def against_another_base_the_comparison_is_another():
    back = cowcheck("gate", "v5.8", "--against", "v5.9", *SMALL, "--depth", "3", "--format",
                    "json").json()
    expect(("uffd_wp_no_spurious_event", "stale-tlb") in changes(back, "worse"), back)
    expect(("no_needless_copy", "stale-tlb") in changes(back, "better"), back)


@statement
def a_limit_leaves_things_undecided_and_says_so():
    result = cowcheck("gate", write("same.cow", SAME), "--max-states", "100", "--world", "tiny")
    expect(result.status == 3, result)
    expect("stopped: --max-states 100 is reached" in result.out and "undecided" in result.out,
           result)


@statement
def a_waiver_lets_a_property_get_worse_and_is_in_every_report():
    mine = users_copy()
    command = ["gate", mine, "--world", "tiny", "--depth", "4"]
    expect(cowcheck(*command).status == 1, "only a waiver lets it pass")
    waived = [*command, "--waive", "no_needless_copy", "--because", "it is cheap & <rare>"]
    for form in ["text", "json", "markdown", "junit", "ktap", "sarif"]:
        result = cowcheck(*waived, "--format", form)
        expect(result.status == 0, result)
        expect("it is cheap" in result.out, result)


@statement
def what_is_expected_must_be_so_in_both_directions():
    text = SAME.replace("same", "claims") + "expect holds no_needless_copy\n"
    path = write("claims.cow", text.replace("v5.19", "v5.9"))
    result = cowcheck("gate", path, "--world", "tiny", "--depth", "4")
    expect(result.status == 1, result)
    expect("expects no_needless_copy to hold, and world tiny violates it" in result.out, result)
    path = write("claims.cow", SAME.replace("same", "claims") +
                 "expect violated no_deadlock because \"of an error\"\n")
    if SANITIZED:
        return
    result = cowcheck("gate", path, "--depth", "2")
    expect(result.status == 1, result)
    expect("expects no_deadlock to be violated, and it holds" in result.out, result)


@statement
def a_line_that_names_worlds_speaks_of_these_alone_and_of_each():
    text = (SAME.replace("same", "claims").replace("v5.19", "v5.9") +
            "expect holds no_needless_copy\nexpect violated no_needless_copy in tiny, arm64\n"
            "expect violated no_deadlock in tiny\n")
    result = cowcheck("gate", write("claims.cow", text), "--world", "tiny", "--world", "arm64",
                      "--depth", "4")
    expect(result.status == 1, result)
    expect("expects no_needless_copy to be violated in tiny, arm64, and it holds in arm64"
           in result.out, result)
    expect("expects no_deadlock to be violated in tiny, and it holds in tiny" in result.out, result)
    expect("expects no_needless_copy to hold" not in result.out, result)


@statement
def update_rewrites_the_expectations_so_that_they_fit():
    text = ("# Mine.\ndesign claims extends v5.19\nexpect violated no_deadlock because \"an\n"
            .replace("an\n", "an error\"  # why?\n") + "predicate nothing(page) = page.anon\n")
    text = text.replace("predicate nothing(page) = page.anon\n", "# the end\n")
    path = write("claims.cow", text)
    result = cowcheck("gate", path, "--depth", "2", "--update")
    expect(result.status == 0, result)
    new = pathlib.Path(path).read_text(encoding="utf-8")
    expect("expect holds no_deadlock because \"no violation in any world\"  # why?\n" in new, new)
    expect(new.startswith("# Mine.\ndesign claims extends v5.19\n") and
           new.endswith("# the end\n"), new)
    expect("expect holds refcount_is_sound" in new, new)
    again = cowcheck("gate", path, "--depth", "2", "--update")
    expect(again.status == 0 and pathlib.Path(path).read_text(encoding="utf-8") == new, again)


@statement
def bad_requests_are_refused_before_anything_runs():
    rejects(["gate"], "expected a design")
    rejects(["gate", "v5.7"], "extends nothing", "--against")
    rejects(["gate", "v5.9", "--against", "v5.9"], "against itself")
    rejects(["gate", "v5.99"], "there is no design 'v5.99'")
    rejects(["gate", "v5.9", "--against", "v5.88"], "there is no design 'v5.88'")
    rejects(["gate", "v5.9", "--waive", "no_deadlock"], "--because")
    rejects(["gate", "v5.9", "--waive", "no_deadlok", "--because", "x"], "no_deadlock")
    rejects(["gate", "v5.9", "--waive", "no_deadlock", "--because", ""], "--because")
    rejects(["gate", "v5.9", "--update"], "built in", "cowcheck designs show v5.9")
    rejects(["gate", users_copy(), "--update", "--world", "tiny"], "--update needs all worlds")
    rejects(["gate", "v5.9", "--format", "xml"], "junit", "sarif")
    rejects(["gate", "v5.9", "--depth", "many"], "--depth")
    rejects(["--depth", "3", "gate", "v5.9"], "option of 'check'")


# ------------------------------------------------ what others make of the reports


def report_as(form):
    result = cowcheck("gate", users_copy("odd-name"), *SMALL, "--depth", "4",
                      "--format", form)
    expect(result.status == 1, result)
    expect(result.err == "", result)
    return result.out


@statement
def the_json_is_as_its_schema_says():
    schema = json.loads((SOURCE_DIR / "docs/gate.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(json.loads(report_as("json")), schema)


@statement
def junitparser_counts_the_same_failures():
    from junitparser import Failure, JUnitXml
    worse = len(changes(json.loads(report_as("json")), "worse"))
    expect(worse > 2, worse)
    suites = JUnitXml.fromstring(report_as("junit").encode())
    failed = [case.name for suite in suites for case in suite
              if any(isinstance(one, Failure) for one in case.result)]
    expect(suites.failures == sum(suite.failures for suite in suites) == len(failed), failed)
    expect(len(failed) >= worse, failed)
    expect({suite.name for suite in suites} >= {"tiny", "soft-dirty", "stale-tlb"}, suites)


@statement
def perls_tap_parser_counts_the_same_worlds():
    write("report.tap", report_as("ktap"))
    program = ("open my $f, '<', 'report.tap'; local $/; my $p = TAP::Parser->new({tap => <$f>});"
               "while ($p->next) {} print join ' ', $p->tests_planned, $p->tests_run,"
               "scalar($p->failed), scalar($p->parse_errors);")
    done = subprocess.run(["perl", "-MTAP::Parser", "-e", program], capture_output=True, text=True,
                          check=True)
    planned, run, failed, errors = map(int, done.stdout.split())
    expect(planned == run >= 3 and failed >= 2 and errors == 0, done.stdout)
    # The tests of one world are the same language, two columns further in.
    world = [line[2:] for line in open("report.tap") if line.startswith("  ")]
    begin = world.index("KTAP version 1\n")
    write("report.tap", "".join(world[begin:world.index("KTAP version 1\n", begin + 1)]))
    done = subprocess.run(["perl", "-MTAP::Parser", "-e", program], capture_output=True, text=True,
                          check=True)
    planned, run, failed, errors = map(int, done.stdout.split())
    expect(planned == run >= 9 and errors == 0, done.stdout)


def as_sarif(cls_name, value):
    """The object model of Debian's python3-sarif-python-om takes what it knows, no more."""
    import sarif_om
    known = {field.metadata["schema_property_name"]: field.name
             for field in getattr(sarif_om, cls_name).__attrs_attrs__}
    inner = {"runs": "Run", "tool": "Tool", "driver": "ToolComponent",
             "rules": "ReportingDescriptor", "shortDescription": "MultiformatMessageString",
             "results": "Result", "message": "Message", "locations": "Location",
             "physicalLocation": "PhysicalLocation", "artifactLocation": "ArtifactLocation",
             "region": "Region", "relatedLocations": "Location", "codeFlows": "CodeFlow",
             "threadFlows": "ThreadFlow", "location": "Location", "help": "MultiformatMessageString",
             "invocations": "Invocation", "suppressions": "Suppression"}
    arguments = {}
    for name, one in value.items():
        expect(name in known, f"{cls_name} has no '{name}'")
        if isinstance(one, list) and one and isinstance(one[0], dict):
            kind = "ThreadFlowLocation" if cls_name == "ThreadFlow" else inner[name]
            one = [as_sarif(kind, item) for item in one]
        elif isinstance(one, dict) and name in inner:
            one = as_sarif(inner[name], one)
        arguments[known[name]] = one
    return getattr(sarif_om, cls_name)(**arguments)


@statement
def sarif_points_at_lines_of_the_design():
    log = as_sarif("SarifLog", json.loads(report_as("sarif")))
    lines = pathlib.Path("odd-name.cow").read_text(encoding="utf-8").splitlines()
    results = log.runs[0].results
    rules = {rule.id for rule in log.runs[0].tool.driver.rules}
    expect(len(results) > 2, results)
    for result in results:
        expect(result.rule_id in rules, result)
        place = result.locations[0].physical_location
        expect(place.artifact_location.uri == "odd-name.cow", place)
        line = lines[place.region.start_line - 1]
        expect(line[place.region.start_column - 1] != " ", (place, line))
    flow = results[0].code_flows[0].thread_flows[0].locations
    expect(len(flow) > 10 and sum(one.importance == "essential" for one in flow) >= 2, flow)
    meaning = next(rule for rule in log.runs[0].tool.driver.rules
                   if rule.id == "rw_pin_matches_mapping").short_description.text
    expect("pinned page == mapped page" in meaning, meaning)


# GUP-fast of v5.19 that does not look again.
RACY = """design racy extends v5.19
operation gup_fast(va, flags) {
    check_gup_flags(flags)
    if flags.pin { mm.has_pinned = true }
    irqs off
    seen = pte
    if not seen.present or (flags.write and not seen.writable) {
        irqs on
        return gup(va, flags)
    }
    page = seen.page
    if flags.pin {
        if not try pin page { irqs on; return gup(va, flags) }
    } else {
        if not try get page { irqs on; return gup(va, flags) }
    }
    irqs on
    return page
}
"""


@statement
def the_line_that_decides_is_where_a_finding_is_shown():
    design = write("racy.cow", RACY)
    result = cowcheck("gate", design, "--world", "default", "--depth", "3", "--format", "json",
                      "--output", "report.sarif", "--output", "report.xml", "--output", "r.md",
                      "--output", "report.txt", "--output", "report.ktap")
    expect(result.status == 1, result)
    pin = next(one for one in result.json()["comparisons"] if one["change"] == "worse" and
               one["property"] == "rw_pin_matches_mapping")
    # The entry is read before fork write-protects it; what comes behind decides nothing.
    line = RACY.splitlines()[pin["place"]["line"] - 1]
    expect(line.strip() == "seen = pte", (line, pin))
    expect(pin["other_place"]["file"].startswith("model/designs/"), pin)
    expect("after cpu" in pin["decides"], pin)
    found = next(one for one in json.loads(pathlib.Path("report.sarif").read_text())["runs"][0]
                 ["results"] if one["ruleId"] == "rw_pin_matches_mapping")
    region = found["locations"][0]["physicalLocation"]["region"]
    expect(region["startLine"] == pin["place"]["line"], found)
    expect(pin["decides"] in found["relatedLocations"][0]["message"]["text"], found)
    expect("seen = pte" in pathlib.Path("report.txt").read_text(), "the text")
    expect("decided by" in pathlib.Path("report.xml").read_text(), "JUnit")
    expect(pathlib.Path("r.md").read_text().startswith("## cowcheck"), "Markdown")
    expect(pathlib.Path("report.ktap").read_text().startswith("KTAP version 1"), "KTAP")


@statement
def the_verdict_stands_first_and_lists_come_on_request():
    result = cowcheck("gate", users_copy(), *SMALL, "--depth", "4")
    lines = result.out.splitlines()
    expect(" worse, " in lines[1], lines[:3])
    expect(lines.index("") == 2 and lines[3].startswith("worse"), lines[:5])
    expect("refcount_is_sound" not in result.out, result)
    listed = cowcheck("gate", users_copy(), *SMALL, "--depth", "4", "--list")
    expect("refcount_is_sound" in listed.out, listed)


@statement
def junit_says_how_long_each_world_took():
    from junitparser import JUnitXml
    suites = JUnitXml.fromstring(report_as("junit").encode())
    worlds = [suite for suite in suites if suite.name in {"tiny", "soft-dirty", "stale-tlb"}]
    expect(len(worlds) == 3 and all(suite.time > 0 for suite in worlds), worlds)


@statement
def properties_and_worlds_of_ones_own_come_in_addition():
    prop = write("prop.cow", 'property no_pin_at_all safety\n    "nobody pins"\n'
                 '    source "my own idea"\n    always for each pin: not pin.held\n')
    world = write("mine.world", (SOURCE_DIR / "model/worlds/tiny.world").read_text()
                  .replace("world tiny", "world mine"))
    for command in (["gate", write("same.cow", SAME)], ["coverage", "v5.19"]):
        result = cowcheck(*command, "--world", "soft-dirty", "--also-world", world, "--property",
                          prop, "--depth", "2", "--format", "json")
        report = result.json()
        if command[0] == "gate":
            expect({one["world"] for one in report["worlds"]} == {"soft-dirty", "mine"}, report)
            properties = {one["property"] for one in report["comparisons"]}
            expect({"no_pin_at_all", "no_foreign_data"} <= properties, properties)
        else:
            expect("no_pin_at_all" in result.out or "mine" in result.out, result)
    rejects(["gate", "v5.9", "--also-world", "nothing.world"], "nothing.world")
    rejects(["gate", "v5.9", "--output", "report.pdf"], "--output")
    rejects(["gate", "same.cow", "--output", "x/same.sarif"], "x/same.sarif")


@statement
def an_operation_that_does_not_end_any_more_is_worse():
    lazy = write("lazy.cow", "design lazy extends v6.2\nfault write(va) { lock ptl; unlock ptl }\n")
    result = cowcheck("gate", lazy, "--world", "tiny", "--depth", "1", "--format", "json")
    expect(result.status == 1, result)
    ended = [one for one in result.json()["paths"] if one["worse"]]
    expect("write fault, page of one's own" in {one["path"] for one in ended}, ended)
    expect(all(one["before"] and not one["before"]["endless"] for one in ended), ended)
    text = cowcheck("gate", lazy, "--world", "tiny", "--depth", "1")
    expect("does not end any more" in text.out and "goes round for ever" in text.out, text)


if __name__ == "__main__":
    main()
