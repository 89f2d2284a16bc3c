#include "lab/cpio.h"

#include <fmt/format.h>

namespace cowcheck {

namespace {

constexpr std::string_view last_name = "TRAILER!!!";

void pad(std::string& archive) { archive.resize((archive.size() + 3) / 4 * 4, '\0'); }

void append(std::string& archive, const ArchiveEntry& entry, std::size_t inode) {
    // inode mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
    archive += fmt::format("070701{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}"
                           "{:08X}{:08X}",
                           inode, entry.mode, 0, 0, 1, 0, entry.content.size(), 0, 0,
                           entry.device_major, entry.device_minor, entry.name.size() + 1, 0);
    archive += entry.name;
    archive += '\0';
    pad(archive);
    archive += entry.content;
    pad(archive);
}

}  // namespace

std::string newc_archive(const std::vector<ArchiveEntry>& entries) {
    std::string archive;
    std::size_t inode = 1;
    for (const ArchiveEntry& entry : entries) append(archive, entry, inode++);
    append(archive, {last_name, 0, {}, 0, 0}, 0);
    archive.resize((archive.size() + 511) / 512 * 512, '\0');
    return archive;
}

}  // namespace cowcheck
