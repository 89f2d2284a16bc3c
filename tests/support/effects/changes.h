// What a change of the state shows of an instruction's effects.
#pragma once

#include "tests/support/effects/places.h"

#include <array>
#include <cstdint>

namespace cowcheck::test {

// No thread runs the instruction: a device, a check.
inline constexpr unsigned no_thread = 0xff;

struct LockOfField {
    Field field;
    std::uint8_t lock;
};
inline constexpr auto lock_fields = std::to_array<LockOfField>({
    {Field::mmap_readers, Held::mmap_read},
    {Field::mmap_writer, Held::mmap_write},
    {Field::ptl, Held::ptl},
    {Field::locked, Held::page},
    {Field::write_protect_seq, Held::seq},
    {Field::vma_readers, Held::vma_read},
    {Field::vma_writer, Held::vma_write},
});

// Fields, frames and locks; of a page that goes back to the allocator, `clears` has what changes.
// `real`: not from a state that was made up, where there may be too many who hold a lock.
void note_change(const Program& program, const Places& places, unsigned thread, Code code,
                 const State& before, const State& after, bool real, Effects& seen);
// Ways to pages that opened or closed.
void note_ways(const Program& program, const State& before, const State& after, Effects& seen);

}  // namespace cowcheck::test
