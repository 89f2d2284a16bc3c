// Fields of what an expression names: of PTEs, pages, VMAs, pins, the world; and records of
// PTE values.
#include "model/compile/expressions.h"

#include "model/compile/mapped_pages.h"

#include <algorithm>
#include <array>

namespace cowcheck {

namespace {

const PteFlag* find_pte_flag(std::string_view name) {
    const auto flag = std::find_if(pte_flags.begin(), pte_flags.end(),
                                   [&](const PteFlag& known) { return known.name == name; });
    return flag == pte_flags.end() ? nullptr : &*flag;
}

}  // namespace

Value Expressions::unknown_field(const ast::Expr& expr, const Value& base,
                                 const std::vector<std::string_view>& fields) {
    e_.complain(expr.span, std::string(name_of(base.type)) + " has no '" + expr.name + "'",
                did_you_mean(expr.name, fields));
    return {};
}

Value Expressions::field(const ast::Expr& expr, Context& context) {
    const ast::Expr& owner = expr.operands[0];
    const bool demand = !context.property && !context.compared;
    context.compared = false;
    const Value base = compile(owner, context);
    switch (base.type) {
    case Type::error: return {};
    case Type::pte: return pte_field(expr, base, demand);
    case Type::page: return page_field(expr, base, context);
    case Type::mm:
        if (expr.name == "pte")
            return read_pte(expr.span, e_.in_register(base, expr.span), Reg::va, context);
        if (expr.name == "pmd")
            return e_.program().world.thp()
                       ? load(Type::pte, Field::pmd, e_.in_register(base, expr.span), expr.span)
                       : constant(Type::pte, PteBit::table);
        if (expr.name == "has_pinned")
            return load(Type::boolean, Field::has_pinned, e_.in_register(base, expr.span),
                        expr.span);
        if (expr.name == "tlb_flush_pending")
            return load(Type::number, Field::tlb_flush_pending, e_.in_register(base, expr.span),
                        expr.span);
        return unknown_field(expr, base, {"has_pinned", "tlb_flush_pending", "pte", "pmd"});
    case Type::vma: return vma_field(expr, base);
    case Type::pin: return pin_field(expr, base);
    case Type::tlb:
        if (expr.name == "valid") return load(Type::boolean, Field::tlb_valid, base.reg, expr.span);
        if (expr.name == "writable")
            return load(Type::boolean, Field::tlb_writable, base.reg, expr.span);
        if (expr.name == "page") return load(Type::page, Field::tlb_page, base.reg, expr.span);
        return unknown_field(expr, base, {"valid", "writable", "page"});
    default: return constant_field(expr, base, context);
    }
}

// What the world says about all memory is a constant: no guard is left of it.
Value Expressions::vma_field(const ast::Expr& expr, const Value& vma) {
    const World& world = e_.program().world;
    const auto known = [&](bool value) {
        e_.shrink(e_.here() - 1U);  // the index of the PTE
        return constant(Type::boolean, value);
    };
    if (expr.name == "mapped") return load(Type::boolean, Field::mapped, vma.reg, expr.span);
    if (expr.name == "uffd_wp") return known(world.uffd_wp());
    if (expr.name == "uffd_wp_async") return known(world.wp_async);
    if (expr.name == "uffd_event_fork") return known(world.event_fork);
    if (expr.name == "anonymous") return known(!world.file());
    if (expr.name == "hugetlb") return known(world.hugetlb());
    if (expr.name == "writable") {
        if (!e_.program().layout.has(Field::read_only)) return known(true);
        const Value read_only = load(Type::boolean, Field::read_only, vma.reg, expr.span);
        return unary_code(Type::boolean, Code::invert, read_only.reg, expr.span);
    }
    if (expr.name == "dont_copy")
        return e_.program().layout.has(Field::dont_copy)
                   ? load(Type::boolean, Field::dont_copy, vma.reg, expr.span)
                   : known(false);
    if (expr.name == "file_page" && !world.file()) {
        e_.not_in_world(expr.span);
        return constant(Type::page, 0);
    }
    if (expr.name == "file_page") {
        const std::uint8_t first =
            e_.in_register(constant(Type::page, world.file_frame()), expr.span);
        const std::uint8_t page = e_.scratch(expr.span);
        e_.emit(Code::add, page, first, Reg::va);
        return in(Type::page, page);
    }
    return unknown_field(expr, vma,
                         {"mapped", "uffd_wp", "uffd_wp_async", "uffd_event_fork", "anonymous",
                          "hugetlb", "writable", "dont_copy", "file_page"});
}

Value Expressions::constant_field(const ast::Expr& expr, const Value& base, Context& context) {
    const std::string& name = expr.name;
    if (base.type == Type::flags) {
        const GupFlags flags = context.names->at(expr.operands[0].name).flags;
        if (name == "write") return constant(Type::boolean, flags.write);
        if (name == "pin") return constant(Type::boolean, flags.pin);
        if (name == "longterm") return constant(Type::boolean, flags.longterm);
        if (name == "get") return constant(Type::boolean, flags.get);
        if (name == "keep") return constant(Type::boolean, flags.keep);
        return unknown_field(expr, base, {"write", "pin", "longterm", "get", "keep"});
    }
    if (base.type == Type::world) {
        const World& world = e_.program().world;
        if (name == "zeropage") return constant(Type::boolean, world.zeropage);
        if (name == "backing") return constant(Type::boolean, world.has_backing());
        if (name == "hugetlb") return constant(Type::boolean, world.hugetlb());
        if (name == "swap") return constant(Type::boolean, world.swap());
        if (name == "secondary_mmu") return constant(Type::boolean, world.secondary_mmu());
        if (name == "uffd_wp_async") return constant(Type::boolean, world.wp_async);
        if (name == "thp") return constant(Type::boolean, world.thp());
        return unknown_field(
            expr, base,
            {"zeropage", "backing", "hugetlb", "swap", "secondary_mmu", "uffd_wp_async", "thp"});
    }
    if (base.type == Type::operation && name == "writes" && context.writes)
        return in(Type::boolean, Reg::writes);
    if (base.type == Type::operation && name == "longterm" && !context.property)
        return constant(Type::boolean, context.longterm);
    if (base.type == Type::operation && name == "fast" && !context.property)
        return constant(Type::boolean, context.fast);
    if (base.type == Type::seq && name == "changed" && base.reg == Sequence::invalidate)
        return unary_code(Type::boolean, Code::notifier_changed, 0, expr.span);
    if (base.type == Type::seq && name == "odd")
        return unary_code(Type::boolean, Code::seq_odd, 0, expr.span);
    if (base.type == Type::seq && name == "changed")
        return unary_code(Type::boolean, Code::seq_changed, 0, expr.span);
    if (base.type == Type::seq) return unknown_field(expr, base, {"odd", "changed"});
    if (context.property && !context.writes) {
        e_.complain(expr.span, "only 'at userfault' says something of the operation");
        return {};
    }
    if (context.property) return unknown_field(expr, base, {"writes"});
    return unknown_field(expr, base, {"longterm", "fast"});
}

Value Expressions::pte_field(const ast::Expr& expr, const Value& pte, bool demand) {
    const std::uint8_t reg = e_.in_register(pte, expr.span);
    if (expr.name == "page") {
        if (demand) e_.demand(reg, frame_bits(e_.program().world), expr.span);
        return unary_code(Type::page, Code::frame, reg, expr.span, demand);
    }
    if (expr.name == "none") {
        const Value present = unary_code(Type::boolean, Code::bit, reg, expr.span,
                                         e_.program().world.swap_ptes() || e_.program().world.thp()
                                             ? PteBit::present | PteBit::swap  // or PteBit::table
                                             : PteBit::present);
        return unary_code(Type::boolean, Code::invert, present.reg, expr.span);
    }
    if (((expr.name == "huge" || expr.name == "table") && !e_.program().world.thp()) ||
        (expr.name == "swap" && !e_.program().world.swap_ptes()) ||
        (expr.name == "migration" && !e_.program().world.migration()))
        return constant(Type::boolean, 0);
    if (expr.name == "migration")
        return unary_code(Type::boolean, Code::is_migration, reg, expr.span);
    if (const PteFlag* flag = find_pte_flag(expr.name))
        return unary_code(Type::boolean, Code::bit, reg, expr.span, flag->bit);
    std::vector<std::string_view> names;
    for (const PteFlag& flag : pte_flags) names.push_back(flag.name);
    names.insert(names.end(), {"none", "migration", "page"});
    return unknown_field(expr, pte, names);
}

Value Expressions::page_field(const ast::Expr& expr, const Value& page, const Context& context) {
    const std::uint8_t reg = e_.in_register(page, expr.span);
    const bool thp = e_.program().world.thp();
    if (expr.name == "refcount")
        return load(Type::number, Field::refcount, folio(reg, expr.span), expr.span);
    if (expr.name == "mapcount") {  // page_mapcount(): by PTEs and by PMDs
        const Value by_ptes = load(Type::number, Field::mapcount, reg, expr.span);
        if (!thp) return by_ptes;
        const Value by_pmds =
            load(Type::number, Field::entire_mapcount, folio(reg, expr.span), expr.span);
        e_.emit(Code::add, by_ptes.reg, by_ptes.reg, by_pmds.reg);
        return by_ptes;
    }
    if (expr.name == "large_mapcount")
        return thp ? unary_code(Type::number, Code::large_mapcount, reg, expr.span)
                   : constant(Type::number, 0);
    if (expr.name == "maybe_mapped_shared")
        return thp ? unary_code(Type::boolean, Code::mapped_shared, reg, expr.span)
                   : constant(Type::boolean, 0);
    if (expr.name == "entire_mapcount")
        return thp ? load(Type::number, Field::entire_mapcount, folio(reg, expr.span), expr.span)
                   : constant(Type::number, 0);
    if (expr.name == "compound" && !thp) return constant(Type::boolean, 0);
    if (expr.name == "compound") {
        const Value half = load(Type::number, Field::compound, reg, expr.span);
        return unary_code(Type::boolean, Code::bit, half.reg, expr.span, 3);
    }
    if (expr.name == "head") return in(Type::page, folio(reg, expr.span));
    if (expr.name == "other")
        return thp ? unary_code(Type::page, Code::other, reg, expr.span) : in(Type::page, reg);
    if (expr.name == "anon_exclusive")
        return load(Type::boolean, Field::anon_exclusive, reg, expr.span);
    if (expr.name == "locked")
        return load(Type::boolean, Field::locked, folio(reg, expr.span), expr.span);
    if (expr.name == "swapcache")
        return e_.program().world.swap() ? load(Type::boolean, Field::swapcache, reg, expr.span)
                                         : constant(Type::boolean, 0);
    if (expr.name == "dirty")
        return e_.program().world.swap() ? load(Type::boolean, Field::page_dirty, reg, expr.span)
                                         : constant(Type::boolean, 0);
    if (expr.name == "ksm")
        return e_.program().world.ksm() ? load(Type::boolean, Field::ksm, reg, expr.span)
                                        : constant(Type::boolean, 0);
    // A page with a name of its own need not be anonymous, or there.
    if (expr.name == "anon" && !context.property && !e_.program().world.has_backing() &&
        !page.constant && e_.is_page_in_use())
        return constant(Type::boolean, 1);
    if (expr.name == "anon") return unary_code(Type::boolean, Code::is_anon, reg, expr.span);
    if (expr.name == "counted") return unary_code(Type::boolean, Code::is_counted, reg, expr.span);
    if (expr.name == "free") return unary_code(Type::boolean, Code::is_free, reg, expr.span);
    return unknown_field(expr, page,
                         {"refcount", "mapcount", "anon_exclusive", "swapcache", "ksm", "dirty",
                          "locked", "anon", "counted", "free", "compound", "head", "other",
                          "entire_mapcount", "large_mapcount", "maybe_mapped_shared"});
}

Value Expressions::pin_field(const ast::Expr& expr, const Value& pin) {
    const std::uint8_t reg = e_.in_register(pin, expr.span);
    if (expr.name == "held") {
        const Value state = load(Type::number, Field::pin_state, reg, expr.span);
        const Value held = constant(Type::number, static_cast<std::int64_t>(PinState::held));
        const std::uint8_t right = e_.in_register(held, expr.span);
        const std::uint8_t result = e_.scratch(expr.span);
        e_.emit(Code::eq, result, state.reg, right);
        return in(Type::boolean, result);
    }
    if (expr.name == "mm") return load(Type::mm, Field::pin_mm, reg, expr.span);
    if (expr.name == "va") return load(Type::va, Field::pin_va, reg, expr.span);
    if (expr.name == "page") return load(Type::page, Field::pin_page, reg, expr.span);
    struct PinFlag {
        std::string_view name;
        Field field;
    };
    static constexpr std::array<PinFlag, 6> flags{{{"write", Field::pin_write},
                                                   {"foll_pin", Field::pin_foll_pin},
                                                   {"longterm", Field::pin_longterm},
                                                   {"attached", Field::pin_attached},
                                                   {"fork_crossed", Field::pin_crossed},
                                                   {"owned", Field::pin_owned}}};
    for (const auto& flag : flags)
        if (flag.name == expr.name) return load(Type::boolean, flag.field, reg, expr.span);
    return unknown_field(expr, pin,
                         {"held", "write", "foll_pin", "longterm", "attached", "fork_crossed",
                          "owned", "mm", "va", "page"});
}

// Bits that only a PTE which maps a page has; of others they say something else, which stays.
void Expressions::put_if_present(std::uint8_t pte, std::uint8_t yes, std::uint16_t bit,
                                 const SourceSpan& span) {
    const std::uint8_t present = e_.scratch(span);
    e_.emit(Code::bit, present, pte, 0, PteBit::present);
    const std::uint16_t skip = e_.emit(Code::jump_unless, present);
    e_.emit(Code::put_bit, pte, 0, yes, bit);
    e_.set_target(skip, e_.here());
}

Value Expressions::record(const std::vector<ast::RecordField>& fields, Value base,
                          const SourceSpan& span, Context& context) {
    const std::uint8_t source = e_.in_register(base, span);
    const std::uint8_t pte = e_.scratch(span);
    e_.emit(Code::move, pte, source);
    bool migration = false;
    const bool maps = std::any_of(fields.begin(), fields.end(),
                                  [](const auto& field) { return field.name == "page"; });
    for (const auto& field : fields) {
        if (field.name == "migration" && field.value.empty()) {
            migration = true;
            continue;
        }
        if (field.name == "page") {
            if (field.value.empty()) {
                e_.complain(field.span, "'page' wants a value: page = new");
                continue;
            }
            const Value page = compile(field.value[0], context, Type::page);
            e_.emit(Code::put_frame, pte, 0, e_.in_register(page, field.span));
            continue;
        }
        const PteFlag* flag = find_pte_flag(field.name);
        if (flag == nullptr || !flag->set) {
            std::vector<std::string_view> names{"page", "migration"};
            for (const PteFlag& known : pte_flags)
                if (known.set) names.push_back(known.name);
            e_.complain(field.span, "a PTE has no '" + field.name + "' to set",
                        did_you_mean(field.name, names));
            continue;
        }
        const Value value =
            field.value.empty() ? constant(Type::boolean, 1) : truth(field.value[0], context);
        const std::uint8_t yes = e_.in_register(value, field.span);
        if (flag->bit != PteBit::special || maps) {
            e_.emit(Code::put_bit, pte, 0, yes, flag->bit);
            continue;
        }
        if (base.constant)
            e_.complain(field.span, "'" + field.name +
                                        "' is of a PTE that maps a page; expected a page as well");
        put_if_present(pte, yes, flag->bit, field.span);
    }
    if (migration) {
        const std::uint8_t no = e_.in_register(constant(Type::boolean, 0), span);
        e_.emit(Code::put_bit, pte, 0, no, PteBit::present);
        const std::uint8_t yes = e_.in_register(constant(Type::boolean, 1), span);
        e_.emit(Code::put_bit, pte, 0, yes, PteBit::swap | PteBit::migration);
    }
    return in(Type::pte, pte);
}

}  // namespace cowcheck
