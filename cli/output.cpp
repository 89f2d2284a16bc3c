#include "cli/output.h"

#include "cli/bad_input.h"

#include <cerrno>
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

// Writes a new file and makes sure that it is on the disk; returns 0 or what went
// wrong, and then there is no file. It has no name before all of it is there, on file
// systems that know such files: whoever is killed leaves nothing.
int write_new_file(const std::string& path, std::string_view text,
                   std::optional<mode_t> mode = std::nullopt) {
    const std::string folder = fs::path(path).parent_path().string();
    unlink(path.c_str());  // left by a process of that number that was killed
    int fd = open(folder.empty() ? "." : folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
    const bool named = fd < 0;
    if (named) fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return errno;
    int error = write_all(fd, text);
    if (error == 0 && mode && fchmod(fd, *mode) != 0) error = errno;
    if (error == 0 && fsync(fd) != 0 && errno != EINVAL) error = errno;
    if (error == 0 && !named &&
        linkat(AT_FDCWD, ("/proc/self/fd/" + std::to_string(fd)).c_str(), AT_FDCWD, path.c_str(),
               AT_SYMLINK_FOLLOW) != 0)
        error = errno;
    if (close(fd) != 0 && error == 0) error = errno;
    if (error != 0) unlink(path.c_str());
    return error;
}

// A pipe, a terminal, /dev/null: nothing that could be replaced.
int write_into(const std::string& path, std::string_view text) {
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    int error = write_all(fd, text);
    if (close(fd) != 0 && error == 0) error = errno;
    return error;
}

std::string temporary_beside(const std::string& path) {
    const fs::path target(path);
    return (target.parent_path() /
            ("." + target.filename().string() + "." + std::to_string(getpid()) + ".tmp"))
        .string();
}

[[noreturn]] void complain(const std::string& path, int error) {
    throw BadInput("can't write '" + path + "': " + std::strerror(error));
}

// In place of what is there, if anything is: by a name beside it, then at once.
int replace_file(const std::string& path, std::string_view text, std::optional<mode_t> mode) {
    const std::string temporary = temporary_beside(path);
    int error = write_new_file(temporary, text, mode);
    if (error == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) {
        error = errno;
        unlink(temporary.c_str());
    }
    return error;
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
    const std::string probe =
        (fs::path(path_) / (".probe." + std::to_string(getpid()) + ".tmp")).string();
    const int failed = write_new_file(probe, std::string(std::size_t{1} << 16U, ' '));
    if (failed != 0) {
        const std::string why = std::strerror(failed);
        remove_if_empty();
        complain(why);
    }
    unlink(probe.c_str());
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
