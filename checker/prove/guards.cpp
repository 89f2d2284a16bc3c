#include "checker/prove/guards.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <utility>

namespace cowcheck::prove {

namespace {

constexpr std::array<std::string_view, 4> count_fields{"refcount", "mapcount", "pincount",
                                                       "swapcount"};

// Calls `visit` for an expression and all it is made of.
void walk(const ast::Expr& expr, const std::function<void(const ast::Expr&)>& visit) {
    visit(expr);
    for (const ast::Expr& operand : expr.operands) walk(operand, visit);
    for (const ast::RecordField& field : expr.fields)
        for (const ast::Expr& value : field.value) walk(value, visit);
}

using Bindings = std::vector<std::pair<std::string, std::string>>;

std::string bound(const std::string& text, const Bindings& bindings) {
    for (const auto& [parameter, argument] : bindings)
        if (parameter == text) return argument;
    return text;
}

// The pages whose counts an expression reads, as its place calls them.
void pages_read(const DesignText& design, const ast::Expr& expr, const Bindings& bindings,
                unsigned depth, std::set<std::string>& pages) {
    walk(expr, [&](const ast::Expr& part) {
        if (part.kind == ast::ExprKind::field && is_count(part.name))
            if (const auto page = bound(to_text(part.operands[0]), bindings);
                page != swap_slot && !page.ends_with(".other"))
                pages.insert(page);
        if (part.kind != ast::ExprKind::call || depth > 16) return;
        const ast::Predicate* predicate = design.predicate(part.name);
        if (predicate == nullptr || predicate->parameters.size() != part.operands.size()) return;
        Bindings inner;
        for (std::size_t i = 0; i < part.operands.size(); ++i)
            inner.emplace_back(predicate->parameters[i],
                               bound(to_text(part.operands[i]), bindings));
        pages_read(design, predicate->value, inner, depth + 1, pages);
    });
}

std::set<std::string> pages_read(const DesignText& design, const ast::Expr& expr) {
    std::set<std::string> pages;
    pages_read(design, expr, {}, 0, pages);
    return pages;
}

// Steps that look like a question: asking them again may get another answer.
bool is_action(const DesignText& design, const ast::Expr& expr) {
    bool found = false;
    walk(expr, [&](const ast::Expr& part) {
        found = found || part.kind == ast::ExprKind::phrase ||
                (part.kind == ast::ExprKind::call && design.predicate(part.name) == nullptr);
    });
    return found;
}

// Whether control never comes out at the end of a block.
bool leaves(const ast::Block& block) {
    if (block.empty()) return false;
    const ast::Stmt& last = block.back();
    switch (last.kind) {
    case ast::StmtKind::return_:
    case ast::StmtKind::fail:
    case ast::StmtKind::break_:
    case ast::StmtKind::continue_: return true;
    case ast::StmtKind::if_: return leaves(last.body) && leaves(last.other);
    case ast::StmtKind::atomic: return leaves(last.body);
    default: return false;
    }
}

// What statements may change of what was known: nothing is left once the page table lock
// was given back, else all but what is about the names and fields that they assign.
struct Changes {
    bool all = false;
    std::set<std::string> names;  // of locals, and "pte"
    std::set<std::string> fields;

    [[nodiscard]] bool touch(const ast::Expr& condition) const {
        bool found = all;
        walk(condition, [&](const ast::Expr& part) {
            found =
                found || (part.kind == ast::ExprKind::name && names.contains(part.name)) ||
                (part.kind == ast::ExprKind::field && fields.contains(part.name)) ||
                (part.kind == ast::ExprKind::call && !fields.empty());  // who knows what it asks
        });
        return found;
    }
};

class Finder {
public:
    explicit Finder(const DesignText& design) : design_(design) {}

    void handler(const ast::Handler& handler) {
        handler_ = &handler;
        std::vector<Fact> facts;
        block(handler.body, facts);
    }

    std::vector<Guard> guards;

private:
    void block(const ast::Block& block, std::vector<Fact>& facts) {
        for (const ast::Stmt& stmt : block) statement(stmt, facts);
    }

    void statement(const ast::Stmt& stmt, std::vector<Fact>& facts) {
        switch (stmt.kind) {
        case ast::StmtKind::if_: return if_(stmt, facts);
        case ast::StmtKind::assert_: note(stmt.value[0], stmt.span, facts); return;
        case ast::StmtKind::assign:
            if (stmt.target[0].kind == ast::ExprKind::name && stmt.name == "=")
                note(stmt.value[0], stmt.span, facts);
            forget(stmt, facts);  // what was known may be about the old value
            return;
        case ast::StmtKind::loop:
        case ast::StmtKind::for_each: {
            std::vector<Fact> inside;  // whatever the last round left
            block(stmt.body, inside);
            facts.clear();
            return;
        }
        case ast::StmtKind::atomic: return block(stmt.body, facts);
        case ast::StmtKind::phrase:
        case ast::StmtKind::call:
        case ast::StmtKind::fault: return forget(stmt, facts);
        default: return;
        }
    }

    void forget(const ast::Stmt& stmt, std::vector<Fact>& facts) const {
        Changes changes;
        add_changes(stmt, changes, 0);
        std::erase_if(facts, [&](const Fact& fact) { return changes.touch(*fact.condition); });
    }

    void add_changes(const ast::Block& block, Changes& changes, unsigned depth) const {
        for (const ast::Stmt& stmt : block) add_changes(stmt, changes, depth);
    }

    void add_changes(const ast::Stmt& stmt, Changes& changes, unsigned depth) const {
        switch (stmt.kind) {
        case ast::StmtKind::assign: {
            const ast::Expr& target = stmt.target[0];
            if (target.kind == ast::ExprKind::name)
                changes.names.insert(target.name);
            else
                changes.fields.insert(target.name);
            return;
        }
        case ast::StmtKind::phrase: {
            // What takes or gives back a reference, or the page lock, leaves the PTE locked.
            static constexpr std::array<std::string_view, 8> harmless{
                "get ", "pin ",     "put ", "unpin ", "flush tlb", "drain lru batch",
                "add ", "notifier "};
            const std::string text = stmt.value.empty() ? std::string() : to_text(stmt.value[0]);
            changes.all = changes.all || std::none_of(harmless.begin(), harmless.end(),
                                                      [&](std::string_view words) {
                                                          return text.starts_with(words);
                                                      });
            return;
        }
        case ast::StmtKind::call: {
            const ast::Handler* called =
                design_.handler(ast::HandlerKind::handler, stmt.value[0].name);
            if (called == nullptr || depth > 8)
                changes.all = true;
            else
                add_changes(called->body, changes, depth + 1);
            return;
        }
        case ast::StmtKind::fault: changes.all = true; return;
        default:
            add_changes(stmt.body, changes, depth);
            add_changes(stmt.other, changes, depth);
            return;
        }
    }

    void if_(const ast::Stmt& stmt, std::vector<Fact>& facts) {
        const ast::Expr& condition = stmt.value[0];
        note(condition, stmt.span, facts);
        const bool lasts = !is_action(design_, condition) && pages_read(design_, condition).empty();
        std::vector<Fact> then = facts;
        std::vector<Fact> otherwise = facts;
        if (lasts) {
            then.push_back({&condition, true});
            otherwise.push_back({&condition, false});
        }
        block(stmt.body, then);
        block(stmt.other, otherwise);
        if (leaves(stmt.body)) {
            facts = otherwise;
            return;
        }
        if (!leaves(stmt.other))
            std::erase_if(then, [&](const Fact& fact) {
                return std::find(otherwise.begin(), otherwise.end(), fact) == otherwise.end();
            });
        facts = then;
    }

    void note(const ast::Expr& condition, const SourceSpan& span, const std::vector<Fact>& facts) {
        const std::set<std::string> pages = pages_read(design_, condition);
        if (pages.empty()) return;
        guards.push_back({&condition, span, handler_->name, to_text(condition),
                          pages.size() == 1 ? *pages.begin() : std::string(), facts});
    }

    const DesignText& design_;
    const ast::Handler* handler_ = nullptr;
};

// Every handler in force, in the order of the texts, the oldest text first.
std::vector<const ast::Handler*> handlers_in_force(const DesignText& design) {
    std::vector<const ast::Handler*> found;
    for (auto parsed = design.chain.rbegin(); parsed != design.chain.rend(); ++parsed)
        for (const ast::Handler& handler : (*parsed)->tree.handlers)
            if (design.handler(handler.kind, handler.name) == &handler) found.push_back(&handler);
    return found;
}

bool changes_anon_exclusive(const ast::Block& block) {
    return std::any_of(block.begin(), block.end(), [](const ast::Stmt& stmt) {
        return (stmt.kind == ast::StmtKind::assign && stmt.target[0].kind == ast::ExprKind::field &&
                stmt.target[0].name == "anon_exclusive") ||
               changes_anon_exclusive(stmt.body) || changes_anon_exclusive(stmt.other);
    });
}

}  // namespace

bool is_count(std::string_view field) {
    return std::find(count_fields.begin(), count_fields.end(), field) != count_fields.end();
}

std::vector<Guard> find_guards(const DesignText& design) {
    Finder finder(design);
    for (const ast::Handler* handler : handlers_in_force(design)) finder.handler(*handler);
    return std::move(finder.guards);
}

bool uses_anon_exclusive(const DesignText& design) {
    const auto all = handlers_in_force(design);
    return std::any_of(all.begin(), all.end(), [](const ast::Handler* handler) {
        return changes_anon_exclusive(handler->body);
    });
}

}  // namespace cowcheck::prove
