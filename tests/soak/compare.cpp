#include "tests/soak/compare.h"

#include "model/compile/join.h"
#include "traces/runner.h"
#include "traces/trace.h"
#include "verify/run/bad_input.h"
#include "verify/run/check_run.h"
#include "verify/run/selection.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <stdexcept>

namespace cowcheck::test {

namespace {

// As a Violation calls what is no property.
constexpr unsigned assertion_number = 31;
constexpr unsigned counting_number = 30;
constexpr std::uint64_t states_too_many = 400'000;  // of the other modes

struct Answer {
    // Open: nothing is said, since a count is wrong.
    enum class Kind { holds, violated, never_reached, open } kind = Kind::holds;
    unsigned operations = 0;
    unsigned steps = 0;
    bool sometimes = false;

    [[nodiscard]] std::string text(bool with_steps) const {
        if (kind == Kind::never_reached) return "not reached";
        if (kind == Kind::open) return "open";
        if (kind == Kind::holds) return sometimes ? "reached" : "holds";
        return "violated by " + std::to_string(operations) +
               (with_steps ? " in " + std::to_string(steps) : "");
    }
};

using Answers = std::map<std::string, Answer, std::less<>>;

struct Mode {
    std::string_view name;
    bool joins;
    bool symmetry;
    unsigned threads;
};

constexpr std::array<Mode, 5> modes{{{"default", true, true, 1},
                                     {"no joining", false, true, 1},
                                     {"no symmetry", true, false, 1},
                                     {"2 threads", true, true, 2},
                                     {"3 threads", true, true, 3}}};

// The plain system, down to the greatest depth up to which it has few enough states.
struct Plain {
    Answers answers;
    unsigned depth = 0;
    bool exhausted = false;
    std::uint64_t states = 0;
};

std::optional<Plain> explore_plainly(const Program& program, unsigned concurrency,
                                     const Bounds& bounds) {
    Explorer explorer(program, {.concurrency = concurrency, .symmetry = false});
    Stop stop;
    stop.max_states = bounds.states;
    while (explorer.depth() < static_cast<int>(bounds.depth) && !explorer.exhausted())
        if (explorer.deepen(stop) != StopReason::none) break;
    if (explorer.depth() < 1) return std::nullopt;
    Plain plain;
    plain.depth = static_cast<unsigned>(explorer.depth());
    plain.exhausted = explorer.exhausted();
    plain.states = explorer.states();
    const auto violation_of = [&](unsigned number) -> const Violation* {
        for (const Violation& one : explorer.violations())
            if (one.property == number && one.operations <= plain.depth) return &one;
        return nullptr;
    };
    const auto answer = [&](const std::string& name, unsigned number, bool sometimes) {
        Answer& given = plain.answers[name];
        given.sometimes = sometimes;
        if (const Violation* violation = violation_of(number)) {
            given.kind = Answer::Kind::violated;
            given.operations = violation->operations;
            given.steps = violation->transitions;
        } else if (sometimes && ((explorer.reached() >> number) & 1U) == 0) {
            given.kind = Answer::Kind::never_reached;
        }
    };
    for (unsigned i = 0; i < program.properties.size(); ++i)
        if (program.properties[i].applies)
            answer(program.properties[i].name, i, program.properties[i].sometimes);
    answer(std::string(assertions_name), assertion_number, false);
    answer(std::string(counting_name), counting_number, false);
    return plain;
}

// What is wrong with a schedule, or nothing.
std::string trouble_with(CheckRun& run, const Violation& violation, std::string_view name,
                         unsigned concurrency) {
    const FoundSchedule found = run.schedule(violation);
    if (found.actions.empty() && violation.transitions > 0) return "no schedule";
    const Program program = run.program_with(found);
    Runner runner(program);
    const std::uint32_t bit = violation.property >= counting_number ? 1U << violation.property
                                                                    : property_bit(program, name);
    std::uint32_t violated = runner.check().violated();
    unsigned operations = 0;
    for (std::size_t i = 0; i < found.actions.size(); ++i) {
        const Action& action = found.actions[i];
        const auto is_possible = [&] {
            if (action.kind == Action::Kind::step)
                return action.thread < program.layout.size(Scope::thread) &&
                       program.layout.get(runner.state(), Field::pc, action.thread) != 0;
            bool possible = false;
            Action wanted = action;
            wanted.transient = 0;
            for_each_start(program, runner.state(), false,
                           [&](const Action& one) { possible = possible || one == wanted; });
            return possible;
        };
        const std::string step = "step " + std::to_string(i + 1);
        if (!is_possible()) return step + " of its schedule is not possible";
        const Outcome outcome = runner.perform(action);
        if (outcome.blocked != Blocked::no) return step + " of its schedule is blocked";
        if (concurrency != 0 && in_flight(program, runner.state()) > concurrency)
            return step + " of its schedule is one operation too many at once";
        operations += action.kind != Action::Kind::step;
        violated = outcome.violated();
        if ((violated & bit) != 0 && i + 1 < found.actions.size() &&
            operations < violation.operations)
            return step + " of its schedule has fewer operations and violates it";
    }
    if ((violated & bit) == 0) return "its schedule does not violate it";
    if (operations != violation.operations)
        return "its schedule has " + std::to_string(operations) + " operations";
    return {};
}

// As the command line does it.
struct Given {
    Answers answers;
    std::vector<std::pair<std::string, std::string>> troubles;  // property, what it is
    bool complete = true;
    bool exhausted = false;
    bool ended_early = false;  // all was known before
    unsigned miscounted_by = UINT32_MAX;
};

Given explore_as(const Mode& mode, const Parsed& parsed, const System& system, unsigned depth,
                 const WaysUsed& without) {
    RunOptions options;
    options.bounds.depth = depth;
    options.bounds.concurrency = system.concurrency;
    options.policy.joining = mode.joins;
    options.policy.symmetry = mode.symmetry;
    options.policy.without = without;
    CheckRun run(*parsed.design, parsed.properties, true, *parsed.world, options);
    run.begin(mode.threads);
    Stop stop;
    stop.max_states = states_too_many;
    Given given;
    while (run.can_deepen() && run.wants_more())
        if (run.deepen(stop) != StopReason::none) {
            given.complete = false;
            return given;
        }
    RunResult result;
    std::vector<std::size_t> fresh;
    run.conclude(result, fresh);
    given.ended_early = run.explorer()->decided() || result.depth < static_cast<int>(depth);
    given.exhausted = result.exhausted;
    for (std::size_t i = 0; i < result.properties.size(); ++i) {
        const PropertyResult& property = result.properties[i];
        if (property.verdict == Verdict::not_applicable) continue;
        if (const std::string fault = run.fault_of(i); !fault.empty()) {
            given.troubles.emplace_back(property.property, "a fault: " + fault);
            continue;
        }
        Answer& answer = given.answers[property.property];
        answer.sometimes = property.sometimes;
        const Violation* violation = run.violation_of(i);
        if (violation != nullptr) {
            answer.kind = Answer::Kind::violated;
            answer.operations = violation->operations;
            answer.steps = violation->transitions;
            if (mode.threads > 1) continue;
            std::string trouble;
            try {
                trouble = trouble_with(run, *violation, property.property, system.concurrency);
            } catch (const std::exception& error) {
                trouble = error.what();
            }
            if (!trouble.empty()) given.troubles.emplace_back(property.property, trouble);
        } else if (property.verdict == Verdict::incomplete && result.miscounted_by) {
            answer.kind = Answer::Kind::open;
        } else if (property.verdict != Verdict::holds) {
            answer.kind = Answer::Kind::never_reached;
        }
    }
    given.miscounted_by = result.miscounted_by.value_or(UINT32_MAX);
    // Counts that are right are no result.
    given.answers.try_emplace(std::string(counting_name));
    return given;
}

// What was said must be so, whatever may be wrong with the counts: that a property holds for so
// many operations, that it is violated by some (its schedule replays), and by how many at least.
void compare_answer(const Mode& mode, const std::string& property, const Answer& right,
                    const Answer& given, unsigned miscounted_by, Comparison& result) {
    const std::string expected = right.text(!mode.joins);
    const std::string got = given.text(!mode.joins);
    if (expected == got) return;
    const auto is_late = [&](const Answer& one) {
        return one.kind != Answer::Kind::violated || one.operations >= miscounted_by;
    };
    if (given.kind == Answer::Kind::open && is_late(right)) return;
    const bool behind = property != counting_name && mode.joins &&
                        given.kind == Answer::Kind::violated && is_late(given) && is_late(right);
    (behind ? result.behind_wrong_counts : result.disagreements)
        .push_back({std::string(mode.name), property, expected, got});
}

void compare_answers(const Mode& mode, const Plain& plain, const Given& given, Comparison& result) {
    for (const auto& [property, answer] : given.answers) {
        const auto found = plain.answers.find(property);
        if (found == plain.answers.end()) continue;  // assertions, if there are none
        if (property == counting_name && given.ended_early) continue;
        compare_answer(mode, property, found->second, answer, given.miscounted_by, result);
    }
    for (const auto& [property, trouble] : given.troubles)
        result.disagreements.push_back(
            {std::string(mode.name), property, "an answer that replays", trouble});
    // With symmetry, what is forgotten on one way is not on another: a state may come later.
    if (plain.exhausted && !given.exhausted && !given.ended_early && !mode.joins && !mode.symmetry)
        result.disagreements.push_back(
            {std::string(mode.name), "(states)", "exhausted", "not exhausted"});
}

// What may be left when nothing is under way, up to names. When a promise began is not part of it:
// with joined steps that is sooner. Nothing if there are too many.
std::optional<std::set<std::string>> quiet_states(const Program& program, unsigned concurrency,
                                                  unsigned depth) {
    Explorer explorer(program, {.concurrency = concurrency});
    Stop stop;
    stop.max_states = states_too_many;
    while (explorer.depth() < static_cast<int>(depth) && !explorer.exhausted())
        if (explorer.deepen(stop) != StopReason::none) return std::nullopt;
    const Canonical canonical(program);
    const Layout& layout = program.layout;
    std::set<std::string> all;
    for (unsigned part = 0; part < explorer.partitions(); ++part)
        explorer.for_each_state(part, [&](const State& stored, unsigned) {
            if (in_flight(program, stored) != 0) return;
            State state = stored;
            for (unsigned i = 0; i < layout.size(Scope::pte); ++i)
                for (const Field began :
                     {Field::wp_armed, Field::soft_dirty_owed, Field::store_barred})
                    if (layout.has(began)) layout.set(state, began, i, 0);
            // Nor is who stored while an operation gave content up: with joined steps that is over
            // sooner.
            for (unsigned i = 0; layout.has(Field::giving_up) && i < layout.size(Scope::pte); ++i)
                layout.set(state, Field::expects_zero, i, 0);
            for (unsigned mm = 0; mm < layout.mms; ++mm)
                layout.set(state, Field::soft_dirty_armed, mm, 0);
            canonical.normalize(state);
            all.emplace(reinterpret_cast<const char*>(state.words.data()), sizeof state.words);
        });
    return all;
}

// Joined steps end where steps do; once a count is wrong, nothing is said of states.
void compare_quiet_states(const Program& program, unsigned concurrency, const Plain& plain,
                          const WaysUsed& without, Comparison& result) {
    if (program.world.has_outside() ||
        plain.answers.at(std::string(counting_name)).kind == Answer::Kind::violated)
        return;
    Program joined = program;
    joined.ways.apart = joined.ways.without(without).apart;  // names are compared, too
    reduce_steps(joined);
    const auto expected = quiet_states(program, concurrency, plain.depth);
    const auto got = quiet_states(joined, concurrency, plain.depth);
    if (!expected || !got || *expected == *got) return;
    std::size_t missing = 0;
    for (const std::string& state : *expected) missing += got->contains(state) ? 0U : 1U;
    const std::size_t more = got->size() + missing - expected->size();
    result.disagreements.push_back(
        {"joined", "(states)", "what is left when nothing is under way",
         "has " + std::to_string(missing) + " fewer, " + std::to_string(more) + " more"});
}

}  // namespace

std::string Disagreement::text() const {
    return mode + ", " + property + ": " + plain + " in the plain system, but " + other;
}

bool Disagreement::is_like(const Disagreement& one) const {
    const auto kind = [](const std::string& text) { return text.substr(0, text.find(' ')); };
    return mode == one.mode && property == one.property && kind(plain) == kind(one.plain) &&
           kind(other) == kind(one.other);
}

Comparison compare(const Source& source, const System& system, const Bounds& bounds) {
    Comparison result;
    Diagnostics out;
    const auto parsed = source.parse(system, out);
    if (!parsed) return result;
    const auto program = compile(*parsed->design, parsed->properties, *parsed->world, out);
    if (!program) return result;
    std::optional<Plain> plain;
    try {
        plain = explore_plainly(*program, system.concurrency, bounds);
    } catch (const std::invalid_argument&) {  // too large to store
    }
    if (!plain) return result;
    result.compared = true;
    result.depth = plain->depth;
    result.states = plain->states;
    for (const auto& [property, answer] : plain->answers)
        result.violated += answer.kind == Answer::Kind::violated;
    const bool all = bounds.without == WaysUsed{};  // else more threads tell nothing
    for (const Mode& mode : modes) {
        if (mode.threads > 1 && !all) continue;
        try {
            const Given given = explore_as(mode, *parsed, system, plain->depth, bounds.without);
            if (given.complete)
                compare_answers(mode, *plain, given, result);
            else
                result.disagreements.push_back({std::string(mode.name), "(states)",
                                                std::to_string(plain->states),
                                                "more than " + std::to_string(states_too_many)});
        } catch (const std::exception& error) {
            result.disagreements.push_back(
                {std::string(mode.name), "(exception)", "an answer", error.what()});
        }
    }
    try {
        compare_quiet_states(*program, system.concurrency, *plain, bounds.without, result);
    } catch (const std::exception& error) {
        result.disagreements.push_back({"joined", "(exception)", "an answer", error.what()});
    }
    return result;
}

}  // namespace cowcheck::test
