#include "model/isa/effects.h"

namespace cowcheck {

namespace {

using enum Field;
using E = Effects;

constexpr std::uint8_t a = Operand::a;
constexpr std::uint8_t b = Operand::b;
constexpr std::uint8_t c = Operand::c;
constexpr std::uint8_t mm = Operand::mm;
constexpr std::uint8_t va = Operand::va;
constexpr std::uint8_t pin = Operand::pin;

constexpr BlockedSet by_lock = blocked_bit(Blocked::lock);
constexpr BlockedSet by_frames = blocked_bit(Blocked::frames);
constexpr BlockedSet by_userfault = blocked_bit(Blocked::userfault);
constexpr BlockedSet by_interrupts = blocked_bit(Blocked::interrupts);

constexpr Effects operator|(Effects one, const Effects& other) {
    one.operands |= other.operands;
    one.results |= other.results;
    one.reads |= other.reads;
    one.updates |= other.updates;
    one.writes |= other.writes;
    one.clears |= other.clears;
    one.others_read |= other.others_read;
    one.others_updated |= other.others_updated;
    one.others_written |= other.others_written;
    one.asks |= other.asks;
    one.outside_reads |= other.outside_reads;
    one.takes |= other.takes;
    one.tries |= other.tries;
    one.gives |= other.gives;
    one.waits_for |= other.waits_for;
    one.blocks |= other.blocks;
    one.allocates = one.allocates || other.allocates;
    one.frees = one.frees || other.frees;
    one.raises |= other.raises;
    one.opens |= other.opens;
    one.closes |= other.closes;
    return one;
}

// ---- what several instructions do; the machine has a function for each

// Which page is whose half.
constexpr FieldSet folio = fields(compound, other_half);
// What maps a virtual page.
constexpr FieldSet leaf = fields(pte, pmd) | folio;
// What a page holds, for all that is known.
constexpr FieldSet content = fields(expected, entitled, zeroed);
constexpr FieldSet translation = fields(tlb_valid, tlb_writable, tlb_page, tlb_stale);
constexpr FieldSet own_pins = fields(pin_state, pin_owned, pin_mm);

constexpr WaySet by_page_table = ways(Way::pte, Way::migration_entry, Way::swap_slot);

// A page goes back to the allocator, and with it the other half of its THP. These fields of it
// the instruction changes anyway, or they are empty already.
constexpr E frees(FieldSet but) {
    return {.reads = folio,
            .clears = fields_of(Scope::page) & ~but,
            .frees = true,
            .raises = event_bit(Event::free),
            .opens = ways(Way::allocator),
            .closes = ways(Way::swap_cache, Way::twin, Way::ksm_page, Way::other_half)};
}
constexpr E drops = frees(fields(refcount)) | E{.reads = fields(refcount),
                                                .updates = fields(refcount),
                                                .outside_reads = fields(outside_page),
                                                .raises = event_bit(Event::underflow)};
constexpr E allocates{.reads = fields(kind),
                      .writes = fields(kind, refcount),
                      .blocks = by_frames,
                      .allocates = true,
                      .opens = ways(Way::twin),
                      .closes = ways(Way::allocator)};
constexpr E allocates_huge = allocates | E{.writes = folio, .opens = ways(Way::other_half)};
constexpr E copies{.reads = content, .writes = content, .opens = ways(Way::twin)};
// What a process should read somewhere is forgotten.
constexpr E forgets_content{
    .updates = fields(expected), .writes = fields(expects_zero), .closes = ways(Way::twin)};
// The mapping generation of a virtual page ends, or those of all of a process.
constexpr E ends_all_generations{.reads = own_pins,
                                 .writes = fields(wp_armed, pin_attached, soft_dirty_owed)};
constexpr E ends_generation = ends_all_generations | E{.reads = fields(pin_va)};
// Whether an access is the program's own race with its own zap.
constexpr E looks_for_zap{.reads = fields(tlb_stale, zapping, op_mm, op_va),
                          .others_read = fields(zapping, op_mm, op_va)};
constexpr E changes_content{.reads = own_pins | fields(giving_up),
                            .updates = fields(expected),
                            .writes = fields(entitled, zeroed, expects_zero, stored_meanwhile),
                            .closes = ways(Way::twin)};
// A mapping that is zapped: what the TLBs still have of it.
constexpr E makes_stale{.reads = fields(tlb_valid), .writes = fields(tlb_stale)};
constexpr E loads{.operands = mm | va, .raises = event_bit(Event::load)};
constexpr E stores = changes_content | looks_for_zap |
                     E{.operands = mm | va,
                       .reads = fields(pte, pmd, soft_dirty_armed),
                       .writes = fields(soft_dirty_owed),
                       .raises = event_bit(Event::store)};
constexpr E walks_threads{.reads = fields(pc, op_mm) | locals_bit,
                          .others_read = fields(pc, op_mm) | locals_bit};
// reachable_by_others()
constexpr E asks_who =
    walks_threads | E{.reads = leaf | fields(kind, ksm, swapcache, spte, pin_page) | own_pins};
constexpr E asks_who_has_copied = [] {  // which the copy reads anyway
    E all = asks_who;
    all.reads &= ~(folio | fields(kind));
    return all;
}();
constexpr E asks_for_foll_pins{.reads = fields(pin_state, pin_foll_pin)};
constexpr E forgets_pin{
    .operands = pin, .updates = fields(entitled), .writes = fields_of(Scope::pin)};
constexpr E watches_seq{.operands = mm,
                        .reads = fields(op_mm),
                        .updates = fields(write_protect_seq, seq_watch),
                        .others_read = fields(pc, op_mm),
                        .others_updated = fields(seq_watch)};
constexpr E compares{.operands = b | c, .results = a};

// A count that is as large, or as small, as it can be stays so.
constexpr E counts_up{.raises = event_bit(Event::overflow)};
constexpr E counts_down{.raises = event_bit(Event::underflow)};

// clang-format off
constexpr EffectTable table{
    .rows = {{
    {Code::rest, {}, {.writes = fields(pc, seq_watch, fault_shared) | locals_bit,
                      .closes = ways(Way::local)}},
    {Code::jump, {}, {}},
    {Code::jump_if, {}, {.operands = a}},
    {Code::jump_unless, {}, {.operands = a}},
    {Code::end, {}, {.writes = fields_of(Scope::thread), .closes = ways(Way::local)}},
    {Code::check, {}, {.operands = a}},
    {Code::assert_, {}, {.operands = a}},

    {Code::imm, {}, {.results = a}},
    {Code::move, {}, {.operands = b, .results = a}},
    {Code::load, NamedField::read, {.operands = b, .results = a,
                                    .outside_reads = fields(kind, outside_page)}},
    {Code::store, NamedField::written, {.operands = a | b,
                                        .opens = ways(Way::secondary_mmu, Way::swap_cache, Way::ksm_page),
                                        .closes = ways(Way::secondary_mmu, Way::swap_cache, Way::ksm_page)}},
    {Code::load_local, NamedField::place_read, {.results = a}},
    {Code::store_local, NamedField::place_written, {.operands = a,
                             .opens = ways(Way::local), .closes = ways(Way::local)}},
    {Code::pte_index, {}, compares},
    {Code::tlb_index, {}, compares},
    {Code::bit, {}, {.operands = b, .results = a}},
    {Code::put_bit, {}, {.operands = a | c, .results = a}},
    {Code::frame, {}, {.operands = b, .results = a}},
    {Code::leaf, {}, compares | E{.reads = leaf}},
    {Code::head, {}, {.operands = b, .results = a, .reads = folio}},
    {Code::other, {}, {.operands = b, .results = a, .reads = folio}},
    {Code::large_mapcount, {}, {.operands = b, .results = a, .reads = folio | fields(mm_mapcount)}},
    {Code::mapped_shared, {}, {.operands = b, .results = a, .reads = folio | fields(mm_mapcount)}},
    {Code::count_mapping, {}, counts_up | counts_down | E{.operands = a | b, .reads = folio, .updates = fields(mm_mapcount)}},
    {Code::subpage, {}, compares | E{.reads = folio}},
    {Code::put_frame, {}, {.operands = a | c, .results = a}},
    {Code::add, {}, compares},
    {Code::sub, {}, compares},
    {Code::eq, {}, compares},
    {Code::ne, {}, compares},
    {Code::lt, {}, compares},
    {Code::le, {}, compares},
    {Code::both, {}, compares},
    {Code::either, {}, compares},
    {Code::invert, {}, {.operands = b, .results = a}},
    {Code::is_anon, {}, {.operands = b, .results = a, .reads = fields(kind)}},
    {Code::is_counted, {}, {.operands = b, .results = a, .reads = fields(kind)}},
    {Code::is_migration, {}, {.operands = b, .results = a}},
    {Code::is_free, {}, {.operands = b, .results = a, .reads = fields(kind)}},

    {Code::lock_mmap_read, {}, counts_up | E{.operands = mm, .reads = fields(mmap_writer), .updates = fields(mmap_readers),
                                .takes = Held::mmap_read, .waits_for = Held::mmap_write,
                                .blocks = by_lock}},
    {Code::lock_mmap_write, {}, {.operands = mm, .reads = fields(mmap_writer, mmap_readers),
                                 .writes = fields(mmap_writer), .takes = Held::mmap_write,
                                 .waits_for = Held::mmap_read | Held::mmap_write, .blocks = by_lock}},
    {Code::unlock_mmap_read, {}, counts_down | E{.operands = mm, .updates = fields(mmap_readers), .gives = Held::mmap_read}},
    {Code::unlock_mmap_write, {}, {.operands = mm, .writes = fields(mmap_writer), .gives = Held::mmap_write}},
    {Code::lock_ptl, {}, {.operands = mm, .reads = fields(ptl), .writes = fields(ptl), .takes = Held::ptl,
                          .waits_for = Held::ptl, .blocks = by_lock}},
    {Code::unlock_ptl, {}, {.operands = mm, .writes = fields(ptl), .gives = Held::ptl}},
    {Code::lock_page, {}, {.operands = a, .reads = fields(locked), .writes = fields(locked), .takes = Held::page,
                           .waits_for = Held::page, .blocks = by_lock}},
    {Code::unlock_page, {}, {.operands = a, .writes = fields(locked), .gives = Held::page}},
    {Code::trylock_page, {}, {.operands = b, .results = a, .reads = fields(locked), .writes = fields(locked),
                              .tries = Held::page}},
    {Code::wait_page, {}, {.operands = a, .reads = fields(locked), .waits_for = Held::page, .blocks = by_lock}},
    {Code::irqs_off, {}, {.takes = Held::irqs_off}},
    {Code::irqs_on, {}, {.gives = Held::irqs_off}},
    {Code::trylock_vma, {}, counts_up | E{.operands = mm, .results = a, .reads = fields(vma_writer),
                             .updates = fields(vma_readers), .tries = Held::vma_read}},
    {Code::lock_vma_write, {}, {.operands = mm, .reads = fields(vma_writer, vma_readers),
                                .writes = fields(vma_writer), .takes = Held::vma_write,
                                .waits_for = Held::vma_read | Held::vma_write, .blocks = by_lock}},
    {Code::unlock_vma_read, {}, counts_down | E{.operands = mm, .updates = fields(vma_readers), .gives = Held::vma_read}},
    {Code::unlock_vma_write, {}, {.operands = mm, .writes = fields(vma_writer), .gives = Held::vma_write}},

    {Code::notifier_start, {}, counts_up | drops | E{.operands = mm | va, .reads = fields(spte, pc, op_mm, op_va),
                                         .updates = fields(invalidating, seq_watch), .writes = fields(spte),
                                         .others_read = fields(pc, op_mm, op_va),
                                         .others_updated = fields(seq_watch),
                                         .closes = ways(Way::secondary_mmu)}},
    {Code::notifier_end, {}, counts_down | E{.operands = mm | va, .updates = fields(invalidating)}},
    {Code::notifier_read, {}, {.operands = mm | va, .reads = fields(invalidating), .writes = fields(seq_watch)}},
    {Code::notifier_changed, {}, {.results = a, .reads = fields(seq_watch)}},
    {Code::lru_add, {}, counts_up | drops | E{.operands = a | va, .reads = fields(batch_valid, batch_page),
                                  .writes = fields(batch_valid, batch_page),
                                  .opens = ways(Way::lru_batch), .closes = ways(Way::lru_batch)}},
    {Code::lru_drain, {}, drops | E{.reads = fields(batch_valid, batch_page),
                                    .writes = fields(batch_valid, batch_page),
                                    .closes = ways(Way::lru_batch)}},
    {Code::secondary_load, {}, loads | E{.reads = fields(spte), .blocks = by_lock}},
    {Code::secondary_store, {}, stores | E{.reads = folio | fields(spte), .blocks = by_lock}},

    {Code::seq_begin, {}, watches_seq | E{.takes = Held::seq}},
    {Code::seq_end, {}, watches_seq | E{.gives = Held::seq}},
    {Code::seq_read, {}, {.operands = mm, .reads = fields(write_protect_seq), .writes = fields(seq_watch)}},
    {Code::seq_odd, {}, {.results = a, .reads = fields(seq_watch)}},
    {Code::seq_changed, {}, {.results = a, .reads = fields(seq_watch)}},
    {Code::get, {}, counts_up | E{.operands = a, .updates = fields(refcount)}},
    {Code::try_get, {}, counts_up | E{.operands = b, .results = a, .reads = fields(refcount), .updates = fields(refcount),
                         .outside_reads = fields(outside_page)}},
    {Code::put, {}, drops | E{.operands = a}},
    {Code::add_field, NamedField::updated, counts_up | E{.operands = a | b}},
    {Code::sub_field, NamedField::updated, {.operands = a | b, .raises = event_bit(Event::underflow)}},
    {Code::alloc, {}, allocates | E{.results = a, .writes = fields(zeroed)}},
    {Code::copy, {}, allocates | copies | E{.operands = b, .results = a}},
    {Code::swap_cache, {}, {.results = a, .reads = fields(swapcache)}},
    {Code::next_mapping, {}, {.operands = b, .results = a | mm | va, .reads = fields(pte),
                              .writes = fields(op_mm, op_va)}},
    {Code::twin, {}, {.operands = b, .results = a, .reads = fields(pte, kind, ksm, zeroed, expected),
                      .asks = fields(zeroed, expected)}},
    {Code::identical, {}, {.operands = b | c, .results = a, .reads = content, .writes = content,
                           .asks = fields(zeroed, expected), .opens = ways(Way::twin)}},
    {Code::swap_write, {}, {.operands = a, .reads = content, .writes = content | fields(page_dirty)}},
    {Code::set_pte, {}, {.operands = a | b, .writes = fields(pte),
                         .opens = by_page_table | ways(Way::detached_table),
                         .closes = by_page_table | ways(Way::detached_table)}},
    {Code::set_leaf, {}, {.operands = a | b | c, .reads = folio, .updates = fields(pmd), .writes = fields(pte),
                          .opens = by_page_table | ways(Way::huge_pmd, Way::detached_table),
                          .closes = by_page_table | ways(Way::huge_pmd, Way::detached_table)}},
    {Code::set_pmd, {}, {.operands = a | b, .writes = fields(pmd), .opens = ways(Way::pte, Way::huge_pmd, Way::detached_table),
                         .closes = ways(Way::pte, Way::huge_pmd, Way::detached_table)}},
    {Code::fill_table, {}, {.operands = a | b, .reads = folio, .writes = fields(pte),
                            .opens = by_page_table | ways(Way::detached_table),
                            .closes = by_page_table | ways(Way::detached_table)}},
    {Code::zap_pmd, {}, {.operands = mm, .writes = fields(pmd),
                         .opens = ways(Way::detached_table), .closes = ways(Way::pte, Way::huge_pmd)}},
    {Code::alloc_huge, {}, allocates_huge | E{.results = a, .writes = fields(zeroed)}},
    {Code::copy_huge, {}, allocates_huge | copies | E{.operands = b, .results = a, .reads = folio}},
    {Code::copy_into, {}, copies | E{.operands = a | b, .closes = ways(Way::twin)}},
    {Code::split_folio, {}, frees(folio | fields(refcount, locked, mm_mapcount, mapcount)) | E{
                                      .operands = b, .results = a,
                                      .reads = fields(mapcount, entire_mapcount, refcount),
                                      .writes = folio | fields(refcount, locked, mm_mapcount)}},
    {Code::share_pte, {}, {.operands = a | c | mm | va,
                           .reads = folio | own_pins | fields(mapped, read_only, pin_va, pin_foll_pin, pin_write, pin_page),
                           .updates = fields(pmd), .writes = fields(mapped, read_only, pte, pin_crossed),
                           .opens = by_page_table | ways(Way::huge_pmd, Way::detached_table),
                           .closes = by_page_table | ways(Way::huge_pmd, Way::detached_table)}},
    {Code::zap_pte, {}, {.operands = mm | va, .writes = fields(pte),
                         .closes = by_page_table | ways(Way::detached_table)}},
    {Code::flush, {}, {.operands = mm | va, .writes = translation | fields(zapping), .others_read = fields(pc),
                       .waits_for = Held::irqs_off, .blocks = by_interrupts, .closes = ways(Way::tlb)}},
    {Code::detach_vma, {}, {.operands = mm | va, .writes = fields(mapped, read_only, dont_copy)}},
    {Code::new_mm, {}, {.results = a, .reads = fields(life), .writes = fields(life, fault_shared),
                        .outside_reads = asks_for_foll_pins.reads, .blocks = by_lock}},
    {Code::start_mm, {}, forgets_content | ends_generation | E{.operands = a | mm,
                                             .reads = leaf | fields(expected, zeroed, mapped, read_only, dont_copy, expects_zero, wp_armed, store_barred),
                                             .updates = fields(entitled),
                                             .writes = fields(mapped, read_only, life, store_barred)}},
    {Code::end_mm, {}, forgets_content | ends_all_generations | E{.operands = mm, .updates = fields(entitled),
                                           .writes = fields_of(Scope::pte) | fields_of(Scope::mm) | translation | fields(pin_owned),
                                           .others_read = fields(pc, op_mm), .blocks = by_lock,
                                           .closes = by_page_table | ways(Way::huge_pmd, Way::tlb, Way::secondary_mmu, Way::detached_table)}},
    {Code::userfault, {}, {.operands = mm | va, .raises = event_bit(Event::userfault)}},
    {Code::wait_uffd, {}, {.operands = mm | va, .reads = fields(pte, pmd), .blocks = by_userfault}},

    {Code::try_load, {}, loads | E{.results = a, .reads = fields(tlb_valid, tlb_page)}},
    {Code::try_store, {}, stores | E{.results = a, .reads = translation}},
    {Code::walk, {}, {.operands = mm | va, .results = a, .reads = leaf, .writes = translation,
                      .opens = ways(Way::tlb), .closes = ways(Way::tlb)}},
    {Code::dma_read, {}, {.operands = mm | va | pin, .reads = fields(pin_page), .raises = event_bit(Event::dma_read)}},
    {Code::dma_write, {}, changes_content | E{.operands = pin, .reads = fields(pin_va, pin_page, pin_attached),
                                              .writes = fields(page_dirty),
                                              .raises = event_bit(Event::dma_write)}},
    {Code::unpin_event, {}, {.operands = mm | va | pin, .reads = fields(pin_page), .raises = event_bit(Event::unpin)}},
    {Code::drop_pin, {}, forgets_pin | E{.closes = ways(Way::pin)}},
    {Code::attach, {}, {.operands = pin, .reads = fields(pin_write, pin_foll_pin),
                        .writes = fields(pin_crossed, pin_attached)}},
    {Code::note_shared, {}, asks_who | E{.operands = a | mm, .writes = fields(fault_shared),
                                         .outside_reads = fields(outside_page)}},
    {Code::soft_dirty_armed, {}, {.operands = mm, .writes = fields(Field::soft_dirty_armed, soft_dirty_owed)}},
    {Code::give_up, {}, {.operands = mm | va, .reads = fields(giving_up, stored_meanwhile), .writes = fields(giving_up, stored_meanwhile)}},
    {Code::bar_stores, {}, {.operands = mm | va, .updates = fields(store_barred)}},
    {Code::wp_resolved, {}, {.operands = mm | va, .writes = fields(wp_armed)}},
    {Code::wp_returned, {}, {.operands = mm | va, .updates = fields(wp_armed)}},

    {Code::entitled_mm, {}, compares | E{.reads = fields(zeroed, entitled), .asks = fields(zeroed, entitled)}},
    {Code::entitled_pin, {}, compares | E{.reads = fields(zeroed, entitled), .asks = fields(zeroed, entitled)}},
    {Code::holds_expected, {}, compares | E{.operands = va, .reads = fields(expected, expects_zero, zeroed),
                                            .asks = fields(expected, expects_zero, zeroed)}},
    {Code::zapping, {}, compares | looks_for_zap | E{.asks = fields(Field::zapping, tlb_stale)}},
    {Code::wp_promised, {}, compares | E{.reads = fields(wp_armed), .asks = fields(wp_armed)}},
    {Code::stores_barred, {}, compares | E{.reads = fields(store_barred), .asks = fields(store_barred)}},
    {Code::translated, {}, compares | E{.reads = fields(tlb_valid, tlb_stale), .asks = fields(tlb_stale)}},
    {Code::quiet, {}, {.results = a, .reads = fields(pc), .others_read = fields(pc)}},
    {Code::quiet_mm, {}, {.operands = b, .results = a, .reads = fields(pc, op_mm), .others_read = fields(pc, op_mm)}},
    {Code::mappings, {}, {.operands = b, .results = a, .reads = leaf}},
    {Code::pmd_mappings, {}, {.operands = b, .results = a, .reads = fields(pmd) | folio}},
    {Code::reachable, {}, asks_who | compares | E{.asks = fields(pin_owned)}},
    {Code::references, {}, {.operands = b, .results = a,
                            .reads = leaf | fields(kind, swapcache, pin_state, pin_page, pin_foll_pin, batch_valid, batch_page, spte)}},
    {Code::mapped_outside, {}, {.operands = b, .results = a, .outside_reads = fields(outside_page)}},
    }},
    .of_imm = {{
    {Code::end, static_cast<int>(EndOf::gup), {.operands = a | pin,
                                               .writes = fields(pin_state, pin_page),
                                               .opens = ways(Way::pin)}},
    {Code::end, static_cast<int>(EndOf::failed_gup), forgets_pin},
    {Code::copy, 1, {.operands = mm | va, .reads = fields(fault_shared), .asks = fields(fault_shared),
                     .raises = event_bit(Event::cow_copy)}},
    {Code::copy, 2, asks_for_foll_pins | E{.operands = mm | va, .reads = fields(fault_shared),
                                           .asks = fields(fault_shared),
                                           .raises = event_bit(Event::fork_copy)}},
    {Code::copy_huge, EffectOfImm::not_zero, asks_who_has_copied | E{.operands = mm | va, .reads = fields(fault_shared),
                                                          .asks = fields(fault_shared, pin_owned),
                                                          .raises = event_bit(Event::cow_copy)}},
    {Code::set_pte, EffectOfImm::not_zero, {.reads = fields(pte), .updates = fields(wp_armed)}},
    {Code::set_leaf, EffectOfImm::not_zero, {.reads = fields(pte, pmd), .updates = fields(wp_armed)}},
    {Code::zap_pte, EffectOfImm::not_zero, ends_generation | makes_stale | E{.reads = fields(giving_up), .writes = fields(zapping)}},
    {Code::zap_pmd, EffectOfImm::not_zero, ends_generation | makes_stale | E{.reads = fields(giving_up), .writes = fields(zapping)}},
    {Code::give_up, GiveUp::starts, {.writes = fields(expects_zero)}},
    {Code::give_up, GiveUp::is_gone, forgets_content},
    {Code::walk, EffectOfImm::not_zero, {.updates = fields(pte, pmd)}},
    {Code::try_store, EffectOfImm::not_zero, {.opens = ways(Way::twin)}},
    }},
};
// clang-format on

// Of each instruction there is a row, in order.
constexpr bool is_complete() {
    for (std::size_t i = 0; i < table.rows.size(); ++i)
        if (static_cast<std::size_t>(table.rows[i].code) != i) return false;
    return true;
}
static_assert(is_complete(), "each instruction has its row, in the order of COWCHECK_CODES");

}  // namespace

constexpr EffectTable effect_table = table;

namespace {

// A field of element b, or what is at a place in the thread.
FieldSet named_field(const Instruction& i, NamedField named) {
    if (named != NamedField::place_read && named != NamedField::place_written)
        return FieldSet{1} << i.c;
    if (i.target == 0) return locals_bit;  // which is yet to be given a place
    FieldSet set = 0;
    for (std::size_t f = 0; f < field_table.size(); ++f) {
        const FieldInfo& field = field_table[f];
        const unsigned bits = unsigned{field.mask()} << field.shift;
        if (field.scope == Scope::thread && field.word == i.b &&
            (bits & (unsigned{i.imm} << i.c)) != 0)
            set |= FieldSet{1} << f;
    }
    return set != 0 ? set : locals_bit;
}

}  // namespace

Effects effects_of(const Instruction& instruction, const EffectTable& from) {
    const EffectRow& row = from.rows[static_cast<std::size_t>(instruction.code)];
    Effects all = row.effects;
    for (const EffectOfImm& more : from.of_imm)
        if (more.code == instruction.code &&
            (more.imm == EffectOfImm::not_zero ? instruction.imm != 0
                                               : instruction.imm == more.imm))
            all = all | more.effects;
    const FieldSet field = row.named != NamedField::none ? named_field(instruction, row.named) : 0;
    switch (row.named) {
    case NamedField::none: break;
    case NamedField::read:
    case NamedField::place_read:
        all.reads |= field;
        all.asks |= field & ghost_fields;
        break;
    case NamedField::written:
    case NamedField::place_written: all.writes |= field; break;
    case NamedField::updated: all.updates |= field; break;
    }
    all.writes |= all.updates;
    all.clears &= ~all.writes;
    all.writes |= all.clears;
    all.others_written |= all.others_updated;
    return all;
}

Effects effects_of_start(bool pins) {
    Effects all{.writes = fields_of(Scope::thread)};
    if (pins)
        all = all | Effects{.updates = fields(entitled),
                            .writes = fields(pin_state, pin_write, pin_foll_pin, pin_longterm,
                                             pin_owned, pin_mm, pin_va, entitled)};
    return all;
}

}  // namespace cowcheck
