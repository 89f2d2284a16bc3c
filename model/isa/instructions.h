// What the machine's instructions are, and what is said of them where they stand: registers,
// movers, locks held. What each of them reads and changes is the table in effects.h.
#pragma once

#include <array>
#include <cstdint>

namespace cowcheck {

// Registers of the machine. They live for one atomic step (or one check) only.
// The first few are set before it starts; the rest are scratch, but for some constants.
struct Reg {
    static constexpr std::uint8_t mm = 0;
    static constexpr std::uint8_t va = 1;
    static constexpr std::uint8_t pin = 2;
    static constexpr std::uint8_t page = 3;    // checks: the event's page; livelocked in `always`
    static constexpr std::uint8_t writes = 4;  // checks: operation.writes; deadlocked in `always`
    static constexpr std::uint8_t scratch = 5;
    static constexpr std::uint8_t zero = 64;  // it and those behind it hold 0, 1, 2, ...
    static constexpr std::uint8_t constants = 8;
    static constexpr std::uint8_t count = zero + constants;

    using File = std::array<std::uint16_t, count>;
    [[nodiscard]] static constexpr File at_first() {
        File file{};
        for (std::uint16_t i = 0; i < constants; ++i) file[zero + i] = i;
        return file;
    }
};

// clang-format off
// The instructions. Registers are named a, b, c; `imm` and `target` are 16 bits.
#define COWCHECK_CODES(X)                                                                        \
    /* control */                                                                                \
    X(rest)          /* a handler may rest here, between two steps: pc imm; Mover a, Unless in   \
                        target, the page's place c: word * 16 + shift */                         \
    X(jump)          /* to target */                                                             \
    X(jump_if)       /* a != 0: to target */                                                     \
    X(jump_unless)   /* a == 0: to target */                                                     \
    X(end)           /* the operation is over: EndOf imm, with page a as a GUP's result */        \
    X(check)         /* a == 0: property imm is violated */                                      \
    X(assert_)       /* a == 0: the design's own assertion is violated */                        \
    /* values */                                                                                 \
    X(imm)           /* a = imm */                                                               \
    X(move)          /* a = b */                                                                 \
    X(load)          /* a = field c of element b */                                              \
    X(store)         /* field c of element b = a */                                              \
    X(load_local)    /* a = local imm; after allocation: word b, shift c, mask imm */            \
    X(store_local)   /* local imm = a; likewise */                                               \
    X(pte_index)     /* a = index of the PTE of mm b at va c */                                  \
    X(tlb_index)     /* a = index of the TLB entry of cpu b at va c */                           \
    X(bit)           /* a = b has any of the PTE bits imm */                                     \
    X(put_bit)       /* a gets the PTE bits imm if c, loses them otherwise */                    \
    X(frame)         /* a = frame of PTE value b */                                              \
    X(leaf)          /* a = what maps mm b at va c: the PMD if it is a huge one, with the frame of \
                        the subpage, else the PTE; imm 0: none without a page table */           \
    X(head)          /* a = compound_head() of page b */                                         \
    X(other)         /* a = the other subpage of the THP that page b is in, or b itself */       \
    X(large_mapcount)  /* a = folio_large_mapcount() of page b */                                \
    X(mapped_shared)   /* a = folio_maybe_mapped_shared() of page b */                           \
    X(count_mapping) /* mm b maps the THP that page a is in once more; imm 0: once less */       \
    X(subpage)       /* a = the subpage of page b that is mapped at va c */                      \
    X(put_frame)     /* a, a PTE value, gets frame c and is present */                           \
    X(add) X(sub) X(eq) X(ne) X(lt) X(le) X(both) X(either) X(invert)                            \
    X(is_anon)       /* a = page b is anonymous */                                               \
    X(is_counted)    /* a = mappings of page b are in its counts */                              \
    X(is_migration)  /* a = PTE value b is a migration entry */                                  \
    X(is_free)       /* a = page b is with the allocator */                                      \
    /* locks; they block when imm 0 and the lock is taken */                                     \
    X(lock_mmap_read) X(lock_mmap_write) X(unlock_mmap_read) X(unlock_mmap_write)                \
    X(lock_ptl) X(unlock_ptl)                                                                    \
    X(lock_page) X(unlock_page)   /* page a */                                                   \
    X(trylock_page)  /* a = got the lock of page b */                                            \
    X(wait_page)     /* sleep until page a is not locked */                                      \
    X(irqs_off) X(irqs_on)        /* where, is known from pc */                                  \
    X(trylock_vma)   /* a = got the VMA's lock for reading */                                    \
    X(lock_vma_write) X(unlock_vma_read) X(unlock_vma_write)                                     \
    /* mmu notifiers and the secondary MMU */                                                    \
    X(notifier_start) X(notifier_end)     /* imm 0 the page va, 1 all */                         \
    X(notifier_read)              /* the thread watches for invalidations of va from now on */   \
    X(notifier_changed)           /* a = there was one, or is */                                 \
    X(lru_add)       /* page a waits in this CPU's LRU batch */                                  \
    X(lru_drain)     /* imm 0 this CPU's batch, 1 all */                                         \
    X(secondary_load) X(secondary_store)  /* through the secondary MMU's entry, or blocked */    \
    /* steps of the kernel */                                                                    \
    X(seq_begin) X(seq_end) X(seq_read)                                                          \
    X(seq_odd) X(seq_changed)     /* a = ... */                                                  \
    X(get)           /* page a: refcount + imm */                                                \
    X(try_get)       /* a = got imm references to page b, which had some */                      \
    X(put)           /* page a: refcount - imm, freed at zero */                                 \
    X(add_field)     /* field c of element b += a */                                             \
    X(sub_field)     /* field c of element b -= a */                                             \
    X(alloc)         /* a = a zeroed page; blocks while there is none */                         \
    X(copy)          /* a = a copy of page b; blocks; imm 1: a fault breaks COW here,
                        2: fork copies at once, and somebody asks whether it should */          \
    X(swap_cache)    /* a = the page in the swap cache, or the swap slot if there is none */     \
    X(next_mapping)  /* a = some PTE maps page b (imm 1: will, it is a migration entry); the     \
                        thread works on that process and virtual page from now on */             \
    X(twin)          /* a = a page that ksmd finds and that holds what page b holds, or b */     \
    X(identical)     /* a = pages b and c hold the same */                                       \
    X(swap_write)    /* the swap slot holds what page a holds */                                 \
    X(set_pte)       /* PTE b = a */                                                             \
    X(set_leaf)      /* what maps mm b at va c = a: the PMD if a is huge, else the PTE */        \
    X(set_pmd)       /* PMD of mm b = a */                                                       \
    X(fill_table)    /* the PTEs of mm b map the subpages that PMD value a maps */               \
    X(zap_pmd)       /* the huge PMD goes, and the mapping generations likewise */               \
    X(alloc_huge)    /* a = a zeroed THP; blocks while there is none */                          \
    X(copy_huge)     /* a = a THP, a copy of what PMD value b maps; blocks; imm as for copy */   \
    X(copy_into)     /* page a holds what page b holds */                                        \
    X(split_folio)   /* a = the THP of page b has become two pages; not if it has more           \
                        references than mappings and imm */                                      \
    X(share_pte)     /* PTE of mm c at va becomes a: fork */                                     \
    X(zap_pte)       /* the PTE at va goes, and the mapping generation as Zap imm says */        \
    X(flush)         /* TLBs of the mm: imm 0 the page va, 1 all; waits for interrupts */        \
    X(detach_vma)    /* munmap: no VMA covers va any more, or a fresh one does */                \
    X(new_mm)        /* a = a free process slot, taken */                                        \
    X(start_mm)      /* the child a runs */                                                      \
    X(end_mm)        /* the mm is gone */                                                        \
    X(userfault)     /* report, give mmap_lock back; imm: the operation means to store */        \
    X(wait_uffd)     /* sleep until the PTE at va is not uffd-wp */                              \
    /* the hardware */                                                                           \
    X(try_load) X(try_store)      /* a = done through the TLB; imm 1: zeroes are stored */                                 \
    X(walk)          /* a = the TLB now holds the page; imm 1: for a store */                    \
    X(dma_read) X(dma_write)      /* through pin */                                              \
    X(unpin_event)   /* the pin is about to go */                                                \
    X(drop_pin)      /* ghost: the pin is gone */                                                \
    X(attach)        /* ghost: GUP has looked at the PTE */                                      \
    X(note_shared)   /* ghost: a fault looked at PTE value a: can others get at its page? */      \
    X(soft_dirty_armed)           /* ghost: imm 0 clear_refs starts, 1 returns */                \
    X(give_up)       /* ghost: what is at va (c 1: anywhere in the mm) may be lost: GiveUp imm */ \
    X(bar_stores)    /* ghost: whether stores may commit there: BarStores imm */                 \
    X(wp_resolved)   /* ghost: nothing is promised at va; c 1: anywhere in the mm */             \
    X(wp_returned)   /* ghost: what was protected at va (wp_armed imm; c 1: anywhere in the mm)   \
                        is promised now */                                                       \
    /* ghost functions, for checks: a = f(b, c) */                                               \
    X(entitled_mm) X(entitled_pin) X(holds_expected) X(zapping) X(wp_promised)                   \
    X(stores_barred)                                                                             \
    X(translated)    /* imm 1: a translation of a mapping that ended */                          \
    X(quiet) X(quiet_mm) X(mappings) X(pmd_mappings) X(reachable)                                \
    X(references)    /* imm 1: those of FOLL_PIN left out */                                     \
    X(mapped_outside) /* a = processes outside the model map page b */
// clang-format on

enum class Code : std::uint8_t {
#define X(name) name,
    COWCHECK_CODES(X)
#undef X
};

// How the step after a rest commutes with what other threads do; see join.h.
struct Mover {
    static constexpr std::uint8_t separate = 0;  // every step stands alone
    static constexpr std::uint8_t none = 1;
    static constexpr std::uint8_t right = 2;  // may be put off until the thread's next step
    static constexpr std::uint8_t left = 3;   // may be done at once
    static constexpr std::uint8_t both = 4;
};
[[nodiscard]] constexpr bool is_right_mover(std::uint8_t mover) {
    return mover == Mover::right || mover == Mover::both;
}
[[nodiscard]] constexpr bool is_left_mover(std::uint8_t mover) { return mover >= Mover::left; }

// When a step that is no mover in general is one after all, because of what the
// state at hand says. The machine looks at a rest; see machine_movers.inl.
struct Unless {
    static constexpr std::uint16_t page_locked_away =
        1;                                            // only my process maps the page; I hold ptl
    static constexpr std::uint16_t page_private = 2;  // nobody else can get at the page at all
    static constexpr std::uint16_t only_cpu = 4;      // my process has no other CPU
    static constexpr std::uint16_t child_is_new = 8;  // the child does not run yet
    static constexpr std::uint16_t pinned_already = 16;  // mm.has_pinned is set
    static constexpr std::uint16_t becomes_left = 32;    // what it becomes: a left mover,
    static constexpr std::uint16_t becomes_right = 64;   // a right mover, or neither bit: both
    // It notes who else can get at the page of the PTE, under ptl, and nobody can: nobody new will
    // meanwhile, so it may be said later. Stands alone.
    static constexpr std::uint16_t notes_shared = 128;
    // The watched sequence count has changed, or no other CPU could change it.
    static constexpr std::uint16_t seq_settled = 256;
    // It flushes TLBs: of any page (with `flushes_all`) or of the one at hand, of which nothing
    // may be left. Others can't make the page table map anything (with `pte_kept`) meanwhile.
    // Stands alone, too.
    static constexpr std::uint16_t flushes = 512;
    static constexpr std::uint16_t flushes_all = 1024;
    static constexpr std::uint16_t pte_kept = 2048;
    static constexpr std::uint16_t kind_kept = 4096;  // my process maps the page, and I hold ptl
};

// No transition joins more steps than this.
inline constexpr unsigned max_joined = 40;

// What the statement `zap` ends besides the entry: the mapping generation, if the operation's
// contract (model/contracts.h) gives up what is mapped there, or all that the process has.
enum class Zap : std::uint16_t { breaks_promise, ends_given_up, ends_all };

// An operation starts that gives up what is there; one returns, and what is there need not be
// lost; or is gone.
struct GiveUp {
    static constexpr std::uint16_t starts = 0;
    static constexpr std::uint16_t returns = 1;
    static constexpr std::uint16_t is_gone = 2;
};

// mprotect(PROT_READ) starts, or has returned; who permits stores again does.
struct BarStores {
    static constexpr std::uint16_t starts = 0;
    static constexpr std::uint16_t returned = 1;
    static constexpr std::uint16_t permits = 2;
    static constexpr std::uint16_t permitted = 3;
};

// How an operation ends.
enum class EndOf : std::uint16_t { plain, gup, failed_gup };

struct Instruction {
    Code code = Code::jump;
    std::uint8_t a = 0;
    std::uint8_t b = 0;
    std::uint8_t c = 0;
    std::uint16_t imm = 0;
    std::uint16_t target = 0;
    friend bool operator==(const Instruction&, const Instruction&) = default;
};

// Locks that a handler holds at some point of its text.
struct Held {
    static constexpr std::uint8_t mmap_read = 1;
    static constexpr std::uint8_t mmap_write = 2;
    static constexpr std::uint8_t ptl = 4;
    static constexpr std::uint8_t irqs_off = 8;
    static constexpr std::uint8_t page = 16;
    static constexpr std::uint8_t seq = 32;
    static constexpr std::uint8_t vma_read = 64;
    static constexpr std::uint8_t vma_write = 128;
};

}  // namespace cowcheck
