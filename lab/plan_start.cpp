// How the memory of a program is made as it is at the start.
#include "lab/planner.h"

#include <fmt/format.h>

#include <cctype>

namespace cowcheck::planning {

namespace {

// A model's THP has two pages; a kernel's has 512, so a virtual page of it is half of them.
constexpr unsigned half_thp = 256;
constexpr unsigned huge_page = 512;

constexpr std::uint64_t nobodys_value = 0xfff;

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

bool uses(const std::vector<ProgramStep>& steps, auto test) {
    for (const ProgramStep& step : steps) {
        if (test(step)) return true;
        for (const auto& branch : step.branches)
            if (uses(branch, test)) return true;
    }
    return false;
}

}  // namespace

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

// Pages that KSM has merged: with a twin that is gone before there is anything else to merge.
void Planner::populate_merged(unsigned mm) {
    for (const StartMapping& mapping : world_.processes[mm].maps) {
        if (mapping.memory != StartMapping::Memory::ksm) continue;
        want(wire::has_ksm, "KSM");
        populate_page(mm, mapping);
        add(Operation::twin, {mapping.va}, mm);
        add(Operation::merge, {mm, mapping.va});
        add(Operation::untwin, {}, mm);
    }
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
    for (const StartMapping& mapping : maps)
        if (mapping.memory != Memory::ksm) populate_page(mm, mapping);
    if (maps.front().is_thp()) finish_thp(mm, maps.front().memory);
    if (maps.front().memory == Memory::huge_zeropage) add(Operation::is_thp, {mm, 0});
}

void Planner::set_up() {
    pages_ = world_.pages;
    plan_.zeropage = world_.zeropage;
    const MemoryKind* kind = find_row(memory_kinds, world_.backing, &MemoryKind::backing);
    if (kind == nullptr) throw Skip{"no program makes this kind of memory"};
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
        const auto& maps = world_.processes[mm].maps;
        const bool merged = std::any_of(maps.begin(), maps.end(), [](const StartMapping& one) {
            return one.memory == StartMapping::Memory::ksm;
        });
        if (merges || merged)
            add(Operation::madvise, {0, pages_, advice::mergeable}, mm);
    }
    for (unsigned mm = 0; mm < world_.processes.size(); ++mm)
        if (alive_[mm]) populate_merged(mm);
    for (unsigned mm = 0; mm < world_.processes.size(); ++mm)
        if (alive_[mm]) populate(mm);
}

}  // namespace cowcheck::planning
