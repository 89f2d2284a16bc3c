"""SPIN, on the exported model, has as many states as cowcheck without reductions, and says the
same about every property."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from spin import (assertions_fail_for_what_is_violated, both_count_the_same, designs, export,
                  need_spin)
from statements import cowcheck, expect, main, statement


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
