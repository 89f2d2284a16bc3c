// Lines in and out, and numbers in them.
#pragma once

#include "lab/agent/system.h"

#include <string_view>

extern "C" std::size_t strlen(const char* text);

namespace cowcheck::agent {

// A line that grows up to a bound; what does not fit is left out.
class Text {
public:
    Text& operator<<(std::string_view text);
    Text& operator<<(char c) { return *this << std::string_view(&c, 1); }
    Text& operator<<(std::uint64_t number);
    Text& operator<<(std::uint32_t number) { return *this << std::uint64_t{number}; }
    Text& hex(std::uint64_t number);

    [[nodiscard]] const char* c_str() const { return data_; }
    [[nodiscard]] std::string_view view() const { return {data_, size_}; }
    void clear() { data_[size_ = 0] = 0; }

private:
    char data_[1024] = {};
    std::size_t size_ = 0;
};

// The whole line, with its end, in one go.
void put_line(int file, const Text& text);

class LineReader {
public:
    explicit LineReader(int file) : file_(file) {}
    // False at the end of the input.
    bool next(std::string_view& line);

private:
    int file_;
    char data_[4096] = {};
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

// Takes the first word off the line; empty at its end.
std::string_view take_word(std::string_view& line);
bool read_number(std::string_view word, std::uint64_t& number);

}  // namespace cowcheck::agent
