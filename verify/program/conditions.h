// What a program's conditions say of what is seen.
#pragma once

#include "checker/measure/program_run.h"

#include <optional>
#include <string>
#include <vector>

namespace cowcheck {

// A program's conditions for one plan, with every word looked up.
class ProgramConditions {
public:
    // Complains of values that nobody makes.
    ProgramConditions(const ProgramText& text, const ProgramPlan& plan, Diagnostics& out);

    [[nodiscard]] std::size_t size() const { return text_.conditions.size(); }
    // Whether the expression is true: of some page for `exists` and `never`, of all for `forall`.
    [[nodiscard]] bool is_so(std::size_t condition, const SeenAll& seen) const;
    // The first condition that is broken whatever comes: a `forall` that is false by now, or a
    // `never` that is true.
    [[nodiscard]] std::optional<std::size_t> broken(const SeenAll& seen) const;

private:
    // What a name or a word is, for one page.
    struct Operand {
        int seen = -1;  // index of a name
        std::uint8_t code = 0;
    };
    // nothing: it depends on what is not seen yet.
    using Truth = std::optional<bool>;

    [[nodiscard]] std::vector<int> pages_of(const ast::Expr& expr) const;
    [[nodiscard]] int find(const std::string& name, int va) const;
    [[nodiscard]] Operand operand(const ast::Expr& expr, int va, Seen as) const;
    [[nodiscard]] Truth evaluate(const ast::Expr& expr, int va, const SeenAll& seen,
                                 bool at_end) const;
    [[nodiscard]] Truth compare(const ast::Expr& expr, int va, const SeenAll& seen,
                                bool at_end) const;
    // Of all pages at once.
    [[nodiscard]] Truth truth(std::size_t condition, const SeenAll& seen, bool at_end) const;
    void check(const ast::Expr& expr, Diagnostics& out) const;

    const ProgramText& text_;
    const ProgramPlan& plan_;
    std::vector<std::vector<int>> pages_;  // by condition: the pages that it is asked of; -1: once
};

// What is seen, as a person reads it: "P1", "fault", "A", "true".
[[nodiscard]] std::string seen_text(const ProgramPlan& plan, std::size_t index,
                                    std::uint8_t code);

}  // namespace cowcheck
