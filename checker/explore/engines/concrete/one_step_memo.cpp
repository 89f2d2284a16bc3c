#include "checker/explore/engines/concrete/one_step_memo.h"

#include <algorithm>

namespace cowcheck {

void OneStepMemo::put(std::uint64_t key, const Outcome& outcome) {
    if (outcome.transitions > UINT16_MAX) return;
    if (lefts_.size() + outcome.lefts.size() > most_lefts) {
        std::fill(slots_.begin(), slots_.end(), Slot{});
        lefts_.clear();
        used_ = 0;
    }
    // Two slots to an item: few are driven out while there may be more.
    if (used_ * 2 > slots_.size() && slots_.size() < std::size_t{1} << most_slot_bits) grow();
    Slot& slot = slots_[slot_of(key)];
    used_ += slot.key == free_key;
    slot = {key, static_cast<std::uint32_t>(lefts_.size()),
            static_cast<std::uint16_t>(outcome.lefts.size()),
            static_cast<std::uint16_t>(outcome.transitions)};
    lefts_.insert(lefts_.end(), outcome.lefts.begin(), outcome.lefts.end());
}

void OneStepMemo::grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    --shift_;
    used_ = 0;
    for (const Slot& slot : old)
        if (slot.key != free_key) {
            Slot& place = slots_[slot_of(slot.key)];
            used_ += place.key == free_key;
            place = slot;
        }
}

}  // namespace cowcheck
