// Walking through the code of a step: where it branches, blocks and ends.
#include "model/export/steps.h"

#include "model/compile/flow.h"
#include "model/export/operands.h"

#include <algorithm>
#include <set>
#include <utility>

namespace cowcheck::promela {

namespace {

// Those of pages that only look.
bool only_computes(Code code) {
    switch (code) {
    case Code::leaf:
    case Code::head:
    case Code::other:
    case Code::subpage:
    case Code::large_mapcount:
    case Code::mapped_shared:
    case Code::swap_cache:
    case Code::twin: return true;
    default: return false;
    }
}

bool keeps(const Program& program, unsigned rest, Field field) {
    return rest != 0 && ((unsigned{program.rests[rest].live[0]} >> info(field).shift) & 1U) != 0;
}

}  // namespace

std::vector<Path> Steps::from_rest(unsigned rest) {
    paths_.clear();
    Walk walk;
    walk.at = p_.rests[rest].address + 1U;
    walk.from = rest;
    run(std::move(walk));
    return std::move(paths_);
}

std::vector<Path> Steps::from_start(unsigned operation, Footprint changed) {
    paths_.clear();
    Walk walk;
    walk.at = p_.operations[operation].entry;
    walk.entering = true;
    walk.written = changed;
    run(std::move(walk));
    return std::move(paths_);
}

std::vector<std::pair<unsigned, Expr>> Steps::checks(unsigned address) {
    checked_.clear();
    Walk walk;
    walk.at = address;
    run(std::move(walk));
    return std::move(checked_);
}

void Steps::run(Walk walk) {
    if (walk.length == 0) {
        set(walk, Reg::mm, {actor_.mm, actor_.mm});
        set(walk, Reg::va, {actor_.va, actor_.va});
        set(walk, Reg::pin, {actor_.pin, actor_.pin});
        set(walk, Reg::page, {actor_.page, actor_.page});
        set(walk, Reg::writes, {actor_.writes, actor_.writes});
    }
    if (walk.todo) {
        const auto does = std::exchange(walk.todo, {});
        does(walk);
        ++walk.at;
    }
    while (one(walk, p_.code[walk.at]))
        if (++walk.length > 2000) refuse(walk, "a loop without a step in it");
}

bool Steps::one(Walk& w, const Instruction& i) {
    ++w.length;
    bool goes_on = true;
    switch (operands(i.code).kind) {
    case Kind::control: return control(w, i);
    case Kind::value: value(w, i); break;
    case Kind::access: access(w, i); break;
    case Kind::ghost_value: ghost_value(w, i); break;
    case Kind::lock: goes_on = lock(w, i); break;
    case Kind::pages: goes_on = pages(w, i); break;
    case Kind::kernel: goes_on = kernel(w, i); break;
    case Kind::hardware: goes_on = hardware(w, i); break;
    case Kind::ghost: ghost(w, i); break;
    }
    ++w.at;
    return goes_on;
}

bool Steps::control(Walk& w, const Instruction& i) {
    switch (i.code) {
    case Code::rest:
        if (!w.entering) {
            rest(w, i.imm);
            return false;
        }
        w.entering = false;
        ++w.at;
        return true;
    case Code::jump: w.at = i.target; return true;
    case Code::end: end(w, i); return false;
    case Code::check: {
        Expr holds = w.registers[i.a].now;
        for (const Expr& condition : w.path.conditions)
            holds = binary(Op::either, invert(condition), holds);
        if (!w.path.effects.empty()) refuse(w, "a property that changes something");
        checked_.emplace_back(i.imm, holds);
        ++w.at;
        return true;
    }
    case Code::assert_:
        effect(w, "MUST_assertions(" + render(w.registers[i.a].now) + ")", 0);
        ++w.at;
        return true;
    default: return branch(w, i);
    }
}

bool Steps::branch(Walk& w, const Instruction& i) {
    const Value condition = w.registers[i.a];
    if (const auto value = constant(condition.now)) {
        w.at = (*value != 0) == (i.code == Code::jump_if) ? i.target : w.at + 1;
        return true;
    }
    if (merges(w, i)) return true;
    Walk falls = w;
    ++falls.at;
    w.at = i.target;
    if (i.code == Code::jump_if)
        fork(std::move(w), std::move(falls), condition, {});
    else
        fork(std::move(falls), std::move(w), condition, {});
    return false;
}

void Steps::fork(Walk yes, Walk no, const Value& condition, const std::string& what) {
    if (yes.late || !condition.before) {
        if (!condition.now) refuse(yes, what);
        return fork_late(std::move(yes), std::move(no), condition.now);
    }
    no.path.conditions.push_back(invert(condition.before));
    run(std::move(no));
    yes.path.conditions.push_back(condition.before);
    run(std::move(yes));
}

// Two branches of one path: what has been done so far, and an `if`.
void Steps::fork_late(Walk yes, Walk no, const Expr& condition) {
    Path path = yes.path;
    std::vector<Path> outer = std::move(paths_);
    std::string text = "if\n           :: " + render(condition);
    for (Walk* way : {&yes, &no}) {
        way->late = true;
        way->note_stays |= !way->notes.empty();
        way->notes.clear();
        way->path.effects.clear();
        paths_.clear();
        run(*way);
        for (const Path& one : paths_) {
            if (one.blocked != Blocked::no)
                refuse(*way, "a step waits after it has changed something");
            std::string then;
            for (const auto& effect : one.effects) then += (then.empty() ? "" : "; ") + effect;
            text += " -> " + then;
            path.rests.insert(one.rests.begin(), one.rests.end());
            path.touches_thread |= one.touches_thread;
            path.temporaries = std::max(path.temporaries, one.temporaries);
        }
        text += way == &yes ? "\n           :: else" : "\n           fi";
    }
    path.effects.push_back(text);
    paths_ = std::move(outer);
    paths_.push_back(std::move(path));
}

// `left and right`, compiled to a jump over what computes the right side.
bool Steps::merges(Walk& w, const Instruction& i) {
    if (i.target <= w.at + 1) return false;
    const Instruction& last = p_.code[i.target - 1U];
    if (last.code != Code::move && last.code != Code::imm) return false;
    const auto decided = constant(w.registers[last.a].now);
    Walk inner = w;
    ++inner.at;
    if (!decided || !pure_until(inner, i.target)) return false;
    const Value left = w.registers[i.a];
    const Value right = inner.registers[last.a];
    const auto joined = [&](const Expr& l, const Expr& r) -> Expr {
        if (!l || !r) return nullptr;
        const Expr stays = i.code == Code::jump_if ? invert(l) : l;
        return *decided != 0 ? binary(Op::either, invert(stays), r) : binary(Op::both, stays, r);
    };
    set(w, last.a, {joined(left.now, right.now), joined(left.before, right.before)});
    w.at = i.target;
    return true;
}

bool Steps::pure_until(Walk& w, std::size_t target) {
    while (w.at < target) {
        const Instruction& i = p_.code[w.at];
        const Kind kind = operands(i.code).kind;
        if (i.code == Code::jump_if || i.code == Code::jump_unless) {
            if (!constant(w.registers[i.a].now) && !merges(w, i)) return false;
            if (constant(w.registers[i.a].now)) (void)branch(w, i);
            continue;
        }
        if (i.code == Code::attach && w.attached) {
            ++w.at;
            continue;
        }
        if (i.code == Code::note_shared && w.noted == render(w.registers[i.a].now)) {
            ++w.at;
            continue;
        }
        if (kind != Kind::value && kind != Kind::ghost_value && i.code != Code::load &&
            i.code != Code::load_local && !only_computes(i.code))
            return false;
        (void)one(w, i);
    }
    return w.at == target;
}

// The instruction's result decides what it does: one way for each. Goes on with the one in
// which it succeeds.
bool Steps::choose(Walk& w, const Instruction& i, const Value& condition,
                   const std::function<void(Walk&)>& does) {
    Walk fails = w;
    set(fails, i.a, {number(0), number(0)});
    ++fails.at;
    set(w, i.a, {number(1), number(1)});
    Walk succeeds = w;
    succeeds.todo = does;
    fork(std::move(succeeds), std::move(fails), condition, "a step tries what it can't tell");
    return false;
}

bool Steps::block_unless(Walk& w, const Value& free, Blocked why) {
    if (w.late || !free.before) refuse(w, "a step waits for what it has changed");
    Path stuck = w.path;
    stuck.conditions.push_back(invert(free.before));
    stuck.blocked = why;
    paths_.push_back(std::move(stuck));
    w.path.conditions.push_back(free.before);
    return true;
}

void Steps::rest(Walk& w, unsigned number) {
    keep_locals(w, locals_.live(number));
    if ((w.armed || keeps(p_, w.from, Field::seq_watch)) && !keeps(p_, number, Field::seq_watch))
        effect(w, me(Field::seq_watch) + " = 0", footprint(Field::seq_watch));
    drop_notes(w, number);
    effect(w, me(Field::pc) + " = " + std::to_string(number), footprint(Field::pc));
    leave(w, number);
}

void Steps::end(Walk& w, const Instruction& i) {
    const std::string pin = render(w.registers[Reg::pin].now);
    if (static_cast<EndOf>(i.imm) == EndOf::gup) {
        effect(w, "take(" + render(w.registers[i.a].now) + ")", 0);
        effect(w, "pin[" + pin + "].state = HELD", footprint(Field::pin_state));
        effect(w, "pin[" + pin + "].page = " + render(w.registers[i.a].now),
               footprint(Field::pin_page));
    } else if (static_cast<EndOf>(i.imm) == EndOf::failed_gup) {
        effect(w, "forget_pin(" + pin + ")", footprint(Scope::pin) | footprint(Field::entitled));
    }
    drop_notes(w, 0);
    if (w.from != 0) {
        keep_locals(w, {});
        w.path.effects.push_back("finish(" + actor_.thread + ")");
    }
    leave(w, 0);
}

// The step is over, and the thread rests there.
void Steps::leave(Walk& w, unsigned rest) {
    for (unsigned t = 1; t <= w.path.temporaries; ++t)
        w.path.effects.push_back("tmp" + std::to_string(t) + " = 0");
    w.path.rest = rest;
    if (w.late) {
        if (w.from == 0 && rest == 0 && !actor_.thread.empty())
            w.path.effects.push_back("finish(" + actor_.thread + ")");
        w.path.rests.insert(rest);
        w.path.effects.push_back(to_rest(rest));
    }
    paths_.push_back(std::move(w.path));
}

std::string to_rest(unsigned rest) { return "\x01" + std::to_string(rest) + "\x02"; }

// Writes the locals that are live from here on, and forgets the others.
void Steps::keep_locals(Walk& w, const std::vector<unsigned>& live) {
    const auto& all = locals_.variables();
    const auto is_live = [&](unsigned variable) {
        return std::find(live.begin(), live.end(), variable) != live.end();
    };
    std::vector<const LocalVariable*> assigned;
    for (const unsigned variable : live)
        if (const auto stored = w.locals.find(&all[variable]);
            stored != w.locals.end() && render(stored->second.now) != member(all[variable]))
            assigned.push_back(&all[variable]);
    for (auto& [variable, value] : w.locals)
        if (std::find(assigned.begin(), assigned.end(), variable) == assigned.end())
            value.now = number(0);  // needs no saving
    if (assigned.size() > 1) save_before(w, locals_footprint);
    for (const LocalVariable* variable : assigned)
        w.path.effects.push_back(member(*variable) + " = " + render(w.locals.at(variable).now));
    for (unsigned variable = 0; variable < all.size(); ++variable) {
        const auto& old = locals_.live(w.from);
        const bool was_live = std::find(old.begin(), old.end(), variable) != old.end();
        if ((was_live || w.direct.count(&all[variable]) != 0) && !is_live(variable))
            w.path.effects.push_back(member(all[variable]) + " = 0");
    }
}

// Whether others could get at a page is noted wherever a fault looks at a PTE;
// most steps need not remember it.
void Steps::drop_notes(Walk& w, unsigned rest) {
    const bool kept = keeps(p_, rest, Field::fault_shared);
    if (!kept && !w.uses_note)
        for (auto note = w.notes.rbegin(); note != w.notes.rend(); ++note)
            w.path.effects.erase(w.path.effects.begin() + static_cast<std::ptrdiff_t>(*note));
    const bool dirty =
        keeps(p_, w.from, Field::fault_shared) || w.note_stays || (w.uses_note && !w.notes.empty());
    if (rest != 0 && !kept && dirty)
        effect(w, me(Field::fault_shared) + " = 0", footprint(Field::fault_shared));
}

void Steps::set(Walk& w, unsigned reg, Value value) { w.registers[reg] = std::move(value); }

void Steps::effect(Walk& w, const std::string& text, Footprint writes) {
    save_before(w, writes);
    w.path.effects.push_back(text);
    w.written |= writes;
    w.path.touches_thread |= (writes & footprint(Scope::thread)) != 0;
}

// What registers and locals hold in terms of the state is kept in a temporary if
// that part of the state is about to change.
void Steps::save_before(Walk& w, Footprint writes) {
    std::map<const Node*, Expr> saved;
    const auto save = [&](Value& value) {
        auto& name = saved[value.now.get()];
        if (!name) {
            const std::string text = "tmp" + std::to_string(++w.path.temporaries);
            w.path.effects.push_back(text + " = " + render(value.now));
            name = atom(text);
        }
        value.now = name;
    };
    if (writes == 0) return;
    for (unsigned reg = 0; reg < Reg::count; ++reg)
        if ((w.registers[reg].now->reads & writes) != 0 && used_later(w.at + 1, reg))
            save(w.registers[reg]);
    for (auto& [variable, value] : w.locals)
        if ((value.now->reads & writes) != 0) save(value);
}

bool Steps::used_later(std::size_t address, unsigned reg) const {
    std::vector<std::size_t> work{address};
    std::set<std::size_t> seen;
    while (!work.empty()) {
        const std::size_t at = work.back();
        work.pop_back();
        if (at >= p_.code.size() || !seen.insert(at).second || p_.code[at].code == Code::rest)
            continue;
        const Instruction& i = p_.code[at];
        const Operands uses = operands(i.code);
        if ((uses.a && i.a == reg) || (uses.b && i.b == reg) || (uses.c && i.c == reg) ||
            reg < Reg::page)
            return true;
        if (uses.result && i.a == reg) continue;
        for (const std::uint16_t next : successors(i, at)) work.push_back(next);
    }
    return false;
}

void Steps::refuse(const Walk& w, const std::string& what) const {
    std::size_t at = w.at;
    while (at > 0 && p_.code[at].code != Code::rest) --at;
    std::string where;
    if (p_.code[at].code == Code::rest) {
        const SourceSpan& span = p_.rests[p_.code[at].imm].span;
        if (span.file != nullptr) where = span.file->name + ":" + std::to_string(span.line) + ": ";
    }
    throw NotExportable(where + what + "; this can't be exported");
}

}  // namespace cowcheck::promela
