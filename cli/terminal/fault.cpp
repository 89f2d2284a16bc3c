#include "cli/terminal/fault.h"

#include "cli/terminal/output.h"
#include "verify/run/bad_input.h"
#include "verify/run/counterexample.h"
#include "verify/run/read_text.h"
#include "verify/run/selection.h"

#include "cowcheck_version.h"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <set>
#include <vector>

#include <unistd.h>

namespace cowcheck {

namespace {

std::vector<std::string>& command() {
    static std::vector<std::string> words;
    return words;
}

// As a shell reads it.
std::string quoted(const std::string& word) {
    static constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/=+,:@%";
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

std::string command_text() {
    std::string text = "cowcheck";
    for (const std::string& word : command()) text += " " + quoted(word);
    return text;
}

std::string head(const std::string& what) {
    return "cowcheck " + std::string(version) +
           ": a fault of cowcheck itself\n\ncommand: " + command_text() + "\nwhat:    " + what +
           "\n";
}

// Each text once, below a line that says which it is.
class Texts {
public:
    void add(const std::string& kind, const std::string& name, const std::string& text) {
        const std::string title = kind + " " + name;
        if (!known_.insert(title).second) return;
        text_ += "\n======== " + title + "\n" + text + (text.ends_with('\n') ? "" : "\n");
    }
    void add_design(const Library& library, const std::string& name) {
        Diagnostics ignored;
        const auto design = library.design(name, ignored);
        if (!design) return;
        for (const auto& one : design->chain)
            for (const SourceFile* file : one->files()) add("design", file->name, file->text);
    }
    void add_world(const Library& library, const std::string& name) {
        if (const std::string* text = library.world_text(name)) add("world", name, *text);
    }
    void add_properties(const Library& library) {
        for (const auto& file : library.properties().files)
            add("properties", file->name, file->text);
    }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::set<std::string> known_;
    std::string text_;
};

// What the words of the command name, as far as that can be found out.
std::string texts_of_command() {
    Texts texts;
    std::vector<std::string> names;
    for (const std::string& word : command()) {
        names.push_back(word);
        if (const std::size_t sign = word.find('='); sign != std::string::npos)
            names.push_back(word.substr(sign + 1));
    }
    for (const std::string& name : names) {
        std::error_code none;
        if (!std::filesystem::is_regular_file(name, none)) continue;
        try {
            texts.add("file", name, read_text(name, "an input"));
        } catch (const BadInput&) {
            // What can't be read is left out.
        }
    }
    Library library = load_library();
    for (const std::string& name : names) {
        std::error_code none;
        Diagnostics ignored;
        try {
            if (name.ends_with(".cow") && std::filesystem::is_regular_file(name, none))
                for (const DesignText& design : select(library, {{name}, {}, {}}).designs)
                    texts.add_design(library, design.name());
        } catch (const std::exception&) {
            // It may be what the fault is about.
        }
        if (library.has_design(name)) texts.add_design(library, name);
        texts.add_world(library, name);
    }
    return texts.text();
}

void save_and_say(const std::string& path, const std::string& text, const std::string& what) {
    std::string saved;
    try {
        write_file(path, text);
        saved = "All that it takes to see it again is in '" + path +
                "': please report it with that file.";
    } catch (const std::exception& error) {
        saved = "Please report it with all files of this command: " + command_text() +
                "\n(they could not be saved in one: " + error.what() + ")";
    }
    spdlog::error("internal error: {}\nThis is a fault of cowcheck, and no verdict. {}", what,
                  saved);
}

}  // namespace

void remember_command(int argc, const char* const* argv) {
    command().clear();
    for (int i = 1; i < argc; ++i) command().emplace_back(argv[i]);
}

std::string fault_text(const Library& library, const Fault& fault) {
    std::string text = head(fault.what);
    for (const auto& [label, name] : {std::pair{"design: ", fault.design},
                                      {"world:  ", fault.world},
                                      {"property:", fault.property}})
        if (!name.empty()) text += std::string(label) + " " + name + "\n";
    Texts texts;
    texts.add_design(library, fault.design);
    texts.add_world(library, fault.world);
    texts.add_properties(library);
    return text + texts.text();
}

void report_fault(const Library& library, const Fault& fault, const std::string& folder) {
    const std::string name =
        "fault-" + result_name(fault.design, fault.world, fault.property) + ".txt";
    const std::string where = fault.design +
                              (fault.world.empty() ? "" : " in world " + fault.world) + ", " +
                              fault.property;
    save_and_say((std::filesystem::path(folder) / name).string(), fault_text(library, fault),
                 where + ": " + fault.what);
}

void report_fault(const std::string& what) {
    std::string text = head(what);
    try {
        text += texts_of_command();
    } catch (const std::exception& error) {
        text += std::string("\nits texts could not be read: ") + error.what() + "\n";
    }
    save_and_say("cowcheck-fault-" + std::to_string(getpid()) + ".txt", text, what);
}

}  // namespace cowcheck
