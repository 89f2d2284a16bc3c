// The larger steps, as macros (SPIN's own inlines take no members of structures).
// The names of parameters: m a process, v a virtual
// page, p a page, q a pin, t a thread, i an index, x the value of a PTE.
#include "model/export/prelude.h"

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
               threads();
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
    std::string raise(Event event, const std::string& page) const {
        if (p_.on_event[static_cast<std::size_t>(event)].entry == 0xffff) return "skip";
        return "at_" + std::string(event_table[static_cast<std::size_t>(event)].name) + "(0, 0, " +
               page + ", 0, 0)";
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
               define("store_value(m, v, p, bits)",
                      "forget_expected(" + pte + ");\npte[" + pte +
                          "].expects_zero = 0;\ncontent_changes(p, bits);\n"
                          "page[p].expected = 1 << (" +
                          pte + ")") +
               define("store(m, v, p)",
                      "if\n:: zapping_at(m, v) -> content_changes(p, (1 << (m)) | pins_of(m))\n"
                      ":: else -> store_value(m, v, p, (1 << (m)) | pins_of(m))\nfi");
    }

    std::string references() const {
        return define("underflow(p)", raise(Event::underflow, "p")) +
               define("free_page(p)", raise(Event::free, "p") + ";\n" + clear(Scope::page, "p")) +
               define("put_page(p, n)",
                      "if\n:: page[p].refcount < n -> underflow(p)\n"
                      ":: page[p].refcount == n -> page[p].refcount = 0; free_page(p)\n"
                      ":: else -> page[p].refcount = page[p].refcount - n\nfi") +
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
                          "if\n:: pin[q].owned && pin[q].attached && "
                          "!zapping_at(pin[q].mm, pin[q].va) ->\n"
                          "    store_value(pin[q].mm, pin[q].va, pin[q].page, " +
                          owners +
                          ")\n"
                          ":: pin[q].owned && (!pin[q].attached || "
                          "zapping_at(pin[q].mm, pin[q].va)) ->\n"
                          "    content_changes(pin[q].page, " +
                          owners +
                          ")\n"
                          ":: else -> content_changes(pin[q].page, " +
                          orphans + ")\nfi");
    }

    std::string tlb() const {
        std::string one;
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
            all += when(is, clear_all) + ";\n";
        }
        process = all.substr(0, all.size() - 2);
        return define("clear_tlb(i)", clear(Scope::tlb, "i")) +
               define("fill_tlb(i, x)", "tlb[i].valid = 1;\n"
                                        "tlb[i].writable = (has(x, WRITABLE) && has(x, DIRTY));\n"
                                        "tlb[i].page = frame_of(x)") +
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
                 "    (pin[#].state == PENDING || pin[#].page == frame_of(x))",
                 "pin[#].crossed = 1");
        return define("forget_mapping(m, v)", "forget_expected(" + pte + ");\npte[" + pte +
                                                  "].expects_zero = 1;\npte[" + pte +
                                                  "].wp_armed = 0" + (pins_ > 0 ? ";\n" : "") +
                                                  unroll(pins_, detached, ";\n")) +
               define("zap_pte(t, m, v)", "pte[" + pte +
                                              "].value = 0;\nforget_mapping(m, v);\n"
                                              "thread[t].zapping = 1") +
               define("share_pte(m, c, v, x)",
                      unroll(pins_, crossed, ";\n") + (pins_ > 0 ? ";\n" : "") + "pte[" +
                          at("c", "v") + "].mapped = pte[" + pte + "].mapped;\npte[" +
                          at("c", "v") + "].value = x");
    }

    std::string fork() const {
        // k and j are the indices of the parent's and the child's PTE.
        const std::string copies =
            when("((page[#].expected >> (k)) & 1) != 0 || frame_of(pte[j].value) == #",
                 "page[#].entitled = page[#].entitled | (1 << (c))") +
            ";\npage[#].expected = (page[#].expected & ~(1 << (j))) | "
            "((frame_of(pte[j].value) == # -> 1 : 0) << (j))";
        const std::string shares = when("((page[#].expected >> (k)) & 1) != 0 || maps_page(j, #)",
                                        "page[#].entitled = page[#].entitled | (1 << (c))") +
                                   ";\npage[#].expected = (page[#].expected & ~(1 << (j))) | "
                                   "(((page[#].expected >> (k)) & 1) << (j))";
        return define("new_mm(c)", "c = FIRST_FREE_MM;\nmm[c].life = FORKING") +
               define("inherit_copy(c, k, j)",
                      unroll(frames_, copies, ";\n") +
                          ";\npte[j].expects_zero = page[frame_of(pte[j].value)].zeroed") +
               define("inherit_shared(c, k, j)",
                      unroll(frames_, shares, ";\n") +
                          ";\npte[j].expects_zero = pte[k].expects_zero") +
               define("inherit(c, k, j)",
                      "pte[j].mapped = pte[k].mapped;\n"
                      "if\n:: has(pte[j].value, PRESENT) && "
                      "frame_of(pte[j].value) != frame_of(pte[k].value) -> inherit_copy(c, k, j)\n"
                      ":: else -> inherit_shared(c, k, j)\nfi") +
               define("start_mm(m, c)",
                      each_va("inherit(c, " + at("m", "#") + ", " + at("c", "#") + ")") +
                          ";\nmm[c].life = ALIVE");
    }

    std::string process() const {
        std::string body;
        for (unsigned v = 0; v < pages_; ++v) {
            const std::string va = std::to_string(v);
            body += "forget_mapping(m, " + va + ");\n" + clear(Scope::pte, at("m", va)) + ";\n";
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
        return define("bump_seq(m)",
                      "mm[m].write_protect_seq = 1 - mm[m].write_protect_seq;\n" +
                          unroll(threads_,
                                 when("thread[#].pc != 0 && thread[#].op_mm == (m) && "
                                      "thread[#].seq_watch == 1",
                                      "thread[#].seq_watch = 2"),
                                 ";\n")) +
               define("note_shared(t, m, x)",
                      when("has(x, PRESENT)", "thread[t].fault_shared = "
                                              "reachable_by_others(m, frame_of(x))")) +
               define("finish(t)",
                      clear(Scope::thread, "t") + (o_.concurrency > 0 ? ";\nrunning--" : ""));
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
