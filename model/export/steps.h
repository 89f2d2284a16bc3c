// The ways one atomic step can go: for each, what must hold in the state before
// it, and what it does. This is where bytecode becomes readable text again.
#pragma once

#include "model/export/expression.h"
#include "model/export/locals.h"
#include "model/machine/machine.h"

#include <array>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace cowcheck::promela {

// The design does something that this translation can't say. The message says
// where and what.
struct NotExportable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Who takes the step, in the words of the exported text.
struct Who {
    std::string thread;  // index into thread[]; empty for a device and for checks
    std::string cpu;     // index of its TLB; empty for services
    Expr mm;
    Expr va;
    Expr pin;
    Expr page = number(0);    // checks: the event's
    Expr writes = number(0);  // checks
};

struct Path {
    std::vector<Expr> conditions;  // over the state before the step
    std::vector<std::string> effects;
    unsigned rest = 0;              // where the thread rests then; 0: the operation is over
    Blocked blocked = Blocked::no;  // the step can't be taken then
    bool touches_thread = false;    // some effect needs op_mm or op_va of an operation that starts
    unsigned temporaries = 0;       // how many tmp_N it uses
    // The step decides on its way where it goes: its effects end with gotos, as to_rest() writes
    // them, to these rests; `rest` says nothing then.
    std::set<unsigned> rests;
};

// A place where the number of the rest stands until somebody knows how its label is called.
[[nodiscard]] std::string to_rest(unsigned rest);

class Steps {
public:
    Steps(const Program& program, const Locals& locals, const Who& actor)
        : p_(program), locals_(locals), actor_(actor) {}

    // The step after a rest.
    [[nodiscard]] std::vector<Path> from_rest(unsigned rest);
    // An operation's first step. `changed` is what starting it has changed.
    [[nodiscard]] std::vector<Path> from_start(unsigned operation, Footprint changed);
    // A check: the conditions that must hold, by property.
    [[nodiscard]] std::vector<std::pair<unsigned, Expr>> checks(unsigned address);

private:
    // What a register or local holds: in the words of the state at this point of
    // the step, and in those of the state before it (null: can't be said).
    struct Value {
        Expr now = number(0);
        Expr before = number(0);
    };
    struct Walk {
        std::size_t at = 0;
        bool entering = false;
        std::array<Value, Reg::count> registers;
        std::map<const LocalVariable*, Value> locals;  // stored in this step
        Path path;
        Footprint written = 0;
        unsigned from = 0;  // the rest
        bool attached = false;
        std::string noted;               // the last note_shared
        std::vector<std::size_t> notes;  // places of note_shared in path.effects
        bool uses_note = false;
        bool armed = false;                     // seq_watch was set
        std::set<const LocalVariable*> direct;  // written at once, not at the end of the step
        unsigned length = 0;
        // A guard was looked at that depends on what the step has changed: from there on the
        // step's ways are branches of one text, and no longer options with conditions.
        bool late = false;
        std::function<void(Walk&)> todo;  // what its first instruction does, on this way
        bool note_stays = false;  // some note_shared was written before that, and can't be undone
    };

    void run(Walk walk);
    // Returns false when the walk is over, or goes on elsewhere.
    bool one(Walk& w, const Instruction& i);
    bool control(Walk& w, const Instruction& i);
    void value(Walk& w, const Instruction& i);
    void logic(Walk& w, const Instruction& i);
    void ghost_value(Walk& w, const Instruction& i);
    bool lock(Walk& w, const Instruction& i);
    bool pages(Walk& w, const Instruction& i);
    bool lru(Walk& w, const Instruction& i);
    bool folios(Walk& w, const Instruction& i);
    bool folio_values(Walk& w, const Instruction& i);
    void huge_allocation(Walk& w, const Instruction& i);
    bool searches(Walk& w, const Instruction& i);
    bool notifiers(Walk& w, const Instruction& i);
    bool kernel(Walk& w, const Instruction& i);
    bool hardware(Walk& w, const Instruction& i);
    void ghost(Walk& w, const Instruction& i);
    void access(Walk& w, const Instruction& i);
    std::string destination(Walk& w, const Instruction& i);
    void allocation(Walk& w, const Instruction& i);
    void set_pte(Walk& w, const Instruction& i);
    void set_leaf(Walk& w, const Instruction& i);
    void walk(Walk& w, const Instruction& i);
    // `stale`: what it goes through is of a mapping that was zapped since.
    struct Access {
        std::string page;
        std::string stale;
        bool store = false;
        bool zeroes = false;
    };
    void commit(Walk& w, const Access& access);

    bool branch(Walk& w, const Instruction& i);
    bool merges(Walk& w, const Instruction& i);
    bool pure_until(Walk& w, std::size_t target);
    // Goes both ways: `yes` if the condition holds.
    void fork(Walk yes, Walk no, const Value& condition, const std::string& what);
    void fork_late(Walk yes, Walk no, const Expr& condition);
    void leave(Walk& w, unsigned rest);
    bool choose(Walk& w, const Instruction& i, const Value& condition,
                const std::function<void(Walk&)>& does);
    bool block_unless(Walk& w, const Value& free, Blocked why);
    void rest(Walk& w, unsigned number);
    void end(Walk& w, const Instruction& i);
    void keep_locals(Walk& w, const std::vector<unsigned>& live);
    void drop_notes(Walk& w, unsigned rest);

    Value load(const Walk& w, Field field, const Value& index) const;
    Value whole(const Walk& w, const std::string& text, Footprint reads) const;
    Value at(const Value& owner, const Value& va) const;
    Value pure(const Walk& w, const std::string& name, std::initializer_list<Value> arguments,
               Footprint reads) const;
    Value pte_of(const Walk& w, const Value& owner, const Value& va, bool detached) const;
    void set(Walk& w, unsigned reg, Value value);
    void effect(Walk& w, const std::string& text, Footprint writes);
    void save_before(Walk& w, Footprint writes);
    // The expression, in a temporary if those parts of the state can change it.
    std::string stable(Walk& w, const Expr& expr, Footprint writes);
    std::string temporary(Walk& w);
    [[nodiscard]] bool used_later(std::size_t address, unsigned reg) const;
    void raise(Walk& w, Event event, const std::string& va, const std::string& page,
               const std::string& pin, const std::string& writes);
    [[noreturn]] void refuse(const Walk& w, const std::string& what) const;

    [[nodiscard]] static std::string mm(const Walk& w) { return render(w.registers[Reg::mm].now); }
    [[nodiscard]] bool has_thp() const { return p_.layout.has(Field::pmd); }
    [[nodiscard]] std::string me(Field field) const;
    [[nodiscard]] std::string member(const LocalVariable& local) const;
    [[nodiscard]] std::string own_pte(const Walk& w) const;

    const Program& p_;
    const Locals& locals_;
    const Who& actor_;
    std::vector<Path> paths_;
    std::vector<std::pair<unsigned, Expr>> checked_;
};

// What a page holds, for all that is known.
inline constexpr Footprint content =
    footprint(Field::expected) | footprint(Field::entitled) | footprint(Field::zeroed);

// What of a virtual page follows a store.
inline constexpr Footprint content_of_va = footprint(Field::expects_zero) |
                                           footprint(Field::stored_meanwhile) |
                                           footprint(Field::soft_dirty_owed);

// A new instruction must be translated.
[[noreturn]] void no_such(const Instruction& i);
// "(a, b)"
[[nodiscard]] std::string in_brackets(const std::string& a, const std::string& b);
// A count goes up or down, within what a state keeps of it: "if :: ... fi". `whose`: what
// events are told, "(m, v, p)".
[[nodiscard]] std::string count_up(const std::string& count, const std::string& amount,
                                   unsigned largest, const std::string& whose);
[[nodiscard]] std::string count_down(const std::string& count, const std::string& amount,
                                     const std::string& whose);
// Of a page, or of a process.
[[nodiscard]] std::string whose_count(Field field, const std::string& owner);
// "AT(mm, va)": the index of a PTE, or of a TLB entry.
[[nodiscard]] std::string index_text(const Program& program, const std::string& owner,
                                     const std::string& va);

}  // namespace cowcheck::promela
