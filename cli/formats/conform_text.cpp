#include "cli/formats/conform.h"
#include "verify/run/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace cowcheck {

namespace {

constexpr std::size_t width = 80;

// Words behind a heading, broken at the width.
std::string paragraph(std::string_view heading, const std::vector<std::string>& words) {
    std::string text(heading);
    std::size_t column = text.size();
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string word = words[i] + (i + 1 < words.size() ? "," : "");
        if (column + 1 + word.size() > width && i > 0) {
            text += "\n     ";
            column = 5;
        }
        text += " " + word;
        column += 1 + word.size();
    }
    return text + "\n";
}

std::string seens_text(std::string_view indent, const Seens& seens) {
    std::vector<std::string> words;
    for (const auto& [name, word] : seens) words.push_back(name + "=" + word);
    return paragraph(indent, words);
}

struct Totals {
    unsigned agreed = 0;
    unsigned disagreed = 0;
    unsigned skipped = 0;
    unsigned undecided = 0;
    unsigned no_difference = 0;  // of those that agree: no two designs differ on them
};

Totals totals(const ConformReport& report, const KernelReport& kernel) {
    Totals result;
    const auto judges = report.judges(kernel);
    for (const CaseResult& one : kernel.results) {
        const auto is = [&](Fit fit) {
            return std::any_of(judges.begin(), judges.end(),
                               [&](std::size_t design) { return one.fits[design] == fit; });
        };
        if (!one.skipped.empty())
            ++result.skipped;
        else if (report.disagrees(kernel, one))
            ++result.disagreed;
        else if (is(Fit::limited))
            ++result.undecided;
        else if (!is(Fit::agrees))
            ++result.skipped;
        else if (one.tells_apart)
            ++result.agreed;
        else
            ++result.no_difference;
    }
    return result;
}

std::vector<std::string> names(const ConformReport& report,
                               const std::vector<std::size_t>& designs) {
    std::vector<std::string> words;
    for (const std::size_t design : designs) words.push_back(report.designs[design]);
    return words;
}

std::string contradicted(const ConformReport& report, const KernelReport& kernel) {
    std::vector<std::string> words;
    for (std::size_t design = 0; design < report.designs.size(); ++design)
        if (const FitCount fits = count(kernel, design); fits.contradicts != 0)
            words.push_back(fmt::format("{} ({})", report.designs[design], fits.contradicts));
    return words.empty() ? "  contradicts none\n" : paragraph("  contradicts", words);
}

std::string disagreement(const ConformReport& report, const KernelReport& kernel,
                         const CaseResult& one) {
    std::string text = fmt::format("  disagrees: {}\n", one.what->name());
    for (const Seens& seen : one.seen) text += seens_text("    saw:", seen);
    for (const std::size_t design : report.judges(kernel)) {
        if (one.fits[design] != Fit::contradicts) continue;
        const auto allowed = without(one.what->allowed[design].outcomes, one.unseen);
        text += fmt::format("    {} allows {} outcome{}:\n", report.designs[design], allowed.size(),
                            allowed.size() == 1 ? "" : "s");
        unsigned shown = 0;
        for (const Seens& outcome : allowed) {
            if (++shown > 4) {
                text += "      ...\n";
                break;
            }
            text += seens_text("     ", outcome);
        }
    }
    std::vector<std::string> allowing;
    for (std::size_t design = 0; design < report.designs.size(); ++design)
        if (one.fits[design] == Fit::agrees) allowing.push_back(report.designs[design]);
    return text + (allowing.empty() ? "    no design here allows it\n"
                                    : paragraph("    allowed by", allowing));
}

std::string kernel_text(const ConformReport& report, const KernelReport& kernel) {
    const std::string image = kernel.image.substr(kernel.image.rfind('/') + 1);
    std::string text = fmt::format("kernel {}\n", kernel.release.empty() ? image : kernel.release);
    if (!kernel.stopped.empty()) {
        text += fmt::format("  stopped: {}\n", kernel.stopped);
        if (!kernel.stopped_in.empty()) text += fmt::format("  in: {}\n", kernel.stopped_in);
    }
    if (kernel.results.empty()) return text;
    const Totals sum = totals(report, kernel);
    const auto judges = report.judges(kernel);
    text += paragraph(report.named ? "  held against" : "  behaves like", names(report, judges));
    text += fmt::format("  {} programs: {} agreed, {} disagreed, {} skipped", kernel.results.size(),
                        sum.agreed + sum.no_difference, sum.disagreed, sum.skipped);
    text += sum.undecided == 0 ? "\n" : fmt::format(", {} undecided\n", sum.undecided);
    text += fmt::format("  {} of those that agreed tell no two designs apart\n", sum.no_difference);
    text += contradicted(report, kernel);
    for (const CaseResult& one : kernel.results)
        if (one.skipped.empty() && report.disagrees(kernel, one))
            text += disagreement(report, kernel, one);
    for (const CaseResult& one : kernel.results)
        if (!one.skipped.empty())
            text += fmt::format("  skipped: {}: {}\n", one.what->name(), one.skipped);
    return text;
}

}  // namespace

std::vector<std::size_t> ConformReport::judges(const KernelReport& kernel) const {
    if (!named) return closest(kernel, designs.size());
    std::vector<std::size_t> all(designs.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

bool ConformReport::disagrees(const KernelReport& kernel, const CaseResult& one) const {
    if (!one.skipped.empty()) return false;
    const auto all = judges(kernel);
    return std::any_of(all.begin(), all.end(),
                       [&](std::size_t design) { return one.fits[design] == Fit::contradicts; });
}

int ConformReport::exit_status() const {
    bool stopped = false;
    for (const KernelReport& kernel : kernels) {
        for (const CaseResult& one : kernel.results)
            if (disagrees(kernel, one)) return ExitStatus::violation;
        const Totals sum = totals(*this, kernel);
        stopped = stopped || !kernel.stopped.empty() || sum.undecided != 0;
    }
    return stopped ? ExitStatus::stopped : ExitStatus::no_violation;
}

std::string conform_text(const ConformReport& report) {
    std::string text;
    for (const KernelReport& kernel : report.kernels)
        text += (text.empty() ? "" : "\n") + kernel_text(report, kernel);
    return text;
}

}  // namespace cowcheck
