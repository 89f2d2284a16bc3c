// From what the user names to texts in the library: built-in names and files.
#pragma once

#include "model/library.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

// Names of what is built in, and paths of files.
struct Named {
    std::vector<std::string> designs;
    std::vector<std::string> worlds;
    std::vector<std::string> properties;  // none: all that are built in
};

// What a command is about, with all files read. Spans point into the library.
struct Selection {
    std::vector<DesignText> designs;
    std::vector<World> worlds;
    PropertySet properties;  // those that were named, with all predicates
    bool assertions = true;  // those of the designs themselves were named as well
    // Names of those that come from files, with their paths.
    std::map<std::string, std::string> design_files;
    std::map<std::string, std::string> world_files;
};

// The name that stands for what designs assert themselves.
inline constexpr std::string_view assertions_name = "assertions";

// Everything below throws BadInput; what the front end says goes into its message.

[[nodiscard]] Library load_library();

// What is named, each once, however often it is named.
[[nodiscard]] Selection select(Library& library, const Named& named);
// With what `check` takes where nothing is named: the default world and the main line of history.
// The design `all` is every one that is built in.
[[nodiscard]] Named or_defaults(const Library& library, Named named);
// Both designs and worlds are named: just these pairs are meant.
[[nodiscard]] bool means_pairs(const Named& named);

[[nodiscard]] DesignText find_design(const Library& library, std::string_view name);
// In the order of history.
[[nodiscard]] std::vector<DesignText> all_designs(const Library& library);
[[nodiscard]] const World& find_world(const Library& library, std::string_view name);
// Of all properties that the library has, those of the designs' assertions with them.
[[nodiscard]] std::vector<std::string> all_property_names(const Library& library);
[[nodiscard]] const ast::Property& find_property(const Library& library, std::string_view name);
// That property with all predicates; none if it is the one of the designs' assertions.
[[nodiscard]] PropertySet only(const Library& library, std::string_view property);

[[nodiscard]] Program compile_or_complain(const DesignText& design, const PropertySet& properties,
                                          const World& world, const CompileOptions& options = {});

}  // namespace cowcheck
