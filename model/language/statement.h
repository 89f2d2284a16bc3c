// A statement of a design as it is told: what it is, and its words on one line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

enum class StatementKind : std::uint8_t {
    none,        // no statement: the operation has nothing that could rest
    guard,       // if page.mapcount == 1
    tlb_access,  // if load through tlb: the hardware's, which the design only asks for
    access,      // store through secondary mmu: likewise
    lock,        // lock ptl
    unlock,      // unlock mmap_lock
    irqs,        // irqs off
    assignment,  // page = orig.page, page.refcount += 1
    absent,      // no such operation
    other
};

[[nodiscard]] std::string_view name_of(StatementKind kind);
[[nodiscard]] std::optional<StatementKind> find_statement_kind(std::string_view name);

struct Statement {
    StatementKind kind = StatementKind::none;
    // All of it, however many lines it has, without comments and without the block behind it.
    std::string text;
    // Of an `if`: what it asks, without a `not` in front of all of it, and whether there is one.
    std::string condition;
    bool negated = false;

    // It only decides what comes next.
    [[nodiscard]] bool is_guard() const {
        return kind == StatementKind::guard || kind == StatementKind::tlb_access;
    }
    friend bool operator==(const Statement&, const Statement&) = default;
};

// The same, and what its words refer to.
struct StatementText {
    Statement told;
    std::vector<std::string> names;  // that the condition of an `if` looks at
    std::string assigned;            // the local that gets a value; empty: none does
};

// A handler in the way from an operation to where its thread stands.
struct HandlerName {
    bool fault = false;  // the design's `fault write`, not a handler called `write`
    std::string name;
    friend bool operator==(const HandlerName&, const HandlerName&) = default;
};

// "fault write"
[[nodiscard]] inline std::string to_text(const HandlerName& handler) {
    return (handler.fault ? "fault " : "") + handler.name;
}

}  // namespace cowcheck
