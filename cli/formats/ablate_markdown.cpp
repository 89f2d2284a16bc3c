// --format markdown: a table for each handler.
#include "cli/formats/ablate.h"
#include "cli/formats/markdown.h"

#include "verify/run/numbers.h"

#include <algorithm>

namespace cowcheck {

namespace {

struct Row {
    std::string handler;
    std::size_t needed = 0;
    std::size_t equivalent = 0;
    std::size_t unnoticed = 0;
    std::size_t undecided = 0;

    void count(Fate fate) {
        needed += fate == Fate::needed;
        equivalent += fate == Fate::equivalent;
        unnoticed += fate == Fate::unnoticed;
        undecided += fate == Fate::undecided;
    }
    [[nodiscard]] std::string rate() const {
        const std::size_t all = needed + equivalent + unnoticed;
        if (all == 0) return "-";
        return percent_text(static_cast<double>(needed) / static_cast<double>(all));
    }
};

std::vector<Row> rows_of(const AblateReport& report) {
    std::vector<Row> rows;
    for (const ChangeResult& one : report.results) {
        auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& known) {
            return known.handler == one.change.definition;
        });
        if (row == rows.end()) row = rows.insert(row, Row{one.change.definition});
        row->count(one.judgement.fate);
    }
    return rows;
}

void add_handlers(const AblateReport& report, std::string& text) {
    text += "| handler | noticed | unnoticed | explained | undecided | rate |\n"
            "|---|---:|---:|---:|---:|---:|\n";
    for (const Row& row : rows_of(report))
        text += "| " + escaped(row.handler) + " | " + std::to_string(row.needed) + " | " +
                std::to_string(row.unnoticed) + " | " + std::to_string(row.equivalent) + " | " +
                std::to_string(row.undecided) + " | " + row.rate() + " |\n";
}

void add_changes(const AblateReport& report, Fate fate, std::string_view heading,
                 std::string& text) {
    if (report.count(fate) == 0) return;
    text += "\n### " + std::string(heading) + "\n\n| | change | |\n|---|---|---|\n";
    for (const ChangeResult& one : report.results)
        if (one.judgement.fate == fate)
            text += "| " +
                    escaped(one.change.definition + ":" + std::to_string(one.change.line) + " (" +
                            one.place.file + ":" + std::to_string(one.place.line) + ")") +
                    " | " + escaped(one.change.what) + " | " + escaped(fate_text(one)) + " |\n";
}

}  // namespace

std::string ablate_markdown(const AblateReport& report) {
    std::string text = "## cowcheck: wrong changes of " + escaped(report.design) + "\n\n**" +
                       escaped(ablate_summary(report)) + "**\n\n";
    add_handlers(report, text);
    add_changes(report, Fate::unnoticed, "Unnoticed", text);
    add_changes(report, Fate::undecided, "Undecided", text);
    add_changes(report, Fate::equivalent, "Equivalent, as the text argues", text);
    add_changes(report, Fate::needed, "Needed", text);
    if (!report.idle_marks.empty()) text += "\n### Marks that explain nothing\n\n";
    for (const IdleMark& mark : report.idle_marks)
        text += "- " +
                escaped(mark.place.file + ":" + std::to_string(mark.place.line) + ": " + mark.why) +
                "\n";
    if (!report.stop_text.empty()) text += "\nStopped: " + escaped(report.stop_text) + "\n";
    return text;
}

}  // namespace cowcheck
