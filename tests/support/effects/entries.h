// The table of effects as a list of entries, each of which can be taken out of a copy.
#pragma once

#include "model/isa/effects.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck::test {

// The columns of Effects, one after the other: visit(name, set).
template <class E, class Visit>
void each_column(E& effects, Visit&& visit) {
    visit("operand", effects.operands);
    visit("result", effects.results);
    visit("reads", effects.reads);
    visit("updates", effects.updates);
    visit("writes", effects.writes);
    visit("clears", effects.clears);
    visit("reads of others", effects.others_read);
    visit("updates of others", effects.others_updated);
    visit("writes of others", effects.others_written);
    visit("asks", effects.asks);
    visit("reads for outside", effects.outside_reads);
    visit("takes", effects.takes);
    visit("tries", effects.tries);
    visit("gives", effects.gives);
    visit("waits for", effects.waits_for);
    visit("blocks", effects.blocks);
    visit("allocates", effects.allocates);
    visit("frees", effects.frees);
    visit("raises", effects.raises);
    visit("opens", effects.opens);
    visit("closes", effects.closes);
}

[[nodiscard]] std::string code_name(Code code);
// What a bit of a column stands for.
[[nodiscard]] std::string bit_name(std::string_view column, unsigned bit);

// An entry of the table: a bit of a column of a row.
struct TableEntry {
    std::string name;  // "put: writes ksm"
    bool of_imm = false;
    std::size_t row = 0;
    std::size_t column = 0;  // of Effects; the one behind the last is EffectRow::named
    unsigned bit = 0;
};
[[nodiscard]] std::vector<TableEntry> entries_of(const EffectTable& table);
[[nodiscard]] EffectTable without(EffectTable table, const TableEntry& entry);
// The field that it is about; empty if it is about something else.
[[nodiscard]] FieldSet fields_of(const TableEntry& entry);
[[nodiscard]] Code code_of(const EffectTable& table, const TableEntry& entry);

}  // namespace cowcheck::test
