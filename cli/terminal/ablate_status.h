// How far an ablation has come, and how long it will still take: on stderr.
#pragma once

#include "cli/terminal/terminal.h"
#include "verify/ablate/ablate.h"

#include <chrono>

namespace cowcheck {

// On a terminal one line that changes; elsewhere a line a minute.
class AblateStatus : public AblateObserver {
public:
    AblateStatus();

    void explored(std::size_t done, std::size_t all) override;
    void judged(const ChangeResult& result, std::size_t done, std::size_t all,
                double seconds_left) override;
    // Before anything else is printed.
    void clear();

private:
    void tell(const std::string& text);

    bool shows_;
    StatusLine line_;
    std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

}  // namespace cowcheck
