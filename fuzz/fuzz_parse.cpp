// The parsers on any bytes: the first one picks the parser, the rest is the text.
// Whatever comes, there is a tree or at least one diagnostic, and each can be shown.
#include "fuzz/support.h"
#include "model/language/parse.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using namespace cowcheck;

bool parses(unsigned which, const SourceFile& file, Diagnostics& out) {
    switch (which % 4) {
    case 0: return parse_design(file, out).has_value();
    case 1: return parse_properties(file, out).has_value();
    case 3: return parse_part(file, out).has_value();
    default: return parse_world(file, out).has_value();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const unsigned which =
        data[0] - unsigned{'0'};  // '0' is a design, '1' properties, '2' a world, '3' a part
    const SourceFile file{"fuzz", std::string(data + 1, data + size)};
    Diagnostics out;
    require(parses(which, file, out) == out.empty());
    for (const Diagnostic& diagnostic : out) {
        require(diagnostic.span.file == &file && diagnostic.span.line > 0);
        require(diagnostic.span.column > 0 && !diagnostic.message.empty());
    }
    require(to_text(out).empty() == out.empty());
    return 0;
}
