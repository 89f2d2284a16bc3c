// The wrong changes of one definition.
#include "model/language/parse.h"
#include "model/language/print.h"
#include "tests/support/models.h"
#include "verify/ablate/changes.h"
#include "verify/ablate/definitions.h"
#include "verify/ablate/difference_text.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

std::vector<WrongChange> changes_of(const std::string& definition) {
    static std::vector<std::unique_ptr<SourceFile>> files;  // spans point to them
    files.push_back(std::make_unique<SourceFile>(SourceFile{"x.cow", "design x\n" + definition}));
    Diagnostics out;
    const auto design = parse_design(*files.back(), out);
    INFO(to_text(out));
    REQUIRE(design);
    return design->handlers.empty() ? wrong_changes(design->predicates.at(0))
                                    : wrong_changes(design->handlers.at(0));
}

std::set<std::string> told(const std::vector<WrongChange>& changes, ChangeKind kind) {
    std::set<std::string> all;
    for (const WrongChange& one : changes)
        if (one.kind == kind) all.insert(one.what);
    return all;
}

const WrongChange& only(const std::vector<WrongChange>& changes, const std::string& what) {
    const auto found = std::find_if(changes.begin(), changes.end(),
                                    [&](const WrongChange& one) { return one.what == what; });
    CAPTURE(what);
    REQUIRE(found != changes.end());
    return *found;
}

using Told = std::set<std::string>;

}  // namespace

TEST_CASE("each statement is left out once, and the others stay") {
    const auto changes = changes_of("handler f(va) {\n    get page\n    flush tlb va\n}\n");
    CHECK(told(changes, ChangeKind::deleted) == Told{"get page: deleted"});
    CHECK(told(changes, ChangeKind::flush_dropped) == Told{"flush tlb va: deleted"});
    CHECK(only(changes, "get page: deleted").text == "handler f(va) {\n    flush tlb va\n}\n");
    CHECK(only(changes, "get page: deleted").line == 2);
    CHECK(only(changes, "flush tlb va: deleted").line == 3);
}

TEST_CASE("a guard is fixed both ways, turned, and loses each of its parts") {
    const auto changes = changes_of("handler f(va) {\n"
                                    "    if a and b.c and (d or e > 1) { get page }\n}\n");
    CHECK(told(changes, ChangeKind::guard_fixed) ==
          Told{"if a and b.c and (d or e > 1): always yes",
               "if a and b.c and (d or e > 1): always no"});
    CHECK(told(changes, ChangeKind::part_dropped) ==
          Told{"if a and b.c and (d or e > 1): becomes if b.c and (d or e > 1)",
               "if a and b.c and (d or e > 1): becomes if a and (d or e > 1)",
               "if a and b.c and (d or e > 1): becomes if a and b.c",
               "if a and b.c and (d or e > 1): becomes if a and b.c and (e > 1)",
               "if a and b.c and (d or e > 1): becomes if a and b.c and (d)"});
    CHECK(told(changes, ChangeKind::turned) ==
          Told{"if a and b.c and (d or e > 1): becomes if not (a and b.c and (d or e > 1))",
               "if a and b.c and (d or e > 1): becomes if not a and b.c and (d or e > 1)",
               "if a and b.c and (d or e > 1): becomes if a and not b.c and (d or e > 1)",
               "if a and b.c and (d or e > 1): becomes if a and b.c and (not d or e > 1)",
               "if a and b.c and (d or e > 1): becomes if a and b.c and (d or e <= 1)"});
    CHECK(told(changes, ChangeKind::count_off) ==
          Told{"if a and b.c and (d or e > 1): becomes if a and b.c and (d or e > 2)",
               "if a and b.c and (d or e > 1): becomes if a and b.c and (d or e > 0)",
               "get page: done twice"});
    CHECK(only(changes, "if a and b.c and (d or e > 1): always no").text ==
          "handler f(va) {\n    if false {\n        get page\n    }\n}\n");
}

TEST_CASE("what is negated is turned by leaving that out") {
    const auto changes = changes_of("handler f(va) {\n    if not a { get page }\n}\n");
    CHECK(told(changes, ChangeKind::turned) == Told{"if not a: becomes if a"});
}

TEST_CASE("a lock is weakened, goes with what ends it, and ends too early") {
    const auto changes = changes_of("operation f() {\n"
                                    "    lock mmap_lock for writing\n"
                                    "    if a { unlock mmap_lock; return }\n"
                                    "    get page\n"
                                    "    unlock mmap_lock\n"
                                    "    lock mmap_lock for reading\n"
                                    "    unlock mmap_lock\n"
                                    "}\n");
    CHECK(told(changes, ChangeKind::weakened) ==
          Told{"lock mmap_lock for writing: becomes lock mmap_lock for reading"});
    const auto& both = only(changes, "lock mmap_lock for writing: removed with unlock mmap_lock");
    CHECK(both.text == "operation f() {\n    if a {\n        return\n    }\n    get page\n"
                       "    lock mmap_lock for reading\n    unlock mmap_lock\n}\n");
    const auto& moved = only(changes, "unlock mmap_lock: comes before get page");
    CHECK(moved.kind == ChangeKind::moved);
    CHECK(moved.line == 5);
    CHECK(moved.text.find("    unlock mmap_lock\n    get page\n") != std::string::npos);
}

TEST_CASE("pairs of other kinds: counters, interrupts, sequence counts, notifiers") {
    for (const auto& pair : {std::pair<std::string, std::string>{"mm.tlb_flush_pending += 1",
                                                                 "mm.tlb_flush_pending -= 1"},
                             {"irqs off", "irqs on"},
                             {"begin write_protect_seq", "end write_protect_seq"},
                             {"notifier start va", "notifier end va"}}) {
        const std::string& opens = pair.first;
        const std::string& closes = pair.second;
        CAPTURE(opens);
        const auto changes =
            changes_of("handler f(va) {\n    " + opens + "\n    get page\n    " + closes + "\n}\n");
        CHECK(only(changes, opens + ": removed with " + closes).text ==
              "handler f(va) {\n    get page\n}\n");
    }
}

TEST_CASE("a bit is forgotten in what is assigned at once, and a value turned") {
    const auto changes = changes_of("handler f(va) {\n"
                                    "    pte = pte with { writable = false, soft_dirty }\n}\n");
    CHECK(told(changes, ChangeKind::bit_forgotten) ==
          Told{"pte = pte with { writable = false, soft_dirty }: becomes pte = pte with { "
               "soft_dirty }",
               "pte = pte with { writable = false, soft_dirty }: becomes pte = pte with { "
               "writable = false }"});
    CHECK(told(changes, ChangeKind::turned) ==
          Told{"pte = pte with { writable = false, soft_dirty }: becomes pte = pte with { "
               "writable = true, soft_dirty }"});
}

TEST_CASE("counts are off by one, or happen twice") {
    const auto changes =
        changes_of("handler f(va) {\n    page.refcount -= 1023\n    put page\n    pin page\n}\n");
    CHECK(told(changes, ChangeKind::count_off) ==
          Told{"page.refcount -= 1023: becomes page.refcount -= 1024",
               "page.refcount -= 1023: becomes page.refcount -= 1022", "put page: done twice",
               "pin page: done twice", "pin page: becomes get page"});
}

TEST_CASE("neighbours change places, each pair once") {
    const auto changes = changes_of("handler f(va) {\n    get page\n    flush tlb va\n"
                                    "    if a { put page; put page }\n}\n");
    CHECK(told(changes, ChangeKind::swapped) ==
          Told{"get page: comes behind flush tlb va", "flush tlb va: comes behind if a"});
}

TEST_CASE("a predicate is fixed, turned and loses its parts") {
    const auto changes = changes_of("predicate p(page) = page.anon and page.refcount == 1\n");
    CHECK(changes.size() == 2 + 1 + 2 + 2 + 2);
    for (const WrongChange& one : changes) {
        CHECK(one.definition == "predicate p");
        CHECK(one.line == 1);
        CHECK(one.text.starts_with("predicate p(page) = "));
    }
}

TEST_CASE("changes of the shipped designs parse as designs on top of them, and no two are one") {
    Diagnostics out;
    const auto base = builtin_library().design("v6.2", out);
    REQUIRE(base);
    std::size_t seen = 0;
    for (const Definition& definition : definitions_of(*base)) {
        std::set<std::string> texts;
        for (const WrongChange& change : wrong_changes(definition)) {
            CHECK(texts.insert(change.text).second);
            const DesignText design = extend(*base, 0, "x", design_with(change, "x", *base, 0));
            CHECK(design.chain.size() == base->chain.size() + 1);
            CHECK(printed_in_force(design) != printed_in_force(*base));
            ++seen;
        }
    }
    CHECK(seen > 1000);
}

TEST_CASE("a change of a text that no library has brings all of that text along") {
    Diagnostics out;
    const auto base = try_parse("design mine extends v6.2\n"
                                "predicate unshares(page) = page.anon\n"
                                "handler check_uffd_wp() { get page }\n",
                                out);
    REQUIRE(base);
    const auto changes = wrong_changes(*base->handler(ast::HandlerKind::handler, "check_uffd_wp"));
    const std::string text = design_with(changes.at(0), "x", *base, 1);
    CHECK(text.ends_with("design x extends v6.2\n\nhandler check_uffd_wp() {\n}\n\n"
                         "predicate unshares(page) = page.anon\n"));
    const DesignText design = extend(*base, 1, "x", text);
    CHECK(design.chain.size() == base->chain.size());
    CHECK(design.chain[1]->tree.name == "v6.2");
}

TEST_CASE("of long statements, what differs is told with a few words around") {
    CHECK(difference_text("if a", "if b") == "if a: becomes if b");
    CHECK(difference_text("child.pte = { page = new, dirty, soft_dirty, uffd_wp = pte.uffd_wp, "
                          "writable = vma.writable, accessed }",
                          "child.pte = { page = new, dirty, soft_dirty, uffd_wp = pte.young, "
                          "writable = vma.writable, accessed }") ==
          "... soft_dirty, uffd_wp = pte.uffd_wp, writable = vma.writable, ...: becomes ... "
          "soft_dirty, uffd_wp = pte.young, writable = vma.writable, ...");
    CHECK(difference_text("a b c d e f g h i j k l m n o p q r s t u v w x y z",
                          "a b c d e f g h i j k l m n o p q r s t u v w x y z z") ==
          "... x y z: becomes ... x y z z");
}
