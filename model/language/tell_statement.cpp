#include "model/language/tell_statement.h"

#include <algorithm>
#include <array>

namespace cowcheck::syntax {

using ast::ExprKind;
using ast::StmtKind;

std::string on_one_line(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    std::string out;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') quoted = !quoted;
        std::size_t end = i;
        bool breaks = false;
        while (!quoted && end < text.size() &&
               (text[end] == '#' || blanks.find(text[end]) != std::string_view::npos)) {
            if (text[end] == '#') end = std::min(text.find('\n', end), text.size());
            breaks = breaks || end == text.size() || text[end] == '\n';
            end = std::min(end + 1, text.size());
        }
        if (!breaks) {
            out += text[i];
            continue;
        }
        const bool opens = !out.empty() && out.back() == '(';
        const bool closes = end < text.size() && text[end] == ')';
        while (!out.empty() && (out.back() == ' ' || out.back() == '\t')) out.pop_back();
        if (!opens && !closes && end < text.size()) out += ' ';
        i = end - 1;
    }
    while (!out.empty() && blanks.find(out.back()) != std::string_view::npos) out.pop_back();
    return out;
}

namespace {

// Up to the block that belongs to it.
std::string_view without_block(const Node& node) {
    const Node* block = node.kind == Kind::else_ ? nullptr : node.find(Kind::block);
    if (block == nullptr) return node.text();
    const std::string_view head(node.begin, static_cast<std::size_t>(block->begin - node.begin));
    return head.substr(0, head.rfind('{'));
}

// The words that a phrase begins with: "lock", "load through tlb".
bool begins_with(const ast::Expr& phrase, std::initializer_list<std::string_view> words) {
    if (phrase.kind != ExprKind::phrase || phrase.operands.size() < words.size()) return false;
    return std::equal(words.begin(), words.end(), phrase.operands.begin(),
                      [](std::string_view word, const ast::Expr& e) { return e.name == word; });
}

struct PhraseKind {
    std::array<std::string_view, 2> words;
    StatementKind kind;
};

constexpr std::array<PhraseKind, 6> phrase_kinds{{{{"no", "such"}, StatementKind::absent},
                                                  {{"lock", ""}, StatementKind::lock},
                                                  {{"unlock", ""}, StatementKind::unlock},
                                                  {{"irqs", ""}, StatementKind::irqs},
                                                  {{"load", "through"}, StatementKind::access},
                                                  {{"store", "through"}, StatementKind::access}}};

StatementKind kind_of_phrase(const ast::Expr& phrase) {
    for (const PhraseKind& one : phrase_kinds)
        if (one.words[1].empty() ? begins_with(phrase, {one.words[0]})
                                 : begins_with(phrase, {one.words[0], one.words[1]}))
            return one.kind;
    return StatementKind::other;
}

StatementKind kind_of(const ast::Stmt& stmt) {
    switch (stmt.kind) {
    case StmtKind::assign: return StatementKind::assignment;
    case StmtKind::phrase: return kind_of_phrase(stmt.value[0]);
    case StmtKind::if_:
        return kind_of_phrase(stmt.value[0]) == StatementKind::access ? StatementKind::tlb_access
                                                                      : StatementKind::guard;
    default: return StatementKind::other;
    }
}

void add_names(const ast::Expr& expr, std::vector<std::string>& names) {
    if (expr.kind == ExprKind::name &&
        std::find(names.begin(), names.end(), expr.name) == names.end())
        names.push_back(expr.name);
    for (const ast::Expr& operand : expr.operands) add_names(operand, names);
}

const Node& without_parens(const Node& node) {
    return node.kind == Kind::paren ? without_parens(node[0]) : node;
}

}  // namespace

StatementText tell_statement(const Node& node, const ast::Stmt& stmt) {
    StatementText text;
    text.told.kind = kind_of(stmt);
    text.told.text = on_one_line(without_block(node));
    if (stmt.kind == StmtKind::assign && stmt.target[0].kind == ExprKind::name)
        text.assigned = stmt.target[0].name;
    if (stmt.kind != StmtKind::if_) return text;
    text.told.negated = node[0].kind == Kind::not_;
    text.told.condition =
        on_one_line(text.told.negated ? without_parens(node[0][0]).text() : node[0].text());
    add_names(stmt.value[0], text.names);
    return text;
}

}  // namespace cowcheck::syntax
