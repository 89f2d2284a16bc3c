#include "model/language/build_tree.h"

#include "model/language/tell_statement.h"

#include <algorithm>
#include <charconv>

namespace cowcheck::syntax {

using ast::ExprKind;
using ast::StmtKind;

std::string_view first_line(const char* begin, const char* end) {
    bool quoted = false;
    const char* last = begin;
    for (const char* at = begin; at != end && *at != '\n' && (quoted || *at != '#'); ++at) {
        if (*at == '"') quoted = !quoted;
        if (*at != ' ' && *at != '\t' && *at != '\r') last = at + 1;
    }
    return {begin, static_cast<std::size_t>(last - begin)};
}

SourceSpan TreeBuilder::span(const Node& node, const char* end) const {
    const auto length = static_cast<std::uint32_t>(first_line(node.begin, end).size());
    return {&file_, node.line, node.column, length};
}

void TreeBuilder::complain(const SourceSpan& span, std::string message, std::string suggestion) {
    out_.push_back({span, std::move(message), std::move(suggestion)});
}

void TreeBuilder::set_once(std::string& target, const Node& node, std::string_view what) {
    if (!target.empty()) complain(span(node), "there is a " + std::string(what) + " already");
    target = node[0].text();
}

std::int64_t TreeBuilder::number(const Node& node) {
    std::int64_t value = 0;
    const auto result = std::from_chars(node.begin, node.end, value);
    if (result.ec == std::errc{}) return value;
    complain(span(node), "this number is too large");
    return 0;
}

// --- expressions

namespace {

struct Operator {
    Kind kind;
    ExprKind expr;
    std::string_view name;
};

constexpr Operator prefix_and_logical[] = {
    {Kind::not_, ExprKind::unary, "not"},         {Kind::negative, ExprKind::unary, "-"},
    {Kind::and_, ExprKind::binary, "and"},        {Kind::or_, ExprKind::binary, "or"},
    {Kind::implies, ExprKind::binary, "implies"}, {Kind::paren, ExprKind::paren, ""},
    {Kind::phrase, ExprKind::phrase, ""},
};

}  // namespace

ast::Expr TreeBuilder::expression(const Node& node) { return build(node).expr; }

TreeBuilder::Built TreeBuilder::build(const Node& node) {
    switch (node.kind) {
    case Kind::postfix: return postfix(node);
    case Kind::sum:
    case Kind::comparison:
    case Kind::and_:
    case Kind::or_: return left_chain(node);
    case Kind::with:
    case Kind::record: return with(node);
    default: break;
    }
    for (const Operator& op : prefix_and_logical)
        if (op.kind == node.kind) return children_of(node, op.expr, op.name);
    return leaf(node);
}

TreeBuilder::Built TreeBuilder::leaf(const Node& node) {
    Built built;
    built.expr.span = span(node);
    if (node.kind == Kind::number) {
        built.expr.kind = ExprKind::number;
        built.expr.number = number(node);
    } else if (node.kind == Kind::boolean) {
        built.expr.kind = ExprKind::boolean;
        built.expr.number = node.text() == "true" ? 1 : 0;
    } else if (node.kind == Kind::name) {
        built.expr.kind = ExprKind::name;
        built.expr.name = node.text();
    }
    return built;
}

// A tree higher than this can't come from brackets, only from a very long chain.
// It is cut down: even to free it would need a deep stack.
bool TreeBuilder::adopt(Built& whole, Built part, const Node& node) {
    const bool fits = part.height < max_depth;
    if (!fits) {
        complain(span(node), "this expression has too many parts",
                 "name a part of it with a predicate");
        part = {};
    }
    whole.height = std::max(whole.height, part.height + 1);
    whole.expr.operands.push_back(std::move(part.expr));
    return fits;
}

TreeBuilder::Built TreeBuilder::children_of(const Node& node, ExprKind kind,
                                            std::string_view name) {
    Built built;
    built.expr.kind = kind;
    built.expr.name = name;
    built.expr.span = span(node);
    for (const auto& child : node.children)
        if (!adopt(built, build(*child), node)) break;
    return built;
}

// name, name(arguments) or (expression), then fields
TreeBuilder::Built TreeBuilder::postfix(const Node& node) {
    Built built = build(node[0]);
    for (std::size_t i = 1; i < node.children.size(); ++i) {
        const Node& child = node[i];
        if (child.kind == Kind::arguments) {
            Built call = children_of(child, ExprKind::call, built.expr.name);
            built = std::move(call);
        } else {
            Built field;
            field.expr.kind = ExprKind::field;
            field.expr.name = child.text();
            if (!adopt(field, std::move(built), node)) return field;
            built = std::move(field);
        }
        built.expr.span = span(node, child.end);
    }
    return built;
}

// a and b and c; or a + b - c, where the operators are nodes, too
TreeBuilder::Built TreeBuilder::left_chain(const Node& node) {
    const bool logical = node.kind == Kind::and_ || node.kind == Kind::or_;
    const std::size_t step = logical ? 1 : 2;
    Built built = build(node[0]);
    for (std::size_t i = step; i < node.children.size(); i += step) {
        Built both;
        both.expr.kind = ExprKind::binary;
        both.expr.name = !logical ? node[i - 1].text() : node.kind == Kind::and_ ? "and" : "or";
        both.expr.span = span(node, node[i].end);
        if (!adopt(both, std::move(built), node)) return both;
        if (!adopt(both, build(node[i]), node)) return both;
        built = std::move(both);
    }
    return built;
}

// A record alone, or `base with record with record`.
TreeBuilder::Built TreeBuilder::with(const Node& node) {
    const bool alone = node.kind == Kind::record;
    Built built;
    if (!alone) built = build(node[0]);
    for (std::size_t i = alone ? 0 : 1; i < (alone ? 1 : node.children.size()); ++i) {
        const Node& record = alone ? node : node[i];
        Built changed;
        changed.expr.kind = alone ? ExprKind::record : ExprKind::with;
        changed.expr.span = span(node, record.end);
        changed.height = record_fields(record, changed.expr.fields);
        if (!alone && !adopt(changed, std::move(built), node)) return changed;
        built = std::move(changed);
    }
    return built;
}

std::size_t TreeBuilder::record_fields(const Node& node, std::vector<ast::RecordField>& fields) {
    std::size_t height = 1;
    for (const auto& child : node.children) {
        ast::RecordField field{span(*child), std::string((*child)[0].text()), {}};
        if (child->children.size() > 1) {
            Built holder;
            (void)adopt(holder, build((*child)[1]), *child);
            field.value = std::move(holder.expr.operands);
            height = std::max(height, holder.height);
        }
        fields.push_back(std::move(field));
    }
    return height;
}

// --- statements

ast::Block TreeBuilder::block(const Node& node) {
    ast::Block statements;
    statements.reserve(node.children.size());
    for (const auto& child : node.children) statements.push_back(statement(*child));
    return statements;
}

namespace {

StmtKind kind_of(Kind kind) {
    switch (kind) {
    case Kind::fault_call: return StmtKind::fault;
    case Kind::if_: return StmtKind::if_;
    case Kind::loop: return StmtKind::loop;
    case Kind::for_each: return StmtKind::for_each;
    case Kind::atomic: return StmtKind::atomic;
    case Kind::return_: return StmtKind::return_;
    case Kind::fail: return StmtKind::fail;
    case Kind::break_: return StmtKind::break_;
    case Kind::continue_: return StmtKind::continue_;
    case Kind::assert_: return StmtKind::assert_;
    default: return StmtKind::phrase;
    }
}

}  // namespace

ast::Stmt TreeBuilder::statement(const Node& node) {
    ast::Stmt stmt;
    stmt.kind = kind_of(node.kind);
    stmt.span = span(node);
    if (node.kind == Kind::simple) {
        simple(node, stmt);
    } else if (node.kind == Kind::if_) {
        if_(node, stmt);
    } else {
        for (const auto& child : node.children) {
            if (child->kind == Kind::block)
                stmt.body = block(*child);
            else if (child->kind == Kind::string ||
                     (node.kind == Kind::for_each && stmt.name.empty()))
                stmt.name = child->text();
            else
                stmt.value.push_back(expression(*child));
        }
    }
    stmt.text = std::make_shared<const StatementText>(tell_statement(node, stmt));
    return stmt;
}

// target operator value; or a phrase, a call or a word alone
void TreeBuilder::simple(const Node& node, ast::Stmt& stmt) {
    ast::Expr first = expression(node[0]);
    if (node.children.size() == 1) {
        if (first.kind == ExprKind::call) stmt.kind = StmtKind::call;
        if (first.kind == ExprKind::field)
            complain(first.span, "this is a value, and not a step that changes anything",
                     "a step assigns ('=', '+=', '-='), calls a handler, or names a primitive");
        stmt.value.push_back(std::move(first));
        return;
    }
    if (first.kind != ExprKind::name && first.kind != ExprKind::field)
        complain(first.span, "only a name or a field can be assigned to");
    stmt.kind = StmtKind::assign;
    stmt.name = node[1].text();
    stmt.target.push_back(std::move(first));
    stmt.value.push_back(expression(node[2]));
}

void TreeBuilder::if_(const Node& node, ast::Stmt& stmt) {
    stmt.value.push_back(expression(node[0]));
    stmt.body = block(node[1]);
    if (node.children.size() < 3) return;
    const Node& other = node[2][0];
    if (other.kind == Kind::block)
        stmt.other = block(other);
    else
        stmt.other.push_back(statement(other));
}

ast::MenuEntry TreeBuilder::menu_entry(const Node& node) {
    ast::MenuEntry entry;
    entry.span = span(node);
    entry.operation = node[0].text();
    for (std::size_t i = 1; i < node.children.size(); ++i) entry.flags.emplace_back(node[i].text());
    return entry;
}

ast::Predicate TreeBuilder::predicate(const Node& node) {
    ast::Predicate predicate{span(node[0]), std::string(node[0].text()), {}, {}};
    for (const auto& parameter : node[1].children)
        predicate.parameters.emplace_back(parameter->text());
    predicate.value = expression(node[2]);
    return predicate;
}

// --- comments

namespace {

std::string_view trimmed(std::string_view line) {
    constexpr std::string_view blanks = " \t\r";
    const auto from = line.find_first_not_of(blanks);
    if (from == std::string_view::npos) return {};
    return line.substr(from, line.find_last_not_of(blanks) - from + 1);
}

bool is_comment(std::string_view line) { return line.starts_with('#'); }

// "# ------- fork, exit" sets sections apart and belongs to none of them.
bool is_ruler(std::string_view line) {
    const auto text = trimmed(line.substr(1));
    return text.starts_with("---") || text.starts_with("===") || text.starts_with("###");
}

std::string_view without_hash(std::string_view line) {
    line.remove_prefix(1);
    if (line.starts_with(' ')) line.remove_prefix(1);
    return line;
}

std::string joined(const std::vector<std::string_view>& lines) {
    std::string text;
    for (const auto& line : lines) {
        if (&line != &lines.front()) text += '\n';
        text += line;
    }
    return text;
}

}  // namespace

std::string comment_above(std::string_view text, const char* at) {
    std::string_view before = text.substr(0, static_cast<std::size_t>(at - text.data()));
    before = before.substr(0, before.rfind('\n') + 1);
    std::vector<std::string_view> lines;  // the lowest first
    while (!before.empty()) {
        before.remove_suffix(1);
        const auto start = before.rfind('\n') + 1;
        const auto line = trimmed(before.substr(start));
        if (!is_comment(line) || is_ruler(line)) break;
        lines.push_back(without_hash(line));
        before = before.substr(0, start);
    }
    std::reverse(lines.begin(), lines.end());
    return joined(lines);
}

std::string comment_on_top(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() && lines.empty()) continue;
        if (!is_comment(line)) break;
        if (!is_ruler(line)) lines.push_back(without_hash(line));
    }
    return joined(lines);
}

}  // namespace cowcheck::syntax
