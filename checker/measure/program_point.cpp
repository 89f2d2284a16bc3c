#include "checker/measure/program_point.h"

#include <algorithm>

namespace cowcheck {

namespace {

constexpr std::uint8_t most_counted = 3;

void count_one(std::uint8_t& count) {
    if (count < most_counted) ++count;
}

// What happens to what is seen and to what pages hold, within one step of the machine.
struct Watch {
    const ProgramPlan& plan;
    ProgramPoint& point;
    std::uint8_t number;  // whose operation it is

    [[nodiscard]] const PlannedAction* action() const {
        return number < plan.actions.size() ? &plan.actions[number] : nullptr;
    }
    void saw(std::uint8_t value) const {
        const PlannedAction* by = action();
        if (by != nullptr && by->seen >= 0 &&
            plan.seen[static_cast<std::size_t>(by->seen)].seen == Seen::value)
            point.seen[static_cast<std::size_t>(by->seen)] = value;
    }
    void stored(unsigned page) const {
        const std::uint8_t value = action() == nullptr ? std::uint8_t{0} : action()->stores;
        point.holds[page] = value;
        saw(value);
    }
    void freed(unsigned page) const {
        point.holds[page] = 0;
        std::uint8_t first = 0;
        for (std::size_t i = 0; i < plan.seen.size(); ++i) {
            if (plan.seen[i].seen != Seen::page || point.seen[i] != SeenCode::frame + page)
                continue;
            if (first == 0) first = static_cast<std::uint8_t>(SeenCode::gone + i);
            point.seen[i] = first;
        }
    }
};

struct ProgramObserver : NoObserver {
    const Watch* watch = nullptr;

    void event(Event event, unsigned mm, unsigned /*va*/, unsigned page, unsigned /*pin*/) const {
        switch (event) {
        case Event::load:
        case Event::dma_read: return watch->saw(watch->point.holds[page]);
        case Event::store:
        case Event::dma_write: return watch->stored(page);
        case Event::userfault: return count_one(watch->point.events[mm]);
        case Event::cow_copy: return count_one(watch->point.copies[mm]);
        case Event::free: return watch->freed(page);
        default: return;
        }
    }
    void copied(unsigned from, unsigned to) const {
        watch->point.holds[to] = watch->point.holds[from];
    }
    void zeroed(unsigned page) const { watch->point.holds[page] = 0; }
};

}  // namespace

ProgramPoint ProgramGame::start() const {
    ProgramPoint point;
    point.state = p_.start;
    point.seen.fill(SeenCode::unreached);
    point.runs.fill(ProgramPoint::nobody);
    point.taken_by.fill(ProgramPoint::nobody);
    std::copy(plan_.frames.begin(), plan_.frames.end(), point.holds.begin());
    return point;
}

bool ProgramGame::is_start_of(const ProgramPoint& point, const Action& action,
                              std::size_t number) const {
    const PlannedAction& wanted = plan_.actions[number];
    if (wanted.kind != ProgramStep::Kind::operation || action.kind == Action::Kind::step)
        return false;
    if (action.kind == Action::Kind::device) {
        if (wanted.actor != Actor::device ||
            p_.operations[action.operation].item.kind !=
                p_.operations[static_cast<std::size_t>(wanted.operation)].item.kind)
            return false;
        return wanted.gup >= 0 ? point.taken_by[action.pin] == wanted.gup
                               : p_.layout.get(point.state, Field::pin_va, action.pin) == wanted.va;
    }
    const Thread& thread = p_.world.threads[action.thread];
    return action.operation == wanted.operation && thread.actor == wanted.actor &&
           action.mm == wanted.mm && (!wanted.has_va || action.va == wanted.va) &&
           (wanted.cpu < 0 || thread.cpu == static_cast<unsigned>(wanted.cpu));
}

// The GUPs that could still give the pin.
bool ProgramGame::gups_are_over(const ProgramPoint& point, const PlannedAction& action) const {
    if (action.gup >= 0) return (point.ended >> static_cast<unsigned>(action.gup) & 1U) != 0;
    for (std::size_t i = 0; i < plan_.actions.size(); ++i) {
        const int operation = plan_.actions[i].operation;
        if (operation >= 0 &&
            info(p_.operations[static_cast<std::size_t>(operation)].item.kind).needs ==
                Needs::pin_slot &&
            (point.ended >> i & 1U) == 0)
            return false;
    }
    return true;
}

// There is no page to work on, or it has been given back, or a fork has ended what its holder
// may do with it.
bool ProgramGame::device_faults(const ProgramPoint& point, std::size_t number) const {
    bool starts = false;
    for_each_start(p_, point.state, false, [&](const Action& action) {
        starts = starts || is_start_of(point, action, number);
    });
    return !starts && gups_are_over(point, plan_.actions[number]);
}

// Nothing is mapped where the operation should work, and somebody is there to find that out.
bool ProgramGame::can_fault(const ProgramPoint& point, std::size_t number) const {
    const PlannedAction& action = plan_.actions[number];
    if (action.actor == Actor::device) return device_faults(point, number);
    const Layout& l = p_.layout;
    const unsigned slot = l.pte_index(action.mm, action.va);
    if (!action.has_va || l.get(point.state, Field::mapped, slot) != 0 ||
        l.get(point.state, Field::life, action.mm) != static_cast<unsigned>(Life::alive) ||
        (action.actor == Actor::secondary_mmu && l.get(point.state, Field::spte, slot) != 0))
        return false;
    const OperationKind kind = p_.operations[static_cast<std::size_t>(action.operation)].item.kind;
    const bool access = kind == OperationKind::read || kind == OperationKind::write;
    for (unsigned t = 0; t < p_.world.threads.size(); ++t) {
        const Thread& thread = p_.world.threads[t];
        if (thread.actor != action.actor || l.get(point.state, Field::pc, t) != 0) continue;
        if (thread.actor != Actor::cpu) return true;
        if (thread.mm != action.mm ||
            (action.cpu >= 0 && thread.cpu != static_cast<unsigned>(action.cpu)))
            continue;
        if (!access ||
            l.get(point.state, Field::tlb_valid, l.tlb_index(thread.cpu, action.va)) == 0)
            return true;
    }
    return false;
}

void ProgramGame::see(ProgramPoint& point, std::size_t number, std::uint8_t what) const {
    if (plan_.actions[number].seen >= 0)
        point.seen[static_cast<std::size_t>(plan_.actions[number].seen)] = what;
}

std::uint8_t ProgramGame::look_at_memory(const ProgramPoint& point,
                                         const PlannedAction& action) const {
    const Layout& l = p_.layout;
    const World& world = p_.world;
    if (action.look == Look::backing)
        return point.holds[world.file() ? world.file_frame() + action.va : world.frames];
    const unsigned pte = l.leaf(point.state, action.mm, action.va);
    const bool present = (pte & PteBit::present) != 0;
    const bool swap = !present && (pte & PteBit::swap) != 0;
    const unsigned frame = pte >> PteBit::frame_shift;
    const bool zeropage = present && world.zeropage && frame >= world.frames &&
                          frame <= world.huge_zeropage_frame() &&
                          (frame == world.frames || world.has_huge_zeropage());
    const auto bit = [](bool set) { return static_cast<std::uint8_t>(set); };
    switch (action.look) {
    case Look::present: return bit(present);
    case Look::swapped: return bit(swap);
    case Look::soft_dirty: return bit((present || swap) && (pte & PteBit::soft_dirty) != 0);
    case Look::uffd_wp: return bit((present || swap) && (pte & PteBit::uffd_wp) != 0);
    case Look::exclusive:
        return bit(
            present && !zeropage &&
            l.get(point.state, Field::mapcount, frame) +
                    l.get(point.state, Field::entire_mapcount, l.head_of(point.state, frame)) ==
                1);
    default: break;
    }
    if (swap) return is_migration_entry(pte) ? SeenCode::migrating : SeenCode::swapped;
    if (!present) return SeenCode::none;
    if (zeropage) return SeenCode::zeropage;
    if (world.file() && frame >= world.file_frame()) return SeenCode::file;
    return static_cast<std::uint8_t>(SeenCode::frame + frame);
}

void ProgramGame::look(ProgramPoint& point, std::size_t number) const {
    const PlannedAction& action = plan_.actions[number];
    point.started |= 1U << number;
    point.ended |= 1U << number;
    if (action.kind == ProgramStep::Kind::wait_event) {
        --point.events[action.mm];
        see(point, number, SeenCode::ok);
    } else if (action.look == Look::events) {
        see(point, number, point.events[action.mm]);
    } else if (action.look == Look::copies) {
        see(point, number, point.copies[action.mm]);
    } else {
        see(point, number, look_at_memory(point, action));
    }
}

// The operation is over: what came of it, if it is not a value that was seen on the way.
void ProgramGame::end(ProgramPoint& point, std::size_t number) const {
    const PlannedAction& action = plan_.actions[number];
    point.ended |= 1U << number;
    bool ok = true;
    if (info(p_.operations[static_cast<std::size_t>(action.operation)].item.kind).needs ==
        Needs::pin_slot) {
        ok = false;
        for (unsigned pin = 0; pin < p_.layout.size(Scope::pin); ++pin) {
            if (point.taken_by[pin] != number) continue;
            ok = p_.layout.get(point.state, Field::pin_state, pin) ==
                 static_cast<unsigned>(PinState::held);
            if (!ok) point.taken_by[pin] = ProgramPoint::nobody;
        }
    }
    if (action.seen < 0) return;
    std::uint8_t& seen = point.seen[static_cast<std::size_t>(action.seen)];
    const bool value = plan_.seen[static_cast<std::size_t>(action.seen)].seen == Seen::value;
    if (value && seen == SeenCode::unreached) seen = SeenCode::fault;
    if (!value) seen = ok ? SeenCode::ok : SeenCode::fault;
}

MoveResult ProgramGame::step(ProgramPoint& point, const ProgramMove& move) const {
    const Action& action = move.action;
    const bool own = move.number != ProgramPoint::meanwhile;
    const Watch watch{plan_, point, move.number};
    const StepResult result = perform(p_, point.state, action, ProgramObserver{{}, &watch});
    MoveResult out{result.blocked == Blocked::no, own, result.violated};
    if (!out.possible) return out;
    const bool starts = action.kind != Action::Kind::step;
    if (starts && own) point.started |= 1U << move.number;
    for (std::size_t i = 0; i < plan_.meanwhile.size() && starts && !own; ++i)
        if (plan_.meanwhile[i].operation == action.operation && plan_.meanwhile[i].at_most != 0)
            ++point.begun[i];
    if (action.kind == Action::Kind::device) {
        if (p_.layout.get(point.state, Field::pin_state, action.pin) == 0)
            point.taken_by[action.pin] = ProgramPoint::nobody;
        end(point, move.number);
        return out;
    }
    if (starts && own && info(p_.operations[action.operation].item.kind).needs == Needs::pin_slot)
        point.taken_by[action.pin] = move.number;
    point.runs[action.thread] = move.number;
    if (p_.layout.get(point.state, Field::pc, action.thread) == 0) {
        point.runs[action.thread] = ProgramPoint::nobody;
        if (own) end(point, move.number);
    }
    return out;
}

MoveResult ProgramGame::take(ProgramPoint& point, const ProgramMove& move) const {
    if (move.kind == ProgramMove::Kind::step) return step(point, move);
    if (move.kind == ProgramMove::Kind::look) {
        look(point, move.number);
        return {true, true, 0};
    }
    point.started |= 1U << move.number;
    point.ended |= 1U << move.number;
    see(point, move.number,
        move.kind == ProgramMove::Kind::fault ? SeenCode::fault : SeenCode::none);
    return {true, true, 0};
}

SeenAll ProgramGame::seen_at_end(const ProgramPoint& point) const {
    SeenAll seen = point.seen;
    for (std::size_t i = 0; i < plan_.actions.size(); ++i)
        if (plan_.actions[i].seen >= 0 && (point.ended >> i & 1U) == 0 &&
            (plan_.actions[i].after & ~point.ended) == 0)  // its turn has come
            seen[static_cast<std::size_t>(plan_.actions[i].seen)] = SeenCode::waits;
    return seen;
}

SeenAll canonical(const ProgramPlan& plan, SeenAll seen) {
    std::vector<std::uint8_t> met;
    for (std::size_t i = 0; i < plan.seen.size(); ++i) {
        std::uint8_t& code = seen[i];
        if (plan.seen[i].seen != Seen::page || code < SeenCode::frame || code >= SeenCode::none)
            continue;
        const auto found = std::find(met.begin(), met.end(), code);
        if (found == met.end()) {
            met.push_back(code);
            code = static_cast<std::uint8_t>(SeenCode::frame + met.size() - 1);
        } else {
            code = static_cast<std::uint8_t>(SeenCode::frame + (found - met.begin()));
        }
    }
    return seen;
}

}  // namespace cowcheck
