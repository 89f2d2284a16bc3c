#include "model/export/expression.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace cowcheck::promela {

namespace {

Expr make(Node node) { return std::make_shared<const Node>(std::move(node)); }

// Names for the values of fields that enumerate something.
std::string value_name(Field field, unsigned value) {
    static constexpr std::array<std::string_view, 4> lives{"NO_PROCESS", "ALIVE", "FORKING",
                                                           "EXITING"};
    static constexpr std::array<std::string_view, 4> kinds{"FREE", "ANON", "ZEROPAGE",
                                                           "PAGE_CACHE"};
    static constexpr std::array<std::string_view, 3> pins{"NO_PIN", "PENDING", "HELD"};
    if (field == Field::life && value < lives.size()) return std::string(lives[value]);
    if (field == Field::kind && value < kinds.size()) return std::string(kinds[value]);
    if (field == Field::pin_state && value < pins.size()) return std::string(pins[value]);
    return std::to_string(value);
}

std::string_view sign(Op op) {
    switch (op) {
    case Op::add: return " + ";
    case Op::sub: return " - ";
    case Op::eq: return " == ";
    case Op::ne: return " != ";
    case Op::lt: return " < ";
    case Op::le: return " <= ";
    case Op::both: return " && ";
    case Op::either: return " || ";
    }
    return {};
}

bool compares(Op op) { return op == Op::eq || op == Op::ne || op == Op::lt || op == Op::le; }

// Comparisons in `and` and `or`, and chains of the same, need no brackets.
std::string render_operand(const Expr& expr, Op inside) {
    const bool logic = inside == Op::both || inside == Op::either;
    const bool bare =
        expr->kind == Node::Kind::binary && logic && (compares(expr->op) || expr->op == inside);
    return render(expr, !bare);
}

std::string render_binary(const Node& node) {
    const Expr& left = node.operands[0];
    const Expr& right = node.operands[1];
    const auto named = [&](const Expr& value, const Expr& other) {
        return compares(node.op) && value->kind == Node::Kind::number &&
                       other->kind == Node::Kind::field
                   ? value_name(other->field, value->number)
                   : render_operand(value, node.op);
    };
    return named(left, right) + std::string(sign(node.op)) + named(right, left);
}

}  // namespace

Footprint footprint(Scope scope) {
    Footprint all = 0;
    for (std::size_t i = 0; i < field_table.size(); ++i)
        if (field_table[i].scope == scope) all |= footprint(static_cast<Field>(i));
    return all;
}

Expr atom(std::string text, Footprint reads) {
    Node node;
    node.text = std::move(text);
    node.reads = reads;
    return make(std::move(node));
}

Expr loose(std::string text, Footprint reads) {
    Node node;
    node.text = std::move(text);
    node.reads = reads;
    node.loose = true;
    return make(std::move(node));
}

Expr number(unsigned value) {
    Node node;
    node.kind = Node::Kind::number;
    node.number = value;
    return make(std::move(node));
}

Expr field(Field field, const Expr& index) {
    Node node;
    node.kind = Node::Kind::field;
    node.field = field;
    node.operands = {index};
    node.reads = footprint(field) | index->reads;
    return make(std::move(node));
}

Expr has_bits(const Expr& pte, unsigned bits) {
    if (const auto value = constant(pte)) return number((*value & bits) != 0 ? 1 : 0);
    Node node;
    node.kind = Node::Kind::has_bits;
    node.number = bits;
    node.operands = {pte};
    node.reads = pte->reads;
    return make(std::move(node));
}

Expr invert(const Expr& operand) {
    if (const auto value = constant(operand)) return number(*value == 0 ? 1 : 0);
    if (operand->kind == Node::Kind::invert) return operand->operands[0];
    if (operand->kind == Node::Kind::binary) {
        const auto& sides = operand->operands;
        switch (operand->op) {
        case Op::eq: return binary(Op::ne, sides[0], sides[1]);
        case Op::ne: return binary(Op::eq, sides[0], sides[1]);
        case Op::lt: return binary(Op::le, sides[1], sides[0]);
        case Op::le: return binary(Op::lt, sides[1], sides[0]);
        case Op::either: return binary(Op::both, invert(sides[0]), invert(sides[1]));
        case Op::both: return binary(Op::either, invert(sides[0]), invert(sides[1]));
        case Op::add:
        case Op::sub: break;
        }
    }
    Node node;
    node.kind = Node::Kind::invert;
    node.operands = {operand};
    node.reads = operand->reads;
    return make(std::move(node));
}

Expr binary(Op op, const Expr& left, const Expr& right) {
    if (op == Op::both || op == Op::either) {
        const auto keeps = [&](unsigned value) { return (value != 0) == (op == Op::both); };
        if (const auto value = constant(left)) return keeps(*value) ? right : left;
        if (const auto value = constant(right)) return keeps(*value) ? left : right;
    }
    Node node;
    node.kind = Node::Kind::binary;
    node.op = op;
    node.operands = {left, right};
    node.reads = left->reads | right->reads;
    return make(std::move(node));
}

std::optional<unsigned> constant(const Expr& expr) {
    if (expr->kind == Node::Kind::number) return expr->number;
    return std::nullopt;
}

std::string render(const Expr& expr, bool operand) {
    switch (expr->kind) {
    case Node::Kind::text: return operand && expr->loose ? "(" + expr->text + ")" : expr->text;
    case Node::Kind::number: return std::to_string(expr->number);
    case Node::Kind::field:
        return std::string(array_name(info(expr->field).scope)) + "[" + render(expr->operands[0]) +
               "]." + std::string(member_name(expr->field));
    case Node::Kind::has_bits:
        return "has(" + render(expr->operands[0]) + ", " + pte_bits(expr->number) + ")";
    case Node::Kind::invert: return "!" + render(expr->operands[0], true);
    case Node::Kind::binary: break;
    }
    const std::string text = render_binary(*expr);
    return operand ? "(" + text + ")" : text;
}

std::string render_all(const std::vector<Expr>& conditions) {
    if (conditions.empty()) return "true";
    Expr all = conditions[0];
    for (std::size_t i = 1; i < conditions.size(); ++i) all = binary(Op::both, all, conditions[i]);
    return render(all);
}

std::string_view array_name(Scope scope) {
    switch (scope) {
    case Scope::mm: return "mm";
    case Scope::pte: return "pte";
    case Scope::page: return "page";
    case Scope::pin: return "pin";
    case Scope::tlb: return "tlb";
    case Scope::thread: return "thread";
    case Scope::outside: break;  // no world with such is exported
    }
    return {};
}

std::string_view member_name(Field field) {
    if (field == Field::pte) return "value";
    std::string_view name = info(field).name;
    for (const std::string_view prefix : {"pin_", "tlb_"})
        if (name.starts_with(prefix) && info(field).scope != Scope::mm)
            name.remove_prefix(prefix.size());
    return name;
}

std::string upper(std::string_view name) {
    std::string text(name);
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

// Those of anonymous base pages by name.
std::string pte_bits(unsigned bits) {
    std::string text;
    for (const PteFlag& flag : pte_flags)
        if (flag.bit <= PteBit::special && (bits & flag.bit) != 0) {
            text += (text.empty() ? "" : " | ") + upper(flag.name);
            bits &= ~unsigned{flag.bit};
        }
    if (bits != 0) text += (text.empty() ? "" : " | ") + std::to_string(bits);
    return text.empty() ? "0" : text;
}

}  // namespace cowcheck::promela
