#include "verify/gate/cost_paths.h"

#include "verify/run/selection.h"
#include "model/compile/applicable.h"

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>

namespace cowcheck {

namespace {

// What the parent has at its only page when the story begins.
enum class Memory : std::uint8_t { written, untouched, zeropage };

struct CostPath {
    std::string_view name;
    Memory memory;
    std::vector<Doing> setup;
    Doing measured;
};

const Doing fork{"parent0", "fork"};
const Doing write{"parent0", "write"};
const Doing read{"parent0", "read"};
const Doing child_write{"child0", "write"};
const Doing child_exit{"child0", "exit"};
const Doing clear_refs{"procfs", "clear_refs"};
const Doing wp_protect{"monitor", "uffd_wp_protect"};
const Doing wp_resolve{"monitor", "uffd_wp_resolve"};
const Doing pin_to_read{"parent0", "gup_fast(read, pin, longterm)"};
const Doing pin_to_write{"parent0", "gup_fast(write, pin)"};
const Doing get_to_read{"parent0", "gup_fast(read, get)"};
const Doing slow_pin_to_read{"parent0", "gup(read, pin, longterm)"};
const Doing slow_pin_to_write{"parent0", "gup(write, pin)"};

// A path is named after what the memory is, not after what a design makes of it.
const std::vector<CostPath>& cost_paths() {
    using enum Memory;
    static const std::vector<CostPath> paths{
        {"store to a page mapped writable", written, {}, write},
        {"write fault, page of one's own", written, {clear_refs}, write},
        {"write fault, page shared with a child", written, {fork}, write},
        {"write fault in the child, page shared", written, {fork}, child_write},
        {"write fault, the child has exited", written, {fork, child_exit}, write},
        {"write fault, the child has its copy", written, {fork, child_write}, write},
        {"write fault, own R/O pin on the page", written, {pin_to_read, clear_refs}, write},
        {"write fault, own R/W pin on the page", written, {pin_to_write, clear_refs}, write},
        {"write fault, own FOLL_GET on the page", written, {get_to_read, clear_refs}, write},
        {"write fault, uffd-wp set and resolved", written, {wp_protect, wp_resolve}, write},
        {"write fault, page never touched", untouched, {}, write},
        {"write fault, zeropage mapped", zeropage, {}, write},
        {"read fault, page never touched", untouched, {}, read},
        {"GUP-fast to read, FOLL_GET, own page", written, {}, get_to_read},
        {"GUP-fast to read, FOLL_PIN, own page", written, {}, pin_to_read},
        {"GUP-fast to write, FOLL_PIN, own page", written, {}, pin_to_write},
        {"GUP-fast to read, FOLL_GET, shared page", written, {fork}, get_to_read},
        {"GUP-fast to read, FOLL_PIN, shared page", written, {fork}, pin_to_read},
        {"GUP-fast to write, FOLL_PIN, shared page", written, {fork}, pin_to_write},
        {"GUP-fast to read, FOLL_PIN, zeropage", zeropage, {}, pin_to_read},
        {"GUP to read, FOLL_PIN, own page", written, {}, slow_pin_to_read},
        {"GUP to write, FOLL_PIN, shared page", written, {fork}, slow_pin_to_write},
        {"unpin of a R/O pin", written, {pin_to_read}, {"device", "unpin"}},
        {"fork, page of one's own", written, {}, fork},
        {"fork, page pinned R/O", written, {pin_to_read}, fork},
        {"fork, page pinned R/W", written, {pin_to_write}, fork},
        {"fork, page shared already", written, {fork, child_exit}, fork},
        {"exit, page of one's own", written, {}, {"parent0", "exit"}},
        {"munmap, page shared with a child", written, {fork}, {"parent0", "munmap"}},
        {"clear_refs, page of one's own", written, {}, clear_refs},
        {"clear_refs, page pinned R/W", written, {pin_to_write}, clear_refs},
        {"uffd-wp protect", written, {}, wp_protect},
        {"uffd-wp resolve", written, {wp_protect}, wp_resolve},
    };
    return paths;
}

// A world in which every path can be walked, one for each kind of memory.
std::string world_text(Memory memory) {
    static constexpr std::array<std::string_view, 3> starts{"anonymous written",
                                                            "anonymous untouched", "zeropage"};
    const auto kind = static_cast<std::size_t>(memory);
    std::string text = "world paths-" + std::to_string(kind) + "\n";
    text += R"(title "for counting what a path costs"
arch x86
pages 1
frames 4
pins 2
munmap leaves nothing
)";
    if (memory == Memory::zeropage) text += "zeropage shared\n";
    const std::string menu =
        "may read, write, fork, exit, munmap\n"
        "    may gup(read, get), gup(read, pin, longterm), gup(write, pin)\n"
        "    may gup_fast(read, get), gup_fast(read, pin, longterm), gup_fast(write, pin)\n";
    text += "process parent {\n    cpus 1\n    maps va 0 " + std::string(starts[kind]) + "\n    " +
            menu + "}\n";
    text += "process child {\n    starts free\n    cpus 1\n    " + menu + "}\n";
    text += "monitor { may uffd_wp_protect, uffd_wp_resolve }\n"
            "procfs { may clear_refs }\n"
            "device { may dma_read, dma_write, unpin }\n";
    return text;
}

class Worlds {
public:
    Worlds() : library_(out_) {
        for (const Memory memory : {Memory::written, Memory::untouched, Memory::zeropage}) {
            const auto name = library_.add_world("paths", world_text(memory), out_);
            if (!name || !out_.empty()) throw std::logic_error(to_text(out_));
            names_[memory] = *name;
        }
    }
    [[nodiscard]] const World& of(Memory memory) const {
        return *library_.world(names_.at(memory));
    }

private:
    Diagnostics out_;
    Library library_;
    std::map<Memory, std::string> names_;
};

// CPUs are numbered through; the table calls them after their process.
Doing on_threads_of(const World& world, Doing doing) {
    for (const Thread& thread : world.threads)
        if (thread.actor == Actor::cpu && world.processes[thread.mm].name + "0" == doing.thread) {
            doing.thread = thread.name;
            break;
        }
    return doing;
}

PropertySet needless_copies(const Library& library) {
    PropertySet chosen;
    chosen.predicates = library.properties().predicates;
    chosen.properties.push_back(find_property(library, "no_needless_copy"));
    return chosen;
}

bool needs_absent(const CostPath& path, const std::vector<Absent>& absent) {
    const auto is_absent = [&](const Doing& doing) {
        return std::any_of(absent.begin(), absent.end(), [&](const Absent& one) {
            return to_text(one.item) == doing.operation || info(one.item.kind).name == doing.operation;
        });
    };
    return is_absent(path.measured) ||
           std::any_of(path.setup.begin(), path.setup.end(), is_absent);
}

}  // namespace

DesignCosts costs_of(const Library& library, const DesignText& design) {
    static const Worlds worlds;
    const PropertySet properties = needless_copies(library);
    struct Compiled {
        Program program;
        std::vector<Absent> absent;
    };
    std::map<Memory, Compiled> compiled;
    for (const Memory memory : {Memory::written, Memory::untouched, Memory::zeropage}) {
        const World& world = worlds.of(memory);
        compiled.emplace(memory,
                         Compiled{compile_or_complain(design, properties,
                                                      without_absent(design, world)),
                                  not_applicable(design, world)});
    }
    DesignCosts costs;
    for (const CostPath& path : cost_paths()) {
        const Compiled& in = compiled.at(path.memory);
        const World& world = worlds.of(path.memory);
        std::vector<Doing> setup;
        for (const Doing& doing : path.setup) setup.push_back(on_threads_of(world, doing));
        costs.paths.push_back(
            {std::string(path.name),
             measure_cost(in.program, setup, on_threads_of(world, path.measured)),
             needs_absent(path, in.absent)});
    }
    return costs;
}

std::vector<PathComparison> compare_costs(const DesignCosts& base, const DesignCosts& design) {
    std::vector<PathComparison> comparisons;
    for (std::size_t i = 0; i < base.paths.size(); ++i)
        comparisons.push_back({base.paths[i].path, base.paths[i].cost, design.paths[i].cost,
                               design.paths[i].absent});
    return comparisons;
}

}  // namespace cowcheck
