#include "model/compile/local_layout.h"

#include "model/compile/flow.h"
#include "model/isa/effects.h"

#include <algorithm>
#include <bitset>
#include <optional>

namespace cowcheck {

namespace {

using LocalSet = std::bitset<all_locals>;

LocalSet bit(unsigned local) { return LocalSet().set(local); }

// Instructions that stand for a fixed place carry target 1; see Handlers::set_va.
bool is_local_access(const Instruction& i) {
    return (i.code == Code::load_local || i.code == Code::store_local) && i.target == 0;
}

// Fields of the thread that live as locals do.
LocalSet ghost_locals(FieldSet set) {
    LocalSet locals;
    if (has(set, Field::seq_watch)) locals.set(seq_local);
    if (has(set, Field::fault_shared)) locals.set(shared_local);
    return locals;
}

LocalSet uses(const Instruction& i) {
    if (i.code == Code::load_local && is_local_access(i)) return bit(i.imm);
    return ghost_locals(effects_of(i).reads);
}

LocalSet defines(const Instruction& i) {
    if (i.code == Code::store_local && is_local_access(i)) return bit(i.imm);
    if (i.code == Code::rest) return {};  // changes what is dead there, which is what is asked here
    const Effects effects = effects_of(i);
    return ghost_locals(effects.writes & ~effects.updates);
}

unsigned width(Type type) {
    switch (type) {
    case Type::boolean: return 1;
    case Type::mm:
    case Type::va: return 2;
    case Type::page: return 4;
    case Type::number: return info(Field::refcount).bits;
    default: return 12;  // a PTE
    }
}

struct Place {
    unsigned word = 0;
    unsigned shift = 0;
};

class Layouter {
public:
    Layouter(Emitter& e, std::uint16_t entry, std::uint16_t first_rest,
             const std::vector<Local>& locals)
        : e_(e), code_(e.program().code), entry_(entry), first_rest_(first_rest), locals_(locals) {}

    void run() {
        live();
        complain_of_unset();
        interfere();
        if (const auto lost = place(LocalSet().set())) return complain_of_room(*lost);
        patch();
        for (std::size_t r = first_rest_; r < e_.program().rests.size(); ++r)
            if (!describe(e_.program().rests[r])) return;
    }

private:
    void live() {
        after_.assign(code_.size() - entry_, {});
        bool changed = true;
        while (changed) {
            changed = false;
            for (std::size_t i = code_.size(); i-- > entry_;) {
                LocalSet out;
                for (const std::uint16_t next : successors(code_[i], i))
                    if (next < code_.size()) out |= before(next);
                changed |= out != after_[i - entry_];
                after_[i - entry_] = out;
            }
        }
    }

    // What is live where the operation begins may be used before it has a value.
    void complain_of_unset() {
        LocalSet unset = before(entry_);
        for (std::size_t i = entry_; i < code_.size() && unset.any(); ++i) {
            if (code_[i].code != Code::load_local || !is_local_access(code_[i]) ||
                !unset.test(code_[i].imm))
                continue;
            e_.complain(e_.span_of(static_cast<std::uint16_t>(i)),
                        "'" + locals_[code_[i].imm].name + "' may have no value here",
                        "give it one on every way that leads here");
            unset.reset(code_[i].imm);
        }
    }

    LocalSet before(std::size_t i) const {
        return (after_[i - entry_] & ~defines(code_[i])) | uses(code_[i]);
    }

    void interfere() {
        conflicts_.assign(all_locals, {});
        LocalSet last;  // neighbours mostly have the same
        const auto together = [&](const LocalSet& set) {
            if (set == last) return;
            last = set;
            for (unsigned l = 0; l < all_locals; ++l)
                if (set.test(l)) conflicts_[l] |= set;
        };
        for (std::size_t i = entry_; i < code_.size(); ++i) {
            together(before(i));
            together(after_[i - entry_] | defines(code_[i]));
        }
    }

    // Gives places to these; the first that finds no room, if there is one.
    std::optional<unsigned> place(const LocalSet& wanted) {
        std::vector<unsigned> order;
        for (unsigned local = 0; local < locals_.size(); ++local)
            if (wanted.test(local)) order.push_back(local);
        std::stable_sort(order.begin(), order.end(), [&](unsigned a, unsigned b) {
            return width(locals_[a].type) > width(locals_[b].type);
        });
        places_.assign(locals_.size(), {});
        LocalSet placed;
        for (const unsigned local : order) {
            std::array<std::uint16_t, 5> taken{};
            taken[first_local_word] = (1U << first_local_bit) - 1U;
            for (unsigned other = 0; other < locals_.size(); ++other)
                if (placed.test(other) && conflicts_[local].test(other))
                    taken[places_[other].word] |= mask_of(other);
            if (!find_place(local, taken)) return local;
            placed.set(local);
        }
        return {};
    }

    // At the first statement whose locals do not fit. Where each statement's do, and only those
    // of the whole operation do not: where the one that found no room gets its value.
    void complain_of_room(unsigned lost) {
        for (std::size_t i = entry_; i < code_.size(); ++i)
            for (const LocalSet& kept : {before(i), after_[i - entry_] | defines(code_[i])})
                if (place(kept)) return complain_of(i, "much", list(kept));
        std::size_t at = entry_;
        while (at + 1 < code_.size() && !defines(code_[at]).test(lost)) ++at;
        complain_of(at, "much",
                    "nothing is left for " + list(bit(lost)) + " beside " +
                        list(conflicts_[lost] & ~bit(lost)));
    }

    // "a PTE 'old' of do_wp_page, a page 'new' of wp_page_copy"; without the handlers if all are
    // of one.
    std::string list(const LocalSet& kept) const {
        const bool several = std::any_of(locals_.begin(), locals_.end(), [&](const Local& other) {
            return other.handler != locals_[0].handler;
        });
        std::string text;
        for (unsigned l = 0; l < locals_.size(); ++l)
            if (kept.test(l))
                text += (text.empty() ? "" : ", ") + std::string(name_of(locals_[l].type)) + " '" +
                        locals_[l].name + "'" + (several ? " of " + locals_[l].handler : "");
        return text;
    }

    void complain_of(std::size_t address, const std::string& what, const std::string& kept) {
        constexpr auto pages = std::tuple_size_v<decltype(Rest::frames)>;
        constexpr auto processes = std::tuple_size_v<decltype(Rest::mms)>;
        e_.complain(e_.span_of(static_cast<std::uint16_t>(address)),
                    "the handler keeps too " + what + " in locals here: " + kept,
                    "an operation has room for 3 PTEs or numbers at a time, for " +
                        std::to_string(pages) + " pages and PTEs, and for " +
                        std::to_string(processes) +
                        " processes; keep a PTE's page only, or look again");
    }

    bool find_place(unsigned local, const std::array<std::uint16_t, 5>& taken) {
        const unsigned bits = width(locals_[local].type);
        for (unsigned word = first_local_word; word < taken.size(); ++word)
            for (unsigned shift = 0; shift + bits <= 16; ++shift)
                if ((taken[word] & (((1U << bits) - 1U) << shift)) == 0) {
                    places_[local] = {word, shift};
                    return true;
                }
        return false;
    }

    std::uint16_t mask_of(unsigned local) const {
        return static_cast<std::uint16_t>(((1U << width(locals_[local].type)) - 1U)
                                          << places_[local].shift);
    }

    void patch() {
        auto& stride = e_.program().layout.stride[static_cast<std::size_t>(Scope::thread)];
        for (std::size_t i = entry_; i < code_.size(); ++i) {
            Instruction& instruction = code_[i];
            // A note that nobody asks for any more.
            if (instruction.code == Code::note_shared &&
                (after_[i - entry_] & bit(shared_local)) == 0) {
                instruction.code = Code::move;
                instruction.b = instruction.a;
            }
            if (!is_local_access(instruction)) continue;
            const unsigned local = instruction.imm;
            instruction.b = static_cast<std::uint8_t>(places_[local].word);
            instruction.c = static_cast<std::uint8_t>(places_[local].shift);
            instruction.imm = static_cast<std::uint16_t>((1U << width(locals_[local].type)) - 1U);
            instruction.target = 1;
            stride = std::max(stride, static_cast<std::uint8_t>(places_[local].word + 1));
        }
    }

    NamedLocal named(std::uint16_t rest, unsigned l) const {
        using Kind = NamedLocal::Kind;
        const Type type = locals_[l].type;
        NamedLocal local;
        local.rest = rest;
        local.kind = type == Type::page      ? Kind::page
                     : type == Type::pte     ? Kind::pte
                     : type == Type::mm      ? Kind::process
                     : type == Type::boolean ? Kind::truth
                                             : Kind::number;
        local.word = static_cast<std::uint8_t>(places_[l].word);
        local.shift = static_cast<std::uint8_t>(places_[l].shift);
        local.bits = static_cast<std::uint8_t>(width(type));
        local.name = locals_[l].name;
        local.handler = locals_[l].handler;
        return local;
    }

    // Whether the rest has room for what the canonical form must know of.
    bool describe(Rest& rest) {
        const LocalSet live = after_[rest.address - entry_];
        rest.live = {};
        rest.live[0] = static_cast<std::uint16_t>((1U << info(Field::seq_watch).shift) - 1U);
        if (live.test(seq_local))
            rest.live[0] |= static_cast<std::uint16_t>(info(Field::seq_watch).mask()
                                                       << info(Field::seq_watch).shift);
        if (live.test(shared_local))
            rest.live[0] |= static_cast<std::uint16_t>(1U << info(Field::fault_shared).shift);
        for (unsigned l = 0; l < locals_.size(); ++l) {
            if (!live.test(l)) continue;
            const Place& at = places_[l];
            rest.live[at.word - 1] |= mask_of(l);
            e_.program().locals.push_back(named(rest.address, l));
            if (locals_[l].type == Type::mm) {
                if (rest.processes == rest.mms.size())
                    return too_many(rest, "processes", live, {Type::mm});
                FrameLocal mm;
                mm.word = static_cast<std::uint8_t>(at.word);
                mm.shift = static_cast<std::uint8_t>(at.shift);
                rest.mms[rest.processes++] = mm;
            }
            if (locals_[l].type != Type::page && locals_[l].type != Type::pte) continue;
            if (rest.locals == rest.frames.size())
                return too_many(rest, "pages", live, {Type::page, Type::pte});
            FrameLocal frame;
            frame.word = static_cast<std::uint8_t>(at.word);
            const bool pte = locals_[l].type == Type::pte;
            frame.shift = static_cast<std::uint8_t>(at.shift + (pte ? PteBit::frame_shift : 0));
            if (pte) frame.present_shift = static_cast<std::uint8_t>(at.shift);
            rest.frames[rest.locals++] = frame;
        }
        return true;
    }

    bool too_many(const Rest& rest, const std::string& what, LocalSet live,
                  std::initializer_list<Type> types) {
        for (unsigned l = 0; l < locals_.size(); ++l)
            if (std::find(types.begin(), types.end(), locals_[l].type) == types.end())
                live.reset(l);
        complain_of(rest.address, "many " + what, list(live));
        return false;
    }

    Emitter& e_;
    std::vector<Instruction>& code_;
    std::size_t entry_;
    std::size_t first_rest_;
    const std::vector<Local>& locals_;
    std::vector<LocalSet> after_;  // live after each instruction
    std::vector<LocalSet> conflicts_;
    std::vector<Place> places_;
};

}  // namespace

void lay_out_locals(Emitter& emitter, std::uint16_t entry, std::uint16_t first_rest,
                    const std::vector<Local>& locals) {
    Layouter(emitter, entry, first_rest, locals).run();
}

}  // namespace cowcheck
