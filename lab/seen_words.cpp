#include "lab/seen_words.h"

#include "verify/run/bad_input.h"

#include <algorithm>

namespace cowcheck {

namespace {

constexpr std::string_view page_word = "page ";

std::string page_text(std::uint8_t code) {
    switch (code) {
    case SeenCode::none: return "none";
    case SeenCode::zeropage: return "zeropage";
    case SeenCode::file: return "file";
    case SeenCode::swapped: return "swapped";
    case SeenCode::migrating: return "migrating";
    default: return std::string(page_word) + std::to_string(code);
    }
}

std::string word_of(const ProgramPlan& plan, Seen seen, std::uint8_t code) {
    switch (code) {
    case SeenCode::waits: return "waits";
    case SeenCode::unreached: return "unreached";
    case SeenCode::fault: return "fault";
    default: break;
    }
    switch (seen) {
    case Seen::value: return plan.values[code];
    case Seen::result: return "ok";
    case Seen::event: return code == SeenCode::ok ? "event" : "none";
    case Seen::page: return page_text(code);
    case Seen::bit: return code == SeenCode::ok ? "true" : "false";
    case Seen::count: return std::to_string(code);
    }
    return {};
}

// Pages by the order of the names.
Seens counted_anew(Seens seens) {
    std::vector<std::string> pages;
    for (auto& [name, word] : seens) {
        if (!word.starts_with(page_word)) continue;
        auto known = std::find(pages.begin(), pages.end(), word);
        if (known == pages.end()) known = pages.insert(pages.end(), word);
        word = std::string(page_word) + std::to_string(known - pages.begin() + 1);
    }
    return seens;
}

Seens seens_of(const ProgramPlan& plan, const SeenAll& seen) {
    Seens seens;
    for (std::size_t i = 0; i < plan.seen.size(); ++i)
        seens.emplace_back(plan.seen[i].text(), word_of(plan, plan.seen[i].seen, seen[i]));
    return counted_anew(std::move(seens));
}

}  // namespace

ModelOutcomes model_outcomes(const DesignText& design, const ProgramText& text,
                             const ProgramStart& start, std::uint64_t max_states) {
    ModelOutcomes result;
    if (const auto absent = not_applicable(design, text, start); !absent.empty()) {
        const Absent& first = absent.front();
        result.skipped = "no " + to_text(first.item) + (first.why.empty() ? "" : ": " + first.why);
        return result;
    }
    Diagnostics out;
    const auto plan = plan_program(design, text, start, out);
    if (!plan)
        throw BadInput("design '" + design.name() + "' with program '" + text.name + "'\n" +
                       to_text(out));
    ProgramRunOptions options;
    options.max_states = max_states;
    const ProgramRun run = run_program(*plan, options);
    result.limited = run.limited;
    for (const ProgramOutcome& outcome : run.outcomes)
        result.outcomes.insert(seens_of(*plan, outcome.seen));
    return result;
}

Seens without(const Seens& seens, const std::set<std::string>& names) {
    Seens left;
    for (const auto& one : seens) {
        const std::string name = one.first.substr(0, one.first.find('['));
        if (!names.contains(name)) left.push_back(one);
    }
    return counted_anew(std::move(left));
}

std::set<Seens> without(const std::set<Seens>& all, const std::set<std::string>& names) {
    std::set<Seens> left;
    for (const Seens& one : all) left.insert(without(one, names));
    return left;
}

std::string to_text(const Seens& seens) {
    std::string text;
    for (const auto& [name, word] : seens)
        text += (text.empty() ? "" : " ") + name + "=" + word;
    return text;
}

}  // namespace cowcheck
