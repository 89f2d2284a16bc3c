#include "cli/check_run.h"

#include "cli/bad_input.h"
#include "cli/load.h"
#include "model/compile/join.h"
#include "traces/shorten.h"

#include <algorithm>
#include <stdexcept>

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

std::unique_ptr<Explorer> make_explorer(const Program& program, const CheckOptions& options,
                                        Usage* usage) {
    try {
        return std::make_unique<Explorer>(
            program, ExploreOptions{options.concurrency, options.threads, options.symmetry,
                                    options.solver_timeout, usage});
    } catch (const std::invalid_argument& error) {
        throw BadInput(error.what());
    }
}

}  // namespace

CheckRun::CheckRun(DesignText design, const PropertySet& properties, bool assertions,
                   const World& world, const CheckOptions& options, Usage* usage)
    : design_(std::move(design)), max_depth_(options.depth), concurrency_(options.concurrency),
      plain_(compile_or_complain(design_, properties, world)), explored_(reduced(plain_, options)),
      explorer_(make_explorer(explored_, options, usage)),
      assertions_(assertions && has_assertions(plain_)) {}

bool CheckRun::can_deepen() const {
    return explorer_ && !explorer_->exhausted() &&
           explorer_->depth() < static_cast<int>(max_depth_);
}

bool CheckRun::wants_more() const {
    if (!can_deepen()) return false;
    const auto is_open = [&](const PropertyInfo& property, unsigned number) {
        return verdict_of(property, number) == Verdict::incomplete;
    };
    for (unsigned i = 0; i < plain_.properties.size(); ++i)
        if (is_open(plain_.properties[i], i)) return true;
    return is_open(assertions(), assertion_number);
}

// As if they were a property.
PropertyInfo CheckRun::assertions() const {
    return {std::string(assertions_name), false, assertions_, false};
}

StopReason CheckRun::deepen(const Stop& stop) {
    const auto begin = std::chrono::steady_clock::now();
    const std::uint64_t before = explorer_->states();
    const StopReason reason = explorer_->deepen(stop);
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (reason == StopReason::none) level_states_.push_back(explorer_->states() - before);
    return reason;
}

void CheckRun::release() { explorer_.reset(); }

std::uint64_t CheckRun::states() const { return explorer_ ? explorer_->states() : 0; }

std::size_t CheckRun::bytes() const { return explorer_ ? explorer_->bytes() : 0; }

Verdict CheckRun::verdict_of(const PropertyInfo& property, unsigned number) const {
    if (!property.applies) return Verdict::not_applicable;
    const auto& violations = explorer_->violations();
    if (std::any_of(violations.begin(), violations.end(),
                    [&](const Violation& violation) { return violation.property == number; }))
        return Verdict::violated;
    if (property.sometimes) {
        if ((explorer_->reached() >> number & 1U) != 0) return Verdict::holds;
        return explorer_->exhausted() ? Verdict::violated : Verdict::incomplete;
    }
    const bool complete =
        explorer_->exhausted() || explorer_->depth() >= static_cast<int>(max_depth_);
    return complete ? Verdict::holds : Verdict::incomplete;
}

void CheckRun::conclude(RunResult& result, std::vector<std::size_t>& fresh) const {
    result.depth = explorer_->depth();
    result.exhausted = explorer_->exhausted();
    result.states = explorer_->states();
    result.transitions = explorer_->transitions();
    result.seconds = seconds_;
    result.peak_bytes = std::max(result.peak_bytes, explorer_->bytes());
    result.level_states = level_states_;
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
    const auto number =
        place < plain_.properties.size() ? static_cast<unsigned>(place) : assertion_number;
    for (const Violation& violation : explorer_->violations())
        if (violation.property == number) return &violation;
    return nullptr;
}

FoundSchedule CheckRun::schedule(const Violation& violation) const {
    FoundSchedule found = explorer_->schedule(violation);
    found.actions = shorten(program_with(found), found.actions, violation.property,
                            {concurrency_, 400000});
    return found;
}

Program CheckRun::program_with(const FoundSchedule& found) const {
    Program program = plain_;
    program.outside_numbers = found.numbers;
    program.outside_fixed = program.world.has_outside();
    return program;
}

}  // namespace cowcheck
