#include "verify/worlds/made_worlds.h"

#include "checker/system/packing.h"
#include "model/compile/applicable.h"
#include "model/compile/compile.h"
#include "model/compile/same_program.h"
#include "model/language/parse.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace cowcheck {

namespace {

using Only = Meddler::Only;
using Menu = std::vector<std::string>;

constexpr auto cpu = Actor::cpu;
constexpr auto monitor = Actor::monitor;
constexpr auto procfs = Actor::procfs;
constexpr auto kernel = Actor::kernel;
constexpr auto secondary = Actor::secondary_mmu;

const std::vector<Meddler>& all_meddlers() {
    static const std::vector<Meddler> all{
        {"fork", {{cpu, "fork"}}, {}, {"read", "write"}},
        {"exit", {{cpu, "fork"}}, {}, {"write", "exit"}},
        {"munmap", {{cpu, "munmap"}}},
        {"remap", {{cpu, "munmap"}}, {"munmap leaves fresh mapping"}},
        {"munmap_range", {{cpu, "munmap_range"}}, {}, {}, Only::huge_memory},
        {"madvise_dontneed", {{cpu, "madvise_dontneed"}}},
        {"madvise_dontneed_range", {{cpu, "madvise_dontneed_range"}}, {}, {}, Only::huge_memory},
        {"madvise_free", {{cpu, "madvise_free"}, {kernel, "swap_out"}}},
        {"madvise_dontfork",
         {{cpu, "madvise_dontfork"}, {cpu, "madvise_dofork"}, {cpu, "fork"}},
         {},
         {"read"}},
        {"mprotect", {{cpu, "mprotect_read"}, {cpu, "mprotect_write"}}},
        {"mprotect_range",
         {{cpu, "mprotect_read_range"}, {cpu, "mprotect_write_range"}},
         {},
         {},
         Only::huge_memory},
        {"madvise_collapse", {{cpu, "madvise_collapse"}}, {}, {}, Only::huge_memory},
        {"khugepaged", {{kernel, "khugepaged"}}, {}, {}, Only::huge_memory},
        {"split_folio", {{kernel, "split_folio"}}, {}, {}, Only::huge_memory},
        {"gup_get", {{cpu, "gup(read, get)"}}},
        {"gup_pin", {{cpu, "gup(write, pin)"}}},
        {"gup_longterm", {{cpu, "gup(read, pin, longterm)"}}},
        {"gup_fast", {{cpu, "gup_fast(write, pin)"}}},
        {"gup_fast_longterm", {{cpu, "gup_fast(read, pin, longterm)"}}},
        {"gup_force", {{cpu, "gup_force(write, pin)"}, {cpu, "mprotect_read"}}},
        {"clear_refs", {{procfs, "clear_refs"}}},
        {"uffd_wp", {{monitor, "uffd_wp_protect"}, {monitor, "uffd_wp_resolve"}}},
        {"uffd_wp_range",
         {{monitor, "uffd_wp_protect_range"}, {monitor, "uffd_wp_resolve_range"}},
         {},
         {},
         Only::huge_memory},
        {"uffd_event_fork",
         {{monitor, "uffd_wp_protect"}, {cpu, "fork"}},
         {"uffd event_fork"},
         {"write"},
         Only::base_pages},
        {"uffd_continue", {{monitor, "uffd_continue"}}, {}, {}, Only::base_pages},
        {"pagemap_scan", {{procfs, "pagemap_scan"}}, {"uffd wp_async"}, {}, Only::base_pages},
        {"speculative_get", {{kernel, "speculative_get"}}},
        {"lru_batches", {{kernel, "lru_add_drain_all"}}, {"lru batches"}, {}, Only::base_pages},
        {"swap_out", {{kernel, "swap_out"}}},
        {"migrate", {{kernel, "migrate"}}},
        {"ksm_merge", {{kernel, "ksm_merge"}}, {}, {}, Only::base_pages, true},
        {"ksm_zeroes", {{kernel, "ksm_merge"}, {cpu, "write(zeroes)"}}, {}, {}, Only::base_pages},
        {"secondary_mmu",
         {{secondary, "secondary_fault(write)"},
          {secondary, "secondary_read"},
          {secondary, "secondary_write"}}},
        {"secondary_get",
         {{secondary, "secondary_fault(read, get, keep)"}, {secondary, "secondary_read"}}},
        {"arm64", {}, {"arch arm64"}},
    };
    return all;
}

std::string_view heading_of(Actor actor) {
    switch (actor) {
    case Actor::monitor: return "monitor";
    case Actor::procfs: return "procfs";
    case Actor::kernel: return "kernel";
    case Actor::secondary_mmu: return "secondary_mmu";
    case Actor::device: return "device";
    case Actor::cpu: break;
    }
    return "process parent";
}

void add(Menu& menu, std::string_view operation) {
    if (std::find(menu.begin(), menu.end(), operation) == menu.end()) menu.emplace_back(operation);
}

std::string menu_line(const Menu& menu) {
    std::string line;
    for (const std::string& item : menu) line += (line.empty() ? "    may " : ", ") + item;
    return line + "\n";
}

// What somebody does with a pin that he has.
void add_device(Menu& device, std::string_view operation) {
    if (operation.find("gup") != 0) return;
    add(device, "dma_read");
    if (operation.find("write, pin") != std::string_view::npos) add(device, "dma_write");
    add(device, "unpin");
}

// A setting replaces the one that stands for it where nobody asks.
Menu settings_of(std::span<const Meddler* const> beside, bool zeropage) {
    Menu settings;
    for (const Meddler* meddler : beside)
        for (const std::string_view setting : meddler->settings) add(settings, setting);
    const auto says = [&](std::string_view word) {
        return std::any_of(settings.begin(), settings.end(),
                           [&](const std::string& line) { return line.starts_with(word); });
    };
    if (!says("arch")) settings.emplace_back("arch x86");
    if (!says("munmap")) settings.emplace_back("munmap leaves nothing");
    if (zeropage) settings.emplace_back("zeropage shared");
    return settings;
}

std::string slug(std::string_view words) {
    std::string text(words);
    std::replace(text.begin(), text.end(), ' ', '_');
    return text;
}

std::optional<World> read_world(const std::string& text) {
    Diagnostics out;
    const SourceFile file{"made.world", text};
    const auto tree = parse_world(file, out);
    if (!tree) return std::nullopt;
    return resolve_world(*tree, out);
}

// Whether the two are different programs whose states can be stored.
bool can_be_compared(const DesignText& base, const DesignText& changed,
                     const PropertySet& properties, const World& world) {
    if (!not_applicable(base, world).empty() || !not_applicable(changed, world).empty())
        return false;
    Diagnostics out;
    const auto before = compile(base, properties, world, out);
    const auto after = compile(changed, properties, world, out);
    return before && after && Packing(*before).fits() && Packing(*after).fits() &&
           !is_same_program(*before, *after);
}

// Some kinds have two names.
std::vector<const MemoryKind*> distinct_memory() {
    std::vector<const MemoryKind*> kinds;
    for (const MemoryKind& one : memory_kinds())
        if (std::none_of(kinds.begin(), kinds.end(), [&](const MemoryKind* known) {
                return known->backing == one.backing && known->memory == one.memory;
            }))
            kinds.push_back(&one);
    return kinds;
}

// Makes worlds, and knows with what of them the designs differ.
class Maker {
public:
    Maker(const DesignText& base, const DesignText& changed, const PropertySet& properties,
          std::size_t count)
        : base_(base), changed_(changed), properties_(properties), count_(count) {}

    std::vector<MadeWorld> made;

    [[nodiscard]] bool is_done() const { return made.size() >= count_; }

    void nobody_beside(const MemoryKind& memory) {
        if (make(memory, {})) everywhere_.insert(&memory);
    }
    void one_beside(const MemoryKind& memory, const Meddler& one) {
        const std::array beside{&one};
        if (make(memory, beside)) with_.insert({&memory, &one});
    }
    void two_beside(const MemoryKind& memory, const Meddler& one, const Meddler& other) {
        if (!everywhere_.contains(&memory) && !with_.contains({&memory, &one}) &&
            !with_.contains({&memory, &other}))
            return;
        const std::array beside{&one, &other};
        (void)make(memory, beside);
    }

private:
    // With as many CPUs as there is room for.
    bool make(const MemoryKind& memory, std::span<const Meddler* const> beside) {
        for (unsigned cpus = 2; cpus > 0 && !is_done(); --cpus) {
            const auto text = made_world_text(memory, beside, cpus);
            if (!text) return false;
            auto world = read_world(*text);
            if (!world || !can_be_compared(base_, changed_, properties_, *world)) continue;
            made.push_back({*text, std::move(*world), beside.size()});
            return true;
        }
        return false;
    }

    const DesignText& base_;
    const DesignText& changed_;
    const PropertySet& properties_;
    std::size_t count_;
    std::set<const MemoryKind*> everywhere_;
    std::set<std::pair<const MemoryKind*, const Meddler*>> with_;
};

}  // namespace

std::span<const Meddler> meddlers() { return all_meddlers(); }

std::optional<std::string> made_world_text(const MemoryKind& memory,
                                           std::span<const Meddler* const> beside,
                                           unsigned cpus) {
    const bool huge = memory.backing == Backing::huge;
    const bool twin = std::any_of(beside.begin(), beside.end(),
                                  [](const Meddler* one) { return one->has_twin; });
    for (const Meddler* one : beside)
        if (one->only == (huge ? Only::base_pages : Only::huge_memory)) return std::nullopt;
    std::map<Actor, Menu> menus;
    add(menus[Actor::cpu], "read");
    add(menus[Actor::cpu], "write");
    Menu child;
    std::string name = "made-" + slug(memory.words);
    std::string title = std::string(memory.words) + " memory";
    for (const Meddler* one : beside) {
        name += "-" + std::string(one->name);
        title += (one == beside.front() ? ", beside " : " and ") + std::string(one->name);
        for (const std::string_view operation : one->of_child) add(child, operation);
        for (const Meddler::Entry& entry : one->entries) {
            add(menus[entry.actor], entry.operation);
            add_device(menus[Actor::device], entry.operation);
        }
    }
    const unsigned pages = huge || twin ? 2 : 1;
    std::string text = "world " + name + "\ntitle \"" + title + "\"\n\n";
    text += "depth  3\npages  " + std::to_string(pages) + "\n";
    text += "frames " + std::to_string(pages + 3) + "\n";
    text += std::string("pins   ") + (menus[Actor::device].empty() ? "0" : "1") + "\n";
    const bool zeropage = memory.words.find("zeropage") != std::string_view::npos ||
                          memory.words == "anonymous untouched";
    for (const std::string& setting : settings_of(beside, zeropage)) text += setting + "\n";
    text += "\nprocess parent {\n    cpus " + std::to_string(cpus) +
            "\n    maps va 0 " + std::string(memory.words) + "\n";
    if (twin) text += "    maps va 1 " + std::string(memory.words) + "\n";
    text += menu_line(menus[Actor::cpu]) + "}\n";
    if (!child.empty())
        text += "\nprocess child {\n    starts free\n    cpus 1\n" + menu_line(child) + "}\n";
    for (const auto& [actor, menu] : menus)
        if (actor != Actor::cpu && !menu.empty())
            text += "\n" + std::string(heading_of(actor)) + " {\n" + menu_line(menu) + "}\n";
    return text;
}

std::vector<MadeWorld> worlds_for_change(const DesignText& base, const DesignText& changed,
                                         const PropertySet& properties, std::size_t count) {
    Maker maker(base, changed, properties, count);
    const auto memory = distinct_memory();
    const auto& all = all_meddlers();
    for (const MemoryKind* kind : memory) maker.nobody_beside(*kind);
    // One step along both lists at a time, so that few worlds have much of each.
    for (std::size_t shift = 0; shift < all.size() && !maker.is_done(); ++shift)
        for (std::size_t i = 0; i < memory.size(); ++i)
            maker.one_beside(*memory[i], all[(i + shift) % all.size()]);
    for (std::size_t turn = 0; turn < memory.size() && !maker.is_done(); ++turn)
        for (std::size_t apart = 1; apart < all.size() && !maker.is_done(); ++apart)
            for (std::size_t i = 0; i + apart < all.size(); ++i)
                maker.two_beside(*memory[(i + apart + turn) % memory.size()], all[i],
                                 all[i + apart]);
    return std::move(maker.made);
}

}  // namespace cowcheck
