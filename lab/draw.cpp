#include "lab/draw.h"

#include <fmt/format.h>

#include <array>
#include <random>
#include <string_view>
#include <vector>

namespace cowcheck {

namespace {

struct MemoryChoice {
    std::string_view maps;
    unsigned pages;
    unsigned weight;
    bool anonymous;  // base pages that reclaim may write to swap
};
constexpr auto memories = std::to_array<MemoryChoice>({{"anonymous written", 1, 38, true},
                                                        {"anonymous written", 2, 6, true},
                                                        {"anonymous untouched", 1, 5, true},
                                                        {"anonymous alike", 2, 12, true},
                                                        {"zeropage", 1, 6, true},
                                                        {"memfd", 1, 8, false},
                                                        {"thp written", 2, 9, false},
                                                        {"pte-mapped thp", 2, 8, false},
                                                        {"hugetlb written", 1, 8, false}});

class Drawing {
public:
    Drawing(std::uint64_t seed, std::uint64_t number)
        : random_(seed * 0x9e3779b97f4a7c15ULL + number),
          name_(fmt::format("random-{}-{}", seed, number)) {}

    std::string text() {
        choose_memory();
        const unsigned operations = 3 + below(4);
        for (unsigned i = 0; i < operations; ++i) {
            const std::size_t before = body_.size();
            for (unsigned tries = 0; body_.size() == before && tries < 50; ++tries) operation();
        }
        looks();
        return head() + body_;
    }

private:
    unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
    bool chance(unsigned of_hundred) { return below(100) < of_hundred; }
    void line(const std::string& text) { body_ += text + "\n"; }
    std::string fresh(char letter) { return fmt::format("{}{}", letter, ++names_); }

    void choose_memory() {
        unsigned at = below(100);
        for (const MemoryChoice& one : memories) {
            memory_ = &one;
            if (at < one.weight) return;
            at -= one.weight;
        }
    }

    [[nodiscard]] bool huge() const { return memory_->maps.find("thp") != std::string_view::npos; }
    [[nodiscard]] bool hugetlb() const { return memory_->maps.starts_with("hugetlb"); }

    std::string head() const {
        std::string text = fmt::format("program {}\nstart {{\n    pages {}\n    frames {}\n", name_,
                                       memory_->pages, huge() ? 8 : 2 + 3 * memory_->pages);
        if (!hugetlb() && memory_->maps != "memfd") text += "    zeropage shared\n";
        text += "    munmap leaves nothing\n    process parent {\n        cpus 2\n";
        for (unsigned va = 0; va < (huge() ? 1 : memory_->pages); ++va)
            text += fmt::format("        maps va {} {}\n", va, memory_->maps);
        return text + "    }\n    process child { starts free }\n}\n";
    }

    std::string somebody() { return child_ && chance(50) ? "child" : "parent"; }
    // Of a page, where there are several: one of them, or all.
    std::string of_page(bool always = false) {
        if (memory_->pages == 1 || (!always && chance(40))) return {};
        return fmt::format(" of va {}", below(memory_->pages));
    }

    void operation() {
        const std::string who = somebody();
        switch (below(20)) {
        case 0:
        case 1: return store(who);
        case 2: return line(fmt::format("{}: {} = read{}", who, fresh('r'), of_page()));
        case 3:
        case 4:
        case 5: return child_ ? void() : fork();
        case 6: return child_ ? end_child() : void();
        case 7: return pins_ == 2 ? void() : pin(who);
        case 8: return pins_ == 2 ? void() : splice(who);
        case 9:
        case 10: return device();
        case 11: return line(fmt::format("{}: madvise_dontneed{}", who, of_page()));
        case 12: return chance(60) ? line(who + ": munmap" + of_page()) : void();
        case 13: return protect_memory(who);
        case 14:
        case 15: return monitor(who);
        case 16: return clear_refs();
        case 17: return reclaim(who);
        case 18: return migrate(who);
        default: return merge();
        }
    }

    // One that waits for the monitor ends the program, unless somebody resolves it beside.
    void store(const std::string& who) {
        if (!armed_ || chance(25))
            return line(fmt::format("{}: {} = write{}", who, fresh('w'), of_page()));
        const std::string page = memory_->pages == 1 ? "" : " of va 0";
        line(fmt::format("parallel {{\n    parent: {} = write{}\n  |\n    monitor: {} = "
                         "wait_event\n    monitor: uffd_wp_resolve{}\n}}",
                         fresh('w'), page, fresh('e'), page));
    }

    void fork() {
        line("parent: fork");
        child_ = true;
    }
    void end_child() {
        line("child: exit");
        child_ = false;
    }

    void pin(const std::string& who) {
        const std::string name = fresh('p');
        line(fmt::format("{}: {} = gup_fast(write, pin, longterm){}", who, name, of_page(true)));
        holders_.push_back({name, true});
        ++pins_;
    }
    void splice(const std::string& who) {
        const std::string name = fresh('p');
        line(fmt::format("{}: {} = gup_fast(read, get){}", who, name, of_page(true)));
        holders_.push_back({name, false});
        ++pins_;
    }
    void device() {
        if (holders_.empty()) return;
        const std::size_t at = below(static_cast<unsigned>(holders_.size()));
        const Holder holder = holders_[at];
        if (chance(25)) {
            line(holder.name + ": unpin");
            holders_.erase(holders_.begin() + static_cast<std::ptrdiff_t>(at));
        } else if (holder.writes && chance(60)) {
            line(fmt::format("{}: {} = dma_write", holder.name, fresh('d')));
        } else {
            line(fmt::format("{}: {} = dma_read", holder.name, fresh('d')));
        }
    }

    void protect_memory(const std::string& who) {
        if (hugetlb()) return;
        const std::string page = of_page();
        line(who + ": mprotect_read" + page);
        if (chance(80)) line(who + ": mprotect_write" + page);
    }
    void monitor(const std::string& who) {
        if (who == "child" || hugetlb() || memory_->maps == "memfd") return;
        const std::string page = of_page();
        line("monitor: " + std::string(armed_ && chance(40) ? "uffd_wp_resolve" : "uffd_wp_protect") +
             page);
        armed_ = true;
    }
    void clear_refs() {
        if (hugetlb()) return;
        line("procfs: clear_refs of " + somebody());
        cleared_ = true;
    }
    void reclaim(const std::string& who) {
        if (!memory_->anonymous || memory_->maps == "zeropage") return;
        if (chance(25) && memory_->maps == "anonymous written")
            line(who + ": madvise_free" + of_page());
        line(fmt::format("kernel: swap_out of {}{}", who, page_of_it()));
    }
    void migrate(const std::string& who) {
        if (!memory_->anonymous) return;
        line(fmt::format("kernel: migrate of {}{}", who, page_of_it()));
    }
    void merge() {
        if (memory_->maps != "anonymous alike") return;
        line("kernel: ksm_merge of parent va 0");
    }
    std::string page_of_it() { return fmt::format(" va {}", below(memory_->pages)); }

    void looks() {
        for (const std::string_view who : {"parent", "child"}) {
            if (who == "child" && !child_) continue;
            for (unsigned va = 0; va < memory_->pages; ++va) {
                if (!huge()) look("page", who, va);
                if (cleared_) look("soft_dirty", who, va);
                if (armed_) look("uffd_wp", who, va);
            }
        }
        if (armed_) line(fmt::format("let {} = events(parent)", fresh('n')));
        for (const std::string_view who : {"parent", "child"})
            if (who == "parent" || child_) line(fmt::format("{}: {} = read", who, fresh('r')));
        for (const Holder& holder : holders_)
            line(fmt::format("{}: {} = dma_read", holder.name, fresh('d')));
    }
    void look(std::string_view what, std::string_view who, unsigned va) {
        line(fmt::format("let {} = {}({}, {})", fresh('l'), what, who, va));
    }

    struct Holder {
        std::string name;
        bool writes;
    };

    std::mt19937_64 random_;
    std::string name_;
    const MemoryChoice* memory_ = nullptr;
    std::string body_;
    unsigned names_ = 0;
    bool child_ = false;
    bool armed_ = false;
    bool cleared_ = false;
    unsigned pins_ = 0;
    std::vector<Holder> holders_;
};

}  // namespace

std::string draw_program(std::uint64_t seed, std::uint64_t number) {
    return Drawing(seed, number).text();
}

}  // namespace cowcheck
