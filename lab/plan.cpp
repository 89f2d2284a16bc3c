#include "lab/plan.h"

#include "lab/planner.h"

namespace cowcheck {

namespace planning {

namespace {

// What a process calls once for a range of its pages.
struct RangeCall {
    OperationKind kind;
    Operation operation;
    unsigned argument;
    enum { page, range, all } of;  // without a page: of each, of those at once; always of all
    std::string_view needs;  // of the kernel
};
constexpr auto range_calls = std::to_array<RangeCall>({
    {OperationKind::munmap, Operation::munmap, 0, RangeCall::range, {}},
    {OperationKind::munmap_range, Operation::munmap, 0, RangeCall::all, {}},
    {OperationKind::madvise_dontneed, Operation::madvise, advice::dontneed, RangeCall::range, {}},
    {OperationKind::madvise_dontneed_range, Operation::madvise, advice::dontneed, RangeCall::all, {}},
    {OperationKind::madvise_free, Operation::madvise, advice::free, RangeCall::page, wire::has_free},
    {OperationKind::madvise_dontfork, Operation::madvise, advice::dontfork, RangeCall::page, {}},
    {OperationKind::madvise_dofork, Operation::madvise, advice::dofork, RangeCall::page, {}},
    {OperationKind::madvise_collapse, Operation::madvise, advice::collapse, RangeCall::all,
     wire::has_collapse},
    {OperationKind::mprotect_read, Operation::mprotect, read_only, RangeCall::range, {}},
    {OperationKind::mprotect_write, Operation::mprotect, read_write, RangeCall::range, {}},
    {OperationKind::mprotect_read_range, Operation::mprotect, read_only, RangeCall::all, {}},
    {OperationKind::mprotect_write_range, Operation::mprotect, read_write, RangeCall::all, {}},
});

// What is done to a process from outside, for pages of it.
struct OutsideCall {
    OperationKind kind;
    Operation operation;
    bool all;
    bool counts_pages;  // takes how many pages
    std::string_view needs;
};
constexpr auto outside_calls = std::to_array<OutsideCall>({
    {OperationKind::uffd_wp_protect, Operation::protect, false, true, wire::has_uffd_wp},
    {OperationKind::uffd_wp_protect_range, Operation::protect, true, true, wire::has_uffd_wp},
    {OperationKind::uffd_wp_resolve, Operation::resolve, false, true, wire::has_uffd_wp},
    {OperationKind::uffd_wp_resolve_range, Operation::resolve, true, true, wire::has_uffd_wp},
    {OperationKind::pagemap_scan, Operation::scan, false, true, wire::has_scan},
    {OperationKind::swap_out, Operation::page_out, false, true, wire::has_swap},
    {OperationKind::migrate, Operation::migrate, false, false, wire::has_nodes},
    {OperationKind::ksm_merge, Operation::merge, false, false, wire::has_ksm},
});

// Bits of a pagemap entry that looks are.
struct EntryBit {
    Look look;
    unsigned bit;
    std::string_view needs;
};
constexpr auto entry_bits = std::to_array<EntryBit>({{Look::page, 0, wire::has_frames},
                                                      {Look::present, 63, {}},
                                                      {Look::swapped, 62, {}},
                                                      {Look::soft_dirty, 55, wire::has_soft_dirty},
                                                      {Look::uffd_wp, 57, wire::has_uffd_wp_bit},
                                                      {Look::exclusive, 56, {}}});

}  // namespace

unsigned Planner::slot_of(const std::string& process) const {
    for (unsigned mm = 0; mm < world_.processes.size(); ++mm)
        if (world_.processes[mm].name == process) return mm;
    return 0;
}

std::vector<unsigned> Planner::pages_of(const ProgramStep& step) const {
    if (step.va) return {*step.va};
    std::vector<unsigned> pages(each_);
    for (unsigned va = 0; va < each_; ++va) pages[va] = va;
    return pages;
}

void Planner::see(const ProgramStep& step, std::size_t at, std::optional<unsigned> va,
                  unsigned bit) {
    if (step.name.empty()) return;
    std::string name = step.name;
    if (va && !step.va && each_ > 1) name += fmt::format("[{}]", *va);
    plan_.looks.push_back({name, step.seen, at, bit});
}

// ---------------------------------------------------------------- what is done

void Planner::top_level(const ProgramStep& step) {
    ++group_;
    branch_ = 0;
    if (step.kind != ProgramStep::Kind::parallel) return take(step);
    for (const auto& branch : step.branches) {
        for (const ProgramStep& one : branch) {
            if (one.kind == ProgramStep::Kind::parallel) throw Skip{"parallel within parallel"};
            take(one);
        }
        ++branch_;
    }
}

void Planner::take(const ProgramStep& step) {
    switch (step.kind) {
    case ProgramStep::Kind::look: return look(step);
    case ProgramStep::Kind::wait_event:
        return see(step, add(Operation::wait_event, {slot_of(step.process)}), {});
    case ProgramStep::Kind::parallel: return;
    case ProgramStep::Kind::operation: break;
    }
    switch (step.actor) {
    case Actor::cpu: return cpu_step(step);
    case Actor::device: return device_step(step);
    case Actor::secondary_mmu: throw Skip{"no secondary MMU is driven"};
    default: return outside_step(step);
    }
}

void Planner::fork(const ProgramStep& step, unsigned slot, unsigned cpu) {
    const auto free = std::find(alive_.begin(), alive_.end(), false);
    if (free == alive_.end()) throw Skip{"no process is left to fork into"};
    const auto child = static_cast<unsigned>(free - alive_.begin());
    *free = true;
    see(step, add(Operation::fork, {child, world_.processes[child].cpus}, slot, cpu), {});
}

void Planner::cpu_step(const ProgramStep& step) {
    const unsigned slot = slot_of(step.who);
    const unsigned cpu = step.cpu.value_or(1) - 1;
    if (cpu >= wire::max_cpus) throw Skip{"it has too many threads"};
    switch (step.item.kind) {
    case OperationKind::read:
        for (const unsigned va : pages_of(step))
            see(step, add(Operation::read, {va}, slot, cpu), va);
        return;
    case OperationKind::write:
        for (const unsigned va : pages_of(step)) {
            const std::uint64_t value = step.item.flags.zeroes ? 0 : fresh_value(step.who);
            see(step, add(Operation::write, {va, value}, slot, cpu), va);
        }
        return;
    case OperationKind::fork: return fork(step, slot, cpu);
    case OperationKind::exit:
        alive_[slot] = false;
        return see(step, add(Operation::exit, {}, slot, cpu), {});
    case OperationKind::gup:
    case OperationKind::gup_fast: return gup(step, slot, cpu);
    case OperationKind::gup_force: return force(step, slot, cpu);
    default: break;
    }
    const RangeCall* call = find_row(range_calls, step.item.kind, &RangeCall::kind);
    if (call == nullptr) throw Skip{fmt::format("no system call is {}", to_text(step.item))};
    want(call->needs, to_text(step.item));
    Operation operation = call->operation;
    if (operation == Operation::munmap && world_.fresh_mapping) operation = Operation::remap;
    const auto take = [&](std::uint64_t va, std::uint64_t pages) {
        return add(operation, {va, pages, call->argument}, slot, cpu);
    };
    if (call->of == RangeCall::all) return see(step, take(0, pages_), {});
    if (call->of == RangeCall::range && !step.va) return see(step, take(0, each_), {});
    for (const unsigned va : pages_of(step)) see(step, take(va, 1), va);
}

// io_uring pins for writing and for long, vmsplice() gets for reading: the other flags have no
// system call that leaves a page in somebody's hands.
void Planner::gup(const ProgramStep& step, unsigned slot, unsigned cpu) {
    const GupFlags& flags = step.item.flags;
    const bool ring = flags.write && flags.pin && flags.longterm;
    const bool pipe = !flags.write && !flags.pin && !flags.longterm &&
                      step.item.kind == OperationKind::gup_fast;
    if (!ring && !pipe) throw Skip{fmt::format("no system call is {}", to_text(step.item))};
    if (ring) want(wire::has_ring, "io_uring");
    for (const unsigned va : pages_of(step)) {
        const auto pin = static_cast<unsigned>(pins_.size());
        if (pin >= wire::max_pins) throw Skip{"it has too many pins"};
        pins_[{step.name, va}] = {pin, !step.va && each_ > 1, {}};
        see(step, add(ring ? Operation::pin : Operation::splice, {va, pin}, slot, cpu), va);
    }
}

namespace {

bool is_forced(const ProgramStep& step) {
    return step.kind == ProgramStep::Kind::operation &&
           step.item.kind == OperationKind::gup_force;
}

// The step by itself, or at the end of a branch; null if there is none.
const ProgramStep* forced_at_end(const ProgramStep& step) {
    if (is_forced(step)) return &step;
    for (const auto& branch : step.branches)
        if (!branch.empty() && is_forced(branch.back())) return &branch.back();
    return nullptr;
}

std::size_t count_forced(const std::vector<ProgramStep>& steps) {
    std::size_t count = 0;
    for (const ProgramStep& step : steps) {
        count += is_forced(step) ? 1U : 0U;
        for (const auto& branch : step.branches) count += count_forced(branch);
    }
    return count;
}

}  // namespace

// One access to /proc/PID/mem is GUP, a store and the end of it. So nothing may come between the
// two, and nothing behind them that would find the page held.
void Planner::check_forced() const {
    const std::size_t forced = count_forced(program_.steps);
    if (forced == 0) return;
    std::size_t operations = program_.steps.size();
    while (operations > 0 && program_.steps[operations - 1].kind == ProgramStep::Kind::look)
        --operations;
    if (forced == 1 && operations >= 2) {
        const ProgramStep* gup = forced_at_end(program_.steps[operations - 2]);
        const ProgramStep& store = program_.steps[operations - 1];
        if (gup != nullptr && store.kind == ProgramStep::Kind::operation &&
            store.item.kind == OperationKind::dma_write &&
            (store.who == "pin" ? "" : store.who) == gup->name)
            return;
    }
    throw Skip{"FOLL_FORCE ends with its access: its store has to come at once, and last"};
}

void Planner::force(const ProgramStep& step, unsigned slot, unsigned cpu) {
    if (!step.item.flags.write)
        throw Skip{fmt::format("no system call is {}", to_text(step.item))};
    for (const unsigned va : pages_of(step)) {
        const std::size_t at =
            add(Operation::force, {va, fresh_value(device_name)}, slot, cpu);
        pins_[{step.name, va}] = {static_cast<unsigned>(pins_.size()), !step.va && each_ > 1, at};
        see(step, at, va);
    }
}

void Planner::device_step(const ProgramStep& step) {
    for (const auto& [holder, pin] : pins_) {
        if (holder.first != (step.who == "pin" ? "" : step.who)) continue;
        if (pin.forced) {
            see(step, *pin.forced,
                pin.one_of_several ? std::optional(holder.second) : std::nullopt);
            continue;
        }
        const std::uint64_t number = pin.number;
        const std::size_t at =
            step.item.kind == OperationKind::dma_read ? add(Operation::dma_read, {number})
            : step.item.kind == OperationKind::dma_write
                ? add(Operation::dma_write, {number, fresh_value(device_name)})
                : add(Operation::unpin, {number});
        see(step, at, pin.one_of_several ? std::optional(holder.second) : std::nullopt);
    }
}

void Planner::outside_step(const ProgramStep& step) {
    const unsigned slot = slot_of(step.process);
    if (step.item.kind == OperationKind::clear_refs) {
        want(wire::has_soft_dirty, "soft-dirty tracking");
        return see(step, add(Operation::clear_refs, {slot}), {});
    }
    const OutsideCall* call = find_row(outside_calls, step.item.kind, &OutsideCall::kind);
    if (call == nullptr) throw Skip{fmt::format("nothing makes a kernel do {}", to_text(step.item))};
    want(call->needs, to_text(step.item));
    if (call->all) return see(step, add(call->operation, {slot, 0, pages_}), {});
    for (const unsigned va : pages_of(step))
        see(step,
            call->counts_pages ? add(call->operation, {slot, va, 1})
                               : add(call->operation, {slot, va}),
            va);
}

// ---------------------------------------------------------------- what is seen

void Planner::look(const ProgramStep& step) {
    const unsigned slot = slot_of(step.process);
    if (step.look == Look::events) return see(step, add(Operation::events, {slot}), {});
    if (step.look == Look::copies || (step.look == Look::page && world_.thp() && world_.zeropage) ||
        (step.look == Look::backing && !world_.file())) {
        plan_.unseen.push_back(step.name);
        return;
    }
    if (step.look == Look::backing) {
        for (const unsigned va : pages_of(step)) see(step, add(Operation::file_value, {va}), va);
        return;
    }
    const EntryBit* bit = find_row(entry_bits, step.look, &EntryBit::look);
    if (!bit->needs.empty() && !kernel_.has.contains(bit->needs)) {
        plan_.unseen.push_back(step.name);
        return;
    }
    wants_file_ = wants_file_ || (step.look == Look::page && world_.file());
    for (const unsigned va : pages_of(step))
        see(step, add(Operation::look, {slot, va}), va, bit->bit);
}

void Planner::tell_file() {
    ++group_;
    branch_ = 0;
    for (unsigned va = 0; va < pages_; ++va)
        plan_.file_entries.push_back(add(Operation::file_entry, {va}));
}

}  // namespace planning

Plan plan_of(const ProgramText& program, const World& world, unsigned pages,
             const wire::Hello& kernel) {
    return planning::Planner(program, world, pages, kernel).run();
}

}  // namespace cowcheck
