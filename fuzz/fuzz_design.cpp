// Any bytes as a design: parsed, checked and compiled for a world, and if nothing is
// wrong with it, run for a while. Whatever comes, there is a program or a diagnostic
// that can be shown, and the machine stays within its state.
#include "fuzz/support.h"
#include "model/compile/check_design.h"
#include "model/compile/join.h"
#include "model/language/parse.h"
#include "model/machine/actions.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>

namespace {

using namespace cowcheck;

// The design with what it extends; one that extends nothing stands on the hardware.
std::optional<DesignText> with_bases(std::shared_ptr<const ParsedDesign> parsed, Diagnostics& out) {
    const std::string base = parsed->tree.base;
    auto design = fuzz_library().design(base.empty() ? "v5.7" : base, out);
    if (!design) return std::nullopt;
    if (base.empty()) design->chain.erase(design->chain.begin());
    design->chain.insert(design->chain.begin(), std::move(parsed));
    return design;
}

// The first states of it, in no matter what order of depth.
void run(const Program& program) {
    constexpr std::size_t limit = 300;
    std::set<decltype(State::words)> known{program.start.words};
    std::deque<State> todo{program.start};
    while (!todo.empty() && known.size() < limit) {
        const State state = todo.front();
        todo.pop_front();
        State copy = state;
        (void)Machine<>(program, copy).check_state({});
        const auto visit = [&](const Action& action) {
            State next = state;
            if (perform(program, next, action).blocked == Blocked::no &&
                known.insert(next.words).second)
                todo.push_back(next);
        };
        for_each_step(program, state, visit);
        for_each_start(program, state, false, visit);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto parsed = std::make_shared<ParsedDesign>();
    parsed->file = std::make_unique<SourceFile>(
        SourceFile{"fuzz.cow", size == 0 ? std::string() : std::string(data, data + size)});
    Diagnostics out;
    auto tree = parse_design(*parsed->file, out);
    require(tree.has_value() == out.empty());
    if (!tree) return 0;
    parsed->tree = std::move(*tree);
    const auto design = with_bases(std::move(parsed), out);
    require(design.has_value() == out.empty());
    if (!design) return 0;
    check_design(*design, fuzz_library().properties(), {fuzz_library().world("default")}, out);
    for (const char* world : {"tiny", "zeropage"}) {
        Diagnostics complaints;
        auto program =
            compile(*design, fuzz_library().properties(), *fuzz_library().world(world), complaints);
        require(program.has_value() == complaints.empty());
        require(to_text(complaints).empty() == complaints.empty());
        if (!program) continue;
        run(*program);
        reduce_steps(*program);
        run(*program);
    }
    require(to_text(out).empty() == out.empty());
    return 0;
}
