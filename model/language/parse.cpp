#include "model/language/parse.h"
#include "model/language/read_file.h"

#include <algorithm>

namespace cowcheck::syntax {

namespace {

// More than this many errors are no help.
constexpr std::size_t max_errors = 20;

}  // namespace

bool FileReader::read() {
    const std::size_t before = out_.size();
    if (auto bad = check_bytes(build.file())) {
        out_.push_back(std::move(*bad));
        return false;
    }
    const std::string_view text = body_of(build.file());
    Input in(text, build.file().name);
    bool first = true;
    while (out_.size() - before < max_errors && read_one(in, first)) first = false;
    if (first && out_.size() == before) {
        const bool empty = text.find_first_not_of(" \t\r\n") == std::string_view::npos;
        build.complain({&build.file(), 1, 1, 1},
                       std::string(empty ? "the file is empty" : "there are only comments here") +
                           ": expected " + std::string(beginning()));
    }
    return out_.size() == before;
}

// False at the end of the text.
bool FileReader::read_one(Input& in, bool first) {
    const Place begin = in.place();
    try {
        const auto tree = parse(in, first);
        if (!tree || tree->children.empty()) return false;
        for (const auto& node : tree->children) take(*node);
        return true;
    } catch (const SyntaxError& error) {
        out_.push_back(explain(error, in, build.file(), begin));
        return resume(in, begin, error.place, first);
    }
}

// A definition starts in column 1. The one that failed may do so itself, unless
// it failed for not being what a file starts with.
bool FileReader::resume(Input& in, const Place& begin, const Place& error, bool first) const {
    const char* const end = in.end();
    Place place = error;
    place.at -= place.column - 1;
    place.column = 1;
    while (place.at < error.at || (!first && place.at <= begin.at) ||
           !starts_definition({place.at, std::find(place.at, end, '\n')})) {
        place.at = std::find(place.at, end, '\n');
        if (place.at == end) return false;
        ++place.at;
        ++place.line;
    }
    in.resume(place);
    return true;
}

}  // namespace cowcheck::syntax
