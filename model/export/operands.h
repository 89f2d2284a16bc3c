// What kind of instruction a code is, and which registers it uses.
#pragma once

#include "model/machine/program.h"

namespace cowcheck::promela {

enum class Kind : std::uint8_t {
    control,
    value,        // a register gets a value; nothing else changes
    access,       // of a field or local
    ghost_value,  // likewise, from the ghost data
    lock,
    pages,
    kernel,
    hardware,
    ghost,
};

struct Operands {
    Kind kind = Kind::value;
    bool a = false;  // read
    bool b = false;
    bool c = false;
    bool result = false;  // a is written
};

[[nodiscard]] Operands operands(Code code);

}  // namespace cowcheck::promela
