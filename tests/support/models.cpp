#include "tests/support/models.h"

#include "model/compile/applicable.h"
#include "model/language/parse.h"

#include <doctest/doctest.h>

namespace cowcheck::test {

Library& builtin_library() {
    static Diagnostics out;
    static Library library(out);
    REQUIRE_MESSAGE(out.empty(), to_text(out));
    return library;
}

World world_of(const std::string& world) {
    Library& library = builtin_library();
    if (const World* known = library.world(world)) return *known;
    const SourceFile file{"test.world", world};
    Diagnostics out;
    const auto tree = parse_world(file, out);
    REQUIRE_MESSAGE(tree, to_text(out));
    const auto resolved = resolve_world(*tree, out);
    REQUIRE_MESSAGE(resolved, to_text(out));
    return *resolved;
}

Program compiled(const std::string& design, const std::string& world, bool joined) {
    Library& library = builtin_library();
    Diagnostics out;
    const auto text = library.design(design, out);
    REQUIRE_MESSAGE(text, to_text(out));
    auto program =
        compile(*text, library.properties(), without_absent(*text, world_of(world)), out);
    REQUIRE_MESSAGE(program, to_text(out));
    if (joined) reduce_steps(*program);
    return *program;
}

std::optional<DesignText> try_parse(const std::string& design_text, Diagnostics& out) {
    static std::vector<std::shared_ptr<ParsedDesign>> kept;  // spans point into the texts
    const auto& parsed = kept.emplace_back(std::make_shared<ParsedDesign>());
    parsed->file = std::make_unique<SourceFile>(SourceFile{"trial.cow", design_text});
    auto tree = parse_design(*parsed->file, out);
    if (!tree) return std::nullopt;
    parsed->tree = std::move(*tree);
    if (!add_parts(
            *parsed, [](const std::string&) { return std::nullopt; }, out))
        return std::nullopt;
    const std::string base = parsed->tree.base;
    auto design = builtin_library().design(base.empty() ? "v5.7" : base, out);
    if (!design) return std::nullopt;
    if (base.empty()) design->chain.erase(design->chain.begin());  // only the hardware stays
    design->chain.insert(design->chain.begin(), parsed);
    return design;
}

std::optional<Program> try_compile(const std::string& design_text, const World& world,
                                   Diagnostics& out, const CompileOptions& options) {
    const auto design = try_parse(design_text, out);
    if (!design) return std::nullopt;
    return compile(*design, builtin_library().properties(), world, out, options);
}

std::map<std::string, unsigned> Verdicts::operations() const {
    std::map<std::string, unsigned> result;
    for (const auto& [property, cost] : violated) result[property] = cost.first;
    return result;
}

std::string property_name(const Program& program, unsigned property) {
    if (property < program.properties.size()) return program.properties[property].name;
    return 1U << property == miscount_bit ? "counting" : "assertion";
}

Verdicts explore(const Program& program, unsigned depth, ExploreOptions options) {
    Explorer explorer(program, options);
    const Stop stop;
    while (explorer.depth() < static_cast<int>(depth) && !explorer.exhausted() &&
           !explorer.misled() && !explorer.decided())
        REQUIRE(explorer.deepen(stop) == StopReason::none);
    Verdicts verdicts;
    verdicts.misled = explorer.misled();
    for (const Violation& violation : explorer.violations())
        verdicts.violated[property_name(program, violation.property)] = {violation.operations,
                                                                         violation.transitions};
    verdicts.states = explorer.states();
    verdicts.transitions = explorer.transitions();
    verdicts.exhausted = explorer.exhausted();
    verdicts.depth = explorer.depth();
    return verdicts;
}

}  // namespace cowcheck::test
