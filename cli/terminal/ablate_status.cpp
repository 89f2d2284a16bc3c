#include "cli/terminal/ablate_status.h"

#include "verify/run/numbers.h"

#include <spdlog/spdlog.h>

#include <unistd.h>

namespace cowcheck {

AblateStatus::AblateStatus() : shows_(is_terminal(STDERR_FILENO)) {}

void AblateStatus::tell(const std::string& text) {
    if (shows_) return line_.show(text);
    const auto now = std::chrono::steady_clock::now();
    if (now - told_ < std::chrono::minutes(1)) return;
    told_ = now;
    spdlog::info("{}", text);
}

void AblateStatus::explored(std::size_t done, std::size_t all) {
    tell("the design itself: " + std::to_string(done) + " of " + plural(all, "world"));
}

void AblateStatus::judged(const ChangeResult& result, std::size_t done, std::size_t all,
                          double seconds_left) {
    tell(std::to_string(done) + " of " + plural(all, "change") + ", about " +
         duration_text(seconds_left) + " left: " + result.change.definition + ":" +
         std::to_string(result.change.line) + " is " + std::string(name_of(result.judgement.fate)));
}

void AblateStatus::clear() { const auto cleared = line_.pause(); }

}  // namespace cowcheck
