"""Files that are not what they should be: one clear message, status 2, nothing written."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import cowcheck, expect, main, rejects, statement, write

WAYS = (
    (["--design"], "a design"),
    (["--world"], "a world"),
    (["--property"], "a file of properties"),
    (["replay"], "a trace"),
)


def each_way(path, *words):
    for option, kind in WAYS:
        rejects([*option, path], path, *(word.replace("KIND", kind) for word in words))


@statement
def a_file_that_is_not_there_is_told():
    each_way("missing/none.cow", "No such file or directory")


@statement
def an_empty_file_is_told():
    write("empty.cow", "")
    each_way("empty.cow", "empty", "KIND is expected")


@statement
def a_directory_is_told():
    os.mkdir("folder.cow")
    each_way("folder.cow", "is a directory", "KIND is expected")


@statement
def a_file_of_100_megabytes_is_refused_unread():
    with open("large.cow", "wb") as file:
        file.truncate(100_000_000)
    each_way("large.cow", "too large", "95.4 MiB", "at most")


@statement
def an_endless_file_is_refused():
    rejects(["--design", "/dev/zero"], "/dev/zero", "too large")


@statement
def a_binary_is_refused():
    with open("binary.cow", "wb") as file:
        file.write(b"design x\n" + bytes(range(256)) * 8)
    each_way("binary.cow", "binary.cow:2:1", "no text")
    rejects(["--design", os.environ["COWCHECK"]], os.environ["COWCHECK"])


@statement
def a_text_that_is_no_design_is_told_with_its_place():
    write("prose.cow", "# a comment\n\nonce upon a time\n")
    for option in ("--design", "--world", "--property"):
        rejects([option, "prose.cow"], "prose.cow:3:1")
    write("comment.cow", "# nothing but a comment\n")
    rejects(["--design", "comment.cow"], "comment.cow")


@statement
def errors_in_a_design_have_file_line_column_and_suggestion():
    write(
        "mine.cow",
        "design mine extends v5.9\n\nhandler do_wp_page(va) {\n"
        "    if pte.writabel { unlock ptl; return }\n    unlock ptl\n}\n",
    )
    result = rejects(["--design", "mine.cow"], "mine.cow:4:", "did you mean 'writable'?")
    expect("if pte.writabel" in result.err and "^" in result.err, result)


@statement
def a_design_that_extends_nothing_known_is_told():
    write("mine.cow", "design mine extends v5.99\n")
    rejects(["--design", "mine.cow"], "mine.cow:1:", "v5.99", "did you mean 'v5.9'?")
    write("loop.cow", "design loop extends loop\n")
    rejects(["--design", "loop.cow"], "loop")


@statement
def a_design_finds_its_parts_beside_itself_or_tells():
    os.makedirs("dir/mine")
    write("dir/mine.cow", "design mine extends v6.2\nparts exit, swap\n")
    write("dir/mine/exit.cow", "part exit of mine\n\npredicate unshares(page) = page.anon\n")
    rejects(["--design", "dir/mine.cow"], "dir/mine.cow:2:13: ", "the part 'swap' is missing",
            "'dir/mine/swap.cow'")
    write("dir/mine/swap.cow", "part swap of yours\n")
    rejects(["--design", "dir/mine.cow"], "dir/mine/swap.cow:1:14: ", "'part swap of mine'")
    write("dir/mine/swap.cow", "part swap of mine\n\nhandler zap_pte(va) {\n    zap pet\n}\n")
    rejects(["--design", "dir/mine.cow"], "dir/mine/swap.cow:4:5: ", "did you mean 'zap pte'?")
    rejects(["--design", "dir/mine/swap.cow"], "dir/mine/swap.cow:1:1: ", "name the file of the design")
    write("dir/mine/swap.cow", "part swap of mine\n\npredicate unshares(page) = page.anon\n")
    rejects(["--design", "dir/mine.cow"], "dir/mine/swap.cow:3:11: ", "defined twice",
            "dir/mine/exit.cow line 3")
    write("dir/mine/swap.cow", "part swap of mine\n")
    result = cowcheck("--depth", "1", "--design", "dir/mine.cow")
    expect(result.status == 0, result)


@statement
def a_name_can_be_taken_only_once():
    write("mine.cow", "design v5.9 extends v5.8\n")
    rejects(["--design", "mine.cow"], "mine.cow:1:", "v5.9", "already")


@statement
def one_bad_file_among_good_ones_stops_all_of_it():
    write("good.cow", "design good extends v5.9\n")
    write("bad.cow", "design bad extends v5.99\n")
    rejects(["--design", "good.cow", "--design", "v5.7", "--design", "bad.cow"], "bad.cow:1:")


@statement
def a_design_file_may_extend_a_built_in_one_or_another_file():
    write("one.cow", "design one extends v5.9\n")
    write("two.cow", "design two extends one\n")
    result = cowcheck("--depth", "1", "--design", "two.cow", "--design", "./one.cow",
                      "--design", "one.cow", "--format", "json")
    expect(result.status == 0, result)
    expect([run["design"] for run in result.json()["runs"]] == ["two", "one"], result)


@statement
def a_world_file_and_a_properties_file_are_used():
    world = cowcheck("worlds", "show", "tiny").out.replace("world tiny", "world mine", 1)
    write("mine.world", world)
    write(
        "mine.cow",
        'property nothing_is_ever_stored safety\n    "a property that breaks at once"\n'
        '    source "this test"\n    at store: false\n',
    )
    result = cowcheck("--depth", "2", "--design", "v6.2", "--world", "mine.world",
                      "--property", "mine.cow", "--format", "json")
    expect(result.status == 1, result)
    (only,) = [one for one in result.json()["results"] if one["property"] != "assertions"]
    expect(only["property"] == "nothing_is_ever_stored" and only["world"] == "mine", result)
    expect(only["verdict"] == "violated" and only["operations"] == 1, result)


WORLD = """world mine
title "what cannot be right"
pages  2
frames 2
pins   1
process p {
    cpus 1
    maps va 0 anonymous written
    maps va 1 anonymous written
    may read, write, gup(read, get)
}
"""


def bad_world(*words, old, new):
    """The world with one line changed is refused by whoever reads it, and nothing is written."""
    write("mine.world", WORLD.replace(old, new))
    for args in (["check", "--design", "v6.2"], ["gate", "v6.2"], ["coverage", "v6.2"],
                 ["export", "--to", "promela", "--design", "v6.2"]):
        before = sorted(os.listdir("."))
        rejects([*args, "--world", "mine.world"], *words)
        expect(sorted(os.listdir(".")) == before, os.listdir("."))


@statement
def a_world_with_fewer_frames_than_it_maps_is_refused():
    bad_world("mine.world:4:1: ", "takes 2 frames", "the world has 1", "say 'frames 2'",
              old="frames 2", new="frames 1")


@statement
def a_world_that_maps_a_page_twice_is_refused():
    bad_world("mine.world:9:5: ", "'p' maps virtual page 0 already", old="va 1", new="va 0")


@statement
def a_world_in_which_a_gup_has_no_pin_is_refused():
    bad_world("mine.world:10:22: ", "'gup(read, get)' can never start", "say 'pins 1'",
              old="pins   1", new="pins   0")


def long_design(body):
    return "design mine extends v6.2\n\noperation munmap(va) {\n" + body + "}\n"


@statement
def a_handler_that_is_too_long_for_the_machine_is_named():
    for count in (33_000, 45_000):
        write("mine.cow", long_design("    flush tlb va\n" * count))
        rejects(["--design", "mine.cow"], "mine.cow:", "operation 'munmap' makes the program too long")
    # A step may have any number of branches.
    write("mine.cow", long_design(
        "atomic {\n" + "if mm.has_pinned { mm.has_pinned = false }\n" * 9_000 + "}\n"))
    result = cowcheck("--design", "mine.cow", "--world", "tiny", "--depth", "1")
    expect(result.status == 0, result)
    # One step is no shorter than the operation that it is all of.
    write("mine.cow", long_design("atomic {\n" + "mm.has_pinned = true\n" * 30_000 + "}\n"))
    rejects(["--design", "mine.cow", "--world", "tiny"], "makes the program too long")
    # Of steps there can be fewer than of instructions.
    write("mine.cow", long_design("    flush tlb va\n" * 5000))
    rejects(["--design", "mine.cow"], "mine.cow:3:11: ", "operation 'munmap' has 500", "4094")


@statement
def handlers_that_call_each_other_without_end_are_named():
    text = "design mine extends v6.2\n\noperation munmap(va) { h0() }\n"
    for i in range(12):
        text += f"handler h{i}() {{\n" + f"    h{i + 1}()\n" * 10 + "}\n"
    write("mine.cow", text + "handler h12() { }\n")
    rejects(["--design", "mine.cow"], "mine.cow:", "munmap > h0 > h1", "calls")


@statement
def a_state_that_is_too_large_says_what_takes_how_much():
    write("mine.world", "world mine\npages 2\nframes 14\npins 4\n"
          + "".join(f"process p{i} {{\n    cpus 2\n    maps va 0 anonymous written\n"
                    "    may read, write, fork, exit, munmap, gup_fast(write, pin)\n}\n"
                    for i in range(4)))
    rejects(["--design", "v6.2", "--world", "mine.world"], "world 'mine'", "too large", " bits",
            "14 frames", "8 threads", "16 TLB entries")


@statement
def a_world_that_wants_what_the_kernel_has_not_got_is_refused():
    write("mine.cow", "design mine extends v6.2\n\n# it came with v6.7\n"
          "operation munmap(va) {\n    if vma.hugetlb { no such operation }\n    flush tlb va\n}\n")
    rejects(["--design", "mine.cow", "--world", "hugetlb"], "mine.cow:5:22: ",
            "has no operation 'munmap' in world 'hugetlb'", "it came with v6.7")
    result = cowcheck("--design", "mine.cow", "--world", "remap", "--depth", "1")
    expect(result.status in (0, 1), result)


@statement
def a_text_from_a_pipe_is_read():
    read, write_end = os.pipe()
    os.write(write_end, b"design piped extends v6.2\n")
    os.close(write_end)
    result = cowcheck("--depth", "1", "--design", f"/dev/fd/{read}", pass_fds=[read])
    os.close(read)
    expect(result.status == 0 and "piped" in result.out, result)


main()
