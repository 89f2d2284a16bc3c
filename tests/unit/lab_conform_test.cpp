// What a kernel answered, held against what designs allow: on recorded answers.
#include "lab/conform.h"
#include "lab/draw.h"
#include "verify/run/selection.h"

#include <doctest/doctest.h>

#include <set>

using namespace cowcheck;

namespace {

constexpr std::uint64_t max_states = 200'000;

struct Conformed {
    SourceFile file;
    std::optional<ProgramText> text;
    Library library = load_library();
    std::vector<DesignText> designs;
    std::vector<ConformCase> cases;
    wire::Hello kernel =
        *wire::parse_hello("hello 1 5.7.14 100 has pfn io_uring soft_dirty uffd_wp");
    Plan plan;

    Conformed(const std::string& lines, const std::vector<std::string>& names)
        : file{"t.program", "program t\nmemory anonymous written\n" + lines + "\n"} {
        Diagnostics out;
        text = read_program(file, out);
        REQUIRE_MESSAGE(text, to_text(out));
        for (const std::string& name : names) designs.push_back(find_design(library, name));
        cases = cases_of(*text, nullptr, designs, max_states);
        REQUIRE(cases.size() == 1);
        plan = plan_of(*cases[0].text, cases[0].world, cases[0].pages, kernel);
        REQUIRE(plan.skipped.empty());
    }

    // Each of `answers` is to the steps behind those that make the memory.
    [[nodiscard]] CaseResult judged(const std::vector<std::string>& answers) const {
        std::vector<wire::Results> all;
        for (const std::string& answer : answers) {
            std::string line = "did 1";
            for (std::size_t i = 0; i < plan.setup; ++i) line += " o";
            const auto results = wire::parse_results(line + " " + answer, 1);
            REQUIRE(results);
            REQUIRE(results->size() == plan.steps.size());
            all.push_back(*results);
        }
        return judge(cases[0], plan, all, kernel);
    }
};

const std::string vmsplice_leak = "parent: fork\nchild: p = gup_fast(read, get)\nchild: munmap\n"
                                  "parent: new = write\np: x = dma_read";

}  // namespace

TEST_CASE("a kernel that leaks is like v5.7, and contradicts v5.9") {
    const Conformed t(vmsplice_leak, {"v5.7", "v5.9"});
    const CaseResult leaks = t.judged({"o o o v1001 v1001", "o o o v1001 v1001"});
    CHECK(leaks.skipped.empty());
    CHECK(leaks.tells_apart);
    CHECK(leaks.seen.size() == 1);
    CHECK(leaks.fits == std::vector{Fit::agrees, Fit::contradicts});
    const CaseResult holds = t.judged({"o o o v1001 v1000"});
    CHECK(holds.fits == std::vector{Fit::contradicts, Fit::agrees});

    KernelReport report;
    report.results = {leaks, leaks, holds};
    CHECK(count(report, 0).contradicts == 1);
    CHECK(count(report, 1).agrees == 1);
    CHECK(closest(report, 2) == std::vector<std::size_t>{0});
}

TEST_CASE("one answer that is not allowed contradicts, however many others are") {
    const Conformed t(vmsplice_leak, {"v5.9"});
    const CaseResult result = t.judged({"o o o v1001 v1000", "o o o v1001 v1001"});
    CHECK(result.seen.size() == 2);
    CHECK(result.fits.front() == Fit::contradicts);
}

TEST_CASE("a program that was skipped agrees with nobody and contradicts nobody") {
    const Conformed t("parent: p = gup_fast(write, pin, longterm)\nparent: x = read",
                      {"v5.4", "v5.9"});
    const CaseResult none = t.judged({"sno-io_uring v1000"});
    CHECK(none.skipped == "0.0 pin 0 0: no-io_uring");
    CHECK(none.fits.empty());
    // One repetition that had its effect is enough.
    CHECK(t.judged({"sno-io_uring v1000", "o v1000"}).skipped.empty());
    // A design that has not got the operation says nothing, but the kernel did it.
    const CaseResult some = t.judged({"o v1000"});
    CHECK(some.fits == std::vector{Fit::skipped, Fit::agrees});
    KernelReport report;
    report.results = {none, some};
    CHECK(count(report, 0).skipped == 1);
    CHECK(count(report, 0).agrees == 0);
    CHECK(closest(report, 2) == std::vector<std::size_t>{1});
}

TEST_CASE("a program on which designs do not differ is known as such") {
    const Conformed t("parent: x = read", {"v5.7", "v5.9"});
    CHECK_FALSE(t.judged({"v1000"}).tells_apart);
}

TEST_CASE("what a long-term pin waits for may be what GUP does or what GUP-fast does") {
    // Up to 6.1 io_uring pins by GUP, which fails; later by GUP-fast, which waits.
    for (const std::string gup : {"gup", "gup_fast"}) {
        const Conformed t("monitor: uffd_wp_protect\nparent: p = " + gup + "(write, pin, longterm)",
                          {"v6.12"});
        CHECK(t.judged({"o e14"}).fits.front() == Fit::agrees);
        CHECK(t.judged({"o w"}).fits.front() == Fit::agrees);
        CHECK(t.judged({"o o"}).fits.front() == Fit::contradicts);
    }
}

TEST_CASE("a kernel's pins are long-term ones, and so the design is asked about these") {
    const Conformed t("parent: p = gup(write, pin)\nparent: x = read", {"v6.12"});
    CHECK(t.cases[0].text->steps[0].item.flags.longterm);
    CHECK(t.judged({"o v1000"}).fits.front() == Fit::agrees);
}

TEST_CASE("names that a kernel does not show are left out, and pages counted anew") {
    const Seens seens{{"a", "page 1"}, {"b", "true"}, {"c[0]", "page 2"}, {"c[1]", "page 1"}};
    CHECK(to_text(without(seens, {"b"})) == "a=page 1 c[0]=page 2 c[1]=page 1");
    CHECK(to_text(without(seens, {"a"})) == "b=true c[0]=page 1 c[1]=page 2");
    CHECK(to_text(without(seens, {"c"})) == "a=page 1 b=true");
}

TEST_CASE("random programs are programs, the same for the same seed") {
    std::set<std::string> texts;
    for (std::uint64_t number = 0; number < 200; ++number) {
        const SourceFile file{"random.program", draw_program(7, number)};
        CHECK(file.text == draw_program(7, number));
        Diagnostics out;
        const auto program = read_program(file, out);
        CHECK_MESSAGE(program, (to_text(out) + file.text));
        texts.insert(file.text.substr(file.text.find('\n')));
    }
    CHECK(texts.size() > 190);
}
