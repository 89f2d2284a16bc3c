// A step in few words, as the columns of a mail need it.
#pragma once

#include "traces/trace.h"

#include <string>
#include <utility>

namespace cowcheck {

// "fork()", "gup_fast(read, get)", "clear_refs(parent)".
[[nodiscard]] std::string operation_text(const TraceStep& step, bool with_page);

// A handler that is entered: "copy_one_pte()", "[ write fault ]".
[[nodiscard]] std::string handler_text(const HandlerName& handler);

// A guard's condition and what it was; a lone `not` turns the answer round.
[[nodiscard]] std::pair<std::string, bool> guard_of(const TraceStep& step);

// The statement, which way a guard went, and what can't be seen from the text:
// "get page [A.refcount 2]".
[[nodiscard]] std::string step_text(const TraceStep& step);

// "[ reads P1 from A through pin0 ]".
[[nodiscard]] std::string device_text(const TraceStep& step);

// Locks taken and given back, and looks at something that is kept in a local.
[[nodiscard]] bool is_boring(const TraceStep& step);

}  // namespace cowcheck
