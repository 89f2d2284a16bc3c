#include "checker/store/pair_table.h"

namespace cowcheck {

std::optional<std::uint64_t> PairTable::find(Root pair) const {
    const std::uint64_t number = find(pair, hash_of(pair));
    if (number == BucketIndex::none) return std::nullopt;
    return number;
}

PairTable::Interned PairTable::intern_slowly(Root pair, std::uint64_t hash, std::uint64_t lefts,
                                             std::uint64_t rights) {
    const std::uint64_t known = find(pair, hash);
    if (known != BucketIndex::none) return {known, false};
    const std::uint64_t number = pairs_.size();
    // Both may fail; nothing has changed before both succeeded.
    pairs_.make_room(pair, lefts, rights);
    index_.make_room(hash, number, Hashes{pairs_});
    pairs_.append(pair);
    index_.insert(hash, number);
    return {number, true};
}

}  // namespace cowcheck
