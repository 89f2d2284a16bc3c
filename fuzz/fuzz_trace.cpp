// The reader of traces on any bytes. Whatever comes, there is a trace or one message;
// a trace can be shown, and is the same after it is written and read again.
#include "fuzz/support.h"
#include "traces/show_columns.h"
#include "traces/show_text.h"
#include "traces/trace_json.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using namespace cowcheck;

// No line is too long for a mail, empty, or anything but ASCII.
bool is_fit_for_mail(const std::string& text) {
    std::size_t length = 0;
    for (const char c : text) {
        if (c == '\n' && length == 0) return false;
        length = c == '\n' ? 0 : length + 1;
        if (length > mail_width || (c != '\n' && (c < ' ' || c > '~'))) return false;
    }
    return length == 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    const ParsedTrace parsed = trace_from_json(text, "fuzz");
    require(parsed.trace.has_value() == parsed.error.empty());
    if (!parsed.trace) {
        require(parsed.error.starts_with("fuzz: ") && parsed.error.find('\n') == std::string::npos);
        return 0;
    }
    const ParsedTrace again = trace_from_json(to_json(*parsed.trace), "again");
    Trace converted = *parsed.trace;  // an older format is written as the one of today
    converted.format = trace_format;
    require(again.trace && *again.trace == converted);
    require(!show_text(*parsed.trace).empty());
    require(is_fit_for_mail(show_columns(*parsed.trace)));
    return 0;
}
