// What an exploration's threads have seen: each notes it by itself, and it is put together when
// they are done.
#pragma once

#include "checker/explore/violation.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace cowcheck {

struct Findings {
    std::vector<std::optional<Violation>> found{32};  // the first of each property
    std::uint32_t reached = 0;                        // `sometimes` properties
    // Where each of those was reached first in the level under way; known once the level is over.
    std::vector<std::optional<Violation>> reached_at{32};
    bool misled = false;            // some transition was
    bool waited_for_frame = false;  // some step did, or some operation could not start
    std::uint64_t transitions = 0;

    // Properties, as bits, that are violated, or reached, at a place that is told of without them.
    void note(const Program& program, std::uint32_t properties, Violation where);
    // What somebody else has noted in the same level as well.
    void add(const Findings& other);

    void save(ByteSink& sink) const;
    void load(ByteSource& source);
};

}  // namespace cowcheck
