// What the controller and the processes of a program have in common: a page of mailboxes that fork
// does not copy, and file descriptors, since all of them share one table.
#pragma once

#include "lab/agent/system.h"
#include "lab/wire.h"

namespace cowcheck::agent {

inline constexpr std::uint64_t base_page = 4096;
// Where the memory of programs is, in each process: at the start of what a PMD maps, and alone.
inline constexpr std::uint64_t memory_start = 0x10'0000'0000ULL;

// What a step came to. The letter is one of wire.h's.
struct Result {
    char what = wire::unreached;
    std::uint64_t number = 0;
    const char* why = nullptr;  // unable
};
constexpr Result ok() { return {wire::done, 0, nullptr}; }
constexpr Result unable(const char* why) { return {wire::unable, 0, why}; }
constexpr Result of_value(std::uint64_t value) { return {wire::value, value, nullptr}; }
constexpr Result of_count(std::uint64_t number) { return {wire::count, number, nullptr}; }
constexpr Result of_entry(std::uint64_t bits) { return {wire::entry, bits, nullptr}; }
// Of a system call: -errno is a failure, anything else is ok.
constexpr Result of_call(long result) {
    return result < 0 ? Result{wire::failed, static_cast<std::uint64_t>(-result), nullptr} : ok();
}

struct Step {
    unsigned group = 0;
    unsigned branch = 0;
    unsigned slot = 0;
    unsigned cpu = 0;
    wire::Operation operation = wire::Operation::read;
    std::uint64_t arguments[wire::max_arguments] = {};
};

// One thread of a process: what it is to do, and whether it has.
struct Mailbox {
    std::uint32_t asked = 0;  // counts up with each step; a futex
    std::uint32_t done = 0;   // follows
    Step step;
    Result result;
};

// The memory of the program that runs: virtual pages of `unit` base pages each, of which every
// `stride`th is touched by an access.
struct Layout {
    wire::Memory kind = wire::Memory::anonymous;
    std::uint64_t pages = 1;
    std::uint64_t unit = 1;
    std::uint64_t stride = 1;

    [[nodiscard]] std::uint64_t page_size() const { return unit * base_page; }
    [[nodiscard]] std::uint64_t address(std::uint64_t va) const {
        return memory_start + va * page_size();
    }
};

struct Pin {
    enum class Kind : std::uint8_t { none, ring, pipe } kind = Kind::none;
    std::uint64_t address = 0;
    int pipe_out = -1;
    int pipe_in = -1;
};

struct Shared {
    std::uint32_t progress = 0;  // a futex: some mailbox is done
    Layout layout;
    int file = -1;                          // what backs the private mapping
    std::uint32_t pid[wire::max_slots] = {};  // 0: nobody
    std::uint32_t cpus[wire::max_slots] = {};
    int uffd[wire::max_slots] = {};  // -1: none
    Pin pins[wire::max_pins];
    bool merged = false;  // ksmd has run
    Mailbox mailboxes[wire::max_slots][wire::max_cpus];
};

// Mapped once, before anybody is forked.
extern Shared* shared;

// A sleep until *futex is no longer `value`; it may end early.
void futex_wait(std::uint32_t* futex, std::uint32_t value, long nanoseconds);
void futex_wake(std::uint32_t* futex);

// The process in a slot: waits for steps, and takes them. Never returns.
[[noreturn]] void run_worker(unsigned slot, unsigned cpu);
// Further threads of the process in the slot.
void start_threads(unsigned slot);
void catch_faults();

// A load or a store that may fault.
struct Access {
    std::uint64_t value;
    std::uint64_t faulted;
};
extern "C" Access agent_load(std::uint64_t address);
extern "C" Access agent_store(std::uint64_t address, std::uint64_t value);

// An io_uring for each pin, with a file that stands for the device's memory; set up once.
bool make_rings();
Result ring_pin(unsigned pin, std::uint64_t address, std::uint64_t size);
Result ring_read(unsigned pin);
Result ring_write(unsigned pin, std::uint64_t value);
Result pipe_pin(unsigned pin, std::uint64_t address);
Result pipe_read(unsigned pin);
void drop_pin(unsigned pin);
// Of all rings, whatever anybody was about to pin when it was killed; nobody may be alive.
void drop_all_pins();

// What is done from outside a process.
Result run_outside(const Step& step);

// Userfaultfd events of all processes that nobody has taken.
extern unsigned pending_events;
// Takes what the kernel has; how many were page faults.
unsigned read_events();

}  // namespace cowcheck::agent
