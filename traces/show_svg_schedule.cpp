#include "traces/show_svg.h"

#include "traces/short_step.h"
#include "traces/svg.h"
#include "traces/text.h"

#include <algorithm>
#include <map>

namespace cowcheck {

namespace {

constexpr unsigned margin = 12;
constexpr unsigned number_width = 34;
constexpr unsigned lane_width = 52;
constexpr unsigned text_chars = 76;

struct Lane {
    Actor actor = Actor::cpu;
    std::string thread;
    std::string process;  // a CPU's
};

// Those that do something: CPUs, services, the device.
std::vector<Lane> lanes_of(const Trace& trace) {
    std::vector<Lane> lanes;
    for (const TraceStep& step : trace.steps)
        if (std::none_of(lanes.begin(), lanes.end(),
                         [&](const Lane& lane) { return lane.thread == step.thread; }))
            lanes.push_back(
                {step.actor, step.thread, step.actor == Actor::cpu ? step.process : std::string()});
    const auto rank = [](const Lane& lane) {
        return std::pair(lane.actor == Actor::cpu      ? 0
                         : lane.actor == Actor::device ? 2
                                                       : 1,
                         lane.thread);
    };
    std::sort(lanes.begin(), lanes.end(),
              [&](const Lane& a, const Lane& b) { return rank(a) < rank(b); });
    return lanes;
}

class Schedule {
public:
    Schedule(const Trace& trace, const Walk& walk)
        : trace_(trace), walk_(walk), lanes_(lanes_of(trace)),
          text_x_(margin + number_width + lane_width * static_cast<unsigned>(lanes_.size()) + 8) {}

    std::string run() {
        const TraceHeader& h = trace_.header;
        const std::string title = h.design.name + std::string(verb_of(trace_)) + h.property.name;
        paragraph(title, "strong");
        paragraph("World " + h.world.name + ", " + counted(trace_.operations, "operation") + ", " +
                      counted(trace_.steps.size(), "step"),
                  "quiet");
        y_ += Svg::line_height / 2;
        heads();
        for (unsigned i = 1; i <= walk_.size(); ++i) step(i);
        y_ += Svg::line_height / 2;
        const std::string ending = ending_of(trace_);
        paragraph(ending, is_violated(trace_) ? "bad strong" : "");
        return svg_.finish(text_x_ + text_chars * Svg::char_width + margin, y_ + margin, title,
                           ending);
    }

private:
    void line(unsigned x, const std::string& text, std::string_view classes) {
        y_ += Svg::line_height;
        svg_.text(x, y_ - 4, classes, text);
    }

    // Over the whole width.
    void paragraph(const std::string& text, std::string_view classes) {
        const std::size_t chars = (text_x_ - margin) / Svg::char_width + text_chars;
        for (const std::string& one : wrap(ascii(text), chars)) line(margin, one, classes);
    }

    unsigned lane_x(std::size_t lane) const {
        return margin + number_width + lane_width * static_cast<unsigned>(lane) + lane_width / 2;
    }

    void heads() {
        const bool processes = std::any_of(lanes_.begin(), lanes_.end(),
                                           [](const Lane& lane) { return !lane.process.empty(); });
        for (std::size_t i = 0; i < lanes_.size(); ++i) {
            const std::string colour = thread_class(lanes_[i].thread);
            // Names that are too long for their lane stand higher and higher.
            const auto head = [&](const std::string& text, unsigned below, std::string_view more) {
                const auto wide = static_cast<unsigned>(text.size()) * Svg::char_width;
                const unsigned x = lane_x(i) > wide / 2 ? lane_x(i) - wide / 2 : 0;
                svg_.text(x, y_ + below, colour + std::string(more), text);
            };
            const bool high = lanes_[i].thread.size() > 6;
            head(lanes_[i].thread, high ? 4 : 16, " strong");
            if (!lanes_[i].process.empty()) head(lanes_[i].process.substr(0, 6), 30, "");
        }
        y_ += processes ? 36 : 22;
    }

    bool is_busy(unsigned after, const std::string& thread) const {
        const Program& p = walk_.runner().program();
        for (unsigned t = 0; t < p.world.threads.size(); ++t)
            if (p.world.threads[t].name == thread)
                return p.layout.get(walk_.runner_at(after).state(), Field::pc, t) != 0;
        return false;
    }

    void step(unsigned number) {
        const TraceStep& step = walk_.step(number);
        const unsigned top = y_;
        const std::string colour = thread_class(step.thread);
        const bool violates = number == walk_.size() && is_violated(trace_);
        std::vector<std::pair<std::string, std::string>> lines;  // text, classes
        const bool pages = walk_.runner().program().layout.pages > 1;
        if (step.kind == StepKind::start)
            lines.emplace_back(operation_text(step, pages), colour + " strong");
        auto& path = paths_[step.operation];
        for (std::size_t level = std::max<std::size_t>(1, common_prefix(path, step.handlers));
             level < step.handlers.size(); ++level)
            lines.emplace_back(handler_text(step.handlers[level]), colour);
        path = step.handlers;
        const std::string what =
            step.kind == StepKind::device ? device_text(step) : step_text(step);
        const std::size_t own = lines.size();
        for (const std::string& one : wrap(ascii(what), text_chars, 4))
            lines.emplace_back(one, violates ? "bad strong" : "");
        if (violates)
            svg_.rect(0, top, text_x_ + text_chars * Svg::char_width + margin,
                      static_cast<unsigned>(lines.size()) * Svg::line_height, "bad");
        for (const auto& [text, classes] : lines) line(text_x_, text, classes);
        lanes(number, top, top + static_cast<unsigned>(own) * Svg::line_height);
        const std::string label = std::to_string(number);
        svg_.text(margin + number_width - 10 -
                      static_cast<unsigned>(label.size()) * Svg::char_width,
                  top + static_cast<unsigned>(own + 1) * Svg::line_height - 4, "quiet", label);
    }

    // The bars through the step, and the dot where it is made.
    void lanes(unsigned number, unsigned top, unsigned own) {
        const unsigned middle = own + Svg::line_height / 2;
        for (std::size_t i = 0; i < lanes_.size(); ++i) {
            const std::string& thread = lanes_[i].thread;
            const std::string colour = thread_class(thread);
            if (is_busy(number - 1, thread)) svg_.rect(lane_x(i) - 2, top, 4, middle - top, colour);
            if (is_busy(number, thread)) svg_.rect(lane_x(i) - 2, middle, 4, y_ - middle, colour);
            if (walk_.step(number).thread == thread) svg_.circle(lane_x(i), middle, 5, colour);
        }
    }

    const Trace& trace_;
    const Walk& walk_;
    std::vector<Lane> lanes_;
    unsigned text_x_;
    unsigned y_ = margin;
    std::map<unsigned, std::vector<HandlerName>> paths_;  // by operation: where it was last
    Svg svg_;
};

}  // namespace

std::string show_svg_schedule(const Trace& trace, const Walk& walk) {
    return Schedule(trace, walk).run();
}

}  // namespace cowcheck
