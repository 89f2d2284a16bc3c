#include "verify/run/check_run.h"

#include "verify/run/bad_input.h"
#include "verify/run/selection.h"
#include "model/compile/join.h"
#include "model/compile/same_program.h"
#include "model/machine/lost_schedule.h"
#include "traces/retell.h"
#include "traces/shorten.h"
#include "traces/trace.h"
#include "traces/verify.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace cowcheck {

namespace {

Program reduced(Program program, const RunOptions& options) {
    program.ways = program.ways.without(options.policy.without);
    if (options.policy.joining && options.policy.merging)
        reduce_steps(program);
    else if (options.policy.joining)
        join_steps(program);
    return program;
}

// What of the reductions that were asked for is not used, since what is asked forbids it.
std::vector<std::string> not_reduced(const PropertyReads& asked, const RunOptions& options) {
    std::vector<std::string> reasons;
    const auto add = [&](bool wanted, const std::string& reason, const std::string& what) {
        if (wanted && !reason.empty()) reasons.push_back(what + ": " + reason);
    };
    add(options.policy.joining, asked.no_joining, "steps are not joined");
    add(options.policy.symmetry && asked.no_renaming.empty(), asked.no_forgetting,
        "what pages held is remembered for good");
    add(options.policy.symmetry, asked.no_renaming, "states that differ in names only are all stored");
    return reasons;
}

bool has_assertions(const Program& program) {
    return std::any_of(program.code.begin(), program.code.end(),
                       [](const Instruction& i) { return i.code == Code::assert_; });
}

}  // namespace

CheckRun::Exploration::Exploration(Program explored, const ExploreOptions& options,
                                   std::uint32_t without)
    : program(std::move(explored)), left_out(without), explorer(program, options) {}

CheckRun::CheckRun(DesignText design, const PropertySet& properties, bool assertions,
                   const World& world, const RunOptions& options, Usage* usage)
    : design_(std::move(design)), properties_(properties), options_(options), usage_(usage),
      plain_(compile_or_complain(design_, properties, world)),
      explored_(std::make_shared<Explored>()), has_assertions_(has_assertions(plain_)),
      asks_for_assertions_(assertions) {
    if (options.policy.joining && options.policy.trusts_counts && can_trust_counts(world))
        trusting_ = compile_or_complain(design_, properties, world, {.trust_counts = true});
}

bool CheckRun::share(const CheckRun& other) {
    if (asks_for_assertions_ != other.asks_for_assertions_ ||
        !is_same_program(base(), other.base()))
        return false;
    explored_ = other.explored_;
    return true;
}

void CheckRun::begin(unsigned threads, SpareThreads* spare) {
    threads_ = threads;
    spare_ = spare;
    explored_->open = explore(0);
}

Program CheckRun::base_without(std::uint32_t left_out) const {
    if (left_out == 0) return base();
    return compile_or_complain(design_, properties_, plain_.world,
                               {.decided = left_out, .trust_counts = trusting_.has_value()});
}

std::unique_ptr<CheckRun::Exploration> CheckRun::explore(std::uint32_t left_out) const {
    return explore(base_without(left_out), left_out,
                   options_.policy.leaves_out_decided ? undecided() : 0, 0);
}

std::unique_ptr<CheckRun::Exploration> CheckRun::explore(Program program, std::uint32_t left_out,
                                                         std::uint32_t until_decided,
                                                         unsigned partitions) const {
    try {
        return std::make_unique<Exploration>(
            reduced(std::move(program), options_),
            ExploreOptions{options_.bounds.concurrency, threads_, options_.policy.symmetry,
                           options_.policy.solver_timeout, usage_, spare_, until_decided,
                           partitions},
            left_out);
    } catch (const std::invalid_argument& error) {
        throw BadInput(error.what());
    }
}

bool CheckRun::can_deepen() const {
    const Explorer* open = explorer();
    if (!explored_->broken.empty()) return false;
    if (open != nullptr && open->misled()) return true;
    return open != nullptr && !open->exhausted() && !open->decided() &&
           open->depth() < static_cast<int>(options_.bounds.depth);
}

bool CheckRun::wants_more() const { return can_deepen() && undecided() != 0; }

// As bits, by number.
std::uint32_t CheckRun::undecided() const {
    std::uint32_t bits = 0;
    const auto look_at = [&](const PropertyInfo& property, unsigned number) {
        if (verdict_of(property, number) == Verdict::incomplete) bits |= 1U << number;
    };
    for (unsigned i = 0; i < plain_.properties.size(); ++i) look_at(plain_.properties[i], i);
    if (waits_for_assertions()) look_at(assertions(), assertion_number);
    return bits;
}

// That something is violated is an answer without them; that all of it holds is none.
bool CheckRun::waits_for_assertions() const {
    return asks_for_assertions_ ||
           std::none_of(plain_.properties.begin(), plain_.properties.end(),
                        [](const PropertyInfo& one) { return one.applies && !one.sometimes; });
}

// As if they were a property.
PropertyInfo CheckRun::assertions() const {
    return {std::string(assertions_name), false, has_assertions_, false};
}

// Nothing is said of counts that are right.
PropertyInfo CheckRun::counting() const {
    return {std::string(counting_name), false, miscounted_by().has_value(), false};
}

std::optional<unsigned> CheckRun::miscounted_by() const {
    if (explored_->open == nullptr) return std::nullopt;
    const Violation* violation = violation_of_number(counting_number);
    if (violation == nullptr) return std::nullopt;
    return violation->operations;
}

StopReason CheckRun::deepen(const Stop& stop) {
    ++level_;
    misled_.reset();
    const Explorer& open = explored_->open->explorer;
    StopReason reason = StopReason::none;
    if (!explored_->broken.empty()) return reason;
    try {
        if (open.depth() < level_ && !open.misled() && !open.decided())
            reason = explore_level(stop);
        if (reason == StopReason::none && explorer()->misled()) reason = stand_alone(stop);
    } catch (const std::logic_error& error) {
        explored_->broken = error.what();
    }
    return reason;
}

// What is shared stays as it is, for the others to see.
StopReason CheckRun::stand_alone(const Stop& stop) {
    stands_alone_ = true;
    verified_.clear();
    unfounded_.clear();
    trusting_.reset();
    auto fresh = std::make_shared<Explored>();
    fresh->open = explore(0);
    misled_ = std::exchange(explored_, std::move(fresh));
    while (explorer()->depth() < level_ && !explorer()->exhausted() && !explorer()->decided())
        if (const StopReason reason = explore_level(stop); reason != StopReason::none)
            return reason;
    return StopReason::none;
}

StopReason CheckRun::explore_level(const Stop& stop) {
    level_begin_ = std::chrono::steady_clock::now();
    const std::vector<std::uint64_t>& levels = explored_->level_states;
    const std::uint64_t before = std::accumulate(levels.begin(), levels.end(), std::uint64_t{0});
    const std::uint32_t violated_before = violated();
    const Rests* rests = rests_ && can_be_saved() ? &*rests_ : nullptr;
    StopReason reason = explored_->open->explorer.deepen(stop, rests);
    if (reason == StopReason::none && !explorer()->misled()) {
        explored_->level_states.push_back(states() - before);
        if (violated() != violated_before && wants_more()) reason = leave_out_decided(stop);
    }
    explored_->seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - *level_begin_).count();
    level_begin_.reset();
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
    if (!options_.policy.symmetry || !options_.policy.leaves_out_decided) return StopReason::none;
    std::unique_ptr<Exploration>& open = explored_->open;
    Program program = base_without(violated());
    if (program.unread_ghosts == open->program.unread_ghosts) return StopReason::none;
    auto rest = explore(std::move(program), violated(), undecided(), 0);
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

bool CheckRun::can_be_saved() const {
    return !stands_alone_ && explored_->broken.empty() && explored_->open != nullptr &&
           explorer()->outside() == nullptr && !explorer()->misled();
}

namespace {

void save_exploration(ByteSink& sink, std::uint32_t left_out, const Explorer& explorer) {
    put(sink, left_out);
    put(sink, explorer.options().until_decided);
    put(sink, explorer.partitions());
    explorer.save(sink);
}

}  // namespace

void CheckRun::save(ByteSink& sink) const {
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double> in_level = now - level_begin_.value_or(now);
    put(sink, std::bit_cast<std::uint64_t>(explored_->seconds + in_level.count()));
    put_all(sink, explored_->level_states);
    put(sink, std::uint64_t{explored_->decided.size()});
    for (const auto& one : explored_->decided)
        save_exploration(sink, one->left_out, one->explorer);
    save_exploration(sink, explored_->open->left_out, explored_->open->explorer);
}

std::unique_ptr<CheckRun::Exploration> CheckRun::load_exploration(ByteSource& source) const {
    const auto left_out = take<std::uint32_t>(source);
    const auto until_decided = take<std::uint32_t>(source);
    const auto partitions = take<unsigned>(source);
    auto loaded = explore(base_without(left_out), left_out, until_decided, partitions);
    loaded->explorer.load(source);
    return loaded;
}

void CheckRun::load(ByteSource& source) {
    explored_->seconds = std::bit_cast<double>(take<std::uint64_t>(source));
    explored_->level_states = take_all<std::uint64_t>(source);
    explored_->decided.resize(take<std::uint64_t>(source));
    for (auto& one : explored_->decided) one = load_exploration(source);
    explored_->open = load_exploration(source);
    catch_up();
}

void CheckRun::release() {
    misled_.reset();
    explored_->decided.clear();
    explored_->open.reset();
}

std::uint64_t CheckRun::states() const { return explorer() != nullptr ? explorer()->states() : 0; }

bool CheckRun::waited_for_frame() const {
    return explored_->open->explorer.waited_for_frame() ||
           std::any_of(explored_->decided.begin(), explored_->decided.end(),
                       [](const auto& one) { return one->explorer.waited_for_frame(); });
}

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
    if (faults_.contains(number)) return Verdict::fault;
    if (unfounded_.contains(number)) return Verdict::incomplete;
    if (explored_->open == nullptr) return Verdict::incomplete;
    const Explorer& explorer = explored_->open->explorer;
    if (violation_of_number(number) != nullptr) return Verdict::violated;
    if (property.sometimes) {
        if (reached_at(number) != nullptr) return Verdict::holds;
        if (!explored_->broken.empty()) return Verdict::fault;
        return explorer.exhausted() && !miscounted_by() ? Verdict::violated : Verdict::incomplete;
    }
    if (!explored_->broken.empty()) return Verdict::fault;
    const bool complete =
        explorer.exhausted() || explorer.depth() >= static_cast<int>(options_.bounds.depth);
    return complete && !miscounted_by() ? Verdict::holds : Verdict::incomplete;
}

void CheckRun::conclude(RunResult& result, std::vector<std::size_t>& fresh) {
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
    result.waited_for_frame = waited_for_frame();
    result.not_reduced = not_reduced(plain_.asked, options_);
    const std::size_t own = plain_.properties.size();
    result.miscounted_by = miscounted_by();
    result.properties.resize(own + 2);
    for (std::size_t i = 0; i < own + 2; ++i) {
        const PropertyInfo info = i < own    ? plain_.properties[i]
                                  : i == own ? assertions()
                                             : counting();
        const unsigned number = number_of(i);
        if (const Violation* violation = violation_of_number(number)) verify(*violation);
        if (const Violation* where = reached_at(number)) verify(*where);
        PropertyResult& property = result.properties[i];
        const Verdict before = property.verdict;
        property.property = info.name;
        property.cost = info.cost;
        property.sometimes = info.sometimes;
        property.verdict = verdict_of(info, number);
        if (property.verdict == Verdict::fault) property.fault = fault_of(i);
        if (property.verdict != before && property.verdict != Verdict::not_applicable)
            fresh.push_back(i);
    }
}

unsigned CheckRun::number_of(std::size_t place) const {
    if (place < plain_.properties.size()) return static_cast<unsigned>(place);
    return place == plain_.properties.size() ? assertion_number : counting_number;
}

const Violation* CheckRun::violation_of(std::size_t place) {
    const unsigned number = number_of(place);
    const Violation* violation = violation_of_number(number);
    if (violation == nullptr) return nullptr;
    verify(*violation);
    return faults_.contains(number) || unfounded_.contains(number) ? nullptr : violation;
}

// Where a property that must be reached is.
const Violation* CheckRun::reached_at(unsigned number) const {
    const auto in = [&](const Exploration& exploration) -> const Violation* {
        for (const Violation& where : exploration.explorer.reached_at())
            if (where.property == number) return &where;
        return nullptr;
    };
    for (const auto& exploration : explored_->decided)
        if (const Violation* where = in(*exploration)) return where;
    return in(*explored_->open);
}

std::string CheckRun::fault_of(std::size_t place) const {
    const auto found = faults_.find(number_of(place));
    return found != faults_.end() ? found->second : explored_->broken;
}

void CheckRun::set_fault(std::size_t place, std::string what) {
    faults_.emplace(number_of(place), std::move(what));
}

// As the exploration that has found it tells it: to find it takes a while, and it is the same for
// all that share the exploration.
const FoundSchedule& CheckRun::found_schedule(const Violation& violation) {
    const auto known = explored_->schedules.find(violation.property);
    if (known != explored_->schedules.end()) return known->second;
    const auto found_it = [&](const auto& exploration) {
        const auto is_in = [&](const std::vector<Violation>& all) {
            return std::any_of(all.begin(), all.end(),
                               [&](const Violation& one) { return &one == &violation; });
        };
        return is_in(exploration->explorer.violations()) ||
               is_in(exploration->explorer.reached_at());
    };
    const auto& all = explored_->decided;
    const auto decided = std::find_if(all.begin(), all.end(), found_it);
    const Explorer& explorer =
        decided != all.end() ? (*decided)->explorer : explored_->open->explorer;
    return explored_->schedules.emplace(violation.property, explorer.schedule(violation))
        .first->second;
}

// For the program with every step on its own.
FoundSchedule CheckRun::retold(const Violation& violation) {
    FoundSchedule found = found_schedule(violation);
    if (!trusting_) return found;
    Program base = *trusting_;
    base.outside_numbers = found.numbers;
    base.outside_fixed = base.world.has_outside();
    found.actions = retell(program_with(found), base, found.actions);
    return found;
}

// Once for each property: a fault of it, or none.
void CheckRun::verify(const Violation& violation) {
    const unsigned number = violation.property;
    if (faults_.contains(number) || !verified_.insert(number).second) return;
    try {
        const FoundSchedule found = retold(violation);
        const std::string what = why_not_so(program_with(found), found.actions,
                                            {number, violation.operations, options_.bounds.concurrency});
        if (!what.empty()) doubt(violation, "its schedule does not replay: " + what);
    } catch (const LostSchedule& error) {
        doubt(violation, "its schedule can't be followed: " + std::string(error.what()));
    }
}

// What is explored need not be so from the operation on that counts something wrongly, and nothing
// is claimed there but what replays. Anywhere else it is a fault.
void CheckRun::doubt(const Violation& violation, std::string what) {
    const auto miscounted = miscounted_by();
    const bool behind = miscounted && violation.property != counting_number &&
                        violation.operations >= *miscounted;
    if (behind)
        unfounded_.insert(violation.property);
    else
        faults_.emplace(violation.property, std::move(what));
}

FoundSchedule CheckRun::schedule(const Violation& violation) {
    FoundSchedule found = retold(violation);
    found.actions = shorten(program_with(found), found.actions, violation.property,
                            {options_.bounds.concurrency, 400000});
    return found;
}

Program CheckRun::program_with(const FoundSchedule& found) const {
    Program program = plain_;
    program.outside_numbers = found.numbers;
    program.outside_fixed = program.world.has_outside();
    return program;
}

}  // namespace cowcheck
