#include "model/compile/words.h"

#include <algorithm>
#include <array>

namespace cowcheck {

namespace {

enum class Asks : std::uint8_t { nothing, page };
enum class Clauses : std::uint8_t { all, at_events, at_loads, of_states };

struct WordInfo {
    std::string_view name;
    SpecialWord word;
    Asks asks;
    Clauses clauses;
};

constexpr std::array<WordInfo, 7> words{
    {{"event", SpecialWord::event, Asks::nothing, Clauses::at_events},
     {"operation", SpecialWord::operation, Asks::nothing, Clauses::at_events},
     {"should_read", SpecialWord::should_read, Asks::nothing, Clauses::at_loads},
     {"content", SpecialWord::content, Asks::page, Clauses::all},
     {"in_full", SpecialWord::in_full, Asks::page, Clauses::all},
     {"author", SpecialWord::author, Asks::page, Clauses::at_events},
     {"stuck", SpecialWord::stuck, Asks::nothing, Clauses::of_states}}};

bool is_in(Clauses clauses, const ast::Clause& clause) {
    const bool at = clause.kind == ast::ClauseKind::at;
    return clauses == Clauses::all || (clauses == Clauses::at_events && at) ||
           (clauses == Clauses::at_loads && at && clause.event == "load") ||
           (clauses == Clauses::of_states && !at);
}

std::string_view name_of(Clauses clauses) {
    return clauses == Clauses::at_events  ? "'at' clauses"
           : clauses == Clauses::at_loads ? "'at load'"
                                          : "'always' and 'sometimes'";
}

class Compiler {
public:
    Compiler(Emitter& e, Expressions& x, const ast::Clause& clause, Context& context)
        : e_(e), x_(x), clause_(clause), c_(context) {}

    WordsCode piece(const ast::WordsPiece& piece) {
        WordsCode code;
        code.text = piece.text;
        if (piece.value.empty()) return code;
        code.has_value = true;
        const ast::Expr& expr = piece.value[0];
        const WordInfo* word = find(expr);
        if (word == nullptr && complains_of_mistyped(expr)) return code;
        if (word == nullptr) {
            value(expr, code);
        } else {
            code.special = word->word;
            special(*word, expr, code);
        }
        return code;
    }

private:
    // Not one that the property has given itself: a predicate, what the clause is for each of.
    bool may_be_word(const ast::Expr& expr) const {
        if (expr.kind != ast::ExprKind::name && expr.kind != ast::ExprKind::call) return false;
        return c_.names->find(expr.name) == c_.names->end() &&
               std::none_of(c_.predicates->begin(), c_.predicates->end(),
                            [&](const auto& predicate) { return predicate.name == expr.name; });
    }

    const WordInfo* find(const ast::Expr& expr) const {
        if (!may_be_word(expr)) return nullptr;
        const auto found = std::find_if(words.begin(), words.end(),
                                        [&](const WordInfo& one) { return one.name == expr.name; });
        return found == words.end() ? nullptr : &*found;
    }

    void special(const WordInfo& word, const ast::Expr& expr, WordsCode& code) {
        const std::string name = "'" + std::string(word.name) + "'";
        if (!is_in(word.clauses, clause_))
            return e_.complain(expr.span,
                               name + " can only be told in " + std::string(name_of(word.clauses)));
        const std::size_t wanted = word.asks == Asks::page ? 1 : 0;
        if (expr.operands.size() != wanted || (wanted == 0) != (expr.kind == ast::ExprKind::name))
            return e_.complain(expr.span, wanted == 0 ? name + " stands alone"
                                                      : name + " is told of a page: {" +
                                                            std::string(word.name) + "(page)}");
        if (wanted == 0) return;
        value(expr.operands[0], code);
        if (code.type != Type::page && code.type != Type::error)
            e_.complain(expr.operands[0].span, name + " is told of a page, and this is " +
                                                   std::string(cowcheck::name_of(code.type)));
    }

    void value(const ast::Expr& expr, WordsCode& code) {
        static constexpr std::array<Type, 8> told{Type::boolean, Type::number, Type::page,
                                                  Type::pte,     Type::mm,     Type::va,
                                                  Type::pin,     Type::cpu};
        const std::size_t before = e_.complaints();
        if (expr.kind == ast::ExprKind::field && expr.name == "page") entry(expr.operands[0], code);
        e_.free_scratch();
        code.entry = e_.here();
        const Value value = e_.complaints() == before ? x_.compile(expr, c_) : Value{};
        if (e_.complaints() != before) return;
        code.type = value.type;
        if (std::find(told.begin(), told.end(), value.type) == told.end())
            return e_.complain(expr.span, std::string(cowcheck::name_of(value.type)) +
                                              " can't be told in words; expected a value of it");
        code.reg = e_.in_register(value, expr.span);
        e_.emit(Code::end);
    }

    // Of `pte(mm, va).page`, whether there is one.
    void entry(const ast::Expr& expr, WordsCode& code) {
        e_.free_scratch();
        code.entry_of = e_.here();
        const Value owner = x_.compile(expr, c_);
        if (owner.type != Type::pte) return;
        code.is_of_entry = true;
        code.reg_of = e_.in_register(owner, expr.span);
        e_.emit(Code::end);
    }

    // What is no word of ours, but nearly.
    bool complains_of_mistyped(const ast::Expr& expr) {
        if (!may_be_word(expr)) return false;
        std::vector<std::string_view> names;
        for (const WordInfo& word : words)
            if (is_in(word.clauses, clause_)) names.push_back(word.name);
        const std::string suggestion = did_you_mean(expr.name, names);
        if (suggestion.empty()) return false;
        e_.complain(expr.span, "there is no '" + expr.name + "' to tell of", suggestion);
        return true;
    }

    Emitter& e_;
    Expressions& x_;
    const ast::Clause& clause_;
    Context& c_;
};

}  // namespace

std::vector<WordsCode> compile_words(Emitter& emitter, Expressions& expressions,
                                     const ast::Clause& clause, Context& context) {
    Compiler compiler(emitter, expressions, clause, context);
    std::vector<WordsCode> code;
    for (const ast::WordsPiece& piece : clause.says) code.push_back(compiler.piece(piece));
    return code;
}

}  // namespace cowcheck
