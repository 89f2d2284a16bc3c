#include "tests/support/scenario.h"

#include <doctest/doctest.h>

namespace cowcheck::test {

unsigned Scenario::number(const std::string& thread) const {
    const auto& threads = program_.world.threads;
    for (unsigned i = 0; i < threads.size(); ++i)
        if (threads[i].name == thread) return i;
    FAIL("the world has no thread " << thread);
    return 0;
}

std::vector<Action> Scenario::starts(const std::string& thread,
                                     const std::string& operation) const {
    std::vector<Action> found;
    for_each_start(program_, state_, false, [&](const Action& action) {
        const MenuItem& item = program_.operations[action.operation].item;
        const bool device = action.kind == Action::Kind::device;
        if ((device ? "device" : program_.world.threads[action.thread].name) == thread &&
            (to_text(item) == operation || info(item.kind).name == operation))
            found.push_back(action);
    });
    return found;
}

bool Scenario::can_start(const std::string& thread, const std::string& operation) const {
    return !starts(thread, operation).empty();
}

Scenario& Scenario::start(const std::string& thread, const std::string& operation, unsigned va,
                          unsigned mm) {
    for (const Action& action : starts(thread, operation))
        if (action.kind == Action::Kind::device ||
            (action.va == va && (mm == any || action.mm == mm))) {
            take(action);
            return *this;
        }
    FAIL(thread << " can't start " << operation);
    return *this;
}

Scenario& Scenario::step(const std::string& thread, unsigned steps) {
    Action action;
    action.thread = static_cast<std::uint8_t>(number(thread));
    for (unsigned i = 0; i < steps; ++i) take(action);
    return *this;
}

Scenario& Scenario::finish(const std::string& thread) {
    for (unsigned i = 0; i < 1000 && !idle(thread) && waits(thread) == Blocked::no; ++i)
        step(thread);
    return *this;
}

Scenario& Scenario::until(const std::string& thread, const std::string& statement) {
    for (unsigned i = 0; i < 1000 && !idle(thread); ++i) {
        if (next_statement(thread).starts_with(statement)) return *this;
        step(thread);
    }
    FAIL(thread << " never comes to " << statement);
    return *this;
}

std::string Scenario::next_statement(const std::string& thread) const {
    const SourceSpan& span = program_.rests[get(Field::pc, number(thread))].span;
    if (span.file == nullptr) return {};
    std::size_t at = 0;
    for (unsigned line = 1; line < span.line; ++line) at = span.file->text.find('\n', at) + 1;
    return span.file->text.substr(at + span.column - 1, span.length);
}

Blocked Scenario::waits(const std::string& thread) const {
    if (idle(thread)) return Blocked::no;
    Action action;
    action.thread = static_cast<std::uint8_t>(number(thread));
    State next = state_;
    return perform(program_, next, action).blocked;
}

bool Scenario::idle(const std::string& thread) const {
    return thread == "device" || get(Field::pc, number(thread)) == 0;
}

void Scenario::take(const Action& action) {
    State next = state_;
    const StepResult result = perform(program_, next, action);
    if (result.blocked != Blocked::no) FAIL("a step of thread " << +action.thread << " is blocked");
    state_ = next;
    note(result.violated);
    State copy = state_;
    note(Machine<>(program_, copy).check_state({}));
}

void Scenario::note(std::uint32_t violated) {
    for (unsigned property = 0; property < 32; ++property)
        if ((violated >> property & 1U) != 0) violated_.insert(property_name(program_, property));
}

}  // namespace cowcheck::test
