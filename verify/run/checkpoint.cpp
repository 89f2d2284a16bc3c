#include "verify/run/checkpoint.h"

#include "verify/run/bad_input.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <xxhash.h>

namespace cowcheck {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view magic = "cowcheck checkpoint 1\n";
constexpr std::size_t buffer_bytes = std::size_t{1} << 20;
constexpr std::string_view file_prefix = "run-";
constexpr std::string_view file_suffix = ".checkpoint";

std::string last_error() { return std::generic_category().message(errno); }

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int number() const { return number_; }
    // Some file systems say only now that the disk is full.
    void close() {
        if (::close(std::exchange(number_, -1)) != 0) throw SnapshotError(last_error());
    }

private:
    int number_;
};

class Hash {
public:
    Hash() : state_(XXH3_createState(), &XXH3_freeState) { XXH3_128bits_reset(state_.get()); }
    void add(std::span<const std::byte> bytes) {
        XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
    }
    using Value = std::array<std::byte, sizeof(XXH128_canonical_t)>;
    [[nodiscard]] Value value() const {
        XXH128_canonical_t canonical;
        XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_.get()));
        Value bytes;
        std::memcpy(bytes.data(), canonical.digest, bytes.size());
        return bytes;
    }

private:
    std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

void write_fully(int file, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw SnapshotError(last_error());
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

class FileSink : public ByteSink {
public:
    explicit FileSink(int file) : file_(file) { buffer_.reserve(buffer_bytes); }

    void write(std::span<const std::byte> bytes) override {
        hash_.add(bytes);
        if (buffer_.size() + bytes.size() > buffer_bytes) flush();
        if (bytes.size() > buffer_bytes) return write_fully(file_, bytes);
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    }
    // The end of the file: what all of it before hashes to.
    void finish() {
        flush();
        write_fully(file_, hash_.value());
        if (::fsync(file_) != 0) throw SnapshotError(last_error());
    }

private:
    void flush() {
        write_fully(file_, buffer_);
        buffer_.clear();
    }

    int file_;
    std::vector<std::byte> buffer_;
    Hash hash_;
};

class FileSource : public ByteSource {
public:
    // Looks at all of the file first, so that nothing that is damaged is ever used.
    explicit FileSource(const std::string& path) : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (file_.number() < 0) throw SnapshotError(last_error());
        const off_t size = ::lseek(file_.number(), 0, SEEK_END);
        constexpr auto hash_bytes = static_cast<off_t>(sizeof(Hash::Value));
        require_stored(size >= hash_bytes, "it is too short");
        rewind();
        left_ = static_cast<std::uint64_t>(size - hash_bytes);
        Hash hash;
        std::vector<std::byte> piece(buffer_bytes);
        while (left_ > 0) {
            const std::span some(piece.data(), std::min<std::uint64_t>(left_, piece.size()));
            read(some);
            hash.add(some);
        }
        left_ = sizeof(Hash::Value);
        Hash::Value stored;
        read(stored);
        require_stored(stored == hash.value(), "its checksum does not match");
        rewind();
        left_ = static_cast<std::uint64_t>(size - hash_bytes);
    }

    void read(std::span<std::byte> bytes) override {
        require_stored(bytes.size() <= left_, "it ends too soon");
        left_ -= bytes.size();
        while (!bytes.empty()) {
            if (begin_ == buffer_.size()) fill();
            const std::size_t some = std::min(bytes.size(), buffer_.size() - begin_);
            std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), some, bytes.begin());
            begin_ += some;
            bytes = bytes.subspan(some);
        }
    }

private:
    void rewind() {
        if (::lseek(file_.number(), 0, SEEK_SET) != 0) throw SnapshotError(last_error());
        buffer_.clear();
        begin_ = 0;
    }
    void fill() {
        buffer_.resize(buffer_bytes);
        ssize_t got = 0;
        do got = ::read(file_.number(), buffer_.data(), buffer_.size());
        while (got < 0 && errno == EINTR);
        if (got < 0) throw SnapshotError(last_error());
        require_stored(got > 0, "it ends too soon");
        buffer_.resize(static_cast<std::size_t>(got));
        begin_ = 0;
    }

    Descriptor file_;
    std::uint64_t left_ = 0;
    std::vector<std::byte> buffer_;
    std::size_t begin_ = 0;
};

void put_text(ByteSink& sink, std::string_view text) {
    put(sink, std::uint64_t{text.size()});
    sink.write(std::as_bytes(std::span(text)));
}

std::string take_text(ByteSource& source) {
    const auto size = take<std::uint64_t>(source);
    require_stored(size <= buffer_bytes, "a name in it is too long");
    std::string text(size, '\0');
    source.read(std::as_writable_bytes(std::span(text)));
    return text;
}

void put_identity(ByteSink& sink, const Identity& identity) {
    put(sink, std::uint64_t{identity.parts.size()});
    for (const Identity::Part& part : identity.parts) {
        put_text(sink, part.what);
        put_text(sink, part.value);
    }
}

// What of it is not as expected; empty if nothing is.
std::string difference(ByteSource& source, const Identity& expected) {
    if (take<std::uint64_t>(source) != expected.parts.size()) return "it is of another version";
    for (const Identity::Part& part : expected.parts) {
        const std::string what = take_text(source);
        const std::string value = take_text(source);
        if (what != part.what) return "it is of another version";
        if (value == part.value) continue;
        if (!part.shown) return part.what + " is another one";
        return part.what + " is '" + value + "' there, and '" + part.value + "' here";
    }
    return {};
}

}  // namespace

std::string digest_of_this_program() {
    const Descriptor file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    Hash hash;
    std::vector<std::byte> piece(buffer_bytes);
    for (ssize_t got = 1; file.number() >= 0 && got > 0;) {
        got = ::read(file.number(), piece.data(), piece.size());
        if (got > 0) hash.add(std::span(piece).first(static_cast<std::size_t>(got)));
    }
    std::string text;
    for (const std::byte byte : hash.value()) {
        text += "0123456789abcdef"[std::to_integer<unsigned>(byte) >> 4U];
        text += "0123456789abcdef"[std::to_integer<unsigned>(byte) & 15U];
    }
    return text;
}

CheckpointFolder::CheckpointFolder(std::string folder) : folder_(std::move(folder)) {
    std::error_code error;
    fs::create_directories(folder_, error);
    const std::string lock = folder_ + "/lock";
    lock_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock_ < 0) throw BadInput("--checkpoint: can't write '" + lock + "': " + last_error());
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        ::close(lock_);
        throw BadInput("--checkpoint: another cowcheck is using '" + folder_ + "'");
    }
}

CheckpointFolder::~CheckpointFolder() { ::close(lock_); }

std::string CheckpointFolder::path(std::size_t number) const {
    return folder_ + "/" + std::string(file_prefix) + std::to_string(number) +
           std::string(file_suffix);
}

std::unique_ptr<ByteSource> CheckpointFolder::open(std::size_t number, const Identity& identity) {
    const std::string file = path(number);
    if (!fs::exists(file)) return nullptr;
    const auto refuse = [&](const std::string& why) {
        throw BadInput("--checkpoint: can't go on from '" + file + "': " + why +
                       "\n    give another folder, or remove this one to begin anew");
    };
    std::string differs;
    try {
        auto source = std::make_unique<FileSource>(file);
        std::array<std::byte, magic.size()> begin;
        source->read(begin);
        require_stored(std::memcmp(begin.data(), magic.data(), magic.size()) == 0,
                "it is no checkpoint of this version");
        differs = difference(*source, identity);
        if (differs.empty()) return source;
    } catch (const SnapshotError& error) {
        refuse(error.what());
    }
    refuse("it was written for something else: " + differs);
    return nullptr;
}

std::string CheckpointFolder::write(std::size_t number, const Identity& identity,
                                    const std::function<void(ByteSink&)>& content) {
    const std::string file = path(number);
    const std::string part = file + ".part";
    try {
        Descriptor descriptor(
            ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
        if (descriptor.number() < 0) throw SnapshotError(last_error());
        FileSink sink(descriptor.number());
        sink.write(std::as_bytes(std::span(magic)));
        put_identity(sink, identity);
        content(sink);
        sink.finish();
        descriptor.close();
        if (::rename(part.c_str(), file.c_str()) != 0) throw SnapshotError(last_error());
        const Descriptor folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (folder.number() >= 0) (void)::fsync(folder.number());
        return {};
    } catch (const SnapshotError& error) {
        ::unlink(part.c_str());
        return "can't write '" + part + "': " + error.what();
    }
}

void CheckpointFolder::clear() {
    std::error_code error;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_, error)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(file_prefix) &&
            (name.ends_with(file_suffix) || name.ends_with(std::string(file_suffix) + ".part")))
            files.push_back(entry.path());
    }
    files.push_back(folder_ + "/lock");
    for (const fs::path& file : files) fs::remove(file, error);
}

}  // namespace cowcheck
