#include "tests/support/effects/entries.h"

#include <array>
#include <type_traits>

namespace cowcheck::test {

namespace {

constexpr auto code_names = std::to_array<std::string_view>({
#define X(name) #name,
    COWCHECK_CODES(X)
#undef X
});
constexpr auto way_names = [] {
    std::array<std::string_view, way_count> names;
    for (std::size_t i = 0; i < way_count; ++i) names[i] = way_table[i].name.value;
    return names;
}();
constexpr std::array<std::string_view, 8> lock_names{
    "mmap_read", "mmap_write", "ptl", "irqs_off", "page", "seq", "vma_read", "vma_write"};
constexpr std::array<std::string_view, 6> operand_names{"a", "b", "c", "mm", "va", "pin"};
constexpr std::array<std::string_view, 5> blocked_names{"no", "lock", "frames", "userfault",
                                                        "interrupts"};

}  // namespace

std::string code_name(Code code) { return std::string(code_names[static_cast<std::size_t>(code)]); }

std::string bit_name(std::string_view column, unsigned bit) {
    const auto name = [&](const auto& names) {
        return bit < names.size() ? std::string(names[bit]) : std::to_string(bit);
    };
    if (column == "operand" || column == "result") return name(operand_names);
    if (column == "takes" || column == "tries" || column == "gives" || column == "waits for")
        return name(lock_names);
    if (column == "blocks") return name(blocked_names);
    if (column == "allocates" || column == "frees") return "";
    if (column == "raises") return std::string(event_table[bit].name);
    if (column == "opens" || column == "closes") return name(way_names);
    return bit == 63 ? "locals" : std::string(field_table[bit].name);
}

FieldSet fields_of(const TableEntry& entry) {
    FieldSet about = 0;
    std::size_t column = 0;
    Effects nothing;
    each_column(nothing, [&](std::string_view, auto& bits) {
        if (column++ != entry.column) return;
        if constexpr (std::is_same_v<std::remove_reference_t<decltype(bits)>, FieldSet>)
            about = FieldSet{1} << entry.bit;
    });
    return about;
}

Code code_of(const EffectTable& table, const TableEntry& entry) {
    return entry.of_imm ? table.of_imm[entry.row].code : table.rows[entry.row].code;
}

std::vector<TableEntry> entries_of(const EffectTable& table) {
    std::vector<TableEntry> all;
    const auto add = [&](const std::string& name, bool of_imm, std::size_t row,
                         const Effects& effects) {
        std::size_t column = 0;
        each_column(effects, [&](std::string_view what, auto bits) {
            for (unsigned bit = 0; bit < 64; ++bit)
                if ((std::uint64_t{bits} >> bit & 1U) != 0)
                    all.push_back({name + ": " + std::string(what) + " " + bit_name(what, bit),
                                   of_imm, row, column, bit});
            ++column;
        });
        return column;
    };
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const std::string name = code_name(table.rows[i].code);
        const std::size_t columns = add(name, false, i, table.rows[i].effects);
        if (table.rows[i].named != NamedField::none)
            all.push_back({name + ": the field that it names", false, i, columns, 0});
    }
    for (std::size_t i = 0; i < table.of_imm.size(); ++i)
        add(code_name(table.of_imm[i].code) + " with imm " + std::to_string(table.of_imm[i].imm),
            true, i, table.of_imm[i].effects);
    return all;
}

EffectTable without(EffectTable table, const TableEntry& entry) {
    Effects& effects =
        entry.of_imm ? table.of_imm[entry.row].effects : table.rows[entry.row].effects;
    std::size_t column = 0;
    each_column(effects, [&](std::string_view, auto& bits) {
        using Bits = std::remove_reference_t<decltype(bits)>;
        if (column++ == entry.column)
            bits = static_cast<Bits>(std::uint64_t{bits} & ~(std::uint64_t{1} << entry.bit));
    });
    if (!entry.of_imm && entry.column == column) table.rows[entry.row].named = NamedField::none;
    return table;
}

}  // namespace cowcheck::test
