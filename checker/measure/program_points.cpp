#include "checker/measure/program_points.h"

#include <cstring>
#include <string_view>

namespace cowcheck {

template <class Point, class Visit>
void ProgramPoints::for_each_part(Point& point, Visit&& visit) const {
    const Program& p = plan_.program;
    visit(point.state.words.data(), p.layout.words * sizeof(std::uint16_t));
    visit(&point.started, sizeof point.started);
    visit(&point.ended, sizeof point.ended);
    visit(point.holds.data(), p.layout.size(Scope::page));
    visit(point.seen.data(), plan_.seen.size());
    visit(point.runs.data(), p.world.threads.size());
    visit(point.taken_by.data(), p.layout.size(Scope::pin));
    visit(point.events.data(), p.world.processes.size());
    visit(point.copies.data(), p.world.processes.size());
    visit(point.begun.data(), point.begun.size());
}

ProgramPoints::ProgramPoints(const ProgramPlan& plan) : plan_(plan) {
    const ProgramPoint point;
    for_each_part(point, [&](const void* /*begin*/, std::size_t bytes) { stride_ += bytes; });
    packed_.resize(stride_);
    slots_.resize(1024, 0);
}

void ProgramPoints::pack(const ProgramPoint& point, std::uint8_t* to) const {
    for_each_part(point, [&](const void* begin, std::size_t bytes) {
        if (bytes != 0) std::memcpy(to, begin, bytes);
        to += bytes;
    });
}

std::size_t ProgramPoints::hash(const std::uint8_t* packed) const {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(packed), stride_});
}

std::pair<ProgramPoints::Index, bool> ProgramPoints::insert(const ProgramPoint& point) {
    pack(point, packed_.data());
    if (2 * size() >= slots_.size()) grow();
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash(packed_.data()) & mask;
    for (; slots_[at] != 0; at = (at + 1) & mask)
        if (std::memcmp(&bytes_[(slots_[at] - 1) * stride_], packed_.data(), stride_) == 0)
            return {slots_[at] - 1, false};
    const auto index = static_cast<Index>(size());
    bytes_.insert(bytes_.end(), packed_.begin(), packed_.end());
    slots_[at] = index + 1;
    return {index, true};
}

ProgramPoint ProgramPoints::at(Index index) const {
    ProgramPoint point;
    const std::uint8_t* from = &bytes_[index * stride_];
    // What no world has so many of is as a start leaves it.
    point.seen.fill(SeenCode::unreached);
    point.runs.fill(ProgramPoint::nobody);
    point.taken_by.fill(ProgramPoint::nobody);
    for_each_part(point, [&](void* begin, std::size_t bytes) {
        if (bytes != 0) std::memcpy(begin, from, bytes);
        from += bytes;
    });
    return point;
}

void ProgramPoints::grow() {
    slots_.assign(2 * slots_.size(), 0);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = 0; i < size(); ++i) {
        std::size_t at = hash(&bytes_[i * stride_]) & mask;
        while (slots_[at] != 0) at = (at + 1) & mask;
        slots_[at] = static_cast<Index>(i + 1);
    }
}

}  // namespace cowcheck
