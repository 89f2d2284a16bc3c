// What each instruction reads and changes: the one table of it (effects.cpp). Every analysis of a
// program's code goes by it, so none has a list of instructions that could lack one.
//
// tests/unit/effects_test.cpp compares it with what the machine does.
#pragma once

#include "model/isa/events.h"
#include "model/isa/instructions.h"
#include "model/state/fields.h"
#include "model/state/ways.h"

#include <array>
#include <cstdint>

namespace cowcheck {

// Fields by their numbers; one bit more stands for the locals of a handler.
using FieldSet = std::uint64_t;
inline constexpr FieldSet locals_bit = FieldSet{1} << 63U;
static_assert(field_table.size() <= 63);

template <class... Fields>
[[nodiscard]] constexpr FieldSet fields(Fields... each) {
    return (FieldSet{0} | ... | (FieldSet{1} << static_cast<unsigned>(Field{each})));
}
[[nodiscard]] constexpr bool has(FieldSet set, Field field) { return (set & fields(field)) != 0; }

// All fields of a scope; of a thread, with its locals.
[[nodiscard]] constexpr FieldSet fields_of(Scope scope) {
    FieldSet set = scope == Scope::thread ? locals_bit : 0;
    for (std::size_t i = 0; i < field_table.size(); ++i)
        if (field_table[i].scope == scope) set |= FieldSet{1} << i;
    return set;
}
// Those that no kernel has.
inline constexpr FieldSet ghost_fields = [] {
    FieldSet set = 0;
    for (std::size_t i = 0; i < field_table.size(); ++i)
        if (field_table[i].what.substr(0, 6) == "ghost:") set |= FieldSet{1} << i;
    return set;
}();

// Registers that an instruction uses: those that it names, and those that it need not name.
struct Operand {
    static constexpr std::uint8_t a = 1;
    static constexpr std::uint8_t b = 2;
    static constexpr std::uint8_t c = 4;
    static constexpr std::uint8_t mm = 8;    // Reg::mm
    static constexpr std::uint8_t va = 16;   // Reg::va
    static constexpr std::uint8_t pin = 32;  // Reg::pin
};

// Events and reasons to be blocked, by their numbers.
using EventSet = std::uint16_t;
using BlockedSet = std::uint8_t;
[[nodiscard]] constexpr EventSet event_bit(Event event) {
    return static_cast<EventSet>(1U << static_cast<unsigned>(event));
}
[[nodiscard]] constexpr BlockedSet blocked_bit(Blocked blocked) {
    return static_cast<BlockedSet>(1U << static_cast<unsigned>(blocked));
}

// All that an instruction may do. What a property reads that is asked at one of its events is not
// in it, nor what the machine looks at only to see whether a reduction is right: movers at a rest,
// and counts that a program trusts.
struct Effects {
    std::uint8_t operands = 0;  // Operand: read
    std::uint8_t results = 0;   // Operand: written, if the instruction is not blocked

    // Of the thread's fields, its own; those of other threads are below. `reads`: a register, the
    // way that control takes, an event or another field goes by it. `updates`, which are all in
    // `writes`, too: its own new value does, or whether it
    // underflows or overflows. Whatever is in none
    // of the two may be anything.
    FieldSet reads = 0;
    FieldSet updates = 0;
    FieldSet writes = 0;
    // Those of `writes` that change only in a page that goes back to the allocator.
    FieldSet clears = 0;
    FieldSet others_read = 0;
    FieldSet others_updated = 0;
    FieldSet others_written = 0;
    // Of the ghosts that are read, those that more than ghosts goes by: a register, an event.
    FieldSet asks = 0;
    // In worlds with references from outside it reads these, too.
    FieldSet outside_reads = 0;

    std::uint8_t takes = 0;  // Held
    std::uint8_t tries = 0;  // Held: register a says whether it was taken
    std::uint8_t gives = 0;
    std::uint8_t waits_for = 0;  // Held: for those who hold it
    BlockedSet blocks = 0;       // for these reasons
    bool allocates = false;      // frames
    bool frees = false;

    EventSet raises = 0;
    WaySet opens = 0;
    WaySet closes = 0;

    friend constexpr bool operator==(const Effects&, const Effects&) = default;
};

// What becomes of the field that an instruction names: c, in element b; or that of the thread that
// is at a place (load_local and store_local; a local if the place is not fixed).
enum class NamedField : std::uint8_t { none, read, written, updated, place_read, place_written };

// A row of the table: of each instruction, in the order of COWCHECK_CODES, there is one.
struct EffectRow {
    Code code = Code::jump;
    NamedField named = NamedField::none;
    Effects effects;
};

// What an instruction does besides if its `imm` is that one, or any but 0.
struct EffectOfImm {
    static constexpr int not_zero = -1;
    Code code = Code::jump;
    int imm = not_zero;
    Effects effects;
};

// The table as a value: tests take entries out of it.
inline constexpr std::size_t code_count = 0
#define X(name) +1
    COWCHECK_CODES(X)
#undef X
    ;
inline constexpr std::size_t effect_of_imm_count = 13;
struct EffectTable {
    std::array<EffectRow, code_count> rows{};
    std::array<EffectOfImm, effect_of_imm_count> of_imm{};
};
extern const EffectTable effect_table;

// What this very instruction may do, with its imm, and the field that it names.
[[nodiscard]] Effects effects_of(const Instruction& instruction,
                                 const EffectTable& table = effect_table);

// What happens when an operation starts, before its first instruction. `pins`: it is a GUP.
[[nodiscard]] Effects effects_of_start(bool pins);

[[nodiscard]] constexpr std::uint8_t register_of(const Instruction& instruction,
                                                 std::uint8_t operand) {
    switch (operand) {
    case Operand::a: return instruction.a;
    case Operand::b: return instruction.b;
    case Operand::c: return instruction.c;
    case Operand::mm: return Reg::mm;
    case Operand::va: return Reg::va;
    default: return Reg::pin;
    }
}
[[nodiscard]] constexpr bool is_among(const Instruction& instruction, std::uint8_t operands,
                                      std::uint8_t reg) {
    for (std::uint8_t one = Operand::a; one <= Operand::pin;
         one = static_cast<std::uint8_t>(one << 1U))
        if ((operands & one) != 0 && register_of(instruction, one) == reg) return true;
    return false;
}
[[nodiscard]] inline bool reads_register(const Instruction& instruction, std::uint8_t reg) {
    return is_among(instruction, effects_of(instruction).operands, reg);
}
[[nodiscard]] inline bool writes_register(const Instruction& instruction, std::uint8_t reg) {
    return is_among(instruction, effects_of(instruction).results, reg);
}

}  // namespace cowcheck
