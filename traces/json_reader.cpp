#include "traces/json_reader.h"

#include "traces/text.h"

#include <algorithm>

namespace cowcheck {

namespace {

constexpr int max_depth = 16;
constexpr std::size_t max_values = 4'000'000;

std::string joined(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : path + "." + std::string(name);
}

// What the parser says, without the number of its message.
std::string syntax_message(const nlohmann::json::exception& error) {
    std::string text = error.what();
    const std::size_t end = text.find("] ");
    if (text.starts_with("[json.exception") && end != std::string::npos) text.erase(0, end + 2);
    text = "not valid JSON: " + ascii(text);
    constexpr std::size_t longest = 200;
    if (text.size() > longest) text = text.substr(0, longest) + "...";
    return text;
}

}  // namespace

Json parse_json(std::string_view text) {
    if (text.empty()) throw JsonError("the file is empty");
    std::size_t values = 0;
    const auto watch = [&](int depth, Json::parse_event_t, Json&) {
        if (depth > max_depth) throw JsonError("not a trace: nested too deeply");
        if (++values > max_values) throw JsonError("not a trace: too many values");
        return true;
    };
    try {
        return Json::parse(text.begin(), text.end(), watch);
    } catch (const nlohmann::json::exception& error) {
        throw JsonError(syntax_message(error));
    }
}

void JsonReader::fail(const std::string& what) const {
    throw JsonError(path_.empty() ? what : path_ + ": " + what);
}

void JsonReader::expect_object() const {
    if (!value_.is_object()) fail("expected an object");
}

void JsonReader::allow_only(std::initializer_list<std::string_view> names) const {
    expect_object();
    for (const auto& item : value_.items())
        if (std::find(names.begin(), names.end(), item.key()) == names.end()) {
            constexpr std::size_t longest = 60;
            fail("there is no field '" + item.key().substr(0, longest) + "' here");
        }
}

JsonReader JsonReader::at(std::string_view name) const {
    auto found = find(name);
    if (!found) fail("the field '" + std::string(name) + "' is missing");
    return *found;
}

std::optional<JsonReader> JsonReader::find(std::string_view name) const {
    expect_object();
    const auto found = value_.find(std::string(name));
    if (found == value_.end()) return std::nullopt;
    return JsonReader(*found, joined(path_, name));
}

std::size_t JsonReader::size() const {
    if (!value_.is_array()) fail("expected an array");
    return value_.size();
}

JsonReader JsonReader::at(std::size_t index) const {
    return {value_[index], path_ + "[" + std::to_string(index) + "]"};
}

const std::string& JsonReader::string() const {
    if (!value_.is_string()) fail("expected a string");
    return value_.get_ref<const std::string&>();
}

bool JsonReader::boolean() const {
    if (!value_.is_boolean()) fail("expected true or false");
    return value_.get<bool>();
}

unsigned JsonReader::number(unsigned low, unsigned high) const {
    const bool fits = value_.is_number_unsigned() && value_.get<std::uint64_t>() >= low &&
                      value_.get<std::uint64_t>() <= high;
    if (!fits)
        fail("expected a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    return value_.get<unsigned>();
}

}  // namespace cowcheck
