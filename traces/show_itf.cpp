#include "traces/show_itf.h"

#include "traces/text.h"

#include <nlohmann/json.hpp>

#include <array>

namespace cowcheck {

namespace {

using Output = nlohmann::ordered_json;

// By Scope: the variable that holds elements of this kind.
constexpr std::array<std::string_view, scope_count> variables{
    "processes", "page_tables", "pages", "pins", "tlbs", "threads", "outside"};

Output value_of(const FieldValue& value) {
    if (const auto* flag = std::get_if<bool>(&value)) return *flag;
    if (const auto* number = std::get_if<unsigned>(&value))
        return Output{{"#bigint", std::to_string(*number)}};
    return std::get<std::string>(value);
}

Output record_of(const ViewElement& element) {
    Output record = Output::object();
    record["exists"] = element.exists;
    for (const ViewField& field : element.fields) record[field.name] = value_of(field.value);
    return record;
}

Output action_of(const TraceStep& step) {
    return {{"thread", step.thread},
            {"operation", to_text(step.call)},
            {"handler", to_text(step.handlers)},
            {"statement", step.statement.text},
            {"place", to_text(step.place)}};
}

}  // namespace

std::string show_itf(const Trace& trace, const Walk& walked) {
    Walk walk = walked;
    Output object;
    object["#meta"] = {{"format", "ITF"},
                       {"format-description", "https://apalache-mc.org/docs/adr/015adr-trace.html"},
                       {"source", trace.header.design.name},
                       {"description", "cowcheck " + trace.header.tool_version + ": " +
                                           trace.header.property.name + ", world " +
                                           trace.header.world.name}};
    object["vars"] = {"action"};
    for (const std::string_view variable : variables) object["vars"].push_back(variable);
    object["states"] = Output::array();
    for (unsigned i = 0; i <= walk.size(); ++i) {
        walk.go(i);
        Output state;
        state["#meta"] = {{"index", i}};
        state["action"] = action_of(walk.outcome().step);
        for (const std::string_view variable : variables)
            state[variable] = {{"#map", Output::array()}};
        for (const ViewElement& element : walk.runner().view())
            state[variables[static_cast<std::size_t>(element.scope)]]["#map"].push_back(
                Output::array({element.name, record_of(element)}));
        object["states"].push_back(std::move(state));
    }
    return object.dump(1, ' ', false, Output::error_handler_t::replace) + "\n";
}

}  // namespace cowcheck
