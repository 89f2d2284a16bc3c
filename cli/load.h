// From what the user names to texts in the library: built-in names and files.
#pragma once

#include "cli/options.h"
#include "model/library.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

inline constexpr std::size_t max_text_bytes = std::size_t{1} << 20;

// The text in a file. `what` is what it should be: "a design". Throws BadInput for
// what can't be read, is empty, too large, or no text.
[[nodiscard]] std::string read_text(const std::string& path, std::string_view what,
                                    std::size_t limit = max_text_bytes);

// What a check is about, with all files read.
struct Selection {
    std::vector<std::string> designs;
    std::vector<std::string> worlds;
    // Names of properties; `assertions` stands for those of the designs themselves.
    std::set<std::string> properties;
    bool all_properties = true;
    // Those that come from files, with their paths.
    std::map<std::string, std::string> design_files;
    std::map<std::string, std::string> world_files;
};

inline constexpr std::string_view assertions_name = "assertions";

// Everything below throws BadInput; what the front end says goes into its message.

[[nodiscard]] Library load_library();
[[nodiscard]] Selection select(Library& library, const CheckOptions& options);
// Files that a replay needs besides what is built in, and the names it is to use.
[[nodiscard]] Selection select(Library& library, const ReplayOptions& options);

// The names of the designs, files among them read.
[[nodiscard]] std::vector<std::string> select_designs(Library& library,
                                                      const std::vector<std::string>& asked);

[[nodiscard]] DesignText find_design(const Library& library, std::string_view name);
[[nodiscard]] const World& find_world(const Library& library, std::string_view name);
[[nodiscard]] const ast::Property& find_property(const Library& library, std::string_view name);

// The properties that are selected, with all predicates. Spans point into the library.
[[nodiscard]] PropertySet selected_properties(const Library& library, const Selection& selection);
[[nodiscard]] Program compile_or_complain(const DesignText& design, const PropertySet& properties,
                                          const World& world, const CompileOptions& options = {});

}  // namespace cowcheck
