#include "cli/terminal/terminal.h"

#include <cstdlib>
#include <cstring>

#include <sys/ioctl.h>
#include <unistd.h>

namespace cowcheck {

namespace {

void write_stderr(std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = write(STDERR_FILENO, text.data(), text.size());
        if (n <= 0) return;  // it is only progress
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

}  // namespace

TerminalSize terminal_size(int fd) {
    winsize size{};
    if (isatty(fd) == 0) return {};
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {80, 24};
    return {size.ws_col, size.ws_row};
}

bool is_terminal(int fd) {
    const char* kind = std::getenv("TERM");
    return isatty(fd) != 0 && kind != nullptr && std::strcmp(kind, "dumb") != 0;
}

bool wants_colour(int fd) {
    const char* no_colour = std::getenv("NO_COLOR");
    return is_terminal(fd) && (no_colour == nullptr || *no_colour == '\0');
}

StatusLine::~StatusLine() { erase(); }

void StatusLine::show(std::string_view text) {
    const std::scoped_lock lock(mutex_);
    const unsigned columns = terminal_size(STDERR_FILENO).columns;
    if (columns > 1) text = text.substr(0, columns - 1);
    write_stderr("\r" + std::string(text) + "\033[K");
    shown_ = true;
}

std::unique_lock<std::mutex> StatusLine::pause() {
    std::unique_lock lock(mutex_);
    erase();
    return lock;
}

void StatusLine::erase() {
    if (shown_) write_stderr("\r\033[K");
    shown_ = false;
}

}  // namespace cowcheck
