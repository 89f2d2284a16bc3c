#include "checker/prove/guards.h"

namespace cowcheck::prove {

namespace {

std::string list_of(const std::vector<ast::Expr>& exprs, std::string_view between) {
    std::string text;
    for (const ast::Expr& expr : exprs) {
        if (!text.empty()) text += between;
        text += to_text(expr);
    }
    return text;
}

std::string record_text(const std::vector<ast::RecordField>& fields) {
    std::string text;
    for (const ast::RecordField& field : fields) {
        text += (text.empty() ? "{ " : ", ") + field.name;
        if (!field.value.empty()) text += " = " + to_text(field.value[0]);
    }
    return text + " }";
}

}  // namespace

std::string to_text(const ast::Expr& expr) {
    switch (expr.kind) {
    case ast::ExprKind::number: return std::to_string(expr.number);
    case ast::ExprKind::boolean: return expr.number != 0 ? "true" : "false";
    case ast::ExprKind::none: return "none";
    case ast::ExprKind::name: return expr.name;
    case ast::ExprKind::field: return to_text(expr.operands[0]) + "." + expr.name;
    case ast::ExprKind::call: return expr.name + "(" + list_of(expr.operands, ", ") + ")";
    case ast::ExprKind::phrase: return list_of(expr.operands, " ");
    case ast::ExprKind::unary: return expr.name + " " + to_text(expr.operands[0]);
    case ast::ExprKind::binary:
        return to_text(expr.operands[0]) + " " + expr.name + " " + to_text(expr.operands[1]);
    case ast::ExprKind::record: return record_text(expr.fields);
    case ast::ExprKind::with:
        return to_text(expr.operands[0]) + " with " + record_text(expr.fields);
    case ast::ExprKind::paren: return "(" + to_text(expr.operands[0]) + ")";
    }
    return {};
}

}  // namespace cowcheck::prove
