#include "model/world.h"

#include "model/memory_kinds.h"

#include "model/contracts.h"
#include "model/menu_entry.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

namespace cowcheck {

unsigned World::cpus() const {
    return std::accumulate(processes.begin(), processes.end(), 0U,
                           [](unsigned sum, const Process& p) { return sum + p.cpus; });
}

const std::vector<MenuItem>& World::menu(const Thread& thread) const {
    switch (thread.actor) {
    case Actor::monitor: return monitor_menu;
    case Actor::procfs: return procfs_menu;
    case Actor::kernel: return kernel_menu;
    case Actor::secondary_mmu: return secondary_menu;
    default: return processes[thread.mm].menu;
    }
}

namespace {

bool has(const std::vector<MenuItem>& menu, OperationKind kind) {
    return std::any_of(menu.begin(), menu.end(),
                       [&](const MenuItem& item) { return item.kind == kind; });
}

}  // namespace

bool World::swap() const { return has(kernel_menu, OperationKind::swap_out); }

bool World::migration() const { return has(kernel_menu, OperationKind::migrate); }

bool World::ksm() const {
    bool mapped = false;
    for (const Process& process : processes)
        for (const StartMapping& mapping : process.maps)
            mapped = mapped || mapping.memory == StartMapping::Memory::ksm;
    return mapped || has(kernel_menu, OperationKind::ksm_merge);
}

// One KSM page for all that map it comes first, then memory in the order of the text.
StartFrames frames_at_start(const World& world) {
    using Memory = StartMapping::Memory;
    const bool ksm =
        std::any_of(world.processes.begin(), world.processes.end(), [](const Process& process) {
            return std::any_of(process.maps.begin(), process.maps.end(),
                               [](const auto& one) { return one.memory == Memory::ksm; });
        });
    StartFrames frames;
    frames.count = ksm ? 1 : 0;
    for (const Process& process : world.processes) {
        auto& first = frames.first.emplace_back();
        for (const StartMapping& mapping : process.maps) {
            const unsigned own =
                mapping.is_thp() ? Limits::subpages
                : mapping.memory == Memory::written || mapping.memory == Memory::alike ? 1
                                                                                       : 0;
            first.push_back(own > 0                         ? frames.count
                            : mapping.memory == Memory::ksm ? 0
                                                            : StartFrames::none);
            frames.count += own;
        }
    }
    return frames;
}

std::uint16_t World::parts() const {
    std::uint16_t parts = swap() ? Part::swap : 0;
    if (has_outside()) parts |= Part::outside;
    if (secondary_mmu()) parts |= Part::secondary_mmu;
    if (lru_batches) parts |= Part::lru_batches;
    if (ksm()) parts |= Part::ksm;
    if (thp()) parts |= Part::thp;
    if (has(procfs_menu, OperationKind::clear_refs) && !hugetlb()) parts |= Part::soft_dirty;
    for (const Process& process : processes)
        for (const MenuItem& item : process.menu)
            if (item.kind == OperationKind::mprotect_read ||
                item.kind == OperationKind::mprotect_read_range)
                parts |= Part::mprotect;
            else if (item.kind == OperationKind::madvise_dontfork)
                parts |= Part::dont_fork;
            else if (const Contract& contract = contract_of(item.kind);
                     gives_up(contract) && is_held(contract, {swap(), !hugetlb()}))
                parts |= Part::gives_up;
    return parts;
}

namespace {

using Memory = StartMapping::Memory;

constexpr auto memory_words = std::to_array<MemoryKind>({
    {"anonymous written", Backing::anonymous, Memory::written},
    {"anonymous alike", Backing::anonymous, Memory::alike},
    {"ksm", Backing::anonymous, Memory::ksm},
    {"anonymous untouched", Backing::anonymous, Memory::untouched},
    {"zeropage", Backing::anonymous, Memory::zeropage},
    {"memfd", Backing::file, Memory::file},
    {"memfd untouched", Backing::file, Memory::untouched},
    {"tmpfile", Backing::file, Memory::file},
    {"tmpfile untouched", Backing::file, Memory::untouched},
    {"hugetlb written", Backing::hugetlb, Memory::written},
    {"hugetlb untouched", Backing::hugetlb, Memory::untouched},
    {"memfd hugetlb", Backing::hugetlb_file, Memory::file},
    {"memfd hugetlb untouched", Backing::hugetlb_file, Memory::untouched},
    {"huge zeropage", Backing::huge, Memory::huge_zeropage},
    {"thp written", Backing::huge, Memory::thp},
    {"thp untouched", Backing::huge, Memory::untouched},
    {"pte-mapped thp", Backing::huge, Memory::thp_by_ptes},
    {"last page of thp", Backing::huge, Memory::thp_last_page},
    {"base pages for thp", Backing::huge, Memory::thp_as_base_pages},
    {"partially shared thp", Backing::huge, Memory::thp_partially_shared},
});

std::string all_memory_words() {
    std::string text;
    for (const MemoryKind& known : memory_words)
        text += (text.empty() ? "'" : ", '") + std::string(known.words) + "'";
    return text;
}

constexpr std::array<std::string_view, 9> setting_names{
    "arch", "depth", "pages", "frames", "lru", "munmap", "pins", "uffd", "zeropage"};

class Resolver {
public:
    Resolver(const ast::World& tree, Diagnostics& out) : tree_(tree), out_(out) {}

    std::optional<World> run() {
        const std::size_t before = out_.size();
        world_.name = tree_.name;
        world_.title = tree_.title;
        world_.comment = tree_.comment;
        for (const auto& setting : tree_.settings) setting_line(setting);
        settings_twice();
        for (const auto& process : tree_.processes) process_block(process);
        for (const auto& service : tree_.services) service_block(service);
        transient_references();
        check_bounds();
        if (out_.size() == before) {  // what follows would be about numbers that were refused
            check_frames();
            check_menus();
        }
        name_threads();
        if (out_.size() != before) return std::nullopt;
        return std::move(world_);
    }

private:
    void complain(const SourceSpan& span, std::string message, std::string suggestion = {}) {
        out_.push_back({span, std::move(message), std::move(suggestion)});
    }

    void number(const ast::WorldSetting& setting, unsigned& target, unsigned low, unsigned high) {
        if (!setting.number || *setting.number < low || *setting.number > high ||
            !setting.words.empty()) {
            complain(setting.span, "'" + setting.name + "' wants one number from " +
                                       std::to_string(low) + " to " + std::to_string(high));
            return;
        }
        target = static_cast<unsigned>(*setting.number);
    }

    void setting_line(const ast::WorldSetting& s) {
        const auto is = [&](std::initializer_list<std::string_view> words) {
            return !s.number &&
                   std::equal(words.begin(), words.end(), s.words.begin(), s.words.end());
        };
        if (s.name == "depth")
            number(s, world_.depth, 1, 255);
        else if (s.name == "pages")
            number(s, world_.pages, 1, Limits::pages);
        else if (s.name == "frames")
            number(s, world_.frames, 1, Limits::frames);
        else if (s.name == "pins")
            number(s, world_.pins, 0, Limits::pins);
        else if (s.name == "arch" && (is({"x86"}) || is({"arm64"})))
            world_.flush_waits = is({"x86"});
        else if (s.name == "munmap" && is({"leaves", "fresh", "mapping"}))
            world_.fresh_mapping = true;
        else if (s.name == "munmap" && is({"leaves", "nothing"}))
            world_.fresh_mapping = false;
        else if (s.name == "zeropage" && (is({"shared"}) || is({"forbidden"})))
            world_.zeropage = is({"shared"});
        else if (s.name == "uffd" && is({"wp_async"}))
            world_.wp_async = true;
        else if (s.name == "uffd" && is({"event_fork"}))
            world_.event_fork = true;
        else if (s.name == "lru" && is({"batches"}))
            world_.lru_batches = true;
        else
            bad_setting(s);
    }

    // The last one would win without a word. userfaultfd has several features.
    void settings_twice() {
        for (auto s = tree_.settings.begin(); s != tree_.settings.end(); ++s)
            for (auto before = tree_.settings.begin(); before != s; ++before)
                if (s->name == before->name && (s->name != "uffd" || s->words == before->words)) {
                    complain(s->span, "'" + s->name + "' is said already, in line " +
                                          std::to_string(before->span.line));
                    break;
                }
    }

    void bad_setting(const ast::WorldSetting& s) {
        if (s.name == "arch") return complain(s.span, "'arch' is x86 or arm64");
        if (s.name == "munmap")
            return complain(s.span, "'munmap' leaves nothing, or leaves fresh mapping");
        if (s.name == "zeropage") return complain(s.span, "'zeropage' is shared or forbidden");
        if (s.name == "uffd")
            return complain(s.span, "'uffd' is wp_async or event_fork, or left out");
        if (s.name == "lru") return complain(s.span, "'lru' is batches, or left out");
        complain(s.span, "a world has no setting '" + s.name + "'",
                 did_you_mean(s.name, {setting_names.begin(), setting_names.end()}));
    }

    void process_block(const ast::WorldProcess& block) {
        Process process;
        process.name = block.name;
        process.starts_free = block.starts_free;
        if (std::any_of(world_.processes.begin(), world_.processes.end(),
                        [&](const Process& other) { return other.name == block.name; }))
            complain(block.span, "there is a process '" + block.name + "' already");
        if (block.cpus < 1 || block.cpus > Limits::threads)
            complain(block.span,
                     "a process has from 1 to " + std::to_string(Limits::threads) + " CPUs");
        else
            process.cpus = static_cast<unsigned>(block.cpus);
        if (block.starts_free && !block.maps.empty())
            complain(block.maps.front().span, "a process that starts free maps nothing yet");
        for (const auto& mapping : block.maps) start_mapping(mapping, process);
        for (const auto& line : block.outside) outside_line(line, process);
        for (const auto& entry : block.menu) menu_entry(entry, Actor::cpu, process.menu);
        world_.processes.push_back(std::move(process));
    }

    void start_mapping(const ast::InitialMapping& mapping, Process& process) {
        StartMapping start;
        if (mapping.va < 0 || mapping.va >= static_cast<std::int64_t>(world_.pages))
            return complain(mapping.span, "the process has no virtual page " +
                                              std::to_string(mapping.va) + "; there are " +
                                              std::to_string(world_.pages));
        start.va = static_cast<unsigned>(mapping.va);
        if (std::any_of(process.maps.begin(), process.maps.end(),
                        [&](const StartMapping& one) { return one.va == start.va; }))
            return complain(mapping.span, "'" + process.name + "' maps virtual page " +
                                              std::to_string(start.va) + " already");
        std::string words;
        for (const std::string& word : mapping.words) words += (words.empty() ? "" : " ") + word;
        const auto known =
            std::find_if(memory_words.begin(), memory_words.end(),
                         [&](const MemoryKind& entry) { return entry.words == words; });
        if (known == memory_words.end())
            return complain(mapping.span, "a page is mapped as one of " + all_memory_words());
        start.memory = known->memory;
        if ((start.memory == Memory::zeropage || start.memory == Memory::huge_zeropage) &&
            !world_.zeropage)
            return complain(mapping.span,
                            "this world has no zeropage; say 'zeropage shared' first");
        if (backing_known_ && world_.backing != known->backing)
            return complain(mapping.span,
                            "all memory of a world is of one kind, and it has some of "
                            "another kind already");
        if (known->backing == Backing::huge && world_.pages != Limits::subpages)
            return complain(mapping.span, "a PMD maps " + std::to_string(Limits::subpages) +
                                              " virtual pages; say 'pages " +
                                              std::to_string(Limits::subpages) + "' first");
        if (known->backing == Backing::huge && start.va != 0)
            return complain(mapping.span, "huge memory begins at virtual page 0");
        backing_known_ = true;
        world_.backing = known->backing;
        process.maps.push_back(start);
        map_spans_.resize(world_.processes.size() + 1);
        map_spans_.back().push_back(mapping.span);
    }

    void outside_line(const ast::OutsideLine& line, const Process& process) {
        const auto mapped =
            std::find_if(process.maps.begin(), process.maps.end(), [&](const StartMapping& one) {
                return static_cast<std::int64_t>(one.va) == line.va;
            });
        if (mapped == process.maps.end() || mapped->memory != Memory::written)
            return complain(line.span, "only a page that is written at the start has references "
                                       "from outside: 'maps va " +
                                           std::to_string(line.va) + " anonymous written'");
        constexpr std::int64_t most = 10000;
        if (line.low > most || (line.high && (*line.high < line.low || *line.high > most)))
            return complain(line.span, "the bounds are from 0 to " + std::to_string(most) +
                                           ", the lower one first");
        OutsideReferences outside;
        outside.mm = static_cast<unsigned>(world_.processes.size());
        outside.va = static_cast<unsigned>(line.va);
        outside.mappings = line.what == "mappings";
        outside.low = static_cast<unsigned>(line.low);
        if (line.high) outside.high = static_cast<unsigned>(*line.high);
        unsigned pages = 0;
        const OutsideReferences* before = nullptr;
        for (const OutsideReferences& other : world_.outside) {
            if (other.mm == outside.mm && other.va == outside.va &&
                other.mappings == outside.mappings)
                return complain(line.span,
                                "the page's outside " + line.what + " are given already");
            pages += before == nullptr || before->mm != other.mm || before->va != other.va;
            before = &other;
        }
        if (pages == Limits::outside_pages &&
            (before->mm != outside.mm || before->va != outside.va))
            return complain(line.span, "at most " + std::to_string(Limits::outside_pages) +
                                           " pages have references from outside");
        world_.outside.push_back(outside);
        // Lines about one page stand together.
        std::stable_sort(world_.outside.begin(), world_.outside.end(),
                         [](const OutsideReferences& a, const OutsideReferences& b) {
                             return std::pair(a.mm, a.va) < std::pair(b.mm, b.va);
                         });
    }

    void transient_references() {
        if (tree_.transient > std::int64_t{Limits::transient})
            return complain(tree_.transient_span, "transient references are at most " +
                                                      std::to_string(Limits::transient));
        world_.transient = static_cast<unsigned>(tree_.transient);
    }

    void service_block(const ast::WorldService& service) {
        if (service.name == "monitor")
            for (const auto& entry : service.menu)
                menu_entry(entry, Actor::monitor, world_.monitor_menu);
        else if (service.name == "procfs")
            for (const auto& entry : service.menu)
                menu_entry(entry, Actor::procfs, world_.procfs_menu);
        else if (service.name == "kernel")
            for (const auto& entry : service.menu)
                menu_entry(entry, Actor::kernel, world_.kernel_menu);
        else if (service.name == "secondary_mmu")
            for (const auto& entry : service.menu)
                menu_entry(entry, Actor::secondary_mmu, world_.secondary_menu);
        else if (service.name == "device")
            for (const auto& entry : service.menu)
                menu_entry(entry, Actor::device, world_.device_menu);
        else
            complain(service.span, "a world has no '" + service.name + "'",
                     did_you_mean(service.name, {"monitor", "procfs", "kernel", "secondary_mmu",
                                                 "device", "process"}));
    }

    void menu_entry(const ast::MenuEntry& entry, Actor actor, std::vector<MenuItem>& menu) {
        const auto item = resolve_menu_entry(entry, actor, out_);
        if (!item) return;
        if (std::find(menu.begin(), menu.end(), *item) != menu.end())
            return complain(entry.span, "'" + to_text(*item) + "' is in the menu already");
        menu.push_back(*item);
        entries_.push_back({entry.span, *item});
    }

    void check_bounds() {
        if (world_.processes.empty())
            return complain(tree_.span, "a world needs at least one process");
        const auto mms = world_.processes.size();
        if (mms > Limits::processes)
            complain(tree_.span, "at most " + std::to_string(Limits::processes) + " processes");
        if (mms * world_.pages > Limits::expectations)
            complain(tree_.span,
                     "processes times pages is at most " + std::to_string(Limits::expectations));
        if (mms + world_.pins > Limits::entitlements)
            complain(tree_.span, "processes and pins are at most " +
                                     std::to_string(Limits::entitlements) + " together");
        if (world_.thp() && world_.swap())
            complain(tree_.span, "huge memory is not swapped out in this model");
        const std::array<std::pair<bool, std::string_view>, 6> unknown_to_thp{
            {{world_.has_outside(), "references from outside"},
             {world_.secondary_mmu(), "a secondary MMU"},
             {world_.lru_batches, "LRU batches"},
             {world_.migration(), "migration"},
             {world_.ksm(), "KSM"},
             {world_.wp_async || world_.event_fork, "features of userfaultfd"}}};
        for (const auto& [there, what] : unknown_to_thp)
            if (world_.thp() && there)
                complain(tree_.span,
                         "huge memory does not go with " + std::string(what) + " in this model");
        if (world_.total_frames() > Limits::all_frames)
            complain(tree_.span, "frames, zeropages and a file's pages are at most " +
                                     std::to_string(Limits::all_frames) + " together");
        if (std::all_of(world_.processes.begin(), world_.processes.end(),
                        [](const Process& p) { return p.starts_free; }))
            complain(tree_.span, "some process must run at the start");
    }

    // What is mapped at the start must fit. Said of the line that gives the number; if there is
    // none, of the first mapping that finds no frame.
    void check_frames() {
        const StartFrames taken = frames_at_start(world_);
        if (taken.count <= world_.frames) return;
        const auto given = std::find_if(tree_.settings.begin(), tree_.settings.end(),
                                        [](const auto& s) { return s.name == "frames"; });
        SourceSpan span = given != tree_.settings.end() ? given->span : tree_.span;
        std::string list;
        for (std::size_t p = 0; p < world_.processes.size(); ++p)
            for (std::size_t i = 0; i < world_.processes[p].maps.size(); ++i) {
                const unsigned first = taken.first[p][i];
                const StartMapping& mapping = world_.processes[p].maps[i];
                if (first == StartFrames::none) continue;
                list += (list.empty() ? "" : ", ") + std::string("va ") +
                        std::to_string(mapping.va) + " of '" + world_.processes[p].name + "'";
                const unsigned last = first + (mapping.is_thp() ? Limits::subpages - 1 : 0);
                if (given == tree_.settings.end() && last >= world_.frames &&
                    span.line == tree_.span.line)
                    span = map_spans_[p][i];
            }
        complain(span,
                 "what is mapped at the start takes " + std::to_string(taken.count) + " frames (" +
                     list + "), and the world has " + std::to_string(world_.frames),
                 "say 'frames " + std::to_string(taken.count) +
                     "' or more: whatever copies a page takes another one");
    }

    // An operation that can never start makes a world say more than it shows.
    void check_menus() {
        const auto any_menu = [&](const auto& test) {
            return std::any_of(entries_.begin(), entries_.end(), test);
        };
        if (entries_.empty())
            return complain(tree_.span, "nobody may do anything in this world",
                            "say what a process may start: 'may read, write'");
        const auto gups =
            any_menu([](const Entry& e) { return info(e.item.kind).needs == Needs::pin_slot; });
        const auto free_slots = std::count_if(world_.processes.begin(), world_.processes.end(),
                                              [](const Process& p) { return p.starts_free; });
        const bool exits =
            any_menu([](const Entry& e) { return e.item.kind == OperationKind::exit; });
        for (const Entry& entry : entries_) {
            const Needs needs = info(entry.item.kind).needs;
            const std::string what = "'" + to_text(entry.item) + "' can never start: ";
            if (needs == Needs::pin_slot && world_.pins == 0)
                complain(entry.span,
                         what + "what it takes is kept in a pin, and the world has none",
                         "say 'pins 1' or more");
            else if ((needs == Needs::held_pin || needs == Needs::dma_pin) && !gups)
                complain(entry.span, what + "there is no pin, as nobody may start a GUP",
                         "let a process start one: 'may gup(write, pin)'");
            else if (needs == Needs::process_slot && free_slots == 0 &&
                     (!exits || world_.processes.size() == 1))
                complain(entry.span, what + "there is no room for a child",
                         "add a process that says 'starts free'");
        }
    }

    void name_threads() {
        for (unsigned mm = 0; mm < world_.processes.size(); ++mm)
            for (unsigned i = 0; i < world_.processes[mm].cpus; ++i) {
                const auto cpu = static_cast<unsigned>(world_.threads.size());
                world_.threads.push_back({Actor::cpu, mm, cpu, "cpu" + std::to_string(cpu)});
            }
        if (!world_.monitor_menu.empty())
            world_.threads.push_back({Actor::monitor, 0, 0, "monitor"});
        if (!world_.procfs_menu.empty()) world_.threads.push_back({Actor::procfs, 0, 0, "procfs"});
        if (!world_.kernel_menu.empty()) world_.threads.push_back({Actor::kernel, 0, 0, "kernel"});
        if (!world_.secondary_menu.empty())
            world_.threads.push_back({Actor::secondary_mmu, 0, 0, "secondary_mmu"});
        if (world_.threads.size() > Limits::threads)
            complain(tree_.span, "at most " + std::to_string(Limits::threads) +
                                     " threads, CPUs and services together");
    }

    const ast::World& tree_;
    Diagnostics& out_;
    World world_;
    // What stands in any menu, and where.
    struct Entry {
        SourceSpan span;
        MenuItem item;
    };
    std::vector<Entry> entries_;
    std::vector<std::vector<SourceSpan>> map_spans_;  // of World::processes' maps
    bool backing_known_ = false;  // some line has said of what kind the memory is
};

}  // namespace

std::span<const MemoryKind> memory_kinds() { return memory_words; }

std::optional<World> resolve_world(const ast::World& tree, Diagnostics& out) {
    return Resolver(tree, out).run();
}

}  // namespace cowcheck
