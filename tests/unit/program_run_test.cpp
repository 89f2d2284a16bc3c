// Outcomes of programs, compared with what a much simpler walk over the plain machine sees.
#include "checker/measure/program_run.h"

#include "tests/support/models.h"
#include "traces/runner.h"
#include "verify/program/conditions.h"
#include "verify/program/program.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

using namespace cowcheck;
using cowcheck::test::builtin_library;

namespace {

using Outcomes = std::set<std::string>;

struct Planned {
    SourceFile file;
    ProgramText text;
    std::optional<ProgramPlan> plan;

    Planned(const std::string& program, const std::string& design)
        : file{"t.program", "program t\n" + program} {
        Diagnostics out;
        auto read = read_program(file, out);
        REQUIRE_MESSAGE(read, to_text(out));
        text = std::move(*read);
        const auto with = builtin_library().design(design, out);
        plan = plan_program(*with, text, {}, out);
        REQUIRE_MESSAGE(plan, to_text(out));
    }

    [[nodiscard]] Outcomes outcomes(std::uint64_t max_states = 1'000'000) const {
        const ProgramRun run = run_program(*plan, {max_states, {}, {}});
        REQUIRE(!run.limited);
        Outcomes all;
        for (const ProgramOutcome& outcome : run.outcomes) {
            const auto again = follow(*plan, outcome.schedule);
            REQUIRE(again);
            CHECK(again->seen == outcome.seen);
            std::string line;
            for (std::size_t i = 0; i < plan->seen.size(); ++i)
                line += plan->seen[i].text() + "=" + seen_text(*plan, i, outcome.seen[i]) + " ";
            all.insert(line + (outcome.loops ? "loops" : outcome.unfinished != 0 ? "waits" : ""));
        }
        return all;
    }
};

// Walks through everything with the runner that tells traces: whole states, no sharing of what
// the explorer goes by, values under the names that traces have for them. For programs without
// looks in which nobody stores twice.
class SlowWalk {
public:
    explicit SlowWalk(const ProgramPlan& plan) : plan_(plan) {}

    Outcomes run() {
        Node start{Runner(plan_.program), {}, {}, {}, {}};
        start.who.resize(plan_.program.world.threads.size(), -1);
        start.seen.resize(plan_.seen.size(), "unreached");
        visit(start);
        return outcomes_;
    }

private:
    struct Node {
        Runner runner;
        std::set<std::size_t> started;
        std::set<std::size_t> ended;
        std::vector<int> who;
        std::vector<std::string> seen;

        [[nodiscard]] std::string key() const {
            std::string key(reinterpret_cast<const char*>(runner.state().words.data()),
                            sizeof runner.state().words);
            for (const int one : who) key += "," + std::to_string(one);
            for (const std::size_t one : ended) key += ";" + std::to_string(one);
            for (const std::string& one : seen) key += "|" + one;
            for (unsigned f = 0; f < runner.program().layout.size(Scope::page); ++f)
                key += "/" + runner.values().in_frame(f);
            return key;
        }
    };

    void saw(Node& node, std::size_t action, const std::string& what) const {
        if (plan_.actions[action].seen >= 0)
            node.seen[static_cast<std::size_t>(plan_.actions[action].seen)] = what;
    }

    void take(Node node, const Action& action, std::size_t number, bool starts) {
        const Outcome outcome = node.runner.perform(action);
        if (outcome.blocked != Blocked::no) return;
        moved_ = true;
        if (starts) node.started.insert(number);
        for (const TraceEvent& event : outcome.step.events)
            if (event.kind == EventKind::load || event.kind == EventKind::store ||
                event.kind == EventKind::dma_read || event.kind == EventKind::dma_write)
                saw(node, number, event.value);
        const bool device = action.kind == Action::Kind::device;
        if (!device) node.who[action.thread] = static_cast<int>(number);
        if (device ||
            node.runner.program().layout.get(node.runner.state(), Field::pc, action.thread) == 0) {
            if (!device) node.who[action.thread] = -1;
            node.ended.insert(number);
            const int seen = plan_.actions[number].seen;
            if (seen >= 0 && plan_.seen[static_cast<std::size_t>(seen)].seen == Seen::result)
                saw(node, number, "ok");
        }
        visit(node);
        moved_ = true;
    }

    void visit(const Node& node) {
        if (!known_.insert(node.key()).second) return;
        const Program& p = node.runner.program();
        moved_ = false;
        bool any = false;
        for_each_step(p, node.runner.state(), [&](const Action& action) {
            moved_ = false;
            take(node, action, static_cast<std::size_t>(node.who[action.thread]), false);
            any = any || moved_;
        });
        for_each_start(p, node.runner.state(), false, [&](const Action& action) {
            for (std::size_t i = 0; i < plan_.actions.size(); ++i) {
                const PlannedAction& wanted = plan_.actions[i];
                bool ready = !node.started.contains(i);
                for (std::size_t j = 0; j < plan_.actions.size(); ++j)
                    ready = ready && ((wanted.after >> j & 1U) == 0 || node.ended.contains(j));
                const std::string text = to_text(p.operations[action.operation].item);
                const bool device = action.kind == Action::Kind::device;
                const std::string who = device ? "p"
                                        : p.world.threads[action.thread].actor == Actor::cpu
                                            ? p.world.processes[action.mm].name
                                            : p.world.threads[action.thread].name;
                if (!ready || wanted.text != who + ": " + text) continue;
                moved_ = false;
                take(node, action, i, true);
                any = any || moved_;
            }
        });
        if (any) return;
        std::string line;
        std::vector<std::string> seen = node.seen;
        for (const int one : node.who)
            if (one >= 0 && plan_.actions[static_cast<std::size_t>(one)].seen >= 0)
                seen[static_cast<std::size_t>(plan_.actions[static_cast<std::size_t>(one)].seen)] =
                    "waits";
        for (std::size_t i = 0; i < seen.size(); ++i)
            line += plan_.seen[i].text() + "=" + seen[i] + " ";
        outcomes_.insert(line + (node.ended.size() < plan_.actions.size() ? "waits" : ""));
    }

    const ProgramPlan& plan_;
    std::set<std::string> known_;
    Outcomes outcomes_;
    bool moved_ = false;
};

const std::vector<std::string> compared{
    "memory anonymous written\n"
    "parent: fork\nparallel { parent: w = write | child: x = read }\nparent: y = read\n",
    "memory anonymous written\n"
    "parallel { parent: fork | parent: p = gup_fast(write, pin)\np: d = dma_write }\n"
    "parent: w = write\nparent: x = read\nchild: y = read\n",
    "memory anonymous written\n"
    "parallel { kernel: migrate | parent: w = write | parent: p = gup(read, get) }\n"
    "p: x = dma_read\n",
    "memory anonymous untouched\n"
    "parallel { monitor: uffd_wp_protect | parent: w = write }\nparent: x = read\n",
    "memory memfd\n"
    "parallel { parent: p = gup_fast(read, pin, longterm) | parent: w = write }\n"
    "p: x = dma_read\nparent: y = read\n",
    "memory anonymous written\n"
    "parallel { kernel: swap_out | parent: x = read | parent: w = write }\nparent: y = read\n",
    "memory zeropage\nparallel { parent: fork | parent: w = write }\nchild: x = read\n"};

}  // namespace

TEST_CASE("a program's outcomes are those of the plain machine") {
    std::size_t several = 0;
    for (const std::string& program : compared)
        for (const char* design : {"v5.7", "v5.9", "v6.2"}) {
            const Planned planned(program, design);
            const Outcomes outcomes = planned.outcomes();
            CHECK_MESSAGE(outcomes == SlowWalk(*planned.plan).run(), program, design);
            several += outcomes.size() > 1;
        }
    CHECK(several > 5);
}

TEST_CASE("an operation that has nothing to work on is a fault") {
    const Planned planned("memory anonymous written\nparent: munmap\nparent: x = read\n"
                          "parent: p = gup(read, get)\np: y = dma_read\n",
                          "v6.2");
    CHECK(planned.outcomes() == Outcomes{"x=fault p=fault y=fault "});
}

TEST_CASE("pages are named by who looks at them, and a page that was freed is none of the others") {
    const Planned planned("memory anonymous written\nlet a = page(parent)\n"
                          "parent: madvise_dontneed\nlet b = page(parent)\nparent: write\n"
                          "let c = page(parent)\nlet d = page(parent)\n",
                          "v6.2");
    CHECK(planned.outcomes() == Outcomes{"a=A b=none c=B d=B "});
}

TEST_CASE("what waits is an outcome, and so is what nobody tells") {
    CHECK(Planned("memory anonymous written\nmonitor: uffd_wp_protect\n"
                  "parent: w = write\nparent: x = read\n",
                  "v6.2")
              .outcomes() == Outcomes{"w=waits x=unreached waits"});
    CHECK(Planned("memory anonymous written\n"
                  "parallel { parent: w = write | monitor: e = wait_event }\n",
                  "v6.2")
              .outcomes() == Outcomes{"w=P1 e=none "});
}

TEST_CASE("what runs meanwhile may come or not") {
    const std::string program = "parent: w = write\nkernel: swap_out\nlet x = page(parent)\n";
    CHECK(Planned("memory anonymous written\n" + program, "v6.2").outcomes() ==
          Outcomes{"w=P1 x=swapped "});
    CHECK(Planned("memory anonymous written\nmeanwhile kernel: migrate at most 1\n"
                  "parent: w = write\nlet x = page(parent)\nparent: y = read\n"
                  "let z = page(parent)\n",
                  "v6.2")
              .outcomes() ==
          // The read may still go through the TLB where there is no entry any more.
          Outcomes{"w=P1 x=A y=P1 z=A ", "w=P1 x=A y=P1 z=B ", "w=P1 x=A y=P1 z=migrating ",
                   "w=P1 x=A y=P1 z=none ", "w=P1 x=migrating y=P1 z=A ", "w=P1 x=none y=P1 z=A ",
                   "w=P1 x=none y=P1 z=migrating ", "w=P1 x=none y=P1 z=none "});
}

TEST_CASE("a schedule that is not possible is not followed") {
    const Planned planned(compared[0], "v5.9");
    const ProgramRun run = run_program(*planned.plan, {1'000'000, {}, {}});
    REQUIRE(!run.outcomes.empty());
    std::vector<ProgramMove> schedule = run.outcomes[0].schedule;
    CHECK(follow(*planned.plan, schedule));
    std::swap(schedule.front(), schedule.back());
    CHECK(!follow(*planned.plan, schedule));
}

TEST_CASE("a limit is said") {
    const Planned planned(compared[1], "v5.9");
    CHECK(run_program(*planned.plan, {10, {}, {}}).limited);
    CHECK(run_program(*planned.plan, {1'000'000, {}, [] { return true; }}).states > 0);
}

TEST_CASE("what a program unpins is not pinned any more, whichever kind of pin it was") {
    for (const std::string gup :
         {"gup_fast(write, pin, longterm)", "gup(write, pin)", "gup_fast(read, get)"}) {
        const Planned t("memory anonymous written\nparent: p = " + gup +
                            "\np: u = unpin\nparent: fork\nlet a = page(parent, 0)\n"
                            "let b = page(child, 0)\nforall (a == b)\n",
                        "v6.12");
        const Outcomes outcomes = t.outcomes();
        REQUIRE(outcomes.size() == 1);
        CHECK_MESSAGE(outcomes.begin()->find("u=ok") != std::string::npos, *outcomes.begin());
        CHECK_MESSAGE(outcomes.begin()->find("a=A b=A") != std::string::npos, *outcomes.begin());
    }
}
