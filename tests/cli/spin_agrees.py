"""SPIN, on the exported model, has as many states as cowcheck without reductions, and says the
same about every property."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from spin import (all_properties, assertions_fail_for_what_is_violated, both_count_the_same,
                  compare, designs, export, need_spin)
from statements import cowcheck, expect, main, rejects, statement, write


@statement
def every_design_has_the_same_states_in_the_tiny_world():
    need_spin()
    for design in designs():
        expect(both_count_the_same(design, "tiny", 2) > 10_000, design)


@statement
def any_number_in_flight_gives_the_same_states():
    need_spin()
    for concurrency in (1, "all"):
        both_count_the_same("v5.12", "tiny", concurrency)


@statement
def assertions_fail_exactly_for_what_is_violated():
    need_spin()
    assertions_fail_for_what_is_violated("v5.9", "tiny", 2)


@statement
def an_exported_model_names_handlers_and_statements():
    export("v5.9", "tiny", 2)
    with open("model.pml", encoding="utf-8") as file:
        text = file.read()
    for wanted in ("/* write > fault write > do_wp_page: ", "v5.9.cow:", "proctype cpu_of_parent()",
                   "#define put_page(p, n)", "MUST_no_foreign_data("):
        expect(wanted in text, wanted)


# One of each kind of memory and of each actor, with all that the export has of its own for it.
KINDS = ("child-exit", "ksm-uffd", "lru-memfd", "migration", "migration-uffd", "secondary-async",
         "secondary-swap", "swap", "thp-shared-before", "uffd-continue", "hugetlb-untouched",
         "zap-race")


@statement
def every_kind_of_memory_and_every_actor_has_the_same_states():
    need_spin()
    for world in KINDS:
        both_count_the_same("v6.12", world, 1)


GUP_WITHOUT_COUNT = """
world pinned-zeropage
title "a pin of the zeropage, which is not counted"
depth 4
arch x86
pages 1
frames 3
pins 1
zeropage shared
munmap leaves nothing

process parent {
    cpus 1
    maps va 0 zeropage
    may read, gup(read, pin)
}
"""


@statement
def references_but_pins_are_not_references():
    need_spin()
    world = write("pinned-zeropage.world", GUP_WITHOUT_COUNT)
    for design in ("v6.4", "v6.5", "v7.2"):
        both_count_the_same(design, world, 1)


@statement
def what_is_reached_sometimes_is_not_violated():
    need_spin()
    write("sometimes.cow", """
property is_reached safety "x" source "y"
    sometimes for each page: page.refcount >= 2
property is_never_reached safety "x" source "y"
    sometimes for each page: page.refcount >= 9
property wraps_as_registers_do safety "x" source "y"
    always for each page: page.mapcount - page.refcount > 9 implies page.refcount > page.mapcount
""")
    became, states, text = compare("v6.2", "tiny", ["sometimes.cow", *all_properties()], 1, 100_000)
    expect(became == "compared" and states > 1000 and not text, (became, states, text))


# Each changes one sort of count until a state can keep no more of it, or less than nothing is left.
OF_MAPPED_PAGE = "lock ptl\n    if pte.present { page = pte.page; CHANGE }\n    unlock ptl"
COUNTS_WRONGLY = (
    ("written", "mm.tlb_flush_pending += 1"),
    ("written", "mm.tlb_flush_pending -= 1"),
    ("written", OF_MAPPED_PAGE.replace("CHANGE", "page.mapcount += 3")),
    ("written", OF_MAPPED_PAGE.replace("CHANGE", "page.mapcount -= 2")),
    ("written", OF_MAPPED_PAGE.replace("CHANGE", "page.refcount += 20000")),
    ("written", OF_MAPPED_PAGE.replace("CHANGE", "page.refcount -= 3")),
    ("written", OF_MAPPED_PAGE.replace("CHANGE", "put page; put page")),
    ("written", OF_MAPPED_PAGE.replace("CHANGE", "if page.refcount != 0 { put page }")),
    ("written", OF_MAPPED_PAGE.replace("CHANGE", "put page; get page")),
    ("written", "notifier start"),
    ("written", "notifier end"),
    ("thp", OF_MAPPED_PAGE.replace("CHANGE", "page.mapcount += 1")),
    ("thp", OF_MAPPED_PAGE.replace("CHANGE", "page.mapcount -= 1")),
)

FORGETFUL = """
world forgetful
title "clear_refs over and over"
depth 4
arch x86
pages 2
frames 2
pins 0

process parent {
    cpus 1
    MEMORY
    may read
}

procfs { may clear_refs }
"""
SECONDARY = "secondary_mmu { may secondary_fault(write) }\n"

COUNTED = """
property of_what safety "x" source "y"
    at overflow:  page.free
    at underflow: page.free
"""


@statement
def a_count_that_goes_wrong_goes_wrong_for_spin():
    need_spin()
    write("counted.cow", COUNTED)
    for memory, step in COUNTS_WRONGLY:
        maps = "maps va 0 pte-mapped thp" if memory == "thp" else "maps va 0 anonymous written"
        world = FORGETFUL.replace("MEMORY", maps) + (SECONDARY if "notifier" in step else "")
        write("forgetful.world", world if memory == "thp" else world.replace("pages 2", "pages 1"))
        write("forgets.cow", "design forgets extends v6.12\n\noperation clear_refs() {\n"
                             f"    lock mmap_lock for writing\n    {step}\n"
                             "    unlock mmap_lock\n}\n")
        became, states, text = compare("forgets.cow", "forgetful.world",
                                       ["counted.cow", *all_properties()], 1, 100_000)
        expect(became == "compared" and states > 1 and not text, (step, became, states, text))
        result = cowcheck("check", "--design", "forgets.cow", "--world", "forgetful.world", "--depth",
                          "10", "--concurrency", "1", "--property", "no_deadlock")
        expect(result.status == 1 and "forgets counting" in result.out, (step, result))


REFUSED = (("outside-references", "references from outside"),
           ("transient-reference", "references from outside"))


@statement
def what_can_not_be_exported_is_named():
    for world, reason in REFUSED:
        rejects(["export", "--to", "promela", "--design", "v6.2", "--world", world], world, reason)


@statement
def an_export_wants_a_language_and_a_design():
    for arguments, wanted in (
            ([], "expected --to promela"),
            (["--to", "tla"], "expected --to promela, got 'tla'"),
            (["--to", "promela"], "expected a design"),
            (["--to", "promela", "--design", "v5.99"], "v5.99"),
            (["--to", "promela", "--design", "v5.9", "--depth", "0"], "--depth")):
        result = cowcheck("export", *arguments)
        expect(result.status == 2 and wanted in result.err and not result.out, result)


main()
