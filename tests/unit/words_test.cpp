// What a property says of its violation: refused where it can't be told, told where it can.
#include "tests/support/trace_setup.h"

#include <doctest/doctest.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// The complaint about a property with this clause, in the world `pair`.
std::string complaint(const std::string& clause) {
    Setup setup;
    const std::string text = "property mine safety\n    \"m\"\n    " + clause + "\n";
    if (!setup.library.add_properties("mine.cow", text, setup.out)) return to_text(setup.out);
    (void)compile(setup.design("v5.9"), setup.library.properties(), *setup.library.world("pair"),
                  setup.out);
    return to_text(setup.out);
}

bool says(const std::string& text, const std::string& part) {
    CAPTURE(text);
    CAPTURE(part);
    const bool found = text.find(part) != std::string::npos;
    CHECK(found);
    return found;
}

// The explanation where the clause is violated: cpu0 pins the page, the program stores, a device
// reads and writes.
std::string told(const std::string& clause) {
    Setup setup;
    const std::string text = "property mine safety\n    \"m\"\n    " + clause + "\n";
    REQUIRE(setup.library.add_properties("mine.cow", text, setup.out));
    Script script(setup, "v5.9");
    script.run("cpu0", "gup(write, pin)").run("cpu0", "write").start("device", "dma_write");
    script.start("device", "dma_read").run("cpu0", "fork").run("cpu1", "read");
    return script.record("mine").explanation;
}

}  // namespace

TEST_CASE("words that can't be told are refused where they stand, with a suggestion") {
    const std::string pin = "always for each pin: not pin.held\n        says ";
    says(complaint(pin + "\"{pin.pge}\""), "mine.cow:4:16: error: ");
    says(complaint(pin + "\"{pin.pge}\""), "did you mean 'page'?");
    says(complaint(pin + "\"{page}\""), "mine.cow:4:16: error: ");
    says(complaint(pin + "\"{contnt(pin.page)}\""), "did you mean 'content'?");
    says(complaint(pin + "\"{content(pin.va)}\""), "'content' is told of a page, and this is ");
    says(complaint(pin + "\"{content}\""), "'content' is told of a page: {content(page)}");
    says(complaint(pin + "\"{event}\""), "'event' can only be told in 'at' clauses");
    says(complaint("at store: false\n        says \"{evnt}\""), "did you mean 'event'?");
    says(complaint("at store: false\n        says \"{event(page)}\""), "'event' stands alone");
    says(complaint("at store: false\n        says \"{should_read}\""),
         "'should_read' can only be told in 'at load'");
    says(complaint("at store: false\n        says \"{stuck}\""),
         "'stuck' can only be told in 'always' and 'sometimes'");
    says(complaint(pin + "\"{world}\""), "the world can't be told in words");
}

TEST_CASE("words that are not well formed are refused") {
    const std::string pin = "always for each pin: not pin.held\n        says ";
    says(complaint(pin + "\"{pin\""), "expected '}'");
    says(complaint(pin + "\"pin}\""), "have a '}' that nothing opens");
    says(complaint(pin + "\"{}\""), "expected an expression");
    says(complaint(pin + "\"pin"), "do not end on their line");
    says(complaint(pin + "pin"), "expected words in double quotes");
}

TEST_CASE("good words are good, over several lines and with comments between") {
    CHECK(complaint("always for each pin: not pin.held\n        says  # as follows\n"
                    "            \"{pin} \"\n            \"of { pin.mm }\"\n"
                    "    at store: true")
              .empty());
}

TEST_CASE("a violation is told in the property's own words, with the values of that moment") {
    CHECK(told("always for each pin: not pin.held\n        says \"{pin} of {pin.mm} has "
               "{in_full(pin.page)}, refcount {pin.page.refcount}, write {pin.write}, virtual "
               "page {pin.va}, entry {pte(pin.mm, pin.va)}\"") ==
          "pin0 of parent has page A (which holds P0), refcount 1025, write yes, virtual page 0, "
          "entry A writable dirty soft_dirty");
    CHECK(told("at dma_write: false\n        says \"{event}; {author(page)}: {content(page)}\"") ==
          "the device writes D1 into page A through pin0; the device: D1");
    CHECK(told("at dma_read: false\n        says \"{pin}, {page}, {mm}, {operation}\"") ==
          "pin0, page A, parent, dma_read of device");
    CHECK(told("at load: false\n        says \"{event}, {should_read}\"") ==
          "cpu1 reads D1 from page A, D1");
    CHECK(told("at store: false\n        says \"{event}: {author(page)}\"") ==
          "cpu0 stores P1 into page A: another process in the same place");
}

TEST_CASE("each of several violations is told, and the same words only once") {
    CHECK(told("always for each page: not quiet or page.refcount < 1025\n        says \"{page}\"\n"
               "    always for each pin: not quiet or not pin.held\n        says \"{pin}\"") ==
          "page A; pin0");
    CHECK(told("always for each pin: not pin.held\n        says \"pinned\"\n"
               "    always for each page: page.refcount < 1025\n        says \"pinned\"") ==
          "pinned");
}

TEST_CASE("the page of an entry that maps none is nothing") {
    Setup setup;
    REQUIRE(setup.library.add_properties("mine.cow",
                                         "property mine safety\n    \"m\"\n"
                                         "    always for each mm, va: not quiet or mm != mm or "
                                         "pte(mm, va).present\n"
                                         "        says \"{mm} maps {in_full(pte(mm, va).page)}, "
                                         "{pte(mm, va).page}\"\n",
                                         setup.out));
    Script script(setup, "v5.9");
    script.run("cpu0", "munmap");
    CHECK(script.record("mine").explanation.find("maps nothing, nothing") != std::string::npos);
}

TEST_CASE("whoever is asked for what is stuck, and is not, can go on") {
    Setup setup;
    REQUIRE(setup.library.add_properties(
        "mine.cow",
        "property mine safety\n    \"m\"\n    always: quiet\n        says \"{stuck}\"\n",
        setup.out));
    Script script(setup, "v5.9");
    script.run("cpu0", "fork");
    CHECK(script.record("mine").explanation == "cpu0 can go on in fork");
}

TEST_CASE("without words a violation is told by what was looked at") {
    CHECK(told("always for each pin: pin.held and pin.write implies pin.page.mapcount <= 0") ==
          "of pin0: pin.held is yes, pin.write is yes, pin.page.mapcount is 1");
    CHECK(told("at dma_write: page.refcount == 1") ==
          "the device writes D1 into page A through pin0: page.refcount is 1025");
}

TEST_CASE("every clause of the shipped properties has words") {
    Diagnostics out;
    const Library library(out);
    for (const ast::Property& property : library.properties().properties)
        for (const ast::Clause& clause : property.clauses)
            CHECK_MESSAGE(!clause.says.empty(), property.name);
}
