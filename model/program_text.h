// A program: a litmus test for copy-on-write and GUP, as a value. Who does what one after the
// other, what runs beside it, what is observed, and what must hold of that. The language is
// docs/programs.md; `cowcheck run` explores it on a design, and whatever runs it on a kernel takes
// it from here.
#pragma once

#include "model/language/ast.h"
#include "model/operations.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

// What `let NAME = LOOK(process, va)` looks at, without touching the memory.
// clang-format off
//             name        of memory  what
#define COWCHECK_LOOKS(X)                                                                          \
    X(page,       true,  "which page is mapped there, compared with other looks")                  \
    X(present,    true,  "something is mapped there")                                              \
    X(swapped,    true,  "a swap or migration entry stands there")                                 \
    X(soft_dirty, true,  "the entry has the soft-dirty bit")                                       \
    X(uffd_wp,    true,  "the entry has the userfaultfd write-protect bit")                        \
    X(exclusive,  true,  "no other entry maps the page")                                           \
    X(backing,    true,  "what the file, or the zeropage, holds behind the private mapping")       \
    X(events,     false, "userfaultfd events that no wait_event has taken, up to 3")               \
    X(copies,     false, "pages that the process's faults have copied so far, up to 3")
// clang-format on

enum class Look : std::uint8_t {
#define X(name, of_memory, what) name,
    COWCHECK_LOOKS(X)
#undef X
};

struct LookInfo {
    std::string_view name;
    bool of_memory;  // of a virtual page; else of a process
    std::string_view what;
};

inline constexpr auto look_table = std::to_array<LookInfo>({
#define X(name, of_memory, what) {#name, of_memory, what},
    COWCHECK_LOOKS(X)
#undef X
});

[[nodiscard]] constexpr const LookInfo& info(Look look) {
    return look_table[static_cast<std::size_t>(look)];
}

// What a name stands for, and so what it can be compared with.
enum class Seen : std::uint8_t {
    value,   // of memory: P0, P1, D1, 0 (zeroes), or the word fault
    result,  // ok, fault
    event,   // event, none
    page,    // the same as another look's or not; zeropage, file, swapped, migrating, none
    bit,     // true, false
    count    // 0 to 3
};

struct ProgramStep {
    enum class Kind : std::uint8_t {
        operation,   // `parent.2: x = gup(read, pin)`
        wait_event,  // `monitor: e = wait_event`: until userfaultfd has one, or nothing else moves
        look,        // `let x = page(parent, 0)`
        parallel     // each branch one after the other, the branches side by side
    };

    Kind kind = Kind::operation;
    SourceSpan span;
    std::string text;             // on one line, without its name: "parent: fork"
    std::string name;             // of what is seen; empty if it has none
    Seen seen = Seen::result;     // what that is
    Actor actor = Actor::cpu;     // operation
    std::string who;              // as written: a process, a service, or a pin
    std::optional<unsigned> cpu;  // of the process, from 1 on; none: any of them
    MenuItem item;                // operation
    Look look = Look::page;       // look
    std::string process;          // whose memory; empty: a pin's, or the first one's
    SourceSpan process_span;
    std::optional<unsigned> va;  // none: each page, one after the other
    std::vector<std::vector<ProgramStep>> branches;
};

// What a kernel thread may start at any moment beside the program, or never.
struct Meanwhile {
    SourceSpan span;
    MenuItem item;
    unsigned at_most = 0;  // 0 is any number of times
};

struct ProgramCondition {
    enum class Word : std::uint8_t {
        exists,  // some outcome is so
        forall,  // every outcome is so
        never    // none is
    };

    SourceSpan span;
    Word word = Word::exists;
    std::string text;  // "exists (x == P1)"
    ast::Expr value;   // over the names; with several pages it is asked of each of them
};

struct ProgramText {
    SourceSpan span;  // of the name
    std::string name;
    std::string title;
    std::string comment;
    std::vector<std::string> sources;

    // Where it starts: one of these four.
    std::string memory;    // each page of the parent, in the words of a world: "anonymous written"
    std::string memories;  // once with each of these kinds: "anonymous", "other", "thp"
    std::string world;     // as a world starts: its name or its file
    std::optional<ast::World> start;  // settings and processes, in-line
    SourceSpan start_span;

    std::string result;  // what the kernel's own test prints if it passes
    std::string leak;    // not empty: with hugetlb it is known to fail, in these words
    std::vector<Meanwhile> meanwhile;
    std::vector<ProgramStep> steps;
    std::vector<ProgramCondition> conditions;
};

// A name of what is observed, in the order of the text.
struct Observed {
    std::string name;
    Seen seen = Seen::result;
    const ProgramStep* step = nullptr;
};

// Looks every word up but the names of processes and what only a world decides. Nothing, and
// complaints, if something is wrong.
[[nodiscard]] std::optional<ProgramText> resolve_program(const ast::Program& tree,
                                                         Diagnostics& out);

// Parsed and resolved; `file` must outlive the program.
[[nodiscard]] std::optional<ProgramText> read_program(const SourceFile& file, Diagnostics& out);

[[nodiscard]] std::vector<Observed> observed(const ProgramText& program);

// "exists", "forall", "never"
[[nodiscard]] std::string_view to_text(ProgramCondition::Word word);

// Words that stand for themselves in a condition, of what a name may be.
[[nodiscard]] std::vector<std::string_view> words_of(Seen seen);
// P0, C12, D1: a value, by who made it.
[[nodiscard]] bool is_value_name(std::string_view word);

}  // namespace cowcheck
