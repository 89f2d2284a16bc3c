// What plan.cpp and plan_start.cpp share.
#pragma once

#include "lab/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace cowcheck::planning {

using wire::Operation;


// Of uapi/asm-generic/mman-common.h.
namespace advice {
inline constexpr unsigned dontneed = 4;
inline constexpr unsigned free = 8;
inline constexpr unsigned dontfork = 10;
inline constexpr unsigned dofork = 11;
inline constexpr unsigned mergeable = 12;
inline constexpr unsigned hugepage = 14;
inline constexpr unsigned nohugepage = 15;
inline constexpr unsigned collapse = 25;
}  // namespace advice
inline constexpr unsigned read_only = 1;
inline constexpr unsigned read_write = 3;

template <class Table, class Key>
const auto* find_row(const Table& table, Key key, auto member) {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [&](const auto& row) { return row.*member == key; });
    return found == table.end() ? nullptr : &*found;
}

inline const std::string device_name = "device";

inline constexpr std::uint64_t first_value = 0x1000;

// The reason goes straight to the user.
struct Skip {
    std::string why;
};

class Planner {
public:
    Planner(const ProgramText& program, const World& world, unsigned pages,
            const wire::Hello& kernel)
        : program_(program), world_(world), kernel_(kernel), each_(pages) {}

    Plan run() {
        try {
            set_up();
            plan_.setup = plan_.steps.size();
            check_forced();
            started_ = true;
            for (const ProgramStep& step : program_.steps) top_level(step);
            if (wants_file_) tell_file();
            if (plan_.steps.size() > wire::max_steps) throw Skip{"it has too many steps"};
        } catch (const Skip& skip) {
            plan_.skipped = skip.why;
        }
        return std::move(plan_);
    }

private:
    void want(std::string_view ability, std::string_view what) {
        if (!ability.empty() && !kernel_.has.contains(ability))
            throw Skip{fmt::format("{}: not on this kernel or machine", what)};
    }

    std::size_t add(Operation operation, std::vector<std::uint64_t> arguments, unsigned slot = 0,
                    unsigned cpu = 0) {
        wire::Step step;
        step.group = group_;
        step.branch = branch_;
        step.slot = slot;
        step.cpu = cpu;
        step.operation = operation;
        std::copy(arguments.begin(), arguments.end(), step.arguments.begin());
        plan_.steps.push_back(step);
        return plan_.steps.size() - 1;
    }

    void set_up();
    void populate(unsigned mm);
    void populate_merged(unsigned mm);
    void populate_page(unsigned mm, const StartMapping& mapping);
    void finish_thp(unsigned mm, StartMapping::Memory memory);
    std::string prefix_of(const std::string& who) const;
    std::uint64_t fresh_value(const std::string& who);
    std::uint64_t start_value(unsigned mm, bool alike);

    void top_level(const ProgramStep& step);
    void take(const ProgramStep& step);
    void cpu_step(const ProgramStep& step);
    void fork(const ProgramStep& step, unsigned slot, unsigned cpu);
    void gup(const ProgramStep& step, unsigned slot, unsigned cpu);
    void check_forced() const;
    void force(const ProgramStep& step, unsigned slot, unsigned cpu);
    void outside_step(const ProgramStep& step);
    void device_step(const ProgramStep& step);
    void look(const ProgramStep& step);
    void tell_file();

    unsigned slot_of(const std::string& process) const;
    std::vector<unsigned> pages_of(const ProgramStep& step) const;
    void see(const ProgramStep& step, std::size_t at, std::optional<unsigned> va,
             unsigned bit = 0);

    const ProgramText& program_;
    const World& world_;
    const wire::Hello& kernel_;
    Plan plan_;
    unsigned group_ = 0;
    unsigned branch_ = 0;
    unsigned pages_ = 1;  // of the memory
    unsigned each_ = 1;   // for which an operation without a page is done
    std::vector<bool> alive_;
    std::map<std::string, unsigned> stores_;  // by whose values they are: how many
    struct TakenPin {
        unsigned number = 0;
        bool one_of_several = false;
        std::optional<std::size_t> forced;  // the step that takes, uses and drops it
    };
    std::map<std::pair<std::string, unsigned>, TakenPin> pins_;  // by name and page
    bool wants_file_ = false;
    bool started_ = false;  // what comes now is the program's own
    std::uint64_t last_start_value_ = 0;
    std::uint64_t next_value_ = first_value;
};

}  // namespace cowcheck::planning
