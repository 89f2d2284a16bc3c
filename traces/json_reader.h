// Takes JSON apart and says where it is not as expected.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cowcheck {

using Json = nlohmann::json;

// "steps[3].thread: expected a string"
struct JsonError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Parses the text; JsonError if it is no JSON, or larger or deeper than a trace
// has reason to be.
[[nodiscard]] Json parse_json(std::string_view text);

// A value and where it stands. Every access checks; JsonError if it fails.
class JsonReader {
public:
    JsonReader(const Json& value, std::string path) : value_(value), path_(std::move(path)) {}

    // Of an object. Fields that it must have, that it may have, and no others.
    void allow_only(std::initializer_list<std::string_view> names) const;
    [[nodiscard]] JsonReader at(std::string_view name) const;
    [[nodiscard]] std::optional<JsonReader> find(std::string_view name) const;

    // Of an array.
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] JsonReader at(std::size_t index) const;

    [[nodiscard]] const std::string& string() const;
    [[nodiscard]] bool boolean() const;
    [[nodiscard]] unsigned number(unsigned low, unsigned high) const;

    [[nodiscard]] bool is_string() const { return value_.is_string(); }
    [[nodiscard]] bool is_boolean() const { return value_.is_boolean(); }
    [[nodiscard]] bool is_number() const { return value_.is_number(); }

    [[noreturn]] void fail(const std::string& what) const;

private:
    void expect_object() const;

    const Json& value_;
    std::string path_;
};

}  // namespace cowcheck
