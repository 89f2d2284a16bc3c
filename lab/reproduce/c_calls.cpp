#include "lab/reproduce/c_calls.h"

#include "lab/reproduce/part_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>

namespace cowcheck {

namespace {

using wire::Operation;

// {a}, {b}, {c} are its arguments, {slot} whose step it is, {who} the process that {a} numbers,
// {step} its number, {name} what its last argument is called.
struct Row {
    Operation operation;
    std::string_view call;
    std::string_view words;
    std::string_view part;
};
constexpr auto rows = std::to_array<Row>({
    {Operation::map, "map_memory(0, {b})", "mmap() of all memory", ""},
    {Operation::read, "load({a})", "load from page {a}", "load"},
    {Operation::write, "store({a}, {name})", "store of {name} to page {a}", "store"},
    {Operation::fork, "fork_into({a})", "fork() of {who}", "fork"},
    {Operation::exit, "exit_in({slot}, {step})", "exit_group()", "exit"},
    {Operation::munmap, "unmap({a}, {b})", "munmap() from page {a} on, {b} of them", "munmap"},
    {Operation::remap, "map_memory({a}, {b})", "a fresh mmap() from page {a} on, {b} of them", ""},
    {Operation::madvise, "advise({a}, {b}, {name})", "{name} from page {a} on, {b} of them",
     "madvise"},
    {Operation::mprotect, "protect_memory({a}, {b}, {name})",
     "mprotect({name}) from page {a} on, {b} of them", "mprotect"},
    {Operation::pin, "pin_for_writing({a}, {b})", "io_uring registers page {a} as a buffer", "ring"},
    {Operation::splice, "splice_page({a}, {b})", "vmsplice() of page {a}", "pipe"},
    {Operation::force, "force_store({a}, {name})",
     "store of {name} to page {a} by way of /proc/self/mem", "force"},
    {Operation::twin, "make_twin({a})", "another page with the bytes of page {a}", "twin"},
    {Operation::untwin, "drop_twin()", "munmap() of that page", "twin"},
    {Operation::clear_refs, "clear_refs({a})", "4 to clear_refs of {who}", "clear_refs"},
    {Operation::protect, "write_protect({a}, {b}, {c}, 1)", "write protection of {who}'s page {b}",
     "uffd_protect"},
    {Operation::resolve, "write_protect({a}, {b}, {c}, 0)",
     "end of the write protection of {who}'s page {b}", "uffd_protect"},
    {Operation::scan, "scan({a}, {b}, {c})", "PAGEMAP_SCAN of {who}'s page {b}", "scan"},
    {Operation::page_out, "page_out({a}, {b}, {c})", "reclaim of {who}'s page {b}", "page_out"},
    {Operation::migrate, "migrate({a}, {b})", "migration of {who}'s page {b}", "migrate"},
    {Operation::merge, "merge({a}, {b})", "ksmd runs until it has merged {who}'s page {b}",
     "merge"},
    {Operation::file_value, "file_value({a})", "read() of the file", "file_value"},
    {Operation::is_thp, "is_thp({a})", "a look whether it is a THP", "is_thp"},
    {Operation::wait_event, "wait_event({step})", "wait for an event of userfaultfd", "uffd_wait"},
});

struct HolderRow {
    Operation operation;
    Row ring;
    Row pipe;
};
constexpr auto holder_rows = std::to_array<HolderRow>({
    {Operation::dma_read,
     {Operation::dma_read, "device_reads({a})", "WRITE_FIXED from the buffer", "ring_read"},
     {Operation::dma_read, "pipe_holds({a})", "read of what the pipe holds", "pipe_read"}},
    {Operation::dma_write,
     {Operation::dma_write, "device_writes({a}, {name})", "READ_FIXED of {name} into the buffer",
      "ring_write"},
     {}},
    {Operation::unpin,
     {Operation::unpin, "unpin({a})", "the buffer is given back", "ring_drop"},
     {Operation::unpin, "drop_pipe({a})", "the pipe is closed", "pipe_drop"}},
});

constexpr unsigned collapse_advice = 25;
constexpr Row collapse_row{Operation::madvise, "collapse({a}, {b})",
                           "MADV_COLLAPSE from page {a} on, {b} of them", "collapse"};
constexpr Row entry_row{Operation::look, "entry_of({a}, {b})",
                        "look at pagemap of {who}'s page {b}", "entry"};
constexpr Row frame_row{Operation::look, "frame_of({a}, {b})",
                        "look at which page {who}'s page {b} is", "frame"};

// In the order of the program, each behind what it needs.
struct Part {
    std::string_view name;
    std::vector<std::string_view> needs;
};
const std::vector<Part>& parts() {
    static const std::vector<Part> all{
        {"access", {}},
        {"load", {"access"}},
        {"store", {"access"}},
        {"force", {}},
        {"map_anonymous", {}},
        {"map_huge", {}},
        {"map_hugetlb", {}},
        {"map_file", {}},
        {"exit", {}},
        {"munmap", {}},
        {"madvise", {}},
        {"collapse", {}},
        {"mprotect", {}},
        {"ring", {}},
        {"transfer", {"ring"}},
        {"ring_read", {"transfer"}},
        {"ring_write", {"transfer"}},
        {"ring_drop", {"ring"}},
        {"pipe", {}},
        {"pipe_read", {"pipe"}},
        {"pipe_drop", {"pipe"}},
        {"uffd", {}},
        {"uffd_events", {"uffd"}},
        {"uffd_protect", {"uffd"}},
        {"uffd_wait", {"uffd_events"}},
        {"pagemap", {}},
        {"entry", {"pagemap"}},
        {"frame", {"entry"}},
        {"clear_refs", {"pagemap"}},
        {"soft_dirty", {}},
        {"scan", {"pagemap"}},
        {"page_out", {"entry"}},
        {"migrate", {}},
        {"ksm", {}},
        {"merge", {"ksm", "entry"}},
        {"twin", {}},
        {"file_value", {}},
        {"is_thp", {"pagemap"}},
    };
    return all;
}

void need(std::set<std::string_view>& needed, std::string_view name) {
    if (name.empty() || !needed.insert(name).second) return;
    for (const Part& part : parts())
        if (part.name == name)
            for (const std::string_view other : part.needs) need(needed, other);
}

std::string_view map_part(wire::Memory memory) {
    switch (memory) {
    case wire::Memory::anonymous: return "map_anonymous";
    case wire::Memory::huge: return "map_huge";
    case wire::Memory::hugetlb: return "map_hugetlb";
    default: return "map_file";
    }
}

struct Advice {
    std::uint64_t number;
    std::string_view name;
};
constexpr auto advices = std::to_array<Advice>({{4, "MADV_DONTNEED"},
                                                 {8, "MADV_FREE"},
                                                 {10, "MADV_DONTFORK"},
                                                 {11, "MADV_DOFORK"},
                                                 {12, "MADV_MERGEABLE"},
                                                 {14, "MADV_HUGEPAGE"},
                                                 {15, "MADV_NOHUGEPAGE"}});

class Calls {
public:
    explicit Calls(const Reproduction& reproduction) : r_(reproduction) {}

    CCalls run() {
        CCalls calls;
        // Every program has processes, which are forked for it.
        need(needed_, "access");
        for (std::size_t i = 0; i < r_.plan.steps.size(); ++i) calls.steps.push_back(call(i));
        if (soft_dirty()) need(needed_, "soft_dirty");
        const std::uint64_t event_fork = 1U << 1;
        for (const wire::Step& step : r_.plan.steps)
            if (step.operation == Operation::register_uffd &&
                (step.arguments[0] & event_fork) != 0)
                need(needed_, "uffd_events");
        for (const Part& part : parts())
            if (needed_.contains(part.name)) calls.parts.push_back(part.name);
        return calls;
    }

private:
    [[nodiscard]] const PlannedLook* look_at(std::size_t step) const {
        for (const PlannedLook& look : r_.plan.looks)
            if (look.step == step) return &look;
        return nullptr;
    }

    [[nodiscard]] bool soft_dirty() const {
        constexpr unsigned soft_dirty_bit = 55;
        return std::any_of(r_.plan.looks.begin(), r_.plan.looks.end(), [](const PlannedLook& look) {
            return look.seen == Seen::bit && look.bit == soft_dirty_bit;
        });
    }

    [[nodiscard]] bool is_ring(std::uint64_t pin) const {
        return std::any_of(r_.plan.steps.begin(), r_.plan.steps.end(), [&](const wire::Step& one) {
            return one.operation == Operation::pin && one.arguments[1] == pin;
        });
    }

    [[nodiscard]] const Row& row_of(std::size_t at) const {
        const wire::Step& step = r_.plan.steps[at];
        if (step.operation == Operation::look) {
            const PlannedLook* look = look_at(at);
            return look != nullptr && look->seen == Seen::page ? frame_row : entry_row;
        }
        if (step.operation == Operation::madvise && step.arguments[2] == collapse_advice)
            return collapse_row;
        for (const HolderRow& row : holder_rows)
            if (row.operation == step.operation)
                return is_ring(step.arguments[0]) ? row.ring : row.pipe;
        for (const Row& row : rows)
            if (row.operation == step.operation) return row;
        throw std::logic_error("no C for " + wire::to_text(step));
    }

    [[nodiscard]] std::string name_of_last(const wire::Step& step) const {
        switch (step.operation) {
        case Operation::write:
        case Operation::force:
        case Operation::dma_write: {
            if (step.arguments[1] == 0) return "0";
            const auto known = r_.plan.values.find(step.arguments[1]);
            return known == r_.plan.values.end() ? fmt::format("{:#x}", step.arguments[1])
                                                 : c_name(known->second);
        }
        case Operation::mprotect:
            return step.arguments[2] == 1 ? "PROT_READ" : "PROT_READ | PROT_WRITE";
        case Operation::madvise:
            for (const Advice& advice : advices)
                if (advice.number == step.arguments[2]) return std::string(advice.name);
            return std::to_string(step.arguments[2]);
        default: return {};
        }
    }

    CCall call(std::size_t at) {
        const wire::Step& step = r_.plan.steps[at];
        if (step.operation == Operation::map || step.operation == Operation::remap)
            need(needed_, map_part(memory()));
        if (step.operation == Operation::register_uffd) {
            need(needed_, "uffd");
            return {fmt::format("register_uffd({}, {}, {:#x}UL)", step.slot, r_.world.pages,
                                step.arguments[0]),
                    "userfaultfd registers all memory for write protection"};
        }
        const Row& row = row_of(at);
        // What forks is in every program.
        if (row.part != "fork") need(needed_, row.part);
        const auto slot = step.arguments[0];
        const std::string who = slot < r_.world.processes.size()
                                    ? r_.world.processes[slot].name
                                    : std::string("the process");
        const std::string name = name_of_last(step);
        const auto fill = [&](std::string_view form) {
            return fmt::format(fmt::runtime(form), fmt::arg("a", step.arguments[0]),
                               fmt::arg("b", step.arguments[1]), fmt::arg("c", step.arguments[2]),
                               fmt::arg("slot", step.slot), fmt::arg("who", who),
                               fmt::arg("step", at), fmt::arg("name", name));
        };
        return {fill(row.call), fill(row.words)};
    }

    [[nodiscard]] wire::Memory memory() const {
        for (const wire::Step& step : r_.plan.steps)
            if (step.operation == Operation::map)
                return static_cast<wire::Memory>(step.arguments[0]);
        return wire::Memory::anonymous;
    }

    const Reproduction& r_;
    std::set<std::string_view> needed_;
};

}  // namespace

CCalls c_calls(const Reproduction& reproduction) { return Calls(reproduction).run(); }

std::string c_name(const std::string& value) {
    std::string name = value;
    std::replace_if(
        name.begin(), name.end(),
        [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
    return name;
}

std::string_view c_part(std::string_view name) {
    for (const BuiltinFile& file : part_files())
        if (file.name == name) return file.text;
    throw std::logic_error("no part of C called " + std::string(name));
}

}  // namespace cowcheck
