#include "tests/support/mutations.h"

#include "tests/support/models.h"

#include <algorithm>
#include <sstream>

namespace cowcheck::test {

namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
    Lines lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

bool begins_handler(const std::string& line) {
    return line.starts_with("operation ") || line.starts_with("fault ") ||
           line.starts_with("handler ");
}

// "handler do_wp_page", for finding the one in force.
std::string head_of(const std::string& line) { return line.substr(0, line.find('(')); }

// All handlers in force, line by line; those of the hardware are not the design's.
std::vector<Lines> handlers_of(const std::string& design) {
    Diagnostics out;
    const auto text = builtin_library().design(design, out);
    std::vector<Lines> handlers;
    std::vector<std::string> heads;
    for (std::size_t i = 0; i + 1 < text->chain.size(); ++i) {
        bool inside = false;
        for (const std::string& line : lines_of(text->chain[i]->whole_text())) {
            if (begins_handler(line)) {
                inside = std::find(heads.begin(), heads.end(), head_of(line)) == heads.end();
                if (!inside) continue;
                heads.push_back(head_of(line));
                handlers.emplace_back();
            }
            if (inside) handlers.back().push_back(line.substr(0, line.find(" #")));
            if (line == "}") inside = false;
        }
    }
    return handlers;
}

bool replace_first(std::string& line, const std::string& from, const std::string& to) {
    const std::size_t at = line.find(from);
    if (at == std::string::npos) return false;
    line.replace(at, from.size(), to);
    return true;
}

void negate(std::string& line) {
    const std::size_t at = line.find("if ");
    const std::size_t brace = line.find(" {", at);
    if (at == std::string::npos || brace == std::string::npos) return;
    const std::string guard = line.substr(at + 3, brace - at - 3);
    if (guard.starts_with("try") || guard.starts_with("not try")) return;
    line.replace(at + 3, guard.size(), "not (" + guard + ")");
}

// One of several statements that stand on one line: { unlock ptl; return }.
void drop_part(std::string& line) {
    const std::size_t brace = line.find("{ ");
    const std::size_t end = line.find(';', brace == std::string::npos ? 0 : brace);
    if (end == std::string::npos) return;
    const std::size_t begin = brace == std::string::npos ? line.find_first_not_of(' ') : brace + 2;
    line.erase(begin, end + 2 - begin);
}

void mutate(Random& random, Lines& lines) {
    if (lines.size() < 4) return;
    const unsigned at = 1 + below(random, lines.size() - 2);
    const unsigned other = 1 + below(random, lines.size() - 2);
    const auto begin = lines.begin();
    switch (below(random, 8)) {
    case 0: lines.erase(begin + at); break;
    case 1: std::swap(lines[at], lines[other]); break;
    case 2: std::swap(lines[at], lines[at == 1 ? 2 : at - 1]); break;
    case 3: negate(lines[at]); break;
    case 4: lines.insert(begin + other, lines[at]); break;
    case 5: drop_part(lines[at]); break;
    case 6: {
        const std::string moved = lines[at];
        lines.erase(begin + at);
        lines.insert(lines.begin() + std::min(other, static_cast<unsigned>(lines.size()) - 1),
                     moved);
        break;
    }
    default:
        (void)(replace_first(lines[at], "== 1", "<= 2") || replace_first(lines[at], "!=", "==") ||
               replace_first(lines[at], "==", "!=") || replace_first(lines[at], " and ", " or ") ||
               replace_first(lines[at], "= false", "= true") ||
               replace_first(lines[at], "= true", "= false"));
    }
}

std::string some_of(Random& random, const std::vector<std::string>& items, unsigned of_ten) {
    std::string list;
    for (const std::string& item : items)
        if (below(random, 10) < of_ten) list += (list.empty() ? "" : ", ") + item;
    return list;
}

const std::vector<std::string> cpu_menu{// beside write, and read in the child
                                        "exit",
                                        "munmap",
                                        "fork",
                                        "madvise_dontneed",
                                        "madvise_free",
                                        "madvise_dontfork",
                                        "madvise_dofork",
                                        "mprotect_read",
                                        "mprotect_write",
                                        "gup(read, get)",
                                        "gup(write, get)",
                                        "gup(write, pin)",
                                        "gup(read, pin)",
                                        "gup(read, pin, longterm)",
                                        "gup_fast(read, get)",
                                        "gup_fast(write, pin)",
                                        "gup_fast(write, get)",
                                        "gup_fast(read, pin, longterm)"};

// Beside them, where there may be a THP.
const std::vector<std::string> thp_menu{"munmap_range", "madvise_dontneed_range",
                                        "mprotect_read_range", "mprotect_write_range",
                                        "madvise_collapse"};

// What a process maps at `va`; all pages are of the world's kind.
constexpr unsigned thp_kind = 4;

std::string random_memory(Random& random, unsigned kind, bool zeropage) {
    static const std::vector<std::vector<std::string>> kinds{
        {"anonymous written", "anonymous written", "anonymous untouched", "anonymous alike", "ksm"},
        {"memfd", "memfd untouched"},
        {"hugetlb written", "hugetlb untouched"},
        {"memfd hugetlb"},
        {"huge zeropage", "thp untouched", "thp written", "pte-mapped thp", "last page of thp",
         "partially shared thp", "base pages for thp"}};
    if (kind == 0 && zeropage && below(random, 10) < 2) return "zeropage";
    const std::size_t first = kind == thp_kind && !zeropage ? 1 : 0;
    return kinds[kind][first + below(random, kinds[kind].size() - first)];
}

}  // namespace

std::string random_world(Random& random) {
    const auto chance = [&](unsigned of_ten) { return below(random, 10) < of_ten; };
    const unsigned kind = chance(5) ? 0 : below(random, thp_kind + 1);
    const bool thp = kind == thp_kind;
    const unsigned pages = thp || chance(2) ? 2 : 1;
    const bool zeropage = chance(3);
    std::string text = "world random\ntitle \"random\"\n";
    text += std::string("arch ") + (chance(8) ? "x86" : "arm64") + "\n";
    text += "pages " + std::to_string(pages) + "\n";
    text += "frames " + std::to_string(pages + 1 + (thp ? 1 : 0) + below(random, 3)) + "\n";
    text += "pins " + std::to_string(below(random, 3)) + "\n";
    if (zeropage) text += "zeropage shared\n";
    if (!thp && chance(1)) text += "lru batches\n";
    if (!thp && chance(2))
        text += std::string("uffd ") + (chance(5) ? "wp_async" : "event_fork") + "\n";
    text += std::string("munmap leaves ") + (chance(5) ? "nothing" : "fresh mapping") + "\n";
    const std::string cpus = std::to_string(1 + below(random, 2));
    text += "process parent {\n    cpus " + cpus + "\n";
    for (unsigned va = 0; va < (thp ? 1U : pages); ++va)
        text += "    maps va " + std::to_string(va) + " " + random_memory(random, kind, zeropage) +
                "\n";
    std::vector<std::string> cpu_items = cpu_menu;
    if (thp) cpu_items.insert(cpu_items.end(), thp_menu.begin(), thp_menu.end());
    const std::string parents = some_of(random, cpu_items, thp ? 2 : 3);
    const bool twins = chance(2);  // processes that are alike can swap their places
    text += "    may write" + (parents.empty() ? "" : ", " + parents) + "\n}\n";
    if (chance(7)) {
        const std::string childs = some_of(random, cpu_items, thp ? 2 : 3);
        text += "process child {\n    cpus " + (twins ? cpus : "1") + "\n    starts free\n";
        text += "    may " + (twins ? "write" + (parents.empty() ? "" : ", " + parents)
                                    : "read" + (childs.empty() ? "" : ", " + childs));
        text += "\n}\n";
    }
    std::vector<std::string> ioctls{"uffd_wp_protect", "uffd_wp_resolve"};
    if (thp) ioctls.insert(ioctls.end(), {"uffd_wp_protect_range", "uffd_wp_resolve_range"});
    const std::string monitors = some_of(random, ioctls, thp ? 2 : 4);
    if (!monitors.empty()) text += "monitor { may " + monitors + " }\n";
    if (chance(4))
        text += std::string("procfs { may clear_refs") +
                (!thp && chance(3) ? ", pagemap_scan" : "") + " }\n";
    if (thp) {
        if (chance(4))
            text += chance(5) ? "kernel { may khugepaged }\n" : "kernel { may split_folio }\n";
        else if (chance(2))
            text += "kernel { may speculative_get }\n";
    } else {
        const std::string kernels =
            some_of(random, {"speculative_get", "lru_add_drain_all", "migrate", "ksm_merge"}, 2);
        if (!kernels.empty()) text += "kernel { may " + kernels + " }\n";
        const std::string seconds =
            chance(2) ? some_of(random,
                                {"secondary_fault(read)", "secondary_fault(write, get)",
                                 "secondary_fault(write, get, keep)", "secondary_read",
                                 "secondary_write"},
                                5)
                      : std::string();
        if (!seconds.empty()) text += "secondary_mmu { may " + seconds + " }\n";
    }
    const std::string devices = some_of(random, {"dma_read", "dma_write", "unpin"}, 5);
    if (!devices.empty()) text += "device { may " + devices + " }\n";
    return text;
}

std::string random_mutant(Random& random, const std::string& design) {
    std::vector<Lines> handlers = handlers_of(design);
    Lines& handler = handlers[below(random, handlers.size())];
    const unsigned times = 1 + below(random, 2);
    for (unsigned i = 0; i < times; ++i) mutate(random, handler);
    std::string text = "design trial extends " + design + "\n\n";
    for (const std::string& line : handler) text += line + "\n";
    return text;
}

}  // namespace cowcheck::test
