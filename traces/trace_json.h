// A trace as a JSON file: docs/trace-format.md, docs/trace.schema.json.
#pragma once

#include "traces/replay.h"
#include "traces/trace.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cowcheck {

// A file larger than this is none of ours; whoever reads files looks first.
inline constexpr std::size_t max_trace_bytes = std::size_t{64} << 20U;

// Always the same text for the same trace; ends with a newline.
[[nodiscard]] std::string to_json(const Trace& trace);

// What a replay found: {"trace", "verdict", "step", "message", "notes"}.
[[nodiscard]] std::string to_json(const ReplayResult& result, std::string_view trace_name);

// A trace, or the first thing that is wrong with the text:
// "trace.json: steps[3].thread: expected a string".
struct ParsedTrace {
    std::optional<Trace> trace;
    std::string error;
};

// `name` is what messages call the text. Everything is checked: each field's
// presence, type and range, unknown fields, and that steps and operations fit
// together. Whether the steps are possible is for replay() to say.
[[nodiscard]] ParsedTrace trace_from_json(std::string_view text, std::string_view name);

}  // namespace cowcheck
