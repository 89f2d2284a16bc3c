#include "model/selftest.h"

#include <algorithm>
#include <array>

namespace cowcheck {

namespace {

constexpr auto memories = std::to_array<SelftestMemory>({
    {"base page", "anonymous", "anonymous written", false, false},
    {"swapped out base page", "anonymous", "anonymous written", false, false, true},
    {"THP (2048 kB)", "anonymous", "thp written", false, false, false, 2, true},
    {"PTE-mapped THP (2048 kB)", "anonymous", "pte-mapped thp", false, false, false, 2, true},
    {"single PTE of THP (2048 kB)", "anonymous", "last page of thp", false, false, false, 1, true},
    {"partially shared THP (2048 kB)", "anonymous", "partially shared thp", false, false, false, 2,
     true},
    {"hugetlb (2048 kB)", "anonymous", "hugetlb written", false, true},
    {"hugetlb (1048576 kB)", "anonymous", "hugetlb written", false, true},
    {"shared zeropage", "other", "zeropage", true, false},
    {"memfd", "other", "memfd", false, false},
    {"tmpfile", "other", "tmpfile", false, false},
    {"huge zeropage", "other", "huge zeropage", true, false, false, 2, true},
    {"memfd hugetlb (2048 kB)", "other", "memfd hugetlb", false, true},
    {"memfd hugetlb (1048576 kB)", "other", "memfd hugetlb", false, true},
    {"", "thp", "pte-mapped thp", false, false, false, 2, true},
});

// What a system call does to all of the memory at once, where it is more than a page.
struct RangeOperation {
    std::string_view page;
    std::string_view range;
};

constexpr auto ranges =
    std::to_array<RangeOperation>({{"munmap", "munmap_range"},
                                   {"madvise_dontneed", "madvise_dontneed_range"},
                                   {"mprotect_read", "mprotect_read_range"},
                                   {"mprotect_write", "mprotect_write_range"}});

struct ActorName {
    std::string_view name;
    Actor actor;
    unsigned mm;
};

constexpr auto actors = std::to_array<ActorName>({{"parent", Actor::cpu, 0},
                                                  {"child", Actor::cpu, 1},
                                                  {"monitor", Actor::monitor, 0},
                                                  {"procfs", Actor::procfs, 0},
                                                  {"pin", Actor::device, 0}});

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::size_t space = std::min(text.find(' '), text.size());
        words.emplace_back(text.substr(0, space));
        text.remove_prefix(std::min(space + 1, text.size()));
    }
    return words;
}

std::string text_of(const ast::MenuEntry& entry) {
    std::string flags;
    for (const std::string& flag : entry.flags) flags += (flags.empty() ? "(" : ", ") + flag;
    return entry.operation + flags + (flags.empty() ? "" : ")");
}

const ActorName* find_actor(std::string_view name) {
    const auto found = std::find_if(actors.begin(), actors.end(),
                                    [&](const ActorName& known) { return known.name == name; });
    return found == actors.end() ? nullptr : &*found;
}

ast::Selftest on_memory(ast::Selftest test, const SelftestMemory& memory) {
    if (memory.pages > 1)
        for (ast::SelftestStep& step : test.steps)
            for (const RangeOperation& known : ranges)
                if (step.entry.operation == known.page && !step.va)
                    step.entry.operation = known.range;
    return test;
}

// What the actor does in the test, each operation once.
std::vector<ast::MenuEntry> menu_of(const ast::Selftest& test, std::string_view actor) {
    std::vector<ast::MenuEntry> menu;
    for (const ast::SelftestStep& step : test.steps)
        if (step.actor == actor && std::none_of(menu.begin(), menu.end(), [&](const auto& other) {
                return text_of(other) == text_of(step.entry);
            }))
            menu.push_back(step.entry);
    return menu;
}

// A parent that may run on either of two CPUs, its child, and a kernel in which page
// references come and go.
ast::World world_of(const ast::Selftest& test, const SelftestMemory& memory) {
    ast::World world;
    world.span = test.span;
    world.name = "selftest-" + test.name;
    world.settings = {{test.span, "frames", memory.thp ? 8 : 4, {}},
                      {test.span, "pins", memory.pages, {}},
                      {test.span, "munmap", std::nullopt, {"leaves", "nothing"}}};
    if (memory.thp) world.settings.push_back({test.span, "pages", Limits::subpages, {}});
    if (memory.zeropage)
        world.settings.push_back({test.span, "zeropage", std::nullopt, {"shared"}});
    ast::WorldProcess parent{test.span, "parent", false, 2, {}, menu_of(test, "parent"), {}};
    parent.maps.push_back({test.span, 0, words_of(memory.maps)});
    world.processes.push_back(std::move(parent));
    ast::WorldProcess child{test.span, "child", true, 1, {}, menu_of(test, "child"), {}};
    if (!child.menu.empty() || !menu_of(test, "parent").empty())
        world.processes.push_back(std::move(child));
    for (const std::string_view service : {"monitor", "procfs"})
        if (auto menu = menu_of(test, service); !menu.empty())
            world.services.push_back({test.span, std::string(service), std::move(menu)});
    world.services.push_back({test.span, "kernel", {{test.span, "speculative_get", {}}}});
    if (memory.swapped) world.services.back().menu.push_back({test.span, "swap_out", {}});
    if (auto menu = menu_of(test, "pin"); !menu.empty())
        world.services.push_back({test.span, "device", std::move(menu)});
    return world;
}

std::string_view event_of(OperationKind kind) {
    switch (kind) {
    case OperationKind::read: return "load";
    case OperationKind::write: return "store";
    case OperationKind::dma_read: return "dma_read";
    case OperationKind::dma_write: return "dma_write";
    default: return {};
    }
}

}  // namespace

std::span<const SelftestMemory> selftest_memories() { return memories; }

std::vector<Absent> not_applicable(const DesignText& design, const ast::Selftest& test,
                                   const SelftestMemory& memory) {
    Diagnostics ignored;  // compile_selftest() tells them
    const auto world = resolve_world(world_of(on_memory(test, memory), memory), ignored);
    return world ? not_applicable(design, *world) : std::vector<Absent>{};
}

std::optional<SelftestProgram> compile_selftest(const DesignText& design,
                                                const ast::Selftest& as_written,
                                                const SelftestMemory& memory, Diagnostics& out) {
    const ast::Selftest test = on_memory(as_written, memory);
    const std::size_t before = out.size();
    for (const ast::SelftestStep& step : test.steps)
        if (find_actor(step.actor) == nullptr)
            out.push_back(
                {step.span, "nobody is called '" + step.actor + "'",
                 did_you_mean(step.actor, {"parent", "child", "procfs", "monitor", "pin"})});
    for (const ast::SelftestStep& step : test.steps)
        if (step.va && *step.va >= memory.pages)
            out.push_back({step.span,
                           "there is no va " + std::to_string(*step.va) + "; expected one below " +
                               std::to_string(memory.pages),
                           {}});
    const auto world = resolve_world(world_of(test, memory), out);
    if (!world || out.size() != before) return std::nullopt;
    PropertySet properties;
    SelftestProgram result;
    // MADV_PAGEOUT. If somebody holds a reference meanwhile the page stays, as it may there.
    if (memory.swapped)
        result.actions.push_back(
            {"kernel: swap_out", Actor::kernel, 0, {OperationKind::swap_out, {}}, -1});
    for (const ast::SelftestStep& step : test.steps) {
        const auto kind = find_operation(step.entry.operation);
        SelftestAction action;
        action.text = step.actor + ": " + text_of(step.entry) +
                      (step.va ? " of va " + std::to_string(*step.va) : "");
        action.actor = find_actor(step.actor)->actor;
        action.mm = find_actor(step.actor)->mm;
        const bool each_page = memory.thp && (info(*kind).parameters.starts_with("va") ||
                                              info(*kind).actor == Actor::device);
        if (step.expects) {
            ast::Property property;
            property.span = step.span;
            property.name = "step " + std::to_string(result.actions.size() + 1);
            property.clauses.push_back({ast::ClauseKind::at,
                                        step.span,
                                        std::string(event_of(*kind)),
                                        {},
                                        *step.expects,
                                        {}});
            action.property = static_cast<int>(properties.properties.size());
            properties.properties.push_back(std::move(property));
        }
        for (unsigned va = 0; va < (each_page ? memory.pages : 1U); ++va) {
            if (step.va && *step.va != va) continue;
            if (each_page) action.va = static_cast<int>(va);
            result.actions.push_back(action);
        }
    }
    auto program = compile(design, properties, *world, out);
    if (!program) return std::nullopt;
    result.program = std::move(*program);
    for (SelftestAction& action : result.actions)
        for (const OperationCode& operation : result.program.operations)
            if (action.text.substr(0, action.text.find(" of va "))
                    .ends_with(": " + to_text(operation.item)))
                action.item = operation.item;
    return result;
}

}  // namespace cowcheck
