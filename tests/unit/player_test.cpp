// The player's data against the plain machine, which knows neither walks nor views.
#include "cli/formats/player_html.h"
#include "model/machine/expand.h"
#include "tests/support/trace_setup.h"
#include "traces/find_action.h"
#include "traces/trace_json.h"
#include "traces/walk.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

using Json = nlohmann::json;

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::vector<std::filesystem::path> known_traces() {
    std::vector<std::filesystem::path> list;
    for (const auto& entry : std::filesystem::directory_iterator(
             std::filesystem::path(COWCHECK_SOURCE_DIR) / "traces" / "known"))
        if (entry.path().filename() != "bugs.json") list.push_back(entry.path());
    std::sort(list.begin(), list.end());
    return list;
}

struct Known {
    Setup setup;
    Trace trace;
    DesignText design;
    Program program;  // with the numbers of the trace, and no steps joined

    explicit Known(const std::filesystem::path& path)
        : trace(read(path)), design(setup.design(trace.header.design.name)),
          program(with_numbers_of(setup.program(design, trace.header.world.name), trace.header)) {
        for (Instruction& i : program.code)
            if (i.code == Code::rest) i.a = Mover::separate;
    }

    static Trace read(const std::filesystem::path& path) {
        ParsedTrace parsed = trace_from_json(read_file(path), path.string());
        REQUIRE_MESSAGE(parsed.trace, parsed.error);
        return *parsed.trace;
    }

    PlayedTrace played(const ReplayResult& result) const {
        return {trace, program, design, setup.library.properties(), result, "cowcheck replay X", 0};
    }
};

// A field as a point has it; null if the element has none so called.
class Point {
public:
    Point(const Json& data, std::size_t number) : data_(data), point_(data["points"][number]) {}

    [[nodiscard]] Json field(const std::string& element, const std::string& name) const {
        for (std::size_t i = 0; i < data_["elements"].size(); ++i) {
            const Json& about = data_["elements"][i];
            if (about["name"] != element) continue;
            for (std::size_t f = 0; f < about["fields"].size(); ++f)
                if (about["fields"][f]["name"] == name) return point_["state"][i][f + 1];
        }
        return nullptr;
    }
    [[nodiscard]] const Json& operator[](const char* what) const { return point_[what]; }
    [[nodiscard]] bool has_arrow(const std::string& from, const std::string& page,
                                 const std::string& how) const {
        const Json& list = point_["arrows"];
        return std::find(list.begin(), list.end(), Json{from, page, how}) != list.end();
    }

private:
    const Json& data_;
    const Json& point_;
};

void check_pages(const Program& p, const State& s, const Point& point) {
    const auto get = [&](Field field, unsigned i) { return p.layout.get(s, field, i); };
    for (unsigned f = 0; f < p.layout.size(Scope::page); ++f) {
        const std::string page = "page " + frame_name(p, f);
        if (!p.layout.has(Field::outside_page)) {
            CHECK(point.field(page, "refcount") == get(Field::refcount, f));
            CHECK(point.field(page, "mapcount") == get(Field::mapcount, f));
        }
        CHECK(point.field(page, "anon_exclusive") == (get(Field::anon_exclusive, f) != 0));
        CHECK(point.field(page, "locked") == (get(Field::locked, f) != 0));
    }
    for (unsigned i = 0; i < p.layout.size(Scope::pin); ++i) {
        const bool held = get(Field::pin_state, i) == static_cast<unsigned>(PinState::held);
        CHECK(point.field(pin_name(i), "foll_pin") == (get(Field::pin_foll_pin, i) != 0));
        if (held)
            CHECK(point.has_arrow(pin_name(i), frame_name(p, get(Field::pin_page, i)), "pin"));
    }
}

void check_tables(const Program& p, const State& s, const Point& point) {
    for (unsigned i = 0; i < p.layout.size(Scope::pte); ++i) {
        const unsigned pte = p.layout.get(s, Field::pte, i);
        const std::string name = process_name(p, i / p.layout.pages) + ".pte[" +
                                 std::to_string(i % p.layout.pages) + "]";
        const bool present = (pte & PteBit::present) != 0;
        CHECK(point.field(name, "present") == present);
        CHECK(point.field(name, "writable") == ((pte & PteBit::writable) != 0));
        CHECK(point.field(name, "soft_dirty") == ((pte & PteBit::soft_dirty) != 0));
        CHECK(point.field(name, "uffd_wp") == ((pte & PteBit::uffd_wp) != 0));
        const std::string frame = frame_name(p, pte >> PteBit::frame_shift);
        CHECK(point.has_arrow(name, frame, "pte") == present);
        CHECK(point.has_arrow(name, frame, "migration") == is_migration_entry(pte));
    }
    for (unsigned mm = 0; mm < p.layout.mms; ++mm) {
        const std::string name = process_name(p, mm);
        CHECK(point.field(name, "ptl") == (p.layout.get(s, Field::ptl, mm) != 0));
        CHECK(point.field(name, "mmap_writer") == (p.layout.get(s, Field::mmap_writer, mm) != 0));
        CHECK(point.field(name, "mmap_readers") == p.layout.get(s, Field::mmap_readers, mm));
    }
}

// Where the threads stand, and which TLB entries contradict the page table.
void check_threads(const Program& p, const State& s, const Point& point) {
    const auto get = [&](Field field, unsigned i) { return p.layout.get(s, field, i); };
    for (unsigned t = 0; t < p.world.threads.size(); ++t) {
        const Thread& thread = p.world.threads[t];
        const unsigned pc = get(Field::pc, t);
        CHECK(point["threads"][t].is_null() == (pc == 0));
        if (pc != 0) CHECK(point["threads"][t]["line"] == p.rests[pc].span.line);
        for (unsigned va = 0; thread.actor == Actor::cpu && va < p.layout.pages; ++va) {
            const unsigned entry = p.layout.tlb_index(thread.cpu, va);
            const std::string name = thread.name + ".tlb[" + std::to_string(va) + "]";
            const bool valid = get(Field::tlb_valid, entry) != 0;
            CHECK(point.field(name, "valid") == valid);
            const unsigned leaf = p.layout.leaf(s, thread.mm, va);
            const bool agrees =
                (leaf & PteBit::present) != 0 &&
                leaf >> PteBit::frame_shift == get(Field::tlb_page, entry) &&
                (get(Field::tlb_writable, entry) == 0 || (leaf & PteBit::writable) != 0);
            CHECK(point["stale"].contains(name) == (valid && !agrees));
        }
    }
}

}  // namespace

TEST_CASE("at every step of every known trace the player has what the plain machine has") {
    for (const auto& path : known_traces()) {
        CAPTURE(path.filename().string());
        const Known known(path);
        const ReplayResult result = replay(known.trace, known.program);
        REQUIRE(result.verdict == ReplayVerdict::ok);
        const Json data = Json::parse(show_player(known.played(result)));
        REQUIRE(data["points"].size() == known.trace.steps.size() + 1);
        CHECK(data["trace"] == Json::parse(to_json(known.trace)));
        CHECK(data["violation"] == known.trace.steps.size());
        State state = known.program.start;
        for (std::size_t i = 0; i <= known.trace.steps.size(); ++i) {
            CAPTURE(i);
            const Point point(data, i);
            check_pages(known.program, state, point);
            check_tables(known.program, state, point);
            check_threads(known.program, state, point);
            if (i == known.trace.steps.size()) break;
            const FoundAction found = find_action(known.program, state, known.trace.steps[i]);
            REQUIRE(found.action);
            REQUIRE(perform(known.program, state, *found.action).blocked == Blocked::no);
        }
    }
}

TEST_CASE("who waits for a lock is told with the lock, and so is who has it") {
    std::size_t waits = 0;
    for (const auto& path : known_traces()) {
        const Known known(path);
        const Json data = Json::parse(show_player(known.played({})));
        for (const Json& point : data["points"])
            for (const Json& thread : point["threads"]) {
                if (thread.is_null() || thread["lock"] == "") continue;
                ++waits;
                const Json& locks = point["locks"];
                CHECK_MESSAGE(
                    std::any_of(locks.begin(), locks.end(),
                                [&](const Json& held) { return held["lock"] == thread["lock"]; }),
                    path.filename().string() << ": " << thread["waits"]);
            }
    }
    CHECK(waits > 0);
}

TEST_CASE("a trace that does not fit any more is shown as far as it goes") {
    Known known(std::filesystem::path(COWCHECK_SOURCE_DIR) / "traces/known/B9.json");
    known.trace.steps[20].thread = "cpu2";
    const ReplayResult result = replay(known.trace, known.program);
    CHECK(result.verdict == ReplayVerdict::impossible);
    const Json data = Json::parse(show_player(known.played(result)));
    CHECK(data["points"].size() == 21);
    CHECK(data["trace"]["steps"].size() == 20);
    CHECK(data["replay"]["verdict"] == "impossible");
    CHECK(data["violation"].is_null());
    CHECK(data["story"].is_null());
}

TEST_CASE("what a user has written can't end the script that it stands in") {
    Known known(std::filesystem::path(COWCHECK_SOURCE_DIR) / "traces/known/B9.json");
    const std::string evil =
        "</script><script>alert(1)</script><!-- @data@ /*script*/ \xff\x01 \" ' & ";
    known.trace.header.design.title = evil;
    known.trace.header.property.name += evil;
    known.trace.explanation = evil;
    const ReplayResult result = replay(known.trace, known.program);
    const std::string page = player_html(known.played(result));
    std::size_t ends = 0;
    for (std::size_t at = page.find("</script"); at != std::string::npos;
         at = page.find("</script", at + 1))
        ++ends;
    CHECK(ends == 2);  // the data's and the page's own
    CHECK(page.find("<script>alert") == std::string::npos);
    CHECK(page.find("<!-- @data@") == std::string::npos);
    const std::string start = "id=\"data\">";
    const std::size_t from = page.find(start) + start.size();
    const Json data = Json::parse(page.substr(from, page.find("</script", from) - from));
    const std::string title = data["trace"]["design"]["title"];
    CHECK(title.starts_with("</script><script>alert(1)</script><!-- @data@ /*script*/ "));
}
