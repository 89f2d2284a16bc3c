// The designs, worlds and properties that can be named: those built in, and those
// that the user brings. No I/O: texts come in as strings.
#pragma once

#include "model/compile/compile.h"
#include "model/compile/design_text.h"
#include "model/world.h"

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

struct BuiltinFile;

// The text of the file with that path; nothing if there is none.
using ReadText = std::function<std::optional<std::string>(const std::string& path)>;

// Reads the parts that a design names, MAIN/NAME/PART.cow beside the design's own file, and
// adds what they define to its tree. False, and complaints, if something is wrong with them.
[[nodiscard]] bool add_parts(ParsedDesign& design, const ReadText& read, Diagnostics& out);

// What is built in is parsed when somebody asks for it, by any number of threads at once; that
// throws std::logic_error only if the build is broken.
class Library {
public:
    // Parses the built-in properties and the hardware. Diagnostics are about them only, so there
    // are none unless the build is broken.
    explicit Library(Diagnostics& out);

    // A user's text joins the library; returns its name. `path` is for messages, and `read`
    // gets the paths of its parts.
    [[nodiscard]] std::optional<std::string> add_design(
        std::string path, std::string text, Diagnostics& out,
        const ReadText& read = [](const std::string&) { return std::nullopt; });
    [[nodiscard]] std::optional<std::string> add_world(std::string path, std::string text,
                                                       Diagnostics& out);
    [[nodiscard]] bool add_properties(std::string path, std::string text, Diagnostics& out);

    [[nodiscard]] bool has_design(std::string_view name) const;
    // In chronological order, as `dated` says; those without a date last, as they came. All are
    // parsed for that.
    [[nodiscard]] std::vector<std::string> design_names() const;
    // Those that are checked when nobody names one.
    [[nodiscard]] std::vector<std::string> default_design_names() const;
    [[nodiscard]] std::vector<std::string> world_names() const;

    // The design with all it extends; a complaint and nothing if the name, or one
    // that it extends, is unknown, or it extends itself.
    [[nodiscard]] std::optional<DesignText> design(std::string_view name, Diagnostics& out) const;
    [[nodiscard]] const World* world(std::string_view name) const;
    [[nodiscard]] const PropertySet& properties() const { return properties_; }

    // The text of a world or design as it was written.
    [[nodiscard]] const std::string* world_text(std::string_view name) const;

private:
    // One that is built in has the name of its file, and nothing else before it is parsed.
    struct OwnedDesign {
        std::string name;
        const BuiltinFile* builtin = nullptr;
        std::shared_ptr<const ParsedDesign> parsed;
    };
    struct OwnedWorld {
        std::string name;
        const BuiltinFile* builtin = nullptr;
        std::unique_ptr<SourceFile> file;
        std::optional<World> world;
    };

    std::shared_ptr<const ParsedDesign> find(std::string_view name) const;
    std::shared_ptr<const ParsedDesign> parsed(OwnedDesign& design) const;
    OwnedWorld* find_world(std::string_view name) const;

    // What is parsed later, and the lock for that.
    std::unique_ptr<std::mutex> parsing_;
    mutable std::vector<OwnedDesign> designs_;
    mutable std::deque<OwnedWorld> worlds_;  // they stay where they are

    std::shared_ptr<const ParsedDesign> hardware_;
    PropertySet properties_;
    // Texts that were refused: diagnostics point into them.
    std::vector<std::shared_ptr<ParsedDesign>> refused_designs_;
    std::vector<std::unique_ptr<SourceFile>> refused_files_;
};

}  // namespace cowcheck
