// Writing that notices when it fails: stdout, and the files of traces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

// Writes all of it to stdout. Throws BadInput if that fails, BrokenPipe if nobody reads.
void print(std::string_view text);

// Standard streams that are closed would lend their number to the next file that is
// opened. Throws BadInput if stdout is closed.
void secure_standard_streams();

// Writes a file as a whole or not at all. Throws BadInput.
void write_file(const std::string& path, std::string_view text);

// Complains now if it is plain that write_file() could not: before anything that takes long.
void expect_writable(const std::string& path);

// Complains if the output would take the place of something that is read: names of files, or
// of what is built in.
void expect_no_input(const std::string& output, const std::vector<std::string>& inputs);

// Where traces go.
class TraceFolder {
public:
    // Makes the folder, and a file in it to see whether that works. Throws BadInput.
    explicit TraceFolder(std::string path);
    // An empty folder that was made here goes again.
    ~TraceFolder();
    TraceFolder(const TraceFolder&) = delete;
    TraceFolder& operator=(const TraceFolder&) = delete;

    // Returns the path of the file.
    std::string write(const std::string& name, std::string_view text);

private:
    void remove_if_empty();

    std::string path_;
    std::string made_;  // the outermost folder that did not exist before
};

}  // namespace cowcheck
