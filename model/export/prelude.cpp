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
    text += define("SWAP", std::to_string(PteBit::swap)) +
            define("HUGE", std::to_string(PteBit::huge)) +
            define("TABLE", std::to_string(PteBit::table)) +
            define("MIGRATION", std::to_string(PteBit::migration)) +
            define("REFERENCED", std::to_string(PteBit::referenced));
    text += define("has(x, bits)", "(((x) & (bits)) != 0)");
    text += define("frame_of(x)", "((x) >> " + std::to_string(PteBit::frame_shift) + ")");
    text += define("maps(p)", "(PRESENT | ((p) << " + std::to_string(PteBit::frame_shift) + "))");
    text += define("with_frame(x, p)",
                   "(((x) & " + std::to_string((1U << PteBit::frame_shift) - 1U) + ") | maps(p))");
    text += define("refers_to(x, p)", "(has(x, PRESENT | MIGRATION) && frame_of(x) == (p))");
    return text + define("is_migration_entry(x)", "(has(x, MIGRATION) && !has(x, PRESENT))");
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
    const auto name_of = [&](unsigned process) {
        return "MM_" + upper(identifier(program.world.processes[process].name));
    };
    std::string name = name_of(mm);
    for (unsigned other = 0; other < program.layout.mms; ++other)
        if (other != mm && name_of(other) == name) return name + "_" + std::to_string(mm);
    return name;
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

}  // namespace cowcheck::promela
