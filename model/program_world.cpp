#include "model/program_world.h"

#include <algorithm>
#include <array>

namespace cowcheck {

namespace {

constexpr auto memories = std::to_array<ProgramMemory>({
    {"base page", "anonymous", "anonymous written"},
    {"swapped out base page", "anonymous", "anonymous written", false, true},
    {"THP (2048 kB)", "anonymous", "thp written"},
    {"PTE-mapped THP (2048 kB)", "anonymous", "pte-mapped thp"},
    {"single PTE of THP (2048 kB)", "anonymous", "last page of thp"},
    {"partially shared THP (2048 kB)", "anonymous", "partially shared thp"},
    {"hugetlb (2048 kB)", "anonymous", "hugetlb written", true},
    {"hugetlb (1048576 kB)", "anonymous", "hugetlb written", true},
    {"shared zeropage", "other", "zeropage"},
    {"memfd", "other", "memfd"},
    {"tmpfile", "other", "tmpfile"},
    {"huge zeropage", "other", "huge zeropage"},
    {"memfd hugetlb (2048 kB)", "other", "memfd hugetlb", true},
    {"memfd hugetlb (1048576 kB)", "other", "memfd hugetlb", true},
    {"", "thp", "pte-mapped thp"},
});

struct RangeOperation {
    OperationKind page;
    OperationKind range;
};

constexpr auto ranges = std::to_array<RangeOperation>(
    {{OperationKind::munmap, OperationKind::munmap_range},
     {OperationKind::madvise_dontneed, OperationKind::madvise_dontneed_range},
     {OperationKind::mprotect_read, OperationKind::mprotect_read_range},
     {OperationKind::mprotect_write, OperationKind::mprotect_write_range}});

std::vector<std::string> words_in(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::size_t space = std::min(text.find(' '), text.size());
        words.emplace_back(text.substr(0, space));
        text.remove_prefix(std::min(space + 1, text.size()));
    }
    return words;
}

bool is_thp(std::string_view maps) { return maps.find("thp") != std::string_view::npos; }

void for_each_operation(const std::vector<ProgramStep>& steps, const auto& visit) {
    for (const ProgramStep& step : steps) {
        if (step.kind == ProgramStep::Kind::operation) visit(step);
        for (const auto& branch : step.branches) for_each_operation(branch, visit);
    }
}

ast::MenuEntry entry_of(const MenuItem& item, const SourceSpan& span) {
    const std::string text = to_text(item);
    const std::size_t bracket = std::min(text.find('('), text.size());
    ast::MenuEntry entry{span, text.substr(0, bracket), {}};
    for (std::size_t at = bracket; at + 1 < text.size();) {
        const std::size_t begin = text.find_first_not_of("(, ", at);
        at = text.find_first_of(",)", begin);
        entry.flags.push_back(text.substr(begin, at - begin));
    }
    return entry;
}

void add_once(std::vector<ast::MenuEntry>& menu, const MenuItem& item, const SourceSpan& span) {
    const ast::MenuEntry entry = entry_of(item, span);
    if (std::none_of(menu.begin(), menu.end(), [&](const ast::MenuEntry& one) {
            return one.operation == entry.operation && one.flags == entry.flags;
        }))
        menu.push_back(entry);
}

class Shaper {
public:
    Shaper(const ProgramText& text, const ProgramStart& start, Diagnostics& out)
        : text_(text), start_(start), out_(out) {}

    std::optional<ProgramShape> run() {
        const std::size_t before = out_.size();
        base();
        for (ast::WorldProcess& process : shape_.world.processes) process.menu.clear();
        shape_.world.services.clear();
        for_each_operation(text_.steps, [&](const ProgramStep& step) { allow(step); });
        for (const char* service : {"monitor", "procfs", "kernel", "secondary_mmu", "device"})
            menu_of_service(service);
        if (out_.size() != before) return std::nullopt;
        return std::move(shape_);
    }

private:
    void complain(const SourceSpan& span, std::string message, std::string suggestion = {}) {
        out_.push_back({span, std::move(message), std::move(suggestion)});
    }

    void setting(std::string name, std::optional<std::int64_t> number,
                 std::vector<std::string> words = {}) {
        shape_.world.settings.push_back(
            {text_.start_span, std::move(name), number, std::move(words)});
    }

    void base() {
        if (start_.memory != nullptr)
            base_of_memory(start_.memory->maps);
        else if (start_.world != nullptr)
            shape_.world = *start_.world;
        else if (text_.start)
            shape_.world = *text_.start;
        else
            base_of_memory(text_.memory);
        shape_.world.span = text_.span;
        shape_.world.name = text_.name;
        shape_.world.title = text_.title;
        if (start_.world == nullptr && !text_.start) return;
        for (const ast::WorldSetting& one : shape_.world.settings)
            if (one.name == "pages" && one.number && *one.number > 0)
                shape_.pages = static_cast<unsigned>(*one.number);
        defaults();
        outside();
    }

    // A parent that may run on either of two CPUs, and its child.
    void base_of_memory(std::string_view maps) {
        const bool huge = is_thp(maps) || maps == "huge zeropage";
        unsigned pages = 1;
        for_each_operation(text_.steps, [&](const ProgramStep& step) {
            pages = std::max(pages, step.va.value_or(0) + 1);
        });
        if (huge) pages = Limits::subpages;
        shape_.pages = maps == "last page of thp" ? 1 : pages;
        shape_.swap_first = start_.memory != nullptr && start_.memory->swapped;
        setting("pages", pages);
        setting("frames", huge ? 8 : std::min(2 + 2 * pages, Limits::frames));
        setting("munmap", std::nullopt, {"leaves", "nothing"});
        if (maps == "zeropage" || maps == "huge zeropage")
            setting("zeropage", std::nullopt, {"shared"});
        ast::WorldProcess parent{text_.start_span, "parent", false, cpus("parent", 2), {}, {}, {}};
        for (unsigned va = 0; va < (huge ? 1U : pages); ++va)
            parent.maps.push_back({text_.start_span, va, words_in(maps)});
        shape_.world.processes.push_back(std::move(parent));
        shape_.world.processes.push_back(
            {text_.start_span, "child", true, cpus("child", 1), {}, {}, {}});
        pins();
    }

    // What a start that is written out may leave to us.
    void defaults() {
        const auto says = [&](std::string_view name) {
            return std::any_of(shape_.world.settings.begin(), shape_.world.settings.end(),
                               [&](const auto& one) { return one.name == name; });
        };
        if (start_.world != nullptr) return;
        if (!says("frames")) setting("frames", std::min(2 + 2 * shape_.pages, Limits::frames));
        if (!says("munmap")) setting("munmap", std::nullopt, {"leaves", "nothing"});
        if (!says("pins")) pins();
        for (ast::WorldProcess& process : shape_.world.processes)
            process.cpus = cpus(process.name, static_cast<unsigned>(process.cpus));
    }

    void outside() {
        bool open = shape_.world.transient != 0;
        for (const ast::WorldProcess& process : shape_.world.processes)
            open = open || !process.outside.empty();
        if (open)
            complain(text_.start_span,
                     "a program does not start where references from outside are open",
                     "say 'meanwhile kernel: speculative_get'");
    }

    // As many as are named, and at least so many.
    std::int64_t cpus(const std::string& process, unsigned least) const {
        for_each_operation(text_.steps, [&](const ProgramStep& step) {
            if (step.actor == Actor::cpu && step.who == process)
                least = std::max(least, step.cpu.value_or(1));
        });
        return least;
    }

    void pins() {
        unsigned pins = 0;
        for_each_operation(text_.steps, [&](const ProgramStep& step) {
            if (info(step.item.kind).needs == Needs::pin_slot) pins += step.va ? 1 : shape_.pages;
        });
        if (pins > Limits::pins)
            complain(text_.start_span, "the program takes " + std::to_string(pins) +
                                           " pins, and at most " + std::to_string(Limits::pins) +
                                           " can be kept apart");
        setting("pins", std::min(pins, Limits::pins));
    }

    ast::WorldProcess* find_process(const std::string& name) {
        for (ast::WorldProcess& process : shape_.world.processes)
            if (process.name == name) return &process;
        return nullptr;
    }

    void allow(const ProgramStep& step) {
        if (step.actor != Actor::cpu) return;
        const MenuItem item = for_pages(step.item, step.va.has_value(), shape_.pages);
        if (ast::WorldProcess* process = find_process(step.who))
            return add_once(process->menu, item, step.span);
        std::vector<std::string_view> known{"monitor", "procfs", "kernel", "secondary_mmu"};
        for (const ast::WorldProcess& process : shape_.world.processes)
            known.push_back(process.name);
        complain(step.span, "nobody is called '" + step.who + "'", did_you_mean(step.who, known));
    }

    void menu_of_service(const std::string& name) {
        ast::WorldService service{text_.span, name, {}};
        const bool kernel = name == "kernel";
        for (const Meanwhile& one : text_.meanwhile)
            if (kernel) add_once(service.menu, one.item, one.span);
        for_each_operation(text_.steps, [&](const ProgramStep& step) {
            const bool device = name == "device" && step.actor == Actor::device;
            if (step.actor == Actor::cpu || (!device && step.who != name)) return;
            add_once(service.menu, for_pages(step.item, step.va.has_value(), shape_.pages),
                     step.span);
        });
        if (kernel && shape_.swap_first)
            add_once(service.menu, {OperationKind::swap_out, {}}, text_.span);
        if (!service.menu.empty()) shape_.world.services.push_back(std::move(service));
    }

    const ProgramText& text_;
    const ProgramStart& start_;
    Diagnostics& out_;
    ProgramShape shape_;
};

}  // namespace

std::span<const ProgramMemory> program_memories() { return memories; }

std::optional<ProgramShape> shape_of(const ProgramText& text, const ProgramStart& start,
                                     Diagnostics& out) {
    return Shaper(text, start, out).run();
}

MenuItem for_pages(const MenuItem& item, bool says_page, unsigned pages) {
    if (!says_page && pages > 1)
        for (const RangeOperation& known : ranges)
            if (known.page == item.kind) return {known.range, item.flags};
    return item;
}

bool is_about_page(const MenuItem& item) {
    return info(item.kind).parameters.starts_with("va") || info(item.kind).actor == Actor::device;
}

}  // namespace cowcheck
