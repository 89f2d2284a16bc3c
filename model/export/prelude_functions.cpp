// What may be asked about a state: macros that only look.
#include "model/export/prelude.h"
#include "model/export/steps.h"

#include <functional>
#include <map>

namespace cowcheck::promela {

namespace {

std::string define(const std::string& name, const std::string& text) {
    return "#define " + name + " " + text + "\n";
}

// "(page[0].kind == FREE -> 0 : (page[1].kind == FREE -> 1 : 2))"
std::string first_free(const std::string& array, const std::string& test, unsigned count) {
    std::string text;
    for (unsigned i = 0; i + 1 < count; ++i)
        text += "(" + array + "[" + std::to_string(i) + "]." + test + " -> " + std::to_string(i) +
                " : ";
    return text + std::to_string(count - 1) + std::string(count - 1, ')');
}

std::string free_things(const Program& p) {
    const auto any = [&](const std::string& array, const std::string& test, unsigned count) {
        return "(" + unroll(count, array + "[#]." + test, " || ") + ")";
    };
    const unsigned pages = p.layout.size(Scope::page);
    std::string pairs;  // two of them
    for (unsigned i = 0; i < pages; ++i)
        pairs += (i == 0 ? "(page[" : " + (page[") + std::to_string(i) + "].kind == FREE)";
    const unsigned pins = p.layout.size(Scope::pin);
    std::string text =
        define("SOME_PAGE_IS_FREE", any("page", "kind == FREE", pages)) +
        define("TWO_PAGES_ARE_FREE", "(" + pairs + " >= 2)") +
        define("FIRST_FREE_PAGE", first_free("page", "kind == FREE", pages)) +
        define("SOME_MM_IS_FREE", any("mm", "life == NO_PROCESS", p.layout.mms)) +
        define("FIRST_FREE_MM", first_free("mm", "life == NO_PROCESS", p.layout.mms));
    if (pins > 0)
        text += define("SOME_PIN_IS_FREE", any("pin", "state == NO_PIN", pins)) +
                define("FIRST_FREE_PIN", first_free("pin", "state == NO_PIN", pins));
    return text;
}

// Whether thread t's handler keeps page p in a local.
std::string works_on(const Program& p, const Locals& locals) {
    std::map<std::string, std::vector<unsigned>> rests;
    for (unsigned r = 1; r < p.rests.size(); ++r) {
        std::string text;
        for (const Locals::Frame& frame : locals.frames(r)) {
            const std::string member = "thread[t]." + locals.variables()[frame.variable].name;
            const std::string frame_there = frame.pte ? "frame_of(" + member + ")" : member;
            const std::string same = p.layout.has(Field::pmd)
                                         ? "head_of(" + frame_there + ") == head_of(p)"
                                         : frame_there + " == (p)";
            text +=
                (text.empty() ? "" : " || ") +
                (frame.pte ? "(has(" + member + ", PRESENT | MIGRATION) && " + same + ")" : same);
        }
        if (!text.empty()) rests["(" + text + ")"].push_back(r);
    }
    std::string text;
    for (const auto& [test, at] : rests)
        text += (text.empty() ? "" : " || \\\n    ") + ("(" + rests_at(at) + " && " + test + ")");
    return text.empty() ? "false" : "(" + text + ")";
}

std::string irqs_off(const Program& p) {
    std::vector<unsigned> off;
    for (unsigned r = 1; r < p.rests.size(); ++r)
        if ((p.rests[r].held & Held::irqs_off) != 0) off.push_back(r);
    std::string in;
    for (unsigned t = 0; t < p.world.threads.size(); ++t) {
        const Thread& thread = p.world.threads[t];
        if (thread.actor != cowcheck::Actor::cpu) continue;
        const std::string number = std::to_string(t);
        in += std::string(in.empty() ? "" : " || ") + "((m) == " + process_constant(p, thread.mm) +
              " && (t) != " + number + " && irqs_off(" + number + "))";
    }
    return define("irqs_off(t)", rests_at(off)) + define("irqs_off_in(m, t)", "(" + in + ")");
}

class Functions {
public:
    Functions(const Program& program, const Locals& locals)
        : p_(program), l_(program.layout), locals_(locals), thp_(l_.has(Field::pmd)),
          at_(index_text(program, "m", "v")) {}

    std::string text() const {
        return free_things(p_) + leaves() + counts() + threads() + ghosts() + searches() +
               define("works_on(t, p)", works_on(p_, locals_)) + reachable();
    }

private:
    static std::string any(const std::string& text) {
        return text.empty() ? "false" : "(" + text + ")";
    }
    static std::string any(unsigned n, std::string_view pattern) {
        return n == 0 ? "false" : "(" + unroll(n, pattern, " || ") + ")";
    }
    // One text for each PTE of each process, with what stands between them.
    std::string each_pte(const std::function<std::string(const std::string& m, const std::string& v,
                                                         const std::string& i)>& one,
                         const std::string& between) const {
        std::string text;
        for (unsigned i = 0; i < l_.size(Scope::pte); ++i)
            text += (text.empty() ? "" : between) + one(process_constant(p_, i / l_.pages),
                                                        std::to_string(i % l_.pages),
                                                        std::to_string(i));
        return text;
    }

    // What maps a page: the PMD if it is a huge one, else the PTE; and who is whose half.
    std::string leaves() const {
        if (!thp_)
            return define("leaf(m, v)", "pte[" + at_ + "].value") +
                   define("leaf_or_detached(m, v)", "pte[" + at_ + "].value");
        const std::string huge = "(has(mm[m].pmd, HUGE) -> (mm[m].pmd & 255) | "
                                 "(subpage(frame_of(mm[m].pmd), v) << 8) : ";
        const std::string large =
            unroll(l_.mms, "((page[head_of(p)].mm_mapcount >> (2 * #)) & 3)", " + ");
        const std::string who =
            unroll(l_.mms, "(((page[head_of(p)].mm_mapcount >> (2 * #)) & 3) != 0)", " + ");
        return define("head_of(p)", "(page[p].compound == 2 -> page[p].other_half : (p))") +
               define("other_of(p)", "(page[p].compound != 0 -> page[p].other_half : (p))") +
               define("subpage(p, v)", "((v) % 2 == 0 -> head_of(p) : other_of(head_of(p)))") +
               define("leaf_or_detached(m, v)", huge + "pte[" + at_ + "].value)") +
               define("leaf(m, v)", huge + "(mm[m].pmd == 0 -> 0 : pte[" + at_ + "].value))") +
               define("large_mapcount(p)", "(" + large + ")") +
               define("maybe_mapped_shared(p)", "((" + who + ") > 1)") +
               define("can_split(p, n)",
                      "(head_of(p) != other_of(head_of(p)) && "
                      "page[head_of(p)].entire_mapcount == 0 && page[head_of(p)].refcount == "
                      "page[head_of(p)].mapcount + page[other_of(head_of(p))].mapcount + n)") +
               define("huge_copy_is_needed(m, x)",
                      "(" +
                          unroll(Limits::subpages,
                                 "page[subpage(frame_of(x), #)].kind != ANON || "
                                 "reachable_by_others(m, subpage(frame_of(x), #))",
                                 " || ") +
                          ")");
    }

    std::string maps_at() const {
        if (!thp_)
            return define("maps_at(m, v, p)", "(has(pte[" + at_ +
                                                  "].value, PRESENT) && "
                                                  "frame_of(pte[" +
                                                  at_ + "].value) == (p))");
        return define("maps_at(m, v, p)", "(has(mm[m].pmd, HUGE) -> has(mm[m].pmd, PRESENT) && "
                                          "subpage(frame_of(mm[m].pmd), v) == (p) : has(pte[" +
                                              at_ + "].value, PRESENT) && frame_of(pte[" + at_ +
                                              "].value) == (p))");
    }

    std::string counts() const {
        const auto maps = [](const std::string& m, const std::string& v, const std::string&) {
            return "maps_at(" + m + ", " + v + ", p)";
        };
        const auto swapped = [](const std::string& m, const std::string&, const std::string& i) {
            return "((m) != " + m + " && has(pte[" + i + "].value, SWAP) && !has(pte[" + i +
                   "].value, PRESENT | MIGRATION))";
        };
        std::string pmds;
        for (unsigned mm = 0; thp_ && mm < l_.mms; ++mm) {
            const std::string pmd = "mm[" + process_constant(p_, mm) + "].pmd";
            pmds += (mm == 0 ? "(has(" : " + (has(") + pmd + ", HUGE) && frame_of(" + pmd +
                    ") == head_of(p))";
        }
        std::string text = maps_at() + define("mappings(p)", "(" + each_pte(maps, " + ") + ")") +
                           define("pmd_mappings(p)", thp_ ? "(" + pmds + ")" : "0");
        if (l_.has(Field::swapcache))
            text += define("swap_entries(m)", "(" + each_pte(swapped, " + ") + ")");
        const std::string but_pins = references_but_pins();
        std::string pins;
        for (unsigned i = 0; i < l_.size(Scope::pin); ++i) {
            const std::string pin = "pin[" + std::to_string(i) + "].";
            pins += " + (" + pin + "state == HELD && " +
                    (thp_ ? "head_of(" + pin + "page) == head_of(p)" : pin + "page == (p)") +
                    " -> (" + pin + "foll_pin -> FOLL_PIN_COUNTS : 1) : 0)";
        }
        for (const bool all : {true, false}) {
            std::string own = pins;
            const std::string word = "FOLL_PIN_COUNTS";
            for (std::size_t at; (at = own.find(word)) != std::string::npos;)
                own.replace(at, word.size(), all ? "1024" : "0");
            text += define(all ? "references(p)" : "references_but_pins(p)",
                           "(" + but_pins + own + ")");
        }
        return text;
    }

    std::string references_but_pins() const {
        std::string text = "(page[p].kind == ZEROPAGE -> 1 : mappings(p)) + "
                           "(page[p].kind == PAGE_CACHE)";
        if (thp_) text += " + (other_of(p) != (p) -> mappings(other_of(p)) - pmd_mappings(p) : 0)";
        if (l_.has(Field::swapcache))
            text += " + ((p) == " + std::to_string(p_.world.swap_frame()) + " -> swap_entries(" +
                    std::to_string(l_.mms) + ") : page[p].swapcache)";
        for (unsigned i = 0; l_.has(Field::batch_valid) && i < l_.size(Scope::tlb); ++i) {
            const std::string entry = "tlb[" + std::to_string(i) + "].";
            text += " + (" + entry + "batch_valid && " + entry + "batch_page == (p))";
        }
        for (unsigned i = 0; l_.has(Field::spte) && i < l_.size(Scope::pte); ++i) {
            const std::string entry = "pte[" + std::to_string(i) + "].spte";
            text += " + (has(" + entry + ", PRESENT) && has(" + entry +
                    ", REFERENCED) && frame_of(" + entry + ") == (p))";
        }
        return text;
    }

    std::string threads() const {
        const unsigned threads = l_.size(Scope::thread);
        std::string stale;  // translations of what was zapped
        std::string valid;
        for (const Thread& thread : p_.world.threads) {
            if (thread.actor != cowcheck::Actor::cpu) continue;
            const std::string entry = process_constant(p_, thread.mm) + " && tlb[" +
                                      index_text(p_, std::to_string(thread.cpu), "v") + "].";
            valid += (valid.empty() ? "((m) == " : " || ((m) == ") + entry + "valid)";
            if (l_.has(Field::tlb_stale))
                stale += (stale.empty() ? "((m) == " : " || ((m) == ") + entry + "stale)";
        }
        return define("has_stale_tlb(m, v)", any(stale)) + define("translated(m, v)", any(valid)) +
               define("zapping_at(m, v)",
                      any(threads, "(thread[#].zapping && thread[#].op_mm == (m) && "
                                   "(thread[#].op_va == (v) || has_stale_tlb(m, v)))")) +
               define("quiet_in(m)",
                      "(" +
                          unroll(threads, "(thread[#].pc == 0 || thread[#].op_mm != (m))", " && ") +
                          ")") +
               define("nobody_else_in(m, t)",
                      "(" +
                          unroll(threads,
                                 "((t) == # || thread[#].pc == 0 || thread[#].op_mm != (m))",
                                 " && ") +
                          ")") +
               define("QUIET", "(" + unroll(threads, "thread[#].pc == 0", " && ") + ")") +
               irqs_off(p_);
    }

    std::string ghosts() const {
        const unsigned pins = l_.size(Scope::pin);
        const std::string own =
            "(pin[#].state != NO_PIN && pin[#].owned && pin[#].mm == (m) -> 1 << (" +
            std::to_string(l_.mms) + " + #) : 0)";
        const std::string zeroes = "pte[" + at_ + "].expects_zero";
        return define("mm_entitled(m, p)",
                      "(page[p].zeroed || ((page[p].entitled >> (m)) & 1) != 0)") +
               define("pin_entitled(q, p)",
                      "mm_entitled(" + std::to_string(l_.mms) + " + (q), p)") +
               define("holds_expected(m, v, p)", "(((page[p].expected >> (" + at_ +
                                                     ")) & 1) != 0 || (page[p].zeroed && " +
                                                     zeroes + "))") +
               (l_.has(Field::store_barred)
                    ? define("stores_barred(m, v)", "((pte[" + at_ + "].store_barred & 2) != 0)")
                    : std::string{}) +
               define("wp_promised(m, v)", "(pte[" + at_ + "].wp_armed == 2)") +
               define("pins_of(m)", pins == 0 ? "0" : "(" + unroll(pins, own, " | ") + ")");
    }

    // The first PTE that fits, or what is said of there being none.
    std::string first(const std::string& fits, const std::string& what,
                      const std::string& none) const {
        std::string text;
        for (unsigned i = 0; i < l_.size(Scope::pte); ++i)
            text += "(" + unroll_one(fits, i) + " -> " + unroll_one(what, i) + " : ";
        return text + none + std::string(l_.size(Scope::pte), ')');
    }
    static std::string unroll_one(const std::string& pattern, unsigned i) {
        std::string text;
        for (const char c : pattern) text += c == '#' ? std::to_string(i) : std::string(1, c);
        return text;
    }

    std::string searches() const {
        const unsigned ptes = l_.size(Scope::pte);
        const std::string entry =
            "(refers_to(pte[#].value, p) && is_migration_entry(pte[#].value))";
        const std::string mapping =
            "(refers_to(pte[#].value, p) && !is_migration_entry(pte[#].value))";
        std::string text =
            define("has_mapping(p)", any(ptes, mapping)) +
            define("has_migration_entry(p)", any(ptes, entry)) +
            define("first_mapping(p)", first(mapping, "#", "0")) +
            define("first_migration_entry(p)", first(entry, "#", "0")) +
            define("hold_the_same(p, q)", "((page[p].zeroed && page[q].zeroed) || "
                                          "(page[p].expected & page[q].expected) != 0)");
        const auto twin = [&](bool ksm, const std::string& none) {
            const std::string frame = "frame_of(pte[#].value)";
            const std::string is_ksm = l_.has(Field::ksm) ? std::string(" && ") + (ksm ? "" : "!") +
                                                                "page[" + frame + "].ksm"
                                       : ksm ? std::string(" && false")
                                             : std::string{};
            return first("(has(pte[#].value, PRESENT) && " + frame + " != (p) && page[" + frame +
                             "].kind == ANON" + is_ksm + " && hold_the_same(p, " + frame + "))",
                         frame, none);
        };
        text += define("twin(p)", twin(true, twin(false, "(p)")));
        std::string cache;
        const unsigned frames = l_.has(Field::swapcache) ? p_.world.frames : 0;
        for (unsigned f = 0; f < frames; ++f)
            cache += "(page[" + std::to_string(f) + "].swapcache -> " + std::to_string(f) + " : ";
        return text + define("SWAP_CACHE", cache + std::to_string(p_.world.swap_frame()) +
                                               std::string(frames, ')'));
    }

    std::string reachable() const {
        const unsigned pins = l_.size(Scope::pin);
        const auto foreign = [](const std::string& m, const std::string& v, const std::string& i) {
            return "((m) != " + m + " && (maps_at(" + m + ", " + v +
                   ", p) || (is_migration_entry(pte[" + i + "].value) && frame_of(pte[" + i +
                   "].value) == (p))))";
        };
        const auto awaited = [](const std::string& m, const std::string&, const std::string& i) {
            return "((m) != " + m + " && is_migration_entry(pte[" + i + "].value))";
        };
        const auto secondary = [](const std::string& m, const std::string&, const std::string& i) {
            return "((m) != " + m + " && has(pte[" + i + "].spte, PRESENT) && frame_of(pte[" + i +
                   "].spte) == (p))";
        };
        std::string at_work;
        for (unsigned t = 0; t < l_.size(Scope::thread); ++t) {
            const std::string thread = "thread[" + std::to_string(t) + "]";
            const std::string walks = p_.world.threads[t].actor == cowcheck::Actor::kernel
                                          ? " || some_entry_awaits(m)"
                                          : "";
            at_work += (t == 0 ? "(" : " || (") + thread + ".pc != 0 && (" + thread +
                       ".op_mm != (m)" + walks + ") && works_on(" + std::to_string(t) + ", p))";
        }
        const std::string held = "(pin[#].state == HELD && pin[#].page == (p) && (!pin[#].owned || "
                                 "pin[#].mm != (m)))";
        return define("some_entry_awaits(m)", any(each_pte(awaited, " || "))) +
               define("reachable_by_others(m, p)",
                      "(page[p].kind != ANON" +
                          std::string(l_.has(Field::ksm) ? " || page[p].ksm" : "") +
                          (l_.has(Field::swapcache)
                               ? " || (page[p].swapcache && swap_entries(m) > 0)"
                               : "") +
                          " || \\\n    " + any(each_pte(foreign, " || ")) + " || \\\n    " +
                          (l_.has(Field::spte) ? any(each_pte(secondary, " || ")) + " || \\\n    "
                                               : std::string{}) +
                          any(pins, held) + " || \\\n    " + any(at_work) + ")");
    }

    const Program& p_;
    const Layout& l_;
    const Locals& locals_;
    bool thp_;
    std::string at_;  // the index of m's PTE at v
};

}  // namespace

std::string functions(const Program& program, const Locals& locals) {
    return Functions(program, locals).text();
}

}  // namespace cowcheck::promela
