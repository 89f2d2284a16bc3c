// Types and values while compiling.
#pragma once

#include "model/language/ast.h"
#include "model/operations.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace cowcheck {

enum class Type : std::uint8_t {
    error,  // already complained about
    boolean,
    number,
    page,
    pte,
    mm,
    va,
    vma,
    flags,
    seq,
    pin,
    cpu,
    tlb,
    world,
    operation,
};

[[nodiscard]] std::string_view name_of(Type type);

// What an expression became: a constant, or a register that holds it. A vma, a
// tlb entry or a pin is the register with its index.
struct Value {
    Type type = Type::error;
    bool constant = false;
    std::int64_t number = 0;
    std::uint8_t reg = 0;
};

// Which sequence count a value of Type::seq is about, in place of a register.
struct Sequence {
    static constexpr std::uint8_t write_protect = 0;
    static constexpr std::uint8_t invalidate = 1;
};

// A name in a handler: a local (by number), or a parameter that stands for a
// constant or for a fixed register.
struct Variable {
    Type type = Type::error;
    enum class Kind : std::uint8_t { local, constant, reg } kind = Kind::local;
    std::int64_t number = 0;  // local: its number; constant: its value
    std::uint8_t reg = 0;
    GupFlags flags;  // Type::flags
};

using Names = std::map<std::string, Variable, std::less<>>;

}  // namespace cowcheck
