// What becomes of wrong changes: judged in small worlds.
#include "verify/ablate/ablate.h"

#include "tests/support/models.h"
#include "verify/gate/cost_paths.h"
#include "verify/run/bad_input.h"
#include "verify/run/status.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// fork's part for one page, of v6.2 without pins. `comment` stands above the guard.
std::string mine(const std::string& comment = "    # a comment") {
    return "design mine extends v6.2\n\n"
           "handler copy_present_pte(va, child) {\n"
           "    page = pte.page\n"
           "    get page\n" +
           comment +
           "\n    if page.anon_exclusive { page.anon_exclusive = false }\n"
           "    page.mapcount += 1\n"
           "    if pte.writable { pte = pte with { writable = false } }\n"
           "    child.pte = pte with { writable = false }\n"
           "    if vma.hugetlb { put page }\n"
           "}\n";
}

struct Setting {
    explicit Setting(const std::string& text = mine(), const std::string& world = "tiny")
        : library(out) {
        name = library.add_design("mine.cow", text, out).value_or("");
        INFO(to_text(out));
        REQUIRE(name == "mine");
        request.selection = select(library, {{name}, {world}, {}});
        request.selection.design_files.emplace(name, "mine.cow");
        request.design = find_design(library, name);
        request.handlers = {"copy_present_pte"};
        request.depth = 4;
    }

    AblateReport run() {
        AblateObserver observer;
        return ablate(library, request, known, observer, sinks);
    }

    Diagnostics out;
    Library library;
    std::string name;
    AblateRequest request;
    KnownResults known;
    AblateSinks sinks;
};

// All changes of the handler are judged more than once in some tests; where each takes long, those
// of one line are.
void with_few_changes_if_slow(Setting& setting) {
    if (!slow_build) return;
    setting.request.handlers.clear();
    setting.request.lines = {{"copy_present_pte", 5}};
}

const Judgement& judgement_of(const AblateReport& report, const std::string& what) {
    const auto found = std::find_if(report.results.begin(), report.results.end(),
                                    [&](const auto& one) { return one.change.what == what; });
    CAPTURE(what);
    REQUIRE(found != report.results.end());
    return found->judgement;
}

constexpr auto guard_yes = "if page.anon_exclusive: always yes";
constexpr auto guard_no = "if page.anon_exclusive: always no";

}  // namespace

TEST_CASE("each fate: needed, the same program, unnoticed, refused") {
    Setting setting;
    const AblateReport report = setting.run();
    const Judgement& needed = judgement_of(report, "page.mapcount += 1: deleted");
    CHECK(needed.fate == Fate::needed);
    CHECK(needed.broken.property == "refcount_is_sound");
    CHECK(needed.broken.world == "tiny");
    CHECK(needed.broken.operations == 1);
    CHECK(needed.broken.trace.empty());
    CHECK(judgement_of(report, guard_no).fate == Fate::needed);
    CHECK(judgement_of(report, guard_no).broken.property == "no_foreign_data");
    CHECK(judgement_of(report, "if vma.hugetlb: always no").fate == Fate::same_program);
    CHECK(judgement_of(report, "if vma.hugetlb: always yes").fate == Fate::needed);
    const Judgement& unnoticed = judgement_of(report, guard_yes);
    CHECK(unnoticed.fate == Fate::unnoticed);
    CHECK(unnoticed.worlds == 1);
    CHECK(report.refused > 0);  // `page` has no value
    for (const ChangeResult& one : report.results)
        CHECK(one.change.what != "page = pte.page: deleted");
    CHECK(report.exit_status() == ExitStatus::violation);
    CHECK(report.rate(false) == report.rate(true));
}

TEST_CASE("what the text explains is equivalent, and counted apart") {
    Setting setting(mine("    # equivalent: a page that is shared is not exclusive already"));
    const AblateReport report = setting.run();
    CHECK(judgement_of(report, guard_yes).fate == Fate::equivalent);
    CHECK(judgement_of(report, guard_yes).why == "a page that is shared is not exclusive already");
    CHECK(judgement_of(report, guard_no).fate == Fate::needed);
    CHECK(report.idle_marks.empty());
    CHECK(*report.rate(false) < *report.rate(true));
    // Nor does it speak of any other line.
    Setting without;
    const AblateReport bare = without.run();
    const auto in_line =
        std::count_if(bare.results.begin(), bare.results.end(), [](const ChangeResult& one) {
            return one.judgement.fate == Fate::unnoticed && one.change.line == 5;
        });
    CHECK(static_cast<std::ptrdiff_t>(report.count(Fate::equivalent)) == in_line);
    CHECK(report.count(Fate::unnoticed) ==
          bare.count(Fate::unnoticed) - report.count(Fate::equivalent));
    CHECK(report.count(Fate::unnoticed) > 0);
    // It makes nothing of what is noticed.
    CHECK(judgement_of(report, "page.anon_exclusive = false: deleted").fate == Fate::needed);
}

TEST_CASE("a mark gives a reason, stands at a statement, and is of use") {
    Setting without_reason(mine("    # equivalent:"));
    CHECK_THROWS_AS((void)without_reason.run(), BadInput);
    Setting nowhere(mine() + "# equivalent: behind everything\n");
    CHECK_THROWS_AS((void)nowhere.run(), BadInput);
    Setting idle("design mine extends v6.2\n\nhandler copy_present_pte(va, child) {\n"
                 "    page = pte.page\n    get page\n    page.anon_exclusive = false\n"
                 "    page.mapcount += 1\n"
                 "    pte = pte with { writable = false }\n"
                 "    child.pte = pte with { writable = true }   # equivalent: not at all\n}\n");
    idle.request.lines = {{"copy_present_pte", 7}};
    idle.request.handlers.clear();
    const AblateReport report = idle.run();
    const bool all_noticed = report.count(Fate::unnoticed) + report.count(Fate::equivalent) == 0;
    CHECK(report.idle_marks.size() == (all_noticed ? 1 : 0));
}

TEST_CASE("a line is one of a handler or of a file; what is not there is bad input") {
    Setting setting;
    setting.request.handlers.clear();
    setting.request.lines = {{"copy_present_pte", 6}};
    const AblateReport by_handler = setting.run();
    setting.request.lines = {{"mine.cow", 8}};
    const AblateReport by_file = setting.run();
    REQUIRE(!by_handler.results.empty());
    REQUIRE(by_handler.results.size() == by_file.results.size());
    CHECK(by_handler.results[0].change.what == by_file.results[0].change.what);
    CHECK(by_handler.results[0].change.what.starts_with("page.mapcount += 1"));
    CHECK(by_handler.results[0].place.file == "mine.cow");
    setting.request.lines = {{"copy_present_pte", 600}};
    CHECK_THROWS_AS((void)setting.run(), BadInput);
    setting.request.lines.clear();
    setting.request.handlers = {"copy_present_pt"};
    CHECK_THROWS_WITH_AS((void)setting.run(),
                         "design 'mine' has no handler 'copy_present_pt'; did you mean "
                         "'copy_present_pte'?",
                         BadInput);
}

TEST_CASE("the budget counts states, so any number of threads says the same") {
    std::vector<std::vector<Judgement>> found;
    for (const unsigned threads : {1U, 3U})
        for (const std::uint64_t budget : {1ULL, 300ULL, 20'000'000ULL}) {
            Setting setting;
            with_few_changes_if_slow(setting);
            setting.request.threads = threads;
            setting.request.budget = budget;
            const AblateReport report = setting.run();
            std::vector<Judgement> all;
            for (const ChangeResult& one : report.results) all.push_back(one.judgement);
            found.push_back(all);
            CHECK((report.count(Fate::undecided) > 0) == (budget < 1000));
        }
    for (std::size_t i = 3; i < found.size(); ++i) CHECK(found[i] == found[i % 3]);
    CHECK(found[0] != found[1]);
    CHECK(found[1] != found[2]);
}

TEST_CASE("a level that goes over the budget says nothing, however fast it is") {
    Setting setting;
    setting.request.handlers.clear();
    setting.request.lines = {{"copy_present_pte", 5}};
    const Judgement before = judgement_of(setting.run(), guard_no);
    REQUIRE(before.fate == Fate::needed);
    for (const std::uint64_t less : {0U, 1U}) {
        setting.known = {};
        setting.request.budget = before.states - less;
        CHECK(judgement_of(setting.run(), guard_no).fate ==
              (less == 0 ? Fate::needed : Fate::undecided));
    }
}

TEST_CASE("results are kept by what they depend on") {
    Setting first;
    with_few_changes_if_slow(first);
    std::size_t stores = 0;
    first.sinks.store = [&](const KnownResults&) { ++stores; };
    const AblateReport before = first.run();
    CHECK(stores >= 1);  // now and then where it takes long, and at the end
    const std::string kept = first.known.text();
    const auto known_of = [&](Setting& setting, const std::string& text) {
        setting.known = KnownResults(text);
        const AblateReport report = setting.run();
        REQUIRE(report.results.size() == before.results.size());
        CHECK(report.refused == before.refused);
        for (std::size_t i = 0; i < before.results.size(); ++i)
            CHECK(report.results[i].judgement == before.results[i].judgement);
        return std::count_if(report.results.begin(), report.results.end(),
                             [](const auto& one) { return one.known; });
    };
    const auto all = static_cast<std::ptrdiff_t>(before.results.size());
    SUBCASE("all of them, and a comment makes no difference") {
        CHECK(known_of(first, kept) == all);
        Setting other(mine("    # another one"));
        with_few_changes_if_slow(other);
        CHECK(known_of(other, kept) == all);
    }
    SUBCASE("none of another bound, budget or tool") {
        Setting other;
        with_few_changes_if_slow(other);
        other.request.tool = "another";
        CHECK(known_of(other, kept) == 0);
        other.request.tool.clear();
        CHECK(known_of(other, kept) == all);
        other.request.budget -= 1;
        CHECK(known_of(other, kept) == 0);
        CHECK(KnownResults(kept).damaged() == 0);
    }
    SUBCASE("what is damaged is found again, byte by byte") {
        for (const std::size_t at : {std::size_t{0}, std::size_t{40}, kept.size() / 2}) {
            std::string damaged = kept;
            damaged[at] = damaged[at] == 'x' ? 'y' : 'x';
            CAPTURE(at);
            CHECK(KnownResults(damaged).damaged() == 1);
            CHECK(known_of(first, damaged) == all - 1);
        }
        CHECK(KnownResults(kept.substr(0, kept.size() - 3)).damaged() == 1);
        CHECK(KnownResults("not a file of results\n").damaged() == 1);
    }
}

TEST_CASE("parts of the changes are all of them, each once") {
    Setting setting;
    const std::size_t all = setting.run().results.size();
    std::set<std::string> seen;
    std::size_t sum = 0;
    setting.request.shards = 2;
    for (unsigned shard = 0; shard < 2; ++shard) {
        setting.request.shard = shard;
        const AblateReport report = setting.run();
        sum += report.results.size();
        for (const ChangeResult& one : report.results) seen.insert(one.design);
    }
    CHECK(sum == all);
    CHECK(seen.size() == all);
}

TEST_CASE("no time at all leaves everything open, and nothing of that is kept") {
    Setting setting;
    setting.request.limits.max_time = std::chrono::milliseconds(0);
    const AblateReport report = setting.run();
    CHECK(report.count(Fate::undecided) == report.results.size());
    CHECK(report.exit_status() == ExitStatus::stopped);
    CHECK(!report.stop_text.empty());
    CHECK(setting.known.text().empty());
}

TEST_CASE("a path that ended and goes round now is worse") {
    Diagnostics out;
    const auto base = builtin_library().design("v6.2", out);
    const auto lazy =
        try_parse("design lazy extends v6.2\nfault write(va) { lock ptl; unlock ptl }\n", out);
    const auto older = builtin_library().design("v5.4", out);
    REQUIRE((base && lazy && older));
    const DesignCosts before = costs_of(builtin_library(), *base);
    const auto worse = [&](const DesignText& design) {
        std::set<std::string> paths;
        for (const auto& path : compare_costs(before, costs_of(builtin_library(), design)))
            if (path.worse()) paths.insert(path.path);
        return paths;
    };
    CHECK(worse(*base).empty());
    const auto found = worse(*lazy);
    CHECK(found.contains("write fault, page of one's own"));
    CHECK(found.contains("GUP-fast to write, FOLL_PIN, shared page"));
    CHECK(!found.contains("read fault, page never touched"));
    // v5.4 has no FOLL_PIN and no uffd-wp, and says so: nothing has got worse by that.
    CHECK(worse(*older).empty());
}
