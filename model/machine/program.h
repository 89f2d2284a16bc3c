// A design compiled for a world: what the machine executes.
#pragma once

#include "model/language/source.h"
#include "model/machine/state.h"
#include "model/world.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace cowcheck {

// Things that properties may look at when they happen.
// clang-format off
#define COWCHECK_EVENTS(X)                                                                     \
    X(load,      "a CPU reads: mm, va, page")                                                  \
    X(store,     "a CPU's store commits: mm, va, page")                                        \
    X(dma_read,  "the holder of a pin reads the page: pin, page")                              \
    X(dma_write, "a device writes the page: pin, page")                                        \
    X(unpin,     "a pin is about to go: pin, page")                                            \
    X(userfault, "a write-protect event reaches the monitor: mm, va, operation.writes")        \
    X(cow_copy,  "a fault copies a page: mm, va, page (the old one), needed")                          \
    X(underflow, "a reference is dropped that nobody had: page")                               \
    X(free,      "a page goes back to the allocator: page")                                    \
    X(fork_copy, "fork copies a page at once: mm, va, page (the old one), needed")
// clang-format on

enum class Event : std::uint8_t {
#define X(name, what) name,
    COWCHECK_EVENTS(X)
#undef X
};

struct EventInfo {
    std::string_view name;
    std::string_view what;
};

inline constexpr auto event_table = std::to_array<EventInfo>({
#define X(name, what) {#name, what},
    COWCHECK_EVENTS(X)
#undef X
});

// Registers of the machine. They live for one atomic step (or one check) only.
// The first few are set before it starts; the rest are scratch, but for some constants.
struct Reg {
    static constexpr std::uint8_t mm = 0;
    static constexpr std::uint8_t va = 1;
    static constexpr std::uint8_t pin = 2;
    static constexpr std::uint8_t page = 3;    // checks: the event's page
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
    X(zap_pmd)       /* the huge PMD goes, and the mapping generation of all it maps */          \
    X(alloc_huge)    /* a = a zeroed THP; blocks while there is none */                          \
    X(copy_huge)     /* a = a THP, a copy of what PMD value b maps; blocks; imm as for copy */   \
    X(copy_into)     /* page a holds what page b holds */                                        \
    X(split_folio)   /* a = the THP of page b has become two pages; not if it has more           \
                        references than mappings and imm */                                      \
    X(share_pte)     /* PTE of mm c at va becomes a: fork */                                     \
    X(zap_pte)       /* the PTE at va goes, and the mapping generation with it */                \
    X(flush)         /* TLBs of the mm: imm 0 the page va, 1 all; waits for interrupts */        \
    X(detach_vma)    /* munmap: no VMA covers va any more, or a fresh one does */                \
    X(new_mm)        /* a = a free process slot, taken */                                        \
    X(start_mm)      /* the child a runs */                                                      \
    X(end_mm)        /* the mm is gone */                                                        \
    X(userfault)     /* report, give mmap_lock back; imm: the operation means to store */        \
    X(wait_uffd)     /* sleep until the PTE at va is not uffd-wp */                              \
    /* the hardware */                                                                           \
    X(try_load) X(try_store)      /* a = done through the TLB */                                 \
    X(walk)          /* a = the TLB now holds the page; imm 1: for a store */                    \
    X(dma_read) X(dma_write)      /* through pin */                                              \
    X(unpin_event)   /* the pin is about to go */                                                \
    X(drop_pin)      /* ghost: the pin is gone */                                                \
    X(attach)        /* ghost: GUP has looked at the PTE */                                      \
    X(note_shared)   /* ghost: a fault looked at PTE value a: can others get at its page? */      \
    X(soft_dirty_armed)           /* ghost: imm 0 clear_refs starts, 1 returns */                \
    X(wp_resolved)   /* ghost: nothing is promised at va; c 1: anywhere in the mm */             \
    X(wp_returned)   /* ghost: what was protected at va (wp_armed imm; c 1: anywhere in the mm)   \
                        is promised now */                                                       \
    /* ghost functions, for checks: a = f(b, c) */                                               \
    X(entitled_mm) X(entitled_pin) X(holds_expected) X(zapping) X(wp_promised)                   \
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
    // It notes who else can get at the page of the PTE, under ptl: nobody new can meanwhile, so
    // "others can" may be said earlier and "nobody can" later. Stands alone.
    static constexpr std::uint16_t notes_shared = 128;
    // The watched sequence count has changed, or no other CPU could change it.
    static constexpr std::uint16_t seq_settled = 256;
    // It flushes TLBs: of any page (with `flushes_all`) or of the one at hand, of which nothing
    // may be left. Others can't make the page table map anything (with `pte_kept`) meanwhile.
    // Stands alone, too.
    static constexpr std::uint16_t flushes = 512;
    static constexpr std::uint16_t flushes_all = 1024;
    static constexpr std::uint16_t pte_kept = 2048;
};

// No transition joins more steps than this.
inline constexpr unsigned max_joined = 40;

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

// Where a frame number is kept in a thread: 4 bits, valid if `present_shift` is
// 0xff or the PTE value there has a frame.
struct FrameLocal {
    std::uint8_t word = 0;  // within the thread
    std::uint8_t shift = 0;
    std::uint8_t present_shift = 0xff;  // 0xff: always valid

    // Whether the thread's words hold a frame here, and whether it is this one.
    [[nodiscard]] bool valid(const std::uint16_t* words) const {
        return present_shift == 0xff ||
               ((unsigned{words[word]} >> present_shift) & PteBit::has_frame) != 0;
    }
    [[nodiscard]] unsigned frame(const std::uint16_t* words) const {
        return (unsigned{words[word]} >> shift) & unsigned{PteBit::frame_mask};
    }
    [[nodiscard]] bool holds(const std::uint16_t* words, unsigned wanted) const {
        return valid(words) && frame(words) == wanted;
    }
    friend bool operator==(const FrameLocal&, const FrameLocal&) = default;
};

// A point where a handler may rest; its number is the thread's pc. 0 is idle.
struct Rest {
    std::uint16_t address = 0;          // of its instruction
    std::uint16_t operation = 0;        // index into Program::operations
    std::vector<std::uint16_t> others;  // operations that rest here, too (compile/merge_rests.h)
    std::uint8_t held = 0;
    std::uint8_t locals = 0;     // how many of `frames` are used
    std::uint8_t processes = 0;  // how many of `mms` are used
    std::array<FrameLocal, 6> frames{};
    std::uint8_t counted = 0;             // bits: which of `frames` the handler has references to
    std::array<FrameLocal, 2> mms{};      // process numbers in locals, 2 bits each
    std::array<std::uint16_t, 4> live{};  // masks for the thread's words 1..; the rest is dead
    SourceSpan span;                      // the statement that runs next
    std::string where;  // "do_wp_page" or "gup_fast > gup > fault write > do_wp_page"
};

// A local that a handler needs on after a rest: what its text calls it, and where it is kept.
// For people; nothing runs by it.
struct NamedLocal {
    enum class Kind : std::uint8_t { page, pte, process, truth, number };

    std::uint16_t rest = 0;  // address of the rest's instruction
    Kind kind = Kind::page;
    std::uint8_t word = 0;  // within the thread
    std::uint8_t shift = 0;
    std::uint8_t bits = 0;
    std::string name;
    std::string handler;  // that has it
};

// A design's handler for one item of a menu.
struct OperationCode {
    MenuItem item;
    std::uint16_t entry = 0;  // address of the first instruction
    SourceSpan span;
    bool can_be_instant = false;  // its first step may be its last: never in flight then
};

// A check: code that raises `check` for a violated property.
struct CheckCode {
    std::uint16_t entry = 0xffff;  // 0xffff: nothing to check
    // The same question in fewer instructions, which say nothing of what was asked: for those
    // who want the answer only, billions of times.
    std::uint16_t quick = 0xffff;
    friend bool operator==(const CheckCode&, const CheckCode&) = default;
};

// A property as the program knows it; its number is its place in the list.
struct PropertyInfo {
    std::string name;
    bool cost = false;       // breaking it costs, but corrupts nothing
    bool applies = true;     // false: it needs something that the design or world lacks
    bool sometimes = false;  // must be reachable: its bit says that it was reached
    friend bool operator==(const PropertyInfo&, const PropertyInfo&) = default;
};

// The bit of a violated set for an `assert` of the design itself.
inline constexpr std::uint32_t assertion_bit = 1U << 31U;

// A statement of a design's text that is a step or a part of one; it has run when this
// instruction has. Handlers are inlined, so one statement may stand here often.
struct StatementCode {
    std::uint16_t address = 0;
    SourceSpan span;
};

// An `if` that is looked at: its jump_unless falls through when the guard is true.
struct GuardCode {
    std::uint16_t jump = 0;
    SourceSpan span;
};

// A clause of a property, once for each choice of its `for each`.
struct ClauseCode {
    std::uint16_t property = 0;  // index into Program::properties
    std::uint16_t asks = 0;      // this instruction runs when the clause asks for something:
                                 // the left side of its `implies` is true
    SourceSpan span;
};

// The numbers (indices into World::outside) of a page's references from outside.
struct OutsideOf {
    static constexpr std::uint8_t none = 0xff;
    std::uint8_t references = none;
    std::uint8_t mappings = none;
    friend bool operator==(const OutsideOf&, const OutsideOf&) = default;
};

struct Program {
    World world;
    Layout layout;
    // By Field::outside_page. What the numbers are, is open, and the explorer finds out
    // what they must be; or, in a trace that is told, they are these.
    std::array<OutsideOf, Limits::outside_pages + 1> outside_of{};
    std::array<std::uint16_t, Limits::outside_numbers> outside_numbers{};
    bool outside_fixed = false;
    std::vector<Instruction> code;
    std::vector<Rest> rests;  // [0] is idle
    std::vector<OperationCode> operations;
    std::vector<std::vector<std::uint16_t>> menus;  // per thread: indices into operations
    std::vector<std::uint16_t> device_menu;         // indices into operations
    std::array<CheckCode, event_table.size()> on_event{};
    CheckCode always;
    std::vector<PropertyInfo> properties;  // by number
    State start;
    // Nothing is asked that follows from pages being in use, where the text shows that they are:
    // a PTE maps them, or the handler has a reference. Where a design frees such a page after
    // all, StepResult::misled says so, and what is found from there on is worth nothing.
    bool trusts_counts = false;
    // Some handler comes to a mapped page by its content, and not by a page table.
    bool searches = false;
    // Some handler goes from process to process in the order of their numbers.
    bool orders_processes = false;
    // What coverage is counted by; in the order of the code.
    std::vector<StatementCode> statements;
    std::vector<GuardCode> guards;
    std::vector<ClauseCode> clauses;
    std::vector<NamedLocal> locals;  // in the order of the code, too
    // Fields (bit = number) that an `always` clause reads in states in which
    // handlers may be under way.
    std::uint64_t visible_fields = 0;
    // Ghosts, and flags of pins (likewise), that nothing goes by that the program asks or does:
    // compile/ghosts.h.
    std::uint64_t unread_ghosts = 0;

    // Packed access data for Code::load and Code::store.
    struct Access {
        std::uint8_t base = 0;
        std::uint8_t stride = 0;
        std::uint8_t shift = 0;
        std::uint16_t mask = 0;
    };
    std::array<Access, field_table.size()> access{};
};

}  // namespace cowcheck
