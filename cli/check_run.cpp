#include "cli/check_run.h"

#include "cli/bad_input.h"
#include "cli/load.h"
#include "model/compile/join.h"
#include "model/compile/same_program.h"
#include "traces/retell.h"
#include "traces/shorten.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace cowcheck {

namespace {

constexpr unsigned assertion_number = 31;  // as a Violation calls it

Program reduced(Program program, const CheckOptions& options) {
    if (options.reduction && options.merging)
        reduce_steps(program);
    else if (options.reduction)
        join_steps(program);
    return program;
}

bool has_assertions(const Program& program) {
    return std::any_of(program.code.begin(), program.code.end(),
                       [](const Instruction& i) { return i.code == Code::assert_; });
}

}  // namespace

CheckRun::Exploration::Exploration(Program explored, const ExploreOptions& options)
    : program(std::move(explored)), explorer(program, options) {}

CheckRun::CheckRun(DesignText design, const PropertySet& properties, bool assertions,
                   const World& world, const CheckOptions& options, Usage* usage)
    : design_(std::move(design)), properties_(properties), options_(options), usage_(usage),
      plain_(compile_or_complain(design_, properties, world)),
      explored_(std::make_shared<Explored>()), assertions_(assertions && has_assertions(plain_)) {
    if (options.reduction && options.trusts_counts && can_trust_counts(world))
        trusting_ = compile_or_complain(design_, properties, world, {.trust_counts = true});
}

bool CheckRun::share(const CheckRun& other) {
    if (assertions_ != other.assertions_ || !is_same_program(base(), other.base())) return false;
    explored_ = other.explored_;
    return true;
}

void CheckRun::begin(unsigned threads, SpareThreads* spare) {
    options_.threads = threads;
    spare_ = spare;
    explored_->open = explore(base());
}

std::unique_ptr<CheckRun::Exploration> CheckRun::explore(Program program) const {
    try {
        return std::make_unique<Exploration>(
            reduced(std::move(program), options_),
            ExploreOptions{options_.concurrency, options_.threads, options_.symmetry,
                           options_.solver_timeout, usage_, spare_,
                           options_.leaves_out_decided ? undecided() : 0});
    } catch (const std::invalid_argument& error) {
        throw BadInput(error.what());
    }
}

bool CheckRun::can_deepen() const {
    const Explorer* open = explorer();
    if (open != nullptr && open->misled()) return true;
    return open != nullptr && !open->exhausted() && !open->decided() &&
           open->depth() < static_cast<int>(options_.depth);
}

bool CheckRun::wants_more() const { return can_deepen() && undecided() != 0; }

// As bits, by number.
std::uint32_t CheckRun::undecided() const {
    std::uint32_t bits = 0;
    const auto look_at = [&](const PropertyInfo& property, unsigned number) {
        if (verdict_of(property, number) == Verdict::incomplete) bits |= 1U << number;
    };
    for (unsigned i = 0; i < plain_.properties.size(); ++i) look_at(plain_.properties[i], i);
    look_at(assertions(), assertion_number);
    return bits;
}

// As if they were a property.
PropertyInfo CheckRun::assertions() const {
    return {std::string(assertions_name), false, assertions_, false};
}

StopReason CheckRun::deepen(const Stop& stop) {
    ++level_;
    misled_.reset();
    const Explorer& open = explored_->open->explorer;
    StopReason reason = StopReason::none;
    if (open.depth() < level_ && !open.misled() && !open.decided()) reason = explore_level(stop);
    if (reason == StopReason::none && explorer()->misled()) reason = stand_alone(stop);
    return reason;
}

// What is shared stays as it is, for the others to see.
StopReason CheckRun::stand_alone(const Stop& stop) {
    stands_alone_ = true;
    trusting_.reset();
    misled_ = std::exchange(explored_, std::make_shared<Explored>());
    begin(options_.threads, spare_);
    while (explorer()->depth() < level_ && !explorer()->exhausted() && !explorer()->decided())
        if (const StopReason reason = explore_level(stop); reason != StopReason::none)
            return reason;
    return StopReason::none;
}

StopReason CheckRun::explore_level(const Stop& stop) {
    const auto begin = std::chrono::steady_clock::now();
    const std::uint64_t before = states();
    const std::uint32_t violated_before = violated();
    StopReason reason = explored_->open->explorer.deepen(stop);
    if (reason == StopReason::none && !explorer()->misled()) {
        explored_->level_states.push_back(states() - before);
        if (violated() != violated_before && wants_more()) reason = leave_out_decided(stop);
    }
    explored_->seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return reason;
}

// As bits, by number; those of the design's assertions are none.
std::uint32_t CheckRun::violated() const {
    std::uint32_t bits = 0;
    for (unsigned i = 0; i < plain_.properties.size(); ++i)
        bits |= (violation_of_number(i) != nullptr ? 1U : 0U) << i;
    return bits;
}

StopReason CheckRun::leave_out_decided(const Stop& stop) {
    // Without symmetry, states are what they are.
    if (!options_.symmetry || !options_.leaves_out_decided) return StopReason::none;
    std::unique_ptr<Exploration>& open = explored_->open;
    Program program =
        compile_or_complain(design_, properties_, plain_.world,
                            {.decided = violated(), .trust_counts = trusting_.has_value()});
    if (program.unread_ghosts == open->program.unread_ghosts) return StopReason::none;
    auto rest = explore(std::move(program));
    std::vector<std::uint64_t> level_states;
    // What is explored again counts once.
    Usage nobodys;
    Usage& usage = usage_ != nullptr ? *usage_ : nobodys;
    usage.states -= states();
    while (rest->explorer.depth() < open->explorer.depth()) {
        const std::uint64_t before = rest->explorer.states();
        const StopReason reason = rest->explorer.deepen(stop);
        if (reason != StopReason::none) {
            usage.states += states() - rest->explorer.states();
            return reason;
        }
        level_states.push_back(rest->explorer.states() - before);
    }
    for (const Violation& violation : rest->explorer.violations())
        if (violation_of_number(violation.property) == nullptr)
            throw std::logic_error("with fewer ghosts, more is violated");
    explored_->decided.push_back(std::exchange(open, std::move(rest)));
    explored_->level_states = std::move(level_states);
    return StopReason::none;
}

void CheckRun::release() {
    misled_.reset();
    explored_->decided.clear();
    explored_->open.reset();
}

std::uint64_t CheckRun::states() const { return explorer() != nullptr ? explorer()->states() : 0; }

const Violation* CheckRun::violation_of_number(unsigned number) const {
    const auto in = [&](const Exploration& exploration) -> const Violation* {
        for (const Violation& violation : exploration.explorer.violations())
            if (violation.property == number) return &violation;
        return nullptr;
    };
    for (const auto& exploration : explored_->decided)
        if (const Violation* violation = in(*exploration)) return violation;
    return in(*explored_->open);
}

Verdict CheckRun::verdict_of(const PropertyInfo& property, unsigned number) const {
    if (!property.applies) return Verdict::not_applicable;
    if (explored_->open == nullptr) return Verdict::incomplete;
    const Explorer& explorer = explored_->open->explorer;
    if (violation_of_number(number) != nullptr) return Verdict::violated;
    if (property.sometimes) {
        if ((explorer.reached() >> number & 1U) != 0) return Verdict::holds;
        return explorer.exhausted() ? Verdict::violated : Verdict::incomplete;
    }
    const bool complete =
        explorer.exhausted() || explorer.depth() >= static_cast<int>(options_.depth);
    return complete ? Verdict::holds : Verdict::incomplete;
}

void CheckRun::conclude(RunResult& result, std::vector<std::size_t>& fresh) const {
    const Explorer& explorer = explored_->open->explorer;
    result.depth = explorer.depth();
    result.exhausted = explorer.exhausted();
    result.states = explorer.states();
    result.transitions = explorer.transitions();
    result.seconds = explored_->seconds;
    std::size_t bytes = explorer.bytes();
    for (const auto& exploration : explored_->decided) bytes += exploration->explorer.bytes();
    result.peak_bytes = std::max(result.peak_bytes, bytes);
    result.level_states = explored_->level_states;
    const std::size_t own = plain_.properties.size();
    result.properties.resize(own + 1);
    for (std::size_t i = 0; i <= own; ++i) {
        const PropertyInfo info = i < own ? plain_.properties[i] : assertions();
        PropertyResult& property = result.properties[i];
        const Verdict before = property.verdict;
        property.property = info.name;
        property.cost = info.cost;
        property.sometimes = info.sometimes;
        property.verdict = verdict_of(info, i < own ? static_cast<unsigned>(i) : assertion_number);
        if (property.verdict != before && property.verdict != Verdict::not_applicable)
            fresh.push_back(i);
    }
}

const Violation* CheckRun::violation_of(std::size_t place) const {
    return violation_of_number(place < plain_.properties.size() ? static_cast<unsigned>(place)
                                                                : assertion_number);
}

FoundSchedule CheckRun::schedule(const Violation& violation) const {
    const auto found_it = [&](const auto& exploration) {
        const auto& all = exploration->explorer.violations();
        return std::any_of(all.begin(), all.end(),
                           [&](const Violation& one) { return &one == &violation; });
    };
    const auto& all = explored_->decided;
    const auto decided = std::find_if(all.begin(), all.end(), found_it);
    const Explorer& explorer =
        decided != all.end() ? (*decided)->explorer : explored_->open->explorer;
    FoundSchedule found = explorer.schedule(violation);
    if (trusting_) {
        Program base = *trusting_;
        base.outside_numbers = found.numbers;
        base.outside_fixed = base.world.has_outside();
        found.actions = retell(program_with(found), base, found.actions);
    }
    found.actions = shorten(program_with(found), found.actions, violation.property,
                            {options_.concurrency, 400000});
    return found;
}

Program CheckRun::program_with(const FoundSchedule& found) const {
    Program program = plain_;
    program.outside_numbers = found.numbers;
    program.outside_fixed = program.world.has_outside();
    return program;
}

}  // namespace cowcheck
