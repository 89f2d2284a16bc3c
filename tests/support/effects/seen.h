// What instructions were seen to do, and whether the table of effects says so. What was looked at
// does not go by the table: without an entry it would have been the same.
#pragma once

#include "tests/support/effects/entries.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
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

// Whether the instruction names a field: of an element, by its number c.
[[nodiscard]] bool names_field(Code code);
// Whether it does something else with another imm.
[[nodiscard]] bool goes_by_imm(Code code);

// What was seen of one such instruction, with the sets of Effects as far as they can be seen.
// Which register it was that mattered, is seen; that may have been named in several ways, each
// of which is a bit of a set of Operand.
struct Seen {
    Effects effects;
    std::set<std::uint8_t> operands;
    std::set<std::uint8_t> results;
    friend bool operator==(const Seen&, const Seen&) = default;
};

class SeenEffects {
public:
    Seen& of(const SeenKey& key) { return seen_[key]; }
    [[nodiscard]] const std::map<SeenKey, Seen>& all() const { return seen_; }

    // What was seen and the table does not say, each as "put: writes ksm".
    [[nodiscard]] std::vector<std::string> unnamed(const EffectTable& table) const;
    // The same, of the instructions of one code.
    [[nodiscard]] std::vector<std::string> unnamed(const EffectTable& table, Code code) const;
    // The names of entries without which nothing would be unnamed.
    [[nodiscard]] std::vector<std::string> unnoticed(const EffectTable& table) const;

private:
    std::map<SeenKey, Seen> seen_;
};

}  // namespace cowcheck::test
