#include "verify/ablate/changes.h"

#include "model/language/print.h"
#include "verify/ablate/difference_text.h"
#include "verify/ablate/expression_changes.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

namespace cowcheck {

namespace {

using ast::Block;
using ast::Expr;
using ast::ExprKind;
using ast::Stmt;
using ast::StmtKind;

bool is_phrase(const Stmt& stmt, std::string_view first_word) {
    return stmt.kind == StmtKind::phrase &&
           printed_head(stmt).starts_with(std::string(first_word) + " ");
}

bool is_any_phrase(const Stmt& stmt, std::initializer_list<std::string_view> first_words) {
    return std::any_of(first_words.begin(), first_words.end(),
                       [&](std::string_view word) { return is_phrase(stmt, word); });
}

bool is_barrier(const Stmt& stmt) {
    return is_any_phrase(stmt, {"flush", "begin", "end", "notifier", "drain"});
}

// The words of what ends that which the statement begins: `unlock ptl` for `lock ptl`.
std::optional<std::string> closed_by(const Stmt& stmt) {
    struct Pair {
        std::string_view opens, closes;
    };
    static constexpr std::array<Pair, 4> pairs{{{"lock ", "unlock "},
                                                {"irqs off", "irqs on"},
                                                {"begin ", "end "},
                                                {"notifier start", "notifier end"}}};
    const std::string text = printed_head(stmt);
    if (stmt.kind == StmtKind::assign && stmt.name == "+=")
        return printed(stmt.target[0]) + " -= " + printed(stmt.value[0]);
    if (stmt.kind != StmtKind::phrase) return std::nullopt;
    for (const auto& [opens, closes] : pairs)
        if (text.starts_with(opens)) {
            std::string rest = text.substr(opens.size());
            rest = rest.substr(0, rest.find(" for "));  // how it is locked is not repeated
            return std::string(closes) + rest;
        }
    return std::nullopt;
}

bool closes_something(const Stmt& stmt) {
    return is_phrase(stmt, "unlock") || is_phrase(stmt, "end") ||
           printed_head(stmt) == "irqs on" || printed_head(stmt).starts_with("notifier end") ||
           (stmt.kind == StmtKind::assign && stmt.name == "-=");
}

// Takes away what opens a pair, and each statement that closes it before the next that opens one
// alike.
class PairRemover {
public:
    PairRemover(const SourceSpan& opens, std::string closes)
        : opens_(opens), closes_(std::move(closes)) {}

    // Whether any was found that closes it.
    bool remove_from(Block& block) {
        visit(block);
        return closed_;
    }

private:
    void visit(Block& block) {
        for (std::size_t i = 0; i < block.size();) {
            if (drops(block[i])) {
                block.erase(block.begin() + static_cast<std::ptrdiff_t>(i));
                continue;
            }
            visit(block[i].body);
            visit(block[i].other);
            ++i;
        }
    }

    bool drops(const Stmt& stmt) {
        if (closed_by(stmt) == closes_) {
            open_ = stmt.span.line == opens_.line && stmt.span.column == opens_.column;
            return open_;
        }
        const bool closes = open_ && printed_head(stmt) == closes_;
        closed_ = closed_ || closes;
        return closes;
    }

    SourceSpan opens_;
    std::string closes_;
    bool open_ = false;
    bool closed_ = false;
};

// What is the same for changes of handlers and of predicates: no text comes twice.
class Collector {
public:
    Collector(std::string definition, SourceSpan begin, const std::string& text)
        : definition_(std::move(definition)), begin_(begin) {
        texts_.insert(text);
    }

    void add(const SourceSpan& span, ChangeKind kind, std::string what, std::string text) {
        if (!texts_.insert(text).second) return;
        changes_.push_back({definition_, span, span.line - begin_.line + 1, kind, std::move(what),
                            std::move(text)});
    }

    // In the order of the text.
    [[nodiscard]] std::vector<WrongChange> take() {
        std::stable_sort(changes_.begin(), changes_.end(),
                         [](const WrongChange& a, const WrongChange& b) { return a.line < b.line; });
        return std::move(changes_);
    }

private:
    std::string definition_;
    SourceSpan begin_;
    std::set<std::string> texts_;
    std::vector<WrongChange> changes_;
};

// Changes a handler in place, and puts everything back.
class HandlerChanges {
public:
    explicit HandlerChanges(const ast::Handler& handler)
        : handler_(handler), collect_(definition_name(handler), handler.span, printed(handler)) {}

    std::vector<WrongChange> all() {
        change_block(handler_.body);
        return collect_.take();
    }

private:
    void emit(const SourceSpan& span, ChangeKind kind, std::string what) {
        collect_.add(span, kind, std::move(what), printed(handler_));
    }

    void change_block(Block& block) {
        for (std::size_t i = 0; i < block.size(); ++i) {
            change_statement(block, i);
            change_block(block[i].body);
            change_block(block[i].other);
        }
    }

    void change_statement(Block& block, std::size_t i) {
        if (block[i].kind != StmtKind::if_) remove(block, i);
        if (block[i].kind == StmtKind::if_) fix_guard(block[i]);
        if (block[i].kind == StmtKind::atomic) open_atomic(block, i);
        change_expressions(block[i]);
        remove_pair(block[i]);
        narrow_flush(block[i]);
        do_twice(block, i);
        if (i + 1 < block.size()) swap_with_next(block, i);
    }

    // In its place stand those of `by`.
    void replace(Block& block, std::size_t i, const Block& by, ChangeKind kind,
                 const std::string& what) {
        const SourceSpan span = block[i].span;
        Block before = block;
        block.erase(block.begin() + static_cast<std::ptrdiff_t>(i));
        block.insert(block.begin() + static_cast<std::ptrdiff_t>(i), by.begin(), by.end());
        emit(span, kind, what);
        block = std::move(before);
    }

    void remove(Block& block, std::size_t i) {
        replace(block, i, {}, is_barrier(block[i]) ? ChangeKind::flush_dropped : ChangeKind::deleted,
                printed_head(block[i]) + ": deleted");
    }

    void open_atomic(Block& block, std::size_t i) {
        const Block body = block[i].body;
        replace(block, i, body, ChangeKind::atomic_opened, "atomic: each statement is a step");
    }

    void fix_guard(Stmt& stmt) {
        const std::string head = printed_head(stmt);
        const auto before = stmt.value;
        for (const bool value : {true, false}) {
            Expr fixed;
            fixed.kind = ExprKind::boolean;
            fixed.number = value ? 1 : 0;
            fixed.span = before[0].span;
            stmt.value = {fixed};
            emit(stmt.span, ChangeKind::guard_fixed, head + ": always " + (value ? "yes" : "no"));
        }
        stmt.value = before;
    }

    void change_expressions(Stmt& stmt) {
        const std::string head = printed_head(stmt);
        const auto told = [&](ChangeKind kind) {
            emit(stmt.span, kind, difference_text(head, printed_head(stmt)));
        };
        for (Expr& value : stmt.value)
            if (stmt.kind == StmtKind::if_)
                change_condition(value, told);
            else
                change_within(value, told);
    }

    void remove_pair(const Stmt& stmt) {
        const auto closes = closed_by(stmt);
        if (!closes) return;
        const SourceSpan span = stmt.span;
        const std::string what = printed_head(stmt) + ": removed with " + *closes;
        const Block before = handler_.body;
        Block rest = before;
        if (!PairRemover(span, *closes).remove_from(rest)) return;
        // The caller holds references into the blocks: they keep their place.
        ast::Handler without = handler_;
        without.body = std::move(rest);
        collect_.add(span, ChangeKind::pair_removed, what, printed(without));
    }

    void narrow_flush(Stmt& stmt) {
        if (printed_head(stmt) != "flush tlb") return;
        Expr& phrase = stmt.value[0];
        Expr va;
        va.kind = ExprKind::name;
        va.name = "va";
        phrase.operands.push_back(va);
        emit(stmt.span, ChangeKind::weakened, "flush tlb: becomes flush tlb va");
        phrase.operands.pop_back();
    }

    void do_twice(Block& block, std::size_t i) {
        if (!is_any_phrase(block[i], {"get", "put", "pin", "unpin"})) return;
        const Stmt one = block[i];
        replace(block, i, {one, one}, ChangeKind::count_off, printed_head(one) + ": done twice");
    }

    void swap_with_next(Block& block, std::size_t i) {
        const bool closes = closes_something(block[i + 1]);
        const SourceSpan span = block[closes ? i + 1 : i].span;
        const std::string first = printed_head(block[i]);
        const std::string second = printed_head(block[i + 1]);
        std::swap(block[i], block[i + 1]);
        if (closes)
            emit(span, ChangeKind::moved, second + ": comes before " + first);
        else
            emit(span, ChangeKind::swapped, first + ": comes behind " + second);
        std::swap(block[i], block[i + 1]);
    }

    ast::Handler handler_;
    Collector collect_;
};

}  // namespace

std::string_view name_of(ChangeKind kind) {
    static constexpr std::array<std::string_view, 12> names{
        "deleted", "flush dropped", "guard fixed",   "part dropped", "turned",  "weakened",
        "pair removed", "moved",    "bit forgotten", "count off",    "swapped", "atomic opened"};
    return names[static_cast<std::size_t>(kind)];
}

std::string definition_name(const ast::Handler& handler) {
    return to_text(HandlerName{handler.kind == ast::HandlerKind::fault, handler.name});
}

std::string definition_name(const ast::Predicate& predicate) {
    return "predicate " + predicate.name;
}

std::vector<WrongChange> wrong_changes(const ast::Handler& handler) {
    return HandlerChanges(handler).all();
}

std::vector<WrongChange> wrong_changes(const ast::Predicate& predicate) {
    ast::Predicate changed = predicate;
    Collector collect(definition_name(predicate), predicate.span, printed(predicate));
    const std::string before = printed(predicate.value);
    const auto emit = [&](ChangeKind kind, const std::string& what) {
        collect.add(predicate.span, kind, before + ": " + what, printed(changed));
    };
    for (const bool value : {true, false}) {
        changed.value = {};
        changed.value.kind = ExprKind::boolean;
        changed.value.number = value ? 1 : 0;
        emit(ChangeKind::guard_fixed, std::string("always ") + (value ? "yes" : "no"));
    }
    changed.value = predicate.value;
    change_condition(changed.value,
                     [&](ChangeKind kind) {
                         collect.add(predicate.span, kind,
                                     difference_text(before, printed(changed.value)),
                                     printed(changed));
                     });
    return collect.take();
}

}  // namespace cowcheck
