#include "lab/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

namespace cowcheck {

namespace {

using wire::Operation;

// Of uapi/asm-generic/mman-common.h.
namespace advice {
constexpr unsigned dontneed = 4;
constexpr unsigned free = 8;
constexpr unsigned dontfork = 10;
constexpr unsigned dofork = 11;
constexpr unsigned mergeable = 12;
constexpr unsigned hugepage = 14;
constexpr unsigned nohugepage = 15;
constexpr unsigned collapse = 25;
}  // namespace advice
constexpr unsigned read_only = 1;
constexpr unsigned read_write = 3;

// A model's THP has two pages; a kernel's has 512, so a virtual page of it is half of them.
constexpr unsigned half_thp = 256;
constexpr unsigned huge_page = 512;

constexpr std::uint64_t first_value = 0x1000;
constexpr std::uint64_t nobodys_value = 0xfff;

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

struct MemoryKind {
    Backing backing;
    wire::Memory memory;
    unsigned unit;
    unsigned stride;
};
constexpr auto memory_kinds = std::to_array<MemoryKind>({
    {Backing::anonymous, wire::Memory::anonymous, 1, 1},
    {Backing::file, wire::Memory::memfd, 1, 1},
    {Backing::hugetlb, wire::Memory::hugetlb, huge_page, huge_page},
    {Backing::huge, wire::Memory::huge, half_thp, 1},
});

template <class Table, class Key>
const auto* find_row(const Table& table, Key key, auto member) {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [&](const auto& row) { return row.*member == key; });
    return found == table.end() ? nullptr : &*found;
}

const std::string device_name = "device";

// The reason goes straight to the user.
struct Skip {
    std::string why;
};

class Planner {
public:
    Planner(const ProgramText& program, const World& world, unsigned pages,
            const wire::Hello& kernel)
        : program_(program), world_(world), kernel_(kernel), each_(pages) {}

    Plan run() {
        try {
            set_up();
            plan_.setup = plan_.steps.size();
            started_ = true;
            for (const ProgramStep& step : program_.steps) top_level(step);
            if (wants_file_) tell_file();
            if (plan_.steps.size() > wire::max_steps) throw Skip{"it has too many steps"};
        } catch (const Skip& skip) {
            plan_.skipped = skip.why;
        }
        return std::move(plan_);
    }

private:
    void want(std::string_view ability, std::string_view what) {
        if (!ability.empty() && !kernel_.has.contains(ability))
            throw Skip{fmt::format("{}: not on this kernel or machine", what)};
    }

    std::size_t add(Operation operation, std::vector<std::uint64_t> arguments, unsigned slot = 0,
                    unsigned cpu = 0) {
        wire::Step step;
        step.group = group_;
        step.branch = branch_;
        step.slot = slot;
        step.cpu = cpu;
        step.operation = operation;
        std::copy(arguments.begin(), arguments.end(), step.arguments.begin());
        plan_.steps.push_back(step);
        return plan_.steps.size() - 1;
    }

    void set_up();
    void populate(unsigned mm);
    void populate_page(unsigned mm, const StartMapping& mapping);
    void finish_thp(unsigned mm, StartMapping::Memory memory);
    std::string prefix_of(const std::string& who) const;
    std::uint64_t fresh_value(const std::string& who);
    std::uint64_t start_value(unsigned mm, bool alike);
    bool uses(const std::vector<ProgramStep>& steps, auto test) const;

    void top_level(const ProgramStep& step);
    void take(const ProgramStep& step);
    void cpu_step(const ProgramStep& step);
    void fork(const ProgramStep& step, unsigned slot, unsigned cpu);
    void gup(const ProgramStep& step, unsigned slot, unsigned cpu);
    void outside_step(const ProgramStep& step);
    void device_step(const ProgramStep& step);
    void look(const ProgramStep& step);
    void tell_file();

    unsigned slot_of(const std::string& process) const;
    std::vector<unsigned> pages_of(const ProgramStep& step) const;
    void see(const ProgramStep& step, std::size_t at, std::optional<unsigned> va,
             unsigned bit = 0);

    const ProgramText& program_;
    const World& world_;
    const wire::Hello& kernel_;
    Plan plan_;
    unsigned group_ = 0;
    unsigned branch_ = 0;
    unsigned pages_ = 1;  // of the memory
    unsigned each_ = 1;   // for which an operation without a page is done
    std::vector<bool> alive_;
    std::map<std::string, unsigned> stores_;  // by whose values they are: how many
    struct TakenPin {
        unsigned number = 0;
        bool one_of_several = false;
    };
    std::map<std::pair<std::string, unsigned>, TakenPin> pins_;  // by name and page
    bool wants_file_ = false;
    bool started_ = false;  // what comes now is the program's own
    std::uint64_t last_start_value_ = 0;
    std::uint64_t next_value_ = first_value;
};

bool Planner::uses(const std::vector<ProgramStep>& steps, auto test) const {
    for (const ProgramStep& step : steps) {
        if (test(step)) return true;
        for (const auto& branch : step.branches)
            if (uses(branch, test)) return true;
    }
    return false;
}

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

// ---------------------------------------------------------------- where it starts

// As traces call values (traces/names.h): by the first letter of who made them, if no process
// before has that one.
std::string Planner::prefix_of(const std::string& who) const {
    const auto initial = [](const std::string& name) {
        return static_cast<char>(std::toupper(static_cast<unsigned char>(name.front())));
    };
    if (who == device_name) return "D";
    bool taken = initial(who) == 'D';
    for (const Process& process : world_.processes) {
        if (process.name == who) break;
        taken = taken || initial(process.name) == initial(who);
    }
    return taken ? who + "." : std::string(1, initial(who));
}

// P0 is what the parent has at the start only.
std::uint64_t Planner::fresh_value(const std::string& who) {
    const std::string prefix = prefix_of(who);
    unsigned& next = stores_[prefix];
    if (started_ && next == 0) next = 1;
    const std::uint64_t value = next_value_++;
    plan_.values[value] = prefix + std::to_string(next++);
    return value;
}

// Pages that are alike hold the same value, whoever wrote them.
std::uint64_t Planner::start_value(unsigned mm, bool alike) {
    if (alike && next_value_ > first_value) return first_value;
    return fresh_value(world_.processes[mm].name);
}

void Planner::populate_page(unsigned mm, const StartMapping& mapping) {
    using Memory = StartMapping::Memory;
    switch (mapping.memory) {
    case Memory::untouched: return;
    case Memory::zeropage:
    case Memory::huge_zeropage:
    case Memory::file: add(Operation::read, {mapping.va}, mm); return;
    case Memory::alike:
    case Memory::ksm:
        add(Operation::write, {mapping.va, start_value(mm, true)}, mm);
        return;
    default: break;
    }
    // What is gone by the time that the program starts has no name.
    const bool gone = mapping.memory == Memory::thp_last_page && mapping.va != 0;
    last_start_value_ = gone ? nobodys_value : start_value(mm, false);
    add(Operation::write, {mapping.va, last_start_value_}, mm);
}

// A THP is there once its memory has been written; then what splits its PMD, or it.
void Planner::finish_thp(unsigned mm, StartMapping::Memory memory) {
    using Memory = StartMapping::Memory;
    if (memory == Memory::thp_as_base_pages) {
        add(Operation::madvise, {0, pages_, advice::hugepage}, mm);
        return;
    }
    add(Operation::is_thp, {mm, 0});
    if (memory == Memory::thp) return;
    // As cow.c does it: mprotect() of a part splits the PMD.
    const auto split = [&] {
        add(Operation::mprotect, {1, 1, read_only}, mm);
        add(Operation::mprotect, {1, 1, read_write}, mm);
    };
    if (memory == Memory::thp_last_page) {
        add(Operation::madvise, {1, 1, advice::dontneed}, mm);
        return;
    }
    if (memory == Memory::thp_by_ptes) {
        split();
        // Kernels before 6.2 leave it to a fault to make the entries writable again.
        add(Operation::write, {1, last_start_value_}, mm);
        return;
    }
    // The first page was shared with a child for a while.
    add(Operation::madvise, {1, 1, advice::dontfork}, mm);
    add(Operation::fork, {1, 1}, mm);
    add(Operation::exit, {}, 1);
    add(Operation::madvise, {1, 1, advice::dofork}, mm);
}

void Planner::populate(unsigned mm) {
    using Memory = StartMapping::Memory;
    std::vector<StartMapping> maps = world_.processes[mm].maps;
    // What a PMD maps is said once.
    if (world_.thp() && maps.size() == 1)
        for (unsigned va = 1; va < pages_; ++va) maps.push_back({va, maps.front().memory});
    if (maps.size() != pages_) throw Skip{"some of its pages are not mapped at the start"};
    const bool base = maps.front().memory == Memory::thp_as_base_pages;
    if (base) add(Operation::madvise, {0, pages_, advice::nohugepage}, mm);
    for (const StartMapping& mapping : maps) populate_page(mm, mapping);
    if (maps.front().is_thp()) finish_thp(mm, maps.front().memory);
    if (maps.front().memory == Memory::huge_zeropage) add(Operation::is_thp, {mm, 0});
    if (maps.front().memory == Memory::ksm) {
        want(wire::has_ksm, "KSM");
        add(Operation::merge, {mm, 0});
    }
}

void Planner::set_up() {
    pages_ = world_.pages;
    plan_.zeropage = world_.zeropage;
    const MemoryKind* kind = find_row(memory_kinds, world_.backing, &MemoryKind::backing);
    if (kind == nullptr) throw Skip{"this kind of memory is not made by the agent"};
    if (world_.backing == Backing::hugetlb) want(wire::has_hugetlb, "hugetlb memory");
    if (world_.backing == Backing::huge) want(wire::has_thp, "transparent huge pages");
    if (world_.processes.size() > wire::max_slots) throw Skip{"it has too many processes"};
    alive_.assign(world_.processes.size(), false);
    // Processes that are not related are made before there is any memory that they could share.
    for (unsigned mm = 1; mm < world_.processes.size(); ++mm)
        if (!world_.processes[mm].starts_free) {
            if (world_.file()) throw Skip{"two processes with one file at the start"};
            add(Operation::fork, {mm, world_.processes[mm].cpus});
            alive_[mm] = true;
        }
    alive_[0] = true;
    const bool monitor =
        world_.wp_async || uses(program_.steps, [](const ProgramStep& step) {
            return step.kind == ProgramStep::Kind::wait_event || step.actor == Actor::monitor ||
                   (step.kind == ProgramStep::Kind::look && step.look == Look::events);
        });
    const bool merges = uses(program_.steps, [](const ProgramStep& step) {
        return step.kind == ProgramStep::Kind::operation &&
               step.item.kind == OperationKind::ksm_merge;
    });
    if (monitor) want(wire::has_uffd_wp, "userfaultfd write protection");
    if (monitor && world_.backing != Backing::anonymous && world_.backing != Backing::huge)
        want(wire::has_uffd_wp_file, "userfaultfd write protection of this memory");
    if (world_.wp_async) want(wire::has_wp_async, "UFFD_FEATURE_WP_ASYNC");
    constexpr std::uint64_t event_fork = 1U << 1;
    constexpr std::uint64_t wp_async = 1U << 15;
    for (unsigned mm = 0; mm < world_.processes.size(); ++mm) {
        if (!alive_[mm]) continue;
        add(Operation::map,
            {static_cast<std::uint64_t>(kind->memory), pages_, kind->unit, kind->stride}, mm);
        // A fresh mapping is soft-dirty as a whole.
        if (kernel_.has.contains(wire::has_soft_dirty)) add(Operation::clear_refs, {mm});
        if (monitor)
            add(Operation::register_uffd,
                {(world_.event_fork ? event_fork : 0U) | (world_.wp_async ? wp_async : 0U)}, mm);
        const auto memory = world_.processes[mm].maps.empty()
                                ? StartMapping::Memory::untouched
                                : world_.processes[mm].maps.front().memory;
        if (merges || memory == StartMapping::Memory::ksm)
            add(Operation::madvise, {0, pages_, advice::mergeable}, mm);
    }
    for (unsigned mm = 0; mm < world_.processes.size(); ++mm)
        if (alive_[mm]) populate(mm);
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
        pins_[{step.name, va}] = {pin, !step.va && each_ > 1};
        see(step, add(ring ? Operation::pin : Operation::splice, {va, pin}, slot, cpu), va);
    }
}

void Planner::device_step(const ProgramStep& step) {
    for (const auto& [holder, pin] : pins_) {
        if (holder.first != (step.who == "pin" ? "" : step.who)) continue;
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

}  // namespace

Plan plan_of(const ProgramText& program, const World& world, unsigned pages,
             const wire::Hello& kernel) {
    return Planner(program, world, pages, kernel).run();
}

}  // namespace cowcheck
