#include "model/compile/ghosts.h"

#include "model/compile/flow.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>
#include <utility>

namespace cowcheck {

namespace {

constexpr std::uint64_t bits(std::initializer_list<Field> fields) {
    std::uint64_t set = 0;
    for (const Field field : fields) set |= std::uint64_t{1} << static_cast<unsigned>(field);
    return set;
}

// What a page holds is told by three ghosts of it and one of each virtual page. Zeroes are
// everybody's, and what is expected where nobody has written yet. A child may see what its
// parent expects when it starts, wherever that is.
constexpr std::uint64_t who_may_see = bits({Field::entitled, Field::zeroed, Field::expected});
constexpr std::uint64_t what_is_expected =
    bits({Field::expected, Field::expects_zero, Field::zeroed});

// Where an operation gives content up, it is to go when that returns, but for what was stored
// meanwhile.
constexpr std::uint64_t given_up = bits({Field::stored_meanwhile});

constexpr std::uint64_t barred = bits({Field::store_barred});

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
    {Code::stores_barred, barred},
    {Code::zapping, bits({Field::tlb_stale})},
    {Code::translated, bits({Field::tlb_stale})},
});

constexpr std::uint64_t candidates =
    who_may_see | what_is_expected | given_up | barred |
    bits({Field::wp_armed, Field::soft_dirty_armed, Field::soft_dirty_owed, Field::fault_shared,
          Field::tlb_stale});

// Whether what is done from two places on is the same, instruction by instruction.
bool is_same_code(const std::vector<Instruction>& code, std::size_t one, std::size_t other) {
    std::set<std::pair<std::size_t, std::size_t>> seen;
    std::vector<std::pair<std::size_t, std::size_t>> work{{one, other}};
    while (!work.empty()) {
        const auto [a, b] = work.back();
        work.pop_back();
        if (!seen.emplace(a, b).second) continue;
        if (a >= code.size() || b >= code.size()) return false;
        Instruction i = code[a];
        Instruction j = code[b];
        const auto from_a = successors(i, a);
        const auto from_b = successors(j, b);
        i.target = j.target = 0;
        if (i.code == Code::rest)  // says which one it is
            i.imm = j.imm = 0;
        if (!(i == j)) return false;
        for (std::size_t n = 0; n < from_a.size(); ++n) work.emplace_back(from_a[n], from_b[n]);
    }
    return true;
}

// Whether unpin() does the same to all FOLL_PINs, and the same to all FOLL_GETs.
bool unpin_goes_by_foll_pin(const Program& program) {
    for (const OperationCode& one : program.operations)
        for (const OperationCode& other : program.operations)
            if (one.item.kind == OperationKind::unpin && other.item.kind == OperationKind::unpin &&
                one.item.flags.pin == other.item.flags.pin &&
                !is_same_code(program.code, one.entry, other.entry))
                return false;
    return true;
}

// What is known of a pin besides its page, and whether it is a FOLL_PIN. Of `read`, the fields
// that the program reads.
//
// It says what a device may do, and what that means. Once nobody asks what pages hold, a device
// does nothing that anybody sees but give the pin back. fork asks for what is written by
// FOLL_GET (Unless::child_is_new).
std::uint64_t unread_of_pins(const Program& program, std::uint64_t read) {
    const auto is_looked_at = [&](Event event) {
        return program.on_event[static_cast<std::size_t>(event)].entry != 0xffff;
    };
    const bool writes_by_get = std::any_of(
        program.operations.begin(), program.operations.end(), [](const OperationCode& operation) {
            return info(operation.item.kind).needs == Needs::pin_slot &&
                   operation.item.flags.write && !operation.item.flags.pin;
        });
    if (writes_by_get || (read & (who_may_see | what_is_expected)) != 0 ||
        program.layout.has(Field::page_dirty) || is_looked_at(Event::dma_read) ||
        is_looked_at(Event::dma_write) || !unpin_goes_by_foll_pin(program))
        return 0;
    constexpr std::uint64_t whose = bits({Field::pin_owned, Field::pin_mm});
    constexpr std::uint64_t where = whose | bits({Field::pin_va});
    constexpr std::uint64_t follows =
        bits({Field::pin_write, Field::pin_attached, Field::pin_crossed});
    if ((read & follows) != 0)  // what becomes of a mapping is told to the pins that it is of
        read |= where | follows;
    if (is_looked_at(Event::unpin))  // its names
        read |= where;
    // Whether others can get at a page: another process's pin is one way.
    const bool asks_who =
        std::any_of(program.code.begin(), program.code.end(),
                    [](const Instruction& i) { return i.code == Code::reachable; });
    if (asks_who || (read & bits({Field::fault_shared})) != 0) read |= whose;
    return (where | follows | bits({Field::pin_longterm})) & ~read;
}

}  // namespace

std::uint64_t find_unread_ghosts(const Program& program) {
    std::uint64_t read = 0;
    for (const Instruction& instruction : program.code) {
        if (instruction.code == Code::load) read |= std::uint64_t{1} << instruction.c;
        const auto reader = std::find_if(readers.begin(), readers.end(), [&](const Reader& one) {
            return one.code == instruction.code;
        });
        if (reader != readers.end()) read |= reader->ghosts;
    }
    if ((read & (who_may_see | what_is_expected)) != 0) read |= given_up;
    // Stores go by them.
    if ((read & bits({Field::soft_dirty_owed})) != 0) read |= bits({Field::soft_dirty_armed});
    if ((read & (who_may_see | what_is_expected | bits({Field::soft_dirty_owed}))) != 0)
        read |= bits({Field::tlb_stale});
    // It is what these events say of a copy.
    for (const Event event : {Event::cow_copy, Event::fork_copy})
        if (program.on_event[static_cast<std::size_t>(event)].entry != 0xffff)
            read |= bits({Field::fault_shared});
    return (candidates & ~read) | unread_of_pins(program, read);
}

}  // namespace cowcheck
