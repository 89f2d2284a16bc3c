#include "cli/formats/prove_text_json.h"

#include "verify/run/numbers.h"

#include "cowcheck_version.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace cowcheck {

namespace {

using prove::Claim;
using prove::Finding;
using prove::FolioKind;
using prove::GuardReport;
using prove::Numbers;
using prove::Outcome;
using prove::Subject;

std::string place(const SourceSpan& span) {
    return (span.file != nullptr ? span.file->name : "") + ":" + std::to_string(span.line);
}

std::string_view claim_text(Claim claim) {
    switch (claim) {
    case Claim::exclusive: return "true means exclusive: no other process can reach the page";
    case Claim::shared: return "false means exclusive: no other process can reach the page";
    case Claim::pinned: return "true means pinned: somebody holds a FOLL_PIN";
    case Claim::nothing: break;
    }
    return "says nothing about who can reach the page, or whether it is pinned";
}

std::string_view meaning(Subject subject) {
    switch (subject) {
    case Subject::sound: return "if it says exclusive, no other process can reach the page";
    case Subject::complete: return "if no other process can reach the page, it says exclusive";
    case Subject::false_negative: return "if there is a pin, it says pinned";
    case Subject::false_positive: break;
    }
    return "if it says pinned, there is a pin";
}

// Text that begins behind a label and goes on under its own first column.
std::string line(std::string_view label, const std::string& text) {
    constexpr std::size_t column = 24;
    constexpr std::size_t width = 80;
    std::string out = "    " + std::string(label);
    out += std::string(column - std::min(column - 1, out.size()), ' ');
    std::size_t at = column;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t end = std::min(text.find(' ', i), text.size());
        if (at + (end - i) > width && at > column) {
            out.back() = '\n';
            out += std::string(column, ' ');
            at = column;
        }
        out += text.substr(i, end - i) + " ";
        at += end - i + 1;
        i = end + 1;
    }
    out.back() = '\n';
    return out;
}

std::string witness_text(const Finding& finding) {
    const prove::Witness& witness = *finding.answer.witness;
    return "with " + references_text(witness, true) + ": " + counts_text(witness, finding.folio);
}

// What the overflow of 32 bits does to a test that integers can't fool.
std::string overflow_text(const Finding& finding) {
    if (finding.answer.outcome != Outcome::refuted)
        return "in 32 bits that overflow: " + std::string(name_of(finding.answer.outcome));
    const prove::Witness& witness = *finding.answer.witness;
    const std::uint64_t pins = witness.number_of("my_pins") + witness.number_of("other_pins");
    if (finding.subject == Subject::false_negative && pins > 0)
        return "in 32 bits: no false negative up to " + std::to_string(pins - 1) +
               " pins; one more overflows, and it reads " + counts_text(witness, finding.folio);
    return "but 32 bits overflow " + witness_text(finding);
}

std::string outcome_text(const Finding& finding) {
    const prove::Answer& answer = finding.answer;
    switch (answer.outcome) {
    case Outcome::proved:
        return "proved: " + std::string(meaning(finding.subject)) +
               (finding.thanks_to_anon_exclusive ? ", thanks to PageAnonExclusive" : "");
    case Outcome::refuted: return "refuted " + witness_text(finding);
    case Outcome::unknown: break;
    }
    if (!finding.fault.empty()) return "no answer: " + answer.why;
    return "unknown: the solver gave up (" + answer.why + "); see --solver-timeout";
}

// Whether a witness has just this kind of reference: then it has been told.
bool is_only(const Finding& finding, const prove::Part* cause) {
    return finding.answer.witness && cause != nullptr &&
           finding.answer.witness->number_of(cause->name) != 0;
}

// A kind of reference by which alone the test is fooled, too, or is no more.
std::string cause_text(const Finding& finding, const Finding& main) {
    const prove::Answer& answer = finding.answer;
    if (answer.outcome == Outcome::refuted)
        return is_only(main, finding.cause)
                   ? std::string()
                   : line("", "also with " + references_text(*answer.witness, true) + ": " +
                                  counts_text(*answer.witness, finding.folio));
    if (answer.outcome == Outcome::unknown)
        return line("", "with " + std::string(finding.cause->many) + " alone: unknown");
    if (finding.thanks_to_anon_exclusive)
        return line("", "not with " + std::string(finding.cause->many) +
                            ": they can't be here, thanks to PageAnonExclusive");
    return {};
}

std::string finding_text(const Finding& finding, const Finding& main) {
    if (finding.cause != nullptr) return cause_text(finding, main);
    if (finding.numbers == Numbers::integers)
        return line(name_of(finding.subject), outcome_text(finding));
    if (finding.numbers == Numbers::bits32)
        return line("", std::string(finding.answer.outcome == Outcome::unknown ? "" : "also ") +
                            "in 32 bits, for every count that fits: " +
                            std::string(name_of(finding.answer.outcome)));
    return line("", overflow_text(finding));
}

std::string guard_text(const GuardReport& report) {
    const prove::Guard& guard = report.guard;
    std::string text = guard.handler + "(), " + place(guard.span) + ": " + guard.text + "\n";
    if (guard.page.empty()) return text + "  unknown: it reads the counts of several pages\n";
    text += "  " + std::string(claim_text(report.claim)) + "\n";
    if (!guard.facts.empty()) {
        text += "  known on the way here:";
        for (const prove::Fact& fact : guard.facts)
            text += (&fact == &guard.facts.front() ? " " : ", ") +
                    std::string(fact.holds ? "" : "not ") + prove::to_text(*fact.condition);
        text += "\n";
    }
    const Finding* main = nullptr;  // the question that those for single causes belong to
    for (const Finding& finding : report.findings) {
        if (main == nullptr || main->folio != finding.folio)
            text += "  " + std::string(name_of(finding.folio)) +
                    (report.claim == Claim::pinned && finding.folio != FolioKind::small
                         ? " (as written; of these the kernel asks _pincount > 0)\n"
                         : "\n");
        if (finding.cause == nullptr) main = &finding;
        text += finding_text(finding, *main);
    }
    return text;
}

nlohmann::ordered_json json_of(const prove::Witness& witness, FolioKind folio) {
    nlohmann::ordered_json json{
        {"refcount", witness.refcount},
        {"mapcount", witness.mapcount},
        {"pincount", witness.pincount},
        {"swapcount", witness.swapcount},
        {"smallest", witness.smallest},
        {"text", references_text(witness, true) + ": " + counts_text(witness, folio)}};
    for (const auto& [part, n] : witness.parts) json["references"][std::string(part->name)] = n;
    return json;
}

nlohmann::ordered_json json_of(const Finding& finding) {
    nlohmann::ordered_json json{{"folio", name_of(finding.folio)},
                                {"subject", name_of(finding.subject)},
                                {"numbers", name_of(finding.numbers)},
                                {"outcome", name_of(finding.answer.outcome)}};
    if (finding.cause != nullptr) json["only"] = finding.cause->name;
    if (finding.answer.witness) json["witness"] = json_of(*finding.answer.witness, finding.folio);
    if (finding.answer.outcome == Outcome::proved) {
        json["needed"] = finding.answer.needed;
        json["thanks_to_anon_exclusive"] = finding.thanks_to_anon_exclusive;
    }
    if (finding.answer.outcome == Outcome::unknown) json["why"] = finding.answer.why;
    return json;
}

nlohmann::ordered_json json_of(const GuardReport& report) {
    nlohmann::ordered_json json{{"handler", report.guard.handler},
                                {"place", place(report.guard.span)},
                                {"guard", report.guard.text},
                                {"claim", name_of(report.claim)},
                                {"known", nlohmann::ordered_json::array()},
                                {"findings", nlohmann::ordered_json::array()}};
    for (const prove::Fact& fact : report.guard.facts)
        json["known"].push_back((fact.holds ? "" : "not ") + prove::to_text(*fact.condition));
    for (const Finding& finding : report.findings) json["findings"].push_back(json_of(finding));
    return json;
}

}  // namespace

std::string prove_text(const prove::Report& report) {
    std::string text = report.design + ": " +
                       (report.guards.empty()
                            ? std::string("no test reads refcount or mapcount")
                            : plural(report.guards.size(), "test") + " of refcount or mapcount") +
                       "\n";
    if (report.anon_exclusive)
        text +=
            "Assumed, as its handlers are written to keep it so (check: unpin_finds_exclusive):\n"
            "  a PageAnonExclusive page is out of reach of other processes,\n"
            "  and a pinned page is PageAnonExclusive.\n";
    for (const GuardReport& guard : report.guards) text += "\n" + guard_text(guard);
    return text;
}

std::string prove_json(const std::vector<prove::Report>& reports) {
    nlohmann::ordered_json json{{"format", "cowcheck-prove"},
                                {"version", 1},
                                {"cowcheck", version},
                                {"designs", nlohmann::ordered_json::array()}};
    for (const prove::Report& report : reports) {
        nlohmann::ordered_json design{{"design", report.design},
                                      {"anon_exclusive", report.anon_exclusive},
                                      {"guards", nlohmann::ordered_json::array()}};
        for (const GuardReport& guard : report.guards) design["guards"].push_back(json_of(guard));
        json["designs"].push_back(design);
    }
    return json.dump(2) + "\n";
}

std::string prove_smt2(const std::vector<prove::Report>& reports) {
    std::string text = "; cowcheck prove: every question as a query of its own. Each stands\n"
                       "; alone between two (reset).\n";
    for (const prove::Report& report : reports)
        for (const GuardReport& guard : report.guards)
            for (const Finding& finding : guard.findings)
                text += "\n; ----------------------------------------------------------------\n" +
                        finding.smt2 + "(reset)\n";
    return text;
}

}  // namespace cowcheck
