// What a disagreement does not need is left out, piece by piece.
#include "tests/soak/compare.h"

#include <algorithm>
#include <chrono>
#include <functional>

namespace cowcheck::test {

namespace {

using Change = std::function<void(System&)>;

template <class Items>
void without_each(std::vector<Change>& changes, const Items& items,
                  const std::function<Items&(System&)>& of) {
    for (std::size_t i = 0; i < items.size(); ++i)
        changes.emplace_back([i, of](System& system) {
            of(system).erase(of(system).begin() + static_cast<std::ptrdiff_t>(i));
        });
}

// Where the lines of a property's clauses begin.
std::vector<std::size_t> clauses_of(const std::string& property) {
    std::vector<std::size_t> all;
    for (const char* word : {"\n    always", "\n    at ", "\n    sometimes"})
        for (std::size_t at = property.find(word); at != std::string::npos;
             at = property.find(word, at + 1))
            all.push_back(at + 1);
    return all;
}

// Everything that could be left out of it.
std::vector<Change> smaller_than(const System& system) {
    using Texts = std::vector<std::string>;
    std::vector<Change> changes;
    if (system.builtin.size() > 1) changes.emplace_back([](System& s) { s.builtin.clear(); });
    without_each<Texts>(changes, system.own, [](System& s) -> Texts& { return s.own; });
    for (std::size_t i = 0; i < system.own.size(); ++i)  // a clause of two
        for (const std::size_t at : clauses_of(system.own[i]))
            if (clauses_of(system.own[i]).size() > 1)
                changes.emplace_back(
                    [i, at](System& s) { s.own[i].erase(at, s.own[i].find('\n', at) + 1 - at); });
    without_each<std::vector<HandlerText>>(
        changes, system.handlers,
        [](System& s) -> std::vector<HandlerText>& { return s.handlers; });
    const WorldDraft& world = system.world;
    without_each<std::vector<WorldDraft::Service>>(
        changes, world.services,
        [](System& s) -> std::vector<WorldDraft::Service>& { return s.world.services; });
    if (world.processes.size() > 1)
        changes.emplace_back([](System& s) { s.world.processes.pop_back(); });
    for (std::size_t i = 0; i < world.services.size(); ++i)
        if (world.services[i].menu.size() > 1)
            without_each<Texts>(changes, world.services[i].menu,
                                [i](System& s) -> Texts& { return s.world.services[i].menu; });
    for (std::size_t i = 0; i < world.processes.size(); ++i) {
        without_each<Texts>(changes, world.processes[i].menu,
                            [i](System& s) -> Texts& { return s.world.processes[i].menu; });
        without_each<Texts>(changes, world.processes[i].lines,
                            [i](System& s) -> Texts& { return s.world.processes[i].lines; });
        if (world.processes[i].cpus > 1)
            changes.emplace_back([i](System& s) { s.world.processes[i].cpus = 1; });
    }
    without_each<Texts>(changes, world.settings,
                        [](System& s) -> Texts& { return s.world.settings; });
    without_each<Texts>(changes, system.builtin, [](System& s) -> Texts& { return s.builtin; });
    return changes;
}

}  // namespace

System minimized(const Source& source, const System& system, const Bounds& bounds,
                 const Disagreement& wanted) {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::seconds long_enough(20);
    const auto begin = Clock::now();
    System best = system;
    for (bool smaller = true; smaller;) {
        smaller = false;
        for (const Change& change : smaller_than(best)) {
            if (Clock::now() - begin > long_enough) return best;
            System trial = best;
            change(trial);
            const Comparison comparison = compare(source, trial, bounds);
            if (std::none_of(comparison.disagreements.begin(), comparison.disagreements.end(),
                             [&](const Disagreement& one) { return one.is_like(wanted); }))
                continue;
            best = std::move(trial);
            smaller = true;
            break;
        }
    }
    return best;
}

}  // namespace cowcheck::test
