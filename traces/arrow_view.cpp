#include "traces/arrow_view.h"

#include <array>

namespace cowcheck {

namespace {

// Of an element that says so itself: the field with the frame, and the one that has to be set.
struct Rule {
    ElementKind kind;
    std::string_view needs;
    std::string_view page;
    std::string_view how;
};

constexpr auto rules = std::to_array<Rule>({
    {ElementKind::pte, "present", "page", "pte"},
    {ElementKind::pte, "migration", "page", "migration"},
    {ElementKind::spte, "present", "page", "spte"},
    {ElementKind::pin, "state", "page", "pin"},
    {ElementKind::tlb, "valid", "page", "tlb"},
    {ElementKind::tlb, "batch_valid", "batch_page", "lru_batch"},
});

const FieldValue* find(const ViewElement& element, std::string_view name) {
    for (const ViewField& field : element.fields)
        if (field.name == name) return &field.value;
    return nullptr;
}

bool is_set(const FieldValue* value) {
    if (value == nullptr) return false;
    const auto* flag = std::get_if<bool>(value);
    return flag == nullptr || *flag;
}

// A batch's page is kept as a number.
std::string frame_of(const Program& program, const FieldValue& value) {
    const auto* number = std::get_if<unsigned>(&value);
    return number == nullptr ? to_text(value) : frame_name(program, *number);
}

}  // namespace

std::vector<Arrow> arrows(const Program& program, const State& state, const View& view) {
    std::vector<Arrow> list;
    for (const ViewElement& element : view) {
        for (const Rule& rule : rules) {
            if (rule.kind != element.kind || !is_set(find(element, rule.needs))) continue;
            const FieldValue* page = find(element, rule.page);
            const std::string frame = page == nullptr ? "-" : frame_of(program, *page);
            if (frame != "-") list.push_back({element.name, frame, std::string(rule.how)});
        }
        if (element.kind == ElementKind::pte && program.world.swap() &&
            is_set(find(element, "swap")))
            list.push_back({element.name, frame_name(program, program.world.swap_frame()), "swap"});
    }
    const Layout& l = program.layout;
    for (unsigned mm = 0; l.has(Field::pmd) && mm < l.mms; ++mm)
        if (const unsigned pmd = l.get(state, Field::pmd, mm); (pmd & PteBit::present) != 0)
            list.push_back({process_name(program, mm) + ".pmd",
                            frame_name(program, pmd >> PteBit::frame_shift), "pmd"});
    return list;
}

}  // namespace cowcheck
