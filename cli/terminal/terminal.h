// Whether somebody watches, and the one line at the bottom of the screen that
// changes while they do.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace cowcheck {

// Columns and rows; zero columns if the descriptor is no terminal.
struct TerminalSize {
    unsigned columns = 0;
    unsigned rows = 0;
};

[[nodiscard]] TerminalSize terminal_size(int fd);
// A terminal that understands escape sequences.
[[nodiscard]] bool is_terminal(int fd);
// A terminal, and NO_COLOR is not set.
[[nodiscard]] bool wants_colour(int fd);

// A line on stderr that is overwritten again and again. Whoever prints something
// else on the terminal holds a pause(): the line is gone meanwhile.
class StatusLine {
public:
    StatusLine() = default;
    ~StatusLine();
    StatusLine(const StatusLine&) = delete;
    StatusLine& operator=(const StatusLine&) = delete;

    void show(std::string_view text);
    [[nodiscard]] std::unique_lock<std::mutex> pause();

private:
    void erase();

    std::mutex mutex_;
    bool shown_ = false;
};

}  // namespace cowcheck
