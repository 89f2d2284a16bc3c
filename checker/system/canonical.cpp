#include "checker/system/canonical.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

namespace cowcheck {

namespace {

using Numbers = std::vector<std::uint8_t>;

Numbers identity(unsigned n) {
    Numbers numbers(n);
    std::iota(numbers.begin(), numbers.end(), std::uint8_t{0});
    return numbers;
}

// Whether fork, which takes the first free slot, can tell two slots that are alike by one between
// them that is not.
bool are_neighbours(const World& world, std::size_t one, std::size_t other) {
    const auto& all = world.processes;
    for (std::size_t i = std::min(one, other); i <= std::max(one, other); ++i)
        if (all[i].cpus != all[one].cpus || all[i].menu != all[one].menu) return false;
    return true;
}

// Every way to permute the processes that are alike: as many CPUs, the same menu.
// None but the identity where some handler takes them in the order of their numbers.
std::vector<Numbers> process_renamings(const Program& program) {
    const World& world = program.world;
    Numbers mms = identity(static_cast<unsigned>(world.processes.size()));
    std::vector<Numbers> all;
    do {
        bool alike = true;
        for (std::size_t i = 0; i < mms.size(); ++i)
            alike = alike && are_neighbours(world, i, mms[i]);
        if (alike) all.push_back(mms);
        if (program.orders_processes) break;
    } while (std::next_permutation(mms.begin(), mms.end()));
    return all;
}

// Every way to permute threads that fits a renaming of the processes.
std::vector<Numbers> thread_renamings(const World& world, const Numbers& mms) {
    Numbers threads = identity(static_cast<unsigned>(world.threads.size()));
    std::vector<Numbers> all;
    do {
        bool fits = true;
        for (std::size_t i = 0; i < threads.size(); ++i) {
            const Thread& from = world.threads[i];
            const Thread& to = world.threads[threads[i]];
            fits = fits && from.actor == to.actor &&
                   (from.actor == Actor::cpu ? mms[from.mm] == to.mm : threads[i] == i);
        }
        if (fits) all.push_back(threads);
    } while (std::next_permutation(threads.begin(), threads.end()));
    return all;
}

Numbers inverse(const Numbers& numbers) {
    Numbers result(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i)
        result[numbers[i]] = static_cast<std::uint8_t>(i);
    return result;
}

// The bits of a thread's words, at one rest, that are not names.
std::array<std::uint16_t, 5> nameless_bits(const Program& program, const Rest& rest,
                                           bool alike_processes) {
    std::array<std::uint16_t, 5> bits{};
    bits.fill(0xffff);
    const auto clear = [&](unsigned word, unsigned mask) {
        bits[word] = static_cast<std::uint16_t>(bits[word] & ~mask);
    };
    for (unsigned i = 0; i < rest.locals; ++i)
        clear(rest.frames[i].word, unsigned{PteBit::frame_mask} << rest.frames[i].shift);
    if (!program.operations.empty() && rest.address != 0 &&
        info(program.operations[rest.operation].item.kind).needs == Needs::pin_slot)
        clear(1, unsigned{info(Field::op_pin).mask()} << info(Field::op_pin).shift);
    if (!alike_processes) return bits;
    clear(1, unsigned{info(Field::op_mm).mask()} << info(Field::op_mm).shift);
    for (unsigned i = 0; i < rest.processes; ++i) clear(rest.mms[i].word, 3U << rest.mms[i].shift);
    return bits;
}

bool is_identity(const Numbers& numbers) {
    for (std::size_t i = 0; i < numbers.size(); ++i)
        if (numbers[i] != i) return false;
    return true;
}

}  // namespace

// The bits of each word of a state but those of ghosts that nobody reads; none if all are.
std::vector<std::uint16_t> Canonical::read_bits() const {
    const Layout& l = p_.layout;
    std::vector<std::uint16_t> bits(l.words, 0xffff);
    bool all = true;
    for (std::size_t i = 0; i < field_table.size(); ++i) {
        const FieldInfo& field = field_table[i];
        if (((p_.unread_ghosts >> i) & 1U) == 0 || !l.has(static_cast<Field>(i))) continue;
        all = false;
        for (unsigned e = 0; e < l.size(field.scope); ++e) {
            auto& word = bits[l.element(field.scope, e) + field.word];
            word = static_cast<std::uint16_t>(word & ~(unsigned{field.mask()} << field.shift));
        }
    }
    return all ? std::vector<std::uint16_t>{} : bits;
}

Canonical::Canonical(const Program& program) : p_(program), read_(read_bits()) {
    find_slots();
    forgets_ = !find_swap_readers() && p_.asked.no_forgetting.empty();
    keeps_pin_mm_ = ((program.unread_ghosts >> static_cast<unsigned>(Field::pin_mm)) & 1U) == 0;
    for (unsigned mms = 0; mms < expects_.size(); ++mms)
        for (unsigned mm = 0; mm < p_.layout.mms; ++mm)
            if (((mms >> mm) & 1U) != 0)
                expects_[mms] |= static_cast<std::uint16_t>(((1U << p_.layout.pages) - 1U)
                                                            << (mm * p_.layout.pages));
    for (unsigned f = 0; f < unnamed_.size(); ++f)
        unnamed_[f] = static_cast<std::uint8_t>(f < program.world.frames ? 0xff : f);
    const World& world = program.world;
    for (const Numbers& mms : process_renamings(program))
        for (const Numbers& threads : thread_renamings(world, mms)) {
            Numbers pins = identity(world.pins);
            do {
                renamings_.push_back({threads, pins, identity(world.total_frames()), mms});
            } while (std::next_permutation(pins.begin(), pins.end()));
        }
    // The one that changes nothing comes first.
    std::stable_partition(renamings_.begin(), renamings_.end(), [](const Renaming& r) {
        return is_identity(r.threads) && is_identity(r.pins) && is_identity(r.mms);
    });
    for (const Renaming& r : renamings_) {
        alike_processes_ = alike_processes_ || !is_identity(r.mms);
        inverse_.push_back({inverse(r.threads), inverse(r.pins), {}, inverse(r.mms)});
    }
    for (const Rest& rest : program.rests)
        nameless_.push_back(nameless_bits(program, rest, alike_processes_));
    for (std::size_t i = 1; i < world.threads.size(); ++i)
        if (world.threads[i].actor == Actor::cpu && world.threads[i - 1].mm == world.threads[i].mm)
            neighbours_.push_back(static_cast<std::uint8_t>(i));
    for (std::size_t t = 0; t < world.threads.size(); ++t)
        if (std::any_of(world.threads.begin(), world.threads.end(), [&](const Thread& other) {
                return &other != &world.threads[t] && other.actor == Actor::cpu &&
                       world.threads[t].actor == Actor::cpu && other.mm == world.threads[t].mm;
            }))
            keyed_.push_back(static_cast<std::uint8_t>(t));
}

Canonical::Keys Canonical::keys_of(const State& state) const {
    const Layout& l = p_.layout;
    Keys keys;
    const unsigned stride = l.stride[static_cast<std::size_t>(Scope::thread)];
    for (const unsigned t : keyed_) {
        const auto* words = &state.words[l.element(Scope::thread, t)];
        std::uint64_t key = words[0];
        if (key != 0) {
            const auto& mask = nameless_[key & unsigned{info(Field::pc).mask()}];
            for (unsigned w = 1; w < stride; ++w)
                key = key * 0x10001U + (words[w] & unsigned{mask[w]});
        }
        for (unsigned va = 0; va < l.pages; ++va)
            key =
                key * 4 +
                (state.words[l.element(Scope::tlb, l.tlb_index(p_.world.threads[t].cpu, va))] & 3U);
        keys.threads[t] = key;
    }
    unsigned mask = unsigned{info(Field::pin_page).mask()} << info(Field::pin_page).shift;
    if (alike_processes_) mask |= unsigned{info(Field::pin_mm).mask()} << info(Field::pin_mm).shift;
    for (unsigned i = 0; i < l.size(Scope::pin); ++i)
        keys.pins[i] = static_cast<std::uint16_t>(state.words[l.element(Scope::pin, i)] & ~mask);
    return keys;
}

// Whether a must come before b: -1, after it: 1, or either of the two: 0. What can be exchanged
// without changing anything stays as it is.
int Canonical::order_of_cpus(const State& state, const Keys& keys, unsigned a, unsigned b) const {
    if (keys.threads[a] != keys.threads[b]) return keys.threads[a] < keys.threads[b] ? -1 : 1;
    return is_same_cpu(state, a, b) ? (a < b ? -1 : 1) : 0;
}

int Canonical::order_of_pins(const Keys& keys, unsigned a, unsigned b) const {
    if (keys.pins[a] != keys.pins[b]) return keys.pins[a] < keys.pins[b] ? -1 : 1;
    const bool both_free = keys.pins[a] == 0;
    return both_free ? (a < b ? -1 : 1) : 0;
}

// Whether the renaming that changes nothing is the only one to be tried.
bool Canonical::is_in_order(const State& state, const Keys& keys) const {
    bool in_order = !alike_processes_;
    for (const unsigned i : neighbours_)
        in_order = in_order && order_of_cpus(state, keys, i - 1, i) < 0;
    for (unsigned i = 1; i < p_.layout.size(Scope::pin); ++i)
        in_order = in_order && order_of_pins(keys, i - 1, i) < 0;
    return in_order;
}

// Whether the renaming puts threads of each process, and pins, in order of their
// keys. Only such renamings need be tried: the keys do not depend on names, so
// what is left is the same for all states that are renamings of each other.
bool Canonical::is_sorted(const State& state, const Keys& keys, const Renaming& from) const {
    for (const unsigned i : neighbours_)
        if (order_of_cpus(state, keys, from.threads[i - 1], from.threads[i]) > 0) return false;
    for (unsigned i = 1; i < from.pins.size(); ++i)
        if (order_of_pins(keys, from.pins[i - 1], from.pins[i]) > 0) return false;
    return true;
}

// Both are idle with the same TLB: to exchange them changes nothing.
bool Canonical::is_same_cpu(const State& state, unsigned a, unsigned b) const {
    const Layout& l = p_.layout;
    const auto same = [&](Scope scope, unsigned i, unsigned j) {
        return std::equal(&state.words[l.element(scope, i)],
                          &state.words[l.element(scope, i)] +
                              l.stride[static_cast<std::size_t>(scope)],
                          &state.words[l.element(scope, j)]);
    };
    if (l.get(state, Field::pc, a) != 0 || !same(Scope::thread, a, b)) return false;
    for (unsigned va = 0; va < l.pages; ++va)
        if (!same(Scope::tlb, l.tlb_index(p_.world.threads[a].cpu, va),
                  l.tlb_index(p_.world.threads[b].cpu, va)))
            return false;
    return true;
}

void Canonical::forget(State& state) const {
    Pointers pointers;
    forget_unread_ghosts(state);
    if (forgets_) forget_dead_ghosts(state, pointers);
}

void Canonical::normalize(State& state) const {
    Pointers pointers;
    forget_unread_ghosts(state);
    if (forgets_)
        forget_dead_ghosts(state, pointers);
    else
        pointers = pointers_of(state);
    if (renamings_.size() == 1) {
        name_frames(state, pointers);
        return;
    }
    const Keys keys = keys_of(state);
    if (is_in_order(state, keys)) {
        name_frames(state, pointers);
        return;
    }
    const auto next = [&](std::size_t i) {
        while (i < renamings_.size() && !is_sorted(state, keys, inverse_[i])) ++i;
        return i;
    };
    const std::size_t first = next(0);
    std::size_t i = next(first + 1);
    if (i == renamings_.size() && first == 0) {
        name_frames(state, pointers);  // in order already, and in no other way
        return;
    }
    const auto renamed = [&](std::size_t renaming) {
        State other;
        permute(state, renamings_[renaming], other);
        name_frames(other, pointers_of(other));
        return other;
    };
    State best = renamed(first);
    for (; i < renamings_.size(); i = next(i + 1)) {
        const State other = renamed(i);
        if (std::memcmp(other.words.data(), best.words.data(), p_.layout.words * 2U) < 0)
            best = other;
    }
    state = best;
}

// Renames threads, pins and processes; frames keep their numbers.
void Canonical::permute(const State& from, const Renaming& renaming, State& to) const {
    const Layout& l = p_.layout;
    to = from;
    const auto move = [&](Scope scope, unsigned source, unsigned target) {
        std::memcpy(&to.words[l.element(scope, target)], &from.words[l.element(scope, source)],
                    l.stride[static_cast<std::size_t>(scope)] * 2U);
    };
    for (unsigned mm = 0; mm < l.mms; ++mm) {
        move(Scope::mm, mm, renaming.mms[mm]);
        for (unsigned va = 0; va < l.pages; ++va)
            move(Scope::pte, l.pte_index(mm, va), l.pte_index(renaming.mms[mm], va));
    }
    for (unsigned pin = 0; pin < l.size(Scope::pin); ++pin) {
        move(Scope::pin, pin, renaming.pins[pin]);
        if (l.get(from, Field::pin_state, pin) != 0 && keeps_pin_mm_)
            l.set(to, Field::pin_mm, renaming.pins[pin],
                  renaming.mms[l.get(from, Field::pin_mm, pin)]);
    }
    permute_threads(from, renaming, to);
    permute_ghosts(renaming, to);
}

void Canonical::permute_threads(const State& from, const Renaming& renaming, State& to) const {
    const Layout& l = p_.layout;
    const unsigned stride = l.stride[static_cast<std::size_t>(Scope::thread)];
    for (unsigned t = 0; t < l.size(Scope::thread); ++t) {
        const unsigned target = renaming.threads[t];
        if (p_.world.threads[t].actor == Actor::cpu)
            for (unsigned va = 0; va < l.pages; ++va)
                to.words[l.element(Scope::tlb, l.tlb_index(p_.world.threads[target].cpu, va))] =
                    from.words[l.element(Scope::tlb, l.tlb_index(p_.world.threads[t].cpu, va))];
        auto* words = &to.words[l.element(Scope::thread, target)];
        std::memcpy(words, &from.words[l.element(Scope::thread, t)], stride * 2U);
        const unsigned pc = words[0] & unsigned{info(Field::pc).mask()};
        if (pc == 0) continue;
        const Rest& rest = p_.rests[pc];
        l.set(to, Field::op_mm, target, renaming.mms[l.get(from, Field::op_mm, t)]);
        if (info(p_.operations[rest.operation].item.kind).needs == Needs::pin_slot)
            l.set(to, Field::op_pin, target, renaming.pins[l.get(from, Field::op_pin, t)]);
        for (unsigned i = 0; i < rest.processes; ++i) {
            auto& word = words[rest.mms[i].word];
            const unsigned shift = rest.mms[i].shift;
            const unsigned mm = renaming.mms[(word >> shift) & 3U];
            word = static_cast<std::uint16_t>((word & ~(3U << shift)) | (mm << shift));
        }
    }
}

void Canonical::permute_ghosts(const Renaming& renaming, State& to) const {
    const Layout& l = p_.layout;
    for (unsigned f = 0; f < l.size(Scope::page); ++f) {
        if (const unsigned mapped = l.get(to, Field::mm_mapcount, f); mapped != 0) {
            unsigned m = 0;
            for (unsigned mm = 0; mm < l.mms; ++mm)
                m |= ((mapped >> (2 * mm)) & 3U) << (2U * renaming.mms[mm]);
            l.set(to, Field::mm_mapcount, f, m);
        }
        const unsigned expected = l.get(to, Field::expected, f);
        const unsigned entitled = l.get(to, Field::entitled, f);
        if ((expected | entitled) == 0) continue;
        unsigned e = 0;
        unsigned n = 0;
        for (unsigned mm = 0; mm < l.mms; ++mm) {
            for (unsigned va = 0; va < l.pages; ++va)
                e |= ((expected >> l.pte_index(mm, va)) & 1U) << l.pte_index(renaming.mms[mm], va);
            n |= ((entitled >> mm) & 1U) << renaming.mms[mm];
        }
        for (unsigned pin = 0; pin < l.size(Scope::pin); ++pin)
            n |= ((entitled >> (l.mms + pin)) & 1U) << (l.mms + renaming.pins[pin]);
        l.set(to, Field::expected, f, e);
        l.set(to, Field::entitled, f, n);
    }
}

void Canonical::rename(State& state, const Renaming& renaming) const {
    State other;
    permute(state, renaming, other);
    FrameMap to{};
    std::copy(renaming.frames.begin(), renaming.frames.end(), to.begin());
    rename_frames(other, to);
    state = other;
}

}  // namespace cowcheck
