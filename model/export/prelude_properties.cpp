// Properties as assertions, each behind a switch of its own.
#include "model/export/prelude.h"

#include <map>

namespace cowcheck::promela {

namespace {

constexpr std::string_view assertions = "assertions";
constexpr std::string_view counting = "counting";

std::vector<std::string> names_of(const Program& program) {
    std::vector<std::string> names;
    for (const PropertyInfo& property : program.properties)
        names.push_back(identifier(property.name));
    names.emplace_back(assertions);
    names.emplace_back(counting);
    return names;
}

// The names of all that is switched on by CHECK_name. REPORT switches on all and
// prints what is violated, once, instead of stopping there.
std::string switches(const Program& program) {
    std::string text = "#ifdef REPORT\n";
    std::string any = "defined(REPORT)";
    const auto says = [&](const std::string& wanted) {
        for (const PropertyInfo& property : program.properties)
            if (property.sometimes && identifier(property.name) == wanted) return "reached: ";
        return "violated: ";
    };
    for (const auto& name : names_of(program)) {
        text += "hidden byte seen_" + name + ";\n#define WORTH_" + name + " (!seen_" + name +
                ")\n#define BAD_" + name + " seen_" + name + " = 1; printf(\"" + says(name) + name +
                "\\n\")\n";
        any += " || defined(CHECK_" + name + ")";
    }
    text += "#else\n";
    for (const auto& name : names_of(program))
        text += "#ifdef CHECK_" + name + "\n#define WORTH_" + name + " true\n#define BAD_" + name +
                " assert(false)\n#else\n#define WORTH_" + name + " false\n#define BAD_" + name +
                " skip\n#endif\n";
    text += "#endif\n#if " + any + "\n#define WATCHED\n#endif\n";
    for (const auto& name : names_of(program))
        text += "#define MUST_" + name + "(holds) if :: WORTH_" + name + " && !(holds) -> BAD_" +
                name + " :: else fi\n";
    return text;
}

Who observer(Expr writes) {
    Who who;
    who.mm = atom("m");
    who.va = atom("v");
    who.pin = atom("q");
    who.page = atom("p");
    who.writes = std::move(writes);
    return who;
}

// Whoever looks at states. That an operation goes round for ever can't be seen in one: not asked.
Who of_states() {
    Who who = observer(atom("DEADLOCKED"));
    who.page = number(0);
    return who;
}

// Conditions under which a thread's step can't be taken, as macros of t.
std::string stuck(const Program& program, const Locals& locals) {
    Who who;
    who.thread = "t";
    who.cpu = "t";  // whoever is no CPU has no step that asks for it
    who.mm = atom("thread[t].op_mm", footprint(Field::op_mm));
    who.va =
        program.layout.pages == 1 ? number(0) : atom("thread[t].op_va", footprint(Field::op_va));
    who.pin = atom("thread[t].op_pin", footprint(Field::op_pin));
    std::map<std::string, std::vector<unsigned>> waiting;
    std::map<std::string, std::vector<unsigned>> hoping;
    std::string idle_monitor;
    for (unsigned t = 0; t < program.world.threads.size(); ++t)
        if (program.world.threads[t].actor == Actor::monitor)
            idle_monitor += (idle_monitor.empty() ? "" : " || ") +
                            ("thread[" + std::to_string(t) + "].pc == 0");
    for (unsigned r = 1; r < program.rests.size(); ++r) {
        const Needs needs = info(program.operations[program.rests[r].operation].item.kind).needs;
        const bool starts = needs != Needs::pin_slot || program.layout.size(Scope::pin) > 0;
        if (!locals.reached(r) || !starts) continue;
        for (const Path& path : Steps(program, locals, who).from_rest(r)) {
            if (path.blocked == Blocked::no) continue;
            const std::string text = render_all(path.conditions);
            waiting[text].push_back(r);
            if (path.blocked == Blocked::frames) hoping[text].push_back(r);
            if (path.blocked == Blocked::userfault && !idle_monitor.empty())
                hoping["(" + text + ") && (" + idle_monitor + ")"].push_back(r);
        }
    }
    const auto define = [](const std::string& name, const auto& cases) {
        std::string text;
        for (const auto& [condition, rests] : cases)
            text += std::string(text.empty() ? "" : " || ") + "\\\n    (" + rests_at(rests) +
                    " && (" + condition + "))";
        return "#define " + name + "(t) (" + (text.empty() ? "false" : text) + ")\n";
    };
    const unsigned threads = program.layout.size(Scope::thread);
    return define("waits", waiting) + define("may_be_helped", hoping) +
           "#define DEADLOCKED (!QUIET && \\\n    " +
           unroll(threads, "(thread[#].pc == 0 || waits(#)) && !may_be_helped(#)", " && \\\n    ") +
           ")\n";
}

}  // namespace

std::string properties(const Program& program, const Locals& locals) {
    std::string text = switches(program);
    const Who who = observer(atom("w"));
    for (std::size_t e = 0; e < event_table.size(); ++e) {
        if (program.on_event[e].entry == 0xffff) continue;
        text += "\n/* " + std::string(event_table[e].what) + " */\n#define at_" +
                std::string(event_table[e].name) + "(m, v, p, q, w) \\\n";
        std::string body;
        for (const auto& [property, holds] :
             Steps(program, locals, who).checks(program.on_event[e].entry))
            body += (body.empty() ? "" : "; \\\n") +
                    ("    MUST_" + identifier(program.properties[property].name)) + "(" +
                    render(holds) + ")";
        text += body + "\n";
    }
    return text;
}

std::string watcher(const Program& program, const Locals& locals) {
    std::string text =
        stuck(program, locals) +
        "\n#ifdef WATCHED\n/* Looks at every state. */\nproctype watch() {\n    do\n";
    if (program.always.entry != 0xffff)
        for (const auto& [property, holds] :
             Steps(program, locals, of_states()).checks(program.always.entry)) {
            const std::string name = identifier(program.properties[property].name);
            text += "    :: d_step { WORTH_" + name + " && !(" + render(holds) + ") -> BAD_" +
                    name + " }\n";
        }
    return text + "    :: d_step { false -> skip }\n    od\n}\n#endif\n";
}

}  // namespace cowcheck::promela
