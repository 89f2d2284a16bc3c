#include "model/compile/state_size.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <vector>

namespace cowcheck {

namespace {

struct ScopeWords {
    Scope scope;
    std::string_view elements;
    std::string_view give_up;
};

constexpr std::array<ScopeWords, scope_count> scope_words{{
    {Scope::mm, "processes", "processes"},
    {Scope::pte, "virtual pages", "pages, processes"},
    {Scope::page, "frames", "frames; pages of a file, the zeropage, swap; pins"},
    {Scope::pin, "pins", "pins"},
    {Scope::tlb, "TLB entries", "CPUs, pages"},
    {Scope::thread, "threads", "CPUs, services, operations with many locals"},
    {Scope::outside, "lists of outside references", "outside references"},
}};

std::string left(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

std::string right(unsigned number, std::size_t width) {
    const std::string text = std::to_string(number);
    return std::string(width - std::min(width, text.size()), ' ') + text;
}

}  // namespace

ScopeSizes sizes_in_words(const Layout& layout) {
    ScopeSizes sizes;
    for (std::size_t s = 0; s < scope_count; ++s) {
        sizes[s].most = layout.count[s] == 0 ? 0U : 16U * layout.stride[s];
        sizes[s].all = sizes[s].most * layout.count[s];
    }
    return sizes;
}

unsigned total(const ScopeSizes& sizes) {
    return std::accumulate(sizes.begin(), sizes.end(), 0U,
                           [](unsigned sum, const ScopeSize& one) { return sum + one.all; });
}

std::string size_table(const Layout& layout, const ScopeSizes& sizes, const std::string& indent) {
    std::vector<ScopeWords> rows(scope_words.begin(), scope_words.end());
    const auto size = [&](const ScopeWords& row) {
        return sizes[static_cast<std::size_t>(row.scope)];
    };
    std::erase_if(rows, [&](const ScopeWords& row) { return size(row).all == 0; });
    std::stable_sort(rows.begin(), rows.end(), [&](const ScopeWords& a, const ScopeWords& b) {
        return size(a).all > size(b).all;
    });
    std::string text = indent + left("", 22) + "  bits each     all  less of it with fewer";
    for (const ScopeWords& row : rows) {
        const unsigned count = layout.size(row.scope);
        const bool alike = size(row).most * count == size(row).all;
        text += '\n' + indent + left(std::to_string(count) + " " + std::string(row.elements), 22) +
                (alike ? "       " : " up to ") + right(size(row).most, 4) +
                right(size(row).all, 8) + "  " + std::string(row.give_up);
    }
    return text;
}

}  // namespace cowcheck
