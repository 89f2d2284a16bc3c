#include "checker/explore/findings.h"

#include <bit>

namespace cowcheck {

void Findings::note(const Program& program, std::uint32_t properties, Violation where) {
    for (; properties != 0; properties &= properties - 1) {
        where.property = static_cast<unsigned>(std::countr_zero(properties));
        const bool must_be_reached = where.property < program.properties.size() &&
                                     program.properties[where.property].sometimes;
        auto& first = must_be_reached ? reached_at[where.property] : found[where.property];
        if (must_be_reached) {
            const std::uint32_t bit = 1U << where.property;
            if ((reached & bit) != 0 && !first) continue;  // in an earlier level
            reached |= bit;
        }
        if (!first || comes_before(where, *first)) first = where;
    }
}

namespace {

using Places = std::vector<std::optional<Violation>>;

void add_places(Places& known, const Places& others) {
    for (std::size_t i = 0; i < known.size(); ++i)
        if (others[i] && (!known[i] || comes_before(*others[i], *known[i]))) known[i] = others[i];
}

void save_places(ByteSink& sink, const Places& places) {
    for (const auto& place : places) {
        put(sink, place.has_value());
        if (place) save(sink, *place);
    }
}

void load_places(ByteSource& source, Places& places) {
    for (auto& place : places)
        if (take<bool>(source)) place = load_violation(source);
}

}  // namespace

void Findings::add(const Findings& other) {
    add_places(found, other.found);
    add_places(reached_at, other.reached_at);
    reached |= other.reached;
    misled |= other.misled;
    waited_for_frame |= other.waited_for_frame;
    transitions += other.transitions;
}

void Findings::save(ByteSink& sink) const {
    save_places(sink, found);
    save_places(sink, reached_at);
    put(sink, reached);
    put(sink, misled);
    put(sink, waited_for_frame);
    put(sink, transitions);
}

void Findings::load(ByteSource& source) {
    load_places(source, found);
    load_places(source, reached_at);
    reached = take<std::uint32_t>(source);
    misled = take<bool>(source);
    waited_for_frame = take<bool>(source);
    transitions = take<std::uint64_t>(source);
}

}  // namespace cowcheck
