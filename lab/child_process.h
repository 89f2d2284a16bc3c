// A program that runs for us, and ends with us whatever becomes of us.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cowcheck {

// A descriptor that is closed at the end.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor();

    [[nodiscard]] int number() const { return number_; }

private:
    int number_ = -1;
};

// A file without a name: nothing is left of it when everybody has closed it.
[[nodiscard]] Descriptor unnamed_file(const std::string& what, std::string_view content);
[[nodiscard]] std::string read_all(const Descriptor& file);

// Its standard input and output are ours to write to and read from, by lines. It is killed, by its
// number, when this value goes, and by the kernel if this process ends in any other way.
class ChildProcess {
public:
    // `kept` stay open in it, under the same numbers; `errors` is its standard error. Throws
    // LabUnusable.
    ChildProcess(const std::string& path, const std::vector<std::string>& arguments,
                 const std::vector<int>& kept, int errors);
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ~ChildProcess();

    void send(std::string_view text);
    // Nothing once the time is over, somebody has set `stop`, or the process has closed its end.
    [[nodiscard]] std::optional<std::string> line(std::chrono::milliseconds timeout,
                                                  const std::atomic<bool>& stop);
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    pid_t pid_ = -1;
    Descriptor channel_;
    std::string received_;
    bool ended_ = false;
};

}  // namespace cowcheck
