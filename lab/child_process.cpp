#include "lab/child_process.h"

#include "lab/failure.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace cowcheck {

namespace {

std::string reason() { return std::strerror(errno); }

// Between fork and exec: nothing but system calls.
[[noreturn]] void become(const char* path, char* const* arguments, int channel,
                         const std::vector<int>& kept, int errors, pid_t parent) {
    // Ctrl-C is for us: a group of its own. If we end first, however, so does it.
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    dup2(channel, STDIN_FILENO);
    dup2(channel, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    for (const int file : kept) fcntl(file, F_SETFD, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execvp(path, arguments);
    _exit(127);
}

}  // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0) close(number_);
}

Descriptor unnamed_file(const std::string& what, std::string_view content) {
    Descriptor file(memfd_create(what.c_str(), MFD_CLOEXEC));
    if (file.number() < 0) throw LabUnusable("memfd_create: " + reason());
    while (!content.empty()) {
        const ssize_t written = write(file.number(), content.data(), content.size());
        if (written <= 0) throw LabUnusable("memfd: " + reason());
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return file;
}

std::string read_all(const Descriptor& file) {
    std::string text;
    std::array<char, 4096> block{};
    while (true) {
        const ssize_t got =
            pread(file.number(), block.data(), block.size(), static_cast<off_t>(text.size()));
        if (got <= 0) return text;
        text.append(block.data(), static_cast<std::size_t>(got));
    }
}

ChildProcess::ChildProcess(const std::string& path, const std::vector<std::string>& arguments,
                           const std::vector<int>& kept, int errors) {
    std::array<int, 2> ends{-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw LabUnusable("socketpair: " + reason());
    channel_ = Descriptor(ends[0]);
    const Descriptor other(ends[1]);
    std::vector<std::string> words{path};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) throw LabUnusable("fork: " + reason());
    if (pid_ == 0) become(path.c_str(), pointers.data(), other.number(), kept, errors, parent);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), channel_(std::move(other.channel_)),
      received_(std::move(other.received_)), ended_(other.ended_) {}

ChildProcess::~ChildProcess() {
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
}

void ChildProcess::send(std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent =
            ::send(channel_.number(), text.data(), text.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) {
            ended_ = true;
            return;
        }
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::optional<std::string> ChildProcess::line(std::chrono::milliseconds timeout,
                                              const std::atomic<bool>& stop) {
    constexpr std::chrono::milliseconds look_up{200};
    const auto end = std::chrono::steady_clock::now() + timeout;
    while (true) {
        if (const auto at = received_.find('\n'); at != std::string::npos) {
            std::string result = received_.substr(0, at);
            received_.erase(0, at + 1);
            return result;
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        if (ended_ || stop || left.count() <= 0) return std::nullopt;
        pollfd ready{channel_.number(), POLLIN, 0};
        if (poll(&ready, 1, static_cast<int>(std::min(left, look_up).count())) <= 0) continue;
        std::array<char, 4096> block{};
        const ssize_t got = recv(channel_.number(), block.data(), block.size(), 0);
        if (got > 0)
            received_.append(block.data(), static_cast<std::size_t>(got));
        else if (got == 0 || errno != EINTR)
            ended_ = true;
    }
}

}  // namespace cowcheck
