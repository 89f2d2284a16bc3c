// Explorations on disk, one file each, so that the same command goes on where it was stopped: by
// SIGKILL, a reboot, a limit.
#pragma once

#include "checker/store/snapshot.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cowcheck {

// What an exploration depends on: what each thing is called, and its text or a digest of it. What
// was written for something else is not read.
struct Identity {
    struct Part {
        std::string what;   // "world"
        std::string value;  // "default"
        bool shown = true;  // the value is for people, and no digest
    };
    std::vector<Part> parts;
};

// The executable that runs: another one may number its states otherwise.
[[nodiscard]] std::string digest_of_this_program();

struct CheckpointOptions {
    std::string folder;
    std::chrono::milliseconds every{600'000};  // of one exploration
};

// A file is there as a whole or not at all, however the process ends: it is written beside the one
// before, and takes its place when it is on the disk. Any number of threads, each with files of
// its own.
class CheckpointFolder {
public:
    // Makes the folder. Throws BadInput if it can't, or if another process is using it.
    explicit CheckpointFolder(std::string folder);
    ~CheckpointFolder();
    CheckpointFolder(const CheckpointFolder&) = delete;
    CheckpointFolder& operator=(const CheckpointFolder&) = delete;

    // What was written last for that number; null if nothing was. Throws BadInput if it is
    // damaged, or not of this identity.
    [[nodiscard]] std::unique_ptr<ByteSource> open(std::size_t number, const Identity& identity);
    // Returns why it can't be written; empty if it was. Then what was there before is there still.
    [[nodiscard]] std::string write(std::size_t number, const Identity& identity,
                                    const std::function<void(ByteSink&)>& content);
    // Nothing is left to go on with.
    void clear();

private:
    [[nodiscard]] std::string path(std::size_t number) const;

    std::string folder_;
    int lock_ = -1;
};

}  // namespace cowcheck
