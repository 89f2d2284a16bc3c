#include "model/compile/design_text.h"

namespace cowcheck {

std::vector<const SourceFile*> ParsedDesign::files() const {
    std::vector<const SourceFile*> all{file.get()};
    for (const auto& part : parts) all.push_back(part.get());
    return all;
}

std::string ParsedDesign::whole_text() const {
    std::string text;
    for (const SourceFile* one : files()) {
        if (!text.empty()) text += text.ends_with('\n') ? "\n" : "\n\n";
        text += one->text;
    }
    return text;
}

const ast::Handler* DesignText::handler(ast::HandlerKind kind, std::string_view name) const {
    for (const auto& design : chain)
        for (const auto& handler : design->tree.handlers)
            if (handler.kind == kind && handler.name == name) return &handler;
    return nullptr;
}

const ast::Predicate* DesignText::predicate(std::string_view name) const {
    for (const auto& design : chain)
        for (const auto& predicate : design->tree.predicates)
            if (predicate.name == name) return &predicate;
    return nullptr;
}

std::vector<std::string_view> DesignText::handler_names(ast::HandlerKind kind) const {
    std::vector<std::string_view> names;
    for (const auto& design : chain)
        for (const auto& handler : design->tree.handlers)
            if (handler.kind == kind) names.push_back(handler.name);
    return names;
}

std::vector<std::string_view> DesignText::predicate_names() const {
    std::vector<std::string_view> names;
    for (const auto& design : chain)
        for (const auto& predicate : design->tree.predicates) names.push_back(predicate.name);
    return names;
}

}  // namespace cowcheck
