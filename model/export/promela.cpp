#include "model/export/promela.h"

#include "model/compile/flow.h"
#include "model/export/prelude.h"

#include <algorithm>

namespace cowcheck {

namespace promela {

namespace {

class Exporter {
public:
    Exporter(const Program& program, const ExportOptions& options)
        : p_(program), o_(options), locals_(program), cpus_move_(cpus_move()) {}

    std::string text() {
        const std::string processes = roles() + device();
        std::string text = heading() + declarations(p_, locals_, o_);
        for (unsigned t = 1; t <= temporaries_; ++t)
            text += "int tmp" + std::to_string(t) + "; /* within a step only */\n";
        return text + section("What may be asked about a state") + functions(p_, locals_) +
               section("What must hold: switched on by -DCHECK_name, or -DREPORT for all") +
               properties(p_, locals_) + section("Steps of some size") + macros(p_, o_) +
               processes + section("Deadlocks, and properties of states") + watcher(p_, locals_) +
               start();
    }

private:
    static std::string section(const std::string& title) {
        return "\n/* ---------------------------------------------------------------- */\n/* " +
               title + ". */\n\n";
    }
    static bool same_role(const Thread& a, const Thread& b) {
        return a.actor == b.actor && (a.actor != Actor::cpu || a.mm == b.mm);
    }
    std::string roles() {
        std::string text = section("When operations may start");
        text += "#define ROOM " +
                (o_.concurrency > 0 ? "(running < " + std::to_string(o_.concurrency) + ")"
                                    : std::string("true")) +
                "\n#define MORE " +
                (o_.depth > 0 ? "(operations < " + std::to_string(o_.depth) + ")"
                              : std::string("true")) +
                "\n";
        for (unsigned t = 0; t < p_.world.threads.size();) {
            const Thread& thread = p_.world.threads[t];
            unsigned end = t;
            while (end < p_.world.threads.size() && same_role(thread, p_.world.threads[end])) ++end;
            text += role(t, end - t);
            t = end;
        }
        return text;
    }
    std::string role_name(const Thread& thread) const {
        switch (thread.actor) {
        case Actor::cpu: return "cpu_of_" + identifier(p_.world.processes[thread.mm].name);
        case Actor::monitor: return "monitor";
        case Actor::procfs: return "procfs";
        case Actor::kernel: return "kernel_thread";
        case Actor::secondary_mmu: return "secondary_mmu";
        case Actor::device: break;
        }
        return "device";
    }

    std::string heading() const {
        return "/* Design " + o_.design + " in world " + p_.world.name + ", " +
               (o_.concurrency > 0
                    ? "at most " + std::to_string(o_.concurrency) + " operations in flight"
                    : std::string("any number of operations in flight")) +
               (o_.depth > 0 ? ", at most " + std::to_string(o_.depth) + " in all" : "") +
               ".\n * Written by `cowcheck export --to promela`.\n *\n"
               " *   spin -a -o2 [-DCHECK_property | -DREPORT] this.pml\n"
               " *   gcc -O2 -DNOREDUCE -DSAFETY [-DPRINTF, for REPORT] -o pan pan.c && ./pan -E\n"
               " *\n"
               " * Each d_step is one atomic step of the design. A thread rests at the label of "
               "its\n"
               " * next step, which thread[].pc repeats for the others to see. One state is "
               "stored\n"
               " * before init has run; all others are those of `cowcheck --no-reduction\n"
               " * --no-symmetry`, where all properties are asked (a ghost that none asks for is\n"
               " * kept here nevertheless). SPIN's limit makes the steps beyond some number\n"
               " * `atomic`, and so is a step that looks at what it has changed. */\n\n";
    }

    // What a step is about: "fault write > do_wp_page: if page.anon   v5.7.cow:55".
    std::string comment(const Rest& rest) const {
        std::string text = rest.where + ": " + rest.told().text;
        if (rest.span.file != nullptr)
            text += "   " + rest.span.file->name + ":" + std::to_string(rest.span.line);
        for (std::size_t at; (at = text.find("*/")) != std::string::npos;)
            text.replace(at, 2, "* /");
        return "/* " + text + " */";
    }
    std::string label(unsigned rest) const {
        if (rest == 0) return "idle";
        const std::string& where = p_.rests[rest].where;
        const std::size_t last = where.rfind("> ");
        return identifier(last == std::string::npos ? where : where.substr(last + 2)) + "_" +
               std::to_string(rest);
    }

    std::string option(const std::vector<Expr>& conditions, const std::vector<std::string>& effects,
                       const Path& path) {
        // SPIN takes no more d_steps than this in a model ("d_step sequence too long"), and no
        // goto out of one; atomic stores the same states, but each statement is a transition
        // of its own.
        constexpr unsigned max_d_steps = 1900;
        const bool late = !path.rests.empty();
        std::string text =
            !late && ++options_ <= max_d_steps ? "    :: d_step { " : "    :: atomic { ";
        if (!conditions.empty()) text += render_all(conditions) + " ->";
        std::string indent = conditions.empty() ? "" : "\n           ";
        for (const auto& effect : effects) {
            text += (indent.empty() ? "" : indent) + with_labels(effect) + ";";
            indent = "\n           ";
        }
        if (effects.empty()) text += " skip;";
        return text + " }" + (late ? "" : " goto " + label(path.rest)) + "\n";
    }
    // With the names of labels where to_rest() left their places.
    std::string with_labels(std::string text) const {
        for (std::size_t at; (at = text.find('\x01')) != std::string::npos;) {
            const std::size_t end = text.find('\x02', at);
            const auto rest = static_cast<unsigned>(std::stoul(text.substr(at + 1, end - at - 1)));
            text.replace(at, end + 1 - at, "goto " + label(rest));
        }
        return text;
    }

    // Whether some handler of a CPU goes from process to process.
    bool cpus_move() const {
        bool move = false;
        for (const OperationCode& operation : p_.operations)
            if (info(operation.item.kind).actor == Actor::cpu)
                each_reachable(p_.code, operation.entry, false, [&](std::size_t at) {
                    move = move || p_.code[at].code == Code::next_mapping;
                });
        return move;
    }

    Who who(const Thread& thread, unsigned t, unsigned count) const {
        Who result;
        result.thread = count == 1 ? std::to_string(t) : "me";
        if (thread.actor == Actor::cpu) result.cpu = count == 1 ? std::to_string(thread.cpu) : "me";
        result.mm = thread.actor == Actor::cpu && !cpus_move_
                        ? atom(process_constant(p_, thread.mm))
                        : atom("thread[" + result.thread + "].op_mm", footprint(Field::op_mm));
        result.va = p_.layout.pages == 1
                        ? number(0)
                        : atom("thread[" + result.thread + "].op_va", footprint(Field::op_va));
        result.pin = p_.layout.size(Scope::pin) <= 1
                         ? number(0)
                         : atom("thread[" + result.thread + "].op_pin", footprint(Field::op_pin));
        return result;
    }

    std::string role(unsigned t, unsigned count) {
        const Thread& thread = p_.world.threads[t];
        if (thread.actor == Actor::cpu && thread.cpu != t)
            throw NotExportable("world " + p_.world.name + ": CPUs aren't the first threads");
        std::string names;
        for (unsigned i = t; i < t + count; ++i)
            names += (i == t ? "" : ", ") + p_.world.threads[i].name;
        std::string text = section("Threads from number " + std::to_string(t) + " on: " + names);
        text += "#undef me\n#define me (_pid - 1)\nproctype " + role_name(thread) +
                "() {\nidle:\n    if\n";
        const Who steps = who(thread, t, count);
        std::string options;
        for (const std::uint16_t operation : p_.menus[t])
            if (can_start(operation)) options += starts(thread, steps, operation);
        text += (options.empty() ? "    :: false -> skip\n" : options) + "    fi;\n";
        for (const std::uint16_t operation : p_.menus[t])
            for (unsigned r = 1; r < p_.rests.size(); ++r)
                if (p_.rests[r].operation == operation && locals_.reached(r) &&
                    can_start(operation))
                    text += step(steps, r);
        return text + "}\n";
    }

    std::string step(const Who& who, unsigned rest) {
        std::string text = label(rest) + ": " + comment(p_.rests[rest]) + "\n    if\n";
        for (const Path& path : Steps(p_, locals_, who).from_rest(rest))
            if (path.blocked == Blocked::no) {
                temporaries_ = std::max(temporaries_, path.temporaries);
                text += option(path.conditions, path.effects, path);
            }
        return text + "    fi;\n";
    }

    std::string starts(const Thread& thread, const Who& steps, std::uint16_t operation) {
        const OperationCode& op = p_.operations[operation];
        std::string text = "    /* " + to_text(op.item) + " */\n";
        for (unsigned mm = 0; mm < p_.layout.mms; ++mm) {
            if (thread.actor == Actor::cpu && thread.mm != mm) continue;
            const bool has_va = info(op.item.kind).parameters.starts_with("va");
            for (unsigned va = 0; va < (has_va ? p_.layout.pages : 1U); ++va) {
                Who who = steps;
                who.mm = atom(process_constant(p_, mm));
                who.va = number(va);
                text += start_with(who, operation, has_va);
            }
        }
        return text;
    }

    std::string start_with(const Who& who, std::uint16_t operation, bool has_va) {
        const OperationCode& op = p_.operations[operation];
        const std::string m = render(who.mm);
        const std::string v = render(who.va);
        const std::string me = "thread[" + who.thread + "].";
        const Needs needs = info(op.item.kind).needs;
        std::vector<Expr> may{atom("mm[" + m + "].life == ALIVE")};
        const bool access =
            op.item.kind == OperationKind::read || op.item.kind == OperationKind::write;
        if (access)
            may.push_back(atom("(pte[" + index_text(p_, m, v) + "].mapped || tlb[" +
                               index_text(p_, who.cpu, v) + "].valid)"));
        else if (has_va && info(op.item.kind).actor == Actor::secondary_mmu)
            may.push_back(atom("(pte[" + index_text(p_, m, v) + "].mapped || pte[" +
                               index_text(p_, m, v) + "].spte != 0)"));
        else if (has_va)
            may.push_back(atom("pte[" + index_text(p_, m, v) + "].mapped"));
        if (needs == Needs::pin_slot) may.push_back(atom("SOME_PIN_IS_FREE"));
        if (needs == Needs::process_slot) may.push_back(atom("SOME_MM_IS_FREE"));
        if (needs == Needs::nobody_else) may.push_back(atom("quiet_in(" + m + ")"));
        std::vector<std::string> begins{me + "op_mm = " + m};
        if (p_.layout.pages > 1) begins.push_back(me + "op_va = " + v);
        Footprint changed = footprint(Field::op_mm) | footprint(Field::op_va);
        if (needs == Needs::pin_slot) {
            const std::string pin = p_.layout.size(Scope::pin) <= 1 ? "0" : me + "op_pin";
            if (pin != "0") begins.push_back(pin + " = FIRST_FREE_PIN");
            const auto bit = [](bool value) { return std::string(value ? ", 1" : ", 0"); };
            begins.push_back("begin_pin(" + pin + ", " + m + ", " + v + bit(op.item.flags.write) +
                             bit(op.item.flags.pin) + bit(op.item.flags.longterm) + ")");
            changed |=
                footprint(Field::op_pin) | footprint(Scope::pin) | footprint(Field::entitled);
        }
        std::string text;
        for (Path path : Steps(p_, locals_, who).from_start(operation, changed)) {
            if (path.blocked != Blocked::no) continue;
            temporaries_ = std::max(temporaries_, path.temporaries);
            const bool late = !path.rests.empty();
            const bool instant = late ? *path.rests.rbegin() == 0 : path.rest == 0;
            if (late && !instant && *path.rests.begin() == 0 && o_.concurrency > 0)
                throw NotExportable(to_text(op.item) +
                                    ": whether its first step is its last one depends on what it "
                                    "changes; this can't be exported");
            const bool whole = !instant || path.touches_thread || needs == Needs::pin_slot;
            std::vector<Expr> conditions{atom("MORE")};
            if (!instant) conditions.push_back(atom("ROOM"));
            conditions.insert(conditions.end(), may.begin(), may.end());
            conditions.insert(conditions.end(), path.conditions.begin(), path.conditions.end());
            std::vector<std::string> effects;
            if (whole || late) effects = begins;
            if ((whole || late) && o_.concurrency > 0) effects.emplace_back("running++");
            if (o_.depth > 0) effects.emplace_back("operations++");
            effects.insert(effects.end(), path.effects.begin(), path.effects.end());
            if (whole && instant && !late) effects.push_back("finish(" + who.thread + ")");
            text += option(conditions, effects, path);
        }
        return text;
    }

    // An operation that needs a pin can't start in a world without any.
    bool can_start(std::uint16_t operation) const {
        return info(p_.operations[operation].item.kind).needs != Needs::pin_slot ||
               p_.layout.size(Scope::pin) > 0;
    }

    std::string device() {
        if (p_.device_menu.empty() || p_.layout.size(Scope::pin) == 0) return {};
        std::string text = section("Whoever holds a pin") + "proctype device() {\nidle:\n    if\n";
        for (unsigned pin = 0; pin < p_.layout.size(Scope::pin); ++pin)
            for (const std::uint16_t operation : p_.device_menu)
                text += device_step(std::to_string(pin), operation);
        return text + "    fi\n}\n";
    }

    std::string device_step(const std::string& q, std::uint16_t operation) {
        const OperationCode& op = p_.operations[operation];
        Who who;
        who.mm = atom("pin[" + q + "].mm");
        who.va = atom("pin[" + q + "].va");
        who.pin = atom(q);
        const std::string pin = "pin[" + q + "].";
        const auto is = [&](const char* member, bool value) {
            return atom((value ? "" : "!") + pin + member);
        };
        std::vector<Expr> may{atom("MORE"), atom(pin + "state == HELD")};
        if (op.item.kind == OperationKind::unpin) {
            may.push_back(is("write", op.item.flags.write));
            may.push_back(is("foll_pin", op.item.flags.pin));
            may.push_back(is("longterm", op.item.flags.longterm));
        }
        if (info(op.item.kind).needs == Needs::dma_pin) {
            may.push_back(is("write", true));
            may.push_back(atom("(" + pin + "foll_pin || !" + pin + "crossed)"));
        }
        std::string text = "    /* " + to_text(op.item) + " */\n";
        for (Path path : Steps(p_, locals_, who).from_start(operation, 0)) {
            if (path.blocked != Blocked::no) continue;
            std::vector<Expr> conditions = may;
            conditions.insert(conditions.end(), path.conditions.begin(), path.conditions.end());
            std::vector<std::string> effects;
            if (o_.depth > 0) effects.emplace_back("operations++");
            effects.insert(effects.end(), path.effects.begin(), path.effects.end());
            text += option(conditions, effects, path);
        }
        return text;
    }

    // The start state, and everybody at once.
    std::string start() const {
        std::string text = "\ninit {\n    atomic {\n        d_step {\n";
        for (std::size_t i = 0; i < field_table.size(); ++i) {
            const auto f = static_cast<Field>(i);
            for (unsigned k = 0; k < p_.layout.size(field_table[i].scope); ++k)
                if (const unsigned value = p_.layout.get(p_.start, f, k); value != 0)
                    text += "            " + render(field(f, number(k))) + " = " +
                            (f == Field::pte && (value & PteBit::present) != 0
                                 ? pte_text(value)
                                 : std::to_string(value)) +
                            ";\n";
        }
        text += "            skip\n        }\n";
        for (const Thread& thread : p_.world.threads)
            text += "        run " + role_name(thread) + "();\n";
        if (!p_.device_menu.empty() && p_.layout.size(Scope::pin) > 0)
            text += "        run device();\n";
        return text + "#ifdef WATCHED\n        run watch();\n#endif\n        skip\n    }\n}\n";
    }
    static std::string pte_text(unsigned value) {
        return "maps(" + std::to_string(value >> PteBit::frame_shift) + ") | " +
               pte_bits(value & ((1U << PteBit::frame_shift) - 1U));
    }

    const Program& p_;
    const ExportOptions& o_;
    Locals locals_;
    bool cpus_move_;
    unsigned temporaries_ = 0;  // how many tmp_N the steps use
    unsigned options_ = 0;      // d_steps and atomics so far
};

}  // namespace

}  // namespace promela

std::string export_promela(const Program& program, const ExportOptions& options) {
    // What is open is a number; SPIN would have to try each one.
    if (program.world.has_outside())
        throw promela::NotExportable("world " + program.world.name +
                                     ": references from outside, of which the world does not say "
                                     "how many there are, can't be exported");
    return promela::Exporter(program, options).text();
}

}  // namespace cowcheck
