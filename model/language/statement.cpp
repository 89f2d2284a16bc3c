#include "model/language/statement.h"

#include <algorithm>
#include <array>

namespace cowcheck {

namespace {

constexpr std::array<std::string_view, 10> kinds{"none",   "guard",  "tlb_access", "access",
                                                 "lock",   "unlock", "irqs",       "assignment",
                                                 "absent", "other"};

}  // namespace

std::string_view name_of(StatementKind kind) { return kinds[static_cast<std::size_t>(kind)]; }

std::optional<StatementKind> find_statement_kind(std::string_view name) {
    const auto found = std::find(kinds.begin(), kinds.end(), name);
    if (found == kinds.end()) return std::nullopt;
    return static_cast<StatementKind>(found - kinds.begin());
}

}  // namespace cowcheck
