// System calls without a C library, and the few functions that the compiler wants to be there.
#pragma once

#include <asm/unistd.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace cowcheck::agent {

// Numbers and pointers, as the kernel takes them.
template <class T>
long word(T value) {
    if constexpr (std::is_pointer_v<T>)
        return reinterpret_cast<long>(value);
    else
        return static_cast<long>(value);
}
inline long word(std::nullptr_t) { return 0; }

// -errno on an error.
inline long raw_call(long number, long a, long b, long c, long d, long e, long f) {
    register long r10 asm("r10") = d;
    register long r8 asm("r8") = e;
    register long r9 asm("r9") = f;
    long result = number;
    asm volatile("syscall"
                 : "+a"(result)
                 : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    return result;
}

template <class... Arguments>
long call(long number, Arguments... arguments) {
    static_assert(sizeof...(Arguments) <= 6);
    long words[6] = {word(arguments)...};
    return raw_call(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}
inline long call(long number) { return raw_call(number, 0, 0, 0, 0, 0, 0); }

// errno values and flags that no header of the kernel's gives without a C library.
inline constexpr long eintr = 4;
inline constexpr long eio = 5;
inline constexpr long eagain = 11;
inline constexpr long einval = 22;

inline constexpr int o_rdonly = 0;
inline constexpr int o_wronly = 1;
inline constexpr int o_rdwr = 2;
inline constexpr int o_creat = 0100;
inline constexpr int o_excl = 0200;
inline constexpr int o_nonblock = 04000;
inline constexpr int o_cloexec = 02000000;
inline constexpr int o_tmpfile = 020200000;

inline constexpr long prot_read = 1;
inline constexpr long prot_write = 2;
inline constexpr long map_shared = 1;
inline constexpr long map_private = 2;
inline constexpr long map_fixed = 0x10;
inline constexpr long map_anonymous = 0x20;
inline constexpr long map_hugetlb = 0x40000;

// Where a file of /proc/self is enough, and of other processes by their number.
long open_file(const char* path, int flags);
bool write_text(const char* path, const char* text);
// Nothing that cannot be read; the text ends with 0.
std::size_t read_text(const char* path, char* text, std::size_t size);

void sleep_ns(long nanoseconds);
std::uint64_t now_ns();

}  // namespace cowcheck::agent
