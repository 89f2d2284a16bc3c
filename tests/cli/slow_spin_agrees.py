"""SPIN agrees with cowcheck in larger worlds, too; see spin_agrees.py."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from spin import (all_designs, assertions_fail_for_what_is_violated, both_count_the_same,
                  both_say_the_same, designs, need_spin)
from statements import main, statement

# Worlds that can be explored completely with so many operations in flight.
WORLDS = (("child-exit", "all"), ("soft-dirty", 2), ("stale-tlb", 1),
          ("direct-io", 1), ("vmsplice", 1), ("pte-same", 1), ("remap", 1))


@statement
def every_design_has_the_same_states_in_small_worlds():
    need_spin()
    for world, concurrency in WORLDS:
        for design in designs():
            both_count_the_same(design, world, concurrency)


@statement
def every_other_design_has_the_same_states_in_world_tiny():
    need_spin()
    for design in all_designs():
        both_count_the_same(design, "tiny", 2)


@statement
def two_pages_and_the_zeropage_have_the_same_states():
    need_spin()
    both_count_the_same("v6.2", "two-pages", 1)
    both_count_the_same("v5.9", "zeropage", 1)


@statement
def the_default_world_has_the_same_verdicts():
    need_spin()
    both_say_the_same("v5.9", "default", 2, 2)


@statement
def assertions_fail_exactly_for_what_is_violated():
    need_spin()
    for design in designs():
        assertions_fail_for_what_is_violated(design, "tiny", 2)


main()
