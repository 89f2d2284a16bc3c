#include "model/compile/lock_check.h"

#include "model/compile/flow.h"
#include "model/isa/effects.h"
#include "model/machine/machine.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace cowcheck {

namespace {

struct LockName {
    std::uint8_t bit;
    std::string_view name;
};

constexpr std::array<LockName, 8> lock_names{{{Held::mmap_read, "mmap_lock (for reading)"},
                                              {Held::mmap_write, "mmap_lock (for writing)"},
                                              {Held::ptl, "ptl"},
                                              {Held::irqs_off, "interrupts off"},
                                              {Held::page, "a page lock"},
                                              {Held::seq, "write_protect_seq"},
                                              {Held::vma_read, "the VMA's lock (for reading)"},
                                              {Held::vma_write, "the VMA's lock (for writing)"}}};

std::string names_of(unsigned held) {
    std::string text;
    for (const auto& lock : lock_names)
        if ((held & lock.bit) != 0) text += (text.empty() ? "" : " and ") + std::string(lock.name);
    return text.empty() ? "nothing" : text;
}

// What is held before an instruction, and which register says whether a trylock
// has just succeeded.
struct Facts {
    std::uint8_t held = 0;
    std::uint8_t reg = 0;    // 0: none
    std::uint8_t tried = 0;  // the lock that it may have taken
    bool inverted = false;
};

class Checker {
public:
    Checker(Emitter& e, std::uint16_t entry, const SourceSpan& operation)
        : e_(e), code_(e.program().code), entry_(entry), operation_(operation),
          facts_(code_.size() - entry) {}

    void run() {
        reach(entry_, {});
        while (!work_.empty()) {
            const std::size_t i = work_.back();
            work_.pop_back();
            visit(i);
        }
        for (Rest& rest : e_.program().rests)
            if (rest.address >= entry_ && facts_[rest.address - entry_])
                rest.held = facts_[rest.address - entry_]->held;
        mark_.assign(code_.size() - entry_, 0);
        for (std::size_t i = entry_; i < code_.size(); ++i) find_idle_loop(i);
    }

private:
    void reach(std::size_t i, Facts facts) {
        if (i >= code_.size() || is_oops(code_, i))  // from anywhere, with whatever is held
            return;
        if (code_[i].code == Code::rest) facts.reg = 0;
        auto& known = facts_[i - entry_];
        if (!known) {
            known = facts;
            work_.push_back(i);
            return;
        }
        if (known->held != facts.held)
            e_.complain(e_.span_of(static_cast<std::uint16_t>(i)),
                        "two paths meet here that hold different locks: " + names_of(known->held) +
                            ", and " + names_of(facts.held));
    }

    void visit(std::size_t i) {
        Instruction& instruction = code_[i];
        const SourceSpan& span = e_.span_of(static_cast<std::uint16_t>(i));
        Facts facts = *facts_[i - entry_];
        if (instruction.code == Code::unlock_mmap_read && instruction.target == unlock_as_held) {
            instruction.target = 0;
            if ((facts.held & (Held::mmap_read | Held::mmap_write)) == 0)
                return e_.complain(span,
                                   "mmap_lock is not held here; held: " + names_of(facts.held));
            if ((facts.held & Held::mmap_write) != 0) instruction.code = Code::unlock_mmap_write;
        }
        if (instruction.code == Code::unlock_vma_read && instruction.target == unlock_as_held) {
            instruction.target = 0;
            if ((facts.held & Held::vma_write) != 0) instruction.code = Code::unlock_vma_write;
        }
        const Effects effect = effects_of(instruction);
        if ((effect.takes & facts.held) != 0)
            e_.complain(span, names_of(effect.takes) + " is held already");
        if ((effect.gives & ~facts.held) != 0)
            e_.complain(span, names_of(effect.gives) +
                                  " is not held here; held: " + names_of(facts.held));
        if ((effect.blocks & blocked_bit(Blocked::userfault)) != 0 && facts.held != 0)
            e_.complain(span, "wait userfaultfd sleeps, so nothing but mmap_lock (for reading) may "
                              "be held; also held: " +
                                  names_of(facts.held));
        constexpr unsigned no_sleep = Held::ptl | Held::irqs_off;
        if (instruction.code == Code::notifier_start && (facts.held & no_sleep) != 0)
            e_.complain(span,
                        "a notifier may sleep, so neither ptl nor interrupts off may be held");
        if ((effect.takes & Held::vma_write) != 0 && (facts.held & Held::mmap_write) == 0)
            e_.complain(span, "the VMA's lock is taken for writing under mmap_lock for writing");
        if ((effect.results & Operand::mm) != 0 && (facts.held & ~Held::page) != 0)
            e_.complain(span,
                        "this goes from process to process, so nothing but a page lock may be "
                        "held; also held: " +
                            names_of(facts.held & ~unsigned{Held::page}));
        if (instruction.code == Code::end && facts.held != 0)
            e_.complain(span, "the operation ends with " + names_of(facts.held) + " held");
        facts.held = static_cast<std::uint8_t>((facts.held | effect.takes) & ~effect.gives);
        branch(instruction, i, facts);
    }

    void branch(const Instruction& instruction, std::size_t i, Facts facts) {
        if (const std::uint8_t tries = effects_of(instruction).tries; tries != 0) {
            facts.reg = instruction.a;
            facts.tried = tries;
            facts.inverted = false;
        } else if (instruction.code == Code::invert && facts.reg == instruction.b &&
                   facts.reg != 0) {
            facts.reg = instruction.a;
            facts.inverted = !facts.inverted;
        } else if ((instruction.code == Code::jump_if || instruction.code == Code::jump_unless) &&
                   facts.reg == instruction.a && facts.reg != 0) {
            // Which way leads to the lock?
            const bool jump_has_lock = (instruction.code == Code::jump_if) != facts.inverted;
            Facts with = facts;
            with.reg = 0;
            with.held |= facts.tried;
            Facts without = facts;
            without.reg = 0;
            reach(instruction.target, jump_has_lock ? with : without);
            reach(i + 1, jump_has_lock ? without : with);
            return;
        }
        for (const std::uint16_t next : successors(instruction, i)) reach(next, facts);
    }

    // A cycle without a rest would never end a step. A step may be as long as the program, so the
    // path is no recursion.
    void find_idle_loop(std::size_t from) {
        struct Visit {
            std::size_t at = 0;
            std::size_t followed = 0;  // of its successors
        };
        std::vector<Visit> path;
        const auto enter = [&](std::size_t i) {
            if (i >= code_.size() || code_[i].code == Code::rest || mark_[i - entry_] == 2) return;
            if (mark_[i - entry_] == 1)
                return e_.complain(e_.span_of(static_cast<std::uint16_t>(i)),
                                   "a loop through here takes no step");
            mark_[i - entry_] = 1;
            path.push_back({i, 0});
        };
        enter(from);
        while (!path.empty()) {
            const std::size_t at = path.back().at;
            const auto next = successors(code_[at], at);
            const auto one = next.begin() + static_cast<std::ptrdiff_t>(path.back().followed++);
            if (one < next.end()) {
                enter(*one);
            } else {
                mark_[at - entry_] = 2;
                path.pop_back();
            }
        }
    }

    Emitter& e_;
    std::vector<Instruction>& code_;
    std::size_t entry_;
    SourceSpan operation_;
    std::vector<std::optional<Facts>> facts_;
    std::vector<std::size_t> work_;
    std::vector<std::uint8_t> mark_;
};

}  // namespace

void check_locks(Emitter& emitter, std::uint16_t entry, const SourceSpan& operation) {
    Checker(emitter, entry, operation).run();
}

}  // namespace cowcheck
