// What the soak draws: nothing that the language has is left out.
#include "model/language/parse.h"
#include "model/machine/program.h"
#include "tests/support/models.h"
#include "tests/support/random_changes.h"
#include "tests/support/random_properties.h"
#include "tests/support/random_worlds.h"

#include <doctest/doctest.h>

#include <set>

using namespace cowcheck;
using namespace cowcheck::test;

TEST_CASE("random worlds have every operation, every kind of memory and every setting") {
    Random random(1);
    std::set<std::string> missing{"arm64",      "shared", "batches",   "wp_async",
                                  "event_fork", "fresh",  "transient", "references",
                                  "mappings",   "keep",   "longterm",  "process third"};
    for (const OperationInfo& operation : operation_table) missing.emplace(operation.name);
    for (const char* memory : {"written", "untouched", "alike", "ksm", "zeropage", "memfd hugetlb",
                               "tmpfile", "huge zeropage", "pte-mapped thp", "last page of thp",
                               "base pages for thp", "partially shared thp"})
        missing.emplace(memory);
    for (unsigned i = 0; i < 3000 && !missing.empty(); ++i) {
        const std::string text = wide_world(random).text();
        std::erase_if(
            missing, [&](const std::string& word) { return text.find(word) != std::string::npos; });
    }
    std::string names;
    for (const std::string& name : missing) names += name + " ";
    CHECK_MESSAGE(names.empty(), names);
}

TEST_CASE("what is asked for is in the world") {
    Random random(2);
    for (const OperationInfo& operation : operation_table) {
        const std::string name(operation.name);
        const WorldDraft draft = wide_world(random, {name});
        CHECK_MESSAGE(draft.text().find(name) != std::string::npos, draft.text());
    }
    CHECK(try_world(wide_world(random, {"thp"}).text())->thp());
    CHECK(try_world(wide_world(random, {"hugetlb", "memfd"}).text())->backing ==
          Backing::hugetlb_file);
    const auto both = try_world(wide_world(random, {"swap", "migration", "lru_batches"}).text());
    CHECK(both->swap());
    CHECK(both->migration());
    CHECK(both->lru_batches);
}

TEST_CASE(
    "random properties ask for every ghost, every field and every event, and are well-typed") {
    Random random(3);
    std::set<std::string> missing{
        "entitled(mm",  "entitled(pin",    "holds_expected", "zapping",    "uffd_wp_promised",
        "spte(",        "tlb(cpu)",        "mapped_outside", "references", "references_but_pins",
        "pmd_mappings", "quiet(mm)",       "quiet ",         "deadlocked", "soft_dirty_promised",
        "has_pinned",   "needed",          "sometimes",      "always for", "reachable_by_others",
        "implies",      "operation.writes"};
    for (const EventInfo& event : event_table) missing.insert("at " + std::string(event.name));
    for (const PteFlag& flag : pte_flags) missing.insert("." + std::string(flag.name));
    const Library& library = builtin_library();
    for (unsigned i = 0; i < 1500; ++i) {
        const auto world = try_world(wide_world(random).text());
        const std::string text = random_property(random, *world, "user");
        std::erase_if(
            missing, [&](const std::string& word) { return text.find(word) != std::string::npos; });
        if (i % 15 != 0) continue;
        PropertySet own;
        own.predicates = library.properties().predicates;
        own.files.push_back(std::make_unique<SourceFile>(SourceFile{"own.cow", text}));
        Diagnostics out;
        auto tree = parse_properties(*own.files.back(), out);
        REQUIRE_MESSAGE(tree, to_text(out) << text);
        own.properties = std::move(tree->properties);
        const World memory = world_of("default");
        (void)compile(*library.design("v6.2", out), own, memory, out);
        for (const Diagnostic& complaint : out)
            CHECK_MESSAGE(complaint.message.find("too large") != std::string::npos, to_text(out));
    }
    std::string names;
    for (const std::string& name : missing) names += name + ", ";
    CHECK_MESSAGE(names.empty(), names);
}

TEST_CASE("changes of handlers are others each time, and some of them compile") {
    Random random(4);
    Diagnostics out;
    const std::vector<HandlerText> handlers = handlers_of(*builtin_library().design("v7.2", out));
    const std::vector<HandlerText> run = reachable(handlers, {"munmap"});
    CHECK(run.size() > 3);
    CHECK(run.size() < handlers.size());
    Vocabulary vocabulary;
    for (const HandlerText& handler : handlers) vocabulary.learn(handler);
    const World world = world_of("default");
    std::set<std::string> texts;
    unsigned compiled = 0;
    for (unsigned i = 0; i < 60; ++i) {
        HandlerText changed = one_of(random, run);
        const std::string before = changed.text();
        vocabulary.change(random, changed);
        if (changed.text() == before || !texts.insert(changed.text()).second) continue;
        Diagnostics wrong;
        compiled +=
            try_compile("design trial extends v7.2\n\n" + changed.text(), world, wrong) ? 1U : 0U;
    }
    CHECK(texts.size() > 30);
    CHECK(compiled > 5);
}
