#include "lab/agent/text.h"

namespace cowcheck::agent {

Text& Text::operator<<(std::string_view text) {
    for (const char c : text)
        if (size_ + 1 < sizeof data_) data_[size_++] = c;
    data_[size_] = 0;
    return *this;
}

Text& Text::operator<<(std::uint64_t number) {
    char digits[20];
    std::size_t used = sizeof digits;
    do digits[--used] = static_cast<char>('0' + number % 10);
    while ((number /= 10) != 0);
    return *this << std::string_view(digits + used, sizeof digits - used);
}

Text& Text::hex(std::uint64_t number) {
    char digits[16];
    std::size_t used = sizeof digits;
    do digits[--used] = "0123456789abcdef"[number % 16];
    while ((number /= 16) != 0);
    return *this << std::string_view(digits + used, sizeof digits - used);
}

void put_line(int file, const Text& text) {
    Text line = text;
    line << '\n';
    std::string_view rest = line.view();
    while (!rest.empty()) {
        const long written = call(__NR_write, file, rest.data(), rest.size());
        if (written == -eintr || written == -eagain) continue;
        if (written <= 0) return;
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
}

bool LineReader::next(std::string_view& line) {
    std::size_t seen = begin_;
    while (true) {
        for (; seen < end_; ++seen) {
            if (data_[seen] != '\n') continue;
            line = {data_ + begin_, seen - begin_};
            begin_ = seen + 1;
            return true;
        }
        if (begin_ > 0) {
            for (std::size_t i = begin_; i < end_; ++i) data_[i - begin_] = data_[i];
            seen -= begin_;
            end_ -= begin_;
            begin_ = 0;
        }
        if (end_ == sizeof data_) end_ = seen = 0;  // no line is as long as that
        const long got = call(__NR_read, file_, data_ + end_, sizeof data_ - end_);
        if (got == -eintr) continue;
        if (got <= 0) return false;
        end_ += static_cast<std::size_t>(got);
    }
}

std::string_view take_word(std::string_view& line) {
    while (!line.empty() && (line.front() == ' ' || line.front() == '\r')) line.remove_prefix(1);
    std::size_t size = 0;
    while (size < line.size() && line[size] != ' ' && line[size] != '\r') ++size;
    const std::string_view word(line.data(), size);
    line.remove_prefix(size);
    return word;
}

bool read_number(std::string_view word, std::uint64_t& number) {
    unsigned base = 10;
    if (word.size() > 2 && word[0] == '0' && word[1] == 'x') {
        base = 16;
        word.remove_prefix(2);
    }
    if (word.empty()) return false;
    number = 0;
    for (const char c : word) {
        const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                               : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                                                      : base;
        if (digit >= base) return false;
        number = number * base + digit;
    }
    return true;
}

}  // namespace cowcheck::agent
