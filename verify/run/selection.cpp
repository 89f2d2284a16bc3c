#include "model/compile/check_design.h"
#include "verify/run/selection.h"

#include "verify/run/bad_input.h"
#include "verify/run/kernel_names.h"
#include "verify/run/numbers.h"
#include "traces/trace.h"
#include "verify/run/read_text.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <set>

namespace cowcheck {

namespace {

using Strings = std::vector<std::string>;

[[noreturn]] void complain(const std::string& what, const Diagnostics& diagnostics) {
    const std::string text = to_text(diagnostics);
    throw BadInput(what + " has " + plural(diagnostics.size(), "error") + "\n" + text);
}

bool looks_like_file(const std::string& name, std::string_view extension) {
    return name.find('/') != std::string::npos || name.ends_with(extension) ||
           std::filesystem::exists(std::filesystem::path(name));
}

// `about` is what else is known of the name.
[[noreturn]] void unknown(const std::string& what, const std::string& name, const Strings& known,
                          bool or_file = false, const std::string& about = {}) {
    std::string list;
    for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
    const std::string hint =
        about.empty() ? did_you_mean(name, {known.begin(), known.end()}) : about;
    throw BadInput("there is no " + what + " '" + name + "'" +
                   (or_file ? " and no such file" : "") + (hint.empty() ? "" : "; " + hint) +
                   "\nknown: " + list);
}

// Which names there are: to know all may take longer than to know one.
struct Known {
    std::function<bool(const std::string&)> has;
    std::function<Strings()> all;
};

Known among(Strings names) {
    return {[names](const std::string& name) {
                return std::find(names.begin(), names.end(), name) != names.end();
            },
            [names] { return names; }};
}

Known among_designs(const Library& library) {
    return {[&](const std::string& name) { return library.has_design(name); },
            [&] { return library.design_names(); }};
}

// Of names and files, the names; files are added once, however often they are named.
template <class Add>
Strings resolve(const std::string& what, const Strings& asked, const Known& known,
                std::string_view extension, std::map<std::string, std::string>& files, Add&& add,
                const std::function<std::string(const std::string&)>& about = {}) {
    Strings names;
    std::map<std::filesystem::path, std::string> added;
    for (const std::string& one : asked) {
        std::string name = one;
        if (!known.has(one)) {
            if (!looks_like_file(one, extension))
                unknown(what, one, known.all(), true, about ? about(one) : "");
            std::error_code ignored;
            auto path = std::filesystem::weakly_canonical(one, ignored);
            const auto before = added.find(path);
            name = before != added.end() ? before->second : add(one);
            added.emplace(std::move(path), name);
            files.emplace(name, one);
        }
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    return names;
}

std::string add_design(Library& library, const std::string& path) {
    Diagnostics out;
    const auto name = library.add_design(path, read_text(path, "a design"), out,
                                         [](const std::string& part) -> std::optional<std::string> {
                                             if (!std::filesystem::exists(part)) return {};
                                             return read_text(part, "a part of a design");
                                         });
    if (!name || !out.empty()) complain("design '" + path + "'", out);
    return *name;
}

std::string add_world(Library& library, const std::string& path) {
    Diagnostics out;
    const auto name = library.add_world(path, read_text(path, "a world"), out);
    if (!name || !out.empty()) complain("world '" + path + "'", out);
    return *name;
}

// Whatever a world does not show: a user should not have to find the world that does.
void check_user_design(const Library& library, const std::string& name, const std::string& path) {
    Diagnostics out;
    std::vector<const World*> worlds{&find_world(library, "default")};
    for (const std::string& world : library.world_names())
        worlds.push_back(&find_world(library, world));
    check_design(find_design(library, name), library.properties(), worlds, out);
    if (!out.empty()) complain("design '" + path + "'", out);
}

Strings property_names(const Library& library) {
    Strings names;
    for (const ast::Property& property : library.properties().properties)
        names.push_back(property.name);
    return names;
}

Strings design_names_of(Library& library, const Strings& asked,
                        std::map<std::string, std::string>& files) {
    const Strings names = resolve(
        "design", asked, among_designs(library), ".cow", files,
        [&](const std::string& path) { return add_design(library, path); },
        [&](const std::string& name) { return about_kernel(library, name); });
    for (const auto& [name, path] : files) check_user_design(library, name, path);
    return names;
}

void select_designs(Library& library, const Strings& asked, Selection& selection) {
    for (const std::string& name : design_names_of(library, asked, selection.design_files))
        selection.designs.push_back(find_design(library, name));
}

// `all` stands for what is built in; without a name, the main line of history.
Strings asked_designs(const Library& library, const Strings& asked) {
    if (asked.empty()) return library.default_design_names();
    Strings designs;
    for (const std::string& one : asked) {
        const Strings names = one == "all" ? library.design_names() : Strings{one};
        designs.insert(designs.end(), names.begin(), names.end());
    }
    return designs;
}

void select_worlds(Library& library, const Strings& asked, Selection& selection) {
    for (const std::string& name :
         resolve("world", asked, among(library.world_names()), ".world", selection.world_files,
                 [&](const std::string& path) { return add_world(library, path); }))
        selection.worlds.push_back(find_world(library, name));
}

// A file's properties are all meant.
void select_properties(Library& library, const Strings& asked, Selection& selection) {
    std::set<std::string> chosen;
    std::map<std::string, std::string> files;
    Strings known = property_names(library);
    known.emplace_back(assertions_name);
    const auto add = [&](const std::string& path) {
        const std::size_t before = library.properties().properties.size();
        Diagnostics out;
        if (!library.add_properties(path, read_text(path, "a file of properties"), out) ||
            !out.empty())
            complain("properties file '" + path + "'", out);
        const auto& all = library.properties().properties;
        for (std::size_t i = before; i < all.size(); ++i)
            if (all[i].name == assertions_name || all[i].name == assertion_name ||
                all[i].name == counting_name)
                out.push_back({all[i].span,
                               (all[i].name == counting_name ? "that every count is right"
                                                             : "what the design itself asserts") +
                                   std::string(" is called '") + all[i].name +
                                   "'; expected another name",
                               {}});
        if (!out.empty()) complain("properties file '" + path + "'", out);
        for (std::size_t i = before; i < all.size(); ++i) chosen.insert(all[i].name);
        return std::string();
    };
    const Strings found = resolve("property", asked, among(std::move(known)), ".cow", files, add);
    chosen.insert(found.begin(), found.end());
    selection.assertions = asked.empty() || chosen.contains(std::string(assertions_name));
    selection.properties.predicates = library.properties().predicates;
    for (const ast::Property& property : library.properties().properties)
        if (asked.empty() || chosen.contains(property.name))
            selection.properties.properties.push_back(property);
}

}  // namespace

Library load_library() {
    Diagnostics out;
    Library library(out);
    if (!out.empty()) complain("the built-in library", out);
    return library;
}

Selection select(Library& library, const Named& named) {
    Selection selection;
    // What a design expects is said of properties: they come first.
    select_properties(library, named.properties, selection);
    select_worlds(library, named.worlds, selection);
    select_designs(library, named.designs, selection);
    return selection;
}

Named or_defaults(const Library& library, Named named) {
    if (named.worlds.empty()) named.worlds = {"default"};
    named.designs = asked_designs(library, named.designs);
    return named;
}

bool means_pairs(const Named& named) {
    const auto& designs = named.designs;
    return !named.worlds.empty() && !designs.empty() &&
           std::find(designs.begin(), designs.end(), "all") == designs.end();
}

std::vector<DesignText> all_designs(const Library& library) {
    std::vector<DesignText> designs;
    for (const std::string& name : library.design_names())
        designs.push_back(find_design(library, name));
    return designs;
}

DesignText find_design(const Library& library, std::string_view name) {
    Diagnostics out;
    if (!library.has_design(name))
        unknown("design", std::string(name), library.design_names(), false,
                about_kernel(library, name));
    auto design = library.design(name, out);
    if (!design || !out.empty()) complain("design '" + std::string(name) + "'", out);
    return std::move(*design);
}

const World& find_world(const Library& library, std::string_view name) {
    const World* world = library.world(name);
    if (world == nullptr) unknown("world", std::string(name), library.world_names());
    return *world;
}

std::vector<std::string> all_property_names(const Library& library) {
    Strings names = property_names(library);
    names.emplace_back(assertions_name);
    return names;
}

const ast::Property& find_property(const Library& library, std::string_view name) {
    for (const ast::Property& property : library.properties().properties)
        if (property.name == name) return property;
    unknown("property", std::string(name), property_names(library));
}

PropertySet only(const Library& library, std::string_view property) {
    PropertySet chosen;
    chosen.predicates = library.properties().predicates;
    if (property != assertions_name)
        chosen.properties.push_back(find_property(library, property));
    return chosen;
}

Program compile_or_complain(const DesignText& design, const PropertySet& properties,
                            const World& world, const CompileOptions& options) {
    Diagnostics out;
    auto program = compile(design, properties, world, out, options);
    if (!program || !out.empty())
        complain("design '" + design.name() + "' in world '" + world.name + "'", out);
    return std::move(*program);
}

}  // namespace cowcheck
