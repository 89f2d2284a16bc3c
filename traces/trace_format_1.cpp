#include "traces/trace_format_1.h"

#include "model/state/fields.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace cowcheck {

namespace {

struct ElementWords {
    std::string_view within;
    ElementKind kind;
};

constexpr std::array<ElementWords, 4> slots{{{".pte[", ElementKind::pte},
                                             {".vma[", ElementKind::vma},
                                             {".spte[", ElementKind::spte},
                                             {".tlb[", ElementKind::tlb}}};

bool is_pin(std::string_view element) {
    constexpr std::string_view pin = "pin";
    return element.starts_with(pin) && element.size() > pin.size() &&
           std::all_of(element.begin() + pin.size(), element.end(),
                       [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool is_of_process(std::string_view field) {
    return std::any_of(field_table.begin(), field_table.end(), [&](const FieldInfo& one) {
        return one.scope == Scope::mm && one.name == field;
    });
}

ElementKind kind_of(std::string_view element, std::string_view field) {
    for (const ElementWords& slot : slots)
        if (element.find(slot.within) != std::string_view::npos) return slot.kind;
    if (field == info(Field::seq_watch).name) return ElementKind::thread;
    return is_pin(element) && !is_of_process(field) ? ElementKind::pin : ElementKind::process;
}

struct StatementWords {
    std::string_view lead;
    StatementKind kind;
};

constexpr std::array<StatementWords, 8> leads{
    {{"if load through tlb", StatementKind::tlb_access},
     {"if store through tlb", StatementKind::tlb_access},
     {"if ", StatementKind::guard},
     {"load through secondary mmu", StatementKind::access},
     {"store through secondary mmu", StatementKind::access},
     {"lock ", StatementKind::lock},
     {"unlock ", StatementKind::unlock},
     {"irqs ", StatementKind::irqs}}};

StatementKind kind_of(const std::string& text) {
    if (text.empty()) return StatementKind::none;
    for (const StatementWords& one : leads)
        if (text.starts_with(one.lead)) return one.kind;
    return text.find(" = ") != std::string::npos ? StatementKind::assignment : StatementKind::other;
}

}  // namespace

StateChange change_of_format_1(const std::string& what) {
    constexpr std::string_view page = "page ";
    const std::size_t dot = what.rfind('.');
    StateChange change;
    change.element = what.substr(0, dot);
    change.field = dot == std::string::npos ? std::string() : what.substr(dot + 1);
    if (change.element.starts_with(page)) {
        change.scope = ElementKind::page;
        change.element.erase(0, page.size());
    } else {
        change.scope = kind_of(change.element, change.field);
    }
    return change;
}

Statement statement_of_format_1(const std::string& text) {
    constexpr std::string_view lead = "if ";
    constexpr std::string_view negation = "not ";
    Statement statement{kind_of(text), text, {}, false};
    if (!statement.is_guard()) return statement;
    statement.condition = text.substr(lead.size());
    const bool compound = statement.condition.find(" and ") != std::string::npos ||
                          statement.condition.find(" or ") != std::string::npos ||
                          statement.condition.find(" implies ") != std::string::npos;
    statement.negated = !compound && statement.condition.starts_with(negation);
    if (statement.negated) statement.condition.erase(0, negation.size());
    return statement;
}

Actor actor_of_format_1(const std::string& thread) {
    return find_actor(thread).value_or(Actor::cpu);
}

}  // namespace cowcheck
