#include "traces/story.h"

#include "traces/record.h"
#include "traces/reorder.h"
#include "traces/sentences.h"
#include "traces/short_step.h"
#include "traces/text.h"
#include "traces/walk.h"

#include <algorithm>
#include <bit>
#include <set>

namespace cowcheck {

namespace {

constexpr std::size_t width = 78;

std::string paragraph(const std::string& text, std::size_t indent = 0) {
    std::string out;
    for (const std::string& line : wrap(printable(text), width - indent, 4))
        out += std::string(indent, ' ') + line + "\n";
    return out;
}

class Story {
public:
    Story(const Trace& trace, const Program& program, const DesignText& design)
        : trace_(trace), design_(design), walk_(trace, program) {
        for (unsigned i = 1; i <= walk_.size(); ++i) schedule_.push_back(walk_.action(i));
        const std::uint32_t bit = property_bit(program, trace.header.property.name);
        const auto property = static_cast<unsigned>(std::countr_zero(bit));
        const Program& plain = walk_.runner().program();
        pairs_ = deciding_pairs(plain, schedule_, property);
        for (const DecidingPair& pair : pairs_) {
            essential_.insert(pair.earlier);
            essential_.insert(pair.later);
        }
        essential_.insert(walk_.size());
        if (DecidingPair* pair = nearest())
            settle_whatever(plain, schedule_, property, trace.header.concurrency, {}, *pair);
    }

    std::string run() {
        const TraceHeader& h = trace_.header;
        std::string text = paragraph(h.design.name + " violates " + h.property.name + ": " +
                                     h.property.meaning + ". World " + h.world.name + ", " +
                                     counted(trace_.operations, "operation") + ", " +
                                     counted(trace_.steps.size(), "step") + ".");
        text += "\nWhat happens\n\n" + happenings();
        text += paragraph("So " + h.property.name + " is violated: " + trace_.explanation + ".");
        return text + "\nWhat decides\n\n" + decision() + "\nEssential steps\n\n" + essentials();
    }

private:
    // The pair that is told: the last step only shows what went wrong before it.
    DecidingPair* nearest() {
        for (DecidingPair& pair : pairs_)
            if (pair.later != walk_.size()) return &pair;
        return pairs_.empty() ? nullptr : &pairs_.front();
    }

    std::string function_of(const TraceStep& step) const {
        return kernel_function(design_, step.handler);
    }

    std::string beginning(const TraceStep& step) const {
        const bool pages = walk_.runner().program().layout.pages > 1;
        if (step.kind == StepKind::device) return "The holder of pin" + std::to_string(step.pin.value_or(0)) + ": ";
        return actor_name(step) + (step.kind == StepKind::start ? " calls " : " goes on with ") +
               operation_text(step, pages) + ". ";
    }

    // A paragraph for each stretch that one operation has for itself.
    std::string happenings() const {
        std::string text;
        for (unsigned i = 1; i <= walk_.size();) {
            const TraceStep& first = walk_.step(i);
            std::string told = beginning(first);
            std::string function;
            for (; i <= walk_.size() && walk_.step(i).operation == first.operation; ++i)
                told += stretch(i, function);
            if (told.ends_with("; ")) told.replace(told.size() - 2, 2, ".");
            while (told.ends_with(' ')) told.pop_back();
            text += paragraph("[" + std::to_string(first.operation) + "] " + told) + "\n";
        }
        return text;
    }

    std::string stretch(unsigned number, std::string& function) const {
        const TraceStep& step = walk_.step(number);
        std::string text;
        for (const std::string& sentence : sentences_of(step, essential_.contains(number))) {
            const std::string now = function_of(step);
            if (step.kind != StepKind::device && now != function)
                text += (function.empty() ? "" : "then ") + now + " ";
            function = now;
            text += sentence + "; ";
        }
        return text;
    }

    std::string named(unsigned number) const {
        const TraceStep& step = walk_.step(number);
        const std::string what = step.kind == StepKind::device ? device_text(step) : step_text(step);
        return "step " + std::to_string(number) + " (" + step.thread + " in " + function_of(step) +
               ": `" + what + "`" + (step.place.empty() ? "" : ", " + step.place) + ")";
    }

    std::string decision() {
        const DecidingPair* pair = nearest();
        if (pair == nullptr)
            return paragraph("No order of two steps does: with any pair of them the other way round "
                             "the same operations violate it too, or can't come to their end.");
        const TraceStep& earlier = walk_.step(pair->earlier);
        const TraceStep& later = walk_.step(pair->later);
        std::string text = paragraph(
            later.thread + " reached " + named(pair->later) + " after " + earlier.thread + " " +
            "had done " + named(pair->earlier) + ".");
        text += paragraph("Had " + later.thread + " come first, " + consequence(*pair) +
                          "and " + trace_.header.property.name + " would not be violated.");
        text += paragraph("That is the nearest schedule that does not violate it: " +
                          counted(pair->moves, "change") + " of places" +
                          (pair->whatever ? "; after these two, no order of what remains does."
                                          : "; what remains is in the same order."));
        return text;
    }

    // What is another way round in the nearest good schedule: the first guard that
    // goes the other way, in the same operation.
    std::string consequence(const DecidingPair& pair) const {
        Runner runner(walk_.runner().program());
        std::vector<TraceStep> other;
        for (const Action& action : pair.schedule) other.push_back(runner.perform(action).step);
        for (const TraceStep& step : other) {
            const auto same_place = [&](const TraceStep& one) {
                return one.handler == step.handler && one.place == step.place &&
                       one.thread == step.thread && one.text == step.text;
            };
            const auto then = std::find_if(trace_.steps.begin(), trace_.steps.end(), same_place);
            const auto now = std::find_if(other.begin(), other.end(), same_place);
            if (then == trace_.steps.end() || !then->guard || !now->guard ||
                *then->guard == *now->guard)
                continue;
            return "`" + now->statement + "` in " + function_of(*now) + " would have been " +
                   (*now->guard ? "true" : "false") + " for " + now->thread + ", ";
        }
        return {};
    }

    std::string essentials() const {
        if (pairs_.empty()) return paragraph("All, as far as one can tell from pairs.");
        std::string text = paragraph("One at a time, these orders are needed; every other step may "
                                     "come at any time that its own thread and the locks allow.");
        std::vector<const DecidingPair*> order;
        for (const DecidingPair& pair : pairs_) order.push_back(&pair);
        std::sort(order.begin(), order.end(), [](const DecidingPair* a, const DecidingPair* b) {
            return std::pair(a->later, a->earlier) < std::pair(b->later, b->earlier);
        });
        // A thread's later steps can't come earlier than its earlier ones: of those that
        // wait for the same step, the first says it all.
        std::set<std::pair<unsigned, std::string>> told;
        for (const DecidingPair* pair : order)
            if (told.insert({pair->earlier, walk_.step(pair->later).thread}).second)
                text += paragraph("- " + named(pair->earlier) + " before " + named(pair->later), 2);
        return text;
    }

    const Trace& trace_;
    const DesignText& design_;
    Walk walk_;
    std::vector<Action> schedule_;
    std::vector<DecidingPair> pairs_;
    std::set<unsigned> essential_;
};

}  // namespace

std::string tell_story(const Trace& trace, const Program& program, const DesignText& design) {
    return Story(trace, program, design).run();
}

}  // namespace cowcheck
