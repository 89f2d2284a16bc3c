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

class Narrator {
public:
    Narrator(const Trace& trace, const Program& program, const DesignText& design)
        : trace_(trace), design_(design), walk_(trace, program) {
        for (unsigned i = 1; i <= walk_.size(); ++i) schedule_.push_back(walk_.action(i));
        const std::uint32_t bit = property_bit(program, trace.header.property.name);
        const auto property = static_cast<unsigned>(std::countr_zero(bit));
        const Program& plain = walk_.runner().program();
        pairs_ = deciding_pairs(plain, schedule_, property);
        for (const DecidingPair* pair : telling_pairs()) {
            essential_.insert(pair->earlier);
            essential_.insert(pair->later);
        }
        essential_.insert(walk_.size());
        property_ = property;
    }

    std::optional<Decision> decide() {
        const DecidingPair* pair = nearest();
        if (pair == nullptr) return std::nullopt;
        return Decision{pair->earlier,
                        pair->later,
                        named(pair->later) + ", after " + named(pair->earlier),
                        {essential_.begin(), essential_.end()}};
    }

    Story run() {
        if (DecidingPair* pair = nearest())
            settle_whatever(walk_.runner().program(), schedule_, property_,
                            trace_.header.concurrency, {}, *pair);
        const TraceHeader& h = trace_.header;
        Story story;
        story.summary = h.design.name + " violates " + h.property.name + ": " + h.property.meaning +
                        ". World " + h.world.name + ", " + counted(trace_.operations, "operation") +
                        ", " + counted(trace_.steps.size(), "step") + ".";
        if (!h.outside.empty()) story.needs = "It needs " + outside_text(h) + ".";
        story.happens = happenings();
        story.ending = "So " + h.property.name + " is violated: " + trace_.explanation + ".";
        decide(story);
        add_essentials(story);
        return story;
    }

private:
    // That a value is read after it was written goes without saying.
    bool is_access(unsigned number) const {
        const auto& events = walk_.step(number).events;
        return std::any_of(events.begin(), events.end(), [](const TraceEvent& event) {
            return event.kind == EventKind::load || event.kind == EventKind::store ||
                   event.kind == EventKind::dma_read || event.kind == EventKind::dma_write;
        });
    }

    // The nearest of those that are no accesses to data; if there is none, of all.
    DecidingPair* nearest() {
        for (DecidingPair& pair : pairs_)
            if (!is_access(pair.earlier) && !is_access(pair.later)) return &pair;
        return pairs_.empty() ? nullptr : &pairs_.front();
    }

    // In the order of time. A thread's later steps can't come earlier than its earlier
    // ones: of those that wait for the same step, the first says it all.
    std::vector<const DecidingPair*> telling_pairs() const {
        std::vector<const DecidingPair*> order;
        for (const DecidingPair& pair : pairs_) order.push_back(&pair);
        std::sort(order.begin(), order.end(), [](const DecidingPair* a, const DecidingPair* b) {
            return std::pair(a->later, a->earlier) < std::pair(b->later, b->earlier);
        });
        std::set<std::pair<unsigned, std::string>> told;
        std::erase_if(order, [&](const DecidingPair* pair) {
            return !told.insert({pair->earlier, walk_.step(pair->later).thread}).second;
        });
        return order;
    }

    std::vector<LocalValue> locals_before(unsigned number) const {
        const Action& action = walk_.action(number);
        const Runner& runner = walk_.runner_at(number - 1);
        return action.kind == Action::Kind::step
                   ? locals_looked_at(runner.program(), runner.state(), action.thread)
                   : std::vector<LocalValue>{};
    }

    std::string function_of(const TraceStep& step) const {
        return kernel_function(design_, step.handlers);
    }

    std::string beginning(const TraceStep& step) const {
        const bool pages = walk_.runner().program().layout.pages > 1;
        if (step.kind == StepKind::device) return {};
        return (step.actor == Actor::cpu ? actor_name(step) : step.thread) +
               (step.kind == StepKind::start ? " calls " : " goes on with ") +
               operation_text(step, pages) + ".";
    }

    // One for each stretch that one operation has for itself.
    std::vector<StoryStretch> happenings() const {
        std::vector<StoryStretch> list;
        for (unsigned i = 1; i <= walk_.size();) {
            const TraceStep& first = walk_.step(i);
            StoryStretch stretch{first.operation, i, i, {}};
            std::vector<std::string> told;
            std::string function;
            for (; i <= walk_.size() && walk_.step(i).operation == first.operation; ++i) {
                add_stretch(i, function, told);
                stretch.last = i;
            }
            stretch.text = beginning(first);
            for (std::size_t k = 0; k < told.size(); ++k)
                stretch.text += (k > 0 ? "; " : stretch.text.empty() ? "" : " ") + told[k];
            if (!told.empty()) stretch.text += ".";
            list.push_back(std::move(stretch));
        }
        return list;
    }

    void add_stretch(unsigned number, std::string& function, std::vector<std::string>& told) const {
        const TraceStep& step = walk_.step(number);
        for (const std::string& sentence :
             sentences_of(step, essential_.contains(number), locals_before(number))) {
            const std::string now = function_of(step);
            std::string text;
            if (step.kind != StepKind::device && now != function)
                text = (function.empty() ? "" : "then ") + now + " ";
            function = now;
            told.push_back(text + sentence);
        }
    }

    // "cpu1 in zap_pte() drops a mapping of page A (step 41, v5.7.cow:162:26)"
    std::string named(unsigned number) const {
        const TraceStep& step = walk_.step(number);
        const auto sentences = sentences_of(step, true, locals_before(number));
        std::string text = step.kind == StepKind::device
                               ? std::string()
                               : step.thread + " in " + function_of(step) + " ";
        if (sentences.empty()) text += "does `" + what_it_does(step) + "`" + what_follows(number);
        for (std::size_t i = 0; i < sentences.size(); ++i)
            text += (i == 0 ? "" : " and ") + sentences[i];
        return text + " (step " + std::to_string(number) +
               (step.place.empty() ? "" : ", " + to_text(step.place)) + ")";
    }

    // What a lock is taken for.
    std::string what_follows(unsigned number) const {
        if (walk_.step(number).statement.kind != StatementKind::lock) return {};
        for (unsigned i = number + 1; i <= walk_.size(); ++i) {
            if (walk_.step(i).operation != walk_.step(number).operation) continue;
            const auto sentences = sentences_of(walk_.step(i), false, {});
            if (!sentences.empty()) return ", and then " + sentences.front();
        }
        return {};
    }

    void decide(Story& story) {
        const DecidingPair* pair = nearest();
        if (pair == nullptr) {
            story.decides = {
                "No order of two steps does: with any pair of them the other way round "
                "the same operations violate it too, or can't come to their end."};
            return;
        }
        story.deciding = {pair->earlier, pair->later};
        story.decides = {named(pair->later) + ", after " + named(pair->earlier) + ".",
                         "With these two the other way round, " + consequence(*pair) +
                             trace_.header.property.name + " is not violated.",
                         "That is the nearest schedule that does not violate it: " +
                             counted(pair->moves, "change") + " of places" +
                             (pair->whatever ? "; after these two, no order of what remains does."
                                             : "; what remains is in the same order as here.")};
    }

    // What is another way round in the nearest good schedule: the first guard that
    // goes the other way, in the same operation.
    std::string consequence(const DecidingPair& pair) const {
        Runner runner(walk_.runner().program());
        std::vector<TraceStep> other;
        for (const Action& action : pair.schedule) other.push_back(runner.perform(action).step);
        for (const TraceStep& step : other) {
            const auto same_place = [&](const TraceStep& one) {
                return one.handlers == step.handlers && one.place == step.place &&
                       one.thread == step.thread && one.call == step.call;
            };
            const auto then = std::find_if(trace_.steps.begin(), trace_.steps.end(), same_place);
            const auto now = std::find_if(other.begin(), other.end(), same_place);
            if (then == trace_.steps.end() || !then->guard || !now->guard ||
                *then->guard == *now->guard)
                continue;
            const auto [condition, outcome] = guard_of(*now);
            return now->thread + " in " + function_of(*now) + " finds `" + condition + "` " +
                   (outcome ? "true" : "false") + ", and ";
        }
        return {};
    }

    void add_essentials(Story& story) const {
        if (pairs_.empty()) {
            story.about_essential = "All, as far as one can tell from pairs.";
            return;
        }
        story.about_essential = "One at a time, these orders are needed; every other step may "
                                "come at any time that its own thread and the locks allow.";
        for (const DecidingPair* pair : telling_pairs())
            story.essential.push_back({pair->earlier, pair->later,
                                       named(pair->earlier) + " before " + named(pair->later)});
    }

    const Trace& trace_;
    const DesignText& design_;
    Walk walk_;
    std::vector<Action> schedule_;
    std::vector<DecidingPair> pairs_;
    std::set<unsigned> essential_;
    unsigned property_ = 0;
};

}  // namespace

Story tell_story(const Trace& trace, const Program& program, const DesignText& design) {
    return Narrator(trace, program, design).run();
}

std::string what_happens(const Story& story) {
    std::string text;
    for (const StoryStretch& stretch : story.happens)
        text += paragraph("[" + std::to_string(stretch.operation) + "] " + stretch.text) + "\n";
    return text + paragraph(story.ending);
}

std::string to_text(const Story& story) {
    std::string text = paragraph(story.summary);
    if (!story.needs.empty()) text += paragraph(story.needs);
    text += "\nWhat happens\n\n" + what_happens(story) + "\nWhat decides\n\n";
    for (const std::string& one : story.decides) text += paragraph(one);
    text += "\nEssential steps\n\n" + paragraph(story.about_essential);
    for (const StoryOrder& order : story.essential) text += paragraph("- " + order.text, 2);
    return text;
}

std::optional<Decision> find_decision(const Trace& trace, const Program& program,
                                      const DesignText& design) {
    return Narrator(trace, program, design).decide();
}

}  // namespace cowcheck
