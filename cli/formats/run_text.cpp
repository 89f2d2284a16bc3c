#include "cli/formats/run.h"
#include "verify/run/numbers.h"

#include <algorithm>
#include <map>

namespace cowcheck {

namespace {

constexpr std::size_t width = 80;
using Row = std::vector<std::string>;

std::string padded(const std::string& text, std::size_t to) {
    return text + std::string(to > text.size() ? to - text.size() : 0, ' ');
}

std::string trimmed(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

std::size_t width_of(const std::vector<Row>& rows, std::size_t column) {
    std::size_t most = 0;
    for (const Row& row : rows)
        if (column < row.size()) most = std::max(most, row[column].size());
    return most;
}

// Words on lines that are not too wide; what goes on in the next line is indented.
std::string wrapped(const std::vector<std::string>& words, const std::string& first,
                    const std::string& next) {
    std::string text;
    std::string line = first;
    bool empty = true;
    for (const std::string& word : words) {
        if (!empty && line.size() + 1 + word.size() > width) {
            text += trimmed(line) + "\n";
            line = next;
            empty = true;
        }
        line += (empty ? "" : " ") + word;
        empty = false;
    }
    return text + trimmed(line) + "\n";
}

std::vector<std::string> words_in(const std::string& text) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        if (end > at) words.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

// The rows under each other, the first column in full, the others in parts that fit.
std::string table(const std::vector<Row>& rows, const std::string& indent) {
    std::string text;
    const std::size_t columns = rows.empty() ? 0 : rows.front().size();
    const std::size_t first = indent.size() + width_of(rows, 0);
    for (std::size_t from = 1; from < columns;) {
        std::size_t to = from;
        std::size_t used = first;
        while (to < columns && (to == from || used + 2 + width_of(rows, to) <= width))
            used += 2 + width_of(rows, to++);
        if (from > 1) text += "\n";
        for (const Row& row : rows) {
            std::string line = indent + padded(row[0], width_of(rows, 0));
            for (std::size_t i = from; i < to; ++i)
                line += "  " + padded(row[i], width_of(rows, i));
            text += trimmed(line) + "\n";
        }
        from = to;
    }
    return text;
}

// What is seen, and what does not come to an end.
std::vector<std::string> outcome_words(const ProgramReport& report, const OutcomeReport& outcome) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < report.names.size(); ++i)
        words.push_back(report.names[i] + "=" + outcome.values[i] + ";");
    for (const std::string& one : outcome.stuck) {
        for (const std::string& word : words_in("'" + one + "'")) words.push_back(word);
        words.emplace_back(outcome.loops ? "loops;" : "waits;");
    }
    if (words.empty()) words.emplace_back("(nothing is seen)");
    return words;
}

std::string outcome_key(const ProgramReport& report, const OutcomeReport& outcome) {
    std::string key;
    for (const std::string& word : outcome_words(report, outcome)) key += word + " ";
    return key;
}

std::string_view verdict_text(ConditionVerdict verdict) {
    switch (verdict) {
    case ConditionVerdict::holds: return "holds";
    case ConditionVerdict::fails: return "FAILS";
    case ConditionVerdict::unknown: break;
    }
    return "unknown";
}

std::string length_text(unsigned operations, unsigned steps) {
    return plural(operations, "operation") + ", " + plural(steps, "step");
}

std::string outcomes_text(const ProgramReport& report, const DesignReport& design) {
    std::string text;
    for (const OutcomeReport& outcome : design.outcomes) {
        text += wrapped(outcome_words(report, outcome), "  ", "      ");
        text +=
            wrapped(words_in(length_text(outcome.operations, outcome.steps) + ": " + outcome.story),
                    "      ", "      ");
        if (!outcome.trace.empty()) text += "      trace: " + outcome.trace + "\n";
    }
    return text;
}

std::string troubles_text(const DesignReport& design) {
    std::string text;
    for (const TroubleReport& trouble : design.troubles) {
        const bool asserts = trouble.what == ProgramTrouble::What::asserts;
        text += wrapped(words_in(std::string(asserts ? "an assertion of the design fails"
                                                     : "a count of references is wrong") +
                                 ", " + length_text(trouble.operations, trouble.steps) + ": " +
                                 trouble.story),
                        "  FAILS ", "      ");
        if (!trouble.trace.empty()) text += "      trace: " + trouble.trace + "\n";
    }
    return text;
}

std::string condition_lines(const ProgramReport& report, const DesignReport& design) {
    std::string text;
    for (std::size_t i = 0; i < design.conditions.size(); ++i) {
        const ConditionReport& one = design.conditions[i];
        std::vector<std::string> words = words_in(report.program->conditions[i].text);
        words.push_back(" so in " + std::to_string(one.outcomes) + " of " +
                        std::to_string(design.outcomes.size()));
        text += wrapped(words, "  " + padded(std::string(verdict_text(one.verdict)), 8),
                        "            ");
    }
    return text;
}

std::string design_text(const ProgramReport& report, const DesignReport& design) {
    std::string text = "design " + design.design;
    if (!design.skipped.empty())
        return wrapped(words_in(text + ": skipped: " + design.skipped), "", "      ");
    text += ": " + plural(design.outcomes.size(), "outcome") + ", " + count_text(design.states) +
            " states" + (design.limited ? "; stopped by a limit, so there may be more" : "") + "\n";
    return text + outcomes_text(report, design) + troubles_text(design) +
           condition_lines(report, design);
}

// Outcomes by who allows them, and conditions by where they hold.
std::string comparison(const ProgramReport& report) {
    std::map<std::string, std::map<std::string, std::string>> cells;  // by outcome and design
    std::vector<Row> conditions{{""}};
    std::vector<Row> rows{{"operations"}};
    for (const ProgramCondition& one : report.program->conditions)
        conditions.push_back(
            {std::string(to_text(one.word)) + " " + std::to_string(conditions.size())});
    for (const DesignReport& design : report.designs) {
        rows.front().push_back(design.design);
        conditions.front().push_back(design.design);
        for (const OutcomeReport& outcome : design.outcomes)
            cells[outcome_key(report, outcome)][design.design] = std::to_string(outcome.operations);
        for (std::size_t i = 1; i < conditions.size(); ++i)
            conditions[i].push_back(
                !design.skipped.empty()
                    ? "skipped"
                    : std::string(verdict_text(design.conditions[i - 1].verdict)));
    }
    std::string text = "outcomes\n";
    for (const auto& [key, by_design] : cells) {
        const std::string number = "[" + std::to_string(rows.size()) + "]";
        text += wrapped(words_in(key), "  " + padded(number, 5), "         ");
        Row row{number};
        for (const DesignReport& design : report.designs) {
            const auto cell = by_design.find(design.design);
            row.push_back(!design.skipped.empty()   ? "skipped"
                          : cell != by_design.end() ? cell->second
                          : design.limited          ? "?"
                                                    : "-");
        }
        rows.push_back(std::move(row));
    }
    text += "\nby how many operations each comes about, and - where it does not\n";
    text += table(rows, "  ");
    if (conditions.size() == 1) return text;
    text += "\nconditions\n";
    for (std::size_t i = 0; i < report.program->conditions.size(); ++i)
        text += wrapped(words_in(report.program->conditions[i].text),
                        "  " + padded(conditions[i + 1][0], 9) + " ", "             ");
    return text + "\n" + table(conditions, "  ");
}

std::string skipped_lines(const ProgramReport& report) {
    std::string text;
    for (const DesignReport& design : report.designs) {
        if (!design.skipped.empty())
            text += wrapped(words_in(design.design + ": skipped: " + design.skipped), "", "      ");
        if (!design.troubles.empty()) text += "design " + design.design + "\n";
        text += troubles_text(design);
        if (design.limited)
            text += design.design + ": stopped by a limit at " + count_text(design.states) +
                    " states, so there may be more\n";
    }
    return text.empty() ? text : "\n" + text;
}

}  // namespace

std::string run_text(const ProgramReport& report) {
    std::string text = "program " + report.program->name + "\n";
    if (!report.program->title.empty()) text += wrapped(words_in(report.program->title), "", "");
    text += "\n";
    if (report.designs.size() == 1) return text + design_text(report, report.designs.front());
    return text + comparison(report) + skipped_lines(report);
}

}  // namespace cowcheck
