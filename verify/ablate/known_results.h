// Results of earlier runs, as a file: each by the digest of all that it depends on.
#pragma once

#include "verify/ablate/report.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace cowcheck {

class KnownResults {
public:
    KnownResults() = default;
    // What can't be read of the text, or is not as it was written, is left out and counted.
    explicit KnownResults(std::string_view text);

    [[nodiscard]] const Judgement* find(const std::string& key) const;
    void add(const std::string& key, Judgement judgement);

    // A line for each, with a digest of its own.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::size_t damaged() const { return damaged_; }

private:
    std::map<std::string, Judgement> by_key_;
    std::size_t damaged_ = 0;
};

}  // namespace cowcheck
