#include "traces/find_action.h"

#include "traces/names.h"

#include <algorithm>

namespace cowcheck {

namespace {

// Looks the words of one step up, and gives up at the first that has no meaning.
class Finder {
public:
    Finder(const Program& program, const State& state, const TraceStep& step)
        : p_(program), l_(program.layout), s_(state), step_(step) {}

    FoundAction run() {
        if (step_.kind == StepKind::device) return device();
        const auto thread = find_thread();
        if (!thread) return no("the world has no thread '" + step_.thread + "'");
        return step_.kind == StepKind::start ? start(*thread) : go_on(*thread);
    }

private:
    static FoundAction no(std::string reason) { return {std::nullopt, std::move(reason)}; }

    unsigned get(Field field, unsigned index) const { return l_.get(s_, field, index); }

    std::optional<unsigned> find_thread() const {
        const auto& threads = p_.world.threads;
        for (unsigned t = 0; t < threads.size(); ++t)
            if (threads[t].name == step_.thread) return t;
        return std::nullopt;
    }

    std::optional<unsigned> find_process() const {
        for (unsigned mm = 0; mm < l_.mms; ++mm)
            if (p_.world.processes[mm].name == step_.process) return mm;
        return std::nullopt;
    }

    bool is_possible(const Action& action) const {
        bool found = false;
        for_each_start(p_, s_, false,
                       [&](const Action& possible) { found = found || possible == action; });
        return found;
    }

    FoundAction go_on(unsigned thread) const {
        const unsigned pc = get(Field::pc, thread);
        if (pc == 0)
            return no(step_.thread + " has nothing under way: its " + to_text(step_.call) +
                      " has come to its end");
        const MenuItem& now = p_.operations[p_.rests[pc].operation].item;
        if (call_of(now) != step_.call) return no(step_.thread + " is in " + to_text(now));
        return {Action{Action::Kind::step, static_cast<std::uint8_t>(thread), 0, 0, 0, 0}, {}};
    }

    FoundAction start(unsigned thread) const {
        const unsigned pc = get(Field::pc, thread);
        if (pc != 0) return no(step_.thread + " is still in " + p_.rests[pc].where);
        const auto operation = find_operation_in(p_.menus[thread]);
        if (!operation)
            return no("'" + to_text(step_.call) + "' is not in the menu of " + step_.thread);
        const auto mm = find_process();
        if (!mm) return no("the world has no process '" + step_.process + "'");
        const OperationInfo& about = info(p_.operations[*operation].item.kind);
        Action action{Action::Kind::start,
                      static_cast<std::uint8_t>(thread),
                      static_cast<std::uint8_t>(*mm),
                      0,
                      0,
                      *operation};
        if (about.parameters.starts_with("va")) {
            if (!step_.va || *step_.va >= l_.pages) return no("the process has no such page");
            action.va = static_cast<std::uint8_t>(*step_.va);
        }
        if (about.needs == Needs::pin_slot) {
            if (!step_.pin || *step_.pin >= l_.size(Scope::pin))
                return no("the world has no such pin");
            action.pin = static_cast<std::uint8_t>(*step_.pin);
        }
        if (!is_possible(action)) return no(why_not(action, about));
        return {action, {}};
    }

    std::string why_not(const Action& action, const OperationInfo& about) const {
        const auto life = static_cast<Life>(get(Field::life, action.mm));
        if (life != Life::alive) return step_.process + " does not run";
        if (p_.world.threads[action.thread].actor == Actor::cpu &&
            p_.world.threads[action.thread].mm != action.mm)
            return step_.thread + " does not belong to " + step_.process;
        if (about.parameters.starts_with("va") &&
            get(Field::mapped, l_.pte_index(action.mm, action.va)) == 0)
            return "nothing is mapped at virtual page " + std::to_string(action.va) + " of " +
                   step_.process;
        if (about.needs == Needs::pin_slot) {
            if (get(Field::pin_state, action.pin) != 0) return pin_name(action.pin) + " is in use";
            return "a pin of a lower number is free";
        }
        if (about.needs == Needs::process_slot) return "no process slot is free";
        return "another thread of " + step_.process + " still runs";
    }

    FoundAction device() const {
        if (!step_.pin || *step_.pin >= l_.size(Scope::pin)) return no("the world has no such pin");
        const unsigned pin = *step_.pin;
        if (get(Field::pin_state, pin) != static_cast<unsigned>(PinState::held))
            return no(pin_name(pin) + " is not held");
        if (!find_operation_in(p_.device_menu))
            return no("'" + to_text(step_.call) + "' is not in the menu of the device");
        for (const std::uint16_t operation : p_.device_menu) {
            const Action action{Action::Kind::device,           0,        0, 0,
                                static_cast<std::uint8_t>(pin), operation};
            if (call_of(p_.operations[operation].item) == step_.call && is_possible(action))
                return {action, {}};
        }
        return no(pin_name(pin) + " does not permit that");
    }

    std::optional<std::uint16_t> find_operation_in(const std::vector<std::uint16_t>& menu) const {
        const auto found = std::find_if(menu.begin(), menu.end(), [&](std::uint16_t operation) {
            return call_of(p_.operations[operation].item) == step_.call;
        });
        if (found == menu.end()) return std::nullopt;
        return *found;
    }

    const Program& p_;
    const Layout& l_;
    const State& s_;
    const TraceStep& step_;
};

}  // namespace

FoundAction find_action(const Program& program, const State& state, const TraceStep& step) {
    FoundAction found = Finder(program, state, step).run();
    if (!found.action) return found;
    if (step.transient > program.world.transient)
        return {std::nullopt, "the world has no " + std::to_string(step.transient) +
                                  " transient references at once"};
    found.action->transient = static_cast<std::uint8_t>(step.transient);
    return found;
}

}  // namespace cowcheck
