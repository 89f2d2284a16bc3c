#include "cli/formats/conform.h"

#include <nlohmann/json.hpp>

namespace cowcheck {

namespace {

using nlohmann::ordered_json;

std::string_view word_of(Fit fit) {
    switch (fit) {
    case Fit::agrees: return "agrees";
    case Fit::contradicts: return "contradicts";
    case Fit::skipped: return "skipped";
    case Fit::limited: return "undecided";
    }
    return {};
}

ordered_json seens_json(const Seens& seens) {
    ordered_json json = ordered_json::object();
    for (const auto& [name, word] : seens) json[name] = word;
    return json;
}

ordered_json case_json(const ConformReport& report, const KernelReport& kernel,
                       const CaseResult& one) {
    ordered_json json{{"program", one.what->name()}};
    if (!one.skipped.empty()) {
        json["result"] = "skipped";
        json["reason"] = one.skipped;
        return json;
    }
    json["result"] = report.disagrees(kernel, one) ? "disagrees" : "agrees";
    json["tells_apart"] = one.tells_apart;
    json["saw"] = ordered_json::array();
    for (const Seens& seen : one.seen) json["saw"].push_back(seens_json(seen));
    for (std::size_t design = 0; design < report.designs.size(); ++design)
        json["designs"][report.designs[design]] = word_of(one.fits[design]);
    return json;
}

ordered_json kernel_json(const ConformReport& report, const KernelReport& kernel) {
    ordered_json json{{"image", kernel.image}, {"release", kernel.release}};
    if (!kernel.stopped.empty()) {
        json["stopped"] = kernel.stopped;
        json["stopped_in"] = kernel.stopped_in;
    }
    json["boot_seconds"] = kernel.boot_seconds;
    json["run_seconds"] = kernel.run_seconds;
    json["runs"] = kernel.runs;
    json["behaves_like"] = ordered_json::array();
    if (!kernel.results.empty())
        for (const std::size_t design : closest(kernel, report.designs.size()))
            json["behaves_like"].push_back(report.designs[design]);
    for (std::size_t design = 0; design < report.designs.size(); ++design) {
        const FitCount fits = count(kernel, design);
        json["designs"][report.designs[design]] = {{"agrees", fits.agrees},
                                                   {"contradicts", fits.contradicts},
                                                   {"skipped", fits.skipped},
                                                   {"undecided", fits.limited}};
    }
    json["programs"] = ordered_json::array();
    for (const CaseResult& one : kernel.results)
        json["programs"].push_back(case_json(report, kernel, one));
    return json;
}

}  // namespace

std::string conform_json(const ConformReport& report) {
    ordered_json json{{"format", "cowcheck-conform"}, {"version", 1}, {"designs", report.designs}};
    json["kernels"] = ordered_json::array();
    for (const KernelReport& kernel : report.kernels)
        json["kernels"].push_back(kernel_json(report, kernel));
    return json.dump(2) + "\n";
}

}  // namespace cowcheck
