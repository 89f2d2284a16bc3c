// The one table of what system calls promise about memory, whatever a design's handlers do: it
// goes by which operation starts and returns, never by a statement of its text. What an operation
// has no row for, and what a row does not speak of, stays as it is.
#pragma once

#include "model/isa/instructions.h"
#include "model/operations.h"

#include <array>
#include <string_view>

namespace cowcheck {

// A ghost step, where an operation starts or returns.
struct ContractStep {
    Code code = Code::jump;  // none
    std::uint16_t imm = 0;
};

// Where a contract says anything.
enum class ContractWhere : std::uint8_t {
    always,
    reclaim,     // somebody may drop what was given away
    soft_dirty,  // memory is tracked: hugetlb is not
};

// Of one page, or, where the operation has no `va`, of all pages of the process.
struct Contract {
    OperationKind kind = OperationKind::read;
    std::array<ContractStep, 2> at_start{};
    std::array<ContractStep, 2> at_return{};
    Zap zap = Zap::breaks_promise;  // what the statement `zap` is in it
    ContractWhere where = ContractWhere::always;
    std::string_view says;
    std::string_view source;
};

namespace detail {

inline constexpr ContractStep gives_up{Code::give_up, GiveUp::starts};
inline constexpr ContractStep kept{Code::give_up, GiveUp::returns};
inline constexpr ContractStep gone{Code::give_up, GiveUp::is_gone};
inline constexpr ContractStep bars{Code::bar_stores, BarStores::starts};
inline constexpr ContractStep barred{Code::bar_stores, BarStores::returned};
inline constexpr ContractStep permits{Code::bar_stores, BarStores::permits};
inline constexpr ContractStep permitted{Code::bar_stores, BarStores::permitted};
inline constexpr ContractStep unarmed{Code::soft_dirty_armed, 0};
inline constexpr ContractStep armed{Code::soft_dirty_armed, 1};
inline constexpr ContractStep resolved{Code::wp_resolved, 0};

inline constexpr std::string_view unmaps =
    "from its start on what is there may be lost; at its return it is, and nobody finds it";
inline constexpr std::string_view zeroes =
    "from its start on what is there may be lost; at its return there are zeroes, if nobody "
    "stored meanwhile";
inline constexpr std::string_view bars_stores =
    "from its return on no store commits, until mprotect(PROT_WRITE) or munmap starts";
inline constexpr std::string_view permits_stores = "from its start on stores may commit again";
inline constexpr std::string_view protects =
    "from its return on each store to what it has protected is told first, until it is resolved";
inline constexpr std::string_view resolves = "from its start on stores need not be told";

inline constexpr std::string_view munmap_2 = "munmap(2)";
inline constexpr std::string_view madvise_2 = "madvise(2)";
inline constexpr std::string_view mprotect_2 = "mprotect(2)";
inline constexpr std::string_view userfaultfd = "Documentation/admin-guide/mm/userfaultfd.rst";

}  // namespace detail

// clang-format off
inline constexpr auto contract_table = std::to_array<Contract>({
    {.kind = OperationKind::munmap,
     .at_start = {detail::gives_up, detail::permits}, .at_return = {detail::gone, detail::permitted},
     .zap = Zap::ends_given_up, .says = detail::unmaps, .source = detail::munmap_2},
    {.kind = OperationKind::munmap_range,
     .at_start = {detail::gives_up, detail::permits}, .at_return = {detail::gone, detail::permitted},
     .zap = Zap::ends_given_up, .says = detail::unmaps, .source = detail::munmap_2},
    {.kind = OperationKind::madvise_dontneed,
     .at_start = {detail::gives_up}, .at_return = {detail::gone},
     .zap = Zap::ends_given_up, .says = detail::zeroes, .source = detail::madvise_2},
    {.kind = OperationKind::madvise_dontneed_range,
     .at_start = {detail::gives_up}, .at_return = {detail::gone},
     .zap = Zap::ends_given_up, .says = detail::zeroes, .source = detail::madvise_2},
    {.kind = OperationKind::madvise_free,
     .at_start = {detail::gives_up}, .at_return = {detail::kept},
     .where = ContractWhere::reclaim,
     .says = "from its start on what is there may be lost, until a store that begins after its return",
     .source = detail::madvise_2},
    {.kind = OperationKind::exit, .zap = Zap::ends_all,
     .says = "nothing of the process is left, but what its pins hold", .source = "_exit(2)"},
    {.kind = OperationKind::fork,
     .says = "the child reads what its parent should read at the end, and finds its promises but "
             "userfaultfd's; not where VM_DONTCOPY is set",
     .source = "fork(2), madvise(2)"},
    {.kind = OperationKind::mprotect_read,
     .at_start = {detail::bars}, .at_return = {detail::barred},
     .says = detail::bars_stores, .source = detail::mprotect_2},
    {.kind = OperationKind::mprotect_read_range,
     .at_start = {detail::bars}, .at_return = {detail::barred},
     .says = detail::bars_stores, .source = detail::mprotect_2},
    {.kind = OperationKind::mprotect_write,
     .at_start = {detail::permits}, .at_return = {detail::permitted},
     .says = detail::permits_stores, .source = detail::mprotect_2},
    {.kind = OperationKind::mprotect_write_range,
     .at_start = {detail::permits}, .at_return = {detail::permitted},
     .says = detail::permits_stores, .source = detail::mprotect_2},
    {.kind = OperationKind::clear_refs,
     .at_start = {detail::unarmed}, .at_return = {detail::armed},
     .where = ContractWhere::soft_dirty,
     .says = "from its return on each store is on record, until the next one starts",
     .source = "Documentation/admin-guide/mm/soft-dirty.rst"},
    {.kind = OperationKind::uffd_wp_protect,
     .at_return = {ContractStep{Code::wp_returned, arms(OperationKind::uffd_wp_protect)}},
     .says = detail::protects, .source = detail::userfaultfd},
    {.kind = OperationKind::uffd_wp_protect_range,
     .at_return = {ContractStep{Code::wp_returned, arms(OperationKind::uffd_wp_protect_range)}},
     .says = detail::protects, .source = detail::userfaultfd},
    {.kind = OperationKind::uffd_wp_resolve,
     .at_start = {detail::resolved}, .at_return = {detail::resolved},
     .says = detail::resolves, .source = detail::userfaultfd},
    {.kind = OperationKind::uffd_wp_resolve_range,
     .at_start = {detail::resolved}, .at_return = {detail::resolved},
     .says = detail::resolves, .source = detail::userfaultfd},
    {.kind = OperationKind::pagemap_scan,
     .at_return = {ContractStep{Code::wp_returned, arms(OperationKind::pagemap_scan)}},
     .says = detail::protects, .source = "Documentation/admin-guide/mm/pagemap.rst"},
});
// clang-format on

// Nothing is promised of what has no row.
inline constexpr Contract no_contract{};

[[nodiscard]] constexpr const Contract& contract_of(OperationKind kind) {
    for (const Contract& contract : contract_table)
        if (contract.kind == kind) return contract;
    return no_contract;
}

// What the contract depends on.
struct ContractSetting {
    bool reclaim = false;
    bool soft_dirty = false;
};
[[nodiscard]] constexpr bool is_held(const Contract& contract, const ContractSetting& setting) {
    switch (contract.where) {
    case ContractWhere::reclaim: return setting.reclaim;
    case ContractWhere::soft_dirty: return setting.soft_dirty;
    default: return true;
    }
}
[[nodiscard]] constexpr bool gives_up(const Contract& contract) {
    return contract.at_start[0].code == Code::give_up;
}

}  // namespace cowcheck
