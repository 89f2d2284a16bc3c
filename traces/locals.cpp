#include "traces/locals.h"

#include "traces/names.h"

#include <algorithm>
#include <cctype>

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

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
}

// As a name of its own, and not as a field of something.
bool names(std::string_view text, std::string_view name) {
    for (std::size_t at = text.find(name); at != std::string_view::npos;
         at = text.find(name, at + 1)) {
        const std::size_t end = at + name.size();
        const bool begins = at == 0 || !is_word(text[at - 1]);
        if (begins && (end == text.size() || text[end] == '.' || !is_word(text[end]))) return true;
    }
    return false;
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

std::string where_text(const std::vector<LocalValue>& locals, std::string_view text) {
    std::vector<const LocalValue*> named;
    for (const LocalValue& local : locals)
        if (names(text, local.name)) named.push_back(&local);
    std::string where;
    for (const LocalValue* local : named)
        where += (where.empty()           ? ", where "
                  : local == named.back() ? " and "
                                          : ", ") +
                 local->name + " is " + local->value;
    return where;
}

}  // namespace cowcheck
