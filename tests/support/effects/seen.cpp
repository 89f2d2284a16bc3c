#include "tests/support/effects/seen.h"

#include <algorithm>
#include <array>

namespace cowcheck::test {

namespace {

std::string name_of(const SeenKey& key) {
    std::string text = code_name(key.code);
    if (key.imm != 0) text += " " + std::to_string(key.imm);
    if (names_field(key.code)) text += " of " + std::string(field_table[key.c].name);
    return key.outside ? text + " (outside)" : text;
}

// What was seen and the table does not say.
Effects lacks_of(const SeenKey& key, const Seen& seen, const EffectTable& table) {
    const Effects says =
        effects_of(Instruction{key.code, 0, key.b, key.c, key.imm, key.target}, table);
    Effects lacks = seen.effects;
    const FieldSet outside = key.outside ? says.outside_reads : 0;
    lacks.reads &= ~(says.reads | outside);
    lacks.updates &= ~(says.updates | says.reads | outside);
    lacks.writes &= ~(says.writes & ~says.clears);
    lacks.clears &= ~says.writes;  // which has what it clears, too
    lacks.others_read &= ~says.others_read;
    lacks.others_updated &= ~(says.others_updated | says.others_read);
    lacks.others_written &= ~says.others_written;
    lacks.asks &= ~says.asks;
    const unsigned sometimes = seen.effects.takes & seen.effects.tries;
    lacks.takes = static_cast<std::uint8_t>(seen.effects.takes & ~unsigned{says.takes} &
                                            ~unsigned{says.tries});
    lacks.tries = static_cast<std::uint8_t>(sometimes & ~unsigned{says.tries});
    lacks.gives &= static_cast<std::uint8_t>(~unsigned{says.gives});
    lacks.waits_for &= static_cast<std::uint8_t>(~unsigned{says.waits_for});
    lacks.blocks &= static_cast<BlockedSet>(~unsigned{says.blocks});
    lacks.allocates = lacks.allocates && !says.allocates;
    lacks.frees = lacks.frees && !says.frees;
    lacks.raises &= static_cast<EventSet>(~unsigned{says.raises});
    lacks.opens &= static_cast<WaySet>(~unsigned{says.opens});
    lacks.closes &= static_cast<WaySet>(~unsigned{says.closes});
    for (const std::uint8_t names : seen.operands)
        if ((names & says.operands) == 0) lacks.operands |= names;
    for (const std::uint8_t names : seen.results)
        if ((names & says.results) == 0) lacks.results |= names;
    return lacks;
}

}  // namespace

bool names_field(Code code) {
    return code == Code::load || code == Code::store || code == Code::add_field ||
           code == Code::sub_field;
}

bool goes_by_imm(Code code) {
    constexpr std::array codes{Code::end,      Code::copy,   Code::copy_huge, Code::set_pte,
                               Code::set_leaf, Code::walk,   Code::try_store, Code::zap_pte,
                               Code::zap_pmd,  Code::give_up};
    return std::find(codes.begin(), codes.end(), code) != codes.end();
}

SeenKey key_of(const Instruction& i, bool outside) {
    SeenKey key{i.code, 0, 0, 0, 0, outside};
    if (goes_by_imm(i.code)) key.imm = i.imm;
    if (names_field(i.code)) key.c = i.c;
    // A fixed field of the thread; all locals are one.
    const bool local = i.code == Code::load_local || i.code == Code::store_local;
    if (local && i.target != 0) key = {i.code, i.b, i.c, i.imm, i.target, outside};
    return key;
}

std::vector<std::string> SeenEffects::unnamed(const EffectTable& table) const {
    std::vector<std::string> all;
    for (std::size_t code = 0; code < code_count; ++code) {
        const std::vector<std::string> more = unnamed(table, static_cast<Code>(code));
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
}

std::vector<std::string> SeenEffects::unnamed(const EffectTable& table, Code code) const {
    std::vector<std::string> all;
    for (auto at = seen_.lower_bound(SeenKey{code}); at != seen_.end() && at->first.code == code;
         ++at) {
        const Effects lacks = lacks_of(at->first, at->second, table);
        if (lacks == Effects{}) continue;
        each_column(lacks, [&](std::string_view column, auto bits) {
            for (unsigned bit = 0; bit < 64; ++bit)
                if ((std::uint64_t{bits} >> bit & 1U) != 0)
                    all.push_back(name_of(at->first) + ": " + std::string(column) + " " +
                                  bit_name(column, bit));
        });
    }
    return all;
}

std::vector<std::string> SeenEffects::unnoticed(const EffectTable& table) const {
    std::vector<std::string> all;
    for (const TableEntry& entry : entries_of(table)) {
        const Code code = code_of(table, entry);
        if (unnamed(without(table, entry), code).size() <= unnamed(table, code).size())
            all.push_back(entry.name);
    }
    return all;
}

}  // namespace cowcheck::test
