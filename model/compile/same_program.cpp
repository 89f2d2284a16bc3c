#include "model/compile/same_program.h"

#include <algorithm>

namespace cowcheck {

namespace {

bool is_same(const Rest& a, const Rest& b) {
    return a.address == b.address && a.operation == b.operation && a.others == b.others &&
           a.held == b.held && a.locals == b.locals && a.processes == b.processes &&
           a.frames == b.frames && a.counted == b.counted && a.mms == b.mms && a.live == b.live;
}

bool is_same(const OperationCode& a, const OperationCode& b) {
    return a.item == b.item && a.entry == b.entry && a.can_be_instant == b.can_be_instant;
}

template <typename Each>
bool are_same(const std::vector<Each>& a, const std::vector<Each>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const Each& one, const Each& other) { return is_same(one, other); });
}

}  // namespace

bool is_same_program(const Program& a, const Program& b) {
    return a.world.name == b.world.name && a.outside_of == b.outside_of &&
           a.outside_numbers == b.outside_numbers && a.outside_fixed == b.outside_fixed &&
           a.code == b.code && are_same(a.rests, b.rests) && are_same(a.operations, b.operations) &&
           a.menus == b.menus && a.device_menu == b.device_menu && a.on_event == b.on_event &&
           a.always == b.always && a.properties == b.properties && a.start == b.start &&
           a.trusts_counts == b.trusts_counts && a.searches == b.searches && a.ways == b.ways &&
           a.orders_processes == b.orders_processes && a.asked == b.asked &&
           a.unread_ghosts == b.unread_ghosts;
}

}  // namespace cowcheck
