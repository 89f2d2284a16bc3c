#include "cli/formats/history.h"

#include <algorithm>
#include <set>

namespace cowcheck {

namespace {

using Strings = std::vector<std::string>;

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

std::string history_text(const History& history) {
    std::string text;
    for (const HistoryMatrix& matrix : history.tables) text += table_text(matrix);
    text += "5 B3   violated by 5 operations, the known bug B3\n"
            "-      holds in every world, within its bound, 2 operations in flight at once\n"
            "n/a    says nothing about the design\n\n";
    for (const std::string& line : left_out_lines(history.left_out)) text += line + "\n";
    if (!history.left_out.empty()) text += "\n";
    for (const KnownBug* bug : bugs_shown(history))
        text += padded(bug->id, 6) + " " + bug->what + " (" + bug->reference + ")\n";
    return text + "\ncowcheck history --why DESIGN PROPERTY tells a cell's story\n";
}

std::string history_markdown(const History& history) {
    std::string text;
    for (const HistoryMatrix& matrix : history.tables) text += table_markdown(matrix);
    text += "A number is the length of the shortest violation in operations, with the known bug\n"
            "that it is; `-`: there is none in any of the worlds, with at most 2 operations in\n"
            "flight at once; `n/a`: no property, or no world, says anything about the design.\n\n"
            "A world that asks for what a kernel has not got is left out for its design:\n\n";
    for (const std::string& line : left_out_lines(history.left_out))
        text += "- " + line.substr(line.find(": ") + 2) + "\n";
    text += "\n### The known bugs\n\n"
            "| bug | | source | mended by |\n|---|---|---|---|\n";
    for (const KnownBug& bug : history.known.bugs)
        text += "| " + bug.id + " | " + bug.what + " | " + bug.reference + " | " + bug.fix + " |\n";
    return text;
}

}  // namespace cowcheck
