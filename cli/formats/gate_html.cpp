// --format html: the report as a page, with each finding's player one click away.
#include "cli/formats/gate.h"

#include "cli/formats/html.h"
#include "traces/text.h"
#include "verify/run/numbers.h"

#include <algorithm>
#include <array>

namespace cowcheck {

namespace {

std::string shown(std::string_view text) { return html(printable(text)); }

std::string heading(std::string_view text, std::size_t number) {
    return "<h2>" + std::string(text) + " <span>" + std::to_string(number) + "</span></h2>\n";
}

std::string property_cell(const Comparison& one) {
    return "<code>" + shown(one.property) + "</code>" + (one.cost ? " (a cost)" : "");
}

// "cowcheck-traces/x.html" beside "cowcheck-traces/x.json"
std::string links(const Comparison& one) {
    if (one.trace.empty()) return {};
    return "<p class=\"links\"><a href=\"" + href(player_path(one.trace)) +
           "\">play it</a> <a href=\"" + href(one.trace) + "\">the trace</a></p>";
}

std::string finding(const GateReport& report, const Comparison& one) {
    std::string text = "<article class=\"finding" + std::string(one.cost ? " cost" : "") +
                       "\"><h3>" + property_cell(one) + " in world " + shown(one.world) +
                       "</h3><p>" + shown(sentence(report, one)) + ".</p>";
    if (!one.place.file.empty())
        text += "<p class=\"place\"><code>" +
                shown(one.place.file + ":" + std::to_string(one.place.line) + ": " +
                      one.place.statement) +
                "</code></p>";
    if (!one.waiver.empty()) text += "<p>Waived: " + shown(one.waiver) + "</p>";
    return text + links(one) + "</article>\n";
}

std::vector<const Comparison*> with(const GateReport& report, Change change, bool waived) {
    std::vector<const Comparison*> found;
    for (const Comparison& one : report.comparisons)
        if (one.change == change && !one.waiver.empty() == waived) found.push_back(&one);
    std::stable_sort(found.begin(), found.end(),
                     [](const auto* a, const auto* b) { return a->cost < b->cost; });
    return found;
}

std::string findings(const GateReport& report, std::string_view title, bool waived) {
    const auto list = with(report, Change::worse, waived);
    if (list.empty()) return {};
    std::string text = "<section class=\"panel\">" + heading(title, list.size());
    for (const Comparison* one : list) text += finding(report, *one);
    return text + "</section>\n";
}

// A line each, without a story.
std::string changes(const GateReport& report, std::string_view title, Change change) {
    const auto list = with(report, change, false);
    if (list.empty()) return {};
    std::string text = "<section class=\"panel\">" + heading(title, list.size()) +
                       "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">property</th>"
                       "<th scope=\"col\">world</th><th scope=\"col\">" +
                       shown(report.base) + "</th><th scope=\"col\">" + shown(report.design) +
                       "</th></tr></thead><tbody>\n";
    for (const Comparison* one : list)
        text += "<tr><td>" + property_cell(*one) + "</td><td>" + shown(one->world) + "</td><td>" +
                std::string(name_of(one->before)) + "</td><td>" + std::string(name_of(one->after)) +
                "</td></tr>\n";
    return text + "</tbody></table></div></section>\n";
}

std::string expectations(const GateReport& report) {
    std::string items;
    std::size_t number = 0;
    for (const ExpectationResult& one : report.expectations) {
        if (!one.differs()) continue;
        ++number;
        items += "<li>" + shown(sentence(report, one)) +
                 (one.waiver.empty() ? "" : " (waived: " + shown(one.waiver) + ")") + "</li>\n";
    }
    if (number == 0) return {};
    return "<section class=\"panel\">" + heading("Expected otherwise", number) + "<ul>" + items +
           "</ul></section>\n";
}

std::string costs(const GateReport& report) {
    std::string rows;
    std::size_t number = 0;
    for (const PathComparison& path : report.paths) {
        if (!path.differs()) continue;
        ++number;
        rows += "<tr><th scope=\"row\">" + shown(path.path) + "</th>";
        for (const CostColumn& column : cost_columns())
            rows += "<td class=\"number\">" + shown(cost_cell(path, column)) + "</td>";
        rows += "</tr>\n";
    }
    std::string text = "<section class=\"panel\">" +
                       heading("Paths of one operation alone that cost something else", number);
    if (number > 0) {
        text += "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">path</th>";
        for (const CostColumn& column : cost_columns())
            text += "<th scope=\"col\" class=\"number\">" + shown(column.heading) + "</th>";
        text += "</tr></thead><tbody>\n" + rows + "</tbody></table></div>";
    }
    return text + "<p>" + plural(report.paths.size() - number, "path") + " of " +
           std::to_string(report.paths.size()) + " cost the same.</p></section>\n";
}

std::string worlds(const GateReport& report) {
    std::string text = "<section class=\"panel\"><details><summary>" +
                       plural(report.worlds.size(), "world") + ", " +
                       (report.concurrency == 0 ? "any number of operations"
                                                : plural(report.concurrency, "operation")) +
                       " in flight at once</summary><div class=\"scroll\"><table><thead><tr>"
                       "<th scope=\"col\">world</th><th scope=\"col\" class=\"number\">"
                       "operations</th><th scope=\"col\" class=\"number\">states</th>"
                       "<th scope=\"col\">so far as</th></tr></thead><tbody>\n";
    for (const GateWorld& world : report.worlds)
        text += "<tr><td>" + shown(world.world) + "</td><td class=\"number\">" +
                std::to_string(world.depth) + "</td><td class=\"number\">" +
                std::to_string(world.states) + "</td><td>" +
                (!world.complete      ? "it was stopped"
                 : world.same_program ? "both are the same program"
                                      : "the bound") +
                "</td></tr>\n";
    text += "</tbody></table></div></details>";
    for (const std::string& line : left_out_lines(report.left_out))
        text += "<p>" + shown(line) + "</p>";
    return text + "</section>\n";
}

}  // namespace

std::string player_path(const std::string& trace) {
    constexpr std::string_view ending = ".json";
    return (trace.ends_with(ending) ? trace.substr(0, trace.size() - ending.size()) : trace) +
           ".html";
}

std::string gate_html(const GateReport& report) {
    const std::string title = shown(report.design) + " against " + shown(report.base);
    std::string body = "<h1>" + title + "</h1>\n<p class=\"summary" +
                       (report.exit_status() == 1 ? " bad" : "") + "\">" +
                       shown(summary_line(report)) + "</p>\n";
    if (!report.stop_text.empty()) body += "<p>Stopped: " + shown(report.stop_text) + "</p>\n";
    body += findings(report, "Worse", false) + expectations(report) +
            changes(report, "Undecided", Change::undecided) +
            changes(report, "Better", Change::better) +
            findings(report, "Worse, and waived", true) + costs(report) + worlds(report);
    const std::array<PageSlot, 4> slots{
        {{"@title@", title},
         {"/*style*/", page_text("pages/common/style") + page_text("pages/report/style")},
         {"@body@", body},
         {"/*script*/", page_text("pages/common/script")}}};
    return fill(page_text("pages/report"), slots);
}

}  // namespace cowcheck
