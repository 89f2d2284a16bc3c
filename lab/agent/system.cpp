#include "lab/agent/system.h"

#include "lab/agent/text.h"

#include <linux/time_types.h>

// The compiler makes calls of these out of loops and assignments.
extern "C" {
void* memset(void* to, int byte, std::size_t size) {
    void* const result = to;
    asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
    return result;
}
void* memcpy(void* to, const void* from, std::size_t size) {
    void* const result = to;
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return result;
}
void* memmove(void* to, const void* from, std::size_t size) {
    if (to <= from) return memcpy(to, from, size);
    auto* out = static_cast<volatile char*>(to);
    const auto* in = static_cast<const volatile char*>(from);
    while (size-- != 0) out[size] = in[size];
    return to;
}
int memcmp(const void* left, const void* right, std::size_t size) {
    const auto* a = static_cast<const volatile unsigned char*>(left);
    const auto* b = static_cast<const volatile unsigned char*>(right);
    for (std::size_t i = 0; i < size; ++i)
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    return 0;
}
std::size_t strlen(const char* text) {
    const volatile char* end = text;
    while (*end != 0) ++end;
    return static_cast<std::size_t>(end - text);
}
}

namespace cowcheck::agent {

namespace {
constexpr int at_fdcwd = -100;
constexpr int clock_monotonic = 1;
}  // namespace

long open_file(const char* path, int flags) {
    return call(__NR_openat, at_fdcwd, path, flags | o_cloexec, 0600);
}

bool write_text(const char* path, const char* text) {
    const long file = open_file(path, o_wronly);
    if (file < 0) return false;
    const long size = static_cast<long>(strlen(text));
    const bool ok = call(__NR_write, file, text, size) == size;
    call(__NR_close, file);
    return ok;
}

std::size_t read_text(const char* path, char* text, std::size_t size) {
    text[0] = 0;
    const long file = open_file(path, o_rdonly);
    if (file < 0) return 0;
    const long got = call(__NR_read, file, text, size - 1);
    call(__NR_close, file);
    const std::size_t used = got > 0 ? static_cast<std::size_t>(got) : 0;
    text[used] = 0;
    return used;
}

void sleep_ns(long nanoseconds) {
    __kernel_timespec time{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    call(__NR_nanosleep, &time, nullptr);
}

std::uint64_t now_ns() {
    __kernel_timespec time{};
    call(__NR_clock_gettime, clock_monotonic, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U +
           static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace cowcheck::agent
