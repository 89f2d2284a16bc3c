#include "traces/view.h"

#include <array>

namespace cowcheck {

namespace {

constexpr std::array<std::string_view, 4> life_names{"free", "alive", "being forked", "exiting"};
constexpr std::array<std::string_view, 4> kind_names{"free", "anonymous", "zeropage", "page cache"};
constexpr std::array<std::string_view, 4> compound_names{"none", "head", "tail", "?"};
constexpr std::array<std::string_view, 4> pin_state_names{"free", "pending", "held", "?"};
constexpr std::array<std::string_view, 4> seq_watch_names{"none", "even", "changed", "odd"};

FieldValue word(std::string_view text) { return std::string(text); }

class Viewer {
public:
    Viewer(const Program& program, const State& state, const ValueNames& values)
        : p_(program), l_(program.layout), s_(state), values_(values) {}

    View run() const {
        View view;
        for (unsigned mm = 0; mm < l_.size(Scope::mm); ++mm) {
            view.push_back(plain(Scope::mm, mm, ElementKind::process, process_name(p_, mm)));
            for (unsigned va = 0; va < l_.pages; ++va) {
                view.push_back(pte(mm, va));
                view.push_back(plain(Scope::pte, l_.pte_index(mm, va), ElementKind::vma,
                                     slot_name(mm, "vma", va)));
                add_expected(view.back(), l_.pte_index(mm, va));
                if (l_.has(Field::spte)) view.push_back(spte(mm, va));
            }
        }
        for (unsigned i = 0; i < l_.size(Scope::page); ++i) {
            view.push_back(plain(Scope::page, i, ElementKind::page, frame_name(p_, i)));
            view.back().fields.push_back({"value", values_.in_frame(i), false});
        }
        for (unsigned i = 0; i < l_.size(Scope::pin); ++i)
            view.push_back(plain(Scope::pin, i, ElementKind::pin, pin_name(i)));
        for (const Thread& thread : p_.world.threads) {
            if (thread.actor != Actor::cpu) continue;
            for (unsigned va = 0; va < l_.pages; ++va)
                view.push_back(plain(Scope::tlb, l_.tlb_index(thread.cpu, va), ElementKind::tlb,
                                     tlb_name(thread, va)));
        }
        for (unsigned i = 0; i < l_.size(Scope::thread); ++i)
            view.push_back(plain(Scope::thread, i, ElementKind::thread, p_.world.threads[i].name));
        return view;
    }

private:
    std::string slot_name(unsigned mm, std::string_view what, unsigned va) const {
        return process_name(p_, mm) + "." + std::string(what) + "[" + std::to_string(va) + "]";
    }

    static ViewElement element_of(Scope scope, ElementKind kind, std::string element, bool exists) {
        std::string name = element_text(kind, element);
        return {scope, kind, std::move(element), std::move(name), exists, {}};
    }

    ViewElement pte(unsigned mm, unsigned va) const {
        const unsigned pte = l_.get(s_, Field::pte, l_.pte_index(mm, va));
        const bool present = (pte & PteBit::present) != 0;
        const bool migration = is_migration_entry(pte);
        ViewElement element = element_of(Scope::pte, ElementKind::pte, slot_name(mm, "pte", va),
                                         present || migration);
        element.fields.push_back({"present", present, false});
        element.fields.push_back(
            {"page",
             present || migration ? frame_name(p_, pte >> PteBit::frame_shift) : std::string(),
             false});
        // The rest says something else in an entry that is not present.
        const unsigned told = present     ? pte
                              : migration ? pte & (PteBit::special - 1U)
                                          : pte & ~unsigned{PteBit::huge};
        for (const PteFlag& flag : pte_flags)
            if (flag.told)
                element.fields.push_back({std::string(flag.name), (told & flag.bit) != 0, false});
        if (p_.world.migration()) {
            element.fields.push_back({"migration", migration, false});
            element.fields.push_back(
                {"exclusive", migration && (pte & PteBit::exclusive) != 0, false});
        }
        return element;
    }

    // What a secondary MMU has for the page, and whether it is being invalidated.
    ViewElement spte(unsigned mm, unsigned va) const {
        const unsigned index = l_.pte_index(mm, va);
        const unsigned entry = l_.get(s_, Field::spte, index);
        const bool present = (entry & PteBit::present) != 0;
        const unsigned invalidating = l_.get(s_, Field::invalidating, index);
        ViewElement element = element_of(Scope::pte, ElementKind::spte, slot_name(mm, "spte", va),
                                         present || invalidating != 0);
        element.fields.push_back({"invalidating", invalidating, false});
        element.fields.push_back({"present", present, false});
        element.fields.push_back(
            {"page", present ? frame_name(p_, entry >> PteBit::frame_shift) : std::string(),
             false});
        element.fields.push_back({"writable", (entry & PteBit::writable) != 0, false});
        element.fields.push_back({"referenced", (entry & PteBit::referenced) != 0, false});
        return element;
    }

    // The fields of the table that belong to the element. The first one says whether
    // it exists.
    ViewElement plain(Scope scope, unsigned index, ElementKind kind, std::string name) const {
        const Field key = key_field(scope);
        ViewElement element = element_of(scope, kind, std::move(name), l_.get(s_, key, index) != 0);
        add_field(element, key, index);
        for (std::size_t i = 0; i < field_table.size(); ++i) {
            const auto field = static_cast<Field>(i);
            if (info(field).scope == scope && l_.has(field) && field != key &&
                field != Field::pte && field != Field::spte && field != Field::invalidating)
                add_field(element, field, index);
        }
        return element;
    }

    static Field key_field(Scope scope) {
        static constexpr std::array<Field, scope_count> keys{
            Field::life,      Field::mapped, Field::kind,      Field::pin_state,
            Field::tlb_valid, Field::pc,     Field::constraint};
        return keys[static_cast<std::size_t>(scope)];
    }

    void add_field(ViewElement& element, Field field, unsigned index) const {
        const unsigned raw = l_.get(s_, field, index);
        element.fields.push_back(
            {short_name(field), value(field, index, raw), info(field).what.starts_with("ghost")});
    }

    // "state" of a pin, "page" of a TLB entry: the element's name says the rest.
    static std::string short_name(Field field) {
        std::string_view name = info(field).name;
        for (const std::string_view prefix : {"pin_", "tlb_", "op_"})
            if (name.starts_with(prefix) && name != "tlb_flush_pending")
                name.remove_prefix(prefix.size());
        return field == Field::pc ? "at" : std::string(name);
    }

    FieldValue value(Field field, unsigned index, unsigned raw) const {
        switch (field) {
        case Field::life: return word(life_names[raw]);
        case Field::kind: return word(kind_names[raw]);
        case Field::pin_state: return word(pin_state_names[raw]);
        case Field::seq_watch: return word(seq_watch_names[raw]);
        case Field::write_protect_seq: return word(raw != 0 ? "odd" : "even");
        case Field::compound: return word(compound_names[raw]);
        case Field::other_half:
            return l_.get(s_, Field::compound, index) != 0 ? frame_name(p_, raw) : std::string();
        case Field::mm_mapcount: return mapped_by(raw);
        case Field::pmd: return pte_text(p_, raw);
        case Field::pin_mm:
        case Field::op_mm: return raw < l_.mms ? process_name(p_, raw) : std::string();
        case Field::pin_page: return is_held(index) ? frame_name(p_, raw) : std::string();
        case Field::tlb_page:
            return l_.get(s_, Field::tlb_valid, index) != 0 ? frame_name(p_, raw) : std::string();
        case Field::expected: return readers(raw);
        case Field::entitled: return entitled(raw);
        case Field::refcount:
        case Field::mapcount: return raw + from_outside(field, index);
        case Field::pc: return raw == 0 ? std::string("idle") : place(raw);
        default: break;
        }
        if (info(field).bits == 1) return raw != 0;
        return raw;
    }

    // References that the trace was told with.
    unsigned from_outside(Field field, unsigned page) const {
        if (!l_.has(Field::outside_page)) return 0;
        const OutsideOf& of = p_.outside_of[l_.get(s_, Field::outside_page, page)];
        const auto number = [&](std::uint8_t i) {
            return i == OutsideOf::none ? 0U : unsigned{p_.outside_numbers[i]};
        };
        return number(of.mappings) + (field == Field::refcount ? number(of.references) : 0U);
    }

    std::string mapped_by(unsigned raw) const {
        std::string text;
        for (unsigned mm = 0; mm < l_.mms; ++mm)
            if (const unsigned times = (raw >> (2 * mm)) & 3U; times != 0)
                text +=
                    (text.empty() ? "" : " ") + process_name(p_, mm) + " " + std::to_string(times);
        return text;
    }

    bool is_held(unsigned pin) const {
        return l_.get(s_, Field::pin_state, pin) == static_cast<unsigned>(PinState::held);
    }

    std::string place(unsigned pc) const {
        const Rest& rest = p_.rests[pc];
        return rest.where + " (" + to_text(place_of(rest.span)) + ")";
    }

    std::string readers(unsigned bits) const {
        std::string text;
        for (unsigned i = 0; i < l_.size(Scope::pte); ++i)
            if (((bits >> i) & 1U) != 0)
                text += (text.empty() ? "" : " ") + slot_name(i / l_.pages, "vma", i % l_.pages);
        return text;
    }

    std::string entitled(unsigned bits) const {
        std::string text;
        for (unsigned i = 0; i < unsigned{l_.mms} + l_.size(Scope::pin); ++i)
            if (((bits >> i) & 1U) != 0)
                text += (text.empty() ? "" : " ") +
                        (i < l_.mms ? process_name(p_, i) : pin_name(i - l_.mms));
        return text;
    }

    void add_expected(ViewElement& element, unsigned slot) const {
        element.fields.push_back({"should_read", values_.expected(slot), true});
    }

    const Program& p_;
    const Layout& l_;
    const State& s_;
    const ValueNames& values_;
};

// Where a thread stands is what the steps themselves tell.
bool is_position(const ViewElement& element, const ViewField& field) {
    return element.scope == Scope::thread && field.name != "seq_watch";
}

void list(std::string& text, const std::string& item) {
    if (!text.empty()) text += ", ";
    text += item;
}

// Flags by name if they are set, names and counts with what they are.
void describe(const ViewField& field, bool first, std::string& text) {
    if (const auto* flag = std::get_if<bool>(&field.value)) {
        if (*flag) list(text, field.name);
        return;
    }
    const std::string value = to_text(field.value);
    if (value == "-" || value == "none") return;
    list(text, first ? value : field.name + " " + value);
}

}  // namespace

View view(const Program& program, const State& state, const ValueNames& values) {
    return Viewer(program, state, values).run();
}

std::vector<StateChange> changes(const View& before, const View& after) {
    std::vector<StateChange> out;
    for (std::size_t i = 0; i < after.size(); ++i) {
        const ViewElement& now = after[i];
        for (std::size_t f = 0; f < now.fields.size(); ++f) {
            const ViewField& field = now.fields[f];
            const FieldValue& old = before[i].fields[f].value;
            if (field.ghost || old == field.value || is_position(now, field)) continue;
            if (f > 0 && !now.exists) break;
            out.push_back({now.kind, now.element, field.name, old, field.value});
        }
    }
    return out;
}

std::string to_text(const View& view) {
    std::string text;
    for (const ViewElement& element : view) {
        if (!element.exists) continue;
        std::string real;
        std::string ghosts;
        for (std::size_t i = 0; i < element.fields.size(); ++i)
            describe(element.fields[i], i == 0, element.fields[i].ghost ? ghosts : real);
        text += element.name + ": " + real;
        if (!ghosts.empty()) text += " | " + ghosts;
        text += '\n';
    }
    return text;
}

}  // namespace cowcheck
