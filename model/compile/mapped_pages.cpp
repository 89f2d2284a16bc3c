#include "model/compile/mapped_pages.h"

#include "model/compile/field_access.h"
#include "model/compile/flow.h"
#include "model/compile/page_facts.h"
#include "model/isa/effects.h"

#include <algorithm>
#include <optional>

namespace cowcheck {

namespace {

using page_facts::Cell;
using page_facts::Id;
using page_facts::Knowledge;
using page_facts::Known;
using page_facts::page_mask;
using page_facts::Place;
using page_facts::pte_mask;
using page_facts::Value;

// What a PTE may have to be: one with a frame, or a PMD that maps a THP.
constexpr std::size_t sorts = 2;
using Wanted = std::array<std::uint16_t, sorts>;  // the bits of which one says so

// Bits of which one says that there is a frame. Of a PMD, `huge` says so as well; and where
// nothing is swapped out, a swap PTE is a migration entry.
std::uint16_t shown_by(const World& world) {
    unsigned bits = frame_bits(world);
    if (world.thp()) bits |= PteBit::huge;
    if (world.migration() && !world.swap()) bits |= PteBit::swap;
    return static_cast<std::uint16_t>(bits);
}

class Prover {
public:
    explicit Prover(const Emitter& emitter)
        : e_(emitter), p_(emitter.program()), wanted_{shown_by(p_.world), PteBit::huge},
          at_rest_(p_.rests.size()) {}

    PageProofs run() {
        locked_ = page_tables_are_locked(p_);
        for (operation_ = 0; operation_ < p_.operations.size(); ++operation_) {
            follow(p_.operations[operation_].entry, Known{}, true);
            while (!work_.empty()) {
                const std::size_t rest = work_.back();
                work_.pop_back();
                follow(p_.rests[rest].address + 1U, *at_rest_[rest], false);
            }
        }
        proofs_.counted.resize(p_.rests.size());
        for (std::size_t rest = 1; rest < p_.rests.size(); ++rest)
            if (at_rest_[rest])
                proofs_.counted[rest] = counted_frames(p_.rests[rest], at_rest_[rest]->counted);
        return std::move(proofs_);
    }

private:
    static std::uint8_t counted_frames(const Rest& rest, const std::set<Place>& counted) {
        std::uint8_t bits = 0;
        for (unsigned i = 0; i < rest.locals; ++i) {
            const FrameLocal& local = rest.frames[i];
            if (local.present_shift == 0xff &&
                counted.contains({local.word, local.shift, page_mask}))
                bits |= static_cast<std::uint8_t>(1U << i);
        }
        return bits;
    }

    // All ways that one step can go. `entering`: the first rest is where it begins.
    void follow(std::size_t address, const Known& known, bool entering) {
        budget_ = 20'000;
        walk(address, Knowledge(known), entering);
        if (budget_ == 0) give_up(address);
    }

    // Too many ways: nothing is shown about this step, nor known after it.
    void give_up(std::size_t address) {
        std::vector<std::size_t> work{address};
        std::set<std::size_t> seen;
        while (!work.empty()) {
            const std::size_t at = work.back();
            work.pop_back();
            if (at >= p_.code.size() || !seen.insert(at).second) continue;
            const Instruction& i = p_.code[at];
            if (asks_for(i)) proofs_.unmapped.insert(site(at));
            if (i.code == Code::is_anon) proofs_.unused.insert(site(at));
            if (i.code == Code::rest && at != address) {
                reach(i.imm, Known{});
                continue;
            }
            for (const std::uint16_t next : successors(i, at)) work.push_back(next);
        }
    }

    struct Way {
        std::size_t at = 0;
        Knowledge k;
        bool entering = false;
    };

    // All ways from there to the next rests. What is left for later is kept beside, since a step
    // may have more branches than the stack has room for.
    void walk(std::size_t at, Knowledge k, bool entering) {
        std::vector<Way> later;
        later.push_back({at, std::move(k), entering});
        while (!later.empty()) {
            Way way = std::move(later.back());
            later.pop_back();
            follow(std::move(way), later);
        }
    }

    void follow(Way way, std::vector<Way>& later) {
        auto& [at, k, entering] = way;
        for (; budget_ > 0 && at < p_.code.size(); ++at) {
            --budget_;
            const Instruction& i = p_.code[at];
            switch (i.code) {
            case Code::end: return;
            case Code::rest:
                if (!entering)
                    return reach(i.imm,
                                 k.at_rest(locked_ && (p_.rests[i.imm].held & Held::ptl) != 0));
                entering = false;
                break;
            case Code::jump: at = i.target - 1U; break;
            case Code::jump_if:
            case Code::jump_unless: {
                Knowledge jumps = k;
                const bool when = i.code == Code::jump_if;
                const bool may_jump = jumps.assume(k.regs[i.a], when);
                if (k.assume(Value(k.regs[i.a]), !when))
                    later.push_back({at + 1, std::move(k), entering});
                if (!may_jump) return;
                k = std::move(jumps);
                at = i.target - 1U;
                break;
            }
            default:
                if (const auto sort = asks_for(i))
                    if (!is(k, k.regs[i.code == Code::fill_table ? i.a : i.b], *sort))
                        proofs_.unmapped.insert(site(at));
                if (i.code == Code::is_anon && !in_use(k, k.regs[i.b]))
                    proofs_.unused.insert(site(at));
                step(k, i);
            }
        }
    }

    // Which sort of PTE an instruction needs.
    static std::optional<std::size_t> asks_for(const Instruction& i) {
        if (i.code == Code::frame && i.imm != 0) return 0;
        if (i.code == Code::copy_huge || i.code == Code::fill_table) return 1;
        return std::nullopt;
    }

    [[nodiscard]] bool is(const Knowledge& k, const Value& value, std::size_t sort) const {
        return value.kind == Value::Kind::pte && k.bits(value.id).has_one_of(wanted_[sort]);
    }

    static bool in_use(const Knowledge& k, const Value& value) {
        return value.kind == Value::Kind::page && k.is_in_use(value.id);
    }

    [[nodiscard]] PageSite site(std::size_t at) const {
        return {operation_, e_.span_of(static_cast<std::uint16_t>(at))};
    }

    void reach(std::size_t rest, const Known& known) {
        auto& before = at_rest_[rest];
        Known common = before ? *before : known;
        common.keep_common(known);
        if (before && *before == common) return;
        before = std::move(common);
        work_.push_back(rest);
    }

    static Value about(Value::Kind kind, Id id) {
        Value value;
        value.kind = kind;
        value.id = id;
        return value;
    }
    static Value pte(Id id) { return about(Value::Kind::pte, id); }
    static Value number(unsigned n) {
        Value value;
        value.kind = Value::Kind::number;
        value.number = static_cast<std::uint16_t>(n);
        return value;
    }

    // What the instruction leaves in its register, and what it changes.
    void step(Knowledge& k, const Instruction& i) {
        Value result;
        const bool own = i.b == Reg::mm && i.c == Reg::va;
        switch (i.code) {
        case Code::load_local: {
            if (i.imm == pte_mask) result = pte(k.at(Place{i.b, i.c, i.imm}));
            if (i.imm == page_mask)
                result = about(Value::Kind::page, k.page_at(Place{i.b, i.c, i.imm}));
            break;
        }
        case Code::store_local: k.assign(Place{i.b, i.c, i.imm}, k.regs[i.a]); return;
        case Code::imm: result = number(i.imm); break;
        case Code::move: result = k.regs[i.b]; break;
        case Code::pte_index:
            if (own) result.kind = Value::Kind::own_index;
            break;
        case Code::leaf:
            result = pte(!own ? k.fresh() : k.at(i.imm != 0 ? Cell::detached_leaf : Cell::leaf));
            k.learn_clear(result.id, PteBit::table);  // only a PMD has it that is no leaf
            break;
        case Code::load: result = loaded(k, i); break;
        case Code::bit:
        case Code::is_migration:
            if (k.regs[i.b].kind == Value::Kind::pte) {
                const bool bit = i.code == Code::bit;
                result.kind = bit ? Value::Kind::test : Value::Kind::hint;
                result.id = k.regs[i.b].id;
                result.number = bit ? i.imm : std::uint16_t{PteBit::migration};
            }
            break;
        case Code::invert: result = inverted(k.regs[i.b]); break;
        case Code::eq:
        case Code::ne:
            if (k.regs[i.b].kind == Value::Kind::pte && k.regs[i.c].kind == Value::Kind::pte) {
                result.kind = Value::Kind::same;
                result.id = k.regs[i.b].id;
                result.other = k.regs[i.c].id;
                result.inverted = i.code == Code::ne;
            }
            break;
        case Code::both: result = k.all_of(k.regs[i.b], k.regs[i.c]); break;
        case Code::put_frame:
            result = pte(k.fresh({{PteBit::present}, 0}));
            if (k.regs[i.c].kind == Value::Kind::page) k.set_page_of(result.id, k.regs[i.c].id);
            break;
        case Code::put_bit:  // but it may take `present` away, for a migration entry
            if (k.regs[i.a].kind == Value::Kind::pte && (i.imm & PteBit::has_frame) == 0)
                result = pte(k.fresh_like(k.regs[i.a].id));
            break;
        case Code::frame:
            if (k.regs[i.b].kind == Value::Kind::pte)
                result = about(Value::Kind::page, k.page_of(k.regs[i.b].id));
            break;
        case Code::try_get:
            if (k.regs[i.b].kind == Value::Kind::page)
                result = about(Value::Kind::got, k.regs[i.b].id);
            break;
        case Code::get:
            if (in_use(k, k.regs[i.a])) k.get(k.regs[i.a].id);
            return;
        case Code::set_pte:
            if (k.regs[i.a].kind == Value::Kind::pte && k.regs[i.b].kind == Value::Kind::own_index)
                return k.set(Cell::leaf, k.regs[i.a].id);
            break;
        case Code::set_leaf:  // goes to the PMD, and stands for the page then, if it is huge
            if (own && is(k, k.regs[i.a], 1)) return k.set(Cell::leaf, k.regs[i.a].id);
            break;
        default: break;
        }
        const Effects effects = effects_of(i);
        if (effects.frees) k.put_any();
        if ((effects.writes & fields(Field::pte, Field::pmd, Field::spte)) != 0)
            i.code == Code::walk ? k.touch_cells() : k.forget_cells();
        if (is_among(i, effects.results, Reg::mm) || is_among(i, effects.results, Reg::va))
            k.forget_cells();  // it goes on elsewhere
        if ((effects.results & Operand::a) != 0) k.regs[i.a] = result;
    }

    static Value loaded(Knowledge& k, const Instruction& i) {
        const auto field = static_cast<Field>(i.c);
        const bool own = k.regs[i.b].kind == Value::Kind::own_index;
        if (field == Field::pte) return pte(own ? k.at(Cell::leaf) : k.fresh());
        if (field == Field::spte) return pte(own ? k.at(Cell::spte) : k.fresh());
        if (field == Field::pmd) return pte(i.b == Reg::mm ? k.at(Cell::pmd) : k.fresh());
        return {};
    }

    static Value inverted(Value value) {
        if (value.kind == Value::Kind::number) return number(value.number == 0);
        if (value.kind != Value::Kind::test && value.kind != Value::Kind::same &&
            value.kind != Value::Kind::got)
            return {};
        value.inverted = !value.inverted;
        return value;
    }

    const Emitter& e_;
    const Program& p_;
    Wanted wanted_;
    std::vector<std::optional<Known>> at_rest_;
    std::vector<std::size_t> work_;
    std::size_t operation_ = 0;
    unsigned budget_ = 0;
    bool locked_ = false;
    PageProofs proofs_;
};

}  // namespace

std::uint16_t frame_bits(const World& world) {
    return static_cast<std::uint16_t>(PteBit::present |
                                      (world.migration() ? PteBit::migration : 0U));
}

PageProofs prove_pages(const Emitter& emitter) { return Prover(emitter).run(); }

}  // namespace cowcheck
