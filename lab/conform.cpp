#include "lab/conform.h"

#include "lab/failure.h"
#include "model/program_world.h"
#include "verify/run/bad_input.h"

#include <algorithm>

namespace cowcheck {

namespace {

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Calls change(step) for all of them.
bool change_steps(std::vector<ProgramStep>& steps, const auto& change) {
    bool changed = false;
    for (ProgramStep& step : steps) {
        changed = change(step) || changed;
        for (auto& branch : step.branches) changed = change_steps(branch, change) || changed;
    }
    return changed;
}

// Up to 6.1 io_uring pins by GUP, later by GUP-fast: what a program calls one of them may be the
// other. Nothing if it has no such pin.
std::optional<ProgramText> with_the_other_gup(const ProgramText& text) {
    ProgramText other = text;
    const bool changed = change_steps(other.steps, [](ProgramStep& step) {
        const GupFlags& flags = step.item.flags;
        if (step.kind != ProgramStep::Kind::operation || !flags.write || !flags.pin) return false;
        if (step.item.kind == OperationKind::gup)
            step.item.kind = OperationKind::gup_fast;
        else if (step.item.kind == OperationKind::gup_fast)
            step.item.kind = OperationKind::gup;
        else
            return false;
        return true;
    });
    return changed ? std::optional(std::move(other)) : std::nullopt;
}

ProgramText as_taken(const ProgramText& text) {
    ProgramText taken = text;
    change_steps(taken.steps, [](ProgramStep& step) {
        const bool gup = step.item.kind == OperationKind::gup ||
                         step.item.kind == OperationKind::gup_fast;
        if (step.kind != ProgramStep::Kind::operation || !gup) return false;
        step.item.flags.longterm =
            step.item.flags.longterm || (step.item.flags.write && step.item.flags.pin);
        return true;
    });
    return taken;
}

bool has_branches(const ProgramText& text) {
    return std::any_of(text.steps.begin(), text.steps.end(), [](const ProgramStep& step) {
        return step.kind == ProgramStep::Kind::parallel;
    });
}

ConformCase case_of(const ProgramText& as_written, const ProgramStart& start,
                    const std::vector<DesignText>& designs, std::uint64_t max_states) {
    ConformCase result;
    result.text = std::make_shared<const ProgramText>(as_taken(as_written));
    const ProgramText& text = *result.text;
    result.start = start;
    Diagnostics out;
    const auto shape = shape_of(text, start, out);
    const auto world = shape ? resolve_world(shape->world, out) : std::nullopt;
    if (!world) throw BadInput("program '" + text.name + "'\n" + to_text(out));
    result.world = *world;
    result.pages = shape->pages;
    const auto other = with_the_other_gup(text);
    for (const DesignText& design : designs) {
        ModelOutcomes allowed = model_outcomes(design, text, start, max_states);
        if (other && allowed.skipped.empty()) {
            ModelOutcomes more = model_outcomes(design, *other, start, max_states);
            allowed.outcomes.merge(more.outcomes);
            allowed.limited = allowed.limited || more.limited;
        }
        result.allowed.push_back(std::move(allowed));
    }
    return result;
}

std::set<std::string> unseen_names(const Plan& plan) {
    return {plan.unseen.begin(), plan.unseen.end()};
}

Fit fit_of(const ModelOutcomes& allowed, const std::set<std::string>& unseen,
           const std::vector<Seens>& seen) {
    if (!allowed.skipped.empty()) return Fit::skipped;
    const std::set<Seens> outcomes = without(allowed.outcomes, unseen);
    const bool all = std::all_of(seen.begin(), seen.end(),
                                 [&](const Seens& one) { return outcomes.contains(one); });
    if (all) return Fit::agrees;
    return allowed.limited ? Fit::limited : Fit::contradicts;
}

CaseResult run_case(Kernel& kernel, const ConformCase& one, const ConformLimits& limits,
                    unsigned& runs) {
    const Plan plan = plan_of(*one.text, one.world, one.pages, kernel.hello());
    if (!plan.skipped.empty()) {
        CaseResult result;
        result.what = &one;
        result.skipped = plan.skipped;
        return result;
    }
    const unsigned repeat = has_branches(*one.text) ? limits.repeat_parallel : limits.repeat;
    const auto answers = kernel.run(plan.steps, repeat, limits.seed, limits.timeout);
    runs += repeat;
    return judge(one, plan, answers, kernel.hello());
}

}  // namespace

std::string ConformCase::name() const {
    return text->name + (start.memory == nullptr ? "" : " (" + std::string(start.memory->name) + ")");
}

std::vector<ConformCase> cases_of(const ProgramText& text, const ast::World* world,
                                  const std::vector<DesignText>& designs,
                                  std::uint64_t max_states) {
    std::vector<ConformCase> cases;
    if (text.memories.empty()) {
        cases.push_back(case_of(text, {nullptr, world}, designs, max_states));
        return cases;
    }
    for (const ProgramMemory& memory : program_memories())
        if (memory.group == text.memories)
            cases.push_back(case_of(text, {&memory, nullptr}, designs, max_states));
    return cases;
}

bool tells_apart(const ConformCase& one, const std::set<std::string>& unseen) {
    std::optional<std::set<Seens>> first;
    for (const ModelOutcomes& allowed : one.allowed) {
        if (!allowed.skipped.empty()) continue;
        std::set<Seens> outcomes = without(allowed.outcomes, unseen);
        if (first && *first != outcomes) return true;
        first = std::move(outcomes);
    }
    return false;
}

bool PairsApart::wants(const ConformCase& one, unsigned enough) {
    std::vector<std::pair<std::size_t, std::size_t>> apart;
    const auto& allowed = one.allowed;
    for (std::size_t a = 0; a < allowed.size(); ++a)
        for (std::size_t b = a + 1; b < allowed.size(); ++b)
            if (allowed[a].skipped.empty() && allowed[b].skipped.empty() &&
                allowed[a].outcomes != allowed[b].outcomes)
                apart.emplace_back(a, b);
    const bool is_new = std::any_of(apart.begin(), apart.end(),
                                    [&](const auto& pair) { return programs_[pair] < enough; });
    if (is_new)
        for (const auto& pair : apart) ++programs_[pair];
    return is_new;
}

CaseResult judge(const ConformCase& one, const Plan& plan,
                 const std::vector<wire::Results>& answers, const wire::Hello& kernel) {
    CaseResult result;
    result.what = &one;
    std::set<Seens> seen;
    for (const wire::Results& answer : answers) {
        Observation observation = observe(plan, answer, kernel);
        if (!observation.skipped.empty()) {
            // What has no effect this time may have one the next; but nothing at all says nothing.
            result.skipped = observation.skipped;
            continue;
        }
        seen.insert(without(observation.seens, {}));
    }
    result.seen.assign(seen.begin(), seen.end());
    if (seen.empty()) return result;
    result.skipped.clear();
    if (result.seen.front().empty()) {
        result.skipped = "nothing that it sees can be seen here";
        return result;
    }
    const std::set<std::string>& unseen = result.unseen = unseen_names(plan);
    for (const ModelOutcomes& allowed : one.allowed)
        result.fits.push_back(fit_of(allowed, unseen, result.seen));
    result.tells_apart = tells_apart(one, unseen);
    return result;
}

KernelReport conform(const std::string& image, const std::vector<ConformCase>& cases,
                     const ConformLimits& limits, const std::atomic<bool>& stop) {
    KernelReport report;
    report.image = image;
    const auto begin = std::chrono::steady_clock::now();
    try {
        GuestOptions guest;
        guest.image = image;
        guest.boot_timeout = 2 * limits.timeout;
        Kernel kernel = image.empty() ? Kernel(Kernel::Host{}, stop) : Kernel(guest, stop);
        report.release = kernel.hello().release;
        report.boot_seconds = seconds_since(begin);
        for (const ConformCase& one : cases) {
            if (stop) {
                report.stopped = "it was interrupted";
                break;
            }
            report.stopped_in = one.name();
            report.results.push_back(run_case(kernel, one, limits, report.runs));
        }
    } catch (const KernelStopped& stopped) {
        report.stopped = stopped.what();
    }
    report.run_seconds = seconds_since(begin) - report.boot_seconds;
    return report;
}

FitCount count(const KernelReport& report, std::size_t design) {
    FitCount result;
    for (const CaseResult& one : report.results) {
        if (!one.skipped.empty()) continue;
        switch (one.fits[design]) {
        case Fit::agrees: ++result.agrees; break;
        case Fit::contradicts: ++result.contradicts; break;
        case Fit::skipped: ++result.skipped; break;
        case Fit::limited: ++result.limited; break;
        }
    }
    return result;
}

std::vector<std::size_t> closest(const KernelReport& report, std::size_t designs) {
    std::vector<std::size_t> best;
    const auto key = [&](std::size_t design) {
        const FitCount fits = count(report, design);
        // A program that the kernel ran and the design has no operation for speaks against it, too.
        return std::pair(fits.contradicts + fits.skipped, -static_cast<int>(fits.agrees));
    };
    for (std::size_t design = 0; design < designs; ++design) {
        if (!best.empty() && key(design) < key(best.front())) best.clear();
        if (best.empty() || key(design) == key(best.front())) best.push_back(design);
    }
    return best;
}

}  // namespace cowcheck
