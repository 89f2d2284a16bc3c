#include "model/compile/ghosts.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace cowcheck {

namespace {

constexpr std::uint64_t bits(std::initializer_list<Field> fields) {
    std::uint64_t set = 0;
    for (const Field field : fields)
        set |= std::uint64_t{1} << static_cast<unsigned>(field);
    return set;
}

// What a page holds is told by three ghosts of it and one of each virtual page. Zeroes are
// everybody's, and what is expected where nobody has written yet. A child may see what its
// parent expects when it starts, wherever that is.
constexpr std::uint64_t who_may_see = bits({Field::entitled, Field::zeroed, Field::expected});
constexpr std::uint64_t what_is_expected =
    bits({Field::expected, Field::expects_zero, Field::zeroed});

struct Reader {
    Code code;
    std::uint64_t ghosts;
};
constexpr auto readers = std::to_array<Reader>({
    {Code::entitled_mm, who_may_see},
    {Code::entitled_pin, who_may_see},
    {Code::holds_expected, what_is_expected},
    // ksmd finds pages by what they hold, and makes one of what is known of two.
    {Code::twin, who_may_see | what_is_expected},
    {Code::identical, who_may_see | what_is_expected},
    {Code::wp_promised, bits({Field::wp_armed})},
});

constexpr std::uint64_t candidates =
    who_may_see | what_is_expected |
    bits({Field::wp_armed, Field::soft_dirty_armed, Field::fault_shared});

} // namespace

std::uint64_t find_unread_ghosts(const Program &program) {
    std::uint64_t read = 0;
    for (const Instruction &instruction : program.code) {
        if (instruction.code == Code::load)
            read |= std::uint64_t{1} << instruction.c;
        const auto reader = std::find_if(readers.begin(), readers.end(), [&](const Reader &one) {
            return one.code == instruction.code;
        });
        if (reader != readers.end())
            read |= reader->ghosts;
    }
    // It is what these events say of a copy.
    for (const Event event : {Event::cow_copy, Event::fork_copy})
        if (program.on_event[static_cast<std::size_t>(event)].entry != 0xffff)
            read |= bits({Field::fault_shared});
    return candidates & ~read;
}

} // namespace cowcheck
