"""`cowcheck prove` answers for every count, and cvc5 agrees with every "proved"."""

import concurrent.futures
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import SANITIZED, Skip, cowcheck, expect, files_here, main, rejects, statement, write

DESIGNS = [line.split()[0] for line in cowcheck("designs").out.splitlines()]


def queries(path):
    """The scripts of a file of queries, with the status that each declares."""
    found = {}
    for text in pathlib.Path(path).read_text(encoding="utf-8").split("(reset)"):
        if "(check-sat)" in text:
            # Designs share guards: what differs only in comments is one query.
            script = "\n".join(line.split(";")[0] for line in text.splitlines())
            found[script] = re.search(r":status (\w+)", text).group(1)
    return found


def cvc5(script):
    done = subprocess.run(["cvc5", "--lang", "smt2"], input=script.encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=200)
    return done.stdout.decode().strip()


@statement
def all_shipped_designs_are_answered():
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    result = cowcheck("prove", *DESIGNS, timeout=1000)  # others may work on this machine
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    expect(result.status == 1 and result.err == "", result)
    expect("unknown" not in result.out, result)
    expect(SANITIZED or seconds < 60, seconds)


@statement
def cvc5_proves_what_is_called_proved():
    if shutil.which("cvc5") is None or SANITIZED:
        raise Skip("there is no cvc5, or this build is slow")
    expect(cowcheck("prove", *DESIGNS, "--smt2", "all.smt2", timeout=1000).status == 1, "status")
    proved = [script for script, status in queries("all.smt2").items() if status == "unsat"]
    expect(len(proved) > 20, len(proved))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(cvc5, proved))
    for script, answer in zip(proved, answers):
        expect(answer == "unsat", f"{answer}\n{script}")


@statement
def a_query_is_readable_and_its_assertions_have_names():
    cowcheck("prove", "v5.9", "--smt2", "v5.9.smt2")
    text = pathlib.Path("v5.9.smt2").read_text(encoding="utf-8")
    for words in ("; v5.9, do_wp_page(): \"page.anon and not page.ksm and page.refcount == 1\", small folio: sound?",
                  ":named refcount_is_the_sum", ":named the_guard", ":named is_shared",
                  "; pins (FOLL_PIN) of other processes"):
        expect(words in text, words)


@statement
def json_says_the_same():
    document = cowcheck("prove", "v5.9", "--format", "json").json()
    guard = next(one for one in document["designs"][0]["guards"]
                 if one["guard"] == "page.anon and not page.ksm and page.refcount == 1")
    sound = guard["findings"][0]
    expect((sound["subject"], sound["outcome"]) == ("sound", "proved"), sound)
    expect("is_shared" in sound["needed"], sound)
    copies = [one["only"] for one in guard["findings"]
              if one["folio"] == "small folio" and one["outcome"] == "refuted" and "only" in one]
    expect({"speculative", "lru_batch", "my_pins"} <= set(copies), copies)


@statement
def a_design_of_ones_own_is_answered_from_its_file():
    write("mine.cow", "design mine extends v6.2\n"
          "predicate maybe_dma_pinned(page) = page.refcount >= 2048\n")
    result = cowcheck("prove", "mine.cow")
    expect(result.status == 1 and result.out.startswith("mine: "), result)
    expect("no false negative   refuted with 1 pin (FOLL_PIN) of its own" in result.out, result)


@statement
def a_solver_that_gets_no_time_gives_no_verdict():
    result = cowcheck("prove", "v5.9", "--solver-timeout", "0")
    expect(result.status == 3, result)
    expect("unknown" in result.out, result)
    for word in ("proved", "refuted", "also"):
        expect(word not in result.out, result)
    document = cowcheck("prove", "v5.9", "--solver-timeout", "0", "--format", "json").json()
    findings = [one for guard in document["designs"][0]["guards"] for one in guard["findings"]]
    expect(len(findings) > 20, findings)
    for one in findings:
        expect(one["outcome"] == "unknown" and one["why"] and "witness" not in one, one)


@statement
def one_question_left_open_is_enough_for_no_verdict():
    # However little time it is, on whatever machine: never another answer, perhaps none.
    whole = cowcheck("prove", "v5.9", "--format", "json").json()
    hasty = cowcheck("prove", "v5.9", "--solver-timeout", "1ms", "--format", "json")
    known = [one for guard in whole["designs"][0]["guards"] for one in guard["findings"]]
    found = [one for guard in hasty.json()["designs"][0]["guards"] for one in guard["findings"]]
    answers = {(one["folio"], one["subject"], one["numbers"], one.get("only")): set() for one in known}
    for one in known:
        answers[one["folio"], one["subject"], one["numbers"], one.get("only")].add(one["outcome"])
    for one in found:
        key = (one["folio"], one["subject"], one["numbers"], one.get("only"))
        expect(one["outcome"] == "unknown" or one["outcome"] in answers.get(key, {one["outcome"]}), one)
    expect((hasty.status == 3) == any(one["outcome"] == "unknown" for one in found), hasty.status)


@statement
def a_test_of_two_pages_at_once_is_not_decided():
    write("two.cow", "design two extends v5.9\n"
          "handler wp_page_reuse(va) {\n"
          "    page = pte.page\n"
          "    new = zeroed page\n"
          "    if page.refcount == new.refcount { put new; unlock ptl; return }\n"
          "    put new\n"
          "    pte = pte with { writable, dirty, soft_dirty }\n"
          "    unlock ptl\n"
          "}\n")
    result = cowcheck("prove", "two.cow")
    expect(result.status == 3 and "counts of several pages" in result.out, result)


@statement
def what_cannot_be_meant_is_refused():
    rejects(["prove"], "expected a design", "cowcheck prove NAME|FILE")
    rejects(["prove", "v5.99"], "there is no design 'v5.99'", "v5.9")
    rejects(["prove", "v5.9", "--solver-timeout", "soon"], "--solver-timeout", "'soon'")
    rejects(["prove", "v5.9", "--format", "xml"], "text, json", "'xml'")
    rejects(["prove", "v5.9", "--smt2", "no/such/folder/x.smt2"], "can't write", "no/such/folder")
    rejects(["prove", "v5.9", "--depth", "3"], "--depth", "prove")
    expect(files_here() == [], files_here())


main()
