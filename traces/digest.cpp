#include "traces/digest.h"

#include <array>
#include <cstdint>
#include <memory>
#include <xxhash.h>

namespace cowcheck {

namespace {

// The lengths go in as well, so that no two lists of texts run together alike.
class Digest {
public:
    Digest() : state_(XXH3_createState(), &XXH3_freeState) { XXH3_128bits_reset(state_.get()); }

    void add(std::string_view text) {
        std::array<unsigned char, 8> length{};
        for (std::size_t i = 0; i < length.size(); ++i)
            length[i] = static_cast<unsigned char>(std::uint64_t{text.size()} >> (8 * i));
        XXH3_128bits_update(state_.get(), length.data(), length.size());
        XXH3_128bits_update(state_.get(), text.data(), text.size());
    }

    [[nodiscard]] std::string hex() const {
        XXH128_canonical_t canonical;
        XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_.get()));
        std::string text;
        for (const unsigned char byte : canonical.digest) {
            text += "0123456789abcdef"[byte >> 4U];
            text += "0123456789abcdef"[byte & 15U];
        }
        return text;
    }

private:
    std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

}  // namespace

std::string text_digest(std::string_view text) {
    Digest digest;
    digest.add(text);
    return digest.hex();
}

std::string design_digest(const DesignText& design) {
    Digest digest;
    for (const auto& one : design.chain)
        for (const SourceFile* file : one->files()) digest.add(file->text);
    return digest.hex();
}

}  // namespace cowcheck
