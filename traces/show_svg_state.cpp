#include "traces/show_svg.h"

#include "traces/arrow_view.h"
#include "traces/lock_view.h"
#include "traces/short_step.h"
#include "traces/svg.h"
#include "traces/text.h"
#include "traces/tlb_view.h"

#include <algorithm>
#include <map>

namespace cowcheck {

namespace {

constexpr unsigned margin = 12;
constexpr unsigned gap = 90;  // for the lines between the columns
constexpr std::size_t most_chars = 58;

// A line of a box. What the step has changed in it is told with signs, and marked.
struct Row {
    std::string text;
    std::string anchor;  // what lines from it are from
    bool changed = false;
    bool bad = false;
};

struct Box {
    std::string title;
    std::string frame;  // "B", if it is a frame's: lines lead to it
    std::vector<Row> rows;
};

// What an element is, or holds, needs no word before it.
std::string label_of(const ViewField& field) {
    if (field.name == "life" || field.name == "kind" || field.name == "state") return {};
    return (field.name == "value" ? "holds" : field.name) + " ";
}

// "refcount 1 -> 2"; a flag is only named: "+writable", "-writable", "writable".
std::string field_text(const ViewField& now, const FieldValue& old) {
    const bool changed = now.value != old;
    if (const auto* flag = std::get_if<bool>(&now.value)) {
        if (!changed) return *flag ? now.name : std::string();
        return (*flag ? "+" : "-") + now.name;
    }
    const std::string value = to_text(now.value);
    const bool usual = value == "-" || value == "none" || value == "0" || value == "even";
    if (changed) return label_of(now) + to_text(old) + " -> " + value;
    return usual && now.name != "refcount" && now.name != "mapcount" ? std::string()
                                                                     : label_of(now) + value;
}

bool is_implied(const ViewElement& element, const ViewField& field) {
    return field.ghost || field.name == "mapped" || field.name == "present" ||
           field.name == "valid" || (field.name == "kind" && element.element == "swap");
}

Row row_of(const std::string& title, const ViewElement& now, const ViewElement& old) {
    Row row{title, now.name, false, false};
    for (std::size_t i = 0; i < now.fields.size(); ++i) {
        if (is_implied(now, now.fields[i])) continue;
        const FieldValue& before = old.fields[i].value;
        const std::string text = field_text(now.fields[i], before);
        if (!text.empty()) row.text += (row.text.empty() ? "" : ", ") + text;
        row.changed = row.changed || now.fields[i].value != before;
    }
    return row;
}

// A swap entry maps nothing, and a batch refers to a page when the TLB has none: they are drawn.
bool has_something(const ViewElement& element) {
    return element.exists ||
           std::any_of(element.fields.begin(), element.fields.end(), [](const ViewField& field) {
               return (field.name == "swap" || field.name == "batch_valid") &&
                      field.value == FieldValue(true);
           });
}

class Picture {
public:
    Picture(const Trace& trace, const Walk& walk, unsigned step)
        : trace_(trace), walk_(walk), step_(step), runner_(walk.runner_at(step)),
          now_(runner_.view()), old_(walk.runner_at(step == 0 ? 0 : step - 1).view()),
          arrows_(arrows(runner_.program(), runner_.state(), now_)) {}

    std::string run() {
        collect();
        const std::string title = trace_.header.design.name + ", world " +
                                  trace_.header.world.name + ", after step " +
                                  std::to_string(step_) + " of " + std::to_string(walk_.size());
        unsigned y = margin;
        const unsigned left_width = width_of(left_);
        const unsigned right_width = width_of(right_);
        const unsigned width = 2 * margin + left_width + gap + right_width;
        for (const auto& [text, classes] : lead(title))
            for (const std::string& line :
                 wrap(ascii(text), (width - 2 * margin) / Svg::char_width)) {
                y += Svg::line_height;
                svg_.text(margin, y - 4, classes, line);
            }
        y += Svg::line_height / 2;
        const unsigned left = column(left_, margin, y, left_width);
        const unsigned right = column(right_, margin + left_width + gap, y, right_width);
        lines(margin + left_width, margin + left_width + gap);
        return svg_.finish(width, std::max(left, right) + margin, title, to_text(now_));
    }

private:
    // What the picture is of, and what the step does.
    std::vector<std::pair<std::string, std::string>> lead(const std::string& title) const {
        std::vector<std::pair<std::string, std::string>> list{{title, "strong"}};
        if (step_ == 0) return list;
        const TraceStep& step = walk_.step(step_);
        list.emplace_back(actor_name(step) + ": " +
                              (step.kind == StepKind::device ? device_text(step) : step_text(step)),
                          thread_class(step.thread));
        if (step_ == walk_.size() && !trace_.explanation.empty())
            list.emplace_back(ending_of(trace_), is_violated(trace_) ? "bad strong" : "");
        return list;
    }

    void collect() {
        Box tlbs{"TLBs", {}, {}};
        Box pins{"Pins", {}, {}};
        std::map<std::string, std::string> stale;
        for (const StaleEntry& entry : stale_entries(runner_.program(), runner_.state()))
            stale.emplace(entry.element, entry.why);
        for (std::size_t i = 0; i < now_.size(); ++i) {
            const ViewElement& now = now_[i];
            if (!has_something(now) && !has_something(old_[i])) continue;
            Row row = row_of({}, now, old_[i]);
            switch (now.kind) {
            case ElementKind::process:
                left_.push_back({now.element, {}, {std::move(row)}});
                left_.back().rows.back().anchor = now.element + ".pmd";
                break;
            case ElementKind::pte:
            case ElementKind::spte: add_to_process(now, std::move(row)); break;
            case ElementKind::page:
                right_.push_back({now.element == "swap" ? "swap slot" : now.name,
                                  now.element,
                                  {std::move(row)}});
                break;
            case ElementKind::pin: add(pins, now.name, std::move(row)); break;
            case ElementKind::tlb:
                if (const auto found = stale.find(now.name); found != stale.end()) {
                    row.text += (row.text.empty() ? "stale: " : ", stale: ") + found->second;
                    row.bad = true;
                }
                add(tlbs, now.name, std::move(row));
                break;
            case ElementKind::vma:
            case ElementKind::thread: break;
            }
        }
        Box locks{"Locks", {}, {}};
        for (const LockHeld& held : locks_held(runner_.program(), runner_.state()))
            locks.rows.push_back({cowcheck::to_text(held), {}, false, false});
        for (Box* box : {&tlbs, &pins, &locks})
            if (!box->rows.empty()) left_.push_back(std::move(*box));
        for (std::vector<Box>* boxes : {&left_, &right_})
            for (Box& box : *boxes) break_rows(box);
    }

    static void add(Box& box, const std::string& name, Row row) {
        row.text.insert(0, name + ": ");
        box.rows.push_back(std::move(row));
    }

    void add_to_process(const ViewElement& element, Row row) {
        const std::size_t dot = element.element.find('.');
        if (!left_.empty()) add(left_.back(), element.element.substr(dot + 1), std::move(row));
    }

    // Long ones go on below; lines begin at their first.
    static void break_rows(Box& box) {
        std::vector<Row> rows;
        for (const Row& row : box.rows) {
            bool first = true;
            for (const std::string& line : wrap(ascii(row.text), most_chars, 4)) {
                rows.push_back({line, first ? row.anchor : "", row.changed, row.bad});
                first = false;
            }
        }
        box.rows = std::move(rows);
    }

    static unsigned width_of(const std::vector<Box>& boxes) {
        std::size_t most = 16;
        for (const Box& box : boxes) {
            most = std::max(most, box.title.size());
            for (const Row& row : box.rows) most = std::max(most, row.text.size());
        }
        return static_cast<unsigned>(most) * Svg::char_width + Svg::char_width * 2 + 8;
    }

    // Returns where it ends.
    unsigned column(const std::vector<Box>& boxes, unsigned x, unsigned y, unsigned width) {
        for (const Box& box : boxes) {
            const auto rows = static_cast<unsigned>(box.rows.size());
            svg_.rect(x, y, width, (rows + 1) * Svg::line_height + 10, "box");
            svg_.rect(x, y, width, Svg::line_height + 4, "head");
            svg_.text(x + 8, y + Svg::line_height - 2, "strong", box.title);
            if (!box.frame.empty()) frame_y_[box.frame] = y + 8;
            y += Svg::line_height + 6;
            for (const Row& row : box.rows) {
                if (row.changed || row.bad)
                    svg_.rect(x + 1, y, width - 2, Svg::line_height, row.bad ? "bad" : "mark");
                svg_.text(x + 8, y + Svg::line_height - 4, row.bad ? "bad" : "", row.text);
                if (!row.anchor.empty()) row_y_[row.anchor] = y + Svg::line_height / 2;
                y += Svg::line_height;
            }
            y += 14;
        }
        return y;
    }

    void lines(unsigned from, unsigned to) {
        const auto stale = stale_entries(runner_.program(), runner_.state());
        std::map<std::string, unsigned> into;
        for (const Arrow& arrow : arrows_) {
            const auto row = row_y_.find(arrow.from);
            const auto frame = frame_y_.find(arrow.page);
            if (row == row_y_.end() || frame == frame_y_.end()) continue;
            const bool is_stale =
                std::any_of(stale.begin(), stale.end(),
                            [&](const StaleEntry& entry) { return entry.element == arrow.from; });
            const unsigned nth = into[arrow.page]++;
            svg_.arrow(from, row->second, to, frame->second + 8 * (nth % 4),
                       arrow.how + (is_stale && arrow.how == "tlb" ? " stale" : ""));
        }
    }

    const Trace& trace_;
    const Walk& walk_;
    unsigned step_;
    const Runner& runner_;
    View now_;
    View old_;
    std::vector<Arrow> arrows_;
    std::vector<Box> left_;
    std::vector<Box> right_;
    std::map<std::string, unsigned> row_y_;
    std::map<std::string, unsigned> frame_y_;
    Svg svg_;
};

}  // namespace

std::string show_svg_state(const Trace& trace, const Walk& walk, unsigned step) {
    return Picture(trace, walk, step).run();
}

}  // namespace cowcheck
