// Where what is stored is written to, and read back from, byte by byte: for checkpoints. A reader
// of a snapshot gets the bytes that a writer of the same build has written, or SnapshotError:
// whoever implements ByteSource sees to that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <vector>

namespace cowcheck {

// It can't be written, or what is read is not what was written.
struct SnapshotError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class ByteSink {
public:
    ByteSink() = default;
    virtual ~ByteSink() = default;
    ByteSink(const ByteSink&) = delete;
    ByteSink& operator=(const ByteSink&) = delete;

    virtual void write(std::span<const std::byte> bytes) = 0;
};

class ByteSource {
public:
    ByteSource() = default;
    virtual ~ByteSource() = default;
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;

    // All of them.
    virtual void read(std::span<std::byte> bytes) = 0;
};

// Numbers, and values that are made of them alone and have no padding.
template <class Value>
void put(ByteSink& sink, const Value& value) {
    static_assert(std::has_unique_object_representations_v<Value>);
    sink.write(std::as_bytes(std::span(&value, 1)));
}

template <class Value>
[[nodiscard]] Value take(ByteSource& source) {
    static_assert(std::has_unique_object_representations_v<Value>);
    Value value{};
    source.read(std::as_writable_bytes(std::span(&value, 1)));
    return value;
}

template <class Value>
void put_all(ByteSink& sink, const std::vector<Value>& values) {
    static_assert(std::has_unique_object_representations_v<Value>);
    put(sink, std::uint64_t{values.size()});
    sink.write(std::as_bytes(std::span(values)));
}

template <class Value>
[[nodiscard]] std::vector<Value> take_all(ByteSource& source) {
    static_assert(std::has_unique_object_representations_v<Value>);
    std::vector<Value> values(take<std::uint64_t>(source));
    source.read(std::as_writable_bytes(std::span(values)));
    return values;
}

// Written by the same build, so a number that can't be is a snapshot of something else.
inline void require_stored(bool as_expected, const char* what) {
    if (!as_expected) throw SnapshotError(what);
}

}  // namespace cowcheck
