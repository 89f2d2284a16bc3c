#include "traces/replay.h"

#include "traces/blocked.h"
#include "traces/digest.h"
#include "traces/find_action.h"
#include "traces/runner.h"
#include "traces/text.h"

#include <array>

namespace cowcheck {

namespace {

constexpr std::array<std::string_view, 3> verdicts{"ok", "different", "impossible"};

// "`put page` (v5.7.cow:101:20) in gup_fast": what a step does, in its design.
std::string statement_of(const TraceStep& step) {
    const std::string statement = what_it_does(step);
    const std::string handlers = to_text(step.handlers);
    std::string text = "`" + statement + "`";
    if (!step.place.empty()) text += " (" + to_text(step.place) + ")";
    if (!handlers.empty() && handlers != statement) text += " in " + handlers;
    return text;
}

std::string quoted(const FieldValue& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr && text->empty() ? "nothing" : to_text(value);
}

// "page A.refcount goes from 1 to 2"
std::string change_text(const StateChange& change) {
    return field_text(change) + " goes from " + quoted(change.from) + " to " + quoted(change.to);
}

const StateChange* find_change(const std::vector<StateChange>& changes, const StateChange& like) {
    for (const StateChange& change : changes)
        if (change.is_of(like) && change.field == like.field) return &change;
    return nullptr;
}

// The first change that one list has and the other has not.
std::string differing_change(const TraceStep& then, const TraceStep& now) {
    for (const StateChange& change : then.changes) {
        const StateChange* other = find_change(now.changes, change);
        if (other == nullptr) return field_text(change) + " does not change any more";
        if (*other != change)
            return change_text(*other) + " now; in the trace, " + change_text(change);
    }
    for (const StateChange& change : now.changes)
        if (find_change(then.changes, change) == nullptr)
            return change_text(change) + " now, which it did not in the trace";
    return {};
}

std::string differing_event(const TraceStep& then, const TraceStep& now) {
    const std::size_t both = std::min(then.events.size(), now.events.size());
    for (std::size_t i = 0; i < both; ++i)
        if (then.events[i] != now.events[i])
            return to_text(now.events[i], now) + " now; in the trace, " +
                   to_text(then.events[i], then);
    if (then.events.size() > both)
        return "it does not happen any more that " + to_text(then.events[both], then);
    if (now.events.size() > both)
        return to_text(now.events[both], now) + " now, which was not so in the trace";
    return {};
}

// Traces of the first format have the first line of a statement only.
bool is_same(const Statement& then, const Statement& now, unsigned format) {
    return format == 1 ? now.text.starts_with(then.text) : then == now;
}

// Why a step that was possible is not the one of the trace; empty if it is.
std::string difference(const TraceStep& then, const TraceStep& now, unsigned format) {
    if (then.handlers != now.handlers || !is_same(then.statement, now.statement, format))
        return then.thread + " executed " + statement_of(then) + " in the trace, and now " +
               statement_of(now);
    if (then.guard != now.guard && now.guard)
        return "the guard " + statement_of(now) + " is " + (*now.guard ? "true" : "false") +
               " now, which it was not in the trace";
    const std::string what = then.changes != now.changes ? differing_change(then, now)
                             : then.events != now.events ? differing_event(then, now)
                                                         : std::string();
    if (!what.empty()) return "at " + statement_of(now) + ", " + what;
    if (then.changes != now.changes) return "at " + statement_of(now) + ", the changes differ";
    if (then.process != now.process || then.va != now.va || then.pin != now.pin)
        return "at " + statement_of(now) +
               ", the process, virtual page or pin is not the one of the trace";
    return {};
}

class Replay {
public:
    Replay(const Trace& trace, const Program& program)
        : trace_(trace), runner_(with_numbers_of(program, trace.header)) {}

    ReplayResult run() {
        const std::string& name = trace_.header.property.name;
        bit_ = property_bit(runner_.program(), name);
        const bool shows_outcome = name == outcome_name;
        if (bit_ == 0 && !shows_outcome)
            return stop(ReplayVerdict::impossible, 0, "there is no property '" + name + "'");
        if (!applies())
            return stop(ReplayVerdict::different, 0,
                        "the property " + name + " does not apply to this design and world");
        bool violated = (runner_.check().violated() & bit_) != 0;
        for (unsigned i = 0; i < trace_.steps.size(); ++i) {
            if (violated)
                return stop(ReplayVerdict::different, i,
                            name + " is violated here already, " +
                                counted(trace_.steps.size() - i, "step") + " before the end");
            if (const auto result = take(i)) return *result;
            violated = violated_;
        }
        const auto last = static_cast<unsigned>(trace_.steps.size());
        if (shows_outcome)
            return {ReplayVerdict::ok, last, "every step is possible, and all is as it was", {}};
        if (!violated)
            return stop(ReplayVerdict::different, last,
                        "all steps are possible, but they don't violate " + name + " any more");
        return {ReplayVerdict::ok,
                last,
                "every step is possible, and the last one violates " + name,
                {}};
    }

private:
    static ReplayResult stop(ReplayVerdict verdict, unsigned step, std::string message) {
        if (step > 0) message = "step " + std::to_string(step) + ": " + message;
        return {verdict, step, std::move(message), {}};
    }

    bool applies() const {
        for (const PropertyInfo& property : runner_.program().properties)
            if (property.name == trace_.header.property.name) return property.applies;
        return true;
    }

    // One step; a result if the replay ends here.
    std::optional<ReplayResult> take(unsigned index) {
        const TraceStep& step = trace_.steps[index];
        const FoundAction found = find_action(runner_.program(), runner_.state(), step);
        const std::string wanted = step.thread + " can't execute " + statement_of(step) + ": ";
        if (!found.action) return stop(ReplayVerdict::impossible, index + 1, wanted + found.reason);
        const Outcome outcome = runner_.perform(*found.action);
        if (outcome.blocked != Blocked::no)
            return stop(ReplayVerdict::impossible, index + 1,
                        wanted + why_blocked(runner_.program(), runner_.state(), *found.action,
                                             outcome.blocked));
        if (outcome.step.operation != step.operation)
            return stop(ReplayVerdict::different, index + 1, "the operations are not the same");
        const std::string what = difference(step, outcome.step, trace_.format);
        if (!what.empty()) return stop(ReplayVerdict::different, index + 1, what);
        violated_ = (outcome.violated() & bit_) != 0;
        return std::nullopt;
    }

    const Trace& trace_;
    Runner runner_;
    std::uint32_t bit_ = 0;
    bool violated_ = false;
};

}  // namespace

std::string_view name_of(ReplayVerdict verdict) {
    return verdicts[static_cast<std::size_t>(verdict)];
}

ReplayResult replay(const Trace& trace, const Program& program) {
    return Replay(trace, program).run();
}

std::vector<std::string> changed_texts(const Trace& trace, const DesignText& design,
                                       std::string_view world_text) {
    std::vector<std::string> notes;
    const TraceHeader& header = trace.header;
    if (design_digest(design) != header.design.digest)
        notes.push_back("design " + header.design.name +
                        ", or something that it extends, has changed since the trace was written");
    if (text_digest(world_text) != header.world.digest)
        notes.push_back("world " + header.world.name + " has changed since the trace was written");
    return notes;
}

ReplayResult replay(const Trace& trace, const Program& program, const DesignText& design,
                    std::string_view world_text) {
    ReplayResult result = replay(trace, program);
    result.notes = changed_texts(trace, design, world_text);
    return result;
}

}  // namespace cowcheck
