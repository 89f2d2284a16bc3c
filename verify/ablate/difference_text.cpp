#include "verify/ablate/difference_text.h"

#include "traces/text.h"

#include <algorithm>
#include <vector>

namespace cowcheck {

namespace {

constexpr std::size_t short_enough = 50;  // both are shown as a whole
constexpr std::size_t words_around = 3;

using Words = std::vector<std::string_view>;

std::string joined(const Words& words, std::size_t from, std::size_t to) {
    std::string text = from > 0 ? "... " : "";
    for (std::size_t i = from; i < to; ++i) {
        if (i > from) text += ' ';
        text += words[i];
    }
    return text + (to < words.size() ? " ..." : "");
}

}  // namespace

std::string difference_text(std::string_view before, std::string_view after) {
    if (before.size() <= short_enough)
        return std::string(before) + ": becomes " + std::string(after);
    const Words a = parts_of(before, " ");
    const Words b = parts_of(after, " ");
    const std::size_t least = std::min(a.size(), b.size());
    std::size_t first = 0;
    while (first < least && a[first] == b[first]) ++first;
    std::size_t last = 0;
    while (last < least - first && a[a.size() - 1 - last] == b[b.size() - 1 - last]) ++last;
    const std::size_t from = first - std::min(first, words_around);
    const auto shown = [&](const Words& words) {
        return joined(words, from, std::min(words.size(), words.size() - last + words_around));
    };
    return shown(a) + ": becomes " + shown(b);
}

}  // namespace cowcheck
