// Every wrong change of one statement that the generator knows, of one definition at a time.
#pragma once

#include "model/language/ast.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

enum class ChangeKind : std::uint8_t {
    deleted,        // the statement is not there
    flush_dropped,  // the same of a flush or a barrier
    guard_fixed,    // always yes, always no
    part_dropped,   // one side of an `and` or `or`
    turned,         // a comparison, a condition or a value is its opposite
    weakened,       // a lock for reading only, a flush of one page only
    pair_removed,   // lock and unlock, off and on, += and -=
    moved,          // what ends a critical section comes a statement earlier
    bit_forgotten,  // of several that are assigned at once
    count_off,      // by one, or twice
    swapped,        // with the statement behind it
    atomic_opened,  // its statements are steps of their own
};

[[nodiscard]] std::string_view name_of(ChangeKind kind);

struct WrongChange {
    std::string definition;  // "do_wp_page", "fault write", "predicate may_reuse"
    SourceSpan span;         // the statement that is changed
    unsigned line = 0;       // in the definition, whose own line is 1
    ChangeKind kind = ChangeKind::deleted;
    std::string what;  // "if a and b: becomes if a"
    std::string text;  // of the definition with the change
};

// "fault write", "do_wp_page": how a definition is called where handlers are named.
[[nodiscard]] std::string definition_name(const ast::Handler& handler);
[[nodiscard]] std::string definition_name(const ast::Predicate& predicate);

// In the order of the text, and no two with the same text. What the compiler thinks of them is
// not looked at.
[[nodiscard]] std::vector<WrongChange> wrong_changes(const ast::Handler& handler);
[[nodiscard]] std::vector<WrongChange> wrong_changes(const ast::Predicate& predicate);

}  // namespace cowcheck
