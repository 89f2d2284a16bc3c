#include "traces/runner.h"

#include "model/machine/expand.h"
#include "traces/blocked.h"
#include "traces/guard.h"

namespace cowcheck {

namespace {

Program without_joins(Program program) {
    for (Instruction& i : program.code)
        if (i.code == Code::rest) i.a = Mover::separate;
    return program;
}

std::optional<EventKind> kind_of(Event event) {
    switch (event) {
    case Event::load: return EventKind::load;
    case Event::store: return EventKind::store;
    case Event::dma_read: return EventKind::dma_read;
    case Event::dma_write: return EventKind::dma_write;
    case Event::unpin: return EventKind::unpin;
    case Event::userfault: return EventKind::userfault;
    case Event::free: return EventKind::free;
    case Event::underflow: return EventKind::underflow;
    case Event::overflow: return EventKind::overflow;
    case Event::cow_copy:  // told as a copy, which fork makes as well
    case Event::fork_copy: break;
    }
    return std::nullopt;
}

bool is_miscount(EventKind kind) {
    return kind == EventKind::underflow || kind == EventKind::overflow;
}

bool has_page(EventKind kind) { return kind != EventKind::userfault && kind != EventKind::fork; }

bool has_pin(EventKind kind) {
    return kind == EventKind::dma_read || kind == EventKind::dma_write || kind == EventKind::unpin;
}

bool has_process(EventKind kind) {
    return kind != EventKind::free && !is_miscount(kind) && kind != EventKind::copy;
}

}  // namespace

// What is noted while a step runs.
struct Runner::Watch {
    const Program& program;
    const State& state;  // as the step changes it
    bool stores = false;
    unsigned thread = 0;
    ValueNames& values;
    unsigned pc = 0;  // the first rest passed: where the step began
    std::vector<TraceEvent> events;
    std::vector<EventMoment> moments;
    Field miscounted = Field::refcount;  // what the next underflow or overflow is about

    void tell_count(TraceEvent& out, unsigned mm, unsigned va) const {
        const FieldInfo& about = info(miscounted);
        if (miscounted != Field::refcount) out.count = about.name;
        if (out.kind == EventKind::overflow) {
            const bool share = miscounted == Field::mm_mapcount;  // two bits of each process
            out.value = std::to_string(share ? 3U : program.layout.largest(miscounted));
        }
        if (about.scope != Scope::page) out.process = process_name(program, mm);
        if (about.scope == Scope::pte) out.va = va;
    }

    void event(Event event, unsigned mm, unsigned va, unsigned page, unsigned pin) {
        bool writes = stores;
        if (event == Event::cow_copy || event == Event::fork_copy)
            writes = program.layout.get(state, Field::fault_shared, thread) != 0 ||
                     (event == Event::fork_copy && anybody_pins());
        const bool of_page = info(miscounted).scope == Scope::page;
        moments.push_back({event, state, mm, va, page, pin, of_page, writes, events.size()});
        const auto kind = kind_of(event);
        if (!kind) return;
        TraceEvent out;
        out.kind = *kind;
        if (has_process(*kind)) {
            out.process = process_name(program, mm);
            out.va = va;
        }
        if (has_pin(*kind)) out.pin = pin;
        if (*kind == EventKind::load)
            out.expected = values.expected(program.layout.pte_index(mm, va));
        if (*kind == EventKind::store) values.stored(mm, page);
        if (*kind == EventKind::dma_write) values.dma_written(page);
        if (is_miscount(*kind)) tell_count(out, mm, va);
        if (has_page(*kind) && (of_page || !is_miscount(*kind))) {
            out.page = frame_name(program, page);
            if (*kind != EventKind::overflow) out.value = values.in_frame(page);
        }
        if (*kind == EventKind::free) values.freed(page);
        events.push_back(std::move(out));
    }

    bool anybody_pins() const {
        const Layout& l = program.layout;
        for (unsigned i = 0; i < l.size(Scope::pin); ++i)
            if (l.get(state, Field::pin_state, i) != 0 && l.get(state, Field::pin_foll_pin, i) != 0)
                return true;
        return false;
    }

    void copied(unsigned from, unsigned to) {
        values.copied(from, to);
        TraceEvent out;
        out.kind = EventKind::copy;
        out.page = frame_name(program, to);
        out.source = frame_name(program, from);
        out.value = values.in_frame(to);
        events.push_back(std::move(out));
    }

    void forked(unsigned child) {
        TraceEvent out;
        out.kind = EventKind::fork;
        out.process = process_name(program, child);
        events.push_back(std::move(out));
    }
};

struct Runner::Observer : NoObserver {
    Watch* watch = nullptr;

    void step(unsigned pc) const {
        if (watch->pc == 0) watch->pc = pc;
    }
    void event(Event event, unsigned mm, unsigned va, unsigned page, unsigned pin) const {
        watch->event(event, mm, va, page, pin);
    }
    void copied(unsigned from, unsigned to) const { watch->copied(from, to); }
    void zeroed(unsigned page) const { watch->values.zeroed(page); }
    void forked(unsigned child) const { watch->forked(child); }
    void miscounted(Field count, unsigned /*index*/) const { watch->miscounted = count; }
};

Runner::Runner(const Program& program)
    : program_(std::make_shared<const Program>(without_joins(program))), state_(program_->start),
      values_(*program_), view_(cowcheck::view(*program_, state_, values_)),
      operation_of_(program_->world.threads.size(), 0) {}

Outcome Runner::perform(const Action& action) {
    Outcome outcome;
    State next = state_;
    ValueNames values = values_;
    Watch watch{*program_, next, stores(action), action.thread, values, 0, {}, {}};
    const StepResult result = cowcheck::perform(*program_, next, action, Observer{{}, &watch});
    outcome.blocked = result.blocked;
    if (result.blocked != Blocked::no) return outcome;
    describe_operation(action, outcome.step);
    values.settle(*program_, next);
    state_ = next;
    values_ = std::move(values);
    describe_statement(action, watch.pc, outcome.step);
    View after = cowcheck::view(*program_, state_, values_);
    outcome.step.changes = changes(view_, after);
    outcome.step.events = std::move(watch.events);
    outcome.moments = std::move(watch.moments);
    view_ = std::move(after);
    outcome.by_event = result.violated;
    check_into(outcome);
    return outcome;
}

Outcome Runner::check() const {
    Outcome outcome;
    check_into(outcome);
    return outcome;
}

// Whether the operation that goes on or starts means to store.
bool Runner::stores(const Action& action) const {
    const bool running = action.kind == Action::Kind::step;
    const unsigned operation =
        running ? program_->rests[program_->layout.get(state_, Field::pc, action.thread)].operation
                : unsigned{action.operation};
    return program_->operations[operation].item.stores();
}

void Runner::check_into(Outcome& outcome) const {
    State copy = state_;
    outcome.stuck = how_stuck(*program_, state_);
    outcome.by_state = Machine<NoObserver>(*program_, copy).check_state(outcome.stuck);
}

// Before the action: who does what for whom.
void Runner::describe_operation(const Action& action, TraceStep& step) {
    const auto get = [&](Field field, unsigned i) {
        return program_->layout.get(state_, field, i);
    };
    const bool device = action.kind == Action::Kind::device;
    unsigned operation = action.operation;
    unsigned mm = action.mm;
    unsigned va = action.va;
    unsigned pin = action.pin;
    if (action.kind == Action::Kind::step) {
        operation = program_->rests[get(Field::pc, action.thread)].operation;
        mm = get(Field::op_mm, action.thread);
        va = get(Field::op_va, action.thread);
        pin = get(Field::op_pin, action.thread);
    } else if (device) {
        mm = get(Field::pin_mm, pin);
        va = get(Field::pin_va, pin);
    }
    step.transient = action.transient;
    if (action.kind != Action::Kind::step) ++operations_;
    if (action.kind == Action::Kind::start) operation_of_[action.thread] = operations_;
    const MenuItem& item = program_->operations[operation].item;
    step.kind = device                               ? StepKind::device
                : action.kind == Action::Kind::start ? StepKind::start
                                                     : StepKind::step;
    step.actor = device ? Actor::device : program_->world.threads[action.thread].actor;
    step.thread = device ? "device" : program_->world.threads[action.thread].name;
    step.operation = device ? operations_ : operation_of_[action.thread];
    step.call = call_of(item);
    step.process = process_name(*program_, mm);
    if (device || info(item.kind).parameters.starts_with("va")) step.va = va;
    if (device || info(item.kind).needs == Needs::pin_slot) step.pin = pin;
}

// After it: which statement that was.
void Runner::describe_statement(const Action& action, unsigned pc, TraceStep& step) const {
    if (pc == 0) {
        step.handlers = {{false, step.call.name}};
        return;
    }
    const Rest& rest = program_->rests[pc];
    step.handlers = rest.path;
    step.place = place_of(rest.span);
    step.statement = rest.told();
    if (action.kind == Action::Kind::device || !step.statement.is_guard()) return;
    const unsigned next = program_->layout.get(state_, Field::pc, action.thread);
    step.guard = guard_outcome(*program_, pc, next);
}

bool makes_sense(const Program& program, const State& state, const Action& action) {
    const Layout& l = program.layout;
    if (action.kind == Action::Kind::step)
        return action.thread < l.size(Scope::thread) && l.get(state, Field::pc, action.thread) != 0;
    bool found = false;
    Action wanted = action;
    wanted.transient = 0;
    for_each_start(program, state, false,
                   [&](const Action& possible) { found = found || possible == wanted; });
    return found;
}

Program with_numbers_of(Program program, const TraceHeader& header) {
    const auto& outside = program.world.outside;
    for (std::size_t i = 0; i < outside.size(); ++i)
        for (const TraceOutside& one : header.outside)
            if (one.process == process_name(program, outside[i].mm) && one.va == outside[i].va &&
                one.mappings == outside[i].mappings)
                program.outside_numbers[i] = static_cast<std::uint16_t>(one.number);
    program.outside_fixed = program.world.has_outside();
    return program;
}

std::uint32_t property_bit(const Program& program, std::string_view name) {
    if (name == assertion_name) return assertion_bit;
    if (name == counting_name) return miscount_bit;
    for (std::size_t i = 0; i < program.properties.size(); ++i)
        if (program.properties[i].name == name) return 1U << i;
    return 0;
}

}  // namespace cowcheck
