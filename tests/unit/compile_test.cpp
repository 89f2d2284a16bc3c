// What the compiler says about designs and worlds that are wrong: the place, what is
// wrong, and what was meant.
#include "model/compile/check_design.h"
#include "tests/support/models.h"

#include "model/language/parse.h"

#include <doctest/doctest.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// All complaints, "line:column: message (suggestion)", one a line.
std::string brief(const Diagnostics& out) {
    std::string text;
    for (const Diagnostic& d : out)
        text += std::to_string(d.span.line) + ":" + std::to_string(d.span.column) + ": " +
                d.message + (d.suggestion.empty() ? "" : " (" + d.suggestion + ")") + "\n";
    return text;
}

// Compiled for the default world, and checked as a file of its own.
std::string errors(const std::string& design) {
    Diagnostics out;
    const auto text = try_parse(design, out);
    if (!text) return brief(out);
    const World world = world_of("default");
    check_design(*text, builtin_library().properties(), {&world}, out);
    if (out.empty()) (void)compile(*text, builtin_library().properties(), world, out);
    return brief(out);
}

// Of several complaints the first: what follows may follow from it.
std::string first(const std::string& complaints) {
    return complaints.substr(0, complaints.find('\n'));
}

// A munmap that does nothing but this; it begins in line 4.
std::string in_munmap(const std::string& statements) {
    return errors("design trial extends v6.2\n\noperation munmap(va) {\n" + statements + "\n}\n");
}

std::string world_errors(const std::string& text) {
    Diagnostics out;
    const SourceFile file{"trial.world", text};
    const auto tree = parse_world(file, out);
    if (tree) (void)resolve_world(*tree, out);
    return brief(out);
}

const std::string world_head = "world trial\npages 1\nframes 2\npins 1\n";
const std::string a_process = "process parent {\n    cpus 1\n    may write\n}\n";

}  // namespace

TEST_CASE("a design that only extends another is right") {
    for (const std::string& base : all_designs)
        CHECK(errors("design trial extends " + base + "\n").empty());
}

TEST_CASE("an unknown name is named, and the nearest known one suggested") {
    CHECK(in_munmap("    pge.refcount += 1") ==
          "4:5: there is no 'pge' here (did you mean 'pte'?)\n");
    CHECK(in_munmap("    page = pte.page\n    page.mapcuont += 1") ==
          "5:5: a page has no 'mapcuont' to change (did you mean 'mapcount'?)\n");
    CHECK(in_munmap("    if pte.presnt { return }") ==
          "4:8: a PTE has no 'presnt' (did you mean 'present'?)\n");
    CHECK(in_munmap("    if mm.has_pined { return }") ==
          "4:8: a process (mm) has no 'has_pined' (did you mean 'has_pinned'?)\n");
    CHECK(in_munmap("    if maybe_pinned(va) { return }") ==
          "4:8: there is no predicate 'maybe_pinned' (did you mean 'maybe_dma_pinned'?)\n");
    CHECK(in_munmap("    zap_ptes(va)") ==
          "4:5: there is no handler 'zap_ptes' (did you mean 'zap_pte'?)\n");
    CHECK(in_munmap("    fault wirte(va)") ==
          "4:11: there is no fault 'wirte' (did you mean 'write'?)\n");
    CHECK(in_munmap("    flush tbl va") == "4:5: 'flush tbl va' is not a step that the language "
                                           "knows (did you mean 'flush tlb va'?)\n");
    CHECK(in_munmap("    pte = { page = zeropage, writeable }") ==
          "4:30: a PTE has no 'writeable' to set (did you mean 'writable'?)\n");
}

TEST_CASE("a value of the wrong type is refused") {
    CHECK(in_munmap("    if pte.page { return }") ==
          "4:8: this is a page, but a truth value is wanted here\n");
    CHECK(in_munmap("    if pte.page == 1 { return }") ==
          "4:8: this compares a page with a number\n");
    CHECK(in_munmap("    pte = 1") == "4:11: this is a number, but a PTE is wanted here\n");
    CHECK(in_munmap("    old = pte\n    old = pte.page") ==
          "5:5: 'old' holds a PTE, this is a page\n");
    CHECK(in_munmap("    if mm.tlb_flush_pending > 70000 { return }") ==
          "4:31: a number is from 0 to 65535\n");
}

TEST_CASE("a lock is released only by who holds it, and taken only by who does not") {
    CHECK(in_munmap("    unlock ptl") == "4:5: ptl is not held here; held: nothing\n");
    CHECK(in_munmap("    unlock mmap_lock") == "4:5: mmap_lock is not held here; held: nothing\n");
    CHECK(in_munmap("    lock ptl\n    lock ptl\n    unlock ptl") == "5:5: ptl is held already\n");
    CHECK(in_munmap("    irqs on") == "4:5: interrupts off is not held here; held: nothing\n");
}

TEST_CASE("nothing is held when an operation ends, or sleeps for userfaultfd") {
    CHECK(in_munmap("    lock ptl") == "4:5: the operation ends with ptl held\n");
    CHECK(in_munmap("    lock ptl\n    if pte.none { return }\n    unlock ptl") ==
          "5:5: the operation ends with ptl held\n");
    CHECK(first(in_munmap("    lock ptl\n    wait userfaultfd(va)\n    unlock ptl")) ==
          "5:5: mmap_lock (for reading) is not held here; held: ptl");
}

TEST_CASE("paths that meet hold the same locks") {
    CHECK(in_munmap("    lock ptl\n    if pte.none { unlock ptl }\n    zap pte\n    unlock ptl") ==
          "6:5: two paths meet here that hold different locks: ptl, and nothing\n");
}

TEST_CASE("what is never reached, or never ends a step, is found") {
    CHECK(in_munmap("    return\n    flush tlb va") == "5:5: this is never reached\n");
    CHECK(in_munmap("    loop { continue }") == "3:11: a loop through here takes no step\n");
    CHECK(in_munmap("    break") == "4:5: there is no loop here to leave or repeat\n");
    CHECK(errors("design trial extends v6.2\n\nhandler nobody(va) {\n    flush tlb va\n}\n") ==
          "3:9: nothing calls 'nobody'\n");
    CHECK(errors("design trial extends v6.2\n\noperation frok() {\n    flush tlb\n}\n") ==
          "3:11: there is no operation 'frok' to start (did you mean 'fork'?)\n");
    CHECK(errors("design trial extends v6.2\n\npredicate must_unshar(page, flags) = true\n") ==
          "3:11: nothing uses the predicate 'must_unshar' (did you mean 'must_unshare'?)\n");
}

TEST_CASE("whoever copies a shipped design to change it hears no complaint") {
    std::vector<const World*> worlds;
    for (const std::string& world : builtin_library().world_names())
        worlds.push_back(builtin_library().world(world));
    for (const std::string& name : builtin_library().design_names()) {
        CAPTURE(name);
        Diagnostics out;
        check_design(*builtin_library().design(name, out), builtin_library().properties(), worlds,
                     out);
        CHECK(brief(out) == "");
    }
}

TEST_CASE(
    "a mistake in a handler that several operations use is said once, and nothing of it follows") {
    CHECK(errors("design trial extends v5.9\n\nhandler do_wp_page(va) {\n    unlck ptl\n}\n") ==
          "4:5: 'unlck ptl' is not a step that the language knows (did you mean 'unlock ptl'?)\n");
}

TEST_CASE("a handler that keeps more than a thread can hold is told where, and what it keeps") {
    const std::string room =
        " (an operation has room for 3 PTEs or numbers at a time, for 6 pages and PTEs, and for "
        "2 processes; keep a PTE's page only, or look again)\n";
    CHECK(in_munmap("    lock ptl\n    a = pte\n    b = pte\n    c = pte\n    d = pte\n"
                    "    unlock ptl\n    flush tlb va\n    lock ptl\n    pte = a\n    pte = b\n"
                    "    pte = c\n    pte = d\n    unlock ptl") ==
          "8:5: the handler keeps too much in locals here: "
          "a PTE 'a', a PTE 'b', a PTE 'c', a PTE 'd'" +
              room);
    // What is needed no more leaves its room to others.
    CHECK(
        in_munmap("    lock ptl\n    a = pte\n    b = pte\n    c = pte\n    pte = a\n    d = pte\n"
                  "    pte = b\n    pte = c\n    pte = d\n    unlock ptl") == "");
    // Each handler calls its locals by names of its own.
    CHECK(errors("design trial extends v6.2\n\noperation munmap(va) {\n    lock ptl\n"
                 "    old = pte\n    page = zeropage\n    two()\n    pte = old\n    get page\n"
                 "    put page\n    unlock ptl\n}\n\nhandler two() {\n    old = pte\n"
                 "    count = zeropage.refcount\n    more = count + 1\n    pte = old\n"
                 "    if count == more { flush tlb }\n}\n") ==
          "17:5: the handler keeps too much in locals here: a PTE 'old' of munmap, "
          "a page 'page' of munmap, a PTE 'old' of two, a number 'count' of two, "
          "a number 'more' of two" +
              room);
    CHECK(
        in_munmap("    a = zeropage\n    b = zeropage\n    c = zeropage\n    d = zeropage\n"
                  "    e = zeropage\n    f = zeropage\n    g = zeropage\n    flush tlb va\n"
                  "    get a\n    get b\n    get c\n    get d\n    get e\n    get f\n    get g") ==
        "11:5: the handler keeps too many pages in locals here: a page 'a', a page 'b', "
        "a page 'c', a page 'd', a page 'e', a page 'f', a page 'g'" +
            room);
    CHECK(in_munmap("    a = mm\n    b = mm\n    c = mm\n    flush tlb va\n"
                    "    if a.has_pinned and b.has_pinned and c.has_pinned { flush tlb }") ==
          "7:5: the handler keeps too many processes in locals here: a process (mm) 'a', "
          "a process (mm) 'b', a process (mm) 'c'" +
              room);
    // Never more than three at a time, but each beside others of five.
    CHECK(in_munmap("    lock ptl\n    z = pte\n    a = pte\n    loop {\n        b = pte\n"
                    "        pte = a\n        c = pte\n        pte = b\n        d = pte\n"
                    "        pte = c\n        e = pte\n        pte = d\n        a = pte\n"
                    "        pte = e\n        if z.present { break }\n    }\n    unlock ptl") ==
          "14:9: the handler keeps too much in locals here: nothing is left for a PTE 'e' beside "
          "a PTE 'z', a PTE 'a', a PTE 'd'" +
              room);
}

TEST_CASE("a local holds any count that a page can have, that of four pins, too") {
    for (const bool right : {true, false}) {
        Diagnostics out;
        const auto trial = try_compile("design trial extends v6.2\noperation munmap(va) {\n"
                                       "    count = 4100\n    flush tlb va\n    assert count == " +
                                           std::string(right ? "4100" : "4") + "\n}\n",
                                       world_of("default"), out);
        REQUIRE_MESSAGE(trial, to_text(out));
        CHECK(explore(*trial, 1).holds("assertion") == right);
    }
}

TEST_CASE("a local has a value on every way to where it is used") {
    CHECK(in_munmap("    lock ptl\n    if pte.present { page = pte.page }\n    unlock ptl\n"
                    "    get page\n    put page") ==
          "7:5: 'page' may have no value here "
          "(give it one on every way that leads here)\n");
    CHECK(in_munmap("    lock ptl\n    old = pte\n    unlock ptl\n"
                    "    if old.present { page = old.page; get page; put page }") == "");
}

TEST_CASE("calls have the parameters that the handler asks for") {
    CHECK(in_munmap("    zap_pte()") == "4:5: 'zap_pte' takes 1 arguments, not 0\n");
    CHECK(in_munmap("    zap_pte(pte)") ==
          "4:13: pass a local, a parameter, true or false; what else a handler needs, it looks at "
          "in a step of its own\n");
    CHECK(
        first(errors("design trial extends v6.2\n\noperation munmap(page) {\n    put page\n}\n")) ==
        "3:11: operation 'munmap' is declared as munmap(va)");
    CHECK(in_munmap("    page = pte.page\n    if must_unshare(page) { return }") ==
          "5:8: 'must_unshare' takes 2 arguments, not 1\n");
}

TEST_CASE("nothing calls or defines itself") {
    CHECK(errors("design trial extends v6.2\n\noperation munmap(va) {\n    again(va)\n}\n\n"
                 "handler again(va) {\n    flush tlb va\n    again(va)\n}\n") ==
          "7:9: 'again' calls itself\n");
    CHECK(errors("design trial extends v6.2\n\npredicate unshares(page) = unshares(page)\n") ==
          "3:11: 'unshares' is defined by itself\n");
}

TEST_CASE("a definition stands once in a file, and a property is known by its name") {
    CHECK(first(errors("design trial extends v6.2\n\nhandler zap_pte(va) {\n    zap pte\n}\n\n"
                       "handler zap_pte(va) {\n    flush tlb va\n}\n")) ==
          "7:9: 'zap_pte' is defined twice in this file; the first is in line 3");
    CHECK(errors("design trial extends v6.2\nexpect holds no_foriegn_data because \"x\"\n") ==
          "2:14: there is no property 'no_foriegn_data' (did you mean 'no_foreign_data'?)\n");
    CHECK(errors("design trial extends v6.2\nexpect holds no_foreign_data in defualt\n") ==
          "2:33: there is no world 'defualt' (did you mean 'default'?)\n");
}

TEST_CASE("parts of a design are read from beside it, and join it") {
    Diagnostics out;
    Library library(out);
    const auto read = [](const std::string& path) -> std::optional<std::string> {
        if (path == "dir/mine/exit.cow")
            return "part exit of mine\n\npredicate late(pin) = pin\n\n"
                   "handler zap_pte(va) {\n    zap pte\n}\n";
        if (path == "dir/mine/other.cow") return "part exit of v5.9\n";
        if (path == "dir/mine/twice.cow") return "part twice of mine\n\nhandler h() { }\n";
        return std::nullopt;
    };
    const std::string head = "design mine extends v6.2\n";
    REQUIRE(library.add_design("dir/mine.cow", head + "parts exit\n\noperation exit() { }\n", out,
                               read));
    const auto design = library.design("mine", out);
    REQUIRE(design);
    const auto* zap = design->handler(ast::HandlerKind::handler, "zap_pte");
    REQUIRE(zap != nullptr);
    CHECK(zap->span.file->name == "dir/mine/exit.cow");
    CHECK(zap->span.line == 5);
    CHECK(design->predicate("late") != nullptr);
    CHECK(design->handler(ast::HandlerKind::handler, "do_swap_page")->span.file->name ==
          "v5.19/swap.cow");
    CHECK(design->chain.front()->files().size() == 2);
    CHECK(design->chain.front()->whole_text() ==
          head + "parts exit\n\noperation exit() { }\n\n" + *read("dir/mine/exit.cow"));

    const auto complaints = [&](const std::string& text) {
        out.clear();
        Library fresh(out);
        (void)fresh.add_design("dir/mine.cow", head + text, out, read);
        return brief(out);
    };
    CHECK(complaints("parts exit, swap\n") ==
          "2:13: the part 'swap' is missing: expected a file 'dir/mine/swap.cow'\n");
    CHECK(complaints("parts exit, exit\n") == "2:13: the part 'exit' is named twice\n");
    CHECK(complaints("parts other\n") == "1:6: this is 'part exit of v5.9', where 'part other of "
                                         "mine' is expected\n");
    CHECK(complaints("parts exit\npart exit of v5.9\n") ==
          "3:14: this is 'part exit of v5.9', where 'part exit of mine' is expected\n");
    CHECK(
        complaints("parts exit\npart exti of mine\n") ==
        "3:6: the design names no part 'exti'; expected a line 'parts exti' near its top (did you "
        "mean 'exit'?)\n");
    CHECK(complaints("parts exit\npart exit of mine\nhandler a() { }\npart exit of mine\n") ==
          "5:6: the part 'exit' begins twice; it has begun in line 3\n");

    out.clear();
    Library fresh(out);
    REQUIRE(fresh.add_design("dir/mine.cow", head + "parts twice\n\nhandler h() { }\n", out, read));
    check_design(*fresh.design("mine", out), fresh.properties(), {fresh.world("tiny")}, out);
    CHECK(first(brief(out)) ==
          "3:9: 'h' is defined twice in this design; the first is in dir/mine.cow line 4");
}

TEST_CASE("a design that holds its parts itself is the same design") {
    Diagnostics out;
    const auto text = builtin_library().design("v5.7", out);
    REQUIRE(text);
    std::string whole = text->chain.front()->whole_text();
    const auto again = try_parse(whole, out);
    REQUIRE_MESSAGE(again, to_text(out));
    CHECK(again->design().handlers.size() == text->design().handlers.size());
    CHECK(again->design().predicates.size() == text->design().predicates.size());
}

TEST_CASE("only a GUP returns a page, and only it can fail") {
    CHECK(in_munmap("    fail") == "4:5: only a GUP can fail\n");
    CHECK(in_munmap("    page = pte.page\n    return page") ==
          "5:5: only a GUP returns something\n");
}

TEST_CASE("a design without an operation that the world's menu has is incomplete") {
    Diagnostics out;
    CHECK_FALSE(try_compile("design trial\n", world_of("tiny"), out));
    CHECK(
        brief(out).find("1:8: the design has no operation 'fork', which the world's menu needs") !=
        std::string::npos);
}

TEST_CASE("several mistakes are reported at once, in the order of the text") {
    CHECK(in_munmap("    pge = pte.pag\n    unlck ptl\n    if mm.has_pined { return }") ==
          "4:11: a PTE has no 'pag' (did you mean 'page'?)\n"
          "5:5: 'unlck ptl' is not a step that the language knows (did you mean 'unlock ptl'?)\n"
          "6:8: a process (mm) has no 'has_pined' (did you mean 'has_pinned'?)\n");
}

TEST_CASE("a design extends one that is there, and not itself") {
    Diagnostics out;
    Library library(out);
    REQUIRE(library.add_design("a.cow", "design a extends v5.13\n", out));
    CHECK_FALSE(library.design("a", out));
    CHECK(brief(out) == "1:18: there is no design 'v5.13' (did you mean 'v5.10'?)\n");
    out.clear();
    REQUIRE(library.add_design("b.cow", "design b extends c\n", out));
    REQUIRE(library.add_design("c.cow", "design c extends b\n", out));
    CHECK_FALSE(library.design("b", out));
    CHECK(brief(out) == "1:18: design 'b' extends itself\n");
    out.clear();
    CHECK_FALSE(library.add_design("d.cow", "design v5.9\n", out));
    CHECK(brief(out) == "1:8: there is a design 'v5.9' already (give yours a name of its own and "
                        "let it extend 'v5.9')\n");
    out.clear();
    CHECK_FALSE(library.design("v5.77", out));
    CHECK(brief(out) == "0:0: there is no design 'v5.77' (did you mean 'v5.7'?)\n");
}

TEST_CASE("a message shows the line, a caret below the place, and the suggestion") {
    Diagnostics out;
    (void)try_compile("design trial extends v6.2\n\noperation munmap(va) {\n    flush tbl va\n}\n",
                      world_of("default"), out);
    CHECK(to_text(out) ==
          "trial.cow:4:5: error: 'flush tbl va' is not a step that the language knows\n"
          "        flush tbl va\n"
          "        ^~~~~~~~~~~~\n"
          "    did you mean 'flush tlb va'?");
}

TEST_CASE("a world is checked before anything runs in it") {
    CHECK(world_errors(world_head + a_process).empty());
    CHECK(world_errors("world trial\npages 1\nframes 2\npins 1\n") ==
          "1:7: a world needs at least one process\n");
    CHECK(world_errors(world_head + "process a {\n    may wriet\n}\n") ==
          "6:9: there is no operation 'wriet' (did you mean 'write'?)\n");
    CHECK(world_errors(world_head + "process a {\n    may clear_refs\n}\n") ==
          "6:9: 'clear_refs' is not for this actor\n");
    CHECK(world_errors(world_head + "process a {\n    may write, write\n}\n") ==
          "6:16: 'write' is in the menu already\n");
    CHECK(world_errors(world_head + "process a {\n    may gup\n}\n") ==
          "6:9: 'gup' wants read or write, and get or pin; longterm if it is\n");
    CHECK(world_errors(world_head + "process a {\n    may gup(raed, get)\n}\n") ==
          "6:9: there is no GUP flag 'raed' (did you mean 'read'?)\n");
    CHECK(world_errors(world_head + "process a {\n    may read(pin)\n}\n") ==
          "6:9: 'read' takes no flags\n");
    CHECK(world_errors(world_head + "process a {\n    may write(zeros)\n}\n") ==
          "6:9: a write has no flag 'zeros' (did you mean 'zeroes'?)\n");
    CHECK(world_errors(world_head + "process a {\n    maps va 3 anonymous written\n}\n") ==
          "6:5: the process has no virtual page 3; there are 1\n");
    CHECK(world_errors(world_head + "process a {\n    maps va 0 zeropage\n}\n") ==
          "6:5: this world has no zeropage; say 'zeropage shared' first\n");
    CHECK(world_errors(world_head + "process a {\n    starts free\n    may write\n}\n") ==
          "1:7: some process must run at the start\n");
    CHECK(world_errors(world_head + a_process + a_process) ==
          "9:9: there is a process 'parent' already\n");
    CHECK(world_errors("world trial\npages 9\nframes 99\npins 1\n" + a_process) ==
          "2:1: 'pages' wants one number from 1 to 4\n"
          "3:1: 'frames' wants one number from 1 to 14\n");
    CHECK(world_errors(world_head + "arch mips\n" + a_process) == "5:1: 'arch' is x86 or arm64\n");
    CHECK(world_errors(world_head + "swap on\n" + a_process) ==
          "5:1: a world has no setting 'swap'\n");
    CHECK(world_errors(world_head + a_process + "montior { may uffd_wp_protect }\n") ==
          "9:1: a world has no 'montior' (did you mean 'monitor'?)\n");
}

TEST_CASE("a world has the frames that it starts with") {
    const auto world = [&](const std::string& maps, const std::string& settings = "") {
        const auto errors = world_errors("world trial\npages 2\n" + settings +
                                         "frames 1\nprocess a {\n    may read\n" + maps + "}\n");
        return errors.substr(0, errors.find(" ("));
    };
    const auto takes = [](unsigned line, const std::string& frames) {
        return std::to_string(line) + ":1: what is mapped at the start takes " + frames + " frames";
    };
    CHECK(world("    maps va 0 anonymous written\n").empty());
    CHECK(world("    maps va 0 anonymous written\n    maps va 1 anonymous alike\n") ==
          takes(3, "2"));
    CHECK(world("    maps va 0 ksm\n    maps va 1 ksm\n").empty());  // they share one
    CHECK(world("    maps va 0 ksm\n    maps va 1 anonymous alike\n") == takes(3, "2"));
    CHECK(world("    maps va 0 zeropage\n    maps va 1 anonymous written\n", "zeropage shared\n")
              .empty());
    CHECK(world("    maps va 0 memfd\n    maps va 1 tmpfile\n").empty());
    CHECK(world("    maps va 0 hugetlb written\n    maps va 1 hugetlb written\n") == takes(3, "2"));
    CHECK(world("    maps va 0 huge zeropage\n", "zeropage shared\n").empty());
    for (const std::string thp : {"thp written", "pte-mapped thp", "last page of thp",
                                  "base pages for thp", "partially shared thp"})
        CHECK(world("    maps va 0 " + thp + "\n") == takes(3, "2"));
    // Those who start alive count, in any order; without a line, the default is told.
    CHECK(world_errors(
              "world trial\npages 1\nframes 1\nprocess a {\n    maps va 0 anonymous "
              "written\n    may read\n}\nprocess b {\n    maps va 0 anonymous written\n}\n") ==
          "3:1: what is mapped at the start takes 2 frames (va 0 of 'a', va 0 of 'b'), and the "
          "world has 1 (say 'frames 2' or more: whatever copies a page takes another one)\n");
    std::string many = "world trial\npages 4\n";
    for (const std::string name : {"a", "b"}) {
        many += "process " + name + " {\n    may read\n";
        for (const std::string va : {"0", "1", "2", "3"})
            many += "    maps va " + va + " anonymous written\n";
        many += "}\n";
    }
    CHECK(world_errors(many).starts_with("12:5: what is mapped at the start takes 8 frames"));
}

TEST_CASE("a world maps a page once and says a thing once") {
    const auto maps = [](const std::string& lines, const std::string& settings = "") {
        return world_errors("world trial\npages 2\nframes 4\n" + settings +
                            "process a {\n    may read\n" + lines + "}\n");
    };
    CHECK(maps("    maps va 0 anonymous written\n    maps va 0 anonymous written\n") ==
          "7:5: 'a' maps virtual page 0 already\n");
    CHECK(maps("    maps va 0 anonymous written\n    maps va 0 zeropage\n", "zeropage shared\n") ==
          "8:5: 'a' maps virtual page 0 already\n");
    CHECK(maps("    maps va 0 thp written\n    maps va 0 base pages for thp\n") ==
          "7:5: 'a' maps virtual page 0 already\n");
    CHECK(maps("", "frames 2\n") == "4:1: 'frames' is said already, in line 3\n");
    CHECK(maps("", "uffd wp_async\nuffd wp_async\n") == "5:1: 'uffd' is said already, in line 4\n");
    CHECK(maps("", "uffd wp_async\nuffd event_fork\n").empty());
}

TEST_CASE("what can never start in a world is refused") {
    const auto errors = [](const std::string& rest, const std::string& pins = "1") {
        return world_errors("world trial\npages 1\nframes 2\npins " + pins + "\n" + rest);
    };
    CHECK(errors("process a {\n    may write, gup(read, get)\n}\n", "0") ==
          "6:16: 'gup(read, get)' can never start: what it takes is kept in a pin, and the world "
          "has none (say 'pins 1' or more)\n");
    CHECK(errors("process a { may write }\ndevice { may dma_write }\n")
              .starts_with("6:14: 'dma_write' can never start: there is no pin"));
    CHECK(errors("process a { may write, fork }\n")
              .starts_with("5:24: 'fork' can never start: there is no room for a child"));
    CHECK(errors("process a { may write, fork, exit }\n")
              .starts_with("5:24: 'fork' can never start"));
    // Its own child can't be: but there is room once the other one has gone.
    CHECK(errors("process a { may fork }\nprocess b { may exit }\n").empty());
    CHECK(errors("process a { cpus 1 }\n").starts_with("1:7: nobody may do anything"));
    CHECK(errors("process a { cpus 1 }\nkernel { may migrate }\n").empty());
}
