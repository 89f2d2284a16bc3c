// The points of a program that have been reached, each once, as bytes.
#pragma once

#include "checker/measure/program_point.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace cowcheck {

class ProgramPoints {
public:
    using Index = std::uint32_t;

    explicit ProgramPoints(const ProgramPlan& plan);

    // Where it is, and whether it was not known.
    std::pair<Index, bool> insert(const ProgramPoint& point);
    [[nodiscard]] ProgramPoint at(Index index) const;
    [[nodiscard]] std::size_t size() const { return bytes_.size() / stride_; }

private:
    // Calls visit(begin, bytes) for each part of a point that is kept.
    template <class Point, class Visit>
    void for_each_part(Point& point, Visit&& visit) const;
    void pack(const ProgramPoint& point, std::uint8_t* to) const;
    [[nodiscard]] std::size_t hash(const std::uint8_t* packed) const;
    void grow();

    const ProgramPlan& plan_;
    std::size_t stride_ = 0;
    std::vector<std::uint8_t> bytes_;
    std::vector<std::uint8_t> packed_;
    std::vector<Index> slots_;  // open addressing: an index and one, 0 is free
};

}  // namespace cowcheck
