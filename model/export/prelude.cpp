// The state and what may be asked about it.
#include "model/export/prelude.h"

#include <algorithm>
#include <bit>
#include <cctype>

namespace cowcheck::promela {

namespace {

std::string define(const std::string& name, const std::string& text) {
    return "#define " + name + " " + text + "\n";
}

std::string members_of(const Layout& layout, Scope scope) {
    std::string text;
    for (std::size_t i = 0; i < field_table.size(); ++i) {
        const FieldInfo& f = field_table[i];
        if (f.scope != scope || !layout.has(static_cast<Field>(i))) continue;
        const std::string name(member_name(static_cast<Field>(i)));
        const std::string declared =
            f.bits == 1 ? "bit " + name : "unsigned " + name + " : " + std::to_string(f.bits);
        text += "    " + declared + ";" +
                std::string(30 - std::min<std::size_t>(29, declared.size()), ' ') + "/* " +
                std::string(f.what) + " */\n";
    }
    return text;
}

std::string type_name(Scope scope) {
    std::string name(array_name(scope));
    name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
    return name;
}

std::string constants() {
    std::string text =
        "/* The values of mm.life, page.kind and pin.state, and the bits of pte.value. */\n";
    const auto enumeration = [&](std::initializer_list<std::string_view> names) {
        unsigned value = 0;
        for (const auto name : names) text += define(std::string(name), std::to_string(value++));
    };
    enumeration({"NO_PROCESS", "ALIVE", "FORKING", "EXITING"});
    enumeration({"FREE", "ANON", "ZEROPAGE", "PAGE_CACHE"});
    enumeration({"NO_PIN", "PENDING", "HELD"});
    for (unsigned bit = PteBit::present; bit <= PteBit::special; bit <<= 1U)
        text += define(pte_bits(bit), std::to_string(bit));
    text += define("has(x, bits)", "(((x) & (bits)) != 0)");
    text += define("frame_of(x)", "((x) >> " + std::to_string(PteBit::frame_shift) + ")");
    text += define("maps(p)", "(PRESENT | ((p) << " + std::to_string(PteBit::frame_shift) + "))");
    text += define("with_frame(x, p)",
                   "(((x) & " + std::to_string((1U << PteBit::frame_shift) - 1U) + ") | maps(p))");
    return text;
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
    const unsigned pins = p.layout.size(Scope::pin);
    std::string text =
        define("SOME_PAGE_IS_FREE", any("page", "kind == FREE", pages)) +
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
            const std::string has = "(has(" + member + ", PRESENT) && frame_of(" + member + ")";
            text +=
                (text.empty() ? "" : " || ") + (frame.pte ? has + " == (p))" : member + " == (p)");
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

}  // namespace

std::string unroll(unsigned count, std::string_view pattern, std::string_view between) {
    std::string text;
    for (unsigned i = 0; i < count; ++i) {
        if (i > 0) text += between;
        for (const char c : pattern) text += c == '#' ? std::to_string(i) : std::string(1, c);
    }
    return text;
}

std::string identifier(std::string_view name) {
    std::string text;
    for (const char c : name) text += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    return text;
}

std::string process_constant(const Program& program, unsigned mm) {
    return "MM_" + upper(identifier(program.world.processes[mm].name));
}

std::string rests_at(const std::vector<unsigned>& rests) {
    std::string text;
    for (std::size_t i = 0; i < rests.size();) {
        std::size_t last = i;
        while (last + 1 < rests.size() && rests[last + 1] == rests[last] + 1) ++last;
        const std::string first = std::to_string(rests[i]);
        text += text.empty() ? "" : " || ";
        if (last == i)
            text += "thread[t].pc == " + first;
        else
            text += "(thread[t].pc >= " + first +
                    " && thread[t].pc <= " + std::to_string(rests[last]) + ")";
        i = last + 1;
    }
    return text.empty() ? "false" : "(" + text + ")";
}

std::string declarations(const Program& program, const Locals& locals,
                         const ExportOptions& options) {
    const Layout& l = program.layout;
    std::string text = constants();
    for (unsigned mm = 0; mm < l.mms; ++mm)
        text += define(process_constant(program, mm), std::to_string(mm));
    if (l.pages > 1)
        text += "/* The PTE of process m, or TLB entry of CPU m, for virtual page v. */\n" +
                define("AT(m, v)", "((m) * " + std::to_string(l.pages) + " + (v))");
    std::vector<bool> used(locals.variables().size(), false);
    for (unsigned r = 1; r < program.rests.size(); ++r)
        for (const unsigned variable : locals.live(r)) used[variable] = true;
    for (std::size_t s = 0; s < scope_count; ++s) {
        const auto scope = static_cast<Scope>(s);
        if (scope == Scope::outside) continue;
        text += "\ntypedef " + type_name(scope) + " {\n" + members_of(l, scope);
        for (std::size_t v = 0; scope == Scope::thread && v < used.size(); ++v) {
            const LocalVariable& local = locals.variables()[v];
            if (used[v])
                text += local.bits == 1 ? "    bit " + local.name + ";\n"
                                        : "    unsigned " + local.name + " : " +
                                              std::to_string(local.bits) + ";\n";
        }
        text += "}\n";
        if (l.size(scope) > 0)
            text += type_name(scope) + " " + std::string(array_name(scope)) + "[" +
                    std::to_string(l.size(scope)) + "];\n";
    }
    if (options.concurrency > 0)
        text += "byte running;                      /* operations in flight */\n";
    if (options.depth > 0) text += "byte operations;                   /* that have started */\n";
    return text;
}

std::string functions(const Program& program, const Locals& locals) {
    const Layout& l = program.layout;
    const auto any = [](unsigned n, std::string_view pattern) {
        return n == 0 ? std::string("false") : "(" + unroll(n, pattern, " || ") + ")";
    };
    const auto all = [](unsigned n, std::string_view pattern) {
        return "(" + unroll(n, pattern, " && ") + ")";
    };
    const unsigned threads = l.size(Scope::thread);
    const unsigned pins = l.size(Scope::pin);
    const std::string at = index_text(program, "m", "v");
    std::string foreign;  // who else maps page p
    for (unsigned i = 0; i < l.size(Scope::pte); ++i)
        foreign += " || (maps_page(" + std::to_string(i) +
                   ", p) && (m) != " + process_constant(program, i / l.pages) + ")";
    std::string counted;
    for (unsigned i = 0; i < pins; ++i)
        counted += std::string(" + (") + "pin[" + std::to_string(i) + "].state == HELD && pin[" +
                   std::to_string(i) + "].page == (p) -> (pin[" + std::to_string(i) +
                   "].foll_pin -> 1024 : 1) : 0)";
    return free_things(program) +
           define("zapping_at(m, v)", any(threads, "(thread[#].zapping && thread[#].op_mm == (m) "
                                                   "&& thread[#].op_va == (v))")) +
           define("quiet_in(m)", all(threads, "(thread[#].pc == 0 || thread[#].op_mm != (m))")) +
           define("QUIET", all(threads, "thread[#].pc == 0")) +
           define("maps_page(i, p)",
                  "(has(pte[i].value, PRESENT) && frame_of(pte[i].value) == (p))") +
           define("mappings(p)", "(" + unroll(l.size(Scope::pte), "maps_page(#, p)", " + ") + ")") +
           define("references(p)", "((page[p].kind == ZEROPAGE -> 1 : mappings(p)) + "
                                   "(page[p].kind == PAGE_CACHE)" +
                                       counted + ")") +
           define("mm_entitled(m, p)", "(page[p].zeroed || ((page[p].entitled >> (m)) & 1) != 0)") +
           define("pin_entitled(q, p)", "mm_entitled(" + std::to_string(l.mms) + " + (q), p)") +
           define("holds_expected(m, v, p)", "(((page[p].expected >> (" + at +
                                                 ")) & 1) != 0 || (pte[" + at +
                                                 "].expects_zero && page[p].zeroed))") +
           define("pins_of(m)", pins == 0 ? "0"
                                          : "(" +
                                                unroll(pins,
                                                       "(pin[#].state != NO_PIN && pin[#].owned && "
                                                       "pin[#].mm == (m) -> 1 << (" +
                                                           std::to_string(l.mms) + " + #) : 0)",
                                                       " | ") +
                                                ")") +
           irqs_off(program) + define("works_on(t, p)", works_on(program, locals)) +
           define(
               "reachable_by_others(m, p)",
               "(page[p].kind != ANON" + foreign + " || \\\n    " +
                   any(pins, "(pin[#].state == HELD && pin[#].page == (p) && (!pin[#].owned || "
                             "pin[#].mm != (m)))") +
                   " || \\\n    " +
                   any(threads, "(thread[#].pc != 0 && thread[#].op_mm != (m) && works_on(#, p))") +
                   ")");
}

}  // namespace cowcheck::promela
