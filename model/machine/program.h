// A design compiled for a world: what the machine executes.
#pragma once

#include "model/isa/events.h"
#include "model/isa/instructions.h"
#include "model/language/source.h"
#include "model/language/statement.h"
#include "model/state/state.h"
#include "model/state/ways.h"
#include "model/world.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cowcheck {

// Where a frame number is kept in a thread: 4 bits, valid if `present_shift` is
// 0xff or the PTE value there has a frame.
struct FrameLocal {
    std::uint8_t word = 0;  // within the thread
    std::uint8_t shift = 0;
    std::uint8_t present_shift = 0xff;  // 0xff: always valid

    // Whether the thread's words hold a frame here, and whether it is this one.
    [[nodiscard]] bool valid(const std::uint16_t* words) const {
        return present_shift == 0xff ||
               ((unsigned{words[word]} >> present_shift) & PteBit::has_frame) != 0;
    }
    [[nodiscard]] unsigned frame(const std::uint16_t* words) const {
        return (unsigned{words[word]} >> shift) & unsigned{PteBit::frame_mask};
    }
    [[nodiscard]] bool holds(const std::uint16_t* words, unsigned wanted) const {
        return valid(words) && frame(words) == wanted;
    }
    friend bool operator==(const FrameLocal&, const FrameLocal&) = default;
};

// A point where a handler may rest; its number is the thread's pc. 0 is idle.
struct Rest {
    std::uint16_t address = 0;          // of its instruction
    std::uint16_t operation = 0;        // index into Program::operations
    std::vector<std::uint16_t> others;  // operations that rest here, too (compile/merge_rests.h)
    std::uint8_t held = 0;
    std::uint8_t locals = 0;     // how many of `frames` are used
    std::uint8_t processes = 0;  // how many of `mms` are used
    std::array<FrameLocal, 6> frames{};
    bool in_loop = false;                 // the thread may come back here within its operation
    std::uint8_t counted = 0;             // bits: which of `frames` the handler has references to
    std::array<FrameLocal, 2> mms{};      // process numbers in locals, 2 bits each
    std::array<std::uint16_t, 4> live{};  // masks for the thread's words 1..; the rest is dead
    SourceSpan span;                      // the statement that runs next
    std::string where;              // "do_wp_page" or "gup_fast > gup > fault write > do_wp_page"
    std::vector<HandlerName> path;  // the same as a list
    std::shared_ptr<const StatementText> statement;  // at `span`; null where there is none

    // What it says; nothing where there is none.
    [[nodiscard]] Statement told() const { return statement ? statement->told : Statement(); }
};

// A local that a handler needs on after a rest: what its text calls it, and where it is kept.
// For people; nothing runs by it.
struct NamedLocal {
    enum class Kind : std::uint8_t { page, pte, process, truth, number };

    std::uint16_t rest = 0;  // address of the rest's instruction
    Kind kind = Kind::page;
    std::uint8_t word = 0;  // within the thread
    std::uint8_t shift = 0;
    std::uint8_t bits = 0;
    std::string name;
    std::string handler;  // that has it
};

// A design's handler for one item of a menu.
struct OperationCode {
    MenuItem item;
    std::uint16_t entry = 0;  // address of the first instruction
    SourceSpan span;
    bool can_be_instant = false;  // its first step may be its last: never in flight then
};

// A check: code that raises `check` for a violated property.
struct CheckCode {
    std::uint16_t entry = 0xffff;  // 0xffff: nothing to check
    // The same question in fewer instructions, which say nothing of what was asked: for those
    // who want the answer only, billions of times.
    std::uint16_t quick = 0xffff;
    friend bool operator==(const CheckCode&, const CheckCode&) = default;
};

// A property as the program knows it; its number is its place in the list.
struct PropertyInfo {
    std::string name;
    bool cost = false;        // breaking it costs, but corrupts nothing
    bool applies = true;      // false: it needs something that the design or world lacks
    bool sometimes = false;   // must be reachable: its bit says that it was reached
    bool asks_stuck = false;  // whether operations can go on is asked, which a state does not say
    friend bool operator==(const PropertyInfo&, const PropertyInfo&) = default;
};

// The bit of a violated set for an `assert` of the design itself.
inline constexpr std::uint32_t assertion_bit = 1U << 31U;
// For a count that is wrong from now on, whatever properties ask: it has got too large for a state
// or smaller than nothing, a page is freed that somebody has, or a free page gets a mapping, a
// reference or a pin.
inline constexpr std::uint32_t miscount_bit = 1U << 30U;

// A statement of a design's text that is a step or a part of one; it has run when this
// instruction has. Handlers are inlined, so one statement may stand here often.
struct StatementCode {
    std::uint16_t address = 0;
    SourceSpan span;
};

// An `if` that is looked at: its jump_unless falls through when the guard is true.
struct GuardCode {
    std::uint16_t jump = 0;
    SourceSpan span;
};

// A clause of a property, once for each choice of its `for each`.
struct ClauseCode {
    std::uint16_t property = 0;  // index into Program::properties
    std::uint16_t asks = 0;      // this instruction runs when the clause asks for something:
                                 // the left side of its `implies` is true
    SourceSpan span;
};

// The numbers (indices into World::outside) of a page's references from outside.
struct OutsideOf {
    static constexpr std::uint8_t none = 0xff;
    std::uint8_t references = none;
    std::uint8_t mappings = none;
    friend bool operator==(const OutsideOf&, const OutsideOf&) = default;
};

// What properties ask for decides what a reduction may leave out; see compile/asked.h.
struct PropertyReads {
    // Fields (bits by number) that are looked at in states in which handlers may be under way, of
    // elements that nothing need lead to, ...
    std::uint64_t visible = 0;
    // ... of pages that a pin, a TLB entry or a page table leads to, ...
    std::uint64_t reached = 0;
    // ... and by checks of an event, of what the event is about.
    std::uint64_t at_events = 0;
    // What page tables of a process that does not run yet map.
    bool page_tables = false;
    // Why the reduction is not used, if it is not: "at free: quiet asks ...". Empty: it is.
    std::string no_joining;
    std::string no_forgetting;  // of ghosts that nobody can come to ask for any more
    std::string no_renaming;    // states that differ in names only are not one
    friend bool operator==(const PropertyReads&, const PropertyReads&) = default;
};

struct Program {
    World world;
    Layout layout;
    // By Field::outside_page. What the numbers are, is open, and the explorer finds out
    // what they must be; or, in a trace that is told, they are these.
    std::array<OutsideOf, Limits::outside_pages + 1> outside_of{};
    std::array<std::uint16_t, Limits::outside_numbers> outside_numbers{};
    bool outside_fixed = false;
    std::vector<Instruction> code;
    std::vector<Rest> rests;  // [0] is idle
    std::vector<OperationCode> operations;
    std::vector<std::vector<std::uint16_t>> menus;  // per thread: indices into operations
    std::vector<std::uint16_t> device_menu;         // indices into operations
    std::array<CheckCode, event_table.size()> on_event{};
    CheckCode always;
    std::vector<PropertyInfo> properties;  // by number
    State start;
    // Nothing is asked that follows from pages being in use, where the text shows that they are:
    // a PTE maps them, or the handler has a reference. Where a design frees such a page after
    // all, StepResult::misled says so, and what is found from there on is worth nothing.
    bool trusts_counts = false;
    // Some handler comes to a mapped page by its content, and not by a page table.
    bool searches = false;
    // Some property asks whether an operation goes round for ever.
    bool asks_livelock = false;
    // The ways to pages that there are, by who goes by them.
    WaysUsed ways;
    // Some handler goes from process to process in the order of their numbers.
    bool orders_processes = false;
    // What coverage is counted by; in the order of the code.
    std::vector<StatementCode> statements;
    std::vector<GuardCode> guards;
    std::vector<ClauseCode> clauses;
    std::vector<NamedLocal> locals;  // in the order of the code, too
    // What the properties that are asked look at, and which reductions are sound for them.
    PropertyReads asked;
    // Of each sort of actor (bits by number), whether its text does such a thing anywhere; for
    // movers in the state at hand.
    struct Texts {
        std::uint8_t look_without_ptl = 0;  // looks at a page table without its lock
        std::uint8_t walk_mappings = 0;     // comes to a process by a page that it maps
        std::uint8_t watch_seq = 0;         // reads or changes write_protect_seq
        friend bool operator==(const Texts&, const Texts&) = default;
    } texts;
    // Ghosts, and flags of pins (likewise), that nothing goes by that the program asks or does:
    // compile/ghosts.h.
    std::uint64_t unread_ghosts = 0;

    // Packed access data for Code::load and Code::store.
    struct Access {
        std::uint8_t base = 0;
        std::uint8_t stride = 0;
        std::uint8_t shift = 0;
        std::uint16_t mask = 0;
    };
    std::array<Access, field_table.size()> access{};
};

}  // namespace cowcheck
