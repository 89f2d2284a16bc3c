// --format junit and ktap: every property in every world as a test.
#include "cli/formats/gate.h"
#include "verify/run/numbers.h"

#include <pugixml.hpp>

#include <array>
#include <cstdio>
#include <sstream>

namespace cowcheck {

namespace {

struct TestCase {
    std::string group;  // a world, or "expectations"
    std::string name;
    enum class Outcome : std::uint8_t { pass, fail, skip, error } outcome = Outcome::pass;
    std::string message;
    std::string detail;
    double seconds = 0;
};

TestCase to_test(const GateReport& report, const Comparison& one) {
    using enum TestCase::Outcome;
    TestCase test{one.world, one.property, pass, {}, {}, 0};
    if (one.change == Change::undecided) {
        test.outcome = error;
        test.message = !one.fault.empty()         ? "a fault of cowcheck: " + one.fault
                       : report.stop_text.empty() ? "undecided"
                                                  : "undecided: " + report.stop_text;
    } else if (one.change == Change::worse) {
        test.outcome = one.waiver.empty() ? fail : skip;
        test.message = one.waiver.empty() ? sentence(report, one) : "waived: " + one.waiver;
        test.detail = one.place.file + ":" + std::to_string(one.place.line) +
                      (one.decides.empty() ? "" : "\ndecided by " + one.decides) + "\n" + one.trace;
    } else if (one.after == Verdict::not_applicable) {
        test.outcome = skip;
        test.message = "does not apply";
    }
    return test;
}

TestCase to_test(const GateReport& report, const ExpectationResult& one) {
    using enum TestCase::Outcome;
    TestCase test{"expectations", one.property, pass, {}, {}, 0};
    if (!one.violated) {
        test.outcome = skip;
        test.message = "not decided";
    } else if (one.differs()) {
        test.outcome = one.waiver.empty() ? fail : skip;
        test.message = one.waiver.empty() ? sentence(report, one) : "waived: " + one.waiver;
        test.detail = one.place.file + ":" + std::to_string(one.place.line);
    }
    return test;
}

TestCase to_test(const GateReport& report, const PathComparison& one) {
    using enum TestCase::Outcome;
    if (!one.worse()) return {"paths", one.path, pass, {}, {}, 0};
    return {"paths", one.path, fail, sentence(report, one), {}, 0};
}

TestCase to_test(const LeftOut& one) {
    return {one.world,
            "applies",
            TestCase::Outcome::skip,
            one.design + " has no operation '" + one.operation + "'" +
                (one.why.empty() ? "" : ": " + one.why),
            {},
            0};
}

// Group by group.
std::vector<std::vector<TestCase>> all_tests(const GateReport& report) {
    std::vector<std::vector<TestCase>> groups;
    for (const GateWorld& world : report.worlds) {
        groups.emplace_back();
        for (const Comparison& one : report.comparisons)
            if (one.world == world.world) groups.back().push_back(to_test(report, one));
        // The properties of a world are looked at together: each has its share.
        for (TestCase& test : groups.back())
            test.seconds = world.seconds / static_cast<double>(groups.back().size());
    }
    groups.emplace_back();
    for (const PathComparison& one : report.paths) groups.back().push_back(to_test(report, one));
    for (const LeftOut& one : report.left_out) groups.push_back({to_test(one)});
    if (!report.expectations.empty()) groups.emplace_back();
    for (const ExpectationResult& one : report.expectations)
        groups.back().push_back(to_test(report, one));
    std::erase_if(groups, [](const auto& group) { return group.empty(); });
    return groups;
}

std::string seconds_text(double seconds) {
    std::array<char, 32> text{};
    (void)std::snprintf(text.data(), text.size(), "%.3f", seconds);
    return text.data();
}

struct Counts {
    unsigned tests = 0;
    unsigned failures = 0;
    unsigned errors = 0;
    unsigned skipped = 0;

    void add(const TestCase& test) {
        ++tests;
        failures += test.outcome == TestCase::Outcome::fail;
        errors += test.outcome == TestCase::Outcome::error;
        skipped += test.outcome == TestCase::Outcome::skip;
    }
};

void put(pugi::xml_node node, const Counts& counts, bool with_skipped) {
    node.append_attribute("tests") = counts.tests;
    node.append_attribute("failures") = counts.failures;
    node.append_attribute("errors") = counts.errors;
    if (with_skipped) node.append_attribute("skipped") = counts.skipped;
}

void put(pugi::xml_node suite, const GateReport& report, const TestCase& test) {
    pugi::xml_node node = suite.append_child("testcase");
    node.append_attribute("name") = test.name.c_str();
    node.append_attribute("classname") = (report.design + "." + test.group).c_str();
    node.append_attribute("time") = seconds_text(test.seconds).c_str();
    static constexpr std::array<const char*, 4> elements{nullptr, "failure", "skipped", "error"};
    const char* element = elements[static_cast<std::size_t>(test.outcome)];
    if (element == nullptr) return;
    pugi::xml_node outcome = node.append_child(element);
    outcome.append_attribute("message") = test.message.c_str();
    if (test.outcome != TestCase::Outcome::skip) {
        outcome.append_attribute("type") = "cowcheck";
        outcome.text() = test.detail.c_str();
    }
}

// The words of a KTAP line: no '#', which begins a directive.
std::string ktap_words(std::string text) {
    for (char& c : text)
        if (c == '#' || c == '\n') c = ' ';
    return text;
}

std::string ktap_line(unsigned number, const TestCase& test) {
    const bool bad =
        test.outcome == TestCase::Outcome::fail || test.outcome == TestCase::Outcome::error;
    std::string text;
    if (!test.message.empty() && bad)
        for (const std::string& line : {test.message, test.detail})
            if (!line.empty()) text += "  # " + ktap_words(line) + "\n";
    text += std::string("  ") + (bad ? "not ok " : "ok ") + std::to_string(number) + " " +
            ktap_words(test.name);
    if (test.outcome == TestCase::Outcome::skip) text += " # SKIP " + ktap_words(test.message);
    return text + "\n";
}

}  // namespace

std::string gate_junit(const GateReport& report) {
    pugi::xml_document document;
    pugi::xml_node suites = document.append_child("testsuites");
    suites.append_attribute("name") = ("cowcheck gate " + report.design).c_str();
    Counts all;
    const auto groups = all_tests(report);
    for (const auto& group : groups)
        for (const TestCase& test : group) all.add(test);
    put(suites, all, false);
    suites.append_attribute("time") = seconds_text(report.seconds).c_str();
    for (const auto& group : groups) {
        Counts counts;
        for (const TestCase& test : group) counts.add(test);
        pugi::xml_node suite = suites.append_child("testsuite");
        suite.append_attribute("name") = group.front().group.c_str();
        put(suite, counts, true);
        double seconds = 0;
        for (const TestCase& test : group) seconds += test.seconds;
        suite.append_attribute("time") = seconds_text(seconds).c_str();
        for (const TestCase& test : group) put(suite, report, test);
    }
    std::ostringstream out;
    document.save(out, "  ");
    return out.str();
}

std::string gate_ktap(const GateReport& report) {
    const auto groups = all_tests(report);
    std::string text = "KTAP version 1\n1.." + std::to_string(groups.size()) + "\n";
    for (std::size_t i = 0; i < groups.size(); ++i) {
        text += "  KTAP version 1\n  # Subtest: " + groups[i].front().group + "\n  1.." +
                std::to_string(groups[i].size()) + "\n";
        bool good = true;
        for (std::size_t k = 0; k < groups[i].size(); ++k) {
            const TestCase& test = groups[i][k];
            good = good && test.outcome != TestCase::Outcome::fail &&
                   test.outcome != TestCase::Outcome::error;
            text += ktap_line(static_cast<unsigned>(k + 1), test);
        }
        text += std::string(good ? "ok " : "not ok ") + std::to_string(i + 1) + " " +
                ktap_words(groups[i].front().group) + "\n";
    }
    return text;
}

}  // namespace cowcheck
