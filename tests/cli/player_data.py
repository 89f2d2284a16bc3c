"""What the page of `replay --format html` carries: every state as the stepper has it, what explain
tells, nothing of the network."""

import html
import os
import pathlib
import re
import subprocess
import sys
from xml.etree import ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from player_pages import DATA, FEW, KNOWN, RACE, data_of, page_of, words
from statements import COWCHECK, cowcheck, expect, main, rejects, statement, write


def stepped(trace, steps, *commands):
    """What the stepper says at each step, from 0 on, to each of the commands."""
    lines = []
    for step in range(steps + 1):
        lines.append(f"jump {step}")
        lines.extend(commands)
    write("commands", "\n".join(lines) + "\n")
    with open("commands", encoding="utf-8") as commands_file:
        done = subprocess.run([COWCHECK, "replay", str(trace), "--step"], stdin=commands_file,
                              capture_output=True, encoding="utf-8", timeout=240, check=False)
    expect(done.returncode == 0, done)
    parts = re.split(r"(?m)^(?=step \d+ of \d+)", done.stdout)[1:]
    expect(len(parts) == steps + 1, f"{len(parts)} steps of {steps + 1}")
    return parts


@statement
def every_field_at_every_step_of_every_known_trace_is_what_the_stepper_says():
    for trace in KNOWN:
        data = data_of(page_of(trace))
        steps = len(data["trace"]["steps"])
        for number, said in enumerate(stepped(trace, steps, "fields")):
            theirs = dict(re.findall(r"(?m)^(\S.*?\.\w+) = (.*)$", said))
            ours = {}
            for element, values in zip(data["elements"], data["points"][number]["state"]):
                if values[0]:
                    ours.update({f"{element['name']}.{field['name']}": words(value)
                                 for field, value in zip(element["fields"], values[1:])})
            expect(ours == theirs, f"{trace.name}, step {number}: "
                   f"{sorted(set(ours.items()) ^ set(theirs.items()))[:4]}")


@statement
def what_the_property_is_worth_and_where_everybody_stands_is_what_the_stepper_says():
    for trace in FEW:
        data = data_of(page_of(trace))
        for number, said in enumerate(stepped(trace, len(data["trace"]["steps"]), "property",
                                              "source", "state")):
            point = data["points"][number]
            for one in point["property"]:
                about = one["about"] + ("" if one["happens"] else ", if it came now")
                worth = ("holds" if one["holds"] else "is false" if one["happens"]
                         else "would be false")
                expect(f"\n  {about}: {worth}" in said, f"{trace.name}, {number}: {about}: {said}")
                for (depth, text), value in zip(data["clauses"][one["clause"]], one["values"]):
                    margin = "\n" + " " * (4 + 2 * depth) + text
                    end = "  (not looked at)" if value is None else rf"  = (?:\S+ -> )?{re.escape(value)}\n"
                    expect(re.search(re.escape(margin) + (re.escape(end) if value is None else end), said),
                           f"{trace.name}, {number}: {text} = {value}")
            for thread in filter(None, point["threads"]):
                expect(f"  =>{thread['line']:>5}  " in said, f"{trace.name}, {number}: {thread}")
                expect(not thread["waits"] or thread["waits"] in said, thread)
            for lock in point["locks"]:
                how = f" {lock['how']}" if lock["how"] else ""
                expect(f"{lock['lock']}{how}: {lock['thread']}" in said, f"{trace.name}, {number}")


@statement
def it_tells_what_explain_tells():
    for trace in FEW:
        story = data_of(page_of(trace))["story"]
        told = " ".join(cowcheck("explain", trace).out.split())
        texts = [*(one["text"] for one in story["happens"]), story["ending"], *story["decides"],
                 *(one["text"] for one in story["essential"])]
        for text in texts:
            expect(" ".join(text.split()) in told, f"{trace.name}: {text}")


@statement
def it_is_small_and_asks_nothing_of_the_network():
    for trace in KNOWN:
        page = page_of(trace)
        expect(len(page.encode()) < 1_000_000, f"{trace.name}: {len(page)}")
        shell = DATA.sub("", page)
        expect(not re.search(r"""(?:src|href)=["']?(?:https?:|//)|url\(|@import|fetch\(|import\(""", shell),
               trace.name)
        expect("default-src 'none'" in shell, "a policy that forbids what is left")


@statement
def a_reader_without_scripts_gets_the_text():
    page = page_of(RACE)
    text = html.unescape(re.search(r"<noscript>.*?<pre>(.*?)</pre>", page, re.DOTALL)[1])
    expect(cowcheck("replay", RACE).out.startswith(text), text[:500])


@statement
def it_goes_into_a_file_and_opens_where_it_is_told():
    result = cowcheck("replay", RACE, "--format", "html", "--output", "race.html", "--at", "12")
    expect(result.status == 0 and result.out == "", result)
    data = data_of(pathlib.Path("race.html").read_text(encoding="utf-8"))
    expect(data["at"] == 12 and data["command"] == f"cowcheck replay {RACE}", data["command"])
    rejects(["replay", RACE, "--format", "html", "--at", "65"], "--at", "64 steps", "65")
    rejects(["replay", RACE, "--format", "html", "--at", "x"], "--at")
    rejects(["replay", RACE, "--at", "5"], "--at", "html")


# ------------------------------------------------------------ pictures

SVG = "{http://www.w3.org/2000/svg}"


def picture(trace, *more):
    result = cowcheck("replay", trace, "--format", "svg", *more)
    expect(result.status == 0 and result.err == "", result)
    expect("http" not in result.out.replace(SVG[1:-1], "") and "<script" not in result.out, trace)
    return ElementTree.fromstring(result.out)


def texts_of(image):
    return [text.text for text in image.iter(f"{SVG}text")]


@statement
def the_schedule_as_a_picture_has_a_dot_for_every_step_in_its_lane():
    for trace in KNOWN:
        data = data_of(page_of(trace))
        image = picture(trace)
        steps = data["trace"]["steps"]
        dots = [(float(dot.get("cy")), dot.get("cx")) for dot in image.iter(f"{SVG}circle")]
        expect(len(dots) == len(steps) and dots == sorted(dots, key=lambda dot: dot[0]), trace.name)
        lanes = {}
        for step, (_, x) in zip(steps, dots):
            expect(lanes.setdefault(step["thread"], x) == x, f"{trace.name}: {step['thread']}")
        expect(len(set(lanes.values())) == len(lanes), f"{trace.name}: {lanes}")
        texts = texts_of(image)
        expect({str(i + 1) for i in range(len(steps))} <= set(texts), trace.name)
        expect("is violated" in " ".join(texts), texts[-3:])
        width = float(image.get("width"))
        for text in image.iter(f"{SVG}text"):
            expect(float(text.get("x")) + 7 * len(text.text) <= width, f"{trace.name}: {text.text}")


@statement
def a_state_as_a_picture_has_its_lines_and_what_has_changed():
    for trace in FEW:
        data = data_of(page_of(trace))
        for step in range(0, len(data["points"]), 7):
            point, before = data["points"][step], data["points"][max(step - 1, 0)]
            image = picture(trace, "--at", step)
            lines = [path for path in image.iter(f"{SVG}path") if path.get("class") != "tip"]
            expect(sorted(path.get("class").split()[0] for path in lines) ==
                   sorted(how for _, _, how in point["arrows"]), f"{trace.name}, {step}")
            stale = [path for path in lines if "stale" in path.get("class")]
            expect(len(stale) == len(point["stale"]), f"{trace.name}, {step}: {point['stale']}")
            said = " ".join(" ".join(texts_of(image)).split())
            for element, now, was in zip(data["elements"], point["state"], before["state"]):
                if element["scope"] == "page" and now[0]:
                    values = dict(zip([field["name"] for field in element["fields"]], now[1:]))
                    old = dict(zip([field["name"] for field in element["fields"]], was[1:]))
                    count = (f"refcount {values['refcount']}" if values["refcount"] == old["refcount"]
                             else f"refcount {old['refcount']} -> {values['refcount']}")
                    expect(count in said, f"{trace.name}, {step}: {count}: {said}")
            for lock in point["locks"]:
                expect(f"{lock['lock']}{' ' if lock['how'] else ''}{lock['how']}: {lock['thread']}" in said,
                       f"{trace.name}, {step}: {lock}")


main()
