// Expressions of an exported model, as trees: what instructions compute, kept so
// that it can be written the way a person would.
#pragma once

#include "model/state/fields.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck::promela {

// What an expression looks at: the bits of fields, and of the handler's locals.
using Footprint = std::uint64_t;
inline constexpr Footprint locals_footprint = Footprint{1} << 63U;
inline constexpr Footprint everything = ~Footprint{0};
static_assert(field_table.size() <= 63);

[[nodiscard]] constexpr Footprint footprint(Field field) {
    return Footprint{1} << static_cast<unsigned>(field);
}
// All fields of what a scope has one of: a page, a pin.
[[nodiscard]] Footprint footprint(Scope scope);

enum class Op : std::uint8_t { add, sub, eq, ne, lt, le, both, either };

struct Node;
using Expr = std::shared_ptr<const Node>;

struct Node {
    enum class Kind : std::uint8_t { text, number, field, has_bits, invert, binary };

    Kind kind = Kind::text;
    Op op = Op::add;
    Field field = Field::pc;
    unsigned number = 0;  // a constant; PTE bits
    std::string text;
    std::vector<Expr> operands;
    Footprint reads = 0;
    bool loose = false;  // the text has several parts and no brackets
};

// Something that stands for itself: a name, a call of a macro.
[[nodiscard]] Expr atom(std::string text, Footprint reads = 0);
[[nodiscard]] Expr loose(std::string text, Footprint reads);
[[nodiscard]] Expr number(unsigned value);
[[nodiscard]] Expr field(Field field, const Expr& index);
[[nodiscard]] Expr has_bits(const Expr& pte, unsigned bits);
[[nodiscard]] Expr invert(const Expr& operand);
[[nodiscard]] Expr binary(Op op, const Expr& left, const Expr& right);

[[nodiscard]] std::optional<unsigned> constant(const Expr& expr);

// As Promela. With `operand`, in brackets if it consists of several parts.
[[nodiscard]] std::string render(const Expr& expr, bool operand = false);
// `a && b && c`, or "true".
[[nodiscard]] std::string render_all(const std::vector<Expr>& conditions);

// How fields are called: page[...].refcount.
[[nodiscard]] std::string_view array_name(Scope scope);
[[nodiscard]] std::string_view member_name(Field field);
[[nodiscard]] std::string upper(std::string_view name);
// "WRITABLE | DIRTY"
[[nodiscard]] std::string pte_bits(unsigned bits);

}  // namespace cowcheck::promela
