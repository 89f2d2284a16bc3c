// References from outside whose number nobody knows: what the solver concludes about them is
// what runs with every number find.
#include "checker/symbolic/branches.h"
#include "tests/support/models.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_map>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

std::string fork_world(const std::string& outside) {
    return R"(
world outside-test
title "a parent, its child, and a page with references from outside"
pages  1
frames 3
pins   1
munmap leaves nothing
process parent {
    cpus 1
    maps va 0 anonymous written
)" + outside +
           R"(
    may read, write, fork, gup(write, pin)
}
process child {
    starts free
    cpus 1
    may write, exit
}
device { may unpin }
)";
}

const std::string race_world = R"(
world transient-test
title "two CPUs, clear_refs and a transient reference"
pages  1
frames 3
munmap leaves nothing
every page has transient references at most 1
process parent {
    cpus 2
    maps va 0 anonymous written
    may read, write
}
procfs { may clear_refs }
)";

Program with_number(Program program, unsigned number) {
    program.outside_numbers.fill(static_cast<std::uint16_t>(number));
    program.outside_fixed = true;
    return program;
}

// An exploration that knows nothing of constraints: numbers are what the program says, and
// every number of transient references is tried at every step.
class Plain {
public:
    Plain(const Program& program, unsigned depth, unsigned concurrency)
        : p_(program), concurrency_(concurrency) {
        add(p_.start);
        for (unsigned level = 0; level <= depth; ++level) {
            operations_ = level;
            if (level > 0) {
                const std::size_t end = states_.size();
                for (std::size_t i = 0; i < end; ++i)
                    for_each_start(p_, State(states_[i]), false,
                                   [&](const Action& action) { take(states_[i], action); });
            }
            for (; steps_ < states_.size(); ++steps_) {
                const State state = states_[steps_];
                for_each_step(p_, state, [&](const Action& action) { take(state, action); });
                State copy = state;
                note(Machine<>(p_, copy).check_state(how_stuck(p_, state)));
            }
        }
    }

    std::map<std::string, unsigned> violated;  // the fewest operations

private:
    void take(const State& from, const Action& action) {
        const State state = from;
        for_each_transient(p_, action, [&](const Action& meeting) {
            State next = state;
            const StepResult result = perform(p_, next, meeting);
            if (result.blocked != Blocked::no) return;
            if (concurrency_ != 0 && in_flight(p_, next) > concurrency_) return;
            note(result.violated);
            add(next);
        });
    }
    void add(const State& state) {
        const std::string_view bytes(reinterpret_cast<const char*>(state.words.data()),
                                     sizeof state.words);
        if (known_.emplace(bytes).second) states_.push_back(state);
    }
    void note(std::uint32_t properties) {
        for (unsigned i = 0; i < 32; ++i)
            if (((properties >> i) & 1U) != 0 &&
                !(i < p_.properties.size() && p_.properties[i].sometimes))
                violated.emplace(property_name(p_, i), operations_);
    }

    const Program& p_;
    unsigned concurrency_;
    unsigned operations_ = 0;
    std::size_t steps_ = 0;  // states whose steps are done
    std::vector<State> states_;
    std::set<std::string> known_;
};

std::map<std::string, unsigned> plainly(const Program& program, unsigned depth) {
    return Plain(program, depth, 2).violated;
}

// Of each property, the fewest operations in any of these.
void take_least(std::map<std::string, unsigned>& all, const std::map<std::string, unsigned>& some) {
    for (const auto& [property, operations] : some) {
        const auto known = all.emplace(property, operations).first;
        known->second = std::min(known->second, operations);
    }
}

CountTerm count(int base, std::int8_t transient, std::int8_t first) {
    CountTerm term;
    term.base = base;
    term.times[0] = transient;
    term.times[1] = first;
    term.open = true;
    return term;
}

}  // namespace

TEST_CASE("a guard on a count splits what is known, and what says the same is the same") {
    const Program program =
        compiled("v5.9", fork_world("    page of va 0 has outside references any number"));
    Constraints all(program, std::chrono::milliseconds(10000));
    // refcount == 1, with one reference that is known
    const auto [none, some] = all.split(Constraints::start, count(0, 0, 1), Relation::equal);
    CHECK(all.in_words(none) == "no outside references");
    CHECK(all.in_words(some) == "any number of outside references >= 1");
    // 1 < refcount says the same the other way round
    const auto again = all.split(Constraints::start, count(0, 0, -1), Relation::below);
    CHECK(again.yes == some);
    CHECK(again.no == none);
    // what is known decides further questions
    CHECK(all.split(none, count(-1023, 0, 1), Relation::below).no == Constraints::none);
    const auto pinned = all.split(some, count(1023, 0, -1), Relation::at_most);
    CHECK(all.in_words(pinned.yes) == "any number of outside references >= 1023");
    CHECK(all.in_words(pinned.no) == "1 to 1022 outside references");
    CHECK(all.smallest(pinned.yes)[0] == 1023);
    CHECK(all.weaker(pinned.yes) == std::vector<Constraints::Id>{Constraints::start, some});
    CHECK(all.gave_up().empty());
    // asked before
    const auto questions = all.questions();
    (void)all.split(Constraints::start, count(0, 0, 1), Relation::equal);
    CHECK(all.questions() == questions);
}

TEST_CASE("what a transient reference may have been is no constraint any more") {
    Program program =
        compiled("v5.9", fork_world("    page of va 0 has outside references any number"));
    program.world.transient = 1;
    Constraints all(program, std::chrono::milliseconds(10000));
    const auto [alone, more] = all.split(Constraints::start, count(0, 1, 1), Relation::equal);
    CHECK(all.in_words(all.close(alone)) == "no outside references");
    CHECK(all.close(more) == Constraints::start);  // it was the transient one
    // both asked in one step: the same transient references
    const auto two = all.split(more, count(-1, 1, 1), Relation::equal);
    CHECK(all.in_words(all.close(two.yes)) == "0 to 1 outside references");
    CHECK(all.in_words(all.close(two.no)) == "any number of outside references >= 1");
}

TEST_CASE("numbers that depend on each other") {
    const Program program =
        compiled("v5.9", fork_world("    page of va 0 has outside references any number\n"
                                    "    page of va 0 has outside mappings any number"));
    Constraints all(program, std::chrono::milliseconds(10000));
    CountTerm sum = count(0, 0, 1);
    sum.times[2] = 1;
    const auto [none, some] = all.split(Constraints::start, sum, Relation::equal);
    CHECK(all.in_words(none) == "no outside references, no outside mappings");
    CHECK(all.weaker(some) == std::vector<Constraints::Id>{Constraints::start});
    CHECK(all.smallest(some)[0] + all.smallest(some)[1] == 1);
    // and one of them known to be 0: the other is not
    const auto first = all.split(some, count(0, 0, 1), Relation::equal);
    CHECK(all.in_words(first.yes) == "no outside references, any number of outside mappings >= 1");
}

TEST_CASE("with small bounds, the solver finds what runs with each of the numbers find") {
    const unsigned depth = slow_build ? 2 : 4;
    for (const char* name : {"v5.7", "v5.9", "v5.19"}) {
        CAPTURE(name);
        struct Bounds {
            const char* line;
            unsigned low, high;
        };
        for (const Bounds& bounds :
             {Bounds{"references 0 .. 2", 0, 2}, Bounds{"references 1022 .. 1023", 1022, 1023},
              Bounds{"mappings 0 .. 2", 0, 2}}) {
            CAPTURE(bounds.line);
            const std::string world =
                fork_world("    page of va 0 has outside " + std::string(bounds.line));
            std::map<std::string, unsigned> known;
            for (unsigned n = bounds.low; n <= bounds.high; ++n)
                take_least(known, plainly(with_number(compiled(name, world), n), depth));
            CHECK(explore(compiled(name, world), depth).operations() == known);
            CHECK(explore(compiled(name, world, true), depth).operations() == known);
        }
    }
}

TEST_CASE("plain references from outside are what a refcount that starts higher is") {
    const unsigned depth = slow_build ? 2 : 4;
    const std::string world = fork_world("    page of va 0 has outside references 0 .. 3");
    std::map<std::string, unsigned> known;
    for (unsigned n = 0; n <= 3; ++n) {
        Program program = compiled("v5.9", fork_world(""));
        const Layout& l = program.layout;
        l.set(program.start, Field::refcount, 0, l.get(program.start, Field::refcount, 0) + n);
        take_least(known, plainly(program, depth));
    }
    known.erase("refcount_is_sound");  // somebody has references that nobody took
    auto symbolic = explore(compiled("v5.9", world), depth).operations();
    symbolic.erase("fork_copies_only_pinned");  // not asked without references from outside
    CHECK(symbolic == known);
}

TEST_CASE("transient references: every step with and without is what the solver follows") {
    const unsigned depth = slow_build ? 2 : 3;
    for (const char* name : {"v5.7", "v5.9", "v5.12", "v5.19"}) {
        CAPTURE(name);
        CHECK(explore(compiled(name, race_world, true), depth, {.concurrency = 2}).operations() ==
              plainly(compiled(name, race_world), depth));
    }
}

TEST_CASE("a state with more allowed covers the same with less") {
    const Program program =
        compiled("v5.9", fork_world("    page of va 0 has outside references any number"), true);
    Explorer explorer(program, {});
    const Stop stop;
    for (unsigned level = 0; level <= 3; ++level) (void)explorer.deepen(stop);
    std::map<std::string, std::vector<Constraints::Id>> stored;
    explorer.for_each_state(0, [&](const State& found, unsigned) {
        State state = found;
        const auto id =
            static_cast<Constraints::Id>(program.layout.get(state, Field::constraint, 0));
        program.layout.set(state, Field::constraint, 0, 0);
        stored[std::string(reinterpret_cast<const char*>(state.words.data()), sizeof state.words)]
            .push_back(id);
    });
    // What came first is not implied by what came later, but for the same layer.
    std::size_t implied = 0;
    std::size_t split = 0;
    for (const auto& [words, ids] : stored) {
        split += ids.size() > 1;
        for (std::size_t later = 1; later < ids.size(); ++later)
            for (std::size_t earlier = 0; earlier < later; ++earlier) {
                const auto& weaker = explorer.outside()->constraints.weaker(ids[later]);
                implied += std::find(weaker.begin(), weaker.end(), ids[earlier]) != weaker.end();
            }
    }
    CHECK(implied == 0);
    CHECK(split > 0);  // guards did split something
}

TEST_CASE("unknown numbers cost at most five times what known ones do") {
    for (const char* world : {"outside-references", "outside-mappings", "transient-reference"})
        for (const char* name : {"v5.9", "v5.19"}) {
            CAPTURE(world);
            CAPTURE(name);
            const Program open = compiled(name, world, true);
            Program none = with_number(open, 0);
            none.world.transient = 0;
            const unsigned depth = slow_build ? 2 : 4;
            const Verdicts unknown = explore(open, depth);
            const Verdicts known = explore(none, depth);
            CHECK(unknown.transitions <= 5 * known.transitions);
            CHECK(unknown.states <= 5 * known.states);
        }
}

TEST_CASE("fork copies a page that nobody pinned, if enough others refer to it") {
    const Program program = compiled("v5.9", "outside-references", true);
    const Program plain = compiled("v5.9", "outside-references");
    Explorer explorer(program, {});
    const Stop stop;
    for (unsigned level = 0; level <= 4; ++level) (void)explorer.deepen(stop);
    const auto found = std::find_if(
        explorer.violations().begin(), explorer.violations().end(), [&](const Violation& one) {
            return property_name(program, one.property) == "fork_copies_only_pinned";
        });
    REQUIRE(found != explorer.violations().end());
    const FoundSchedule schedule = explorer.schedule(*found);
    Program numbered = plain;
    numbered.outside_numbers = schedule.numbers;
    numbered.outside_fixed = true;
    State state = numbered.start;
    std::uint32_t violated = 0;
    for (const Action& action : schedule.actions) {
        const StepResult result = perform(numbered, state, action);
        REQUIRE(result.blocked == Blocked::no);
        violated |= result.violated;
    }
    CHECK(((violated >> found->property) & 1U) != 0);
    CHECK(schedule.numbers[0] == 1023);  // and the mapping
    CHECK(needed_numbers(numbered, schedule.actions, std::chrono::milliseconds(10000)) ==
          "any number of outside references >= 1023");
    // With one less, no schedule does it.
    CHECK(explore(with_number(program, 1022), 4).holds("fork_copies_only_pinned"));
    CHECK(
        explore(compiled("v5.8", "outside-references", true), 4).holds("fork_copies_only_pinned"));
}

TEST_CASE("v5.9 loses a store for the sake of one transient reference, and copies needlessly") {
    const Program program = compiled("v5.9", "transient-reference", true);
    const Verdicts with = explore(program, 4);
    CHECK_FALSE(with.holds("memory_is_coherent"));
    CHECK_FALSE(with.holds("no_needless_copy"));
    Program without = program;
    without.world.transient = 0;
    const Verdicts never = explore(without, 4);
    CHECK(never.holds("memory_is_coherent"));
    CHECK(never.holds("no_needless_copy"));
    // mapcount does not see it
    const Verdicts mapcount = explore(compiled("v5.7", "transient-reference", true), 4);
    CHECK(mapcount.holds("memory_is_coherent"));
    CHECK(mapcount.holds("no_needless_copy"));
}

TEST_CASE("whoever asks mapcount sees the mappings from outside; nobody lets them see a store") {
    for (const char* name : {"v5.7", "v5.9", "v5.19"}) {
        CAPTURE(name);
        CHECK(explore(compiled(name, "outside-mappings", true), 3).holds("outside_sees_no_store"));
    }
    Diagnostics out;
    const auto careless = try_compile("design careless extends v5.9\n"
                                      "handler do_wp_page(va) { wp_page_reuse(va) }\n",
                                      world_of("outside-mappings"), out);
    INFO(to_text(out));
    REQUIRE(careless);
    CHECK(explore(*careless, 2).operations("outside_sees_no_store") == 1);
}

TEST_CASE("a count that is open is kept nowhere, what it was compared for is") {
    const auto wp_page = [](const std::string& world, const std::string& keep) {
        Diagnostics out;
        (void)try_compile(
            "design trial extends v5.9\nhandler do_wp_page(va) {\n    page = pte.page\n" + keep +
                "\n    if alone { wp_page_reuse(va); return }\n    unlock ptl\n}\n",
            world_of(world), out);
        return out.empty() ? std::string() : out[0].message;
    };
    const std::string count = "    count = page.refcount + page.mapcount\n    alone = count == 2";
    CHECK(wp_page("default", count) == "");
    for (const char* world : {"outside-references", "outside-mappings", "transient-reference"}) {
        CAPTURE(world);
        const std::string complaint = "this count can't be kept: world '" + std::string(world) +
                                      "' leaves open how large it is";
        CHECK(wp_page(world, count) == complaint);
        CHECK(wp_page(world, "    page.refcount += page.mapcount\n    alone = true") == complaint);
        CHECK(wp_page(world, "    alone = page.refcount == 1") == "");
    }
}
