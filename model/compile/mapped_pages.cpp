#include "model/compile/mapped_pages.h"

#include "model/compile/flow.h"

#include <algorithm>
#include <map>
#include <optional>

namespace cowcheck {

namespace {

// A place in the thread where a local is kept: word, shift and mask.
using Place = std::tuple<unsigned, unsigned, unsigned>;

constexpr unsigned pte_mask = 0xfff;

bool overlap(const Place &a, const Place &b) {
    const auto bits = [](const Place &p) { return std::get<2>(p) << std::get<1>(p); };
    return std::get<0>(a) == std::get<0>(b) && (bits(a) & bits(b)) != 0;
}

// What stands at the operation's process and page, in the page table or the PMD.
enum class Cell : std::uint8_t { leaf, detached_leaf, pmd, spte };
constexpr std::size_t cells = 4;

// What a PTE may have to be: one with a frame, or a PMD that maps a THP.
constexpr std::size_t sorts = 2;
using Wanted = std::array<std::uint16_t, sorts>; // the bits of which one says so

// A PTE value: sets of bits of each of which one is set, and bits that are all clear.
struct Bits {
    std::set<std::uint16_t> some;
    std::uint16_t clear = 0;

    [[nodiscard]] bool has_one_of(std::uint16_t wanted) const {
        return std::any_of(some.begin(), some.end(), [&](std::uint16_t mask) {
            const unsigned left = mask & ~unsigned{clear};
            return left != 0 && (left & ~unsigned{wanted}) == 0;
        });
    }
    void keep_common(const Bits &other) {
        std::erase_if(some, [&](std::uint16_t mask) { return !other.has_one_of(mask); });
        clear &= other.clear;
    }
    friend bool operator==(const Bits &, const Bits &) = default;
};

// What is known between two steps.
struct Known {
    std::map<Place, Bits> locals;
    std::array<Bits, cells> cell;
    std::array<std::set<Place>, cells> same_as_cell; // locals that hold what stands there

    void keep_common(const Known &other) {
        std::erase_if(locals, [&](const auto &one) { return !other.locals.contains(one.first); });
        for (auto &[place, bits] : locals)
            bits.keep_common(other.locals.at(place));
        for (std::size_t c = 0; c < cells; ++c) {
            cell[c].keep_common(other.cell[c]);
            std::erase_if(same_as_cell[c],
                          [&](const Place &p) { return !other.same_as_cell[c].contains(p); });
        }
    }
    friend bool operator==(const Known &, const Known &) = default;
};

using Id = std::uint16_t;

struct Value {
    enum class Kind : std::uint8_t { unknown, number, own_index, pte, test, hint, same, all } kind = Kind::unknown;
    bool inverted = false;       // test, same
    std::uint16_t number = 0;    // number; test, hint: the mask. False, a hint says nothing
    Id id = 0;                   // pte, test, same
    Id other = 0;                // same
    std::uint16_t conjuncts = 0; // all: where its two operands stand
};

// What is known within a step.
class Knowledge {
  public:
    explicit Knowledge(const Known &known) {
        for (const auto &[place, bits] : known.locals)
            bits_[at(place)] = bits;
        for (std::size_t c = 0; c < cells; ++c) {
            bits_[at(static_cast<Cell>(c))] = known.cell[c];
            for (const Place &place : known.same_as_cell[c])
                unify(at(static_cast<Cell>(c)), at(place));
        }
    }

    std::array<Value, Reg::count> regs{};

    [[nodiscard]] Known at_rest(bool cells_stay) const {
        Known known;
        for (const auto &[place, id] : places_)
            known.locals.emplace(place, bits_[id]);
        for (std::size_t c = 0; cells_stay && c < cells; ++c) {
            if (!cells_[c] || c == static_cast<std::size_t>(Cell::spte))
                continue;
            known.cell[c] = bits_[*cells_[c]];
            for (const auto &[place, id] : places_)
                if (id == *cells_[c])
                    known.same_as_cell[c].insert(place);
        }
        return known;
    }

    Id fresh(Bits bits = {}) {
        bits_.push_back(std::move(bits));
        return static_cast<Id>(bits_.size() - 1);
    }
    Id at(const Place &place) {
        const auto found = places_.find(place);
        return found != places_.end() ? found->second : places_.emplace(place, fresh()).first->second;
    }
    Id at(Cell cell) {
        auto &id = cells_[static_cast<std::size_t>(cell)];
        if (!id)
            id = fresh();
        return *id;
    }
    void assign(const Place &place, const Value &value) {
        std::erase_if(places_, [&](const auto &one) { return overlap(one.first, place); });
        if (value.kind == Value::Kind::pte && std::get<2>(place) == pte_mask)
            places_.emplace(place, value.id);
    }
    void forget_cells() { cells_ = {}; }
    // The hardware makes it dirty: another value, of which the same is known here.
    void touch_cells() {
        for (auto &id : cells_)
            if (id)
                id = fresh(Bits(bits_[*id]));
    }
    void set(Cell cell, Id id) {
        forget_cells();
        cells_[static_cast<std::size_t>(cell)] = id;
    }
    [[nodiscard]] const Bits &bits(Id id) const { return bits_[id]; }
    void learn_clear(Id id, std::uint16_t bits) { bits_[id].clear |= bits; }

    Value all_of(const Value &a, const Value &b) {
        conjuncts_.push_back(a);
        conjuncts_.push_back(b);
        Value value;
        value.kind = Value::Kind::all;
        value.conjuncts = static_cast<std::uint16_t>(conjuncts_.size() - 2);
        return value;
    }

    // Takes over that a value is true, or false. False: that can't be.
    bool assume(const Value &value, bool holds) {
        switch (value.kind) {
        case Value::Kind::number:
            return (value.number != 0) == holds;
        case Value::Kind::test:
            if (holds != value.inverted) {
                bits_[value.id].some.insert(value.number);
                // A page that a huge PMD maps.
                for (const Cell leaf : {Cell::leaf, Cell::detached_leaf})
                    if (value.number == PteBit::huge && value.id == at(leaf))
                        bits_[at(Cell::pmd)].some.insert(PteBit::huge);
            } else
                bits_[value.id].clear |= value.number;
            return true;
        case Value::Kind::hint:
            if (holds)
                bits_[value.id].some.insert(value.number);
            return true;
        case Value::Kind::same:
            if (holds != value.inverted)
                unify(value.id, value.other);
            return true;
        case Value::Kind::all:
            return !holds || (assume(conjuncts_[value.conjuncts], true) &&
                              assume(conjuncts_[value.conjuncts + 1U], true));
        default:
            return true;
        }
    }

  private:
    void unify(Id a, Id b) {
        if (a == b)
            return;
        bits_[a].some.insert(bits_[b].some.begin(), bits_[b].some.end());
        bits_[a].clear |= bits_[b].clear;
        bits_[b] = bits_[a]; // for values that were computed before
        for (auto &[place, id] : places_)
            if (id == b)
                id = a;
        for (auto &id : cells_)
            if (id && *id == b)
                id = a;
        const auto rename = [&](Value &value) {
            if (value.id == b)
                value.id = a;
            if (value.other == b)
                value.other = a;
        };
        std::for_each(regs.begin(), regs.end(), rename);
        std::for_each(conjuncts_.begin(), conjuncts_.end(), rename);
    }

    std::map<Place, Id> places_;
    std::array<std::optional<Id>, cells> cells_;
    std::vector<Bits> bits_;
    std::vector<Value> conjuncts_;
};

// Bits of which one says that there is a frame. Of a PMD, `huge` says so as well; and where
// nothing is swapped out, a swap PTE is a migration entry.
std::uint16_t shown_by(const World &world) {
    unsigned bits = frame_bits(world);
    if (world.thp())
        bits |= PteBit::huge;
    if (world.migration() && !world.swap())
        bits |= PteBit::swap;
    return static_cast<std::uint16_t>(bits);
}

bool writes_page_table(Code code) {
    return code == Code::set_pte || code == Code::set_leaf || code == Code::zap_pte ||
           code == Code::fill_table || code == Code::zap_pmd || code == Code::set_pmd;
}

class Prover {
  public:
    explicit Prover(const Emitter &emitter)
        : e_(emitter), p_(emitter.program()), wanted_{shown_by(p_.world), PteBit::huge},
          at_rest_(p_.rests.size()) {}

    PageSites run() {
        locked_ = page_tables_are_locked();
        for (operation_ = 0; operation_ < p_.operations.size(); ++operation_) {
            follow(p_.operations[operation_].entry, Known{}, true);
            while (!work_.empty()) {
                const std::size_t rest = work_.back();
                work_.pop_back();
                follow(p_.rests[rest].address + 1U, *at_rest_[rest], false);
            }
        }
        return std::move(unproved_);
    }

  private:
    // Whether nobody changes a page table without its lock; a child's that does not run yet
    // is nobody's but its parent's.
    [[nodiscard]] bool page_tables_are_locked() const {
        for (const Rest &rest : p_.rests) {
            if (rest.address == 0 && &rest == p_.rests.data())
                continue;
            bool locked = (rest.held & Held::ptl) != 0;
            bool fine = true;
            each_reachable(rest.address + 1U, true, [&](const Instruction &i) {
                fine = fine && (locked || !writes_page_table(i.code));
            });
            if (!fine)
                return false;
        }
        for (std::size_t at = 0; at < p_.code.size(); ++at) {
            if (p_.code[at].code != Code::start_mm)
                continue;
            bool shares = false;
            each_reachable(at, false,
                           [&](const Instruction &i) { shares = shares || i.code == Code::share_pte; });
            if (shares)
                return false;
        }
        return true;
    }

    template <class Visit>
    void each_reachable(std::size_t from, bool within_step, Visit &&visit) const {
        std::vector<std::size_t> work{from};
        std::set<std::size_t> seen;
        while (!work.empty()) {
            const std::size_t at = work.back();
            work.pop_back();
            if (at >= p_.code.size() || !seen.insert(at).second ||
                (within_step && p_.code[at].code == Code::rest))
                continue;
            visit(p_.code[at]);
            for (const std::uint16_t next : successors(p_.code[at], at))
                work.push_back(next);
        }
    }

    // All ways that one step can go. `entering`: the first rest is where it begins.
    void follow(std::size_t address, const Known &known, bool entering) {
        budget_ = 20'000;
        walk(address, Knowledge(known), entering);
        if (budget_ == 0)
            give_up(address);
    }

    // Too many ways: nothing is shown about this step, nor known after it.
    void give_up(std::size_t address) {
        std::vector<std::size_t> work{address};
        std::set<std::size_t> seen;
        while (!work.empty()) {
            const std::size_t at = work.back();
            work.pop_back();
            if (at >= p_.code.size() || !seen.insert(at).second)
                continue;
            const Instruction &i = p_.code[at];
            if (asks_for(i))
                unproved_.insert(site(at));
            if (i.code == Code::rest && at != address) {
                reach(i.imm, Known{});
                continue;
            }
            for (const std::uint16_t next : successors(i, at))
                work.push_back(next);
        }
    }

    void walk(std::size_t at, Knowledge k, bool entering) {
        for (; budget_ > 0 && at < p_.code.size(); ++at) {
            --budget_;
            const Instruction &i = p_.code[at];
            switch (i.code) {
            case Code::end:
                return;
            case Code::rest:
                if (!entering)
                    return reach(i.imm, k.at_rest(locked_ && (p_.rests[i.imm].held & Held::ptl) != 0));
                entering = false;
                break;
            case Code::jump:
                at = i.target - 1U;
                break;
            case Code::jump_if:
            case Code::jump_unless: {
                Knowledge jumps = k;
                const bool when = i.code == Code::jump_if;
                if (jumps.assume(k.regs[i.a], when))
                    walk(i.target, std::move(jumps), entering);
                if (!k.assume(Value(k.regs[i.a]), !when))
                    return;
                break;
            }
            default:
                if (const auto sort = asks_for(i))
                    if (!is(k, k.regs[i.code == Code::fill_table ? i.a : i.b], *sort))
                        unproved_.insert(site(at));
                step(k, i);
            }
        }
    }

    // Which sort of PTE an instruction needs.
    static std::optional<std::size_t> asks_for(const Instruction &i) {
        if (i.code == Code::frame && i.imm != 0)
            return 0;
        if (i.code == Code::copy_huge || i.code == Code::fill_table)
            return 1;
        return std::nullopt;
    }

    [[nodiscard]] bool is(const Knowledge &k, const Value &value, std::size_t sort) const {
        return value.kind == Value::Kind::pte && k.bits(value.id).has_one_of(wanted_[sort]);
    }

    [[nodiscard]] PageSite site(std::size_t at) const {
        return {operation_, e_.span_of(static_cast<std::uint16_t>(at))};
    }

    void reach(std::size_t rest, const Known &known) {
        auto &before = at_rest_[rest];
        Known common = before ? *before : known;
        common.keep_common(known);
        if (before && *before == common)
            return;
        before = std::move(common);
        work_.push_back(rest);
    }

    static Value pte(Id id) {
        Value value;
        value.kind = Value::Kind::pte;
        value.id = id;
        return value;
    }
    static Value number(unsigned n) {
        Value value;
        value.kind = Value::Kind::number;
        value.number = static_cast<std::uint16_t>(n);
        return value;
    }

    // What the instruction leaves in its register, and what it changes.
    void step(Knowledge &k, const Instruction &i) {
        Value result;
        const bool own = i.b == Reg::mm && i.c == Reg::va;
        switch (i.code) {
        case Code::load_local: {
            if (i.imm == pte_mask)
                result = pte(k.at(Place{i.b, i.c, i.imm}));
            break;
        }
        case Code::store_local:
            k.assign(Place{i.b, i.c, i.imm}, k.regs[i.a]);
            return;
        case Code::imm:
            result = number(i.imm);
            break;
        case Code::move:
            result = k.regs[i.b];
            if (i.a == Reg::va)
                k.forget_cells();
            break;
        case Code::pte_index:
            if (own)
                result.kind = Value::Kind::own_index;
            break;
        case Code::leaf:
            result = pte(!own ? k.fresh() : k.at(i.imm != 0 ? Cell::detached_leaf : Cell::leaf));
            k.learn_clear(result.id, PteBit::table); // only a PMD has it that is no leaf
            break;
        case Code::load:
            result = loaded(k, i);
            break;
        case Code::bit:
        case Code::is_migration:
            if (k.regs[i.b].kind == Value::Kind::pte) {
                const bool bit = i.code == Code::bit;
                result.kind = bit ? Value::Kind::test : Value::Kind::hint;
                result.id = k.regs[i.b].id;
                result.number = bit ? i.imm : std::uint16_t{PteBit::migration};
            }
            break;
        case Code::invert:
            result = inverted(k.regs[i.b]);
            break;
        case Code::eq:
        case Code::ne:
            if (k.regs[i.b].kind == Value::Kind::pte && k.regs[i.c].kind == Value::Kind::pte) {
                result.kind = Value::Kind::same;
                result.id = k.regs[i.b].id;
                result.other = k.regs[i.c].id;
                result.inverted = i.code == Code::ne;
            }
            break;
        case Code::both:
            result = k.all_of(k.regs[i.b], k.regs[i.c]);
            break;
        case Code::put_frame:
            result = pte(k.fresh({{PteBit::present}, 0}));
            break;
        case Code::put_bit: // but it may take `present` away, for a migration entry
            if (k.regs[i.a].kind == Value::Kind::pte && (i.imm & PteBit::has_frame) == 0)
                result = pte(k.fresh(Bits(k.bits(k.regs[i.a].id))));
            break;
        case Code::set_pte:
            if (k.regs[i.a].kind == Value::Kind::pte &&
                k.regs[i.b].kind == Value::Kind::own_index)
                k.set(Cell::leaf, k.regs[i.a].id);
            else
                k.forget_cells();
            return;
        case Code::set_leaf: // goes to the PMD, and stands for the page then, if it is huge
            if (own && is(k, k.regs[i.a], 1))
                k.set(Cell::leaf, k.regs[i.a].id);
            else
                k.forget_cells();
            return;
        case Code::walk:
        case Code::try_store:
        case Code::secondary_store:
            k.touch_cells();
            break;
        case Code::set_pmd:
        case Code::zap_pte:
        case Code::zap_pmd:
        case Code::fill_table:
        case Code::share_pte:
        case Code::next_mapping:
        case Code::store: // spte; and one is not like another only in its field
            k.forget_cells();
            if (i.code != Code::next_mapping)
                return;
            break;
        case Code::assert_:
        case Code::note_shared:
        case Code::add_field:
        case Code::sub_field:
        case Code::get:
        case Code::put:
            return;
        default:
            break;
        }
        k.regs[i.a] = result;
    }

    static Value loaded(Knowledge &k, const Instruction &i) {
        const auto field = static_cast<Field>(i.c);
        const bool own = k.regs[i.b].kind == Value::Kind::own_index;
        if (field == Field::pte)
            return pte(own ? k.at(Cell::leaf) : k.fresh());
        if (field == Field::spte)
            return pte(own ? k.at(Cell::spte) : k.fresh());
        if (field == Field::pmd)
            return pte(i.b == Reg::mm ? k.at(Cell::pmd) : k.fresh());
        return {};
    }

    static Value inverted(Value value) {
        if (value.kind == Value::Kind::number)
            return number(value.number == 0);
        if (value.kind != Value::Kind::test && value.kind != Value::Kind::same)
            return {};
        value.inverted = !value.inverted;
        return value;
    }

    const Emitter &e_;
    const Program &p_;
    Wanted wanted_;
    std::vector<std::optional<Known>> at_rest_;
    std::vector<std::size_t> work_;
    std::size_t operation_ = 0;
    unsigned budget_ = 0;
    bool locked_ = false;
    PageSites unproved_;
};

} // namespace

std::uint16_t frame_bits(const World &world) {
    return static_cast<std::uint16_t>(PteBit::present | (world.migration() ? PteBit::migration : 0U));
}

PageSites find_unproved_pages(const Emitter &emitter) { return Prover(emitter).run(); }

} // namespace cowcheck
