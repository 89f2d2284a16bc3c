#include "verify/ablate/definitions.h"

#include "model/language/parse.h"
#include "model/language/print.h"

#include <set>
#include <stdexcept>

namespace cowcheck {

namespace {

// Those of some texts of the chain, nearest first.
std::vector<Definition> nearest(const DesignText& design, std::size_t texts) {
    std::vector<Definition> found;
    std::set<std::string> names;
    for (std::size_t i = 0; i < texts; ++i) {
        const ast::Design& tree = design.chain[i]->tree;
        for (const ast::Predicate& predicate : tree.predicates)
            if (names.insert(definition_name(predicate)).second) found.emplace_back(&predicate);
        for (const ast::Handler& handler : tree.handlers)
            if (names.insert(std::string(name_of(handler.kind)) + " " + handler.name).second)
                found.emplace_back(&handler);
    }
    return found;
}

}  // namespace

std::vector<Definition> definitions_of(const DesignText& design) {
    return nearest(design, design.chain.size() - 1);
}

std::string definition_name(const Definition& definition) {
    return std::visit([](const auto* one) { return definition_name(*one); }, definition);
}

SourceSpan span_of(const Definition& definition) {
    return std::visit([](const auto* one) { return one->span; }, definition);
}

std::vector<WrongChange> wrong_changes(const Definition& definition) {
    return std::visit([](const auto* one) { return wrong_changes(*one); }, definition);
}

std::string printed_in_force(const DesignText& design) {
    std::string text;
    for (const Definition& definition : nearest(design, design.chain.size()))
        text += std::visit([](const auto* one) { return printed(*one); }, definition);
    return text;
}

std::string design_with(const WrongChange& change, const std::string& name,
                        const DesignText& design, std::size_t own) {
    std::string text = "# " + change.definition + ", line " + std::to_string(change.line) + ": " +
                       change.what + "\ndesign " + name;
    // The last of the chain is the hardware, which is nobody's to extend.
    if (own + 1 < design.chain.size()) text += " extends " + design.chain[own]->tree.name;
    text += "\n\n" + change.text;
    // What is defined: "handler f(".
    const std::string_view changed = std::string_view(change.text).substr(0, change.text.find('(') + 1);
    for (const Definition& definition : nearest(design, own)) {
        const std::string one =
            std::visit([](const auto* it) { return printed(*it); }, definition);
        if (!one.starts_with(changed)) text += "\n" + one;
    }
    return text;
}

DesignText extend(const DesignText& base, std::size_t own, const std::string& name,
                  const std::string& text) {
    auto parsed = std::make_shared<ParsedDesign>();
    parsed->file = std::make_unique<SourceFile>(SourceFile{name + ".cow", text});
    Diagnostics out;
    auto tree = parse_design(*parsed->file, out);
    if (!tree || !out.empty()) throw std::logic_error(to_text(out));
    parsed->tree = std::move(*tree);
    DesignText design;
    design.chain.push_back(std::move(parsed));
    design.chain.insert(design.chain.end(), base.chain.begin() + static_cast<std::ptrdiff_t>(own),
                        base.chain.end());
    return design;
}

}  // namespace cowcheck
