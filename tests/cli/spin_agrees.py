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
