#include "tests/soak/system.h"

#include "model/language/parse.h"

#include <stdexcept>

namespace cowcheck::test {

namespace {

constexpr unsigned worlds_for_one = 30;   // until one fits the design
constexpr unsigned changes_for_one = 40;  // until one compiles

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

Source::Source() : library_(complaints_), designs_(library_.design_names()) {
    if (!complaints_.empty()) throw std::logic_error(to_text(complaints_));
    for (const ast::Property& property : library_.properties().properties)
        properties_.push_back(property.name);
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
    if (chance(random, 75)) {
        Diagnostics out;
        const std::vector<HandlerText> all = handlers_of(*library_.design(system.base, out));
        for (unsigned i = 0; i < changes_for_one; ++i) {
            System changed = system;
            changed.handlers = {one_of(random, all)};
            change(random, changed.handlers.front());
            const auto program = compiled(changed);
            if (!program || is_same_program(*program, *plain)) continue;
            system = std::move(changed);
            break;
        }
    }
    const unsigned asked = below(random, 10);
    for (const std::string& name : properties_)
        if (asked < 6 || chance(random, asked == 6 ? 0 : 30)) system.builtin.push_back(name);
    return system;
}

}  // namespace cowcheck::test
