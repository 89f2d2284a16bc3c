#include "model/compile/page_facts.h"

#include <algorithm>

namespace cowcheck::page_facts {

namespace {

bool overlap(const Place& a, const Place& b) {
    const auto bits = [](const Place& p) { return std::get<2>(p) << std::get<1>(p); };
    return std::get<0>(a) == std::get<0>(b) && (bits(a) & bits(b)) != 0;
}

void keep_common_of(std::set<Place>& places, const std::set<Place>& others) {
    std::erase_if(places, [&](const Place& place) { return !others.contains(place); });
}

}  // namespace

bool Bits::has_one_of(std::uint16_t wanted) const {
    return std::any_of(some.begin(), some.end(), [&](std::uint16_t mask) {
        const unsigned left = mask & ~unsigned{clear};
        return left != 0 && (left & ~unsigned{wanted}) == 0;
    });
}

void Bits::keep_common(const Bits& other) {
    std::erase_if(some, [&](std::uint16_t mask) { return !other.has_one_of(mask); });
    clear &= other.clear;
}

void Known::keep_common(const Known& other) {
    std::erase_if(locals, [&](const auto& one) { return !other.locals.contains(one.first); });
    for (auto& [place, bits] : locals) bits.keep_common(other.locals.at(place));
    for (std::size_t c = 0; c < cells; ++c) {
        cell[c].keep_common(other.cell[c]);
        keep_common_of(same_as_cell[c], other.same_as_cell[c]);
        keep_common_of(page_of_cell[c], other.page_of_cell[c]);
    }
    keep_common_of(counted, other.counted);
}

Knowledge::Knowledge(const Known& known) {
    for (const auto& [place, bits] : known.locals) bits_[at(place)] = bits;
    for (std::size_t c = 0; c < cells; ++c) {
        const Id id = at(static_cast<Cell>(c));
        bits_[id] = known.cell[c];
        for (const Place& place : known.same_as_cell[c]) unify(id, at(place));
        for (const Place& place : known.page_of_cell[c])
            unify_pages(page_of(*cells_[c]), page_at(place));
    }
    for (const Place& place : known.counted) get(page_at(place));
}

Known Knowledge::at_rest(bool cells_stay) const {
    Known known;
    for (const auto& [place, id] : places_) known.locals.emplace(place, bits_[id]);
    for (std::size_t c = 0; cells_stay && c < cells; ++c) {
        if (!cells_[c] || c == static_cast<std::size_t>(Cell::spte)) continue;
        known.cell[c] = bits_[*cells_[c]];
        for (const auto& [place, id] : places_)
            if (id == *cells_[c]) known.same_as_cell[c].insert(place);
        const auto page = page_of_.find(*cells_[c]);
        for (const auto& [place, id] : page_places_)
            if (page != page_of_.end() && id == page->second) known.page_of_cell[c].insert(place);
    }
    for (const auto& [place, id] : page_places_)
        if (counted_.contains(id)) known.counted.insert(place);
    return known;
}

Id Knowledge::fresh(Bits bits) {
    bits_.push_back(std::move(bits));
    return static_cast<Id>(bits_.size() - 1);
}

Id Knowledge::fresh_like(Id id) {
    const Id like = fresh(Bits(bits_[id]));
    set_page_of(like, page_of(id));
    return like;
}

Id Knowledge::at(const Place& place) {
    const auto found = places_.find(place);
    return found != places_.end() ? found->second : places_.emplace(place, fresh()).first->second;
}

Id Knowledge::at(Cell cell) {
    auto& id = cells_[static_cast<std::size_t>(cell)];
    if (!id) id = fresh();
    return *id;
}

void Knowledge::assign(const Place& place, const Value& value) {
    const auto overlaps = [&](const auto& one) { return overlap(one.first, place); };
    std::erase_if(places_, overlaps);
    std::erase_if(page_places_, overlaps);
    if (value.kind == Value::Kind::pte && std::get<2>(place) == pte_mask)
        places_.emplace(place, value.id);
    if (value.kind == Value::Kind::page && std::get<2>(place) == page_mask)
        page_places_.emplace(place, value.id);
}

void Knowledge::touch_cells() {
    for (auto& id : cells_)
        if (id) id = fresh_like(*id);
}

void Knowledge::set(Cell cell, Id id) {
    forget_cells();
    cells_[static_cast<std::size_t>(cell)] = id;
}

Id Knowledge::page_at(const Place& place) {
    const auto found = page_places_.find(place);
    return found != page_places_.end() ? found->second
                                       : page_places_.emplace(place, pages_++).first->second;
}

Id Knowledge::page_of(Id pte) {
    const auto found = page_of_.find(pte);
    return found != page_of_.end() ? found->second : page_of_.emplace(pte, pages_++).first->second;
}

bool Knowledge::is_in_use(Id page) const {
    const auto& leaf = cells_[static_cast<std::size_t>(Cell::leaf)];
    const auto mapped = leaf ? page_of_.find(*leaf) : page_of_.end();
    return counted_.contains(page) || (mapped != page_of_.end() && mapped->second == page &&
                                       bits_[*leaf].has_one_of(PteBit::present));
}

Value Knowledge::all_of(const Value& a, const Value& b) {
    conjuncts_.push_back(a);
    conjuncts_.push_back(b);
    Value value;
    value.kind = Value::Kind::all;
    value.conjuncts = static_cast<std::uint16_t>(conjuncts_.size() - 2);
    return value;
}

bool Knowledge::assume(const Value& value, bool holds) {
    switch (value.kind) {
    case Value::Kind::number: return (value.number != 0) == holds;
    case Value::Kind::got:
        if (holds != value.inverted) get(value.id);
        return true;
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
        if (holds) bits_[value.id].some.insert(value.number);
        return true;
    case Value::Kind::same:
        if (holds != value.inverted) unify(value.id, value.other);
        return true;
    case Value::Kind::all:
        return !holds || (assume(conjuncts_[value.conjuncts], true) &&
                          assume(conjuncts_[value.conjuncts + 1U], true));
    default: return true;
    }
}

void Knowledge::unify(Id a, Id b) {
    if (a == b) return;
    bits_[a].some.insert(bits_[b].some.begin(), bits_[b].some.end());
    bits_[a].clear |= bits_[b].clear;
    bits_[b] = bits_[a];  // for values that were computed before
    unify_pages(page_of(a), page_of(b));
    for (auto& [place, id] : places_)
        if (id == b) id = a;
    for (auto& id : cells_)
        if (id && *id == b) id = a;
    const auto rename = [&](Value& value) {
        if (value.kind == Value::Kind::page || value.kind == Value::Kind::got) return;
        if (value.id == b) value.id = a;
        if (value.other == b) value.other = a;
    };
    std::for_each(regs.begin(), regs.end(), rename);
    std::for_each(conjuncts_.begin(), conjuncts_.end(), rename);
}

void Knowledge::unify_pages(Id a, Id b) {
    if (a == b) return;
    for (auto& [place, id] : page_places_)
        if (id == b) id = a;
    for (auto& [pte, id] : page_of_)
        if (id == b) id = a;
    if (counted_.erase(b) != 0) counted_.insert(a);
    const auto rename = [&](Value& value) {
        if ((value.kind == Value::Kind::page || value.kind == Value::Kind::got) && value.id == b)
            value.id = a;
    };
    std::for_each(regs.begin(), regs.end(), rename);
    std::for_each(conjuncts_.begin(), conjuncts_.end(), rename);
}

}  // namespace cowcheck::page_facts
