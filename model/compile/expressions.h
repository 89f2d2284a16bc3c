// Expressions to instructions. The same compiler serves designs and properties;
// they differ in which names they know.
#pragma once

#include "model/compile/design_text.h"
#include "model/compile/emitter.h"

#include <optional>

namespace cowcheck {

// Where an expression stands: what its names mean.
struct Context {
    Names* names = nullptr;
    // Predicates: of the design, or of the properties.
    const DesignText* design = nullptr;
    const std::vector<ast::Predicate>* predicates = nullptr;
    bool property = false;       // ghost data and events may be read; mm, va, ... are the event's
    bool gup = false;            // the operation is a GUP: a look at the PTE attaches its pin
    bool fault = false;          // in a fault handler: a copy breaks COW
    bool secondary_mmu = false;  // the operation is the secondary MMU's
    bool longterm = false;       // the operation is a GUP with FOLL_LONGTERM
    bool fast = false;           // the operation began as GUP-fast
    bool deadlocked = false;     // of a property: the name means something there
    bool needed = false;         // likewise
    bool writes = false;         // likewise, operation.writes
    bool zeroes = false;         // the operation stores zeroes
    bool compared = false;       // what is compared may be the page of a PTE that maps none
    unsigned depth = 0;          // of predicates within predicates
};

class Expressions {
public:
    explicit Expressions(Emitter& emitter) : e_(emitter) {}

    [[nodiscard]] Value compile(const ast::Expr& expr, Context& context);
    // The same, and a complaint if it is of another type.
    [[nodiscard]] Value compile(const ast::Expr& expr, Context& context, Type wanted);
    // A register with the truth of the expression, or a constant.
    [[nodiscard]] Value truth(const ast::Expr& expr, Context& context) {
        return compile(expr, context, Type::boolean);
    }

    // Jumps that are taken if the truth of the expression is `when`; else it goes on behind them.
    void branch(const ast::Expr& expr, Context& context, bool when,
                std::vector<std::uint16_t>& jumps);

    // Where the right side of the `implies` that was compiled last begins: of nested ones,
    // the outermost.
    [[nodiscard]] std::uint16_t last_implied() const { return last_implied_; }
    static constexpr std::uint16_t never_runs = 0xffff;

    // Every predicate that some expression used.
    [[nodiscard]] const std::set<const ast::Predicate*>& used() const { return used_; }

private:
    Value vma(const SourceSpan& span);
    Value name(const ast::Expr& expr, Context& context);
    Value field(const ast::Expr& expr, Context& context);
    Value vma_field(const ast::Expr& expr, const Value& vma);
    Value fixed_page(bool exists, unsigned frame, const ast::Expr& expr, const Context& context);
    Value page_field(const ast::Expr& expr, const Value& page, const Context& context);
    Value pte_field(const ast::Expr& expr, const Value& pte, bool demand);
    Value pin_field(const ast::Expr& expr, const Value& pin);
    Value constant_field(const ast::Expr& expr, const Value& base, Context& context);
    Value call(const ast::Expr& expr, Context& context);
    const ast::Predicate* find_predicate(const std::string& name, const Context& context) const;
    // A predicate's parameters, if it can be used like this.
    std::optional<Names> arguments(const ast::Expr& expr, const ast::Predicate& predicate,
                                   Context& context);
    Value predicate(const ast::Expr& expr, const ast::Predicate& predicate, Context& context);
    Value holds_expected(const ast::Expr& expr, Context& context);
    std::optional<Value> ghost(const ast::Expr& expr, Context& context);
    Value phrase(const ast::Expr& expr, Context& context);
    Value unary(const ast::Expr& expr, Context& context);
    Value binary(const ast::Expr& expr, Context& context);
    Value logic(const ast::Expr& expr, Context& context);
    Value compare(const ast::Expr& expr, Context& context);
    void branch_on(const Value& value, bool when, std::vector<std::uint16_t>& jumps);
    void unless_absent(const ast::Expr& operand, bool equal, std::uint8_t result, Context& context);
    void put_if_present(std::uint8_t pte, std::uint8_t yes, std::uint16_t bit,
                        const SourceSpan& span);
    Value record(const std::vector<ast::RecordField>& fields, Value base, const SourceSpan& span,
                 Context& context);
    // `detached`: also of a page table that the PMD does not point to.
    Value read_pte(const SourceSpan& span, std::uint8_t mm, std::uint8_t va, const Context& context,
                   bool detached = false);
    // The page whose refcount and lock are those of the page: compound_head().
public:
    std::uint8_t folio(std::uint8_t page, const SourceSpan& span);

private:
    Value load(Type type, Field field, std::uint8_t index, const SourceSpan& span);
    Value unary_code(Type type, Code code, std::uint8_t operand, const SourceSpan& span,
                     unsigned imm = 0);
    Value unknown_field(const ast::Expr& expr, const Value& base,
                        const std::vector<std::string_view>& fields);

    Emitter& e_;
    std::uint16_t last_implied_ = 0;
    std::set<const ast::Predicate*> used_;
};

[[nodiscard]] inline Value constant(Type type, std::int64_t number) {
    return {type, true, number, 0};
}
[[nodiscard]] inline Value in(Type type, std::uint8_t reg) { return {type, false, 0, reg}; }

}  // namespace cowcheck
