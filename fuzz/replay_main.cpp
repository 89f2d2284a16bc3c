// Runs a fuzz target once on every file named, on every file in the folders named, and on nothing
// at all: what fuzzing once found stays tested in builds without libFuzzer.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_below(const std::vector<std::string>& roots) {
    std::vector<fs::path> files;
    for (const std::string& root : roots) {
        if (!fs::is_directory(root)) {
            files.emplace_back(root);
            continue;
        }
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
            if (entry.is_regular_file()) files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<std::uint8_t> bytes_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in)
        throw fs::filesystem_error("cannot read", path, std::make_error_code(std::errc::io_error));
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    return {text.begin(), text.end()};
}

}  // namespace

int main(int argc, char** argv) try {
    const std::vector<fs::path> files = files_below({argv + 1, argv + argc});
    LLVMFuzzerTestOneInput(nullptr, 0);
    for (const fs::path& path : files) {
        std::fprintf(stderr, "%s\n", path.c_str());
        const std::vector<std::uint8_t> bytes = bytes_of(path);
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
    std::fprintf(stderr, "%zu inputs\n", files.size() + 1);
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
