// Runs a trace again, on the design as it is now.
#pragma once

#include "model/compile/design_text.h"
#include "model/machine/program.h"
#include "traces/trace.h"

#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

enum class ReplayVerdict : std::uint8_t {
    ok,          // every step does what it did, and the last one violates the property
    different,   // the steps are possible, but not all of it is as it was
    impossible,  // some step can't be made any more
};

[[nodiscard]] std::string_view name_of(ReplayVerdict verdict);

struct ReplayResult {
    ReplayVerdict verdict = ReplayVerdict::ok;
    unsigned step = 0;    // which one, from 1 on; 0: none in particular
    std::string message;  // one sentence
    std::vector<std::string> notes;
};

[[nodiscard]] ReplayResult replay(const Trace& trace, const Program& program);

// Which of the texts that the trace was made with are not the same any more, a
// sentence for each. By itself that says nothing against the trace.
[[nodiscard]] std::vector<std::string> changed_texts(const Trace& trace, const DesignText& design,
                                                     std::string_view world_text);

// The same with the notes filled in.
[[nodiscard]] ReplayResult replay(const Trace& trace, const Program& program,
                                  const DesignText& design, std::string_view world_text);

}  // namespace cowcheck
