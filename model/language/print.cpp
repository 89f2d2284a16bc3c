#include "model/language/print.h"

namespace cowcheck {

namespace {

using ast::Expr;
using ast::ExprKind;
using ast::Stmt;
using ast::StmtKind;

template <class Item, class Print>
std::string joined(const std::vector<Item>& items, std::string_view between, const Print& print) {
    std::string text;
    for (const Item& item : items) {
        if (&item != &items.front()) text += between;
        text += print(item);
    }
    return text;
}

std::string all(const std::vector<Expr>& exprs, std::string_view between) {
    return joined(exprs, between, [](const Expr& one) { return printed(one); });
}

std::string record(const std::vector<ast::RecordField>& fields) {
    if (fields.empty()) return "{ }";
    return "{ " +
           joined(fields, ", ",
                  [](const ast::RecordField& field) {
                      return field.value.empty() ? field.name
                                                 : field.name + " = " + printed(field.value[0]);
                  }) +
           " }";
}

void add_block(const ast::Block& block, std::size_t depth, std::string& text);

// `else if` is an if_ alone in the other block.
bool is_else_if(const ast::Block& other) {
    return other.size() == 1 && other[0].kind == StmtKind::if_;
}

void add_statement(const Stmt& stmt, std::size_t depth, std::string& text) {
    text += printed_head(stmt);
    const bool has_block = stmt.kind == StmtKind::if_ || stmt.kind == StmtKind::loop ||
                           stmt.kind == StmtKind::for_each || stmt.kind == StmtKind::atomic;
    if (has_block) add_block(stmt.body, depth, text);
    if (stmt.other.empty()) return;
    text += " else";
    if (is_else_if(stmt.other)) {
        text += ' ';
        add_statement(stmt.other[0], depth, text);
    } else {
        add_block(stmt.other, depth, text);
    }
}

void add_block(const ast::Block& block, std::size_t depth, std::string& text) {
    text += " {\n";
    for (const Stmt& stmt : block) {
        text.append(4 * (depth + 1), ' ');
        add_statement(stmt, depth + 1, text);
        text += '\n';
    }
    text.append(4 * depth, ' ');
    text += '}';
}

}  // namespace

std::string printed(const Expr& expr) {
    const auto operand = [&](std::size_t i) { return printed(expr.operands[i]); };
    switch (expr.kind) {
    case ExprKind::number: return std::to_string(expr.number);
    case ExprKind::boolean: return expr.number != 0 ? "true" : "false";
    case ExprKind::none: return "none";
    case ExprKind::name: return expr.name;
    case ExprKind::field: return operand(0) + "." + expr.name;
    case ExprKind::call: return expr.name + "(" + all(expr.operands, ", ") + ")";
    case ExprKind::phrase: return all(expr.operands, " ");
    case ExprKind::unary: return expr.name + (expr.name == "not" ? " " : "") + operand(0);
    case ExprKind::binary: return operand(0) + " " + expr.name + " " + operand(1);
    case ExprKind::record: return record(expr.fields);
    case ExprKind::with: return operand(0) + " with " + record(expr.fields);
    case ExprKind::paren: break;
    }
    return "(" + operand(0) + ")";
}

std::string printed_head(const Stmt& stmt) {
    const auto value = [&](std::string_view before) {
        return std::string(before) + (stmt.value.empty() ? "" : printed(stmt.value[0]));
    };
    switch (stmt.kind) {
    case StmtKind::assign: return printed(stmt.target[0]) + " " + stmt.name + value(" ");
    case StmtKind::fault: return value("fault ");
    case StmtKind::if_: return value("if ");
    case StmtKind::loop: return "loop";
    case StmtKind::for_each:
        return "for each " + stmt.name + (stmt.value.empty() ? "" : value(" of "));
    case StmtKind::atomic: return "atomic";
    case StmtKind::return_: return stmt.value.empty() ? "return" : value("return ");
    case StmtKind::fail: return "fail";
    case StmtKind::break_: return "break";
    case StmtKind::continue_: return "continue";
    case StmtKind::assert_:
        return value("assert ") + (stmt.name.empty() ? "" : " \"" + stmt.name + "\"");
    case StmtKind::phrase:
    case StmtKind::call: break;
    }
    return value("");
}

std::string_view name_of(ast::HandlerKind kind) {
    switch (kind) {
    case ast::HandlerKind::operation: return "operation";
    case ast::HandlerKind::fault: return "fault";
    case ast::HandlerKind::handler: break;
    }
    return "handler";
}

namespace {

std::string definition(std::string_view word, const std::string& name,
                       const std::vector<std::string>& parameters) {
    return std::string(word) + " " + name + "(" +
           joined(parameters, ", ", [](const std::string& one) { return one; }) + ")";
}

}  // namespace

std::string printed(const ast::Predicate& predicate) {
    return definition("predicate", predicate.name, predicate.parameters) + " = " +
           printed(predicate.value) + "\n";
}

std::string printed(const ast::Handler& handler) {
    std::string text = definition(name_of(handler.kind), handler.name, handler.parameters);
    add_block(handler.body, 0, text);
    return text + "\n";
}

}  // namespace cowcheck
