#include "verify/run/read_text.h"

#include "verify/run/bad_input.h"
#include "verify/run/numbers.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cowcheck {

namespace {

class OpenFile {
public:
    explicit OpenFile(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
    ~OpenFile() {
        if (fd_ >= 0) close(fd_);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    [[nodiscard]] int fd() const { return fd_; }

private:
    int fd_;
};

std::string cannot_read(const std::string& path, int error) {
    return "can't read '" + path + "': " + std::strerror(error);
}

void require_size(const std::string& path, std::string_view what, std::uint64_t size,
                  std::size_t limit) {
    if (size > limit)
        throw BadInput("'" + path + "' is too large for " + std::string(what) + ": " +
                       (size > limit + 1 ? bytes_text(size) : "more") + ", where at most " +
                       bytes_text(limit) + " are expected");
}

// The byte where the text stops being UTF-8 or has a NUL in it; its size if it is sound.
std::size_t sound_prefix(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const auto first = static_cast<unsigned char>(text[i]);
        const std::size_t length = first < 0x80                     ? 1
                                   : first >= 0xc2 && first <= 0xdf ? 2
                                   : first >= 0xe0 && first <= 0xef ? 3
                                   : first >= 0xf0 && first <= 0xf4 ? 4
                                                                    : 0;
        if (first == 0 || length == 0 || i + length > text.size()) return i;
        for (std::size_t k = 1; k < length; ++k)
            if ((static_cast<unsigned char>(text[i + k]) & 0xc0U) != 0x80U) return i;
        i += length;
    }
    return i;
}

void require_text(const std::string& path, std::string_view what, std::string_view text) {
    if (text.empty())
        throw BadInput("'" + path + "' is empty, where " + std::string(what) + " is expected");
    const std::size_t sound = sound_prefix(text);
    if (sound == text.size()) return;
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(sound), '\n');
    const std::size_t start = text.substr(0, sound).find_last_of('\n');
    const std::size_t column = start == std::string_view::npos ? sound + 1 : sound - start;
    throw BadInput(path + ":" + std::to_string(line) + ":" + std::to_string(column) +
                   ": this is no text, where " + std::string(what) + " is expected");
}

}  // namespace

std::string read_text(const std::string& path, std::string_view what, std::size_t limit) {
    const OpenFile file(path);
    if (file.fd() < 0) throw BadInput(cannot_read(path, errno));
    struct stat about {};
    if (fstat(file.fd(), &about) != 0) throw BadInput(cannot_read(path, errno));
    if (S_ISDIR(about.st_mode))
        throw BadInput("'" + path + "' is a directory, where " + std::string(what) +
                       " is expected");
    require_size(path, what, static_cast<std::uint64_t>(about.st_size), limit);
    std::string text;
    std::array<char, 1U << 16U> buffer{};
    for (;;) {
        const ssize_t n = read(file.fd(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw BadInput(cannot_read(path, errno));
        if (n == 0) break;
        text.append(buffer.data(), static_cast<std::size_t>(n));
        if (text.size() > limit)  // a pipe or a device: there may be no end to it
            require_size(path, what, limit + 1, limit);
    }
    require_text(path, what, text);
    return text;
}

}  // namespace cowcheck
