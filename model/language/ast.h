// What a parsed text looks like, before any name in it has been looked up.
// The grammar is in docs/language.md.
#pragma once

#include "model/language/source.h"
#include "model/language/statement.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck::ast {

struct Expr;
struct Stmt;
using Block = std::vector<Stmt>;

// A field in a record: `writable` (true), or `soft_dirty = orig.soft_dirty`.
struct RecordField {
    SourceSpan span;
    std::string name;
    std::vector<Expr> value;  // none: the field is set to true; else one
};

enum class ExprKind {
    number,   // 1024
    boolean,  // true false
    none,     // none
    name,     // pte
    field,    // page.refcount       operands[0].name
    call,     // maybe_dma_pinned(page)
    phrase,   // try get page        two or more operands in a row, each name/field/call
    unary,    // not x, - x          name is the operator
    binary,   // x and y             name is the operator: + - == != < <= > >= and or implies
    record,   // { page = new, writable }
    with,     // pte with { writable = false }      operands[0] with fields
    paren,    // (x), kept so that a phrase can tell it from a word
};

struct Expr {
    ExprKind kind = ExprKind::none;
    SourceSpan span;             // of the whole expression as far as it is on one line
    std::string name;            // name, field, call, unary, binary
    std::int64_t number = 0;     // number; 0 or 1 for boolean
    std::vector<Expr> operands;  // what it is made of
    std::vector<RecordField> fields;
};

enum class StmtKind {
    phrase,    // get page / lock ptl / flush tlb va      value is the phrase (or a name alone)
    assign,    // target = value, target += value, target -= value
    call,      // zap_pte(va)                             value is the call
    fault,     // fault write(va)                         value is the call
    if_,       // if value { body } else { other }        `else if` is an if_ alone in other
    loop,      // loop { body }
    for_each,  // for each NAME [of value] { body }       name is the variable
    atomic,    // atomic { body }
    return_,   // return / return value
    fail,      // fail
    break_,
    continue_,
    assert_,  // assert value "text"
};

struct Stmt {
    StmtKind kind = StmtKind::phrase;
    SourceSpan span;           // the statement's first line
    std::string name;          // assign: "=", "+=" or "-="; for_each: variable; assert_: text
    std::vector<Expr> target;  // assign: one
    std::vector<Expr> value;   // none or one
    Block body;
    Block other;
    std::shared_ptr<const StatementText> text;
};

enum class HandlerKind { operation, fault, handler };

// `operation gup(va, flags) { ... }`
struct Handler {
    HandlerKind kind = HandlerKind::handler;
    SourceSpan span;  // of the name
    std::string name;
    std::vector<std::string> parameters;
    Block body;
    std::string comment;  // the # lines directly above, without the #
};

// `predicate maybe_dma_pinned(page) = page.refcount >= 1024`
struct Predicate {
    SourceSpan span;
    std::string name;
    std::vector<std::string> parameters;
    Expr value;
};

// `expect violated no_foreign_data in hugetlb because "the mapcount decides"`
struct Expectation {
    struct WorldName {
        SourceSpan span;
        std::string name;
    };
    SourceSpan span;
    bool violated = false;
    std::string property;
    std::vector<WorldName> worlds;  // none: all that no other line about the property names
    std::string reason;

    [[nodiscard]] bool names(std::string_view world) const {
        return std::any_of(worlds.begin(), worlds.end(),
                           [&](const WorldName& one) { return one.name == world; });
    }
};

// `parts swap, hugetlb`: files that hold more of a design, one name of them
struct PartName {
    SourceSpan span;
    std::string name;
};

// `part swap of v5.7`
struct PartLine {
    SourceSpan span;  // of the part's name
    std::string name;
    std::string of;  // the design
    SourceSpan of_span;
};

// A design file, or the whole design once its parts have been added.
struct Design {
    SourceSpan span;  // of the name
    std::string name;
    std::string base;  // after `extends`, or empty
    SourceSpan base_span;
    std::string title;
    std::string kernels;
    std::string dated;                 // released or posted: "2020-08-02", or empty
    bool by_default = false;           // checked when nobody names a design
    std::string comment;               // the # lines at the top of the file
    std::vector<PartName> parts;       // all of them
    std::vector<PartLine> parts_here;  // those that stand in this very file
    std::vector<Expectation> expectations;
    std::vector<Predicate> predicates;
    std::vector<Handler> handlers;
};

// A file with a part of a design.
struct Part {
    PartLine line;
    std::vector<Predicate> predicates;
    std::vector<Handler> handlers;
};

// `always for each pin: expr`, `at store: expr`, `sometimes: expr`
enum class ClauseKind { always, at, sometimes };

// What is told where a clause is violated: texts, and the values between them.
struct WordsPiece {
    std::string text;         // that stands before
    std::vector<Expr> value;  // none at the end; else one
};

struct Clause {
    ClauseKind kind = ClauseKind::always;
    SourceSpan span;
    std::string event;                  // at
    std::vector<std::string> for_each;  // always, sometimes: pin, mm, va, page, cpu
    Expr value;
    std::vector<WordsPiece> says;  // "{pin} holds {pin.page}"; none: the property has no words
};

// `property NAME safety|cost [needs page.anon_exclusive] "meaning" source "..." clauses`
struct Property {
    SourceSpan span;
    std::string name;
    bool cost = false;
    std::optional<Expr> needs;  // a field that the design must write for the property to apply
    std::string meaning;
    std::string source;
    std::vector<Clause> clauses;
};

struct Properties {
    std::vector<Predicate> predicates;
    std::vector<Property> properties;
};

// An operation as a world allows it: name and flags, `gup(read, pin, longterm)`.
struct MenuEntry {
    SourceSpan span;
    std::string operation;
    std::vector<std::string> flags;
};

// `maps va 0 anonymous written`: number and the words after it.
struct InitialMapping {
    SourceSpan span;
    std::int64_t va = 0;
    std::vector<std::string> words;
};

// `page of va 0 has outside references 0 .. 3`
struct OutsideLine {
    SourceSpan span;
    std::int64_t va = 0;
    std::string what;  // references, mappings
    std::int64_t low = 0;
    std::optional<std::int64_t> high;  // none: any number
};

struct WorldProcess {
    SourceSpan span;
    std::string name;
    bool starts_free = false;
    std::int64_t cpus = 1;
    std::vector<InitialMapping> maps;
    std::vector<MenuEntry> menu;
    std::vector<OutsideLine> outside;
};

// `monitor { may ... }`, `procfs { ... }`, `device { ... }`
struct WorldService {
    SourceSpan span;
    std::string name;
    std::vector<MenuEntry> menu;
};

// `frames 4`, `arch x86`, `munmap leaves fresh mapping`: a word and what follows.
struct WorldSetting {
    SourceSpan span;
    std::string name;
    std::optional<std::int64_t> number;
    std::vector<std::string> words;
};

struct World {
    SourceSpan span;
    std::string name;
    std::string title;
    std::string comment;
    std::vector<WorldSetting> settings;
    std::vector<WorldProcess> processes;
    std::vector<WorldService> services;
    std::int64_t transient = 0;  // `every page has transient references at most 1`
    SourceSpan transient_span;
};

// What somebody does next in a program, or what is looked at.
struct ProgramStep {
    enum class Kind { operation, look, parallel };

    Kind kind = Kind::operation;
    SourceSpan span;
    std::string name;                 // of what is seen: `x = read`, `let x = page(parent)`
    SourceSpan name_span;             // nowhere if it has no name
    std::string actor;                // operation: "parent", "monitor", the name of a pin
    SourceSpan actor_span;            // with the CPU
    std::optional<std::int64_t> cpu;  // operation: `parent.2`
    MenuEntry entry;                  // operation; look: the word, without flags
    std::string process;              // whose memory, if said
    SourceSpan process_span;
    std::optional<std::int64_t> va;
    std::vector<std::vector<ProgramStep>> branches;  // parallel
};

// `meanwhile kernel: speculative_get, migrate at most 1`
struct ProgramMeanwhile {
    SourceSpan span;
    std::string actor;
    std::vector<MenuEntry> menu;
    std::int64_t at_most = 0;  // of each; 0 is any number
};

// `exists (x == P1)`
struct ProgramCondition {
    SourceSpan span;
    std::string word;  // exists, forall, never
    Expr value;
};

// A litmus test for copy-on-write; docs/programs.md.
struct Program {
    SourceSpan span;  // of the name
    std::string name;
    std::string title;
    std::string comment;
    std::vector<std::string> sources;
    std::vector<std::string> memory;  // `memory anonymous written`
    SourceSpan memory_span;
    std::string memories;  // `memories anonymous`: once with each of several kinds
    SourceSpan memories_span;
    std::string world;  // `world default`: a name or a file
    SourceSpan world_span;
    std::optional<World> start;  // `start { ... }`
    std::string result;          // what the kernel's test prints if it passes
    std::string leak;            // not empty: with hugetlb it is known to fail, in these words
    std::vector<ProgramMeanwhile> meanwhile;
    std::vector<ProgramStep> steps;
    std::vector<ProgramCondition> conditions;
};

}  // namespace cowcheck::ast
