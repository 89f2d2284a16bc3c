#include "model/export/operands.h"

#include "model/isa/effects.h"

// A new instruction must be translated: forgetting it is an error.
#pragma GCC diagnostic error "-Wswitch"

namespace cowcheck::promela {

namespace {

// clang-format off
Kind kind_of(Code code) {
    switch (code) {
    case Code::rest: case Code::jump: return Kind::control;
    case Code::jump_if: case Code::jump_unless: case Code::end: case Code::check:
    case Code::assert_: return Kind::control;

    case Code::imm: return Kind::value;
    case Code::move: case Code::bit: case Code::frame: case Code::invert: case Code::is_anon:
    case Code::is_counted: case Code::is_free: case Code::is_migration: return Kind::value;
    case Code::pte_index: case Code::tlb_index: case Code::add: case Code::sub: case Code::eq:
    case Code::ne: case Code::lt: case Code::le: case Code::both: case Code::either:
        return Kind::value;
    case Code::put_bit: case Code::put_frame: return Kind::value;
    case Code::seq_odd: case Code::seq_changed: return Kind::value;

    case Code::load: return Kind::access;
    case Code::store: case Code::add_field: case Code::sub_field: return Kind::access;
    case Code::load_local: return Kind::access;
    case Code::store_local: return Kind::access;

    case Code::lock_mmap_read: case Code::lock_mmap_write: case Code::unlock_mmap_read:
    case Code::unlock_mmap_write: case Code::lock_ptl: case Code::unlock_ptl:
    case Code::irqs_off: case Code::irqs_on: return Kind::lock;
    case Code::lock_page: case Code::unlock_page: case Code::wait_page: return Kind::lock;
    case Code::trylock_page: return Kind::lock;
    case Code::trylock_vma: return Kind::lock;
    case Code::lock_vma_write: case Code::unlock_vma_read: case Code::unlock_vma_write:
    case Code::notifier_start: case Code::notifier_end: case Code::notifier_read:
    case Code::secondary_load: case Code::secondary_store: return Kind::lock;
    case Code::lru_add: return Kind::pages;
    case Code::lru_drain: return Kind::pages;
    case Code::notifier_changed: return Kind::value;

    case Code::get: case Code::put: case Code::swap_write: return Kind::pages;
    case Code::next_mapping: case Code::twin:
    case Code::try_get: case Code::copy: return Kind::pages;
    case Code::alloc: case Code::swap_cache: return Kind::pages;
    case Code::identical: return Kind::pages;
    case Code::set_pte: return Kind::pages;
    case Code::share_pte: return Kind::pages;

    // Compound pages, which no exported world has.
    case Code::leaf: case Code::subpage: return Kind::pages;
    case Code::count_mapping: return Kind::pages;
    case Code::large_mapcount: case Code::mapped_shared:
    case Code::head: case Code::other: case Code::copy_huge: case Code::split_folio:
        return Kind::pages;
    case Code::alloc_huge: return Kind::pages;
    case Code::set_leaf: return Kind::pages;
    case Code::set_pmd: case Code::fill_table: case Code::copy_into:
        return Kind::pages;
    case Code::zap_pmd: return Kind::pages;

    case Code::seq_begin: case Code::seq_end: case Code::seq_read: case Code::zap_pte:
    case Code::flush: case Code::detach_vma: case Code::end_mm: case Code::userfault:
    case Code::wait_uffd: return Kind::kernel;
    case Code::new_mm: return Kind::kernel;
    case Code::start_mm: return Kind::kernel;

    case Code::try_load: case Code::try_store: case Code::walk: return Kind::hardware;
    case Code::dma_read: case Code::dma_write: return Kind::hardware;

    case Code::unpin_event: case Code::drop_pin: case Code::attach:
    case Code::soft_dirty_armed: case Code::give_up: case Code::bar_stores:
    case Code::wp_resolved: case Code::wp_returned:
        return Kind::ghost;
    case Code::note_shared: return Kind::ghost;

    case Code::entitled_mm: case Code::entitled_pin: case Code::holds_expected:
    case Code::zapping: case Code::wp_promised: case Code::reachable:
    case Code::stores_barred: case Code::translated:
        return Kind::ghost_value;
    case Code::quiet: return Kind::ghost_value;
    case Code::quiet_mm: case Code::references: case Code::mappings: case Code::pmd_mappings:
    case Code::mapped_outside:
        return Kind::ghost_value;
    }
    return {};
}
// clang-format on

}  // namespace

Operands operands(Code code) {
    Effects effects = effects_of(Instruction{code});
    for (const EffectOfImm& more : effect_table.of_imm)
        if (more.code == code) effects.operands |= more.effects.operands;
    const auto uses = [&](std::uint8_t operand) { return (effects.operands & operand) != 0; };
    return {kind_of(code), uses(Operand::a), uses(Operand::b), uses(Operand::c),
            (effects.results & Operand::a) != 0};
}

}  // namespace cowcheck::promela
