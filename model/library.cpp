#include "model/library.h"

#include "model/builtin_files.h"
#include "model/language/parse.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace cowcheck {

namespace {

std::string path_of_part(const ParsedDesign& design, const std::string& part) {
    const std::string& main = design.file->name;
    const std::size_t slash = main.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : main.substr(0, slash + 1);
    return folder + design.tree.name + "/" + part + ".cow";
}

// Whether it is the part that was asked for.
bool check_line(const ast::PartLine& line, const std::string& part, const std::string& of,
                Diagnostics& out) {
    const bool named = line.name == part;
    if (named && line.of == of) return true;
    out.push_back({named ? line.of_span : line.span,
                   "this is 'part " + line.name + " of " + line.of + "', where 'part " + part +
                       " of " + of + "' is expected",
                   {}});
    return false;
}

// Those that stand in the design's own file.
bool check_parts_here(const ast::Design& design, Diagnostics& out) {
    bool right = true;
    std::vector<std::string_view> known;
    for (const ast::PartName& part : design.parts) known.push_back(part.name);
    for (std::size_t i = 0; i < design.parts_here.size(); ++i) {
        const ast::PartLine& line = design.parts_here[i];
        right = check_line(line, line.name, design.name, out) && right;
        if (std::find(known.begin(), known.end(), line.name) == known.end()) {
            out.push_back({line.span,
                           "the design names no part '" + line.name + "'; expected a line 'parts " +
                               line.name + "' near its top",
                           did_you_mean(line.name, known)});
            right = false;
        }
        for (std::size_t k = 0; k < i; ++k)
            if (design.parts_here[k].name == line.name) {
                out.push_back({line.span,
                               "the part '" + line.name + "' begins twice; it has begun in line " +
                                   std::to_string(design.parts_here[k].span.line),
                               {}});
                right = false;
            }
    }
    return right;
}

// The texts that are built in.
std::optional<std::string> builtin_part(const std::string& path) {
    for (const BuiltinFile& file : builtin_files())
        if (path == std::string(file.folder.substr(file.folder.find('/') + 1)) + "/" +
                        std::string(file.name) + ".cow" &&
            file.folder.starts_with("designs/"))
            return std::string(file.text);
    return std::nullopt;
}

}  // namespace

bool add_parts(ParsedDesign& design, const ReadText& read, Diagnostics& out) {
    ast::Design& tree = design.tree;
    bool right = check_parts_here(tree, out);
    for (const ast::PartName& part : tree.parts) {
        if (std::any_of(tree.parts_here.begin(), tree.parts_here.end(),
                        [&](const ast::PartLine& line) { return line.name == part.name; }))
            continue;
        std::string path = path_of_part(design, part.name);
        auto text = read(path);
        if (!text) {
            out.push_back(
                {part.span,
                 "the part '" + part.name + "' is missing: expected a file '" + path + "'",
                 {}});
            right = false;
            continue;
        }
        design.parts.push_back(
            std::make_unique<SourceFile>(SourceFile{std::move(path), std::move(*text)}));
        auto parsed = parse_part(*design.parts.back(), out);
        if (!parsed || !check_line(parsed->line, part.name, tree.name, out)) {
            right = false;
            continue;
        }
        std::move(parsed->predicates.begin(), parsed->predicates.end(),
                  std::back_inserter(tree.predicates));
        std::move(parsed->handlers.begin(), parsed->handlers.end(),
                  std::back_inserter(tree.handlers));
    }
    return right;
}

namespace {

struct MaybeDesign {
    std::shared_ptr<ParsedDesign> design;  // owns its text, right or not
    bool right = false;
};

MaybeDesign parse_with_parts(std::string path, std::string text, const ReadText& read,
                             Diagnostics& out) {
    MaybeDesign result{std::make_shared<ParsedDesign>(), false};
    ParsedDesign& design = *result.design;
    design.file = std::make_unique<SourceFile>(SourceFile{std::move(path), std::move(text)});
    auto tree = parse_design(*design.file, out);
    if (!tree) return result;
    design.tree = std::move(*tree);
    result.right = add_parts(design, read, out);
    return result;
}

// What is built in must be right, and called like its file.
void require(bool right, std::string_view name, const Diagnostics& out) {
    if (!right || !out.empty())
        throw std::logic_error("built-in text " + std::string(name) + ":\n" + to_text(out));
}

}  // namespace

Library::Library(Diagnostics& out) : parsing_(std::make_unique<std::mutex>()) {
    for (const BuiltinFile& file : builtin_files()) {
        std::string name{file.name};
        if (file.folder == "designs")
            designs_.push_back({std::move(name), &file, nullptr});
        else if (file.folder == "worlds")
            worlds_.push_back({std::move(name), &file, nullptr, std::nullopt});
        else if (file.folder == "properties")
            (void)add_properties("properties/" + name + ".cow", std::string(file.text), out);
        else if (file.folder == "hardware")
            hardware_ = parse_with_parts("hardware/" + name + ".cow", std::string(file.text),
                                         builtin_part, out)
                            .design;
    }
}

std::optional<std::string> Library::add_design(std::string path, std::string text, Diagnostics& out,
                                               const ReadText& read) {
    auto [design, right] = parse_with_parts(std::move(path), std::move(text), read, out);
    std::string name = design->tree.name;
    if (right && has_design(name)) {
        out.push_back({design->tree.span, "there is a design '" + name + "' already",
                       "give yours a name of its own and let it extend '" + name + "'"});
        right = false;
    }
    if (!right) {
        refused_designs_.push_back(std::move(design));
        return std::nullopt;
    }
    designs_.push_back({name, nullptr, std::move(design)});
    return name;
}

std::optional<std::string> Library::add_world(std::string path, std::string text,
                                              Diagnostics& out) {
    auto file = std::make_unique<SourceFile>(SourceFile{std::move(path), std::move(text)});
    const auto tree = parse_world(*file, out);
    auto world = tree ? resolve_world(*tree, out) : std::nullopt;
    if (world && find_world(world->name) != nullptr) {
        out.push_back({tree->span, "there is a world '" + world->name + "' already", {}});
        world.reset();
    }
    if (!world) {
        refused_files_.push_back(std::move(file));
        return std::nullopt;
    }
    worlds_.push_back({world->name, nullptr, std::move(file), std::move(world)});
    return worlds_.back().name;
}

bool Library::add_properties(std::string path, std::string text, Diagnostics& out) {
    auto file = std::make_unique<SourceFile>(SourceFile{std::move(path), std::move(text)});
    auto tree = parse_properties(*file, out);
    if (!tree) {
        refused_files_.push_back(std::move(file));
        return false;
    }
    bool fresh = true;
    for (auto& property : tree->properties) {
        for (const auto& known : properties_.properties)
            if (known.name == property.name) {
                out.push_back(
                    {property.span, "there is a property '" + property.name + "' already", {}});
                fresh = false;
            }
        properties_.properties.push_back(std::move(property));
    }
    for (auto& predicate : tree->predicates) properties_.predicates.push_back(std::move(predicate));
    properties_.files.push_back(std::move(file));
    return fresh;
}

bool Library::has_design(std::string_view name) const {
    return std::any_of(designs_.begin(), designs_.end(),
                       [&](const OwnedDesign& design) { return design.name == name; });
}

std::vector<std::string> Library::design_names() const {
    struct Dated {
        std::string name;
        std::string date;
    };
    std::vector<Dated> designs;
    for (OwnedDesign& design : designs_)
        designs.push_back({design.name, parsed(design)->tree.dated});
    std::stable_sort(designs.begin(), designs.end(), [](const Dated& a, const Dated& b) {
        if (a.date.empty() || b.date.empty()) return !a.date.empty() && b.date.empty();
        return a.date < b.date;
    });
    std::vector<std::string> names;
    for (Dated& design : designs) names.push_back(std::move(design.name));
    return names;
}

std::vector<std::string> Library::default_design_names() const {
    std::vector<std::string> names = design_names();
    std::erase_if(names, [&](const std::string& name) { return !find(name)->tree.by_default; });
    return names;
}

std::vector<std::string> Library::world_names() const {
    std::vector<std::string> names;
    for (const OwnedWorld& owned : worlds_) names.push_back(owned.name);
    return names;
}

std::shared_ptr<const ParsedDesign> Library::find(std::string_view name) const {
    for (OwnedDesign& design : designs_)
        if (design.name == name) return parsed(design);
    return nullptr;
}

std::shared_ptr<const ParsedDesign> Library::parsed(OwnedDesign& design) const {
    const std::scoped_lock lock(*parsing_);
    if (!design.parsed) {
        Diagnostics out;
        auto result = parse_with_parts(design.name + ".cow", std::string(design.builtin->text),
                                       builtin_part, out);
        require(result.right && result.design->tree.name == design.name, design.name, out);
        design.parsed = std::move(result.design);
    }
    return design.parsed;
}

std::optional<DesignText> Library::design(std::string_view name, Diagnostics& out) const {
    DesignText text;
    SourceSpan asked{};
    for (std::string next{name}; !next.empty(); next = text.chain.back()->tree.base) {
        auto design = find(next);
        if (!design) {
            const auto names = design_names();
            out.push_back({asked, "there is no design '" + next + "'",
                           did_you_mean(next, {names.begin(), names.end()})});
            return std::nullopt;
        }
        if (std::find(text.chain.begin(), text.chain.end(), design) != text.chain.end()) {
            out.push_back({asked, "design '" + next + "' extends itself", {}});
            return std::nullopt;
        }
        asked = design->tree.base_span;
        text.chain.push_back(std::move(design));
    }
    text.chain.push_back(hardware_);
    return text;
}

Library::OwnedWorld* Library::find_world(std::string_view name) const {
    for (OwnedWorld& owned : worlds_)
        if (owned.name == name) return &owned;
    return nullptr;
}

const World* Library::world(std::string_view name) const {
    OwnedWorld* owned = find_world(name);
    if (owned == nullptr) return nullptr;
    const std::scoped_lock lock(*parsing_);
    if (!owned->world) {
        Diagnostics out;
        owned->file = std::make_unique<SourceFile>(
            SourceFile{owned->name + ".world", std::string(owned->builtin->text)});
        const auto tree = parse_world(*owned->file, out);
        auto world = tree ? resolve_world(*tree, out) : std::nullopt;
        require(world && world->name == owned->name, owned->name, out);
        owned->world = std::move(world);
    }
    return &*owned->world;
}

const std::string* Library::world_text(std::string_view name) const {
    return world(name) == nullptr ? nullptr : &find_world(name)->file->text;
}

}  // namespace cowcheck
