#include "verify/history/matrix.h"

#include "verify/expect/expectations.h"
#include "verify/run/check_run.h"
#include "verify/run/in_order.h"

#include <algorithm>
#include <set>

namespace cowcheck {

namespace {

using Strings = std::vector<std::string>;

void explore(CheckRun& run) {
    const Stop stop;
    while (run.wants_more()) (void)run.deepen(stop);
}

// A shorter schedule, or an equally short one that has a number, replaces another.
bool is_better(const HistoryCell& cell, const HistoryCell& than) {
    if (than.operations == 0 || cell.operations != than.operations)
        return than.operations == 0 || cell.operations < than.operations;
    return than.bug.empty() && !cell.bug.empty();
}

// What a run has found, with the operations of its schedules.
RunResult result_of(CheckRun& run) {
    RunResult result;
    result.design = run.design().name();
    result.world = run.world().name;
    std::vector<std::size_t> fresh;
    run.conclude(result, fresh);
    for (std::size_t i = 0; i < result.properties.size(); ++i)
        if (const Violation* violation = run.violation_of(i))
            result.properties[i].operations = violation->operations;
    return result;
}

void enter(const KnownBugs& known, const RunResult& run, HistoryMatrix& matrix) {
    for (const PropertyResult& property : run.properties) {
        HistoryCell& cell = matrix.cells[{run.design, property.property}];
        if (property.verdict != Verdict::not_applicable) cell.applies = true;
        if (property.verdict == Verdict::fault) cell.fault = true;
        if (!property.operations) continue;
        HistoryCell found{true, *property.operations, false, run.world, {}};
        if (const auto* bug = known.find(run.design, found.world, property.property))
            found.bug = bug->id;
        found.fault = cell.fault;
        if (is_better(found, cell)) cell = std::move(found);
    }
}

// Whether the verdicts are as the design's own lines say. Those that name no world speak of
// all other ones, in one of which a violation is enough.
struct Judgement {
    std::set<std::pair<std::string, std::string>> violated;  // design, property: in one of these
    Strings surprises;
    std::vector<Fault> faults;
};

void judge(const ast::Design& design, const RunResult& run, Judgement& judged) {
    for (const PropertyResult& property : run.properties) {
        if (property.verdict == Verdict::fault) {
            judged.faults.push_back({run.design, run.world, property.property, property.fault});
            judged.violated.emplace(run.design, property.property);  // for all that is known
            continue;
        }
        const ast::Expectation* expected =
            expectation_about(design, property.property, run.world);
        if (expected == nullptr) continue;
        const bool found = property.verdict == Verdict::violated;
        if (found && expected->worlds.empty())
            judged.violated.emplace(run.design, property.property);
        if (found == expected->violated || (!found && expected->worlds.empty())) continue;
        judged.surprises.push_back(
            run.design + " expects " +
            (found ? property.property + " to hold" : "a violation of " + property.property) +
            " in world " + run.world);
    }
}

void judge_designs(const Library& library, const std::vector<DesignText>& designs,
                   Judgement& judged) {
    for (const DesignText& text : designs)
        for (const ast::Expectation& expected : text.design().expectations) {
            if (expected.violated && expected.worlds.empty() &&
                !judged.violated.contains({text.name(), expected.property}))
                judged.surprises.push_back(text.name() + " expects a violation of " +
                                           expected.property);
            for (const auto& world : expected.worlds)
                if (left_out(text, find_world(library, world.name)))
                    judged.surprises.push_back(text.name() + " expects something of " +
                                               expected.property + " in world " + world.name +
                                               ", which it says nothing about");
        }
}

// Designs that are the same program in a world, by number; the first is explored for all.
struct Alike {
    std::size_t world = 0;
    std::vector<std::size_t> designs;
};

std::vector<Alike> find_alike(const std::vector<DesignText>& designs,
                              const PropertySet& properties, const HistoryMatrix& matrix,
                              unsigned threads, std::vector<LeftOut>& nothing_said) {
    std::vector<std::vector<Alike>> of_world(matrix.worlds.size());
    std::vector<std::vector<LeftOut>> out_of_world(matrix.worlds.size());
    const auto work = [&](std::size_t world) {
        std::vector<CheckRun> first;  // of each entry
        for (std::size_t i = 0; i < designs.size(); ++i) {
            if (auto out = left_out(designs[i], matrix.worlds[world])) {
                out_of_world[world].push_back(std::move(*out));
                continue;
            }
            CheckRun run(designs[i], properties, true, matrix.worlds[world], {});
            const auto same = std::find_if(first.begin(), first.end(),
                                           [&](const CheckRun& other) { return run.share(other); });
            if (same != first.end()) {
                of_world[world][static_cast<std::size_t>(same - first.begin())].designs.push_back(
                    i);
                continue;
            }
            of_world[world].push_back({world, {i}});
            first.push_back(std::move(run));
        }
    };
    std::vector<Alike> all;
    const auto conclude = [&](std::size_t world) {
        all.insert(all.end(), of_world[world].begin(), of_world[world].end());
        nothing_said.insert(nothing_said.end(), out_of_world[world].begin(),
                            out_of_world[world].end());
    };
    in_order(of_world.size(), of_world.size(), threads, work, conclude);
    return all;
}

HistoryMatrix explore_group(const Library& library, const std::vector<DesignText>& designs,
                            const KnownBugs& known, const HistoryGroup& group, unsigned threads,
                            Observer& observer, Judgement& judged,
                            std::vector<LeftOut>& nothing_said) {
    HistoryMatrix matrix;
    matrix.memory = group.memory;
    for (const std::string& world : group.worlds)
        matrix.worlds.push_back(find_world(library, world));
    for (const DesignText& design : designs) matrix.designs.push_back(design.name());
    for (const ast::Property& property : library.properties().properties)
        matrix.properties.push_back(property.name);
    matrix.properties.emplace_back(assertions_name);
    for (const std::string& design : matrix.designs)  // what no world speaks of does not apply
        for (const std::string& property : matrix.properties) matrix.cells[{design, property}];
    const std::vector<Alike> pieces =
        find_alike(designs, library.properties(), matrix, threads, nothing_said);
    std::vector<std::vector<RunResult>> results(pieces.size());  // one for all, or one for each
    const Shares shares = shares_of(threads, results.size());
    const auto work = [&](std::size_t i) {
        const World& world = matrix.worlds[pieces[i].world];
        for (const std::size_t each : pieces[i].designs) {
            CheckRun run(designs[each], library.properties(), true, world, {{world.depth}, {}});
            run.begin(shares.threads_each);
            observer.exploring(run);
            explore(run);
            results[i].push_back(result_of(run));
            if (!run.stands_alone()) break;
        }
    };
    const auto conclude = [&](std::size_t i) {
        for (std::size_t k = 0; k < pieces[i].designs.size(); ++k) {
            RunResult& result = results[i].size() > 1 ? results[i][k] : results[i].front();
            const DesignText& design = designs[pieces[i].designs[k]];
            result.design = design.name();
            enter(known, result, matrix);
            judge(design.design(), result, judged);
        }
    };
    in_order(results.size(), results.size(), shares.at_a_time, work, conclude);
    return matrix;
}

}  // namespace

History explore_history(const Library& library, unsigned threads, Observer& observer) {
    History history{known_bugs(), {}, {}, {}, {}};
    const std::vector<DesignText> designs = all_designs(library);
    Judgement judged;
    for (const HistoryGroup& group : history.known.groups)
        history.tables.push_back(
            explore_group(library, designs, history.known, group, threads, observer, judged,
                          history.left_out));
    judge_designs(library, designs, judged);
    history.surprises = std::move(judged.surprises);
    history.faults = std::move(judged.faults);
    return history;
}

}  // namespace cowcheck
