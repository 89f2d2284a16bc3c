#include "traces/locals.h"

#include "traces/names.h"

#include <algorithm>

namespace cowcheck {

namespace {

std::string value_text(const Program& program, const NamedLocal& local, unsigned raw) {
    switch (local.kind) {
    case NamedLocal::Kind::page: return frame_name(program, raw);
    case NamedLocal::Kind::pte: return pte_text(program, raw);
    case NamedLocal::Kind::process: return process_name(program, raw);
    case NamedLocal::Kind::truth: return raw != 0 ? "yes" : "no";
    case NamedLocal::Kind::number: break;
    }
    return std::to_string(raw);
}

}  // namespace

std::vector<LocalValue> locals_of(const Program& program, const State& state, unsigned thread) {
    const Layout& l = program.layout;
    const unsigned pc = l.get(state, Field::pc, thread);
    std::vector<LocalValue> found;
    if (pc == 0) return found;
    NamedLocal at;
    at.rest = program.rests[pc].address;
    const auto [first, last] =
        std::equal_range(program.locals.begin(), program.locals.end(), at,
                         [](const NamedLocal& a, const NamedLocal& b) { return a.rest < b.rest; });
    for (auto local = first; local != last; ++local) {
        const unsigned raw =
            (unsigned{state.words[l.element(Scope::thread, thread) + local->word]} >>
             local->shift) &
            ((1U << local->bits) - 1U);
        const bool alone = std::count_if(first, last, [&](const NamedLocal& other) {
                               return other.name == local->name;
                           }) == 1;
        found.push_back({alone ? local->name : local->name + " of " + local->handler,
                         value_text(program, *local, raw)});
    }
    return found;
}

std::vector<LocalValue> locals_looked_at(const Program& program, const State& state,
                                         unsigned thread) {
    const Rest& rest = program.rests[program.layout.get(state, Field::pc, thread)];
    std::vector<LocalValue> locals = locals_of(program, state, thread);
    std::erase_if(locals, [&](const LocalValue& local) {
        const std::vector<std::string>* names = rest.statement ? &rest.statement->names : nullptr;
        return names == nullptr ||
               std::find(names->begin(), names->end(), local.name) == names->end();
    });
    return locals;
}

std::string where_text(const std::vector<LocalValue>& locals) {
    std::string where;
    for (const LocalValue& local : locals)
        where += (where.empty()              ? ", where "
                  : &local == &locals.back() ? " and "
                                             : ", ") +
                 local.name + " is " + local.value;
    return where;
}

}  // namespace cowcheck
