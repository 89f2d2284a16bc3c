#include "checker/symbolic/constraints.h"

#include <z3++.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace cowcheck {

namespace {

// Numbers from `low` to `high`, or without an end.
struct Interval {
    std::uint64_t low = 0;
    std::optional<std::uint64_t> high;

    friend bool operator==(const Interval&, const Interval&) = default;
};
using Intervals = std::vector<Interval>;

constexpr unsigned max_intervals = 64;  // of one number: more are not told apart by any guard

bool inside(const Intervals& inner, const Intervals& outer) {
    return std::all_of(inner.begin(), inner.end(), [&](const Interval& a) {
        return std::any_of(outer.begin(), outer.end(), [&](const Interval& b) {
            return b.low <= a.low && (!b.high || (a.high && *a.high <= *b.high));
        });
    });
}

std::string text_of(const Intervals& intervals) {
    std::string text;
    for (const Interval& one : intervals)
        text += "[" + std::to_string(one.low) + "," +
                (one.high ? std::to_string(*one.high) : std::string()) + "]";
    return text;
}

// "any number of WHAT >= 1", "no WHAT", "3 or 5 to 7 or >= 1023 WHAT"
std::string words_of(const Intervals& intervals, const std::string& what) {
    if (intervals.size() == 1 && !intervals[0].high)
        return "any number of " + what +
               (intervals[0].low == 0 ? "" : " >= " + std::to_string(intervals[0].low));
    if (intervals.size() == 1 && intervals[0].high == 0) return "no " + what;
    std::string text;
    for (const Interval& one : intervals) {
        text += (text.empty() ? "" : " or ") + std::string(one.high ? "" : ">= ") +
                std::to_string(one.low);
        if (one.high && *one.high != one.low) text += " to " + std::to_string(*one.high);
    }
    return text + " " + what;
}

struct Question {
    Constraints::Id id = 0;
    CountTerm term;
    Relation relation = Relation::equal;

    friend bool operator==(const Question&, const Question&) = default;
};

struct HashQuestion {
    std::size_t operator()(const Question& q) const {
        std::uint64_t hash = q.id * 3U + static_cast<unsigned>(q.relation);
        hash = hash * 0x9E3779B97F4A7C15U + static_cast<std::uint32_t>(q.term.base);
        for (const std::int8_t times : q.term.times)
            hash = (hash ^ static_cast<std::uint8_t>(times)) * 0x100000001B3U;
        return hash ^ (hash >> 29U);
    }
};

}  // namespace

struct Constraints::Solver {
    struct Entry {
        z3::expr formula;
        bool open = false;              // says something about this step's transient references
        Id closed = none;               // of an open one, once it was asked for
        std::vector<Intervals> values;  // of a closed one: what each number can be
        bool product = true;            // and any choice of these together
        std::vector<Id> weaker;
        std::size_t compared = 0;  // entries that `weaker` was chosen from
    };

    Solver(const Program& program, std::chrono::milliseconds timeout)
        : program_(program), context_(), transient_(context_.int_const("transient")),
          bounds_(context_.bool_val(true)), solver_(context_) {
        z3::params params(context_);
        milliseconds_ = static_cast<unsigned>(
            std::clamp<std::int64_t>(timeout.count(), 1, std::int64_t{0xfffffffe}));
        // With no time at all it gives up at once, on any machine, and needs no clock, which has
        // been seen to go off in a solver that was done.
        if (timeout.count() == 0)
            params.set("rlimit", 1U);
        else
            params.set("timeout", milliseconds_);
        solver_.set(params);
        const World& world = program.world;
        for (std::size_t i = 0; i < world.outside.size(); ++i) {
            const OutsideReferences& one = world.outside[i];
            const z3::expr number = context_.int_const(("n" + std::to_string(i)).c_str());
            numbers_.push_back(number);
            pages_ +=
                i == 0 || world.outside[i - 1].mm != one.mm || world.outside[i - 1].va != one.va;
            const int fixed = program.outside_numbers[i];
            if (program.outside_fixed) {
                bounds_ = bounds_ && number == fixed;
                continue;
            }
            bounds_ = bounds_ && number >= static_cast<int>(one.low);
            if (one.high) bounds_ = bounds_ && number <= static_cast<int>(*one.high);
        }
        solver_.add(transient_ >= 0 && transient_ <= static_cast<int>(world.transient));
        for (const z3::expr& number : numbers_) solver_.add(number >= 0);
        if (closed_one(bounds_) == none)  // gave up already: there is one all the same
            (void)add({bounds_, false, none, std::vector<Intervals>(numbers_.size()), true, {}, 0});
    }

    // ------------------------------------------------------------ questions

    z3::check_result ask(const std::vector<z3::expr>& formulas) {
        ++questions;
        if (!why.empty()) return z3::unknown;
        try {
            solver_.push();
            for (const z3::expr& formula : formulas) solver_.add(formula);
            const z3::check_result result = solver_.check();
            if (result == z3::unknown) why = solver_.reason_unknown();
            if (result == z3::sat) model_.emplace(solver_.get_model());
            solver_.pop();
            return result;
        } catch (const z3::exception& error) {
            why = error.msg();
            return z3::unknown;
        }
    }
    bool possible(const std::vector<z3::expr>& formulas) { return ask(formulas) == z3::sat; }

    // The least value of an expression that is not negative; nothing if there is none.
    std::optional<std::uint64_t> least(std::vector<z3::expr> formulas, const z3::expr& value) {
        if (!possible(formulas)) return std::nullopt;
        std::uint64_t best = model_->eval(value, true).get_numeral_uint64();
        std::uint64_t low = 0;
        while (low < best) {
            const std::uint64_t middle = low + (best - low) / 2;
            formulas.push_back(value <= context_.int_val(middle));
            const bool smaller = possible(formulas);
            formulas.pop_back();
            if (!why.empty()) return std::nullopt;
            if (smaller)
                best = model_->eval(value, true).get_numeral_uint64();
            else
                low = middle + 1;
        }
        return best;
    }

    z3::expr formula_of(const CountTerm& term, Relation relation) {
        z3::expr sum = context_.int_val(term.base);
        for (unsigned i = 0; i < CountTerm::numbers; ++i)
            if (term.times[i] != 0)
                sum = sum + context_.int_val(int{term.times[i]}) *
                                (i == 0 ? transient_ : numbers_[i - 1]);
        switch (relation) {
        case Relation::equal: return sum == 0;
        case Relation::at_most: return sum <= 0;
        case Relation::below: break;
        }
        return sum < 0;
    }

    Split split(Id id, const CountTerm& term, Relation relation) {
        const Question question{id, term, relation};
        if (const auto known = splits_.find(question); known != splits_.end()) return known->second;
        const z3::expr formula = entries[id].formula;
        const z3::expr yes = formula_of(term, relation);
        const z3::check_result can_be = ask({formula, yes});
        const z3::check_result can_not_be = ask({formula, !yes});
        if (!why.empty()) return {};
        const bool open = entries[id].open || term.times[0] != 0;
        Split split;
        if (can_not_be == z3::unsat)
            split.yes = id;
        else if (can_be == z3::unsat)
            split.no = id;
        else
            split = {with(formula && yes, open), with(formula && !yes, open)};
        splits_.emplace(question, split);
        return split;
    }

    // ------------------------------------------------------------ the list

    Id with(const z3::expr& formula, bool open) {
        if (!open) return closed_one(formula);
        const z3::expr simple = formula.simplify();
        const auto [known, fresh] = open_by_text_.emplace(simple.to_string(), none);
        if (fresh) known->second = add({simple, true, none, {}, true, {}, 0});
        return known->second;
    }

    Id close(Id id) {
        if (!entries[id].open) return id;
        if (entries[id].closed != none) return entries[id].closed;
        z3::expr any = context_.bool_val(false);
        for (unsigned n = 0; n <= program_.world.transient; ++n) {
            z3::expr_vector from(context_);
            z3::expr_vector to(context_);
            from.push_back(transient_);
            to.push_back(context_.int_val(n));
            z3::expr formula = entries[id].formula;
            any = any || formula.substitute(from, to);
        }
        const Id closed = closed_one(any);
        entries[id].closed = closed;
        return closed;
    }

    // The number of an equivalent formula, which is added if it is new. Constraints that
    // leave each number to itself are written down as such; others are compared.
    Id closed_one(const z3::expr& formula) {
        const z3::expr simple = formula.simplify();
        const std::string text = simple.to_string();
        if (const auto known = by_text_.find(text); known != by_text_.end()) return known->second;
        Entry entry{simple, false, none, {}, true, {}, 0};
        for (const z3::expr& number : numbers_)
            entry.values.push_back(values_of(project(simple, number), number));
        z3::expr product = context_.bool_val(true);
        std::string values;
        for (std::size_t i = 0; i < numbers_.size(); ++i) {
            product = product && within(numbers_[i], entry.values[i]);
            values += text_of(entry.values[i]) + ";";
        }
        entry.product = numbers_.size() < 2 || ask({product, !simple}) == z3::unsat;
        if (!why.empty()) return none;
        Id id = none;
        if (entry.product) {
            entry.formula = product;
            const auto [known, fresh] = by_values_.emplace(values, none);
            if (fresh) known->second = add(std::move(entry));
            id = known->second;
        } else {
            for (Id other = 0; other < entries.size() && id == none; ++other)
                if (!entries[other].open && !entries[other].product &&
                    entries[other].values == entry.values &&
                    ask({entries[other].formula != simple}) == z3::unsat)
                    id = other;
            if (id == none) id = add(std::move(entry));
        }
        by_text_.emplace(text, id);
        return id;
    }

    Id add(Entry entry) {
        if (entries.size() == none) {
            why = "more than " + std::to_string(none) + " constraints";
            return none;
        }
        entries.push_back(std::move(entry));
        return static_cast<Id>(entries.size() - 1);
    }

    // What the formula says about one number.
    z3::expr project(const z3::expr& formula, const z3::expr& number) {
        z3::expr_vector others(context_);
        z3::expr bounds = context_.bool_val(true);
        for (const z3::expr& other : numbers_)
            if (!z3::eq(other, number)) {
                others.push_back(other);
                bounds = bounds && other >= 0;
            }
        if (others.empty()) return formula;
        z3::goal goal(context_);
        goal.add(z3::exists(others, bounds && formula));
        z3::expr any = context_.bool_val(false);
        try {
            z3::tactic eliminate(context_, "qe");
            eliminate = z3::try_for(eliminate, milliseconds_);
            const z3::apply_result result = eliminate(goal);
            for (unsigned i = 0; i < result.size(); ++i)
                any = any || result[static_cast<int>(i)].as_expr();
        } catch (const z3::exception& error) {
            why = error.msg();
        }
        return any;
    }

    Intervals values_of(const z3::expr& formula, const z3::expr& number) {
        Intervals found;
        std::uint64_t from = 0;
        while (found.size() < max_intervals) {
            const auto at_least = [&](std::uint64_t n) { return number >= context_.int_val(n); };
            const auto low = least({formula, at_least(from)}, number);
            if (!low) break;
            const auto end = least({!formula, at_least(*low)}, number);
            if (!end) {
                found.push_back({*low, std::nullopt});
                break;
            }
            found.push_back({*low, *end - 1});
            from = *end;
        }
        return found;
    }

    z3::expr within(const z3::expr& number, const Intervals& intervals) {
        z3::expr any = context_.bool_val(false);
        for (const Interval& one : intervals) {
            z3::expr inside = number >= context_.int_val(one.low);
            if (one.high) inside = inside && number <= context_.int_val(*one.high);
            any = any || inside;
        }
        return any;
    }

    bool implies(const Entry& a, const Entry& b) {
        for (std::size_t i = 0; i < numbers_.size(); ++i)
            if (!inside(a.values[i], b.values[i])) return false;
        return ask({a.formula, !b.formula}) == z3::unsat;
    }

    const std::vector<Id>& weaker(Id id) {
        Entry& entry = entries[id];
        for (; entry.compared < entries.size(); ++entry.compared) {
            const Entry& other = entries[entry.compared];
            if (entry.compared != id && !other.open && implies(entry, other))
                entry.weaker.push_back(static_cast<Id>(entry.compared));
        }
        return entry.weaker;
    }

    // A violation that was found before the solver gave up is told all the same.
    OutsideNumbers smallest(Id id) {
        OutsideNumbers numbers{};
        const std::string gave_up = std::exchange(why, {});
        z3::expr sum = context_.int_val(0);
        for (const z3::expr& number : numbers_) sum = sum + number;
        std::vector<z3::expr> formulas{entries[id].formula};
        if (const auto total = least(formulas, sum))
            formulas.push_back(sum == context_.int_val(*total));
        for (std::size_t i = 0; i < numbers_.size(); ++i)
            if (const auto number = least(formulas, numbers_[i])) {
                numbers[i] = static_cast<std::uint16_t>(*number);
                formulas.push_back(numbers_[i] == context_.int_val(*number));
            }
        if (!gave_up.empty()) why = gave_up;
        return numbers;
    }

    std::string in_words(Id id) {
        const World& world = program_.world;
        std::string text;
        for (std::size_t i = 0; i < numbers_.size(); ++i) {
            const OutsideReferences& one = world.outside[i];
            if (entries[id].values[i] == entries[start].values[i]) continue;
            std::string what = one.mappings ? "outside mappings" : "outside references";
            if (pages_ > 1)
                what += " of " + world.processes[one.mm].name + "'s page " + std::to_string(one.va);
            text += (text.empty() ? "" : ", ") + words_of(entries[id].values[i], what);
        }
        if (!entries[id].product) {
            std::string formula = entries[id].formula.to_string();
            for (char& c : formula)
                if (c == '\n') c = ' ';
            text += (text.empty() ? "" : ", ") + ("together such that " + formula);
        }
        return text;
    }

    const Program& program_;
    z3::context context_;
    z3::expr transient_;
    unsigned milliseconds_ = 0;  // for one question
    std::vector<z3::expr> numbers_;
    unsigned pages_ = 0;  // that have some
    z3::expr bounds_;
    z3::solver solver_;
    std::optional<z3::model> model_;
    std::vector<Entry> entries;
    std::unordered_map<Question, Split, HashQuestion> splits_;
    std::map<std::string, Id> by_text_;  // closed ones
    std::map<std::string, Id> open_by_text_;
    std::map<std::string, Id> by_values_;
    std::uint64_t questions = 0;
    std::string why;
};

Constraints::Constraints(const Program& program, std::chrono::milliseconds timeout)
    : solver_(std::make_unique<Solver>(program, timeout)) {}

Constraints::~Constraints() = default;

Constraints::Split Constraints::split(Id id, const CountTerm& term, Relation relation) {
    return id == none ? Split{} : solver_->split(id, term, relation);
}
Constraints::Id Constraints::close(Id id) { return id == none ? none : solver_->close(id); }
const std::vector<Constraints::Id>& Constraints::weaker(Id id) { return solver_->weaker(id); }
OutsideNumbers Constraints::smallest(Id id) { return solver_->smallest(id); }
std::string Constraints::in_words(Id id) { return solver_->in_words(id); }

std::size_t Constraints::size() const {
    return static_cast<std::size_t>(std::count_if(solver_->entries.begin(), solver_->entries.end(),
                                                  [](const auto& entry) { return !entry.open; }));
}
std::uint64_t Constraints::questions() const { return solver_->questions; }
const std::string& Constraints::gave_up() const { return solver_->why; }

}  // namespace cowcheck
