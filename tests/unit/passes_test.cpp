// The compiler's passes: what each leaves is looked at, and a program that some pass has spoilt
// is noticed.
#include "model/compile/passes.h"
#include "model/compile/wellformed.h"
#include "model/isa/effects.h"
#include "tests/support/models.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

Instruction& first_with(Program& program, Code code) {
    const auto found = std::find_if(program.code.begin(), program.code.end(),
                                    [&](const Instruction& i) { return i.code == code; });
    REQUIRE(found != program.code.end());
    return *found;
}

std::size_t number(Field field) { return static_cast<std::size_t>(field); }

// A check, of those that each state is asked.
Instruction& of_always(Program& program, Code code) {
    for (std::size_t at = program.always.entry; at < program.code.size(); ++at)
        if (program.code[at].code == code) return program.code[at];
    FAIL("no such instruction in the checks");
    return program.code.front();
}

struct Fault {
    const char* what;
    std::string (*wrong)(const Program&);
    void (*spoil)(Program&);
    const char* said;  // a part of what is said
};

const Fault faults[] = {
    {"a jump leaves the code", wrong_code,
     [](Program& p) { first_with(p, Code::jump_unless).target = 0xffef; }, "leaves the code"},
    {"a register is read that nobody wrote", wrong_code,
     [](Program& p) { first_with(p, Code::jump_unless).a = Reg::zero - 1; },
     "before it is written"},
    {"a rest has another number", wrong_code, [](Program& p) { first_with(p, Code::rest).imm = 0; },
     "there is no rest"},
    {"a rest says that it is elsewhere", wrong_code, [](Program& p) { p.rests[1].address += 1; },
     "is not where it says"},
    {"a question is left", wrong_questions, [](Program& p) { first_with(p, Code::frame).imm = 1; },
     "question"},
    {"elements are too narrow", wrong_strides,
     [](Program& p) { p.layout.stride[static_cast<std::size_t>(Scope::page)] = 1; },
     "beyond its element"},
    {"a lock has no room", wrong_strides, [](Program& p) { p.code.push_back({Code::trylock_vma}); },
     "states have none"},
    {"a check stores", wrong_checks,
     [](Program& p) { of_always(p, Code::load).code = Code::store; }, "changes the state"},
    {"a check of states reads what only events have", wrong_checks,
     [](Program& p) { of_always(p, Code::load).b = Reg::pin; }, "before it is written"},
    {"a check of no property", wrong_checks, [](Program& p) { of_always(p, Code::check).imm = 31; },
     "no property"},
    {"checks without an end", wrong_checks,
     [](Program& p) {
         const auto at = static_cast<std::uint16_t>(p.code.size());
         p.code.push_back({Code::jump, 0, 0, 0, 0, at});
         p.always.entry = at;
     },
     "no end"},
    {"a rest that nobody reaches", wrong_rests,
     [](Program& p) { p.rests.push_back(p.rests.back()); }, "no operation comes"},
    {"more locals than there are", wrong_rests, [](Program& p) { p.rests[1].locals = 7; },
     "names what there is not"},
    {"references to locals that hold no page", wrong_rests,
     [](Program& p) { p.rests[1].counted = 0x80; }, "names what there is not"},
    {"a loop that nobody knows of", wrong_loops,
     [](Program& p) {
         const auto found = std::find_if(p.rests.begin(), p.rests.end(),
                                         [](const Rest& rest) { return rest.in_loop; });
         REQUIRE(found != p.rests.end());
         found->in_loop = false;
     },
     "is in a loop"},
    {"two scopes at one place", wrong_places,
     [](Program& p) {
         p.layout.base[static_cast<std::size_t>(Scope::pte)] =
             p.layout.base[static_cast<std::size_t>(Scope::mm)];
     },
     "shares bits"},
    {"a scope beyond the end", wrong_places,
     [](Program& p) {
         p.layout.base[static_cast<std::size_t>(Scope::pin)] =
             static_cast<std::uint8_t>(p.layout.words);
     },
     "no place"},
    {"threads are not apart", wrong_places, [](Program& p) { p.layout.thread_words += 1; },
     "pack separately"},
    {"a search nobody knows of", wrong_searches, [](Program& p) { p.code.push_back({Code::twin}); },
     "content"},
    {"an order nobody knows of", wrong_searches,
     [](Program& p) { p.code.push_back({Code::next_mapping}); }, "process to process"},
    {"a way that nobody asked for", wrong_ways,
     [](Program& p) { p.ways.renaming |= ways(Way::ksm_page); }, "does not ask for"},
    {"a way without a field", wrong_ways, [](Program& p) { p.ways.apart |= ways(Way::other_half); },
     "has no field"},
    {"a ghost is forgotten that is asked for", wrong_ghosts,
     [](Program& p) { p.unread_ghosts |= ghost_fields; }, "that is forgotten"},
    {"a field is looked for elsewhere", wrong_access,
     [](Program& p) { p.access[number(Field::refcount)].shift ^= 1U; }, "elsewhere"},
    {"a field that there is not is looked for", wrong_access,
     [](Program& p) { p.access[number(Field::compound)].mask = 1; }, "elsewhere"},
    {"somebody is under way at the start", wrong_start,
     [](Program& p) { p.layout.set(p.start, Field::pc, 0, 1); }, "under way"},
    {"a word that nobody has", wrong_start, [](Program& p) { p.start.words[p.layout.words] = 1; },
     "no field"},
    {"a mapping too many", wrong_start,
     [](Program& p) { p.layout.set(p.start, Field::mapcount, 0, 3); }, "other mappings"},
    {"a thread has no menu", wrong_menus, [](Program& p) { p.menus.pop_back(); }, "no menu"},
    {"a menu without its last item", wrong_menus, [](Program& p) { p.menus[0].pop_back(); },
     "something else"},
    {"a device starts a fork", wrong_menus,
     [](Program& p) { p.device_menu.push_back(p.menus[0][0]); }, "a device"},
    {"a mover that there is not", wrong_movers,
     [](Program& p) { p.code[p.rests[1].address].a = 9; }, "no sort of mover"},
    {"a mover with conditions", wrong_movers,
     [](Program& p) {
         p.code[p.rests[1].address].a = Mover::both;
         p.code[p.rests[1].address].target = Unless::only_cpu;
     },
     "asks whether"},
    {"joined where nothing is to be", wrong_movers,
     [](Program& p) {
         p.code[p.rests[1].address].a = Mover::both;
         p.asked.no_joining = "a property says so";
     },
     "nothing is to be joined"},
    {"two instructions of one rest", wrong_movers,
     [](Program& p) {
         Instruction other = p.code[p.rests[1].address];
         other.a = other.a == Mover::left ? Mover::right : Mover::left;
         p.code.push_back(other);
     },
     "differ"},
};

}  // namespace

TEST_CASE("behind each pass, every built-in design is well formed in every world") {
    Diagnostics out;
    const Library& library = builtin_library();
    std::size_t compiled_ones = 0;
    for (const std::string& name : library.design_names())
        for (const std::string& world_name : library.world_names()) {
            // Sanitizers have debug builds, whose every compilation is looked at.
            if (slow_build && (name != "v6.2" || world_name.size() % 3 != 0)) continue;
            CAPTURE(name);
            CAPTURE(world_name);
            const auto design = library.design(name, out);
            REQUIRE(design);
            const World world = without_absent(*design, *library.world(world_name));
            CompileOptions options;
            options.verify = true;
            options.trust_counts = can_trust_counts(world);
            auto program = compile(*design, library.properties(), world, out, options);
            REQUIRE(program);
            for (const Reduction& reduction : reductions) {
                reduction.run(*program);
                CHECK(reduction.wrong(*program) == "");
            }
            ++compiled_ones;
        }
    CHECK(compiled_ones > 10);
}

TEST_CASE("a program that a pass has spoilt is noticed behind it, whatever is wrong") {
    const Program whole = compiled("v6.2", "default");
    for (const Fault& fault : faults) {
        CAPTURE(fault.what);
        REQUIRE(fault.wrong(whole) == "");
        Program spoilt = whole;
        fault.spoil(spoilt);
        CHECK(fault.wrong(spoilt).find(fault.said) != std::string::npos);
    }
}

TEST_CASE("each pass and each reduction has a name, a sentence, and a fault that is noticed") {
    std::set<std::string_view> names;
    const auto look = [&](std::string_view name, std::string_view does, auto* wrong) {
        CAPTURE(name);
        CHECK(names.insert(name).second);
        CHECK(!does.empty());
        CHECK(std::any_of(std::begin(faults), std::end(faults),
                          [&](const Fault& fault) { return fault.wrong == wrong; }));
    };
    for (const Pass& pass : passes) look(pass.name, pass.does, pass.wrong);
    for (const Reduction& reduction : reductions)
        look(reduction.name, reduction.does, reduction.wrong);
    CHECK_THROWS_AS(require("ghosts", "something"), std::logic_error);
    CHECK_NOTHROW(require("ghosts", ""));
}
