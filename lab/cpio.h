// The archive format of initial root file systems ("newc": kernel, initramfs/buffer-format.rst).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

struct ArchiveEntry {
    std::string_view name;  // without a leading slash
    unsigned mode = 0;      // with the type of the file: 0100755, 0040755, 0020600
    std::string_view content;
    unsigned device_major = 0;  // of a device
    unsigned device_minor = 0;
};

[[nodiscard]] std::string newc_archive(const std::vector<ArchiveEntry>& entries);

}  // namespace cowcheck
