// Takes the steps of a program in order. Branches that run side by side are mixed at random, one
// whole step at a time; a step that waits for the userfaultfd's monitor is left alone until it can
// go on.
#include "lab/agent/schedule.h"

#include <linux/sched.h>

namespace cowcheck::agent {

namespace {

constexpr std::uint64_t ms = 1'000'000;
constexpr std::uint64_t longest_step = 5000 * ms;  // a system call that hangs
constexpr std::uint64_t settle = 60 * ms;          // for whoever may have been woken
constexpr unsigned nobody = ~0U;

struct Branch {
    unsigned number = 0;
    unsigned next = 0;  // its next step; Program::count if there is none
    bool blocked = false;
};

// Frames that a step has freed must not come back under another name: whoever compares frames would
// take a copy for the same page. They are the first that the kernel gives away, so the controller
// takes some after each step and keeps them to the end of the program.
class Quarantine {
public:
    Quarantine() {
        at_ = call(__NR_mmap, 0, size, prot_read | prot_write, map_private | map_anonymous, -1, 0);
    }
    ~Quarantine() { call(__NR_munmap, at_, size); }

    void take_some() {
        for (unsigned i = 0; i < each && used_ < size; ++i, used_ += base_page)
            static_cast<void>(agent_store(static_cast<std::uint64_t>(at_) + used_, 1));
    }

private:
    static constexpr unsigned each = 4;
    static constexpr std::uint64_t size = wire::max_steps * each * base_page;
    long at_ = 0;
    std::uint64_t used_ = 0;
};

class Run {
public:
    Run(Program& program, std::uint64_t seed) : program_(program), random_(seed * 2 + 1) {}

    void all() {
        unsigned first = 0;
        while (first < program_.count && !stuck_) {
            unsigned end = first;
            while (end < program_.count &&
                   program_.steps[end].group == program_.steps[first].group)
                ++end;
            group(first, end);
            first = end;
        }
    }

private:
    static constexpr unsigned most_branches = 8;

    unsigned after(unsigned step, unsigned branch, unsigned end) const {
        while (step < end && program_.steps[step].branch != branch) ++step;
        return step;
    }

    unsigned random(unsigned bound) {
        random_ = random_ * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<unsigned>(random_ >> 33) % bound;
    }

    void group(unsigned first, unsigned end) {
        count_ = 0;
        for (unsigned step = first; step < end; ++step) {
            bool known = false;
            for (unsigned i = 0; i < count_; ++i)
                known = known || branches_[i].number == program_.steps[step].branch;
            if (!known && count_ < most_branches)
                branches_[count_++] = {program_.steps[step].branch, step, false};
        }
        while (one_more(end)) {}
        for (unsigned i = 0; i < count_; ++i) stuck_ = stuck_ || branches_[i].blocked;
    }

    // A step of some branch that can move; a wait_event without an event only if nothing else can.
    bool one_more(unsigned end) {
        unsigned ready[most_branches];
        unsigned count = 0;
        unsigned waiter = nobody;
        bool blocked = false;
        for (unsigned i = 0; i < count_; ++i) {
            blocked = blocked || branches_[i].blocked;
            if (branches_[i].blocked || branches_[i].next >= end) continue;
            const bool waits =
                program_.steps[branches_[i].next].operation == wire::Operation::wait_event;
            if (waits && pending_events == 0)
                waiter = i;
            else
                ready[count++] = i;
        }
        if (count == 0 && blocked && go_on(settle, end)) return true;
        if (count == 0 && waiter != nobody) ready[count++] = waiter;
        if (count == 0) return false;
        Branch& branch = branches_[ready[random(count)]];
        take(branch, end);
        quarantine_.take_some();
        go_on(settle / 20, end);
        return true;
    }

    void take(Branch& branch, unsigned end) {
        const unsigned at = branch.next;
        const Step& step = program_.steps[at];
        if (!wire::info(step.operation).by_process) {
            program_.results[at] = run_outside(step);
            branch.next = after(at + 1, branch.number, end);
            const bool wakes = step.operation == wire::Operation::resolve;
            if (wakes) go_on(longest_step, end);
            return;
        }
        Mailbox& box = shared->mailboxes[step.slot][step.cpu];
        if (shared->pid[step.slot] == 0) {
            program_.results[at] = unable("no-such-process");
            branch.next = after(at + 1, branch.number, end);
            return;
        }
        box.step = step;
        __atomic_store_n(&box.asked, box.done + 1, __ATOMIC_RELEASE);
        futex_wake(&box.asked);
        branch.blocked = !ended(at, longest_step);
        if (branch.blocked)
            program_.results[at] = {wire::waits, 0, nullptr};
        else
            branch.next = after(at + 1, branch.number, end);
    }

    // Whether the step has ended; it has not if it made an event, or if time is over.
    bool ended(unsigned at, std::uint64_t time) {
        const Step& step = program_.steps[at];
        Mailbox& box = shared->mailboxes[step.slot][step.cpu];
        const std::uint64_t begin = now_ns();
        while (true) {
            const std::uint32_t progress = __atomic_load_n(&shared->progress, __ATOMIC_ACQUIRE);
            if (__atomic_load_n(&box.done, __ATOMIC_ACQUIRE) == box.asked) {
                program_.results[at] = box.result;
                read_events();
                return true;
            }
            if (gone(step.slot)) {
                program_.results[at] =
                    step.operation == wire::Operation::exit ? ok() : unable("the-agent-failed");
                box.done = box.asked;
                return true;
            }
            if (read_events() != 0 || now_ns() - begin > time) return false;
            futex_wait(&shared->progress, progress, 2 * static_cast<long>(ms));
        }
    }

    // Lets those that wait go on if they can; whether one has.
    bool go_on(std::uint64_t time, unsigned end) {
        bool moved = false;
        for (unsigned i = 0; i < count_; ++i) {
            Branch& branch = branches_[i];
            if (!branch.blocked || !ended(branch.next, time)) continue;
            branch.blocked = false;
            branch.next = after(branch.next + 1, branch.number, end);
            moved = true;
        }
        return moved;
    }

    // The process has ended; its slot is free.
    static bool gone(unsigned slot) {
        constexpr long wnohang = 1;
        if (shared->pid[slot] == 0) return true;
        if (call(__NR_wait4, shared->pid[slot], nullptr, wnohang, nullptr) <= 0) return false;
        shared->pid[slot] = 0;
        for (Mailbox& box : shared->mailboxes[slot]) box.done = box.asked;
        return true;
    }

    Program& program_;
    Quarantine quarantine_;
    std::uint64_t random_;
    Branch branches_[most_branches];
    unsigned count_ = 0;
    bool stuck_ = false;
};

void reset_shared() {
    shared->layout = {};
    shared->progress = 0;
    shared->file = -1;
    shared->merged = false;
    for (unsigned slot = 0; slot < wire::max_slots; ++slot) {
        shared->pid[slot] = 0;
        shared->cpus[slot] = 0;
        shared->uffd[slot] = -1;
        for (Mailbox& box : shared->mailboxes[slot]) box = {};
    }
    pending_events = 0;
}

void start_first(std::uint64_t cpus) {
    constexpr std::uint64_t sigchld = 17;
    shared->cpus[0] = static_cast<std::uint32_t>(cpus);
    const long pid =
        call(__NR_clone, CLONE_FILES | CLONE_FS | sigchld, nullptr, nullptr, nullptr, nullptr);
    if (pid == 0) {
        catch_faults();
        start_threads(0);
        run_worker(0, 0);
    }
    shared->pid[0] = static_cast<std::uint32_t>(pid);
}

// First everybody who could still take something, then what was taken.
void end_all() {
    constexpr int sigkill = 9;
    for (std::uint32_t& pid : shared->pid) {
        if (pid == 0) continue;
        call(__NR_kill, pid, sigkill);
        call(__NR_wait4, pid, nullptr, 0, nullptr);
        pid = 0;
    }
    drop_all_pins();
    for (int& file : shared->uffd) {
        if (file >= 0) call(__NR_close, file);
        file = -1;
    }
    if (shared->file >= 0) call(__NR_close, shared->file);
    if (!shared->merged) return;
    // What ksmd remembers of them goes as well.
    write_text("/sys/kernel/mm/ksm/run", "2");
    write_text("/sys/kernel/mm/ksm/run", "0");
}

std::uint64_t cpus_of_first(const Program& program) {
    std::uint64_t cpus = 1;
    for (unsigned i = 0; i < program.count; ++i)
        if (program.steps[i].slot == 0 && program.steps[i].cpu + 1 > cpus)
            cpus = program.steps[i].cpu + 1;
    return cpus;
}

}  // namespace

void run_once(Program& program, std::uint64_t repetition) {
    reset_shared();
    for (Result& result : program.results) result = {};
    start_first(cpus_of_first(program));
    Run(program, program.seed + repetition).all();
    end_all();
}

const char* parse_step(std::string_view line, Step& step) {
    const auto number = [&](auto& to) {
        std::uint64_t value = 0;
        if (!read_number(take_word(line), value)) return false;
        to = static_cast<std::remove_reference_t<decltype(to)>>(value);
        return true;
    };
    step = {};
    if (!number(step.group) || !number(step.branch)) return "group-and-branch";
    const std::string_view who = take_word(line);
    if (who.size() == 3) {
        step.slot = static_cast<unsigned>(who[0] - '0');
        step.cpu = static_cast<unsigned>(who[2] - '0');
        if (step.slot >= wire::max_slots || step.cpu >= wire::max_cpus) return "slot-or-cpu";
    }
    const std::string_view word = take_word(line);
    for (std::size_t i = 0; i < wire::operations.size(); ++i) {
        if (wire::operations[i].name != word) continue;
        step.operation = static_cast<wire::Operation>(i);
        for (unsigned argument = 0; argument < wire::arguments_of(step.operation); ++argument)
            if (!number(step.arguments[argument])) return "argument";
        return nullptr;
    }
    return "operation";
}

void tell_results(const Program& program, Text& line) {
    line << "did " << program.id;
    for (unsigned i = 0; i < program.count; ++i) {
        const Result& result = program.results[i];
        line << ' ' << result.what;
        if (result.what == wire::value || result.what == wire::entry) line.hex(result.number);
        if (result.what == wire::failed || result.what == wire::count) line << result.number;
        if (result.what == wire::unable) line << std::string_view(result.why);
    }
}

}  // namespace cowcheck::agent
