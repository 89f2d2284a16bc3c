// The table of ways to a page (model/state/ways.h): whoever goes by it looks at each slot, and no
// row of it can be missing without a wrong answer. Each row that somebody goes by has a system in
// tests/data/ways.txt that says so; to look for others among the shipped ones,
//
//     COWCHECK_FIND_WAYS=1 build/release/tests/unit_tests --source-file='*ways_test*'
#include "tests/support/walks.h"
#include "tests/support/worlds.h"

#include "checker/system/canonical.h"
#include "model/compile/applicable.h"
#include "model/isa/effects.h"
#include "model/language/parse.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// ---- each slot is looked at

// A slot that leads to a page, found by nothing but its row.
struct Slot {
    const WayRow* row;
    unsigned index;
    unsigned frame;
};

bool is_meant(const Program& program, const State& state, PageTable table, unsigned pte) {
    const Layout& l = program.layout;
    if (table == PageTable::any) return true;
    const unsigned pmd = l.get(state, Field::pmd, pte / l.pages);
    const bool used = !l.has(Field::pmd) || (pmd != 0 && (pmd & PteBit::huge) == 0);
    return used == (table == PageTable::in_use);
}

// Locals have the number of their thread, and are not the ones of a THP's other half.
std::vector<Slot> slots_in(const Program& program, const State& state) {
    const Layout& l = program.layout;
    std::vector<Slot> all;
    for (const WayRow& row : way_table) {
        const Slots of = row.slots.value;
        if (of.have_number() && l.has(of.field))
            for (unsigned i = 0; i < l.size(info(of.field).scope); ++i) {
                const unsigned value = l.get(state, of.field, i);
                if (of.lead(value) && is_meant(program, state, of.table, i))
                    all.push_back({&row, i,
                                   of.leads == Leads::entry ? value >> PteBit::frame_shift
                                                            : l.get(state, of.number, i)});
            }
        for (unsigned t = 0; of.leads == Leads::thread && t < l.size(Scope::thread); ++t) {
            const auto* words = &state.words[l.element(Scope::thread, t)];
            const Rest& rest = program.rests[l.get(state, Field::pc, t)];
            for (unsigned i = 0; i < rest.locals; ++i)
                if (rest.frames[i].valid(words))
                    all.push_back({&row, t, rest.frames[i].frame(words)});
        }
    }
    return all;
}

unsigned process_of(const Program& program, const Slot& slot) {
    const Scope scope = info(slot.row->slots.value.field).scope;
    return scope == Scope::mm ? slot.index : slot.index / program.layout.pages;
}

// Frames are renamed wherever they stand.
void check_renaming(const Program& program, const Canonical& canonical, const State& state,
                    Random& random) {
    Canonical::Renaming renaming = canonical.renamings().front();
    std::shuffle(renaming.frames.begin(), renaming.frames.begin() + program.world.frames, random);
    State other = state;
    canonical.rename(other, renaming);
    const std::vector<Slot> before = slots_in(program, state);
    std::vector<Slot> after = slots_in(program, other);
    REQUIRE(before.size() == after.size());
    for (const Slot& slot : before) {
        CAPTURE(slot.row->name.value);
        const bool of_page = info(slot.row->slots.value.field).scope == Scope::page;
        const unsigned at = of_page ? renaming.frames[slot.index] : slot.index;
        const auto same = std::find_if(after.begin(), after.end(), [&](const Slot& one) {
            return one.row == slot.row && one.index == at &&
                   one.frame == renaming.frames[slot.frame];
        });
        REQUIRE(same != after.end());
        after.erase(same);
    }
}

// Who reads a page by a slot keeps what is remembered of it.
void check_readers(const Program& program, const Canonical& canonical, const State& from) {
    const Layout& l = program.layout;
    State state = from;
    for (unsigned f = 0; f < l.size(Scope::page); ++f) {
        l.set(state, Field::zeroed, f, 0);
        l.set(state, Field::entitled, f, info(Field::entitled).mask());
        l.set(state, Field::expected, f, info(Field::expected).mask());
    }
    canonical.normalize(state);
    for (const Slot& slot : slots_in(program, state)) {
        CAPTURE(slot.row->name.value);
        const unsigned entitled = l.get(state, Field::entitled, slot.frame);
        const auto reads = [&](unsigned bit) { REQUIRE(((entitled >> bit) & 1U) != 0); };
        switch (slot.row->readers.how) {
        case ReadBy::process: reads(process_of(program, slot)); break;
        case ReadBy::holder: reads(l.mms + slot.index); break;
        case ReadBy::handler: reads(l.get(state, Field::op_mm, slot.index)); break;
        case ReadBy::cpu:
            for (const Thread& thread : program.world.threads)
                if (thread.actor == Actor::cpu && thread.cpu == slot.index / l.pages)
                    reads(thread.mm);
            break;
        default: break;
        }
    }
}

// Nobody has a page for himself to which a slot leads that is somebody else's.
void check_movers(const Program& program, const State& from) {
    State state = from;
    Machine<> machine(program, state);
    const auto slots = slots_in(program, state);
    const auto& threads = program.world.threads;
    for (unsigned t = 0; t < threads.size(); ++t)
        for (unsigned mm = 0; mm < program.layout.mms; ++mm)
            for (const Slot& slot : slots) {
                if (threads[t].actor == Actor::cpu && threads[t].mm != mm) continue;
                CAPTURE(slot.row->name.value);
                const auto alone = machine.is_private(t, mm, slot.frame);
                switch (slot.row->apart.how) {
                case Apart::never: REQUIRE_FALSE(alone.locked_away); break;
                case Apart::process:
                    REQUIRE_FALSE((alone.locked_away &&
                                   (process_of(program, slot) != mm || program.searches)));
                    break;
                case Apart::cpu:
                    REQUIRE_FALSE(
                        (alone.entirely && (threads[t].actor != Actor::cpu ||
                                            threads[t].cpu != slot.index / program.layout.pages)));
                    break;
                case Apart::dropper: REQUIRE_FALSE(alone.entirely); break;
                case Apart::thread: REQUIRE_FALSE((alone.locked_away && slot.index != t)); break;
                default: break;
                }
            }
    for (unsigned f = 0; f < program.layout.size(Scope::page); ++f)
        if (f >= program.world.frames || program.layout.get(state, Field::kind, f) == 0 ||
            program.layout.get(state, Field::swapcache, f) != 0)
            REQUIRE_FALSE(machine.is_private(0, 0, f).locked_away);
}

void check_sharing(const Program& program, const State& from) {
    State state = from;
    Machine<> machine(program, state);
    for (const Slot& slot : slots_in(program, state))
        for (unsigned mm = 0; mm < program.layout.mms; ++mm) {
            CAPTURE(slot.row->name.value);
            const Sharing sharing = slot.row->sharing.how;
            const bool shares =
                (sharing == Sharing::process && process_of(program, slot) != mm) ||
                (sharing == Sharing::handler &&
                 program.layout.get(state, Field::op_mm, slot.index) != mm) ||
                (sharing == Sharing::holder &&
                 ((program.unread_ghosts >> unsigned(Field::pin_owned)) & 1U) == 0 &&
                 program.layout.get(state, Field::pin_mm, slot.index) != mm);
            if (shares) REQUIRE(machine.is_shared(mm, slot.frame));
        }
    for (unsigned f = program.world.frames; f < program.layout.size(Scope::page); ++f)
        REQUIRE(machine.is_shared(0, f));
}

// ---- no row can be missing

struct System {
    std::string design;  // names of the library, or of files in tests/data/ways
    std::string world;
    unsigned depth = 0;
    unsigned concurrency = 0;
    std::vector<std::string> properties;  // names, and files; none: those of the library
};

std::string text_of(const std::string& name) {
    std::ifstream in(std::string(COWCHECK_SOURCE_DIR) + "/tests/data/ways/" + name);
    REQUIRE_MESSAGE(in, name);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// Those that are asked for; what they point to lives as long as the tests do.
const PropertySet& properties_of(const System& system) {
    if (system.properties.empty()) return builtin_library().properties();
    static std::deque<std::pair<std::vector<std::string>, PropertySet>> all;
    for (const auto& [names, set] : all)
        if (names == system.properties) return set;
    PropertySet& set = all.emplace_back(system.properties, PropertySet{}).second;
    set.predicates = builtin_library().properties().predicates;
    for (const std::string& name : system.properties) {
        for (const ast::Property& one : builtin_library().properties().properties)
            if (one.name == name) set.properties.push_back(one);
        if (!name.ends_with(".cow")) continue;
        Diagnostics out;
        set.files.push_back(std::make_unique<SourceFile>(SourceFile{name, text_of(name)}));
        auto trees = parse_properties(*set.files.back(), out);
        REQUIRE_MESSAGE(trees, to_text(out));
        for (ast::Property& one : trees->properties) set.properties.push_back(std::move(one));
    }
    return set;
}

Program program_of(const System& system) {
    const World world =
        system.world.ends_with(".world") ? world_of(text_of(system.world)) : world_of(system.world);
    Diagnostics out;
    const auto design = system.design.ends_with(".cow")
                            ? try_parse(text_of(system.design), out)
                            : builtin_library().design(system.design, out);
    REQUIRE_MESSAGE(design, to_text(out));
    auto program = compile(*design, properties_of(system), world, out);
    REQUIRE_MESSAGE(program, to_text(out));
    return std::move(*program);
}

// What an exploration says. `classes`: states, up to names. `quiet`: those in which nothing is
// under way, up to names and to when promises began.
struct Said {
    std::map<std::string, Cost> violated;
    std::size_t classes = 0;
    std::set<std::string> quiet;
    std::string trouble;
};

std::string bytes_of(const State& state) {
    return {reinterpret_cast<const char*>(state.words.data()), sizeof state.words};
}

std::size_t count_classes(const Explorer& explorer, const Canonical& canonical) {
    std::set<std::string> classes;
    for (unsigned part = 0; part < explorer.partitions(); ++part)
        explorer.for_each_state(part, [&](State state, unsigned) {
            canonical.normalize(state);
            classes.insert(bytes_of(state));
        });
    return classes.size();
}

std::set<std::string> quiet_states(const Explorer& explorer, const Canonical& canonical) {
    const Program& program = explorer.program();
    const Layout& l = program.layout;
    std::set<std::string> all;
    for (unsigned part = 0; part < explorer.partitions(); ++part)
        explorer.for_each_state(part, [&](State state, unsigned) {
            if (in_flight(program, state) != 0) return;
            for (unsigned i = 0; i < l.size(Scope::pte); ++i)
                for (const Field ghost :
                     {Field::wp_armed, Field::soft_dirty_owed, Field::store_barred})
                    if (l.has(ghost)) l.set(state, ghost, i, 0);
            // Nor is who stored while an operation gave content up: with joined steps that is over
            // sooner.
            for (unsigned i = 0; l.has(Field::giving_up) && i < l.size(Scope::pte); ++i)
                l.set(state, Field::expects_zero, i, 0);
            for (unsigned mm = 0; mm < l.mms; ++mm) l.set(state, Field::soft_dirty_armed, mm, 0);
            canonical.normalize(state);
            all.insert(bytes_of(state));
        });
    return all;
}

// Of states there may be so many; nothing if there are more.
std::optional<Said> explored(const Program& program, const Canonical& canonical,
                             const System& system, bool symmetric, std::uint64_t most,
                             bool quiet = false) {
    Said said;
    try {
        Explorer explorer(program, {.concurrency = system.concurrency, .symmetry = symmetric});
        Stop stop;
        stop.max_states = most;
        while (explorer.depth() < static_cast<int>(system.depth) && !explorer.exhausted())
            if (explorer.deepen(stop) != StopReason::none) return std::nullopt;
        for (const Violation& one : explorer.violations())
            said.violated[property_name(program, one.property)] = {one.operations, one.transitions};
        said.classes = symmetric ? explorer.states() : count_classes(explorer, canonical);
        if (quiet) said.quiet = quiet_states(explorer, canonical);
    } catch (const std::exception& error) {
        said.trouble = error.what();
    }
    return said;
}

std::map<std::string, unsigned> operations_of(const Said& said) {
    std::map<std::string, unsigned> all;
    for (const auto& [property, cost] : said.violated) all[property] = cost.first;
    return all;
}

constexpr std::uint64_t states_of_plain = 60'000;
constexpr std::uint64_t states_too_many = 300'000;

// Whether those who go by the table, without these rows of it, agree with the plain system: each
// in what it answers for. Forgetting more than there is to forget is wrong if a verdict says so.
bool agrees(const Program& plain, const Said& expected, const System& system, const WayUse& use,
            const WaysUsed& without) {
    const Canonical canonical(plain);
    Program program = plain;
    program.ways = plain.ways.without(without);
    const bool joins = use.of == &WaysUsed::apart;
    if (joins) reduce_steps(program);
    const auto got =
        explored(program, canonical, system, use.of != &WaysUsed::sharing, states_too_many, joins);
    if (!got || !got->trouble.empty()) return false;
    if (joins) {  // what is forgotten on the way is the same, too
        const auto steps = explored(plain, canonical, system, true, states_too_many, true);
        return steps && operations_of(*got) == operations_of(expected) &&
               got->quiet == steps->quiet;
    }
    if (use.of == &WaysUsed::renaming && got->classes != expected.classes) return false;
    return got->violated == expected.violated;
}

WaysUsed row(const WayUse& use, const WayRow& row) {
    WaysUsed used;
    used.*use.of = ways(row.way.value);
    return used;
}

std::string name_of(const WayUse& use, const WayRow& row) {
    return std::string(use.name) + " " + std::string(row.name.value);
}

// What a line of the file says of a row: a system, or why there is none.
struct Shown {
    std::string name;
    System system;
    std::string otherwise;
};

std::vector<Shown> all_shown() {
    std::ifstream in(std::string(COWCHECK_SOURCE_DIR) + "/tests/data/ways.txt");
    REQUIRE(in);
    std::vector<Shown> all;
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line.front() == '#') continue;
        std::istringstream words(line);
        std::string use;
        std::string way;
        Shown one;
        words >> use >> way >> one.system.design;
        one.name = use + " " + way;
        if (one.system.design == "-")
            std::getline(words, one.otherwise);
        else
            words >> one.system.world >> one.system.depth >> one.system.concurrency;
        REQUIRE(words);
        for (std::string name; one.otherwise.empty() && words >> name;)
            one.system.properties.push_back(name);
        all.push_back(one);
    }
    return all;
}

template <class Visit>
void each_used(Visit&& visit) {
    for (const WayUse& use : way_uses)
        for (const WayRow& way : way_table)
            if (has(ways_asked_for.*use.of, way.way.value)) visit(use, way);
}

bool is_in(const std::vector<Shown>& all, const std::string& name) {
    return std::any_of(all.begin(), all.end(), [&](const Shown& one) { return one.name == name; });
}

// Says of shipped systems which rows they show to be needed.
void find() {
    const std::vector<Shown> known = all_shown();
    std::set<std::string> open;
    each_used([&](const WayUse& use, const WayRow& way) {
        if (!is_in(known, name_of(use, way))) open.insert(name_of(use, way));
    });
    Diagnostics out;
    for (const std::string& world : builtin_library().world_names())
        for (const std::string design : {"v6.7", "v5.9", "v7.2", "v5.7"}) {
            System system{design, world, 5, 2, {}};
            const auto text = builtin_library().design(design, out);
            if (!not_applicable(*text, world_of(world)).empty()) continue;
            const Program plain = program_of(system);
            if (plain.world.has_outside()) continue;
            const Canonical canonical(plain);
            std::optional<Said> expected;
            while (system.depth > 1 &&
                   !(expected = explored(plain, canonical, system, false, states_of_plain)))
                --system.depth;
            if (!expected || expected->violated.contains("refcount_is_sound")) continue;
            each_used([&](const WayUse& use, const WayRow& way) {
                if (!open.contains(name_of(use, way)) || !has(plain.ways.*use.of, way.way.value) ||
                    !agrees(plain, *expected, system, use, {}) ||
                    agrees(plain, *expected, system, use, row(use, way)))
                    return;
                open.erase(name_of(use, way));
                std::cout << name_of(use, way) << " " << design << " " << world << " "
                          << system.depth << " " << system.concurrency << std::endl;
            });
        }
    for (const std::string& name : open) std::cout << "not found: " << name << std::endl;
}

}  // namespace

TEST_CASE("whoever goes by the table of ways looks at each slot of each way") {
    Random random(1);
    std::map<std::string, unsigned> seen;
    const std::vector<std::string> designs = builtin_library().design_names();
    std::vector<std::string> worlds = builtin_library().world_names();
    for (const std::string& text : {thp_twins, wide_twins, busy_twins}) worlds.push_back(text);
    std::size_t next = 0;
    for (const std::string& world : worlds) {
        const std::string& design = designs[next++ % designs.size()];
        CAPTURE(world);
        CAPTURE(design);
        const Program program = compiled(design, world, true);
        const Canonical canonical(program);
        walk(program, random, slow_build ? 1 : 6, 50, [&](const State& state) {
            for (unsigned mm = 0; program.layout.has(Field::pmd) && mm < program.layout.mms; ++mm) {
                const unsigned pmd = program.layout.get(state, Field::pmd, mm);
                REQUIRE(((pmd & PteBit::present) != 0) == ((pmd & PteBit::huge) != 0));
            }
            for (const Slot& slot : slots_in(program, state))
                ++seen[std::string(slot.row->name.value)];
            check_renaming(program, canonical, state, random);
            check_movers(program, state);
            check_sharing(program, state);
            const std::uint64_t content = fields(Field::entitled, Field::expected);
            if (program.asked.no_forgetting.empty() && (program.unread_ghosts & content) == 0)
                check_readers(program, canonical, state);
        });
    }
    for (const WayRow& way : way_table)
        if (way.slots.value.have_number() || way.slots.value.leads == Leads::thread)
            if (!slow_build) CHECK_MESSAGE(seen[std::string(way.name.value)] > 0, way.name.value);
}

TEST_CASE("of each row, each that goes by it has a system that says what it is for") {
    if (std::getenv("COWCHECK_FIND_WAYS") != nullptr) return find();
    const std::vector<Shown> known = all_shown();
    each_used([&](const WayUse& use, const WayRow& way) {
        CHECK_MESSAGE(is_in(known, name_of(use, way)), name_of(use, way));
    });
}

TEST_CASE("no row of the table of ways can be missing without a wrong answer") {
    for (const Shown& shown : all_shown()) {
        if (!shown.otherwise.empty()) continue;
        if (slow_build && shown.system.depth > 3) continue;
        bool found = false;
        each_used([&](const WayUse& use, const WayRow& way) {
            if (name_of(use, way) != shown.name) return;
            found = true;
            CAPTURE(shown.name);
            const Program plain = program_of(shown.system);
            const Canonical canonical(plain);
            const auto expected = explored(plain, canonical, shown.system, false, states_of_plain);
            REQUIRE(expected);
            CHECK(agrees(plain, *expected, shown.system, use, {}));
            CHECK_FALSE(agrees(plain, *expected, shown.system, use, row(use, way)));
        });
        CHECK_MESSAGE(found, shown.name);
    }
}
