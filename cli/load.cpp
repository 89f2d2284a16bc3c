#include "cli/load.h"

#include "cli/bad_input.h"
#include "cli/kernel_names.h"
#include "cli/numbers.h"
#include "traces/trace.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cowcheck {

namespace {

using Strings = std::vector<std::string>;

class OpenFile {
public:
    explicit OpenFile(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
    ~OpenFile() {
        if (fd_ >= 0) close(fd_);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    [[nodiscard]] int fd() const { return fd_; }

private:
    int fd_;
};

std::string cannot_read(const std::string& path, int error) {
    return "can't read '" + path + "': " + std::strerror(error);
}

void require_size(const std::string& path, std::string_view what, std::uint64_t size,
                  std::size_t limit) {
    if (size > limit)
        throw BadInput("'" + path + "' is too large for " + std::string(what) + ": " +
                       (size > limit + 1 ? bytes_text(size) : "more") + ", where at most " +
                       bytes_text(limit) + " are expected");
}

// The byte where the text stops being UTF-8 or has a NUL in it; its size if it is sound.
std::size_t sound_prefix(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const auto first = static_cast<unsigned char>(text[i]);
        const std::size_t length = first < 0x80                     ? 1
                                   : first >= 0xc2 && first <= 0xdf ? 2
                                   : first >= 0xe0 && first <= 0xef ? 3
                                   : first >= 0xf0 && first <= 0xf4 ? 4
                                                                    : 0;
        if (first == 0 || length == 0 || i + length > text.size()) return i;
        for (std::size_t k = 1; k < length; ++k)
            if ((static_cast<unsigned char>(text[i + k]) & 0xc0U) != 0x80U) return i;
        i += length;
    }
    return i;
}

void require_text(const std::string& path, std::string_view what, std::string_view text) {
    if (text.empty())
        throw BadInput("'" + path + "' is empty, where " + std::string(what) + " is expected");
    const std::size_t sound = sound_prefix(text);
    if (sound == text.size()) return;
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(sound), '\n');
    const std::size_t start = text.substr(0, sound).find_last_of('\n');
    const std::size_t column = start == std::string_view::npos ? sound + 1 : sound - start;
    throw BadInput(path + ":" + std::to_string(line) + ":" + std::to_string(column) +
                   ": this is no text, where " + std::string(what) + " is expected");
}

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

void select_designs(Library& library, const Strings& asked, Selection& selection) {
    selection.designs = resolve(
        "design", asked, among_designs(library), ".cow", selection.design_files,
        [&](const std::string& path) { return add_design(library, path); },
        [&](const std::string& name) { return about_kernel(library, name); });
    for (const auto& [name, path] : selection.design_files) check_user_design(library, name, path);
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
    selection.worlds =
        resolve("world", asked, among(library.world_names()), ".world", selection.world_files,
                [&](const std::string& path) { return add_world(library, path); });
}

// A file's properties are all meant.
void select_properties(Library& library, const Strings& asked, Selection& selection) {
    selection.all_properties = asked.empty();
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
            if (all[i].name == assertions_name || all[i].name == assertion_name)
                out.push_back({all[i].span,
                               "what the design itself asserts is called '" + all[i].name +
                                   "'; expected another name",
                               {}});
        if (!out.empty()) complain("properties file '" + path + "'", out);
        for (std::size_t i = before; i < all.size(); ++i) selection.properties.insert(all[i].name);
        return std::string();
    };
    const Strings found = resolve("property", asked, among(std::move(known)), ".cow", files, add);
    selection.properties.insert(found.begin(), found.end());
    selection.properties.erase("");
}

}  // namespace

std::string read_text(const std::string& path, std::string_view what, std::size_t limit) {
    const OpenFile file(path);
    if (file.fd() < 0) throw BadInput(cannot_read(path, errno));
    struct stat about {};
    if (fstat(file.fd(), &about) != 0) throw BadInput(cannot_read(path, errno));
    if (S_ISDIR(about.st_mode))
        throw BadInput("'" + path + "' is a directory, where " + std::string(what) +
                       " is expected");
    require_size(path, what, static_cast<std::uint64_t>(about.st_size), limit);
    std::string text;
    std::array<char, 1U << 16U> buffer{};
    for (;;) {
        const ssize_t n = read(file.fd(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw BadInput(cannot_read(path, errno));
        if (n == 0) break;
        text.append(buffer.data(), static_cast<std::size_t>(n));
        if (text.size() > limit)  // a pipe or a device: there may be no end to it
            require_size(path, what, limit + 1, limit);
    }
    require_text(path, what, text);
    return text;
}

Library load_library() {
    Diagnostics out;
    Library library(out);
    if (!out.empty()) complain("the built-in library", out);
    return library;
}

Selection select(Library& library, const CheckOptions& options) {
    Selection selection;
    // What a design expects is said of properties: they come first.
    select_properties(library, options.properties, selection);
    select_worlds(library, options.worlds.empty() ? Strings{"default"} : options.worlds, selection);
    select_designs(library, asked_designs(library, options.designs), selection);
    return selection;
}

Selection select(Library& library, const ReplayOptions& options) {
    Selection selection;
    select_properties(library, options.properties, selection);
    select_worlds(library, options.worlds, selection);
    select_designs(library, options.designs, selection);
    selection.all_properties = true;
    return selection;
}

Strings select_designs(Library& library, const Strings& asked) {
    Selection selection;
    select_designs(library, asked, selection);
    return selection.designs;
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

const ast::Property& find_property(const Library& library, std::string_view name) {
    for (const ast::Property& property : library.properties().properties)
        if (property.name == name) return property;
    unknown("property", std::string(name), property_names(library));
}

PropertySet selected_properties(const Library& library, const Selection& selection) {
    PropertySet chosen;
    chosen.predicates = library.properties().predicates;
    for (const ast::Property& property : library.properties().properties)
        if (selection.all_properties || selection.properties.contains(property.name))
            chosen.properties.push_back(property);
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
