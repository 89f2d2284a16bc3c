#include "traces/record.h"

#include "cowcheck_version.h"
#include "traces/blocked.h"
#include "traces/digest.h"
#include "traces/explain.h"
#include "traces/runner.h"
#include "traces/walk.h"

#include <stdexcept>

namespace cowcheck {

namespace {

TraceProperty describe_property(const PropertySet& properties, std::string_view name) {
    for (const ast::Property& property : properties.properties)
        if (property.name == name) return {property.name, property.meaning, property.cost};
    if (name == assertion_name)
        return {std::string(name), "what the design itself asserts is true", false};
    if (name == counting_name)
        return {std::string(name), "no count gets too large or too small, no page in use is free",
                false};
    if (name == outcome_name) return {std::string(name), "what a program sees by then", false};
    return {std::string(name), {}, false};
}

[[noreturn]] void refuse(const Runner& runner, std::size_t index, const Action& action,
                         Blocked blocked) {
    throw std::invalid_argument("step " + std::to_string(index + 1) +
                                " of the schedule is not possible: " +
                                why_blocked(runner.program(), runner.state(), action, blocked));
}

}  // namespace

TraceHeader make_header(const DesignText& design, const World& world, std::string_view world_text,
                        const PropertySet& properties, std::string_view property,
                        TraceBounds bounds) {
    TraceHeader header;
    header.tool_version = version;
    header.design = {design.name(), design.design().title, {}, design_digest(design)};
    header.world = {world.name, world.title, {}, text_digest(world_text)};
    header.depth = bounds.depth;
    header.concurrency = bounds.concurrency;
    header.property = describe_property(properties, property);
    return header;
}

Trace record_again(const Trace& trace, const Program& program, const PropertySet& properties) {
    const Walk walk(trace, program);
    std::vector<Action> actions;
    for (unsigned i = 1; i <= walk.size(); ++i) actions.push_back(walk.action(i));
    return record(walk.runner().program(), trace.header, actions, properties);
}

Trace record(const Program& program, TraceHeader header, std::span<const Action> actions,
             const PropertySet& properties) {
    Trace trace;
    trace.header = std::move(header);
    Runner runner(program);
    const std::uint32_t bit = property_bit(program, trace.header.property.name);
    Outcome last = runner.check();
    for (std::size_t i = 0; i < actions.size() && (last.violated() & bit) == 0; ++i) {
        if (!makes_sense(runner.program(), runner.state(), actions[i]))
            throw std::invalid_argument("step " + std::to_string(i + 1) +
                                        " of the schedule is not possible here");
        last = runner.perform(actions[i]);
        if (last.blocked != Blocked::no) refuse(runner, i, actions[i], last.blocked);
        trace.steps.push_back(last.step);
    }
    trace.operations = runner.operations();
    if ((last.violated() & bit) != 0) trace.explanation = explain(runner, last, bit, properties);
    return trace;
}

}  // namespace cowcheck
