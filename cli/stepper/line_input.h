// Where the stepper's commands come from: a terminal, with line editing, or a pipe.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace cowcheck {

class LineInput {
public:
    // `words` are completed with the tab key.
    explicit LineInput(std::vector<std::string> words);

    [[nodiscard]] bool interactive() const { return interactive_; }
    // Nothing at the end of the input.
    [[nodiscard]] std::optional<std::string> next(const std::string& prompt);
    [[nodiscard]] unsigned line() const { return line_; }

private:
    bool interactive_;
    unsigned line_ = 0;
};

}  // namespace cowcheck
