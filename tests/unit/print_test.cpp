// Trees back to text.
#include "model/builtin_files.h"
#include "model/language/parse.h"
#include "model/language/print.h"
#include "model/library.h"
#include "tests/support/models.h"

#include <doctest/doctest.h>

#include <string>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// All definitions of a text, printed.
std::string printed_definitions(const ast::Design& design) {
    std::string text;
    for (const ast::Predicate& predicate : design.predicates) text += printed(predicate);
    for (const ast::Handler& handler : design.handlers) text += printed(handler);
    return text;
}

ast::Design parsed(const SourceFile& file) {
    Diagnostics out;
    auto design = parse_design(file, out);
    INFO(to_text(out));
    REQUIRE(design);
    REQUIRE(out.empty());
    return std::move(*design);
}

std::string printed_again(const std::string& definitions) {
    const SourceFile file{"again.cow", "design again\n" + definitions};
    return printed_definitions(parsed(file));
}

}  // namespace

TEST_CASE("what is printed of a shipped design is the same design") {
    Diagnostics out;
    for (const std::string& name : builtin_library().design_names()) {
        CAPTURE(name);
        const auto design = builtin_library().design(name, out);
        REQUIRE(design);
        const std::string definitions = printed_definitions(design->design());
        CHECK(printed_again(definitions) == definitions);
        const auto again = try_parse("design again\n" + definitions, out);
        REQUIRE(again);
        CHECK(again->design().handlers.size() == design->design().handlers.size());
    }
}

TEST_CASE("a design that is printed as a whole compiles to the same program") {
    const std::string base = "v5.9";
    Diagnostics out;
    const auto design = builtin_library().design(base, out);
    REQUIRE(design);
    const auto printed_one =
        try_parse("design again extends v5.8\n" + printed_definitions(design->design()), out);
    REQUIRE(printed_one);
    const World world = world_of("default");
    const auto again = compile(*printed_one, builtin_library().properties(), world, out);
    INFO(to_text(out));
    REQUIRE(again);
    CHECK(again->code == compiled(base, "default").code);
}

TEST_CASE("one layout for every kind of statement and expression") {
    const std::string text = R"(design x
predicate odd(page, flags) = not (page.anon or page.refcount >= 3) and flags.pin
operation fork() {   # a comment
    a=1;  lock mmap_lock for reading
    mm.tlb_flush_pending+=1
    for each mapping of page { break }
    if a == 1 and
       not try get page { fail } else if b { continue } else { return gup(va, flags) }
    loop { atomic { pte = { page = new, writable } ; page.refcount -= 1023 } }
    pte = pte with { writable = false, uffd_wp = a or b }
    fault write(va)
    wait userfaultfd(va)
    assert page.mapcount != -1 "a text"
    return
}
)";
    const SourceFile file{"x.cow", text};
    CHECK(printed_definitions(parsed(file)) ==
          R"(predicate odd(page, flags) = not (page.anon or page.refcount >= 3) and flags.pin
operation fork() {
    a = 1
    lock mmap_lock for reading
    mm.tlb_flush_pending += 1
    for each mapping of page {
        break
    }
    if a == 1 and not try get page {
        fail
    } else if b {
        continue
    } else {
        return gup(va, flags)
    }
    loop {
        atomic {
            pte = { page = new, writable }
            page.refcount -= 1023
        }
    }
    pte = pte with { writable = false, uffd_wp = a or b }
    fault write(va)
    wait userfaultfd(va)
    assert page.mapcount != -1 "a text"
    return
}
)");
}
