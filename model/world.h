// A world: the bounds of the state space and where it starts.
#pragma once

#include "model/language/ast.h"
#include "model/operations.h"
#include "model/state/fields.h"

#include <optional>
#include <string>
#include <vector>

namespace cowcheck {

// What is behind the private mapping that a world's virtual pages are in.
enum class Backing : std::uint8_t {
    anonymous,     // MAP_ANONYMOUS, base pages
    file,          // page cache: a memfd or a tmpfile, which holds zeroes
    hugetlb,       // MAP_HUGETLB; a virtual page is a huge page
    hugetlb_file,  // a memfd of MFD_HUGETLB
    huge,          // MAP_ANONYMOUS with MADV_HUGEPAGE: PMDs may map it
};

// What a virtual page of a new process maps at the start.
struct StartMapping {
    unsigned va = 0;
    enum class Memory {
        untouched,
        written,
        alike,
        ksm,
        zeropage,
        huge_zeropage,
        file,
        thp,                   // a PMD maps it
        thp_by_ptes,           // the PMD was split: PTEs map all of it
        thp_last_page,         // one PTE is left
        thp_as_base_pages,     // base pages that could be one
        thp_partially_shared,  // by PTEs, and the first page has been shared with a child
    } memory = Memory::untouched;

    [[nodiscard]] bool is_thp() const { return memory >= Memory::thp; }
};

struct Process {
    std::string name;
    bool starts_free = false;  // an empty slot until somebody forks into it
    unsigned cpus = 1;
    std::vector<StartMapping> maps;
    std::vector<MenuItem> menu;  // what each of its CPUs may start
};

// References to a page that nobody in the model takes or drops: they are there for the
// whole run. How many, is open within the bounds.
struct OutsideReferences {
    unsigned mm = 0;  // of the page that is mapped here at the start
    unsigned va = 0;
    bool mappings = false;  // other processes' mappings; else plain references
    unsigned low = 0;
    std::optional<unsigned> high;  // none: any number

    friend bool operator==(const OutsideReferences&, const OutsideReferences&) = default;
};

// One thread of the machine. CPU threads belong to a process slot for good, so
// whoever is forked into the slot runs on its CPUs; services act on any process.
struct Thread {
    Actor actor = Actor::cpu;
    unsigned mm = 0;   // cpu: its process
    unsigned cpu = 0;  // cpu: its TLB
    std::string name;  // "cpu0", "monitor"
};

struct World {
    std::string name;
    std::string title;
    std::string comment;
    unsigned depth = 5;  // operations for gate, history and (fewer) coverage
    unsigned pages = 1;
    unsigned frames = 4;
    unsigned pins = 0;
    Backing backing = Backing::anonymous;
    bool zeropage = false;       // reads of untouched memory map the shared zeropage
    bool fresh_mapping = false;  // munmap is followed by an mmap of the same range
    bool wp_async = false;       // UFFD_FEATURE_WP_ASYNC: faults resolve themselves
    bool event_fork = false;     // UFFD_FEATURE_EVENT_FORK: a child's VMAs are registered, too
    bool lru_batches = false;    // new pages wait in their CPU's batch, which refers to them
    bool flush_waits = true;     // a TLB flush waits for CPUs with interrupts off (x86)
    std::vector<Process> processes;
    std::vector<Thread> threads;  // all CPUs first, in process order, then services
    std::vector<MenuItem> monitor_menu;
    std::vector<MenuItem> procfs_menu;
    std::vector<MenuItem> kernel_menu;
    std::vector<MenuItem> secondary_menu;
    std::vector<MenuItem> device_menu;
    std::vector<OutsideReferences> outside;
    unsigned transient = 0;  // references to any page, taken and dropped at any moment: at most

    [[nodiscard]] unsigned cpus() const;
    [[nodiscard]] const std::vector<MenuItem>& menu(const Thread& thread) const;
    [[nodiscard]] bool has_monitor() const { return !monitor_menu.empty(); }
    // userfaultfd_wp() of all VMAs.
    [[nodiscard]] bool uffd_wp() const { return has_monitor() || wp_async; }
    [[nodiscard]] bool secondary_mmu() const { return !secondary_menu.empty(); }
    [[nodiscard]] bool hugetlb() const {
        return backing == Backing::hugetlb || backing == Backing::hugetlb_file;
    }
    [[nodiscard]] bool file() const {
        return backing == Backing::file || backing == Backing::hugetlb_file;
    }
    // A PMD may map all of a process's memory, which is as large as a THP.
    [[nodiscard]] bool thp() const { return backing == Backing::huge; }
    [[nodiscard]] bool has_huge_zeropage() const { return thp() && zeropage; }
    // Frames that are there from the start for good come after the others: the
    // zeropage, the huge zeropage, and the file's pages, one for each virtual page.
    [[nodiscard]] unsigned huge_zeropage_frame() const { return frames + (zeropage ? 1 : 0); }
    [[nodiscard]] unsigned file_frame() const {
        return huge_zeropage_frame() + (has_huge_zeropage() ? 1 : 0);
    }
    // What one swap slot holds is kept like a page that nobody can map.
    [[nodiscard]] bool swap() const;
    // Page table entries that are neither present nor none.
    [[nodiscard]] bool migration() const;
    [[nodiscard]] bool swap_ptes() const { return swap() || migration(); }
    [[nodiscard]] bool ksm() const;
    [[nodiscard]] unsigned swap_frame() const { return file_frame() + (file() ? pages : 0); }
    [[nodiscard]] unsigned total_frames() const { return swap_frame() + (swap() ? 1 : 0); }
    [[nodiscard]] bool has_outside() const { return transient != 0 || !outside.empty(); }
    // Memory that private mappings show but must never change.
    [[nodiscard]] bool has_backing() const { return zeropage || file(); }
    // Part: which optional fields states of this world have.
    [[nodiscard]] std::uint16_t parts() const;
};

// The frames that new processes' memory takes before anything happens: the start state is
// filled by it, and a world must have them all.
struct StartFrames {
    static constexpr unsigned none = 0xff;  // what is mapped takes no frame of its own
    // By process and its maps: the first frame of what is mapped there.
    std::vector<std::vector<unsigned>> first;
    unsigned count = 0;  // from 0 on
};
[[nodiscard]] StartFrames frames_at_start(const World& world);

// Looks every word of the tree up; nothing on an error.
[[nodiscard]] std::optional<World> resolve_world(const ast::World& tree, Diagnostics& out);

}  // namespace cowcheck
