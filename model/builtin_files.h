// The designs, worlds and properties that are built into the binary.
#pragma once

#include <span>
#include <string_view>

namespace cowcheck {

struct BuiltinFile {
    std::string_view folder;  // where it came from: "designs", "designs/v5.7", "worlds", ...
    std::string_view name;    // the file's name without its extension: "v5.7"
    std::string_view text;
};

// Folder by folder, and in each as people count: v5.9 before v5.12.
std::span<const BuiltinFile> builtin_files();

}  // namespace cowcheck
