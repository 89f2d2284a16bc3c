// What the shipped properties ask for costs no reduction: in no world, of no design.
#include "model/compile/applicable.h"
#include "tests/support/models.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

// "v6.2 in tiny: steps are not joined: ...", for each reduction that a program is explored
// without because of what is asked.
std::vector<std::string> lost(const PropertySet& properties, unsigned& programs,
                              const std::vector<std::string>& designs) {
    std::vector<std::string> all;
    for (const std::string& world_name : builtin_library().world_names()) {
        const World world = world_of(world_name);
        for (const std::string& name : designs) {
            Diagnostics out;
            const auto design = builtin_library().design(name, out);
            REQUIRE(design);
            if (!not_applicable(*design, world).empty()) continue;
            const auto program = compile(*design, properties, world, out);
            REQUIRE_MESSAGE(program, to_text(out));
            ++programs;
            const auto note = [&](const std::string& reason, const std::string& what) {
                if (!reason.empty())
                    all.push_back(name + " in " + world_name + ": " + what + ": " + reason);
            };
            note(program->asked.no_joining, "steps are not joined");
            note(program->asked.no_forgetting, "what pages held is remembered");
            note(program->asked.no_renaming, "names are kept");
        }
    }
    return all;
}

}  // namespace

TEST_CASE("no shipped property costs a reduction in any shipped world, of any shipped design") {
    unsigned programs = 0;
    const std::vector<std::string> designs =
        slow_build ? std::vector<std::string>{"v5.7", "v6.7"} : builtin_library().design_names();
    const auto all = lost(builtin_library().properties(), programs, designs);
    CHECK(programs > designs.size() * builtin_library().world_names().size() / 2);
    for (const std::string& one : all) CHECK_MESSAGE(false, one);
}

TEST_CASE("what costs one is seen") {
    struct Row {
        std::string clause;
        std::string reason;
    };
    for (const Row& row :
         {Row{"at free: quiet", "steps are not joined"},
          Row{"always for each mm, page: page.refcount == 1024 implies not entitled(mm, page)",
              "what pages held is remembered"},
          Row{"always for each mm, va: pte(mm, va).page.refcount < 5", "names are kept"}}) {
        CAPTURE(row.clause);
        Diagnostics out;
        Library library(out);
        REQUIRE(library.add_properties(
            "asks.cow",
            "property asks safety\n    \"asks\"\n    source \"a test\"\n    " + row.clause + "\n",
            out));
        unsigned programs = 0;
        const auto all = lost(library.properties(), programs, {"v6.7"});
        REQUIRE(programs > 0);
        CHECK(all.size() >= programs);
        bool found = false;
        for (const std::string& one : all) found = found || one.find(row.reason) != one.npos;
        CHECK(found);
    }
}
