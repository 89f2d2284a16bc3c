// --format text and markdown: the report for people.
#include "cli/formats/gate.h"
#include "cli/formats/markdown.h"
#include "traces/text.h"
#include "verify/run/numbers.h"

#include "cowcheck_version.h"

#include <algorithm>
#include <map>

namespace cowcheck {

namespace {

std::string concurrency_text(const GateReport& report) {
    return (report.concurrency == 0 ? "any number" : std::to_string(report.concurrency)) +
           " in flight at once";
}

// "default 5 operations, tiny and 9 others 8, 2 in flight at once"
std::string bounds_line(const GateReport& report, bool lists) {
    std::map<unsigned, std::vector<std::string>> by_depth;
    for (const GateWorld& world : report.worlds) by_depth[world.depth].push_back(world.world);
    std::string text;
    for (const auto& [depth, worlds] : by_depth) {
        std::string names;
        for (const std::string& name : worlds) names += (names.empty() ? "" : ", ") + name;
        text += (text.empty() ? "" : "; ") + plural(depth, "operation") + " in " +
                (lists || worlds.size() <= 3 ? names : plural(worlds.size(), "world"));
    }
    return text + "; " + concurrency_text(report);
}

// "the same program in 61 of these 85 worlds"; empty if it is in none.
std::string same_programs_line(const GateReport& report) {
    const auto same = std::count_if(report.worlds.begin(), report.worlds.end(),
                                    [](const GateWorld& world) { return world.same_program; });
    if (same == 0) return {};
    return "the same program in " + std::to_string(same) + " of " +
           plural(report.worlds.size(), "world");
}

// "60 worlds were made for this change, with 1.2 M states"; empty if nobody asked.
std::string made_worlds_line(const GateReport& report) {
    if (!report.made) return {};
    return plural(report.made->worlds, "world") + " made for this change, " +
           count_text(report.made->states) + " states";
}

// "too small to say more, since steps waited for a free frame: tiny, swap"; or empty.
std::string small_worlds_line(const GateReport& report, bool lists) {
    std::string names;
    std::size_t count = 0;
    for (const GateWorld& world : report.worlds)
        if (world.waited_for_frame) {
            names += (names.empty() ? "" : ", ") + world.world;
            ++count;
        }
    if (names.empty()) return {};
    if (!lists && count > 3) names = plural(count, "world");
    return "too small to say more, since steps waited for a free frame: " + names;
}

bool is_waived(const Comparison& one) { return !one.waiver.empty(); }

std::vector<const Comparison*> with(const GateReport& report, Change change, bool waived = false) {
    std::vector<const Comparison*> found;
    for (const Comparison& one : report.comparisons)
        if (one.change == change && is_waived(one) == waived) found.push_back(&one);
    std::stable_sort(found.begin(), found.end(), [](const auto* a, const auto* b) {
        return a->cost < b->cost;  // safety first
    });
    return found;
}

// Properties in order of appearance, each with its worlds.
using Grouped = std::vector<std::pair<std::string, std::vector<const Comparison*>>>;

Grouped by_property(const std::vector<const Comparison*>& comparisons) {
    Grouped groups;
    for (const Comparison* one : comparisons) {
        auto group = std::find_if(groups.begin(), groups.end(),
                                  [&](const auto& known) { return known.first == one->property; });
        if (group == groups.end()) group = groups.insert(groups.end(), {one->property, {}});
        group->second.push_back(one);
    }
    return groups;
}

std::string worlds_of(const std::vector<const Comparison*>& comparisons) {
    std::string text;
    for (const Comparison* one : comparisons) text += (text.empty() ? "" : ", ") + one->world;
    return text;
}

std::string cost_mark(const Comparison& one) { return one.cost ? " (cost)" : ""; }

std::string place_text(const DesignPlace& place) {
    return place.file + ":" + std::to_string(place.line) +
           (place.statement.empty() ? "" : ": " + place.statement);
}

// The one that is shown in full.
const Comparison* shortest(const std::vector<const Comparison*>& comparisons) {
    return *std::min_element(
        comparisons.begin(), comparisons.end(), [](const Comparison* a, const Comparison* b) {
            return std::pair(a->operations, a->steps) < std::pair(b->operations, b->steps);
        });
}

// --------------------------------------------------------------- text

class Lines {
public:
    explicit Lines(std::size_t width) : width_(width) {}

    void add(std::size_t indent, const std::string& text) {
        if (width_ == 0) {
            text_ += std::string(indent, ' ') + text + "\n";
            return;
        }
        const std::size_t room = width_ > indent + 20 ? width_ - indent : 20;
        for (const std::string& line : wrap(printable(text), room, 2))
            text_ += std::string(indent, ' ') + line + "\n";
    }
    void heading(const std::string& text) {
        text_ += "\n";
        add(0, text);
    }
    // Tables are as wide as they are.
    void add_as_it_is(const std::string& text) { text_ += text; }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::size_t width_;
    std::string text_;
};

void add_worse(const GateReport& report, Lines& lines) {
    const Grouped groups = by_property(with(report, Change::worse));
    if (groups.empty()) return;
    lines.heading("worse: what " + report.base + " keeps and " + report.design + " breaks");
    for (const auto& [property, comparisons] : groups) {
        const Comparison& one = *shortest(comparisons);
        lines.add(2, property + cost_mark(one) + ": " + report.meaning_of(property));
        lines.add(4, "in " + one.world +
                         (one.operations ? ", " + plural(*one.operations, "operation") + ", " +
                                               plural(one.steps.value_or(0), "step")
                                         : "") +
                         ": " + one.story);
        lines.add(4, "at " + place_text(one.place));
        if (!one.decides.empty()) lines.add(4, "decided by " + one.decides);
        if (!one.trace.empty()) lines.add(4, one.trace);
        std::string others;
        for (const Comparison* other : comparisons)
            if (other != &one) others += (others.empty() ? "" : ", ") + other->world;
        if (!others.empty())
            lines.add(4, "and in " + others + (one.trace.empty() ? "" : ", with a trace each"));
    }
}

void add_paths(const GateReport& report, Lines& lines) {
    bool any = false;
    for (const PathComparison& path : report.paths) {
        if (!path.worse()) continue;
        if (!any) lines.heading("worse: an operation alone does not end any more");
        any = true;
        lines.add(2, sentence(report, path));
    }
}

void add_short(const GateReport& report, Change change, bool lists, const std::string& heading,
               Lines& lines) {
    const Grouped groups = by_property(with(report, change));
    if (groups.empty()) return;
    lines.heading(heading);
    for (const auto& [property, comparisons] : groups)
        lines.add(2, property + cost_mark(*comparisons.front()) + ": " +
                         (lists || comparisons.size() <= 3
                              ? worlds_of(comparisons)
                              : plural(comparisons.size(), "world") + ", " +
                                    comparisons.front()->world + " among them"));
}

void add_undecided(const GateReport& report, bool lists, Lines& lines) {
    add_short(report, Change::undecided, lists, "undecided", lines);
    for (const Comparison& one : report.comparisons)
        if (!one.fault.empty())
            lines.add(2, "no verdict about " + one.property + " in " + one.world +
                             ", a fault of cowcheck: " + one.fault);
}

std::string stays_line(const GateReport& report, Verdict verdict, bool lists) {
    std::string text;
    std::size_t count = 0;
    std::size_t properties = 0;
    for (const auto& [property, comparisons] : by_property(with(report, Change::same))) {
        std::vector<const Comparison*> chosen;
        for (const Comparison* one : comparisons)
            if (one->after == verdict) chosen.push_back(one);
        if (chosen.empty()) continue;
        count += chosen.size();
        ++properties;
        const bool everywhere = chosen.size() == report.worlds.size();
        text += (text.empty() ? "" : "; ") + property +
                (everywhere ? "" : " (" + worlds_of(chosen) + ")");
    }
    if (text.empty() || lists) return text;
    return std::to_string(count) + ", of " +
           (properties == 1 ? "1 property" : std::to_string(properties) + " properties");
}

void add_stays(const GateReport& report, bool lists, Lines& lines) {
    lines.heading(lists ? "stays" : "stays (--list says where)");
    for (const auto& [verdict, name] : {std::pair{Verdict::violated, "violated"},
                                        {Verdict::holds, "holds"},
                                        {Verdict::not_applicable, "does not apply any more"}})
        if (const std::string line = stays_line(report, verdict, lists); !line.empty())
            lines.add(2, std::string(name) + ": " + line);
}

void add_expectations(const GateReport& report, Lines& lines) {
    bool any = false;
    for (const ExpectationResult& one : report.expectations) {
        if (!one.differs()) continue;
        if (!any) lines.heading("expected otherwise");
        any = true;
        lines.add(2, sentence(report, one));
        lines.add(8, place_text(one.place));
        if (!one.waiver.empty()) lines.add(8, "waived: " + one.waiver);
    }
    if (!report.updated.empty())
        lines.heading("the 'expect' lines of " + report.updated + " were rewritten");
}

void add_waived(const GateReport& report, Lines& lines) {
    if (report.waivers.empty()) return;
    lines.heading("waived");
    for (const Waiver& waiver : report.waivers) {
        std::vector<const Comparison*> used;
        for (const Comparison& one : report.comparisons)
            if (one.change == Change::worse && one.property == waiver.property)
                used.push_back(&one);
        lines.add(2, waiver.property + ": " + waiver.reason + " (" +
                         (used.empty() ? "it did not get worse" : "worse in " + worlds_of(used)) +
                         ")");
    }
}

// What was looked at.
void add_bounds(const GateReport& report, bool lists, Lines& lines) {
    lines.heading("looked at every schedule of " + bounds_line(report, lists));
    if (const std::string line = same_programs_line(report); !line.empty()) lines.add(0, line);
    if (const std::string line = made_worlds_line(report); !line.empty()) lines.add(0, line);
    if (const std::string line = small_worlds_line(report, lists); !line.empty())
        lines.add(0, line);
    for (const std::string& line : left_out_lines(report.left_out)) lines.add(0, line);
}

std::size_t width_of(const std::vector<std::vector<std::string>>& rows, std::size_t column) {
    std::size_t width = 0;
    for (const auto& row : rows) width = std::max(width, row[column].size());
    return width;
}

// The paths whose costs differ, a heading first.
std::vector<std::vector<std::string>> cost_rows(const GateReport& report) {
    std::vector<std::vector<std::string>> rows{{"path"}};
    for (const CostColumn& column : cost_columns()) rows[0].emplace_back(column.heading);
    for (const PathComparison& path : report.paths) {
        if (!path.differs()) continue;
        rows.push_back({path.path});
        for (const CostColumn& column : cost_columns())
            rows.back().push_back(cost_cell(path, column));
        const bool waited = path.before && path.before->waits;
        const bool waits = path.after && path.after->waits;
        if (waited != waits) rows.back()[0] += waits ? " (waits now)" : " (waited before)";
    }
    return rows;
}

std::size_t unchanged_paths(const GateReport& report) {
    return static_cast<std::size_t>(
        std::count_if(report.paths.begin(), report.paths.end(),
                      [](const PathComparison& path) { return !path.differs(); }));
}

void add_costs(const GateReport& report, Lines& lines) {
    std::string text;
    const auto rows = cost_rows(report);
    text += "\ncost, one operation alone: " + report.base + " -> " + report.design + "\n";
    if (rows.size() > 1)
        for (const auto& row : rows) {
            std::string line = "  " + row[0] + std::string(width_of(rows, 0) - row[0].size(), ' ');
            for (std::size_t i = 1; i < row.size(); ++i)
                line += "  " + std::string(width_of(rows, i) - row[i].size(), ' ') + row[i];
            text += line + "\n";
        }
    text += "  " + plural(unchanged_paths(report), "path") + " of " +
            std::to_string(report.paths.size()) + " cost the same\n";
    lines.add_as_it_is(text);
}

// ----------------------------------------------------------- markdown

std::string mark_of(const Comparison& one) {
    if (!one.waiver.empty()) return "worse, waived";
    return std::string(name_of(one.change));
}

void add_changes_table(const GateReport& report, std::string& text) {
    text += "| | property | world | " + escaped(report.base) + " | " + escaped(report.design) +
            " | |\n|---|---|---|---|---|---|\n";
    const auto row = [&](const Comparison& one) {
        text +=
            "| " + mark_of(one) + " | " + escaped(one.property + cost_mark(one)) + " | " +
            escaped(one.world) + " | " + std::string(name_of(one.before)) + " | " +
            std::string(name_of(one.after)) + " | " +
            escaped(one.change == Change::worse ? one.story + "; at " + place_text(one.place) +
                                                      (one.trace.empty() ? "" : "; " + one.trace)
                                                : "") +
            " |\n";
    };
    for (const Change change : {Change::worse, Change::undecided, Change::better})
        for (const bool waived : {false, true})
            for (const Comparison* one : with(report, change, waived)) row(*one);
}

void add_cost_table(const GateReport& report, std::string& text) {
    const auto rows = cost_rows(report);
    if (rows.size() > 1) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            for (const std::string& cell : rows[i]) text += "| " + escaped(cell) + " ";
            text += "|\n";
            if (i > 0) continue;
            for (std::size_t k = 0; k < rows[0].size(); ++k) text += k == 0 ? "|---" : "|---:";
            text += "|\n";
        }
        text += "\n";
    }
    text += plural(unchanged_paths(report), "path") + " of " + std::to_string(report.paths.size()) +
            " cost the same.\n";
}

}  // namespace

std::string gate_text(const GateReport& report, const GateTextStyle& style) {
    Lines lines(style.width);
    lines.add(0, "cowcheck " + std::string(version) + ": " + report.design + " against " +
                     report.base);
    lines.add(0, summary_line(report) + "; " + duration_text(report.seconds));
    if (!report.stop_text.empty()) lines.add(0, "stopped: " + report.stop_text);
    add_worse(report, lines);
    add_paths(report, lines);
    add_expectations(report, lines);
    add_undecided(report, style.lists, lines);
    add_short(report, Change::better, style.lists, "better: what it breaks no more", lines);
    add_waived(report, lines);
    add_stays(report, style.lists, lines);
    add_costs(report, lines);
    add_bounds(report, style.lists, lines);
    return lines.take();
}

std::string gate_markdown(const GateReport& report) {
    std::string text = "## cowcheck: " + escaped(report.design) + " against " +
                       escaped(report.base) + "\n\n**" + escaped(summary_line(report)) +
                       "**\n\nEvery schedule of " + escaped(bounds_line(report, true)) + ".\n\n";
    if (const std::string line = same_programs_line(report); !line.empty())
        text += escaped("They are " + line) + ".\n\n";
    if (const std::string line = made_worlds_line(report); !line.empty())
        text += escaped("Besides: " + line) + ".\n\n";
    if (const std::string line = small_worlds_line(report, true); !line.empty())
        text += escaped("Worlds " + line) + ".\n\n";
    for (const std::string& line : left_out_lines(report.left_out))
        text += "- " + escaped(line) + "\n";
    if (!report.left_out.empty()) text += "\n";
    add_changes_table(report, text);
    for (const ExpectationResult& one : report.expectations)
        if (one.differs())
            text += "\n- " + escaped(sentence(report, one)) +
                    (one.waiver.empty() ? "" : escaped(" (waived: " + one.waiver + ")")) + "\n";
    for (const PathComparison& path : report.paths)
        if (path.worse()) text += "\n- " + escaped(sentence(report, path)) + "\n";
    if (!report.waivers.empty()) text += "\n### Waived\n\n";
    for (const Waiver& waiver : report.waivers)
        text += "- " + escaped(waiver.property + ": " + waiver.reason) + "\n";
    text += "\n### Cost of one operation alone\n\n";
    add_cost_table(report, text);
    if (!report.stop_text.empty()) text += "\nStopped: " + escaped(report.stop_text) + "\n";
    return text;
}

}  // namespace cowcheck
