// A counterexample as a value: what was checked, and every step of a schedule
// with what it changed. docs/trace-format.md describes it as a file.
#pragma once

#include "model/language/statement.h"
#include "model/operations.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cowcheck {

// The version of the format that is written. Older ones are read, too.
inline constexpr unsigned trace_format = 2;

// What a field of a state holds, in readable form: a flag, a count, or a name.
using FieldValue = std::variant<bool, unsigned, std::string>;

// "yes" and "no", a number, or the name itself; "-" for an empty one.
[[nodiscard]] std::string to_text(const FieldValue& value);

// What of a state an element is.
enum class ElementKind : std::uint8_t { process, pte, vma, spte, page, pin, tlb, thread };

[[nodiscard]] std::string_view name_of(ElementKind kind);
[[nodiscard]] std::optional<ElementKind> find_element_kind(std::string_view name);
// "page A", "parent.pte[0]": as people call it.
[[nodiscard]] std::string element_text(ElementKind kind, const std::string& element);

// One field of an element gets another value.
struct StateChange {
    ElementKind scope = ElementKind::process;
    std::string element;  // "A", "parent.pte[0]", "pin0", "cpu0.tlb[0]"
    std::string field;    // "writable"
    FieldValue from;
    FieldValue to;

    [[nodiscard]] bool is_of(const StateChange& other) const {
        return scope == other.scope && element == other.element;
    }
    friend bool operator==(const StateChange&, const StateChange&) = default;
};

// "page A.refcount"
[[nodiscard]] std::string field_text(const StateChange& change);
// "page A.refcount: 1 -> 2"
[[nodiscard]] std::string to_text(const StateChange& change);

enum class EventKind : std::uint8_t {
    load,
    store,
    dma_read,
    dma_write,
    unpin,
    userfault,
    copy,
    fork,
    free,
    underflow,
    overflow
};

[[nodiscard]] std::string_view name_of(EventKind kind);
[[nodiscard]] std::optional<EventKind> find_event_kind(std::string_view name);

// Something that happens to data or references within a step. What does not
// apply is empty.
struct TraceEvent {
    EventKind kind = EventKind::load;
    std::string process;         // whose access; fork: the child
    std::optional<unsigned> va;  // its virtual page
    std::string page;            // the frame: "A"; copy: the new one
    std::string source;          // copy: the frame that was copied
    std::optional<unsigned> pin;
    std::string value;     // what was read, written or copied: "P1"
    std::string expected;  // load: what the process should read
    std::string count;     // overflow, underflow: of what; empty: of the page's references

    friend bool operator==(const TraceEvent&, const TraceEvent&) = default;
};

// Which count an overflow or underflow is about.
[[nodiscard]] std::string counted_text(const TraceEvent& event);

[[nodiscard]] std::string_view name_of(Actor actor);
[[nodiscard]] std::optional<Actor> find_actor(std::string_view name);

// An operation as a world's menu has it.
struct TraceOperation {
    std::string name;                // "gup_fast"
    std::vector<std::string> flags;  // "read", "get"

    friend bool operator==(const TraceOperation&, const TraceOperation&) = default;
};

// "gup_fast(read, get)"
[[nodiscard]] std::string to_text(const TraceOperation& operation);

// Where a statement stands; nowhere if the file has no name.
struct TracePlace {
    std::string file;  // "v5.7.cow"
    unsigned line = 0;
    unsigned column = 0;

    [[nodiscard]] bool empty() const { return file.empty(); }
    friend bool operator==(const TracePlace&, const TracePlace&) = default;
};

// "v5.7.cow:57:5", or nothing.
[[nodiscard]] std::string to_text(const TracePlace& place);

// An operation starts on a thread, a thread goes on, or a device acts at once.
enum class StepKind : std::uint8_t { start, step, device };

[[nodiscard]] std::string_view name_of(StepKind kind);
[[nodiscard]] std::optional<StepKind> find_step_kind(std::string_view name);

// One atomic step.
struct TraceStep {
    Actor actor = Actor::cpu;
    std::string thread;  // "cpu0", "monitor", "procfs", "device"
    StepKind kind = StepKind::step;
    unsigned operation = 0;      // the number of its operation, from 1 on
    TraceOperation call;         // gup_fast(read, get), fork
    std::string process;         // the process worked on
    std::optional<unsigned> va;  // the virtual page, if the operation has one
    std::optional<unsigned> pin;
    std::vector<HandlerName> handlers;  // gup_fast, gup, fault write, do_wp_page
    TracePlace place;
    Statement statement;        // if page.mapcount == 1
    std::optional<bool> guard;  // which way an `if` went, where that is known
    unsigned transient = 0;     // references from outside that every page has meanwhile
    std::vector<StateChange> changes;
    std::vector<TraceEvent> events;

    friend bool operator==(const TraceStep&, const TraceStep&) = default;
};

// A text that the trace depends on.
struct TraceText {
    std::string name;    // "v5.7"
    std::string title;   // in one line
    std::string path;    // of the user's own file; empty if it is built in
    std::string digest;  // of all that it consists of

    friend bool operator==(const TraceText&, const TraceText&) = default;
};

struct TraceProperty {
    std::string name;
    std::string meaning;
    bool cost = false;  // breaking it costs, but corrupts nothing

    friend bool operator==(const TraceProperty&, const TraceProperty&) = default;
};

// References from outside that a page has throughout: how many were assumed.
struct TraceOutside {
    std::string process;    // whose page
    unsigned va = 0;        // at the start
    bool mappings = false;  // other processes' mappings, or plain references
    unsigned number = 0;

    friend bool operator==(const TraceOutside&, const TraceOutside&) = default;
};

// What was checked, and by what.
struct TraceHeader {
    std::string tool_version;
    TraceText design;
    TraceText world;
    unsigned depth = 0;        // the bound: operations started
    unsigned concurrency = 0;  // the bound: operations in flight; 0 is none
    TraceProperty property;
    std::vector<TraceOutside> outside;
    std::string outside_needs;  // what their numbers have to be; empty: any will do

    friend bool operator==(const TraceHeader&, const TraceHeader&) = default;
};

struct Trace {
    unsigned format = trace_format;  // that it was read from
    TraceHeader header;
    unsigned operations = 0;  // that the steps start
    std::string explanation;  // what goes wrong in the last step; empty if nothing does
    std::vector<TraceStep> steps;

    friend bool operator==(const Trace&, const Trace&) = default;
};

// What a trace calls the design's own assertions, which are no property.
inline constexpr std::string_view assertion_name = "assertion";
// What it, and every report, calls a count that is wrong: no property, either, and always noticed.
inline constexpr std::string_view counting_name = "counting";
// What the trace of a program's outcome calls what it shows: nothing need be violated.
inline constexpr std::string_view outcome_name = "outcome";

// Its last step violates the property; one of an outcome only shows what it explains.
[[nodiscard]] bool is_violated(const Trace& trace);
// What stands between the design and the property: " violates ", " has the ", ", property ".
[[nodiscard]] std::string_view verb_of(const Trace& trace);
// "no_foreign_data is violated: ...", "The outcome: ...", "Nothing is violated."
[[nodiscard]] std::string ending_of(const Trace& trace);

// " with 1 transient reference from outside"; nothing for none.
[[nodiscard]] std::string transient_text(unsigned number);
// "any number of outside references >= 1; shown with 1"
[[nodiscard]] std::string outside_text(const TraceHeader& header);

// What a step does: its statement, or the operation where that has none.
[[nodiscard]] std::string what_it_does(const TraceStep& step);
// "gup_fast > gup > fault write > do_wp_page"
[[nodiscard]] std::string to_text(const std::vector<HandlerName>& handlers);
// The monitor and procfs act on whichever process; a CPU on its own.
[[nodiscard]] bool names_its_process(const TraceStep& step);

// "cpu0 (parent)", or "device" alone.
[[nodiscard]] std::string actor_name(const TraceStep& step);

// An event in words: "cpu0 stores P1 into page A".
[[nodiscard]] std::string to_text(const TraceEvent& event, const TraceStep& step);
// The same behind "cpu0", where the step's own thread does it: "stores P1 into page A".
[[nodiscard]] std::string words_behind_thread(const TraceEvent& event, const TraceStep& step);

}  // namespace cowcheck
