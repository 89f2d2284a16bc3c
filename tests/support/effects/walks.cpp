#include "tests/support/effects/walks.h"

#include "model/machine/expand.h"
#include "tests/support/effects/operands.h"

#include <algorithm>
#include <array>
#include <type_traits>

namespace cowcheck::test {

namespace {

// Sees each instruction before it runs, and the state after it when the next one is to run.
struct Watch {
    const Program& program;
    const Places& places;
    SeenEffects& all;
    std::map<SeenKey, unsigned>& tried;
    std::vector<Instance>& wanted;  // to run again
    const State* state = nullptr;
    unsigned thread = no_thread;
    Watch* checks = nullptr;

    Instance before{};  // of the instruction that runs
    bool runs = false;
    unsigned address = 0;

    [[nodiscard]] SeenKey key() const {
        return key_of(before.instruction, program.world.has_outside());
    }
    void over() {
        if (!runs) return;
        runs = false;
        Effects& seen = all.of(key()).effects;
        note_change(program, places, thread, before.instruction.code, before.state, *state, true,
                    seen);
        note_ways(program, before.state, *state, seen);
    }
    void begins(const Reg::File& file, const TermFile* terms) {
        if (runs)
            for (unsigned reg = 0; reg < Reg::count; ++reg)
                if (file[reg] != before.registers[reg])
                    all.of(key()).results.insert(names_of(before.instruction, reg));
        over();
        before.instruction = program.code[address];
        before.thread = thread;
        before.state = *state;
        before.registers = file;
        if (terms != nullptr) before.terms = *terms;
        runs = true;
        // A rest that is entered is none that a step ends at.
        if (before.instruction.code == Code::rest && thread == no_thread) return;
        if (++tried[key()] <= 2) wanted.push_back(before);
    }
};

struct Watcher : NoObserver {
    static constexpr bool shows_registers = true;
    static constexpr bool reads_checks = true;
    Watch* watch = nullptr;

    explicit Watcher(Watch* to) : watch(to) {}
    void at(unsigned address) const { watch->address = address; }
    template <class Terms>
    void registers(const Reg::File& file, Terms& terms) const {
        // What is in a register that was never written says nothing; `at` came first, so the
        // address is that of the next instruction.
        if constexpr (std::is_same_v<Terms, TermFile>)
            watch->begins(file, &terms);
        else
            watch->begins(file, nullptr);
    }
    void event(Event event, unsigned, unsigned, unsigned, unsigned) const {
        watch->all.of(watch->key()).effects.raises |= event_bit(event);
    }
    void stuck() const { watch->runs = false; }
    [[nodiscard]] Watcher of_checks() const {
        watch->checks->runs = false;
        watch->checks->state = watch->state;
        return Watcher(watch->checks);
    }
};

// Numbers of references from outside, one of those that each may be; rather not none, which shows
// nothing.
Program with_numbers(Program program, Dice& dice) {
    for (std::size_t i = 0; i < program.world.outside.size(); ++i) {
        const OutsideReferences& one = program.world.outside[i];
        const unsigned high = std::min(one.high.value_or(one.low + 2), one.low + 2);
        const unsigned low = std::min(std::max(one.low, 1U), high);
        program.outside_numbers[i] = static_cast<std::uint16_t>(low + dice.below(high - low + 1));
    }
    return program;
}

// What may happen next: that something goes on, rather than that something new begins. Nothing at
// the end of a schedule.
std::optional<Action> any_action(const Program& program, const State& state, Dice& dice) {
    std::vector<Action> possible;
    const auto note = [&](const Action& action) { possible.push_back(action); };
    for_each_step(program, state, note);
    const std::size_t steps = possible.size();
    if (steps < 3) for_each_start(program, state, false, note);
    if (possible.empty() || dice.below(40) == 0) return std::nullopt;
    const bool goes_on = steps != 0 && dice.below(3) != 0;
    Action action = possible[dice.below(goes_on ? steps : possible.size())];
    action.transient = static_cast<std::uint8_t>(dice.below(program.world.transient + 1));
    return action;
}

// States of schedules; what is done on the way is looked at.
std::vector<State> schedules(const Program& program, Dice& dice, unsigned actions, Search& search,
                             SeenEffects& all) {
    std::vector<State> states{program.start};
    std::vector<Instance> wanted;
    std::map<SeenKey, unsigned> tried;
    Watch checks{program, search.places(), all, tried, wanted};
    Watch watch{program, search.places(), all, tried, wanted};
    watch.checks = &checks;
    State state = program.start;
    for (unsigned done = 0; done < actions; ++done) {
        const std::optional<Action> action = any_action(program, state, dice);
        if (!action) {
            state = program.start;
            continue;
        }
        State next = state;
        watch.state = &next;
        watch.thread = action->kind == Action::Kind::device ? no_thread : action->thread;
        watch.runs = false;
        wanted.clear();
        const StepResult result = perform(program, next, *action, Watcher(&watch));
        if (result.blocked == Blocked::no) {
            watch.over();
            state = next;
            states.push_back(state);
        } else {
            all.of(watch.key()).effects.blocks |= blocked_bit(result.blocked);
        }
        checks.runs = false;
        checks.state = &state;
        (void)Machine<Watcher>(program, state, Watcher(&checks)).check_state({});
        for (const Instance& instance : wanted) search.try_out(instance);
    }
    return states;
}

// How often at least: some look at so much that part of it matters in few states only.
unsigned enough(Code code) {
    constexpr std::array codes{Code::notifier_start, Code::lru_add,   Code::secondary_store,
                               Code::twin,           Code::share_pte, Code::start_mm,
                               Code::try_store,      Code::dma_write, Code::note_shared,
                               Code::reachable,      Code::copy_huge, Code::set_leaf,
                               Code::set_pte,        Code::store,     Code::load};
    return std::find(codes.begin(), codes.end(), code) != codes.end() ? 16000 : 1500;
}

}  // namespace

void Walks::walk(const Program& program, unsigned actions) {
    walked_.push_back(std::make_unique<Walked>(with_numbers(program, dice_), dice_, all_));
    Walked& walked = *walked_.back();
    walked.states = schedules(walked.program, dice_, actions, walked.search, all_);
}

void Walks::make_up(std::size_t programs) {
    constexpr unsigned at_most = 80000;
    for (std::size_t code = 0; code < code_count; ++code)
        make_up(programs, static_cast<Code>(code), enough(static_cast<Code>(code)), at_most);
}

void Walks::make_up_more(std::size_t programs, const EffectTable& table, const TableEntry& entry) {
    const Code code = code_of(table, entry);
    const FieldSet fields = fields_of(entry);
    for (const auto& walked : walked_) walked->search.look_for(fields);
    make_up(programs, code, enough(code), enough(code));
    for (const auto& walked : walked_) walked->search.look_for(0);
}

void Walks::make_up(std::size_t programs, Code code, unsigned at_least, unsigned at_most) {
    std::vector<std::pair<Search*, Instance>> telling;  // which showed something new
    unsigned news = 0;                                  // the last time
    for (unsigned i = 1; i <= std::min(at_most, std::max(at_least, 3 * news)); ++i) {
        Walked& walked = *walked_[walked_.size() - 1 - dice_.below(programs)];
        Search* search = &walked.search;
        std::optional<Instance> shows;
        if (!telling.empty() && dice_.below(2) == 0) {
            const auto& [again, instance] = dice_.one_of(telling);
            search = again;
            shows = search->try_like(instance);
        } else {
            shows = search->try_any(code, dice_.one_of(walked.states));
        }
        if (!shows) continue;
        telling.emplace_back(search, *shows);
        news = i;
    }
}

}  // namespace cowcheck::test
