// Pages of THPs, as expressions and statements.
#include "model/export/steps.h"

namespace cowcheck::promela {

// Pages of THPs: what may be asked, and what is done to them.
bool Steps::folio_values(Walk& w, const Instruction& i) {
    const Value b = w.registers[i.b];
    const Value c = w.registers[i.c];
    const Footprint halves = footprint(Field::compound) | footprint(Field::other_half);
    const auto is = [&](const std::string& name, std::initializer_list<Value> of, Footprint reads) {
        set(w, i.a, pure(w, name, of, reads));
        return true;
    };
    switch (i.code) {
    case Code::leaf: set(w, i.a, pte_of(w, b, c, i.imm != 0)); return true;
    case Code::head: return has_thp() ? is("head_of", {b}, halves) : (set(w, i.a, b), true);
    case Code::other: return has_thp() ? is("other_of", {b}, halves) : (set(w, i.a, b), true);
    case Code::subpage: return has_thp() ? is("subpage", {b, c}, halves) : (set(w, i.a, b), true);
    case Code::large_mapcount:
        return is("large_mapcount", {b}, halves | footprint(Field::mm_mapcount));
    case Code::mapped_shared:
        return is("maybe_mapped_shared", {b}, halves | footprint(Field::mm_mapcount));
    default: no_such(i);
    }
}

bool Steps::folios(Walk& w, const Instruction& i) {
    const Expr a = w.registers[i.a].now;
    const Expr b = w.registers[i.b].now;
    const Footprint map = footprint(Field::pmd) | footprint(Field::pte);
    switch (i.code) {
    case Code::count_mapping:
        effect(w,
               (i.imm != 0 ? "count_mapping(" : "uncount_mapping(") + render(a) + ", " + render(b) +
                   ")",
               footprint(Field::mm_mapcount));
        return true;
    case Code::set_pmd:
        effect(w, "take_mapped(" + render(a) + ")", 0);
        effect(w, render(field(Field::pmd, b)) + " = " + render(a), footprint(Field::pmd));
        return true;
    case Code::fill_table:
        effect(w, "fill_table" + in_brackets(render(b), stable(w, a, footprint(Field::pte))),
               footprint(Field::pte));
        return true;
    case Code::zap_pmd:
        effect(w, "mm[" + mm(w) + "].pmd = 0", map);
        if (const auto zap = static_cast<Zap>(i.imm); zap != Zap::breaks_promise)
            effect(w,
                   (zap == Zap::ends_all ? "zapped_pmd_all" : "zapped_pmd_given_up") +
                       in_brackets(actor_.thread, mm(w)),
                   map | footprint(Scope::pte) | footprint(Field::pin_attached) |
                       footprint(Field::tlb_stale) | footprint(Field::zapping));
        return true;
    case Code::copy_into:
        effect(w, "copy_page" + in_brackets(stable(w, b, content), stable(w, a, content)), content);
        return true;
    case Code::alloc_huge:
    case Code::copy_huge: huge_allocation(w, i); return true;
    case Code::split_folio: {
        const Value page = w.registers[i.b];
        const std::string extra = std::to_string(i.imm);
        return choose(
            w, i,
            pure(w, "can_split", {page, {number(i.imm), number(i.imm)}}, footprint(Scope::page)),
            [&](Walk& can) {
                const std::string head = temporary(can);
                const std::string tail = temporary(can);
                const std::string whom = stable(can, page.now, footprint(Scope::page));
                effect(can, "split_folio(" + whom + ", " + extra + ", " + head + ", " + tail + ")",
                       footprint(Scope::page));
            });
    }
    default: return folio_values(w, i);
    }
}

void Steps::huge_allocation(Walk& w, const Instruction& i) {
    (void)block_unless(w, whole(w, "TWO_PAGES_ARE_FREE", footprint(Field::kind)), Blocked::frames);
    const std::string from = stable(w, w.registers[i.b].now, footprint(Scope::page));
    const std::string tail = temporary(w);
    const std::string to = destination(w, i);
    effect(w, "allocate_huge" + in_brackets(to, tail), footprint(Scope::page));
    if (i.code == Code::alloc_huge) {
        effect(w, "page[" + to + "].zeroed = 1; page[" + tail + "].zeroed = 1", content);
    } else {
        w.uses_note = true;
        const std::string needed = temporary(w);
        effect(w,
               needed + " = " + me(Field::fault_shared) + " || huge_copy_is_needed" +
                   in_brackets(mm(w), from),
               0);
        effect(w, "copy_huge(" + from + ", " + to + ", " + tail + ")", content);
        if (i.imm != 0)
            raise(w, Event::cow_copy, render(w.registers[Reg::va].now), "frame_of(" + from + ")",
                  "0", needed);
    }
    set(w, i.a, {atom(to, locals_footprint), nullptr});
}

}  // namespace cowcheck::promela
