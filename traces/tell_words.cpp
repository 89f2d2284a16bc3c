#include "traces/tell_words.h"

#include "model/machine/alone.h"
#include "traces/blocked.h"

#include <algorithm>
#include <vector>

namespace cowcheck {

namespace {

constexpr std::string_view nothing = "nothing";

// A copy that a fault makes comes right before or behind what the property sees of it.
const TraceEvent* find_told(const EventMoment& moment, const std::vector<TraceEvent>& events) {
    if (moment.event != Event::cow_copy && moment.event != Event::fork_copy)
        return moment.told < events.size() ? &events[moment.told] : nullptr;
    if (moment.told < events.size() && events[moment.told].kind == EventKind::copy)
        return &events[moment.told];
    for (std::size_t i = std::min(moment.told, events.size()); i > 0; --i)
        if (events[i - 1].kind == EventKind::copy) return &events[i - 1];
    return nullptr;
}

}  // namespace

std::string value_text(const Program& program, Type type, unsigned value) {
    switch (type) {
    case Type::boolean: return value != 0 ? "yes" : "no";
    case Type::page: return frame_name(program, value);
    case Type::mm: return process_name(program, value);
    case Type::pin: return pin_name(value);
    case Type::pte: return pte_text(program, value);
    case Type::cpu: return cpu_name(program, value);
    default: return std::to_string(value);
    }
}

std::string cpu_name(const Program& program, unsigned entry) {
    for (const Thread& thread : program.world.threads)
        if (thread.actor == Actor::cpu && thread.cpu == entry / program.layout.pages)
            return thread.name;
    return "cpu" + std::to_string(entry);
}

Teller::Teller(const Runner& runner, const Outcome& outcome, const EventMoment* moment,
               Evaluate evaluate)
    : runner_(runner), outcome_(outcome), moment_(moment), evaluate_(std::move(evaluate)) {
    if (moment != nullptr) told_ = find_told(*moment, outcome.step.events);
}

std::string Teller::words(const std::vector<WordsCode>& says) const {
    std::string text;
    for (const WordsCode& piece : says) text += piece.text + (piece.has_value ? value(piece) : "");
    return text;
}

std::string Teller::plainly(const std::string& which,
                            const std::vector<PropertyPart>& parts) const {
    std::string values;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const bool has_parts = i + 1 < parts.size() && parts[i + 1].depth > parts[i].depth;
        if (has_parts || !parts[i].looked_at) continue;
        values += (values.empty() ? "" : ", ") + parts[i].text + " is " + parts[i].value;
    }
    const std::string lead = moment_ != nullptr ? event() : which.empty() ? "" : "of " + which;
    return lead + (lead.empty() || values.empty() ? "" : ": ") + values;
}

std::string Teller::event() const {
    if (told_ != nullptr) return to_text(*told_, outcome_.step);
    return "this happens at " + what_it_does(outcome_.step);
}

std::string Teller::value(const WordsCode& piece) const {
    switch (piece.special) {
    case SpecialWord::none: return plain_value(piece);
    case SpecialWord::event: return event();
    case SpecialWord::operation: return to_text(outcome_.step.call) + " of " + outcome_.step.thread;
    case SpecialWord::should_read: return told_ != nullptr ? told_->expected : "something else";
    case SpecialWord::stuck: return stuck();
    case SpecialWord::content:
    case SpecialWord::in_full:
    case SpecialWord::author: break;
    }
    const std::string page = plain_value(piece);
    if (piece.is_of_entry && page == nothing) return page;
    const unsigned frame = evaluate_(piece.entry, piece.reg);
    if (piece.special == SpecialWord::author) return author(frame);
    const std::string held = content(frame);
    if (piece.special == SpecialWord::content) return held.empty() ? "nothing" : held;
    return page + (held.empty() ? "" : " (which holds " + held + ")");
}

std::string Teller::plain_value(const WordsCode& piece) const {
    if (piece.is_of_entry && (evaluate_(piece.entry_of, piece.reg_of) & PteBit::present) == 0)
        return std::string(nothing);
    return (piece.type == Type::page ? "page " : "") +
           value_text(runner_.program(), piece.type, evaluate_(piece.entry, piece.reg));
}

// When the event came; a page may have been given back meanwhile.
std::string Teller::content(unsigned page) const {
    if (told_ != nullptr && !told_->value.empty() &&
        (told_->page == frame_name(runner_.program(), page)))
        return told_->value;
    return runner_.values().in_frame(page);
}

std::string Teller::author(unsigned page) const {
    const std::string who = runner_.values().author(content(page));
    if (who.empty()) return "somebody";
    if (moment_ != nullptr && who == process_name(runner_.program(), moment_->mm))
        return "another process in the same place";
    return who;
}

// Of the thread that goes round: where it comes along.
std::string Teller::round(unsigned thread) const {
    const Program& program = runner_.program();
    State state = runner_.state();
    const auto pc = [&](const State& now) { return program.layout.get(now, Field::pc, thread); };
    std::vector<State> seen{state};
    run_alone(program, state, thread, [&](const StepResult& result, const State& now) {
        if (result.blocked != Blocked::no || pc(now) == 0) return false;
        const bool again = std::find(seen.begin(), seen.end(), now) != seen.end();
        seen.push_back(now);
        return !again;
    });
    const auto first = std::find(seen.begin(), seen.end(), seen.back());
    std::string places;
    std::string last;
    for (auto at = first; at + 1 < seen.end(); ++at) {
        const std::string where = program.rests[pc(*at)].where;
        if (where != last) places += (places.empty() ? "" : ", ") + where;
        last = where;
    }
    return " goes round for ever: each " + std::to_string(seen.end() - first - 1) +
           " steps it is where it was (" + places + ")";
}

std::string Teller::stuck() const {
    const Program& program = runner_.program();
    std::string text;
    for_each_step(program, runner_.state(), [&](const Action& action) {
        State next = runner_.state();
        const Blocked blocked = perform(program, next, action).blocked;
        const unsigned pc = program.layout.get(runner_.state(), Field::pc, action.thread);
        text += (text.empty() ? "" : "; ") + program.world.threads[action.thread].name;
        const std::string& where = program.rests[pc].where;
        if (blocked != Blocked::no)
            text += " is stuck in " + where + ": " +
                    why_blocked(program, runner_.state(), action, blocked);
        else if (outcome_.stuck.livelocked)
            text += round(action.thread);
        else
            text += " can go on in " + where;
    });
    return text;
}

}  // namespace cowcheck
