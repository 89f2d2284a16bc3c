#include "cli/history_matrix.h"

#include "cli/check_run.h"
#include "cli/expectations.h"
#include "cli/in_order.h"

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

void judge(const Library& library, const RunResult& run, Judgement& judged) {
    const DesignText text = find_design(library, run.design);
    for (const PropertyResult& property : run.properties) {
        if (property.verdict == Verdict::fault) {
            judged.faults.push_back({run.design, run.world, property.property, property.fault});
            judged.violated.emplace(run.design, property.property);  // for all that is known
            continue;
        }
        const ast::Expectation* expected =
            expectation_about(text.design(), property.property, run.world);
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

void judge_designs(const Library& library, Judgement& judged) {
    for (const std::string& name : library.design_names())
        for (const ast::Expectation& expected : find_design(library, name).design().expectations)
            if (expected.violated && expected.worlds.empty() &&
                !judged.violated.contains({name, expected.property}))
                judged.surprises.push_back(name + " expects a violation of " + expected.property);
}

std::string text_of(const HistoryCell& cell) {
    if (!cell.applies) return "n/a";
    if (cell.fault) return "fault";
    if (cell.operations == 0) return "-";
    return std::to_string(cell.operations) + (cell.bug.empty() ? "" : " " + cell.bug);
}

// Properties that some design violates; the others are one line.
Strings violated_somewhere(const HistoryMatrix& matrix) {
    Strings violated;
    for (const std::string& property : matrix.properties)
        if (std::any_of(matrix.designs.begin(), matrix.designs.end(), [&](const auto& design) {
                const HistoryCell& cell = matrix.cells.at({design, property});
                return cell.operations > 0 || cell.fault;
            }))
            violated.push_back(property);
    return violated;
}

std::string list_of(const Strings& words) {
    std::string list;
    for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
    return list;
}

std::string holding_everywhere(const HistoryMatrix& matrix) {
    Strings rest = matrix.properties;
    const Strings violated = violated_somewhere(matrix);
    std::erase_if(rest, [&](const std::string& property) {
        return std::find(violated.begin(), violated.end(), property) != violated.end();
    });
    return list_of(rest);
}

std::string worlds_and_depths(const HistoryMatrix& matrix) {
    Strings worlds;
    for (const World& world : matrix.worlds)
        worlds.push_back(world.name + " " + std::to_string(world.depth));
    return list_of(worlds);
}

// The bugs that cells name, in the order of the table.
std::vector<const KnownBug*> bugs_shown(const History& history) {
    std::set<std::string> named;
    for (const HistoryMatrix& matrix : history.tables)
        for (const auto& [place, cell] : matrix.cells) named.insert(cell.bug);
    std::vector<const KnownBug*> bugs;
    for (const KnownBug& bug : history.known.bugs)
        if (named.contains(bug.id)) bugs.push_back(&bug);
    return bugs;
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size(), width), ' ');
    return text;
}

// Designs that are the same program in a world, by number; the first is explored for all.
struct Alike {
    std::size_t world = 0;
    std::vector<std::size_t> designs;
};

std::vector<Alike> find_alike(const Library& library, const HistoryMatrix& matrix,
                              unsigned threads) {
    std::vector<std::vector<Alike>> of_world(matrix.worlds.size());
    const auto work = [&](std::size_t world) {
        std::vector<CheckRun> first;  // of each entry
        for (std::size_t i = 0; i < matrix.designs.size(); ++i) {
            CheckRun run(find_design(library, matrix.designs[i]), library.properties(), true,
                         matrix.worlds[world], {});
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
    };
    in_order(of_world.size(), of_world.size(), threads, work, conclude);
    return all;
}

HistoryMatrix explore_group(const Library& library, const KnownBugs& known,
                            const HistoryGroup& group, unsigned threads, StatusLine& status,
                            Judgement& judged) {
    HistoryMatrix matrix;
    matrix.memory = group.memory;
    for (const std::string& world : group.worlds)
        matrix.worlds.push_back(find_world(library, world));
    matrix.designs = library.design_names();
    for (const ast::Property& property : library.properties().properties)
        matrix.properties.push_back(property.name);
    matrix.properties.emplace_back(assertions_name);
    const std::vector<Alike> pieces = find_alike(library, matrix, threads);
    std::vector<std::vector<RunResult>> results(pieces.size());  // one for all, or one for each
    const Shares shares = shares_of(threads, results.size());
    const auto work = [&](std::size_t i) {
        const World& world = matrix.worlds[pieces[i].world];
        for (const std::size_t each : pieces[i].designs) {
            const std::string& design = matrix.designs[each];
            if (is_terminal(2)) status.show("world " + world.name + ", design " + design);
            CheckOptions options;
            options.depth = world.depth;
            CheckRun run(find_design(library, design), library.properties(), true, world, options);
            run.begin(shares.threads_each);
            explore(run);
            results[i].push_back(result_of(run));
            if (!run.stands_alone()) break;
        }
    };
    const auto conclude = [&](std::size_t i) {
        for (std::size_t k = 0; k < pieces[i].designs.size(); ++k) {
            RunResult& result = results[i].size() > 1 ? results[i][k] : results[i].front();
            result.design = matrix.designs[pieces[i].designs[k]];
            enter(known, result, matrix);
            judge(library, result, judged);
        }
    };
    in_order(results.size(), results.size(), shares.at_a_time, work, conclude);
    return matrix;
}

// The cells, with numbers for the properties; what the numbers mean.
std::string table_text(const HistoryMatrix& matrix) {
    const Strings columns = violated_somewhere(matrix);
    std::size_t names = 0;
    for (const std::string& design : matrix.designs) names = std::max(names, design.size());
    std::string text = matrix.memory + "\n\n" + padded("", names);
    for (std::size_t i = 0; i < columns.size(); ++i)
        text += "  " + (i + 1 < columns.size() ? padded("[" + std::to_string(i + 1) + "]", 6)
                                               : "[" + std::to_string(i + 1) + "]");
    text += "\n";
    for (const std::string& design : matrix.designs) {
        std::string line = padded(design, names);
        for (const std::string& property : columns)
            line += "  " + padded(text_of(matrix.cells.at({design, property})), 6);
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    text += "\n";
    for (std::size_t i = 0; i < columns.size(); ++i)
        text += "[" + std::to_string(i + 1) + "] " + columns[i] + "\n";
    return text + "holds everywhere: " + holding_everywhere(matrix) +
           "\nworlds and operations: " + worlds_and_depths(matrix) + "\n\n";
}

std::string table_markdown(const HistoryMatrix& matrix) {
    const Strings columns = violated_somewhere(matrix);
    std::string text = "### Memory: " + matrix.memory + "\n\n| design |";
    std::string rule = "|---|";
    for (const std::string& property : columns) {
        text += " " + property + " |";
        rule += "---|";
    }
    text += "\n" + rule + "\n";
    for (const std::string& design : matrix.designs) {
        text += "| " + design + " |";
        for (const std::string& property : columns)
            text += " " + text_of(matrix.cells.at({design, property})) + " |";
        text += "\n";
    }
    return text + "\nNo design violates " + holding_everywhere(matrix) +
           ".\nWorlds, and operations in each: " + worlds_and_depths(matrix) + ".\n\n";
}

}  // namespace

History explore_history(const Library& library, unsigned threads, StatusLine& status) {
    History history{known_bugs(), {}, {}, {}};
    Judgement judged;
    for (const HistoryGroup& group : history.known.groups)
        history.tables.push_back(
            explore_group(library, history.known, group, threads, status, judged));
    judge_designs(library, judged);
    history.surprises = std::move(judged.surprises);
    history.faults = std::move(judged.faults);
    return history;
}

std::string history_text(const History& history) {
    std::string text;
    for (const HistoryMatrix& matrix : history.tables) text += table_text(matrix);
    text += "5 B3   violated by 5 operations, the known bug B3\n"
            "-      holds in every world, within its bound, 2 operations in flight at once\n"
            "n/a    says nothing about the design\n\n";
    for (const KnownBug* bug : bugs_shown(history))
        text += padded(bug->id, 6) + " " + bug->what + " (" + bug->reference + ")\n";
    return text + "\ncowcheck history --why DESIGN PROPERTY tells a cell's story\n";
}

std::string history_markdown(const History& history) {
    std::string text;
    for (const HistoryMatrix& matrix : history.tables) text += table_markdown(matrix);
    text += "A number is the length of the shortest violation in operations, with the known bug\n"
            "that it is; `-`: there is none in any of the worlds, with at most 2 operations in\n"
            "flight at once.\n\n### The known bugs\n\n"
            "| bug | | source | mended by |\n|---|---|---|---|\n";
    for (const KnownBug& bug : history.known.bugs)
        text += "| " + bug.id + " | " + bug.what + " | " + bug.reference + " | " + bug.fix + " |\n";
    return text;
}

}  // namespace cowcheck
