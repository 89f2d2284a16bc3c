// A world: the bounds of the state space and where it starts.
#pragma once

#include "model/language/ast.h"
#include "model/machine/fields.h"
#include "model/operations.h"

#include <optional>
#include <string>
#include <vector>

namespace cowcheck {

// What a virtual page of a new process maps at the start.
struct StartMapping {
    unsigned va = 0;
    enum class Memory { untouched, anonymous, zeropage } memory = Memory::untouched;
};

struct Process {
    std::string name;
    bool starts_free = false; // an empty slot until somebody forks into it
    unsigned cpus = 1;
    std::vector<StartMapping> maps;
    std::vector<MenuItem> menu; // what each of its CPUs may start
};

// One thread of the machine. CPU threads belong to a process slot for good, so
// whoever is forked into the slot runs on its CPUs; services act on any process.
struct Thread {
    Actor actor = Actor::cpu;
    unsigned mm = 0;  // cpu: its process
    unsigned cpu = 0; // cpu: its TLB
    std::string name; // "cpu0", "monitor"
};

struct World {
    std::string name;
    std::string title;
    std::string comment;
    unsigned pages = 1;
    unsigned frames = 4;
    unsigned pins = 0;
    bool zeropage = false;      // reads of untouched memory map the shared zeropage
    bool fresh_mapping = false; // munmap is followed by an mmap of the same range
    bool flush_waits = true;    // a TLB flush waits for CPUs with interrupts off (x86)
    std::vector<Process> processes;
    std::vector<Thread> threads; // all CPUs first, in process order, then services
    std::vector<MenuItem> monitor_menu;
    std::vector<MenuItem> procfs_menu;
    std::vector<MenuItem> device_menu;

    [[nodiscard]] unsigned cpus() const;
    [[nodiscard]] const std::vector<MenuItem> & menu(const Thread &thread) const;
    [[nodiscard]] bool has_monitor() const { return !monitor_menu.empty(); }
    // Frames in all: the zeropage, if there is one, comes after the others.
    [[nodiscard]] unsigned total_frames() const { return frames + (zeropage ? 1 : 0); }
};

// Looks every word of the tree up; nothing on an error.
[[nodiscard]] std::optional<World> resolve_world(const ast::World &tree, Diagnostics &out);

} // namespace cowcheck
