// The larger steps, as macros (SPIN's own inlines take no members of structures).
// The names of parameters: m a process, v a virtual
// page, p a page, q a pin, t a thread, i an index, x the value of a PTE.
#include "model/export/prelude.h"
#include "model/export/steps.h"

namespace cowcheck::promela {

namespace {

class Macros {
public:
    Macros(const Program& program, const ExportOptions& options)
        : p_(program), o_(options), pages_(program.layout.pages),
          frames_(program.layout.size(Scope::page)), pins_(program.layout.size(Scope::pin)),
          threads_(program.layout.size(Scope::thread)) {}

    std::string text() const {
        return content() + references() + pins() + tlb() + mapping() + fork() + process() +
               threads() + folios() + searches() + batches() + notifiers();
    }

private:
    static std::string define(const std::string& head, const std::string& body) {
        std::string text = "#define " + head;
        for (std::size_t begin = 0; begin < body.size();) {
            const std::size_t end = std::min(body.find('\n', begin), body.size());
            text += " \\\n    " + body.substr(begin, end - begin);
            begin = end + 1;
        }
        return text + "\n";
    }
    static std::string when(const std::string& condition, const std::string& then) {
        return "if :: " + condition + " -> " + then + " :: else fi";
    }
    // Statements that set all fields of one element of a scope to zero.
    [[nodiscard]] std::string clear(Scope scope, const std::string& index) const {
        std::string text;
        for (std::size_t i = 0; i < field_table.size(); ++i)
            if (field_table[i].scope == scope && p_.layout.has(static_cast<Field>(i)))
                text += (text.empty() ? "" : "; ") + std::string(array_name(scope)) + "[" + index +
                        "]." + std::string(member_name(static_cast<Field>(i))) + " = 0";
        return text;
    }
    std::string raise(Event event, const std::string& page,
                      const std::string& where = "0, 0") const {
        if (p_.on_event[static_cast<std::size_t>(event)].entry == 0xffff) return "skip";
        return "at_" + std::string(event_table[static_cast<std::size_t>(event)].name) + "(" +
               where + ", " + page + ", 0, 0)";
    }
    std::string at(const std::string& m, const std::string& v) const {
        return index_text(p_, m, v);
    }
    std::string each_va(const std::string& pattern) const { return unroll(pages_, pattern, ";\n"); }

    std::string content() const {
        const std::string pte = at("m", "v");
        return define("forget_expected(i)",
                      unroll(frames_, "page[#].expected = page[#].expected & ~(1 << (i))", ";\n")) +
               define("content_changes(p, bits)",
                      "page[p].expected = 0;\npage[p].entitled = bits;\npage[p].zeroed = 0") +
               define("store_value(m, v, p, bits, zeroes)",
                      "forget_expected(" + pte + ");\npte[" + pte + "].expects_zero = " +
                          (p_.layout.has(Field::giving_up)
                               ? "(zeroes || pte[" + pte + "].giving_up != 0);\npte[" + pte +
                                     "].stored_meanwhile = (pte[" + pte + "].giving_up != 0)"
                               : std::string("zeroes")) +
                          ";\ncontent_changes(p, bits);\n"
                          "page[p].zeroed = zeroes;\npage[p].expected = (1 - zeroes) << (" +
                          pte + ")") +
               define("store(m, v, p, is_stale, zeroes)",
                      "if\n:: is_stale && zapping_at(m, v) ->\n"
                      "    content_changes(p, (1 << (m)) | pins_of(m));\n"
                      "    page[p].zeroed = zeroes\n"
                      ":: else ->\n    store_value(m, v, p, (1 << (m)) | pins_of(m), zeroes)" +
                          (p_.layout.has(Field::soft_dirty_owed)
                               ? ";\n    pte[" + pte + "].soft_dirty_owed = (pte[" + pte +
                                     "].soft_dirty_owed || (mm[m].soft_dirty_armed && "
                                     "has(leaf_or_detached(m, v), SOFT_DIRTY)))"
                               : std::string{}) +
                          "\nfi") +
               define("arm_soft_dirty(m, armed)",
                      "mm[m].soft_dirty_armed = armed" +
                          (p_.layout.has(Field::soft_dirty_owed)
                               ? ";\n" + each_va("pte[" + at("m", "#") + "].soft_dirty_owed = 0")
                               : std::string{})) +
               contracts();
    }

    // What is promised where an operation starts, and where it returns (model/contracts.h).
    std::string contracts() const {
        const std::string own = "pte[" + at("m", "v") + "].";
        std::string text = define("forget_content(m, v)", "forget_expected(" + at("m", "v") +
                                                              ");\n" + own + "expects_zero = 1");
        if (p_.layout.has(Field::giving_up)) {
            const std::string alone = when(own + "giving_up == 0", own + "stored_meanwhile = 0");
            const std::string less = own + "giving_up = " + own + "giving_up - 1;\n" + alone;
            text +=
                define("give_up(m, v)", alone + ";\n" + own + "expects_zero = 1;\n" + own +
                                            "giving_up = " + own + "giving_up + 1") +
                define("keep(m, v)", less) +
                define("give_up_for_good(m, v)",
                       when("!" + own + "stored_meanwhile", "forget_content(m, v)") + ";\n" + less);
        }
        if (p_.layout.has(Field::store_barred))
            text += define("bar_stores(m, v)",
                           when("(" + own + "store_barred & 3) == 0",
                                own + "store_barred = " + own + "store_barred + 1")) +
                    define("stores_are_barred(m, v)",
                           when("(" + own + "store_barred & 3) == 1",
                                own + "store_barred = (" + own + "store_barred == 1 -> 2 : " + own +
                                    "store_barred - 1)")) +
                    define("let_store(m, v, change)",
                           own + "store_barred = (" + own + "store_barred & ~3) + 4 * (change)");
        return text;
    }

    std::string references() const {
        const std::string held =
            "pin[q].state == HELD && " +
            std::string(thp() ? "head_of(pin[q].page) == head_of(p)" : "pin[q].page == (p)");
        const auto put = [](const std::string& free) {
            return "if\n:: page[p].refcount < n -> underflow(0, 0, p)\n"
                   ":: page[p].refcount == n -> page[p].refcount = 0; " +
                   free + "\n:: else -> page[p].refcount = page[p].refcount - n\nfi";
        };
        return define("underflow(m, v, p)",
                      "MUST_counting(false);\n" + raise(Event::underflow, "p", "m, v")) +
               define("overflow(m, v, p)",
                      "MUST_counting(false);\n" + raise(Event::overflow, "p", "m, v")) +
               define("take(p)", "MUST_counting(page[p].kind != FREE)") +
               define("take_mapped(x)",
                      "MUST_counting(!has(x, PRESENT) || page[frame_of(x)].kind != FREE)") +
               define("free_page(p)", "MUST_counting(references(p) == 0);\nlet_go(p)") +
               (pins_ == 0 ? std::string{}
                           : define("free_unpinned(p, q)",
                                    "MUST_counting(references(p) == (" + held +
                                        " -> (pin[q].foll_pin -> 1024 : 1) : 0));\nlet_go(p)") +
                                 define("unpin_page(p, n, q)", put("free_unpinned(p, q)"))) +
               define("let_go(p)",
                      raise(Event::free, "p") + ";\n" +
                          (thp() ? when("page[p].compound != 0",
                                        raise(Event::free, "page[p].other_half") + ";\n" +
                                            clear(Scope::page, "page[p].other_half")) +
                                       ";\n"
                                 : std::string{}) +
                          clear(Scope::page, "p")) +
               define("put_page(p, n)", put("free_page(p)")) +
               define("allocate(f)", "f = FIRST_FREE_PAGE;\npage[f].kind = ANON;\n"
                                     "page[f].refcount = 1") +
               define("copy_page(p, f)", "page[f].expected = page[p].expected;\n"
                                         "page[f].entitled = page[p].entitled;\n"
                                         "page[f].zeroed = page[p].zeroed");
    }

    std::string pins() const {
        if (pins_ == 0) return {};
        const std::string mms = std::to_string(p_.layout.mms);
        const bool dma = p_.on_event[static_cast<std::size_t>(Event::dma_write)].entry != 0xffff;
        std::string orphans = "(1 << (" + mms + " + (q)))";
        for (unsigned i = 0; i < pins_; ++i) {
            const std::string pin = "pin[" + std::to_string(i) + "].";
            orphans += " | (" + pin + "state != NO_PIN && !" + pin + "owned && " + pin +
                       "mm == pin[q].mm -> 1 << (" + mms + " + " + std::to_string(i) + ") : 0)";
        }
        const std::string owners =
            "(1 << (" + mms + " + (q))) | (1 << pin[q].mm) | pins_of(pin[q].mm)";
        return define("begin_pin(q, m, v, writes, foll_pin_, longterm_)",
                      "pin[q].state = PENDING; pin[q].write = writes;\n"
                      "pin[q].foll_pin = foll_pin_; pin[q].longterm = longterm_;\n"
                      "pin[q].owned = 1; pin[q].mm = m; pin[q].va = v;\n" +
                          unroll(frames_,
                                 "page[#].entitled = page[#].entitled | "
                                 "(((page[#].entitled >> (m)) & 1) << (" +
                                     mms + " + (q)))",
                                 ";\n")) +
               define("forget_pin(q)", clear(Scope::pin, "q") + ";\n" +
                                           unroll(frames_,
                                                  "page[#].entitled = page[#].entitled & ~(1 << (" +
                                                      mms + " + (q)))",
                                                  ";\n")) +
               define("attach(q)", "pin[q].crossed = 0;\n"
                                   "pin[q].attached = (pin[q].write || pin[q].foll_pin)") +
               define("dma_write(q)",
                      (dma ? "at_dma_write(pin[q].mm, pin[q].va, pin[q].page, q, 0);\n"
                           : std::string{}) +
                          (p_.layout.has(Field::page_dirty)
                               ? std::string("page[pin[q].page].page_dirty = 1;\n")
                               : std::string{}) +
                          "if\n:: pin[q].owned && pin[q].attached ->\n"
                          "    store_value(pin[q].mm, pin[q].va, pin[q].page, " +
                          owners +
                          ", 0)\n"
                          ":: pin[q].owned && !pin[q].attached ->\n"
                          "    content_changes(pin[q].page, " +
                          owners +
                          ")\n"
                          ":: else -> content_changes(pin[q].page, " +
                          orphans + ")\nfi");
    }

    std::string tlb() const {
        std::string one;
        std::string old;  // what is of a mapping that is zapped
        std::string all;
        std::string process;
        for (unsigned t = 0; t < p_.world.threads.size(); ++t) {
            const Thread& thread = p_.world.threads[t];
            if (thread.actor != Actor::cpu) continue;
            const std::string is = "(m) == " + process_constant(p_, thread.mm);
            const std::string cpu = std::to_string(thread.cpu);
            std::string clear_all;
            for (unsigned v = 0; v < pages_; ++v)
                clear_all +=
                    (v == 0 ? "clear_tlb(" : "; clear_tlb(") + at(cpu, std::to_string(v)) + ")";
            one += when(is, "clear_tlb(" + at(cpu, "v") + ")") + ";\n";
            old += std::string(old.empty() ? "" : ";\n") +
                   when(is, "tlb[" + at(cpu, "v") + "].stale = tlb[" + at(cpu, "v") + "].valid");
            all += when(is, clear_all) + ";\n";
        }
        process = all.substr(0, all.size() - 2);
        return define("clear_tlb(i)",
                      std::string("tlb[i].valid = 0; tlb[i].writable = 0; tlb[i].page = 0") +
                          (stale() ? "; tlb[i].stale = 0" : "")) +
               define("fill_tlb(i, x)", "tlb[i].valid = 1;\n"
                                        "tlb[i].writable = (has(x, WRITABLE) && has(x, DIRTY));\n"
                                        "tlb[i].page = frame_of(x)" +
                                            std::string(stale() ? ";\ntlb[i].stale = 0" : "")) +
               (stale() ? define("make_stale(m, v)", old) : std::string{}) +
               define("clear_tlbs_of(m)", process) +
               define("flush_page(t, m, v)", one + "thread[t].zapping = 0") +
               define("flush_all(t, m)", "clear_tlbs_of(m);\nthread[t].zapping = 0");
    }

    std::string mapping() const {
        const std::string pte = at("m", "v");
        const std::string detached =
            when("pin[#].state != NO_PIN && pin[#].owned && pin[#].mm == (m) && pin[#].va == (v)",
                 "pin[#].attached = 0");
        const std::string crossed =
            when("pin[#].state != NO_PIN && pin[#].owned && pin[#].mm == (m) && pin[#].va == (v) "
                 "&&\n    pin[#].write && !pin[#].foll_pin &&\n"
                 "    (pin[#].state == PENDING || pin[#].page == (p))",
                 "pin[#].crossed = 1");
        const std::string table =
            thp() ? ";\nset_leaf(c, v, x)" : ";\npte[" + at("c", "v") + "].value = x";
        std::string shared =
            "copy_vma(m, c, v);\ntake_mapped(x)" + table + ";\ncross_pins(m, v, frame_of(x))";
        if (thp())
            shared = "if\n:: has(x, HUGE) ->\n" + each_va("copy_vma(m, c, #)") +
                     ";\ntake_mapped(x)" + table + ";\n" +
                     each_va("cross_pins(m, #, subpage(frame_of(x), #))") + "\n:: else ->\n" +
                     shared + "\nfi";
        std::string ghosts = ".wp_armed = 0";
        if (p_.layout.has(Field::soft_dirty_owed))
            ghosts += "; pte[" + pte + "].soft_dirty_owed = 0";
        const std::string zapped = "end_generation(m, v);\n" +
                                   std::string(stale() ? "make_stale(m, v);\n" : "") +
                                   "thread[t].zapping = 1";
        return define("end_generation(m, v)", "pte[" + pte + "]" + ghosts +
                                                  (pins_ > 0 ? ";\n" : "") +
                                                  unroll(pins_, detached, ";\n")) +
               define("zapped_all(t, m, v)", zapped) +
               define("zapped_given_up(t, m, v)",
                      p_.layout.has(Field::giving_up)
                          ? when("pte[" + pte + "].giving_up != 0", zapped)
                          : std::string("skip")) +
               define(
                   "copy_vma(m, c, v)",
                   "pte[" + at("c", "v") + "].mapped = pte[" + pte + "].mapped" +
                       (p_.layout.has(Field::read_only)
                            ? "; pte[" + at("c", "v") + "].read_only = pte[" + pte + "].read_only"
                            : std::string{})) +
               define("cross_pins(m, v, p)", pins_ == 0 ? "skip" : unroll(pins_, crossed, ";\n")) +
               define("share_pte(m, c, v, x)", shared);
    }

    std::string fork() const {
        // x and y are for what the parent and the child have there.
        const std::string copies =
            when("((page[#].expected >> " + at("(m)", "v") + ") & 1) != 0 || frame_of(y) == #",
                 "page[#].entitled = page[#].entitled | (1 << (c))") +
            ";\npage[#].expected = (page[#].expected & ~(1 << " + at("(c)", "v") +
            ")) | ((frame_of(y) == # -> 1 : 0) << " + at("(c)", "v") + ")";
        const std::string shares =
            when("((page[#].expected >> " + at("(m)", "v") + ") & 1) != 0 || refers_to(y, #)",
                 "page[#].entitled = page[#].entitled | (1 << (c))") +
            ";\npage[#].expected = (page[#].expected & ~(1 << " + at("(c)", "v") +
            ")) | (((page[#].expected >> " + at("(m)", "v") + ") & 1) << " + at("(c)", "v") + ")";
        const std::string childs = "pte[" + at("c", "v") + "].";
        const std::string parents = "pte[" + at("m", "v") + "].";
        std::string inherits =
            "copy_vma(m, c, v);\nx = leaf(m, v);\ny = leaf(c, v);\n"
            "if\n:: has(y, PRESENT) && !refers_to(x, frame_of(y)) -> inherit_copy(m, c, v, x, y)\n"
            ":: else -> inherit_shared(m, c, v, x, y)\nfi";
        if (p_.layout.has(Field::store_barred))
            inherits += ";\n" + childs + "store_barred = (" + parents + "store_barred & 2)";
        if (p_.world.event_fork) inherits += ";\n" + childs + "wp_armed = " + parents + "wp_armed";
        if (p_.layout.has(Field::dont_copy))
            inherits = "if\n:: " + parents + "dont_copy -> " + childs +
                       "mapped = 0; forget_content(c, v); end_generation(c, v)\n:: else ->\n" +
                       inherits + "\nfi";
        return define("new_mm(c)", "c = FIRST_FREE_MM;\nmm[c].life = FORKING") +
               define("inherit_copy(m, c, v, x, y)",
                      unroll(frames_, copies, ";\n") + ";\n" + childs +
                          "expects_zero = page[frame_of(y)].zeroed") +
               define("inherit_shared(m, c, v, x, y)", unroll(frames_, shares, ";\n") + ";\n" +
                                                           childs + "expects_zero = " + parents +
                                                           "expects_zero") +
               define("inherit(m, c, v, x, y)", inherits) +
               define("start_mm(m, c, x, y)",
                      each_va("inherit(m, c, #, x, y)") + ";\nmm[c].life = ALIVE");
    }

    std::string process() const {
        std::string body;
        for (unsigned v = 0; v < pages_; ++v) {
            const std::string va = std::to_string(v);
            body += "forget_content(m, " + va + ");\nend_generation(m, " + va + ");\n" +
                    clear(Scope::pte, at("m", va)) + ";\n";
        }
        body += unroll(frames_, "page[#].entitled = page[#].entitled & ~(1 << (m))", ";\n") + ";\n";
        if (pins_ > 0)
            body += unroll(pins_,
                           when("pin[#].state != NO_PIN && pin[#].owned && pin[#].mm == (m)",
                                "pin[#].owned = 0"),
                           ";\n") +
                    ";\n";
        return define("end_mm(m)", body + "clear_tlbs_of(m);\n" + clear(Scope::mm, "m"));
    }

    std::string threads() const {
        std::string watchers;
        for (unsigned t = 0; t < threads_; ++t)
            if (p_.world.threads[t].actor != Actor::secondary_mmu)
                watchers +=
                    ";\n" + unroll_one(when("thread[#].pc != 0 && thread[#].op_mm == (m) && "
                                            "thread[#].seq_watch == 1",
                                            "thread[#].seq_watch = 2"),
                                       t);
        return define("bump_seq(m)",
                      "mm[m].write_protect_seq = 1 - mm[m].write_protect_seq" + watchers) +
               define("note_shared(t, m, x)",
                      when("has(x, PRESENT)", "thread[t].fault_shared = "
                                              "reachable_by_others(m, frame_of(x))")) +
               define("finish(t)",
                      clear(Scope::thread, "t") + (o_.concurrency > 0 ? ";\nrunning--" : ""));
    }

    static std::string unroll_one(const std::string& pattern, unsigned i) {
        std::string text;
        for (const char c : pattern) text += c == '#' ? std::to_string(i) : std::string(1, c);
        return text;
    }
    bool thp() const { return p_.layout.has(Field::pmd); }
    bool stale() const { return p_.layout.has(Field::tlb_stale); }

    std::string folios() const {
        if (!thp()) return {};
        const auto clear_halves = [&](const std::string& half) {
            return "page[" + half + "].compound = 0; page[" + half + "].other_half = 0;\npage[" +
                   half + "].refcount = page[" + half + "].mapcount + (" + half +
                   " == (p) -> n : 0);\n";
        };
        const auto let_go = [&](const std::string& half) {
            return when(half + " != (p)", "page[" + half + "].locked = 0") + ";\n" +
                   when("page[" + half + "].refcount == 0", "free_page(" + half + ")") + ";\n";
        };
        // Each process's share is a count of its own, of two bits.
        const auto mappings = [&](unsigned limit, const std::string& event, const char* sign) {
            const std::string count = "page[head_of(p)].mm_mapcount";
            return when("page[head_of(p)].compound != 0",
                        "if\n    :: ((" + count +
                            " >> (2 * (m))) & 3) == " + std::to_string(limit) + " -> " + event +
                            "(0, 0, head_of(p))\n    :: else -> " + count + " = " + count + " " +
                            sign + " (1 << (2 * (m)))\n    fi");
        };
        const std::string arm =
            when("!has(leaf_or_detached(m, #), UFFD_WP) && pte[" + at("m", "#") + "].wp_armed == 0",
                 "pte[" + at("m", "#") + "].wp_armed = 1");
        std::string arm_one = arm;
        for (std::size_t hash; (hash = arm_one.find('#')) != std::string::npos;)
            arm_one.replace(hash, 1, "v");
        return define("allocate_huge(f, x)",
                      "allocate(f);\nallocate(x);\npage[x].refcount = 0;\npage[f].compound = 1; "
                      "page[f].other_half = x;\npage[x].compound = 2; page[x].other_half = f") +
               define("copy_huge(x, f, y)", "copy_page(subpage(frame_of(x), 0), f);\n"
                                            "copy_page(subpage(frame_of(x), 1), y)") +
               define("split_folio(p, n, h, t)",
                      "h = head_of(p); t = other_of(h);\npage[h].mm_mapcount = 0;\n" +
                          clear_halves("h") + clear_halves("t") + let_go("h") + let_go("t") +
                          "page[p].locked = 1") +
               define("count_mapping(p, m)", mappings(3, "overflow", "+")) +
               define("uncount_mapping(p, m)", mappings(0, "underflow", "-")) +
               define("set_leaf(m, v, x)",
                      "if\n:: has(x, HUGE) && has(x, PRESENT) -> mm[m].pmd = ((x) & 255) | "
                      "(head_of(frame_of(x)) << 8)\n:: else -> pte[" +
                          at("m", "v") + "].value = x;\n    " +
                          when("(x) != 0 && mm[m].pmd == 0", "mm[m].pmd = TABLE") + "\nfi") +
               define("arm_leaf(m, v, x)", "if\n:: !has(x, UFFD_WP)\n:: has(x, UFFD_WP) && has(x, "
                                           "HUGE) && has(x, PRESENT) ->\n" +
                                               each_va(arm) + "\n:: else ->\n" + arm_one + "\nfi") +
               define("fill_table(m, x)",
                      each_va("pte[" + at("m", "#") +
                              "].value = ((x) & 255 & ~HUGE) | ((has(x, SPECIAL) -> " +
                              std::to_string(p_.world.frames) +
                              " : subpage(frame_of(x), #)) << 8)")) +
               define("zapped_pmd_all(t, m)", each_va("zapped_all(t, m, #)")) +
               define("zapped_pmd_given_up(t, m)", each_va("zapped_given_up(t, m, #)"));
    }

    std::string searches() const {
        std::string same;
        for (const char* ghost : {"expected", "entitled", "zeroed"})
            same += std::string(same.empty() ? "" : ";\n") + "page[p]." + ghost + " = page[p]." +
                    ghost + " | page[q]." + ghost + "; page[q]." + ghost + " = page[p]." + ghost;
        std::string text = define("make_identical(p, q)", same);
        if (p_.layout.has(Field::page_dirty))
            text +=
                define("swap_write(p)", "copy_page(p, " + std::to_string(p_.world.swap_frame()) +
                                            ");\npage[p].page_dirty = 0");
        return text;
    }

    // What an LRU batch lets go is kept in x: it may be freed.
    std::string batches() const {
        if (!p_.layout.has(Field::batch_valid)) return {};
        std::string all;
        for (unsigned i = 0; i < p_.layout.size(Scope::tlb); ++i)
            all += (i == 0 ? "lru_drain(" : ";\nlru_drain(") + std::to_string(i) + ", x)";
        return define("lru_drain(i, x)",
                      when("tlb[i].batch_valid", "x = tlb[i].batch_page; tlb[i].batch_valid = 0; "
                                                 "tlb[i].batch_page = 0; put_page(x, 1)")) +
               define("lru_drain_all(x)", all) +
               define("lru_drain_cpu(n, x)", each_va("lru_drain(" + at("n", "#") + ", x)")) +
               define("lru_add(i, p, x)",
                      "lru_drain(i, x);\ntake(p);\n" +
                          count_up("page[p].refcount", "1", p_.layout.largest(Field::refcount),
                                   "(0, 0, p)") +
                          ";\ntlb[i].batch_valid = 1; tlb[i].batch_page = p");
    }

    std::string notifiers() const {
        if (!p_.layout.has(Field::spte)) return {};
        std::string watchers;
        for (unsigned t = 0; t < threads_; ++t)
            if (p_.world.threads[t].actor == Actor::secondary_mmu)
                watchers += unroll_one(when("thread[#].pc != 0 && thread[#].op_mm == (m) && "
                                            "thread[#].op_va == (v) && thread[#].seq_watch == 1",
                                            "thread[#].seq_watch = 2"),
                                       t) +
                            ";\n";
        const std::string pte = "pte[" + at("m", "v") + "].";
        return define(
                   "notify(m, v, x)",
                   count_up(pte + "invalidating", "1", p_.layout.largest(Field::invalidating),
                            "(m, v, 0)") +
                       ";\n" + watchers + "x = " + pte + "spte; " + pte + "spte = 0;\n" +
                       when("has(x, PRESENT) && has(x, REFERENCED)", "put_page(frame_of(x), 1)")) +
               define("notify_end(m, v)", count_down(pte + "invalidating", "1", "(m, v, 0)")) +
               define("notify_all(m, x)", each_va("notify(m, #, x)"));
    }

    const Program& p_;
    const ExportOptions& o_;
    unsigned pages_;
    unsigned frames_;
    unsigned pins_;
    unsigned threads_;
};

}  // namespace

std::string macros(const Program& program, const ExportOptions& options) {
    return Macros(program, options).text();
}

}  // namespace cowcheck::promela
