#include "verify/run/kernel_names.h"

#include "verify/run/selection.h"

#include <charconv>
#include <compare>
#include <limits>
#include <optional>
#include <vector>

namespace cowcheck {

namespace {

constexpr unsigned any_patch = std::numeric_limits<unsigned>::max();

// v5.15, v5.15.3, or 5.15.y, where any patch is meant.
struct Release {
    unsigned version = 0;
    unsigned level = 0;
    std::optional<unsigned> patch;

    [[nodiscard]] bool stable() const { return patch && *patch > 0; }
    [[nodiscard]] std::pair<unsigned, unsigned> mainline() const { return {version, level}; }
};

std::optional<unsigned> take_number(std::string_view& text) {
    unsigned number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    return number;
}

bool take(std::string_view& text, std::string_view what) {
    if (!text.starts_with(what)) return false;
    text.remove_prefix(what.size());
    return true;
}

std::optional<Release> take_release(std::string_view& text) {
    Release release;
    (void)take(text, "v");
    const auto version = take_number(text);
    if (!version || !take(text, ".")) return std::nullopt;
    const auto level = take_number(text);
    if (!level) return std::nullopt;
    release.version = *version;
    release.level = *level;
    if (take(text, ".y")) {
        release.patch = any_patch;
    } else if (take(text, ".")) {
        release.patch = take_number(text);
        if (!release.patch) return std::nullopt;
    }
    return release;
}

// One of the things that a `kernels` line lists: "v5.12 .. v5.17", "v5.7.0", "5.10.y",
// "5.7.y from 5.7.3", "v4.8 and before". What is said in other words names no kernel.
struct Kernels {
    Release first;
    Release last;
    bool stable = false;  // a stable series, from first.patch on

    [[nodiscard]] bool has(const Release& release) const {
        if (stable)
            return release.stable() && release.mainline() == first.mainline() &&
                   *release.patch >= *first.patch;
        return !(release.mainline() < first.mainline()) && !(last.mainline() < release.mainline());
    }
};

std::optional<Kernels> kernels_in(std::string_view item) {
    Kernels kernels;
    const auto first = take_release(item);
    if (!first) return std::nullopt;
    kernels.first = kernels.last = *first;
    if (take(item, " .. ")) {
        const auto last = take_release(item);
        if (!last) return std::nullopt;
        kernels.last = *last;
    } else if (take(item, " and before")) {
        kernels.first = {};
    } else if (first->patch == any_patch) {
        kernels.stable = true;
        kernels.first.patch = 1;
        if (take(item, " from ")) {
            const auto from = take_release(item);
            if (!from || !from->patch) return std::nullopt;
            kernels.first = *from;
        }
    }
    if (!item.empty()) return std::nullopt;
    return kernels;
}

std::vector<Kernels> kernels_of(std::string_view line) {
    std::vector<Kernels> all;
    while (!line.empty()) {
        const std::size_t end = std::min(line.find_first_of(",;"), line.size());
        if (const auto kernels = kernels_in(line.substr(0, end))) all.push_back(*kernels);
        line.remove_prefix(std::min(end + 1, line.size()));
        (void)take(line, " ");
    }
    return all;
}

// Of a stable series the design that begins last: each stands for what came before the next.
std::string design_for(const Library& library, const Release& release, bool stable) {
    std::string best;
    unsigned begins = 0;
    for (const std::string& name : library.design_names()) {
        const DesignText design = find_design(library, name);
        for (const Kernels& kernels : kernels_of(design.design().kernels)) {
            if (kernels.stable != stable || !kernels.has(release)) continue;
            const unsigned from = stable ? *kernels.first.patch : 0;
            if (!best.empty() && from <= begins) continue;
            best = name;
            begins = from;
        }
    }
    return best;
}

}  // namespace

std::string about_kernel(const Library& library, std::string_view name) {
    std::string_view rest = name;
    const auto release = take_release(rest);
    if (!release || !(rest.empty() || rest.front() == '-')) return {};
    const std::string mainline =
        std::to_string(release->version) + "." + std::to_string(release->level);
    Release series = *release;
    if (!series.stable()) series.patch = any_patch;
    const std::string of_series = design_for(library, series, true);
    const std::string of_mainline = design_for(library, *release, false);
    if (release->stable() && !of_series.empty())
        return std::string(name) + " is design " + of_series;
    if (of_mainline.empty()) return {};
    std::string text =
        (release->stable() ? std::string(name) : "v" + mainline) + " is design " + of_mainline;
    if (!of_series.empty() && of_series != of_mainline)
        text += ", and " + mainline + ".y is design " + of_series;
    return text;
}

}  // namespace cowcheck
