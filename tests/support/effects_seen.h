// What instructions were seen to do by the machine, and whether the table of effects says so.
#pragma once

#include "model/isa/effects.h"
#include "model/machine/actions.h"
#include "tests/support/mutations.h"

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace cowcheck::test {

// An instruction as far as the table goes by it: its imm if that matters, what it names.
// `outside`: in a world with references from outside.
struct SeenKey {
    Code code = Code::jump;
    std::uint8_t b = 0;
    std::uint8_t c = 0;
    std::uint16_t imm = 0;
    std::uint16_t target = 0;
    bool outside = false;
    friend auto operator<=>(const SeenKey&, const SeenKey&) = default;
};
[[nodiscard]] SeenKey key_of(const Instruction& instruction, bool outside);

// What was seen of one such instruction, with the sets of Effects as far as they can be seen.
// Which register it was that mattered, is seen; that may have been named in several ways, each
// of which is a bit of a set of Operand.
struct Seen {
    Effects effects;
    std::set<std::uint8_t> operands;
    std::set<std::uint8_t> results;
    std::uint64_t ran = 0;
};

// An entry of the table: a bit of a column of a row.
struct TableEntry {
    std::string name;  // "put: writes ksm"
    bool of_imm = false;
    std::size_t row = 0;
    std::size_t column = 0;  // of Effects; or `named`
    unsigned bit = 0;
};

class SeenEffects {
public:
    // Runs random schedules of the program, and some of what they run again from states in which
    // one thing is different.
    void walk(const Program& program, Random& random, unsigned actions);

    // Whether nothing shows that the table lacks the entry.
    [[nodiscard]] bool is_unnoticed(const EffectTable& table, const TableEntry& entry) const;

    // What was seen and the table does not say, each as "put: writes ksm".
    [[nodiscard]] std::vector<std::string> unnamed(const EffectTable& table) const;
    [[nodiscard]] const std::map<SeenKey, Seen>& all() const { return seen_; }
    [[nodiscard]] std::uint64_t ran_again() const { return ran_again_; }

    // For whoever runs them.
    Seen& of(const SeenKey& key) { return seen_[key]; }
    void count_again() { ++ran_again_; }
    // Whether one more try is worth its time: it was not tried often, or its row has entries
    // that nothing has shown.
    [[nodiscard]] bool wants(const SeenKey& key, unsigned in_this_world) {
        if (in_this_world >= (lacking_.contains(key.code) ? 3U : 1U)) return false;
        return lacking_.contains(key.code) || ++tried_[key] <= 3;
    }
    [[nodiscard]] const std::set<Code>& lacking() const { return lacking_; }

private:
    void find_lacking();

    std::map<SeenKey, Seen> seen_;
    std::map<SeenKey, unsigned> tried_;
    std::set<Code> lacking_;
    std::uint64_t ran_again_ = 0;
};

[[nodiscard]] std::vector<TableEntry> entries_of(const EffectTable& table);
[[nodiscard]] EffectTable without(EffectTable table, const TableEntry& entry);
[[nodiscard]] Code code_of(const EffectTable& table, const TableEntry& entry);

}  // namespace cowcheck::test
