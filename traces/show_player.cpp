#include "traces/show_player.h"

#include "traces/arrow_view.h"
#include "traces/locals.h"
#include "traces/lock_view.h"
#include "traces/property_view.h"
#include "traces/sentences.h"
#include "traces/short_step.h"
#include "traces/story.h"
#include "traces/tlb_view.h"
#include "traces/trace_json.h"
#include "traces/walk.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace cowcheck {

namespace {

using Output = nlohmann::ordered_json;

constexpr unsigned player_format = 1;

Output value_of(const FieldValue& value) {
    return std::visit([](const auto& one) { return Output(one); }, value);
}

// Texts of designs that somebody stands in, each once.
class Files {
public:
    explicit Files(const Program& program) {
        for (const Rest& rest : program.rests) know(rest.span);
        for (const OperationCode& operation : program.operations) know(operation.span);
    }

    // Its number, or null for a file that is nowhere.
    Output number(const std::string& name) {
        const auto known = known_.find(name);
        if (known == known_.end()) return nullptr;
        const auto [used, is_new] = numbers_.try_emplace(name, numbers_.size());
        if (is_new) list_.push_back({{"name", name}, {"text", known->second->text}});
        return used->second;
    }
    [[nodiscard]] const Output& list() const { return list_; }

private:
    void know(const SourceSpan& span) {
        if (span.file != nullptr && span.line != 0) known_.try_emplace(span.file->name, span.file);
    }

    std::map<std::string, const SourceFile*> known_;
    std::map<std::string, std::size_t> numbers_;
    Output list_ = Output::array();
};

class Player {
public:
    explicit Player(const PlayedTrace& played)
        : played_(played), walk_(played.trace, played.program),
          property_(walk_.runner().program(), played.properties, played.trace.header.property.name),
          files_(walk_.runner().program()), operations_(program().world.threads.size(), 0) {}

    Output run() {
        Output object;
        object["player"] = player_format;
        object["command"] = played_.command;
        object["design"] = played_.design.name();
        object["at"] = std::min(played_.at, walk_.size());
        object["replay"] = {{"verdict", name_of(played_.result.verdict)},
                            {"message", played_.result.message},
                            {"notes", played_.result.notes}};
        const auto violation =
            walk_.first_violation(property_bit(program(), played_.trace.header.property.name));
        object["violation"] = violation ? Output(*violation) : Output(nullptr);
        object["outcome"] = shows_outcome() && replays();
        object["outside"] =
            played_.trace.header.outside.empty() ? "" : outside_text(played_.trace.header);
        object["trace"] = Output::parse(to_json(shown()));
        object["threads"] = threads();
        object["elements"] = elements();
        Output told = Output::array();
        Output points = Output::array();
        for (unsigned i = 0; i <= walk_.size(); ++i) {
            walk_.go(i);
            if (i > 0) told.push_back(told_step(i));
            points.push_back(point());
        }
        object["told"] = std::move(told);
        object["points"] = std::move(points);
        object["clauses"] = clauses_;
        object["files"] = files_.list();
        object["story"] = story();
        return object;
    }

private:
    [[nodiscard]] const Program& program() const { return walk_.runner().program(); }
    [[nodiscard]] const State& state() const { return walk_.runner().state(); }
    [[nodiscard]] bool replays() const { return played_.result.verdict == ReplayVerdict::ok; }

    // Of a program: nothing need be violated.
    [[nodiscard]] bool shows_outcome() const {
        return played_.trace.header.property.name == outcome_name;
    }

    // What the design does now: its places are those of the texts that are shown.
    Trace shown() const {
        Trace trace = played_.trace;
        trace.steps.clear();
        for (unsigned i = 1; i <= walk_.size(); ++i) trace.steps.push_back(walk_.step(i));
        trace.operations = static_cast<unsigned>(
            std::count_if(trace.steps.begin(), trace.steps.end(),
                          [](const TraceStep& step) { return step.kind != StepKind::step; }));
        if (!replays()) trace.explanation.clear();
        return trace;
    }

    Output threads() const {
        Output list = Output::array();
        for (const Thread& thread : program().world.threads)
            list.push_back(
                {{"name", thread.name},
                 {"actor", name_of(thread.actor)},
                 {"process", thread.actor == Actor::cpu ? process_name(program(), thread.mm)
                                                        : std::string()}});
        return list;
    }

    Output elements() const {
        Output list = Output::array();
        for (const ViewElement& element : walk_.runner().view()) {
            Output fields = Output::array();
            for (const ViewField& field : element.fields)
                fields.push_back({{"name", field.name}, {"ghost", field.ghost}});
            list.push_back({{"scope", name_of(element.kind)},
                            {"element", element.element},
                            {"name", element.name},
                            {"fields", std::move(fields)}});
        }
        return list;
    }

    std::vector<LocalValue> locals_before(unsigned number) const {
        const Action& action = walk_.action(number);
        if (action.kind != Action::Kind::step) return {};
        return locals_looked_at(program(), walk_.runner_at(number - 1).state(), action.thread);
    }

    Output told_step(unsigned number) {
        const TraceStep& step = walk_.step(number);
        if (step.kind == StepKind::start) operations_[walk_.action(number).thread] = step.operation;
        const bool device = step.kind == StepKind::device;
        const bool starts = step.kind != StepKind::step;
        return {{"who", actor_name(step)},
                {"starts", starts ? operation_text(step, program().layout.pages > 1) : ""},
                {"text", device ? device_text(step) : step_text(step)},
                {"function", device ? "" : kernel_function(played_.design, step.handlers)},
                {"sentences", sentences_of(step, true, locals_before(number))},
                {"file", files_.number(step.place.file)}};
    }

    // After so many steps. A state is what its elements have: whether one exists, then its fields.
    Output point() {
        const View view = walk_.runner().view();
        Output state = Output::array();
        for (const ViewElement& element : view) {
            Output values = Output::array({element.exists});
            for (const ViewField& field : element.fields) values.push_back(value_of(field.value));
            state.push_back(std::move(values));
        }
        Output arrow_list = Output::array();
        for (const Arrow& arrow : arrows(program(), this->state(), view))
            arrow_list.push_back({arrow.from, arrow.page, arrow.how});
        Output stale = Output::object();
        for (const StaleEntry& entry : stale_entries(program(), this->state()))
            stale[entry.element] = entry.why;
        Output locks = Output::array();
        for (const LockHeld& held : locks_held(program(), this->state()))
            locks.push_back({{"lock", held.lock},
                             {"how", held.how},
                             {"process", held.process},
                             {"thread", held.thread}});
        Output at = Output::array();
        for (unsigned t = 0; t < program().world.threads.size(); ++t) at.push_back(thread(t));
        return {{"state", std::move(state)}, {"arrows", std::move(arrow_list)},
                {"stale", std::move(stale)}, {"locks", std::move(locks)},
                {"threads", std::move(at)},  {"property", instances()}};
    }

    // Where a thread stands; null if it is idle.
    Output thread(unsigned number) {
        const unsigned pc = program().layout.get(state(), Field::pc, number);
        if (pc == 0) return nullptr;
        const Rest& rest = program().rests[pc];
        Output locals = Output::array();
        for (const LocalValue& local : locals_of(program(), state(), number))
            locals.push_back({local.name, local.value});
        const TracePlace place = place_of(rest.span);
        const Awaited awaited = what_it_awaits(program(), state(), number);
        return {{"operation", operations_[number]},
                {"where", rest.where},
                {"statement", rest.told().text},
                {"file", files_.number(place.file)},
                {"line", place.line},
                {"locals", std::move(locals)},
                {"lock", awaited.lock},
                {"waits", awaited.text}};
    }

    // The values of a clause's parts; null for one that was not looked at.
    Output instances() {
        Output list = Output::array();
        for (const PropertyInstance& one : property_.look(walk_.runner(), walk_.outcome())) {
            Output parts = Output::array();
            Output values = Output::array();
            for (const PropertyPart& part : one.parts) {
                parts.push_back({part.depth, part.text});
                values.push_back(part.looked_at ? Output(part.value) : Output(nullptr));
            }
            list.push_back({{"about", one.about},
                            {"clause", clause(std::move(parts))},
                            {"happens", one.happens},
                            {"sometimes", one.sometimes},
                            {"holds", one.holds},
                            {"values", std::move(values)},
                            {"told", one.told}});
        }
        return list;
    }

    std::size_t clause(Output parts) {
        for (std::size_t i = 0; i < clauses_.size(); ++i)
            if (clauses_[i] == parts) return i;
        clauses_.push_back(std::move(parts));
        return clauses_.size() - 1;
    }

    Output story() const {
        if (!replays() || shows_outcome()) return nullptr;
        const Story told = tell_story(played_.trace, played_.program, played_.design);
        Output happens = Output::array();
        for (const StoryStretch& one : told.happens)
            happens.push_back({{"operation", one.operation},
                               {"first", one.first},
                               {"last", one.last},
                               {"text", one.text}});
        Output essential = Output::array();
        for (const StoryOrder& one : told.essential)
            essential.push_back(
                {{"earlier", one.earlier}, {"later", one.later}, {"text", one.text}});
        return {{"needs", told.needs},
                {"happens", std::move(happens)},
                {"ending", told.ending},
                {"decides", told.decides},
                {"deciding", told.deciding ? Output({told.deciding->first, told.deciding->second})
                                           : Output(nullptr)},
                {"about_essential", told.about_essential},
                {"essential", std::move(essential)}};
    }

    const PlayedTrace& played_;
    Walk walk_;
    PropertyView property_;
    Files files_;
    std::vector<unsigned> operations_;  // by thread: the number of what it does, or last did
    Output clauses_ = Output::array();
};

}  // namespace

std::string show_player(const PlayedTrace& played) {
    return Player(played).run().dump(-1, ' ', false, Output::error_handler_t::replace);
}

}  // namespace cowcheck
