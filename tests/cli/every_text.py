"""Reductions are right for every text that the compiler accepts: what was asked decides which of them
are used. Each answer is the same in all modes."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import SOURCE_DIR, cowcheck, expect, main, statement, write

TEXTS = SOURCE_DIR / "tests" / "data" / "every_text"
MODES = ((), ("--no-reduction",), ("--no-symmetry",), ("--no-reduction", "--no-symmetry"),
         ("--threads", "3"))


def answers(design, world, *more, depth="5"):
    """What is violated, by how many operations: once, since all modes must say so."""
    said = set()
    for mode in MODES:
        json = cowcheck("--design", str(design), "--world", str(world), "--depth", depth, "--format",
                        "json", *more, *mode).json()
        said.add(tuple(sorted((one["property"], one["operations"]) for one in json["results"]
                              if one["verdict"] == "violated")))
    expect(len(said) == 1, (design, world, more, said))
    return dict(said.pop())


def own(clause):
    """Arguments that ask for one property of our own alone."""
    write("own.cow", f'property own safety\n    "a"\n    source "b"\n    {clause}\n')
    return "--property", "own.cow"


@statement
def whoever_finds_a_page_in_the_swap_cache_is_seen_by_reclaim():
    found = answers(TEXTS / "reduction-swap-cache.cow", TEXTS / "reduction-swap-cache.world", depth="6")
    expect(found == {"assertions": 2}, found)


@statement
def what_the_swap_slot_holds_is_remembered_for_whoever_is_about_to_copy_it():
    found = answers(TEXTS / "swap-around-cache.cow", TEXTS / "swap-around-cache.world", depth="4")
    expect(found == {"memory_is_coherent": 4, "no_foreign_data": 4}, found)


@statement
def the_swap_slot_is_no_anonymous_page_whoever_maps_it():
    for concurrency, operations in (("1", 6), ("2", 5)):
        found = answers(TEXTS / "maps-the-slot.cow", TEXTS / "maps-the-slot.world", "--concurrency",
                        concurrency, depth="6")
        expect(found.get("counting") == operations, found)


@statement
def what_the_world_has_not_got_is_an_oops_for_whoever_comes_to_it():
    for line in ("write page to swap", "pmd = none", "zap pmd", "fill page_table from pte",
                 "page = zeroed huge page", "page = subpage of page"):
        text = (TEXTS / "swap-without-swap.cow").read_text(encoding="utf-8")
        write("lacks.cow", text.replace("write page to swap", line))
        found = answers("lacks.cow", TEXTS / "swap-without-swap.world")
        expect(found == {"assertions": 1}, (line, found))


@statement
def who_can_get_at_a_page_may_be_nobody_a_moment_later():
    found = answers(TEXTS / "looks-again-before-copy.cow", TEXTS / "looks-again-before-copy.world",
                    "--property", "no_needless_copy", depth="4")
    expect(found == {"no_needless_copy": 4}, found)


@statement
def what_must_be_reached_is_a_property_of_its_own():
    write("both.cow", 'property both safety\n    "a"\n    source "b"\n'
                      "    always for each cpu: tlb(cpu).valid\n    sometimes: quiet\n")
    result = cowcheck("--design", "v6.2", "--world", "tiny", "--property", "both.cow")
    expect(result.status == 2 and "both.cow:5:5: error: what must be reached" in result.err, result)


@statement
def a_page_with_a_name_of_its_own_is_asked_for_wherever_it_may_be():
    text = (TEXTS / "swap-without-swap.cow").read_text(encoding="utf-8")
    write("slot.cow", text.replace("write page to swap", "if swap_slot.anon { page = pte.page }"))
    found = answers("slot.cow", TEXTS / "swap-without-swap.world")
    expect(found == {"assertions": 1}, found)


@statement
def who_waits_for_the_swap_slot_may_get_any_page_that_is_put_there():
    found = answers(TEXTS / "slot-taken-in-use.cow", TEXTS / "slot-taken-in-use.world",
                    "--concurrency", "1", depth="5")
    expect("memory_is_coherent" not in found, found)


@statement
def no_pte_that_maps_nothing_is_special():
    text = (TEXTS / "swap-without-swap.cow").read_text(encoding="utf-8")
    write("special.cow", text.replace("write page to swap", "pte = { swap, special }"))
    result = cowcheck("--design", "special.cow", "--world", "tiny")
    expect(result.status == 2 and "special.cow:9:19: error: 'special' is of a PTE that maps" in
           result.err, result)


@statement
def what_a_child_has_from_fork_is_remembered_while_a_migration_goes_on():
    found = answers(TEXTS / "fork-migration-uffd-kernel.cow", TEXTS / "fork-migration-uffd.world",
                    depth="4")
    expect(not found, found)


@statement
def who_is_entitled_to_what_may_be_asked_of_pages_that_nobody_can_come_to():
    found = answers("v6.2", TEXTS / "entitled-of-a-page-gone.world", *own(
        "always for each mm, page: page.refcount == 1024 implies not entitled(mm, page)"))
    expect(found == {"own": 2}, found)
    answers("v6.2", "tiny", *own("at dma_read: entitled(mm, page)"), depth="3")


@statement
def zapping_and_quiet_may_be_asked_anywhere():
    found = answers("v5.7", TEXTS / "zapping-in-always.world",
                    *own("always for each mm, va: not zapping(mm, va)"))
    expect(found == {"own": 1}, found)
    for clause, wanted in (("at free: quiet", {"own": 1}), ("at free: not quiet", {}),
                           ("sometimes: not quiet", {})):
        found = answers("v6.2", TEXTS / "quiet-at-free.world", *own(clause))
        expect(found == wanted, (clause, found))


@statement
def pins_promises_and_translations_may_be_asked_on_either_side():
    for clause in ("always for each pin: pin.held or not pin.write",
                   "always for each page: page.refcount >= 1024 implies references(page) >= 1024",
                   "always for each cpu: tlb(cpu).valid or not tlb(cpu).writable",
                   "always for each pin: not pin.held implies not pin.attached",
                   "at unpin: page.refcount >= 1024",
                   "at store: soft_dirty_promised(mm) or page.anon"):
        answers("v6.2", "tiny", *own(clause), depth="3")


@statement
def a_report_says_which_reduction_is_not_used_and_why():
    result = cowcheck("--design", "v6.2", "--world", "tiny", "--depth", "2", *own("at free: quiet"))
    expect("note: steps are not joined: property own asks for quiet" in result.out, result)
    result = cowcheck("--design", "v6.2", "--world", "tiny", "--depth", "2",
                      *own("always for each mm, page: not page.free or entitled(mm, page) or true"))
    expect("what pages held is remembered for good" in result.out, result)
    result = cowcheck("--design", "v6.2", "--world", "tiny", "--depth", "2")
    expect("note: steps" not in result.out and "remembered" not in result.out, result)


@statement
def names_that_mean_nothing_where_they_are_asked_are_refused():
    for clause, word in (("at load: pin.held", "'pin'"), ("at free: mm.has_pinned", "'mm'"),
                         ("always: needed", "'needed'"), ("at store: not deadlocked", "'deadlocked'"),
                         ("at store: operation.writes", "userfault")):
        result = cowcheck("--design", "v6.2", "--world", "tiny", "--depth", "2", *own(clause))
        expect(result.status == 2 and word in result.err and "own.cow:4:" in result.err, result)


main()
