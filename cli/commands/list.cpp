// cowcheck designs, worlds, properties: what is built in.
#include "cli/commands/command.h"
#include "cli/options/values.h"
#include "cli/terminal/output.h"
#include "model/contracts.h"
#include "verify/run/selection.h"
#include "verify/run/status.h"

#include <algorithm>
#include <memory>

namespace cowcheck {

namespace {

// Columns that stand under each other, the last one as long as it likes.
using Table = std::vector<std::vector<std::string>>;

std::string to_text(const Table& table) {
    std::vector<std::size_t> widths;
    for (const auto& row : table)
        for (std::size_t i = 0; i + 1 < row.size(); ++i) {
            widths.resize(std::max(widths.size(), i + 1));
            widths[i] = std::max(widths[i], row[i].size());
        }
    std::string text;
    for (const auto& row : table) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line += std::string(widths[i] - row[i].size() + 2, ' ');
        }
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
}

std::string with_newline(std::string text) {
    if (!text.ends_with('\n')) text += '\n';
    return text;
}

std::string list_designs(const Library& library) {
    Table table;
    for (const std::string& name : library.design_names()) {
        const DesignText text = find_design(library, name);
        const ast::Design& design = text.design();
        table.push_back({name, design.by_default ? "*" : "", design.kernels, design.title});
    }
    return to_text(table);
}

std::string list_worlds(const Library& library) {
    Table table;
    for (const std::string& name : library.world_names())
        table.push_back({name, find_world(library, name).title});
    return to_text(table);
}

std::string_view kind_of(const ast::Property& property) {
    return property.cost ? "cost" : "safety";
}

std::string list_properties(const Library& library) {
    Table table;
    for (const ast::Property& property : library.properties().properties)
        table.push_back({property.name, std::string(kind_of(property)), property.meaning});
    table.push_back({std::string(assertions_name), "safety", "what the designs themselves assert"});
    Table contracts;
    for (const Contract& contract : contract_table)
        contracts.push_back(
            {"  " + std::string(info(contract.kind).name), std::string(contract.says)});
    return to_text(table) +
           "\n  contracts: what operations promise, whatever a design's handlers do\n" +
           to_text(contracts);
}

// The text as it was written; what is added are comments, so that it stays a design.
std::string show_design(const Library& library, const std::string& name) {
    const DesignText design = find_design(library, name);
    std::string text = with_newline(design.chain.front()->whole_text());
    text += "\n";
    std::string bases;
    for (auto next = design.chain.begin() + 1; next + 1 < design.chain.end(); ++next)
        bases += (bases.empty() ? "" : ", which extends ") + (*next)->tree.name;
    if (!bases.empty())
        text += "# What is not here comes from " + bases + ": cowcheck designs show " +
                design.design().base + "\n";
    text += "# To try a change: a file with 'design mine extends " + name +
            "' and the handlers that\n# differ, then cowcheck --design FILE\n";
    return text;
}

std::string show_world(const Library& library, const std::string& name) {
    const World& world = find_world(library, name);
    return with_newline(*library.world_text(world.name));
}

// The lines of a property's text, from its name to the next definition.
std::string statement_of(const ast::Property& property) {
    const std::string_view text = property.span.file->text;
    std::size_t begin = 0;
    for (std::uint32_t line = 1; line < property.span.line; ++line)
        begin = text.find('\n', begin) + 1;
    std::size_t end = text.find('\n', begin);
    while (end != std::string_view::npos && end + 1 < text.size()) {
        const char first = text[end + 1];  // what belongs to it is indented
        if (first != ' ' && first != '\t') break;
        end = text.find('\n', end + 1);
    }
    return std::string(text.substr(begin, end - begin));
}

std::string show_property(const Library& library, const std::string& name) {
    if (name == assertions_name)
        return "assertions (safety): what the designs themselves assert, as the kernel does with "
               "VM_BUG_ON\n";
    for (const Contract& contract : contract_table)
        if (info(contract.kind).name == name)
            return name + " (contract): " + std::string(contract.says) +
                   "\nsource: " + std::string(contract.source) + "\n";
    const ast::Property& property = find_property(library, name);
    return property.name + " (" + std::string(kind_of(property)) + "): " + property.meaning +
           "\nsource: " + property.source + "\n\n" + statement_of(property) + "\n";
}

struct Options {
    Typed name;
    const CLI::App* show = nullptr;
};

using ListAll = std::string (*)(const Library&);
using ShowOne = std::string (*)(const Library&, const std::string&);

int run(const std::string& kind, const Options& typed, ListAll list_all, ShowOne show_one) {
    if (!typed.show->parsed()) {
        print(list_all(load_library()));
        return ExitStatus::no_violation;
    }
    const std::string* name = single("show", typed.name);
    if (name == nullptr)
        throw BadInput(kind + " show: expected a name; 'cowcheck " + kind + "' lists them");
    print(show_one(load_library(), *name));
    return ExitStatus::no_violation;
}

template <ListAll list_all, ShowOne show_one>
RunCommand declare_list(CLI::App& app) {
    const auto typed = std::make_shared<Options>();
    CLI::App* show = app.add_subcommand("show")->allow_extras();
    typed->show = show;
    declare(*show, "NAME", typed->name);
    return [typed, kind = app.get_name()] { return run(kind, *typed, list_all, show_one); };
}

}  // namespace

Command designs_command() {
    return {
        "designs", "[show NAME]", "the designs that are built in, or one's text",
        R"(cowcheck designs: the designs that are built in, oldest first; a * is checked by default.

usage: cowcheck designs
       cowcheck designs show NAME > mine.cow

exit status: 0, or 2 bad input or output that can't be written.
)",
        declare_list<list_designs, show_design>};
}

Command worlds_command() {
    return {
        "worlds", "[show NAME]", "the worlds that are built in, or one's text",
        R"(cowcheck worlds: processes, CPUs, pages, and what may start, in each world that is built in.

usage: cowcheck worlds
       cowcheck worlds show NAME > mine.world

exit status: 0, or 2 bad input or output that can't be written.
)",
        declare_list<list_worlds, show_world>};
}

Command properties_command() {
    return {
        "properties", "[show NAME]", "what must hold, and why",
        R"(cowcheck properties: the promises that are checked: what each means and where it comes from.

usage: cowcheck properties
       cowcheck properties show NAME

exit status: 0, or 2 bad input or output that can't be written.
)",
        declare_list<list_properties, show_property>};
}

}  // namespace cowcheck
