#include "cli/formats/matrix.h"

#include "verify/run/numbers.h"

#include <algorithm>

namespace cowcheck {

namespace {

using Lines = std::vector<std::string>;
using Runs = std::vector<const RunResult*>;

struct Row {
    std::string property;
    bool cost = false;
};

const PropertyResult* find(const RunResult& run, const std::string& property) {
    for (const PropertyResult& result : run.properties)
        if (result.property == property) return &result;
    return nullptr;
}

// The properties that apply to any of the runs: safety first.
std::vector<Row> rows_of(const CheckResults& results) {
    std::vector<Row> rows;
    for (const bool cost : {false, true})
        for (const RunResult& run : results.runs)
            for (const PropertyResult& result : run.properties)
                if (result.cost == cost && result.verdict != Verdict::not_applicable &&
                    std::none_of(rows.begin(), rows.end(),
                                 [&](const Row& row) { return row.property == result.property; }))
                    rows.push_back({result.property, cost});
    return rows;
}

std::string mark_of(const RunResult& run, const PropertyResult* result, bool running) {
    if (result == nullptr) return "n/a";
    switch (result->verdict) {
    case Verdict::not_applicable: return "n/a";
    case Verdict::violated: return result->operations ? std::to_string(*result->operations) : "no";
    case Verdict::holds:
        if (result->sometimes) return "yes";
        return run.exhausted ? "never" : "-";
    case Verdict::fault: return "fault";
    case Verdict::incomplete: break;
    }
    return running ? "." : "?";
}

std::string_view colour_of(const PropertyResult* result) {
    if (result == nullptr || result->verdict == Verdict::not_applicable) return "2";
    if (result->verdict == Verdict::violated) return result->cost ? "33" : "1;31";
    if (result->verdict == Verdict::fault) return "1;35";
    return result->verdict == Verdict::holds ? "32" : "2";
}

std::string right(const std::string& text, std::size_t width) {
    return std::string(width - std::min(width, text.size()), ' ') + text;
}

std::string left(const std::string& text, std::size_t width) {
    return text + std::string(width - std::min(width, text.size()), ' ');
}

class Table {
public:
    Table(const CheckResults& results, const MatrixStyle& style)
        : style_(style), rows_(rows_of(results)) {
        for (const Row& row : rows_) name_width_ = std::max(name_width_, label(row).size());
        name_width_ += 2;
    }

    // One world, as many columns at a time as fit.
    void add(const Runs& runs, Lines& lines) {
        std::size_t begin = 0;
        while (begin < runs.size()) {
            std::size_t end = begin;
            std::size_t width = name_width_;
            while (end < runs.size() &&
                   (end == begin || width + cell_width(*runs[end]) <= style_.width))
                width += cell_width(*runs[end++]);
            if (!lines.empty()) lines.emplace_back();
            add_part({runs.begin() + static_cast<std::ptrdiff_t>(begin),
                      runs.begin() + static_cast<std::ptrdiff_t>(end)},
                     lines);
            begin = end;
        }
    }

private:
    static std::string label(const Row& row) {
        return "  " + row.property + (row.cost ? " (cost)" : "");
    }
    static std::size_t cell_width(const RunResult& run) {
        return std::max<std::size_t>(run.design.size(), 7) + 2;
    }

    template <class Cell>
    void add_line(const std::string& name, const Runs& runs, Lines& lines, Cell&& cell) {
        std::string line = left(name, name_width_);
        for (const RunResult* run : runs) line += right(cell(*run), cell_width(*run));
        lines.push_back(std::move(line));
    }

    void add_part(const Runs& runs, Lines& lines) {
        add_line("world " + runs.front()->world, runs, lines,
                 [](const RunResult& run) { return run.design; });
        for (const Row& row : rows_) add_row(row, runs, lines);
        add_line("depth explored", runs, lines, [](const RunResult& run) {
            return run.depth < 0 ? std::string("none") : std::to_string(run.depth);
        });
        add_line("states", runs, lines,
                 [](const RunResult& run) { return count_text(run.states); });
        if (!style_.running)
            add_line("time", runs, lines,
                     [](const RunResult& run) { return short_duration_text(run.seconds); });
    }

    void add_row(const Row& row, const Runs& runs, Lines& lines) {
        std::string line = left(label(row), name_width_);
        for (const RunResult* run : runs) {
            const PropertyResult* result = find(*run, row.property);
            const std::string cell = right(mark_of(*run, result, style_.running), cell_width(*run));
            if (style_.colour)
                line += "\033[" + std::string(colour_of(result)) + "m" + cell + "\033[0m";
            else
                line += cell;
        }
        lines.push_back(std::move(line));
    }

    const MatrixStyle& style_;
    std::vector<Row> rows_;
    std::size_t name_width_ = 16;
};

}  // namespace

std::vector<std::string> matrix_lines(const CheckResults& results, const MatrixStyle& style) {
    Lines lines;
    Table table(results, style);
    std::vector<std::string> done;
    for (const RunResult& first : results.runs) {
        if (std::find(done.begin(), done.end(), first.world) != done.end()) continue;
        done.push_back(first.world);
        Runs runs;
        for (const RunResult& run : results.runs)
            if (run.world == first.world) runs.push_back(&run);
        table.add(runs, lines);
    }
    return lines;
}

std::vector<std::string> legend_lines(const CheckResults& results) {
    const auto any = [&](auto&& wanted) {
        return std::any_of(results.runs.begin(), results.runs.end(), [&](const RunResult& run) {
            return std::any_of(run.properties.begin(), run.properties.end(),
                               [&](const PropertyResult& result) { return wanted(run, result); });
        });
    };
    const auto with = [](Verdict verdict) {
        return [verdict](const RunResult&, const PropertyResult& result) {
            return result.verdict == verdict;
        };
    };
    const std::string in_flight =
        results.concurrency == 0 ? "" : ", " + std::to_string(results.concurrency) + " in flight";
    Lines lines;
    if (any(with(Verdict::violated)))
        lines.emplace_back("5      violated: the number of operations of the shortest schedule");
    if (any([](const RunResult& run, const PropertyResult& result) {
            return result.verdict == Verdict::holds && !run.exhausted;
        }))
        lines.push_back("-      holds for every schedule of at most " + bounds_text(results));
    if (any([](const RunResult& run, const PropertyResult& result) {
            return result.verdict == Verdict::holds && run.exhausted;
        }))
        lines.push_back("never  holds at any depth in this world" + in_flight +
                        ": there are no more states");
    if (any([](const RunResult&, const PropertyResult& result) { return result.sometimes; }))
        lines.emplace_back("yes    it happens, as it must; no: it never does");
    const std::vector<Row> rows = rows_of(results);  // others are not in the matrix
    if (any([&](const RunResult&, const PropertyResult& result) {
            return result.verdict == Verdict::not_applicable &&
                   std::any_of(rows.begin(), rows.end(),
                               [&](const Row& row) { return row.property == result.property; });
        }))
        lines.emplace_back("n/a    says nothing about this design and world");
    const auto is_open = [](bool miscounted) {
        return [miscounted](const RunResult& run, const PropertyResult& result) {
            return result.verdict == Verdict::incomplete &&
                   run.miscounted_by.has_value() == miscounted;
        };
    };
    if (any(is_open(true)))
        lines.emplace_back(
            "?      not violated, but not decided: a count is wrong before (see below)");
    if (any(is_open(false)))
        lines.push_back(results.stop == StopReason::none
                            ? "?      not decided: all that was asked for was known before"
                            : "?      not decided within " + bounds_text(results));
    if (any(with(Verdict::fault)))
        lines.emplace_back("fault  no verdict: cowcheck is wrong about it, as the message says");
    return lines;
}

}  // namespace cowcheck
