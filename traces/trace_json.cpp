#include "traces/trace_json.h"

#include "model/state/fields.h"
#include "traces/digest.h"
#include "traces/json_reader.h"
#include "traces/text.h"
#include "traces/trace_format_1.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace cowcheck {

namespace {

using Output = nlohmann::ordered_json;

constexpr unsigned largest = std::numeric_limits<std::int32_t>::max();
constexpr std::string_view no_bound = "all";
constexpr unsigned most_outside = 0xffff;  // references from outside

// ---------------------------------------------------------------- writing

Output to_value(const FieldValue& value) {
    return std::visit([](const auto& held) { return Output(held); }, value);
}

Output to_value(const StateChange& change) {
    return {{"scope", name_of(change.scope)}, {"element", change.element},
            {"field", change.field},          {"from", to_value(change.from)},
            {"to", to_value(change.to)},      {"text", to_text(change)}};
}

void add_text(Output& object, const char* name, const std::string& text) {
    if (!text.empty()) object[name] = text;
}

void add_number(Output& object, const char* name, const std::optional<unsigned>& number) {
    if (number) object[name] = *number;
}

Output to_value(const TraceEvent& event) {
    Output object{{"kind", name_of(event.kind)}};
    add_text(object, "process", event.process);
    add_number(object, "va", event.va);
    add_text(object, "page", event.page);
    add_text(object, "source", event.source);
    add_number(object, "pin", event.pin);
    add_text(object, "value", event.value);
    add_text(object, "expected", event.expected);
    add_text(object, "count", event.count);
    return object;
}

Output to_value(const Statement& statement) {
    Output object{{"kind", name_of(statement.kind)}, {"text", statement.text}};
    if (!statement.is_guard()) return object;
    object["condition"] = statement.condition;
    object["negated"] = statement.negated;
    return object;
}

Output to_value(const TraceOutside& outside) {
    return {{"process", outside.process},
            {"va", outside.va},
            {"what", outside.mappings ? "mappings" : "references"},
            {"number", outside.number}};
}

template <class Item>
Output to_array(const std::vector<Item>& items);

Output to_value(const TraceStep& step) {
    Output object{{"actor", name_of(step.actor)}, {"thread", step.thread},
                  {"kind", name_of(step.kind)},   {"operation", step.operation},
                  {"text", to_text(step.call)},   {"process", step.process}};
    add_number(object, "va", step.va);
    add_number(object, "pin", step.pin);
    object["handler"] = to_text(step.handlers);
    object["place"] = to_text(step.place);
    if (step.statement.kind != StatementKind::none) object["statement"] = to_value(step.statement);
    if (step.guard) object["guard"] = *step.guard;
    if (step.transient != 0) object["transient"] = step.transient;
    object["changes"] = to_array(step.changes);
    object["events"] = to_array(step.events);
    return object;
}

template <class Item>
Output to_array(const std::vector<Item>& items) {
    Output array = Output::array();
    for (const Item& item : items) array.push_back(to_value(item));
    return array;
}

Output to_value(const TraceText& text) {
    Output object{{"name", text.name}, {"title", text.title}};
    add_text(object, "path", text.path);
    object["digest"] = text.digest;
    return object;
}

std::string dump(const Output& value) {
    return value.dump(2, ' ', false, Output::error_handler_t::replace) + "\n";
}

// ---------------------------------------------------------------- reading

std::string text_or_nothing(const JsonReader& object, std::string_view name) {
    const auto field = object.find(name);
    return field ? field->string() : std::string();
}

std::optional<unsigned> number_or_nothing(const JsonReader& object, std::string_view name,
                                          unsigned high) {
    const auto field = object.find(name);
    if (!field) return std::nullopt;
    return field->number(0, high);
}

std::string nonempty(const JsonReader& field) {
    if (field.string().empty()) field.fail("expected a string that is not empty");
    return field.string();
}

TraceText read_text(const JsonReader& object) {
    object.allow_only({"name", "title", "path", "digest"});
    TraceText text{nonempty(object.at("name")), object.at("title").string(),
                   text_or_nothing(object, "path"), object.at("digest").string()};
    const bool hex = std::all_of(text.digest.begin(), text.digest.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
    if (!hex || text.digest.size() != digest_length)
        object.at("digest").fail("expected " + std::to_string(digest_length) +
                                 " lower-case hexadecimal digits");
    return text;
}

TraceProperty read_property(const JsonReader& object) {
    object.allow_only({"name", "meaning", "cost"});
    return {nonempty(object.at("name")), object.at("meaning").string(),
            object.at("cost").boolean()};
}

unsigned read_concurrency(const JsonReader& field) {
    if (field.is_number()) return field.number(1, largest);
    if (!field.is_string() || field.string() != no_bound)
        field.fail("expected a whole number or \"all\"");
    return 0;
}

FieldValue read_value(const JsonReader& field) {
    if (field.is_boolean()) return field.boolean();
    if (field.is_number()) return field.number(0, largest);
    if (!field.is_string()) field.fail("expected true or false, a number or a string");
    return field.string();
}

StateChange read_change(const JsonReader& object, unsigned format) {
    StateChange change;
    if (format == 1) {
        object.allow_only({"what", "from", "to"});
        change = change_of_format_1(nonempty(object.at("what")));
    } else {
        object.allow_only({"scope", "element", "field", "from", "to", "text"});
        const auto scope = find_element_kind(object.at("scope").string());
        if (!scope) object.at("scope").fail("there is no such kind of element");
        change.scope = *scope;
        change.element = nonempty(object.at("element"));
        change.field = nonempty(object.at("field"));
        (void)object.at("text").string();
    }
    change.from = read_value(object.at("from"));
    change.to = read_value(object.at("to"));
    if (change.from == change.to) object.fail("'from' and 'to' are the same");
    return change;
}

TraceEvent read_event(const JsonReader& object) {
    object.allow_only(
        {"kind", "process", "va", "page", "source", "pin", "value", "expected", "count"});
    TraceEvent event;
    const JsonReader kind = object.at("kind");
    const auto known = find_event_kind(kind.string());
    if (!known) kind.fail("there is no such kind of event");
    event.kind = *known;
    event.process = text_or_nothing(object, "process");
    event.va = number_or_nothing(object, "va", Limits::pages - 1);
    event.page = text_or_nothing(object, "page");
    event.source = text_or_nothing(object, "source");
    event.pin = number_or_nothing(object, "pin", Limits::pins - 1);
    event.value = text_or_nothing(object, "value");
    event.expected = text_or_nothing(object, "expected");
    event.count = text_or_nothing(object, "count");
    return event;
}

// An operation as it stands in a menu: "gup_fast(read, get)".
TraceOperation read_call(const JsonReader& field) {
    const std::string whole = nonempty(field);
    std::string_view text = whole;
    TraceOperation call;
    call.name = text.substr(0, text.find('('));
    text.remove_prefix(call.name.size());
    if (text.empty()) return call;
    if (call.name.empty() || text.size() < 3 || text.back() != ')')
        field.fail("expected an operation, as in \"gup(read, get)\"");
    for (const std::string_view flag : parts_of(text.substr(1, text.size() - 2), ", "))
        call.flags.emplace_back(flag);
    return call;
}

// "gup_fast > gup > fault write"
std::vector<HandlerName> read_handlers(const JsonReader& field) {
    constexpr std::string_view fault = "fault ";
    std::vector<HandlerName> handlers;
    for (const std::string_view one : parts_of(field.string(), " > ")) {
        const bool is_fault = one.starts_with(fault);
        handlers.push_back({is_fault, std::string(one.substr(is_fault ? fault.size() : 0))});
    }
    return handlers;
}

// "v5.7.cow:57:5"; the file's name may have colons.
TracePlace read_place(const JsonReader& field) {
    const std::vector<std::string_view> parts = parts_of(field.string(), ":");
    if (parts.empty()) return {};
    TracePlace place;
    const auto number = [&](std::string_view text, unsigned& into) {
        const auto read = std::from_chars(text.data(), text.data() + text.size(), into);
        return read.ec == std::errc() && read.ptr == text.data() + text.size() && into > 0;
    };
    if (parts.size() < 3 || !number(parts[parts.size() - 2], place.line) ||
        !number(parts.back(), place.column))
        field.fail("expected FILE:LINE:COLUMN");
    const std::size_t behind = parts[parts.size() - 2].size() + parts.back().size() + 2;
    place.file = field.string().substr(0, field.string().size() - behind);
    if (place.file.empty()) field.fail("expected FILE:LINE:COLUMN");
    return place;
}

Statement read_statement(const JsonReader& object) {
    object.allow_only({"kind", "text", "condition", "negated"});
    Statement statement;
    const auto kind = find_statement_kind(object.at("kind").string());
    if (!kind || *kind == StatementKind::none)
        object.at("kind").fail("there is no such kind of statement");
    statement.kind = *kind;
    statement.text = nonempty(object.at("text"));
    if (!statement.is_guard()) return statement;
    statement.condition = nonempty(object.at("condition"));
    statement.negated = object.at("negated").boolean();
    return statement;
}

// What the step says of itself in the format that it was written in.
void read_words(const JsonReader& object, unsigned format, TraceStep& step) {
    step.handlers = read_handlers(object.at("handler"));
    if (format == 1) {
        step.actor = actor_of_format_1(step.thread);
        step.statement = statement_of_format_1(object.at("statement").string());
        if (step.statement.kind == StatementKind::none) step.handlers = {{false, step.call.name}};
        return;
    }
    const auto actor = find_actor(object.at("actor").string());
    if (!actor) object.at("actor").fail("there is no such actor");
    step.actor = *actor;
    if (const auto statement = object.find("statement"))
        step.statement = read_statement(*statement);
}

TraceStep read_step(const JsonReader& object, unsigned format) {
    if (format != 1) (void)object.at("actor");
    object.allow_only({format == 1 ? "thread" : "actor", "thread", "kind", "operation", "text",
                       "process", "va", "pin", "handler", "place", "statement", "guard",
                       "transient", "changes", "events"});
    TraceStep step;
    step.thread = nonempty(object.at("thread"));
    const auto kind = find_step_kind(object.at("kind").string());
    if (!kind) object.at("kind").fail(R"(expected "start", "step" or "device")");
    step.kind = *kind;
    step.operation = object.at("operation").number(1, largest);
    step.call = read_call(object.at("text"));
    step.process = object.at("process").string();
    step.va = number_or_nothing(object, "va", Limits::pages - 1);
    step.pin = number_or_nothing(object, "pin", Limits::pins - 1);
    step.place = read_place(object.at("place"));
    read_words(object, format, step);
    if (const auto guard = object.find("guard")) step.guard = guard->boolean();
    if (const auto transient = object.find("transient"))
        step.transient = transient->number(1, Limits::transient);
    const JsonReader changes = object.at("changes");
    for (std::size_t i = 0; i < changes.size(); ++i)
        step.changes.push_back(read_change(changes.at(i), format));
    const JsonReader events = object.at("events");
    for (std::size_t i = 0; i < events.size(); ++i) step.events.push_back(read_event(events.at(i)));
    return step;
}

// Operations are numbered as they start, and go on where they started.
void check_operation(const JsonReader& object, const TraceStep& step,
                     std::vector<std::string>& threads) {
    const JsonReader number = object.at("operation");
    if ((step.kind == StepKind::device) != (step.actor == Actor::device) ||
        (step.kind == StepKind::device && step.thread != "device"))
        object.at("thread").fail("expected \"device\"");
    if (step.kind == StepKind::device && !step.pin) object.fail("the field 'pin' is missing");
    if (step.kind != StepKind::step) {
        if (step.operation != threads.size() + 1)
            number.fail("expected " + std::to_string(threads.size() + 1) +
                        ", the next operation that starts");
        threads.push_back(step.thread);
        return;
    }
    if (step.operation > threads.size())
        number.fail("operation " + std::to_string(step.operation) + " has not started");
    if (threads[step.operation - 1] != step.thread)
        number.fail("operation " + std::to_string(step.operation) + " was started by " +
                    threads[step.operation - 1].substr(0, 40));
}

void read_steps(const JsonReader& object, Trace& trace) {
    const JsonReader steps = object.at("steps");
    std::vector<std::string> threads;  // by operation
    for (std::size_t i = 0; i < steps.size(); ++i) {
        trace.steps.push_back(read_step(steps.at(i), trace.format));
        check_operation(steps.at(i), trace.steps.back(), threads);
    }
    trace.operations = object.at("operations").number(0, largest);
    if (trace.operations != threads.size())
        object.at("operations").fail("the steps start " + std::to_string(threads.size()));
    if (object.at("step_count").number(0, largest) != trace.steps.size())
        object.at("step_count").fail("there are " + std::to_string(trace.steps.size()) + " steps");
}

void read_outside(const JsonReader& object, TraceHeader& header) {
    object.allow_only({"needs", "numbers"});
    header.outside_needs = object.at("needs").string();
    const JsonReader numbers = object.at("numbers");
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const JsonReader one = numbers.at(i);
        one.allow_only({"process", "va", "what", "number"});
        const std::string& what = one.at("what").string();
        if (what != "references" && what != "mappings")
            one.at("what").fail(R"(expected "references" or "mappings")");
        header.outside.push_back({nonempty(one.at("process")),
                                  one.at("va").number(0, Limits::pages - 1), what == "mappings",
                                  one.at("number").number(0, most_outside)});
    }
}

Trace read_trace(const JsonReader& object) {
    // The version first: another one may well have other fields.
    const unsigned format = object.at("format").number(0, largest);
    if (format == 0 || format > trace_format)
        object.at("format").fail("version " + std::to_string(format) +
                                 " is unknown; this cowcheck reads versions 1 to " +
                                 std::to_string(trace_format));
    object.allow_only({"format", "cowcheck", "design", "world", "depth", "concurrency", "property",
                       "outside", "operations", "step_count", "explanation", "steps"});
    Trace trace;
    trace.format = format;
    trace.header.tool_version = object.at("cowcheck").string();
    trace.header.design = read_text(object.at("design"));
    trace.header.world = read_text(object.at("world"));
    trace.header.depth = object.at("depth").number(0, largest);
    trace.header.concurrency = read_concurrency(object.at("concurrency"));
    trace.header.property = read_property(object.at("property"));
    if (const auto outside = object.find("outside")) read_outside(*outside, trace.header);
    trace.explanation = object.at("explanation").string();
    read_steps(object, trace);
    return trace;
}

}  // namespace

std::string to_json(const Trace& trace) {
    const TraceHeader& header = trace.header;
    Output object;
    object["format"] = trace_format;
    object["cowcheck"] = header.tool_version;
    object["design"] = to_value(header.design);
    object["world"] = to_value(header.world);
    object["depth"] = header.depth;
    object["concurrency"] = header.concurrency == 0 ? Output(no_bound) : Output(header.concurrency);
    object["property"] = {{"name", header.property.name},
                          {"meaning", header.property.meaning},
                          {"cost", header.property.cost}};
    if (!header.outside.empty())
        object["outside"] = {{"needs", header.outside_needs},
                             {"numbers", to_array(header.outside)}};
    object["operations"] = trace.operations;
    object["step_count"] = trace.steps.size();
    object["explanation"] = trace.explanation;
    object["steps"] = to_array(trace.steps);
    return dump(object);
}

std::string to_json(const ReplayResult& result, std::string_view trace_name) {
    Output object;
    object["trace"] = std::string(trace_name);
    object["verdict"] = name_of(result.verdict);
    object["step"] = result.step;
    object["message"] = result.message;
    object["notes"] = result.notes;
    return dump(object);
}

ParsedTrace trace_from_json(std::string_view text, std::string_view name) {
    ParsedTrace parsed;
    try {
        if (text.size() > max_trace_bytes) throw JsonError("too large for a trace");
        const Json value = parse_json(text);
        parsed.trace = read_trace(JsonReader(value, {}));
    } catch (const JsonError& error) {
        parsed.error = std::string(name) + ": " + printable(error.what());
    }
    return parsed;
}

}  // namespace cowcheck
