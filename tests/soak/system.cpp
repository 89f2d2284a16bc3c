#include "tests/soak/system.h"

#include "checker/explore/explorer.h"
#include "model/language/parse.h"
#include "tests/support/random_properties.h"

#include <algorithm>

#include <stdexcept>

namespace cowcheck::test {

namespace {

constexpr unsigned worlds_for_one = 30;   // until one fits the design
constexpr unsigned changes_for_one = 60;  // until one compiles
constexpr std::size_t candidates_for_one = 8;

}  // namespace

std::string System::design_text() const {
    std::string text = "design trial extends " + base + "\n\n";
    for (const HandlerText& handler : handlers) text += handler.text() + "\n";
    return text;
}

std::string System::property_text() const {
    std::string text;
    for (const std::string& property : own) text += property + "\n";
    return text;
}

Source::Source(bool wild) : library_(complaints_), designs_(library_.design_names()), wild_(wild) {
    if (!complaints_.empty()) throw std::logic_error(to_text(complaints_));
    for (const ast::Property& property : library_.properties().properties)
        properties_.push_back(property.name);
    for (const std::string& name : designs_) {
        Diagnostics out;
        for (const HandlerText& handler : handlers_of(*library_.design(name, out)))
            vocabulary_.learn(handler);
    }
}

std::unique_ptr<Parsed> Source::parse(const System& system, Diagnostics& complaints) const {
    auto parsed = std::make_unique<Parsed>();
    parsed->world = try_world(system.world_text());
    if (!parsed->world) return nullptr;
    auto own = std::make_shared<ParsedDesign>();
    own->file = std::make_unique<SourceFile>(SourceFile{"design.cow", system.design_text()});
    auto tree = parse_design(*own->file, complaints);
    if (!tree) return nullptr;
    own->tree = std::move(*tree);
    parsed->design = library_.design(system.base, complaints);
    if (!parsed->design) return nullptr;
    parsed->design->chain.insert(parsed->design->chain.begin(), std::move(own));

    PropertySet& properties = parsed->properties;
    properties.predicates = library_.properties().predicates;
    for (const ast::Property& property : library_.properties().properties)
        for (const std::string& name : system.builtin)
            if (property.name == name) properties.properties.push_back(property);
    if (!system.own.empty()) {
        properties.files.push_back(
            std::make_unique<SourceFile>(SourceFile{"property.cow", system.property_text()}));
        auto trees = parse_properties(*properties.files.back(), complaints);
        if (!trees) return nullptr;
        for (ast::Property& property : trees->properties)
            properties.properties.push_back(std::move(property));
    }
    return parsed;
}

std::optional<Program> Source::compiled(const System& system) const {
    Diagnostics out;
    const auto parsed = parse(system, out);
    if (!parsed) return std::nullopt;
    return compile(*parsed->design, parsed->properties, *parsed->world, out);
}

System Source::random_system(std::uint64_t seed, const std::vector<std::string>& features) const {
    Random random(seed);
    System system;
    system.seed = seed;
    const unsigned bounds[] = {2, 2, 2, 0, 3, 1};
    system.concurrency = bounds[below(random, std::size(bounds))];
    std::optional<Program> plain;
    while (!plain) {
        system.base = one_of(random, designs_);
        for (unsigned i = 0; i < worlds_for_one && !plain; ++i) {
            system.world = wide_world(random, features);
            plain = compiled(system);
        }
    }
    if (chance(random, 75)) change(random, system, *plain);
    const unsigned asked = below(random, 10);
    for (const std::string& name : properties_)
        if (asked < 4 || chance(random, asked < 7 ? 0 : 30)) system.builtin.push_back(name);
    if (asked >= 2) add_properties(random, system);
    return system;
}

// One or two mistakes, in handlers that its operations run.
void Source::change(Random& random, System& system, const Program& plain) const {
    Diagnostics out;
    std::set<std::string> operations;
    for (const OperationCode& operation : plain.operations)
        operations.emplace(info(operation.item.kind).name);
    const std::vector<HandlerText> all =
        reachable(handlers_of(*library_.design(system.base, out)), operations);
    unsigned wanted = chance(random, 25) ? 2 : 1;
    for (unsigned i = 0; i < changes_for_one && wanted > 0; ++i) {
        System changed = system;
        HandlerText handler = one_of(random, all);
        for (HandlerText& before : changed.handlers)
            if (before.head == handler.head) {
                handler = before;
                std::swap(before, changed.handlers.back());
                changed.handlers.pop_back();
                break;
            }
        vocabulary_.change(random, handler);
        changed.handlers.push_back(std::move(handler));
        const auto program = compiled(changed);
        if (!program || is_same_program(*program, plain)) continue;
        system.handlers = std::move(changed.handlers);
        --wanted;
    }
}

// Those that the start violates tell nothing, and are as good as never taken.
void Source::add_properties(Random& random, System& system) const {
    const auto world = try_world(system.world_text());
    System trial = system;
    trial.builtin.clear();
    const auto compiled_with = [&](std::vector<std::string> own) {
        trial.own = std::move(own);
        return compiled(trial);
    };
    std::vector<std::string> candidates;
    for (std::size_t i = 0; i < candidates_for_one; ++i)
        candidates.push_back(random_property(random, *world, "user" + std::to_string(i), wild_));
    auto program = compiled_with(candidates);
    if (!program) {  // some expression is too large
        std::erase_if(candidates, [&](const std::string& one) { return !compiled_with({one}); });
        program = compiled_with(candidates);
    }
    if (!program) return;
    std::vector<std::string> good;
    try {
        Explorer explorer(*program, {.concurrency = system.concurrency, .symmetry = false});
        const Stop stop;
        (void)explorer.deepen(stop);
        for (std::size_t i = 0; i < candidates.size(); ++i)
            if (std::none_of(explorer.violations().begin(), explorer.violations().end(),
                             [&](const Violation& one) { return one.property == i; }))
                good.push_back(candidates[i]);
    } catch (const std::invalid_argument&) {  // too large to store
    }
    const std::size_t some = 1 + below(random, 3);
    good.resize(std::min(good.size(), some));
    system.own = std::move(good);
}

}  // namespace cowcheck::test
