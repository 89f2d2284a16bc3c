// Designs, worlds and schedules for the tests of traces.
#pragma once

#include "checker/explore/explorer.h"
#include "model/library.h"
#include "traces/record.h"
#include "traces/runner.h"

#include <doctest/doctest.h>

#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace cowcheck::test {

// Two CPUs that fault and pin at the same time, and all that can disturb them.
inline constexpr const char* pair_world = R"(
world pair
title "two threads of a parent and its child"
pages  1
frames 4
pins   2
munmap leaves nothing
process parent {
    cpus 2
    maps va 0 anonymous written
    may read, write, fork, exit, munmap, gup(write, pin), gup(read, get), gup_fast(read, get)
}
process child {
    starts free
    cpus 1
    may read, write, exit
}
monitor { may uffd_wp_protect, uffd_wp_resolve }
procfs  { may clear_refs }
device  { may dma_read, dma_write, unpin }
)";

struct Setup {
    Diagnostics out;
    Library library{out};

    Setup() {
        REQUIRE(library.add_world("pair.world", pair_world, out));
        REQUIRE(to_text(out) == "");
    }

    DesignText design(const std::string& name) {
        auto text = library.design(name, out);
        REQUIRE(text);
        return *text;
    }

    // The design again, under the name `trial`, with something in its text replaced.
    DesignText changed(const std::string& name, const std::string& from, const std::string& to) {
        std::string text = design(name).chain.front()->whole_text();
        const std::size_t at = text.find(from);
        REQUIRE(at != std::string::npos);
        text.replace(at, from.size(), to);
        text.replace(text.find("design " + name), 7 + name.size(), "design trial");
        const std::string of = " of " + name + "\n";  // `part swap of v5.7`
        for (std::size_t part = text.find(of); part != std::string::npos;
             part = text.find(of, part))
            text.replace(part, of.size(), " of trial\n");
        const auto added = library.add_design("trial.cow", text, out);
        REQUIRE_MESSAGE(added, to_text(out));
        return design("trial");
    }

    Program program(const DesignText& text, const std::string& world) {
        auto compiled = compile(text, library.properties(), *library.world(world), out);
        REQUIRE_MESSAGE(compiled, to_text(out));
        return *compiled;
    }

    TraceHeader header(const DesignText& text, const std::string& world,
                       const std::string& property) {
        return make_header(text, *library.world(world), *library.world_text(world),
                           library.properties(), property, {5, 2});
    }
};

// A schedule written by hand: operations by name, step by step.
class Script {
public:
    Script(Setup& setup, const std::string& design)
        : setup_(setup), design_(design), program_(setup.program(setup.design(design), "pair")),
          runner_(program_) {}

    Script& start(const std::string& thread, const std::string& operation) {
        std::optional<Action> found;
        for_each_start(program_, runner_.state(), false, [&](const Action& action) {
            const auto& item = program_.operations[action.operation].item;
            const std::string who =
                action.kind == Action::Kind::device ? "device" : name(action.thread);
            const bool named = to_text(item) == operation || info(item.kind).name == operation;
            if (!found && who == thread && named) found = action;
        });
        REQUIRE_MESSAGE(found, thread << " can't start " << operation);
        return take(*found);
    }

    Script& go_on(const std::string& thread, unsigned steps = 1) {
        for (unsigned i = 0; i < steps; ++i) {
            Action action;
            while (name(action.thread) != thread) ++action.thread;
            take(action);
        }
        return *this;
    }

    // Until the thread is idle again.
    Script& finish(const std::string& thread) {
        unsigned index = 0;
        while (name(index) != thread) ++index;
        while (program_.layout.get(runner_.state(), Field::pc, index) != 0) go_on(thread);
        return *this;
    }

    Script& run(const std::string& thread, const std::string& operation) {
        return start(thread, operation).finish(thread);
    }

    Trace record(const std::string& property) {
        return cowcheck::record(program_, setup_.header(setup_.design(design_), "pair", property),
                                actions_, setup_.library.properties());
    }

    const Program& program() const { return program_; }
    const Runner& runner() const { return runner_; }

private:
    const std::string& name(unsigned thread) const { return program_.world.threads[thread].name; }

    Script& take(const Action& action) {
        REQUIRE(runner_.perform(action).blocked == Blocked::no);
        actions_.push_back(action);
        return *this;
    }

    Setup& setup_;
    std::string design_;
    Program program_;
    Runner runner_;
    std::vector<Action> actions_;
};

// CVE-2020-29374: the child's vmsplice outlives its mapping.
inline Trace vmsplice_leak(Setup& setup) {
    const DesignText design = setup.design("v5.7");
    const Program program = setup.program(design, "tiny");
    Explorer explorer(program, {});
    Stop stop;
    while (explorer.violations().empty() && explorer.depth() < 5) (void)explorer.deepen(stop);
    REQUIRE(explorer.violations().size() == 1);
    return record(program, setup.header(design, "tiny", "no_foreign_data"),
                  explorer.trace(explorer.violations().front()), setup.library.properties());
}

using Lines = std::vector<std::string>;

inline Lines lines_of(const std::string& text) {
    Lines lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

}  // namespace cowcheck::test
