#include "cli/prove_report.h"

#include "cli/numbers.h"

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

std::string line(unsigned indent, std::string_view label, std::string_view text) {
    std::string out(indent, ' ');
    out += label;
    out += std::string(label.size() < 18 ? 18 - label.size() : 1, ' ');
    return out + std::string(text) + "\n";
}

// What the overflow of 32 bits does to a test that integers can't fool.
std::string overflow_text(const Finding& finding) {
    const prove::Answer& answer = finding.answer;
    if (answer.outcome != Outcome::refuted) return std::string(name_of(answer.outcome));
    const prove::Witness& witness = *answer.witness;
    std::string text = "not when it overflows: " + to_text(witness, finding.folio);
    const std::uint64_t pins = witness.number_of("my_pins") + witness.number_of("other_pins");
    if (finding.subject == Subject::false_negative && pins > 0)
        text = "no false negative up to " + count_text(pins - 1) + " pins; then " + text;
    return text;
}

std::string outcome_text(const Finding& finding) {
    const prove::Answer& answer = finding.answer;
    switch (answer.outcome) {
    case Outcome::proved: return "proved: " + std::string(meaning(finding.subject));
    case Outcome::refuted:
        return "refuted: " + to_text(*answer.witness, finding.folio);
    case Outcome::unknown: break;
    }
    return "unknown: the solver gave up (" + answer.why + "); see --solver-timeout";
}

// A kind of reference by which alone the test can, or can't, be fooled.
std::string cause_text(const Finding& finding) {
    const prove::Answer& answer = finding.answer;
    const std::string cause(finding.cause->many);
    if (answer.outcome == Outcome::refuted)
        return "by " + cause + ": " + to_text(*answer.witness, finding.folio);
    if (answer.outcome == Outcome::unknown) return "by " + cause + ": unknown";
    if (finding.thanks_to_anon_exclusive)
        return "not by " + cause + ", thanks to PageAnonExclusive";
    return "not by " + cause;
}

std::string finding_text(const Finding& finding) {
    if (finding.cause != nullptr) return line(6, "", cause_text(finding));
    if (finding.numbers == Numbers::integers) {
        std::string text = outcome_text(finding);
        if (finding.thanks_to_anon_exclusive) text += ", thanks to PageAnonExclusive";
        return line(4, name_of(finding.subject), text);
    }
    if (finding.numbers == Numbers::bits32)
        return line(6, "", "in 32 bits, as long as the count fits: " +
                               std::string(name_of(finding.answer.outcome)));
    return line(6, "", "in 32 bits: " + overflow_text(finding));
}

std::string guard_text(const GuardReport& report) {
    const prove::Guard& guard = report.guard;
    std::string text = guard.handler + "(), " + place(guard.span) + ": " + guard.text + "\n";
    if (guard.page.empty()) return text + "  reads the counts of several pages: not looked at\n";
    text += "  " + std::string(claim_text(report.claim)) + "\n";
    if (!guard.facts.empty()) {
        text += "  known on the way here:";
        for (const prove::Fact& fact : guard.facts)
            text += (&fact == &guard.facts.front() ? " " : ", ") +
                    std::string(fact.holds ? "" : "not ") + prove::to_text(*fact.condition);
        text += "\n";
    }
    const Finding* before = nullptr;
    for (const Finding& finding : report.findings) {
        if (before == nullptr || before->folio != finding.folio)
            text += "  " + std::string(name_of(finding.folio)) + "\n";
        text += finding_text(finding);
        before = &finding;
    }
    return text;
}

nlohmann::ordered_json json_of(const prove::Witness& witness, FolioKind folio) {
    nlohmann::ordered_json json{{"refcount", witness.refcount},
                                {"mapcount", witness.mapcount},
                                {"pincount", witness.pincount},
                                {"swapcount", witness.swapcount},
                                {"smallest", witness.smallest},
                                {"text", to_text(witness, folio)}};
    for (const auto& [part, n] : witness.parts)
        json["references"][std::string(part->name)] = n;
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
                       (report.guards.empty() ? std::string("no test reads refcount or mapcount")
                                              : plural(report.guards.size(), "test") +
                                                    " of refcount or mapcount") +
                       "\n";
    if (report.anon_exclusive)
        text += "Assumed, as its handlers are written to keep it so (check: unpin_finds_exclusive):\n"
                "  a PageAnonExclusive page is out of reach of other processes,\n"
                "  and a pinned page is PageAnonExclusive.\n";
    for (const GuardReport& guard : report.guards) text += "\n" + guard_text(guard);
    return text;
}

std::string prove_json(const std::vector<prove::Report>& reports) {
    nlohmann::ordered_json json{{"format", "cowcheck-prove"}, {"version", 1},
                                {"cowcheck", version}, {"designs", nlohmann::ordered_json::array()}};
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
