"""gate --format html: the same findings as the other formats have, each with its player."""

import html
import json
import os
import pathlib
import re
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import chromium
from player_pages import data_of
from statements import cowcheck, expect, main, statement, write

EVIL = "</title><script>document.title = 'evil'</script>"
# clear_refs with neither a write-protected PTE nor a word to the secondary MMU.
WORSE = """design mine extends {base}
title "{title}"
operation clear_refs() {{
    lock mmap_lock for writing
    for each va {{
        lock ptl
        if pte.present {{ clear_soft_dirty(va) }}
        unlock ptl
    }}
    flush tlb
    unlock mmap_lock
}}
"""
WORLDS = ["--world", "secondary-mmu", "--world", "clear-refs-race", "--world", "tiny"]


def gated(*more, base="v5.9"):
    write("mine.cow", WORSE.format(base=base, title=EVIL.replace('"', "")))
    result = cowcheck("gate", "mine.cow", *WORLDS, *more, "--format", "html")
    expect(result.status == 1 and result.err == "", result)
    write("gate.html", result.out)
    return result.out, cowcheck("gate", "mine.cow", *WORLDS, *more, "--format", "json").json()


def text_of(page):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def linked(page):
    return [urllib.parse.unquote(link) for link in re.findall(r'href="([^":,]+)"', page)]


@statement
def every_finding_stands_there_and_what_got_worse_can_be_played():
    page, report = gated()
    told = text_of(page)
    worse = [one for one in report["comparisons"] if one["change"] == "worse"]
    expect(worse and f"Worse {len(worse)} " in told, told[:300])
    for one in report["comparisons"]:
        if one["change"] != "same":
            expect(one["property"] in told and one["world"] in told, one)
    for one in worse:
        expect(one["trace"] in linked(page), one["trace"])
        player = one["trace"].replace(".json", ".html")
        expect(player in linked(page), player)
        data = data_of(pathlib.Path(player).read_text(encoding="utf-8"))
        expect(data["trace"] == json.loads(pathlib.Path(one["trace"]).read_text(encoding="utf-8")), player)
    expect(all(pathlib.Path(link).exists() for link in linked(page)), linked(page))
    expect(page.count("<script") == 1 and "default-src 'none'" in page, "one script, its own")


@statement
def a_design_on_a_file_of_ones_own_has_players_too():
    write("base.cow", "design base extends v5.9\n")
    page, report = gated("--against", "base.cow", base="base")
    (worse,) = [one for one in report["comparisons"] if one["change"] == "worse"]
    data = data_of(pathlib.Path(worse["trace"].replace(".json", ".html")).read_text(encoding="utf-8"))
    expect(data["replay"]["verdict"] == "ok", data["replay"])
    expect("--design base.cow --design mine.cow" in data["command"], data["command"])
    expect(worse["property"] in text_of(page), page)


@statement
def what_a_user_has_written_is_text_and_nothing_else():
    write("mine.cow", WORSE.format(base="v5.9", title="mine"))
    result = cowcheck("gate", "mine.cow", *WORLDS, "--waive", "secondary_mmu_is_in_step",
                      "--because", EVIL, "--format", "html")
    expect(result.status == 0 and "Worse, and waived" in result.out, result)
    expect(result.out.count("<script") == 1 and html.escape(EVIL, quote=False) in result.out, result)


@statement
def in_a_browser_it_can_be_read_and_leads_to_the_player():
    gated()
    with chromium.browser() as browser:
        page = browser.page()
        for scheme in ("light", "dark"):
            page.colours(scheme)
            for width in (320, 390, 1366):
                page.size(width, 800, width < 500)
                page.open("about:blank")
                page.open(chromium.url_of("gate.html"))
                page.drawn()
                wide = page.value("document.documentElement.scrollWidth")
                expect(wide <= width, f"{wide} at {width}")
            page.value("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            found = page.value(chromium.POOR)
            expect(found["looked"] > 40 and found["poor"] == [], found)
        expect(page.value("document.title") == "mine against v5.9", page.value("document.title"))
        page.value("document.querySelector('.links a').click()")
        for _ in range(100):  # until it is there
            time.sleep(0.05)
            if "secondary-mmu" in page.value("location.href") and page.value(
                    "document.readyState") == "complete":
                break
        expect(page.value("document.querySelectorAll('#lanes tbody tr').length") > 5,
               page.value("location.href"))
        expect(page.said == [], page.said)


main()
