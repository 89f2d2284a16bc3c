#include "cli/terminal/output.h"

#include "verify/run/bad_input.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cowcheck {

namespace {

namespace fs = std::filesystem;

// Returns 0 or what went wrong.
int write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return 0;
}

std::string temporary_beside(const std::string& path) {
    const fs::path target(path);
    return (target.parent_path() /
            ("." + target.filename().string() + "." + std::to_string(getpid()) + ".tmp"))
        .string();
}

// Signals that can be blocked wait while one of these is alive.
class SignalsWait {
public:
    SignalsWait() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsWait() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsWait(const SignalsWait&) = delete;
    SignalsWait& operator=(const SignalsWait&) = delete;

private:
    sigset_t before_{};
};

// A file that gets its name when all of it is on the disk: whoever is killed before leaves nothing.
// It has a temporary name only while the kernel needs one, in place of which it is renamed: if
// there is a file to replace, or the file system knows no files without a name. SIGKILL in that
// moment leaves it behind. The functions return 0 or what went wrong.
class NewFile {
public:
    explicit NewFile(const std::string& path) : path_(path), temporary_(temporary_beside(path)) {
        const std::string folder = fs::path(path).parent_path().string();
        unlink(temporary_.c_str());  // left by a process of that number that was killed
        fd_ = open(folder.empty() ? "." : folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
        if (fd_ >= 0) return;
        fd_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        is_named_ = fd_ >= 0;
        error_ = fd_ < 0 ? errno : 0;
    }
    ~NewFile() {
        if (fd_ >= 0) close(fd_);
        if (is_named_) unlink(temporary_.c_str());
    }
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    [[nodiscard]] int fill(std::string_view text, std::optional<mode_t> mode = std::nullopt) {
        if (error_ == 0) error_ = write_all(fd_, text);
        if (error_ == 0 && mode && fchmod(fd_, *mode) != 0) error_ = errno;
        if (error_ == 0 && fsync(fd_) != 0 && errno != EINVAL) error_ = errno;
        return error_;
    }

    // At the path, in place of what is there.
    [[nodiscard]] int put_in_place() {
        if (!is_named_) {
            error_ = link_to(path_);
            if (error_ != EEXIST) return error_;
            error_ = link_to(temporary_);
            is_named_ = error_ == 0;
        }
        if (error_ == 0 && std::rename(temporary_.c_str(), path_.c_str()) != 0) error_ = errno;
        if (error_ == 0) is_named_ = false;
        return error_;
    }

private:
    [[nodiscard]] int link_to(const std::string& name) const {
        const std::string open_file = "/proc/self/fd/" + std::to_string(fd_);
        const int failed =
            linkat(AT_FDCWD, open_file.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW);
        return failed == 0 ? 0 : errno;
    }

    std::string path_;
    std::string temporary_;
    int fd_ = -1;
    int error_ = 0;
    bool is_named_ = false;  // the temporary name
};

int replace_file(const std::string& path, std::string_view text, std::optional<mode_t> mode) {
    const SignalsWait until_it_is_there;
    NewFile file(path);
    const int error = file.fill(text, mode);
    return error != 0 ? error : file.put_in_place();
}

// A pipe, a terminal, /dev/null: nothing that could be replaced.
int write_into(const std::string& path, std::string_view text) {
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    int error = write_all(fd, text);
    if (close(fd) != 0 && error == 0) error = errno;
    return error;
}

[[noreturn]] void complain(const std::string& path, int error) {
    throw BadInput("can't write '" + path + "': " + std::strerror(error));
}

fs::path full_path(const std::string& path) {
    fs::path full = fs::absolute(path).lexically_normal();
    return full.has_filename() ? full : full.parent_path();  // "traces/" is "traces"
}

}  // namespace

void print(std::string_view text) {
    const int error = write_all(STDOUT_FILENO, text);
    if (error == EPIPE) throw BrokenPipe();
    if (error != 0) throw BadInput(std::string("can't write to stdout: ") + std::strerror(error));
}

void secure_standard_streams() {
    const bool no_stdout = fcntl(STDOUT_FILENO, F_GETFD) < 0 && errno == EBADF;
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY);  // gets that number
    if (no_stdout) throw BadInput("can't write to stdout: it is closed");
}

void write_file(const std::string& path, std::string_view text) {
    expect_writable(path);
    struct stat there {};
    std::error_code none;
    int error = 0;
    if (stat(path.c_str(), &there) != 0)
        error = replace_file(path, text, std::nullopt);
    else if (!S_ISREG(there.st_mode))
        error = write_into(path, text);
    else  // what a link leads to, and not the link
        error = replace_file(fs::canonical(path, none).string(), text, there.st_mode & 07777U);
    if (error == EPIPE) throw BrokenPipe();
    if (error != 0) complain(path, error);
}

void expect_writable(const std::string& path) {
    struct stat there {};
    if (stat(path.c_str(), &there) == 0) {
        if (S_ISDIR(there.st_mode)) complain(path, EISDIR);
        // That its folder can be written does not mean that it may be replaced.
        if (access(path.c_str(), W_OK) != 0) complain(path, errno);
        return;
    }
    if (errno != ENOENT) complain(path, errno);
    if (lstat(path.c_str(), &there) == 0) complain(path, ENOENT);  // a link to nothing
    const std::string folder = fs::path(path).parent_path().string();
    if (access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) != 0) complain(path, errno);
}

void expect_no_input(const std::string& output, const std::vector<std::string>& inputs) {
    std::error_code none;  // what is no file is not the same file
    for (const std::string& input : inputs)
        if (fs::is_regular_file(input, none) && fs::equivalent(input, output, none))
            throw BadInput("can't write '" + output + "': it is read, too; choose another file");
}

TraceFolder::TraceFolder(std::string path) : path_(std::move(path)) {
    const auto complain = [&](const std::string& why) {
        throw BadInput("can't write traces to '" + path_ + "': " + why +
                       "; choose another folder with --traces DIR");
    };
    std::error_code error;
    for (fs::path up = full_path(path_); !fs::exists(up, error) && up.has_relative_path();
         up = up.parent_path())
        made_ = up.string();
    fs::create_directories(path_, error);
    if (error) complain(error.message());
    if (!fs::is_directory(path_, error)) complain("it is no directory");
    // As root, permission bits say nothing; and a disk may be full: try it.
    const int failed = [&] {
        const SignalsWait until_it_is_gone;
        return NewFile((fs::path(path_) / "probe").string())
            .fill(std::string(std::size_t{1} << 16U, ' '));
    }();
    if (failed != 0) {
        const std::string why = std::strerror(failed);
        remove_if_empty();
        complain(why);
    }
}

TraceFolder::~TraceFolder() { remove_if_empty(); }

void TraceFolder::remove_if_empty() {
    if (made_.empty()) return;
    // rmdir() refuses what is not empty.
    for (fs::path at = full_path(path_); rmdir(at.c_str()) == 0; at = at.parent_path())
        if (at.string() == made_) break;
    made_.clear();
}

std::string TraceFolder::write(const std::string& name, std::string_view text) {
    std::string path = (fs::path(path_) / name).string();
    write_file(path, text);
    return path;
}

}  // namespace cowcheck
