// A design's operations to instructions: handlers are inlined where they are
// called, flags and constant parameters are folded, so that every operation of
// a menu has code of its own.
#pragma once

#include "model/compile/expressions.h"
#include "model/compile/local_layout.h"
#include "model/contracts.h"

#include <array>
#include <optional>
#include <set>

namespace cowcheck {

class Handlers {
public:
    Handlers(Emitter& emitter, const DesignText& design) : e_(emitter), x_(emitter), d_(design) {}

    // Appends the operation's code and adds it to the program.
    void operation(const MenuItem& item);

    // Every handler that some operation reached.
    [[nodiscard]] const std::set<const ast::Handler*>& reached() const { return reached_; }
    // Every predicate that they used.
    [[nodiscard]] const std::set<const ast::Predicate*>& used() const { return x_.used(); }

private:
    struct Frame {
        const ast::Handler* handler = nullptr;
        Names names;
        std::string where;
        std::vector<HandlerName> path;
        bool fault = false;
        bool operation = false;  // `return` ends the operation
        // An operation that another one runs: what it returns goes into this local.
        std::optional<std::int64_t> result;
        std::vector<std::uint16_t> returns;
    };
    struct Loop {
        std::uint16_t start = 0;
        std::vector<std::uint16_t> breaks;
    };

    Context context();
    void begin_step(const ast::Stmt& stmt);
    void keep_promises(const std::array<ContractStep, 2>& steps);
    std::vector<std::uint16_t> jumps_if_unmapped();
    void ghost_start();
    void ghost_end();
    void end(EndOf end, unsigned page = 0);

    void body(const ast::Handler& handler, Names names, bool fault, bool operation,
              std::optional<std::int64_t> result = {});
    [[nodiscard]] std::string text_at(const std::string& where) const;
    void block(const ast::Block& block);
    void statement(const ast::Stmt& stmt);
    void if_(const ast::Stmt& stmt);
    void loop(const ast::Stmt& stmt);
    void for_each(const ast::Stmt& stmt);
    void for_each_mapping(const ast::Stmt& stmt);
    void atomic(const ast::Stmt& stmt);
    void return_(const ast::Stmt& stmt);
    void call(const ast::Stmt& stmt, ast::HandlerKind kind);
    void call(const ast::Expr& expr, ast::HandlerKind kind, bool operation,
              std::optional<std::int64_t> result = {});
    bool is_operation(const ast::Expr& value) const;
    void fail(const SourceSpan& span);
    void assign(const ast::Stmt& stmt);
    void assign_pte(const ast::Stmt& stmt);
    void assign_pmd(const ast::Stmt& stmt);
    void empty_swap_cache(std::uint8_t unless_zero, const SourceSpan& span);
    std::uint8_t mapping_mm(const SourceSpan& span);
    void assign_field(const ast::Stmt& stmt);
    void assign_local(const ast::Stmt& stmt);
    void assign_result(const ast::Stmt& stmt);
    bool keeps_open_count(const ast::Stmt& stmt, const Value& value, std::uint16_t first);
    std::optional<Variable> local(const ast::Stmt& stmt, Type type);
    bool lru_phrase(const ast::Stmt& stmt);
    bool notifier_phrase(const ast::Stmt& stmt);
    void phrase(const ast::Stmt& stmt);
    void no_such_operation(const SourceSpan& span);
    bool lock_phrase(const ast::Expr& phrase);
    bool page_phrase(const ast::Expr& phrase);
    bool memory_phrase(const ast::Expr& phrase);
    void wait_userfaultfd(const ast::Stmt& stmt);
    void set_va(unsigned reg);

    Emitter& e_;
    Expressions x_;
    const DesignText& d_;
    MenuItem item_;
    bool gup_ = false;
    std::vector<Frame> frames_;
    unsigned bodies_ = 0;  // how many were entered
    std::vector<Loop> loops_;
    std::vector<Local> locals_;
    bool left_ = false;  // the last statement leaves the block, as the world or the flags say
    unsigned atomic_ = 0;
    bool atomic_begun_ = false;
    std::set<const ast::Handler*> reached_;
};

}  // namespace cowcheck
