#include "cli/stepper/line_input.h"

#include "cli/terminal/terminal.h"
#include "verify/run/bad_input.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <readline/history.h>
#include <readline/readline.h>
#include <unistd.h>

namespace cowcheck {

namespace {

// readline() asks a plain function.
std::vector<std::string>& completions() {
    static std::vector<std::string> words;
    return words;
}

char* complete(const char* begun, int again) {
    static std::size_t at = 0;
    if (again == 0) at = 0;
    const std::size_t length = std::strlen(begun);
    while (at < completions().size()) {
        const std::string& word = completions()[at++];
        if (word.compare(0, length, begun) == 0) return strdup(word.c_str());
    }
    return nullptr;
}

constexpr std::size_t longest_line = 4096;

// Byte by byte: what stands behind the line is none of our business yet.
std::optional<std::string> read_line() {
    std::string line;
    for (;;) {
        char c = 0;
        const ssize_t n = read(STDIN_FILENO, &c, 1);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw BadInput(std::string("can't read commands: ") + std::strerror(errno));
        if (n == 0) return line.empty() ? std::nullopt : std::optional(line);
        if (c == '\n') return line;
        line += c;
        if (line.size() > longest_line)
            throw BadInput("a command of more than " + std::to_string(longest_line) +
                           " bytes: that is none");
    }
}

}  // namespace

LineInput::LineInput(std::vector<std::string> words)
    : interactive_(is_terminal(STDIN_FILENO) && is_terminal(STDOUT_FILENO)) {
    completions() = std::move(words);
    rl_readline_name = "cowcheck";
    rl_attempted_completion_function = nullptr;
    rl_completion_entry_function = complete;
    rl_basic_word_break_characters = " ";
}

std::optional<std::string> LineInput::next(const std::string& prompt) {
    ++line_;
    if (!interactive_) return read_line();
    char* line = readline(prompt.c_str());
    if (line == nullptr) return std::nullopt;
    std::string text = line;
    std::free(line);
    if (!text.empty()) add_history(text.c_str());
    return text;
}

}  // namespace cowcheck
