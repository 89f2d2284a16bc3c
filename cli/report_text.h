// --format text: a matrix that fills in, then what was found in words.
#pragma once

#include "cli/results.h"
#include "cli/terminal.h"

#include <string>
#include <vector>

namespace cowcheck {

class TextReporter : public Reporter {
public:
    explicit TextReporter(StatusLine& status);

    void begin(const CheckResults& results) override;
    void verdict(const CheckResults& results, const RunResult& run,
                 const PropertyResult& result) override;
    void level(const CheckResults& results, const RunResult& run) override;
    void end(const CheckResults& results) override;

private:
    // The matrix again, in the place of the one before.
    void redraw(const CheckResults& results, bool running);
    [[nodiscard]] std::vector<std::string> summary(const CheckResults& results) const;

    StatusLine& status_;
    bool colour_;
    bool live_ = false;      // the matrix is on a terminal and fits into it
    std::size_t drawn_ = 0;  // lines of it
};

}  // namespace cowcheck
