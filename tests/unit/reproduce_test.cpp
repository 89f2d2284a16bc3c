// From traces to programs for real kernels.
#include "cli/commands/trace_input.h"
#include "lab/reproduce/c_calls.h"
#include "lab/reproduce/c_text.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>

using namespace cowcheck;

namespace {

const std::string known_traces = std::string(COWCHECK_SOURCE_DIR) + "/traces/known/";

struct Found {
    LoadedTrace loaded;
    Reproduction reproduction;

    explicit Found(const std::string& id)
        : loaded(load_trace({known_traces + id + ".json", "", {}})),
          reproduction(reproduce(loaded.trace, loaded.program, loaded.design, loaded.library)) {}

    [[nodiscard]] std::string kind() const {
        if (!reproduction.refused.empty()) return "refused: " + reproduction.refused;
        return std::string(reproduction.window ? "window" : "ordered") +
               (reproduction.reference.empty() ? "" : ", not in " + reproduction.reference);
    }
    [[nodiscard]] std::string c() const { return c_text(reproduction, {loaded.trace.header, ""}); }
};

// The steps behind those that make the memory, one a line.
std::string steps(const Plan& plan) {
    std::string text;
    for (std::size_t i = plan.setup; i < plan.steps.size(); ++i)
        text += wire::to_text(plan.steps[i]) + "\n";
    return text;
}

}  // namespace

TEST_CASE("each known trace is a program for real kernels, or is refused for a reason") {
    const std::string zeropage = "refused: it would write to the zeropage, which is everybody's";
    const auto stand_in = [](const std::string& operation) {
        return "refused: operation " + operation +
               ": no system call holds a page like that, and with ";
    };
    const std::string legal =
        "refused: what it would see can be seen where nothing is wrong as well";
    const std::map<std::string, std::string> expected{
        {"ABA", "window, not in v7.3"},
        {"B1", "window, not in v7.3"},
        {"B10", "window, not in v7.3"},
        {"B10b", "refused: operation 3, secondary_fault(read, get, keep): a secondary MMU takes "},
        {"B11", "window, not in v7.3"},
        {"B12", stand_in("1, gup(write, get)")},
        {"B12b", stand_in("2, gup(read, pin, longterm)")},
        {"B13", "window, not in v7.3"},
        {"B14", "window, not in v7.3"},
        {"B15", stand_in("2, gup(read, pin, longterm)")},
        {"B16", "ordered, not in v7.3"},
        {"B16b", "ordered, not in v7.3"},
        {"B17", "ordered, not in v7.3"},
        {"B18", "ordered, not in v7.3"},
        {"B19",
         "refused: operation 4, uffd_continue: UFFDIO_CONTINUE wants a shared mapping as well"},
        {"B1b", zeropage},
        {"B2", zeropage},
        {"B21", "refused: no order of its operations as system calls shows it in the design"},
        {"B22", stand_in("1, gup(read, pin, longterm)")},
        {"B22b", stand_in("1, gup(read, pin, longterm)")},
        {"B22c", stand_in("1, gup(read, pin, longterm)")},
        {"B22d", "refused: no program makes this kind of memory"},
        {"B25", "refused: operation 4, ksm_merge: nobody can make ksmd merge a page at a moment "},
        {"B28", "ordered, not in v5.8"},
        {"B3", "ordered, not in v7.3"},
        {"B31", "ordered, not in v7.3"},
        {"B4", "ordered, not in v7.3"},
        {"B5", "ordered, not in v7.3"},
        {"B6", legal},
        {"B7", "ordered, not in v7.3"},
        {"B8", legal},
        {"B9", "window, not in v7.3"},
        {"B9h", "window, not in v7.3"},
        {"EVFK", "ordered, not in v7.3"},
        {"FORK", "ordered, not in v7.3"},
        {"HFRK", "ordered, not in v7.3"},
        {"HUNS", stand_in("3, gup(read, pin, longterm)")},
        {"KHUP", "window, not in v7.3"},
        // Every design does it, so only the property says that it is wrong.
        {"KSMD", "ordered"},
        {"KSMR", stand_in("1, gup_fast(read, pin, longterm)")},
        {"KSMU", "ordered"},
        {"LATE", stand_in("4, gup(read, pin, longterm)")},
        {"M5", "window, not in v7.3"},
        {"MIGF", "window, not in v7.3"},
        {"MIGS", "window, not in v6.2"},
        {"SWLK", "ordered, not in v7.3"},
        {"THPM", "window, not in v7.3"},
        {"UPIN", "ordered, not in v7.3"},
        // The loads and stores of two threads are of one page, and each may come last.
        {"VMAL", legal},
    };
    std::size_t traces = 0;
    unsigned planned = 0;
    for (const auto& entry : std::filesystem::directory_iterator(known_traces)) {
        const std::string id = entry.path().stem().string();
        if (id == "bugs") continue;
        ++traces;
        CAPTURE(id);
        const auto row = expected.find(id);
        REQUIRE(row != expected.end());
        const Found found(id);
        CHECK(found.kind().substr(0, row->second.size()) == row->second);
        if (!found.reproduction.refused.empty()) continue;
        ++planned;
        CHECK(found.kind() == row->second);
        CHECK(!found.c().empty());
    }
    CHECK(traces == expected.size());
    CHECK(planned == 30);
}

TEST_CASE("what ends last in the trace comes last, where the model says that this is enough") {
    const Found found("B3");
    // In the trace the parent's store begins before the child's vmsplice().
    CHECK(found.reproduction.program == "program reproduce\nworld tiny\nparent: fork\n"
                                        "child: p3 = gup_fast(read, get) of va 0\n"
                                        "child: munmap of va 0\n"
                                        "parent: stored = write of va 0\np3: x = dma_read\n"
                                        "never (x == stored)\n");
    CHECK(steps(found.reproduction.plan) ==
          "0.0 fork 1 1\n1.0 splice 0 0\n1.0 munmap 0 1\n0.0 write 0 4097\n- dma_read 0\n");
    CHECK(found.c().find("shared->seen[6].value == shared->seen[5].value") != std::string::npos);
}

TEST_CASE("of all orders, what ends first in the trace is tried first") {
    const LoadedTrace loaded = load_trace({known_traces + "B3.json", "", {}});
    const auto operations = operations_in(loaded.trace, loaded.program);
    const auto all = candidates(loaded.trace, operations, promise_of(loaded.trace, operations));
    REQUIRE(all.size() > 1);
    // The store begins before vmsplice() and munmap(), and ends after them.
    CHECK(all[0].text.find("munmap") < all[0].text.find("stored = write"));
    CHECK(all[1].text.find("munmap") > all[1].text.find("stored = write"));
}

TEST_CASE("a store that others come into the midst of is two stores") {
    CHECK(Found("B31").reproduction.program ==
          "program reproduce\nworld clear-refs-race\nparent: write of va 0\n"
          "procfs: clear_refs of parent\nparent: write of va 0\n"
          "let x = soft_dirty(parent, 0)\nnever (x == false)\n");
}

TEST_CASE("what must come into the midst of something has a window, with its function and lines") {
    const Found found("MIGF");
    REQUIRE(found.reproduction.windows.size() == 1);
    CHECK(found.reproduction.windows.front() ==
          "[3] migrate begins while [2] fork stands behind `begin write_protect_seq` in "
          "copy_page_range() (v5.11.cow:27:28) and before `lock ptl` in copy_page_range() "
          "(v5.11.cow:30:13)");
    const std::string c = found.c();
    CHECK(c.find("if (!race(") != std::string::npos);
    CHECK(Found("UPIN").c().find("race(") == std::string::npos);
}

TEST_CASE("a stand-in may come earlier than what it stands for, and the program says so") {
    const Found found("EVFK");
    REQUIRE(found.reproduction.notes.size() == 2);
    CHECK(found.reproduction.notes[0] ==
          "[2] gup(read, pin, longterm) is gup(write, pin, longterm) here: no system call holds a "
          "page like that");
    CHECK(found.reproduction.notes[1].starts_with("The order is another one than the trace's"));
}

TEST_CASE("a KSM page is one before the program starts, and merging waits for its turn") {
    const Found found("KSMU");
    std::string setup;
    const Plan& plan = found.reproduction.plan;
    for (std::size_t i = 0; i < plan.setup; ++i) setup += wire::to_text(plan.steps[i]) + "\n";
    CHECK(setup == "0.0 map 0 2 1 1\n0.0 register_uffd 0\n0.0 madvise 0 2 12\n0.0 write 1 4096\n"
                   "0.0 twin 1\n- merge 0 1\n0.0 untwin\n0.0 write 0 4096\n");
    CHECK(steps(plan) == "- protect 0 0 1\n- merge 0 0\n0.0 write 0 4097\n- wait_event 0\n"
                         "- resolve 0 0 1\n");
}

TEST_CASE("a program has the parts of C that it calls, and no others") {
    const auto parts = [](const std::string& id) {
        std::string text;
        for (const std::string_view part : c_calls(Found(id).reproduction).parts)
            text += (text.empty() ? "" : " ") + std::string(part);
        return text;
    };
    CHECK(parts("B3") == "access store map_anonymous munmap pipe pipe_read");
    CHECK(parts("UPIN") == "access load store map_anonymous ring transfer ring_write uffd "
                           "uffd_protect");
    for (const std::string_view part : c_calls(Found("KSMD").reproduction).parts)
        CHECK(!c_part(part).empty());
}

TEST_CASE("nothing that a design says can end the comment on top") {
    Found found("B3");
    found.loaded.trace.header.property.meaning = "a */ b /* c";
    const std::string c = found.c();
    CHECK(c.find("a *  b *  c") != std::string::npos);
    CHECK(c.find("*/") == c.find(" */\n#define") + 1);
}
