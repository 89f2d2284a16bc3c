#include "lab/agent/outside.h"

#include <linux/ioctl.h>
#include <linux/types.h>
#include <linux/userfaultfd.h>

namespace cowcheck::agent {

unsigned pending_events = 0;

namespace {

constexpr std::uint64_t frame_mask = (1ULL << 55) - 1;
constexpr std::uint64_t present_bit = 1ULL << 63;

long open_of(std::uint64_t slot, const char* file, int flags) {
    Text path;
    path << "/proc/" << shared->pid[slot] << "/" << file;
    return open_file(path.c_str(), flags);
}

bool pagemap_entry(const char* path, std::uint64_t address, std::uint64_t& entry) {
    const long file = open_file(path, o_rdonly);
    if (file < 0) return false;
    const long got = call(__NR_pread64, file, &entry, sizeof entry, address / base_page * 8);
    call(__NR_close, file);
    return got == 8;
}

bool entry_of(std::uint64_t slot, std::uint64_t va, std::uint64_t& entry) {
    Text path;
    path << "/proc/" << shared->pid[slot] << "/pagemap";
    return pagemap_entry(path.c_str(), shared->layout.address(va), entry);
}

Result look(std::uint64_t slot, std::uint64_t va) {
    std::uint64_t entry = 0;
    return entry_of(slot, va, entry) ? of_entry(entry) : unable("pagemap");
}

Result clear_refs(std::uint64_t slot) {
    const long file = open_of(slot, "clear_refs", o_wronly);
    if (file < 0) return of_call(file);
    const long wrote = call(__NR_write, file, "4", 1);
    call(__NR_close, file);
    return of_call(wrote);
}

Result write_protect(const std::uint64_t* argument, bool protect) {
    if (shared->uffd[argument[0]] < 0) return unable("no-userfaultfd-of-that-process");
    uffdio_writeprotect range{};
    range.range = {shared->layout.address(argument[1]),
                   argument[2] * shared->layout.page_size()};
    range.mode = protect ? UFFDIO_WRITEPROTECT_MODE_WP : 0;
    long result = 0;
    // -EAGAIN: the address space is about to change, and somebody has to read that event.
    for (unsigned tries = 0; tries < 1000; ++tries) {
        result = call(__NR_ioctl, shared->uffd[argument[0]], UFFDIO_WRITEPROTECT, &range);
        if (result != -eagain) break;
        read_events();
        sleep_ns(1'000'000);
    }
    return of_call(result);
}

// --- PAGEMAP_SCAN, which came after the oldest headers that this is built with ---
struct ScanArguments {
    std::uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages, category_inverted,
        category_mask, category_anyof_mask, return_mask;
};
struct ScanRegion {
    std::uint64_t start, end, categories;
};
constexpr unsigned long pagemap_scan = 0xc0606610UL;
static_assert(sizeof(ScanArguments) == 0x60);

long scan_file(long file, std::uint64_t start, std::uint64_t size, bool protect) {
    constexpr std::uint64_t wp_matching = 1;
    constexpr std::uint64_t is_written = 2;
    ScanRegion regions[8] = {};
    ScanArguments arguments{};
    arguments.size = sizeof arguments;
    arguments.flags = protect ? wp_matching : 0;
    arguments.start = start;
    arguments.end = start + size;
    arguments.vec = reinterpret_cast<std::uint64_t>(regions);
    arguments.vec_len = 8;
    arguments.category_mask = is_written;
    arguments.return_mask = is_written;
    return call(__NR_ioctl, file, pagemap_scan, &arguments);
}

Result scan(const std::uint64_t* argument) {
    const long file = open_of(argument[0], "pagemap", o_rdonly);
    if (file < 0) return of_call(file);
    const long result = scan_file(file, shared->layout.address(argument[1]),
                                  argument[2] * shared->layout.page_size(), true);
    call(__NR_close, file);
    return of_call(result);
}

// Whoever holds a page keeps reclaim, migration and ksmd away from it. That they had no effect says
// something then; otherwise it may be for references that the kernel itself has for a moment.
bool anybody_holds_a_page() {
    for (const Pin& pin : shared->pins)
        if (pin.kind != Pin::Kind::none) return true;
    return false;
}

Result page_out(const std::uint64_t* argument) {
    constexpr int madv_pageout = 21;
    const long process = call(__NR_pidfd_open, shared->pid[argument[0]], 0);
    if (process < 0) return unable("pidfd_open");
    const std::uint64_t range[2] = {shared->layout.address(argument[1]),
                                    argument[2] * shared->layout.page_size()};
    std::uint64_t entry = 0;
    // The page may be written and clean a little later: reclaim needs a second look then.
    for (unsigned tries = 0; tries < 4; ++tries) {
        call(__NR_process_madvise, process, range, 1, madv_pageout, 0);
        if (!entry_of(argument[0], argument[1], entry) || (entry & present_bit) == 0) break;
        sleep_ns(2'000'000);
    }
    call(__NR_close, process);
    return (entry & present_bit) == 0 || anybody_holds_a_page() ? ok()
                                                                : unable("reclaim-left-the-page");
}

Result migrate(std::uint64_t slot, std::uint64_t va) {
    constexpr int mpol_mf_move_all = 4;
    const std::uint64_t address = shared->layout.address(va);
    int node = -1;
    call(__NR_move_pages, shared->pid[slot], 1, &address, nullptr, &node, 0);
    if (node < 0) return unable("the-page-is-on-no-node");
    const int other = node == 0 ? 1 : 0;
    int status = -1;
    const long result =
        call(__NR_move_pages, shared->pid[slot], 1, &address, &other, &status, mpol_mf_move_all);
    if (result < 0) return unable("move_pages");
    return status == other || anybody_holds_a_page() ? ok() : unable("the-page-did-not-move");
}

// --- KSM ---
std::uint64_t ksm_number(const char* name) {
    Text path;
    path << "/sys/kernel/mm/ksm/" << name;
    char text[32];
    std::uint64_t number = 0;
    std::size_t used = read_text(path.c_str(), text, sizeof text);
    while (used > 0 && text[used - 1] == '\n') --used;
    read_number({text, used}, number);
    return number;
}

// The entries of all pages of all processes.
struct Entries {
    static constexpr std::uint64_t pages = 4;
    std::uint64_t of[wire::max_slots][pages] = {};

    Entries() {
        for (unsigned slot = 0; slot < wire::max_slots; ++slot)
            for (std::uint64_t va = 0; va < pages && va < shared->layout.pages; ++va)
                if (shared->pid[slot] != 0) entry_of(slot, va, of[slot][va]);
    }
};

// Whether anything is mapped elsewhere than before, but for the one page.
bool others_moved(const Entries& before, std::uint64_t slot, std::uint64_t va) {
    const Entries after;
    for (unsigned other = 0; other < wire::max_slots; ++other)
        for (std::uint64_t page = 0; page < Entries::pages; ++page)
            if ((other != slot || page != va) &&
                (before.of[other][page] & frame_mask) != (after.of[other][page] & frame_mask))
                return true;
    return false;
}

// As /proc/kpageflags has them (kernel, include/uapi/linux/kernel-page-flags.h).
constexpr std::uint64_t kpf_ksm = 1ULL << 21;
constexpr std::uint64_t kpf_thp = 1ULL << 22;

// Nothing if no page is mapped there.
std::uint64_t page_flags(std::uint64_t slot, std::uint64_t va) {
    std::uint64_t entry = 0;
    std::uint64_t flags = 0;
    if (!entry_of(slot, va, entry) || (entry & present_bit) == 0) return 0;
    const long file = open_file("/proc/kpageflags", o_rdonly);
    if (file < 0) return 0;
    call(__NR_pread64, file, &flags, sizeof flags, (entry & frame_mask) * 8);
    call(__NR_close, file);
    return flags;
}

// Two looks at an unchanged page and one to merge it: five scans are enough and to spare.
Result merge(std::uint64_t slot, std::uint64_t va) {
    const Entries before;
    shared->merged = true;
    const std::uint64_t scans = ksm_number("full_scans");
    if (!write_text("/sys/kernel/mm/ksm/run", "1")) return unable("ksm");
    for (unsigned tries = 0; tries < 1000 && ksm_number("full_scans") < scans + 5; ++tries)
        sleep_ns(2'000'000);
    write_text("/sys/kernel/mm/ksm/run", "0");
    if (others_moved(before, slot, va)) return unable("ksmd-merged-other-pages-as-well");
    return (page_flags(slot, va) & kpf_ksm) != 0 || anybody_holds_a_page() ? ok() : unable("ksmd-merged-nothing");
}

// --- the file behind a private mapping ---
Result file_look(std::uint64_t va, bool value) {
    if (shared->file < 0) return unable("no-file");
    const std::uint64_t offset = va * shared->layout.page_size();
    if (value) {
        std::uint64_t got = 0;
        const long result = call(__NR_pread64, shared->file, &got, sizeof got, offset);
        return result == 8 ? of_value(got) : of_call(result < 0 ? result : -einval);
    }
    const long at = call(__NR_mmap, 0, base_page, prot_read, map_shared, shared->file, offset);
    if (at < 0) return of_call(at);
    static_cast<void>(agent_load(static_cast<std::uint64_t>(at)));
    std::uint64_t entry = 0;
    const bool found =
        pagemap_entry("/proc/self/pagemap", static_cast<std::uint64_t>(at), entry);
    call(__NR_munmap, at, base_page);
    return found ? of_entry(entry) : unable("pagemap");
}

Result is_thp(std::uint64_t slot, std::uint64_t va) {
    return (page_flags(slot, va) & kpf_thp) != 0 ? ok() : unable("no-THP");
}

Result wait_event() {
    if (pending_events == 0) return of_count(0);
    --pending_events;
    return of_count(1);
}

}  // namespace

unsigned read_events() {
    unsigned faults = 0;
    for (unsigned slot = 0; slot < wire::max_slots; ++slot) {
        uffd_msg message{};
        while (shared->uffd[slot] >= 0 &&
               call(__NR_read, shared->uffd[slot], &message, sizeof message) ==
                   static_cast<long>(sizeof message)) {
            if (message.event == UFFD_EVENT_PAGEFAULT) ++faults;
            if (message.event != UFFD_EVENT_FORK) continue;
            // The child's; whoever forks has not come back, so its slot has none yet.
            for (unsigned child = 0; child < wire::max_slots; ++child)
                if (shared->uffd[child] < 0 && shared->pid[child] == 0 && shared->cpus[child] != 0) {
                    shared->uffd[child] = static_cast<int>(message.arg.fork.ufd);
                    break;
                }
        }
    }
    pending_events += faults;
    return faults;
}

Result run_outside(const Step& step) {
    const std::uint64_t* argument = step.arguments;
    const auto pin = static_cast<unsigned>(argument[0]);
    using wire::Operation;
    switch (step.operation) {
    case Operation::dma_read:
        return shared->pins[pin].kind == Pin::Kind::pipe ? pipe_read(pin) : ring_read(pin);
    case Operation::dma_write: return ring_write(pin, argument[1]);
    case Operation::unpin: drop_pin(pin); return ok();
    case Operation::clear_refs: return clear_refs(argument[0]);
    case Operation::protect: return write_protect(argument, true);
    case Operation::resolve: return write_protect(argument, false);
    case Operation::scan: return scan(argument);
    case Operation::page_out: return page_out(argument);
    case Operation::migrate: return migrate(argument[0], argument[1]);
    case Operation::merge: return merge(argument[0], argument[1]);
    case Operation::look: return look(argument[0], argument[1]);
    case Operation::file_entry: return file_look(argument[0], false);
    case Operation::file_value: return file_look(argument[0], true);
    case Operation::is_thp: return is_thp(argument[0], argument[1]);
    case Operation::events: return of_count(pending_events);
    case Operation::wait_event: return wait_event();
    default: return unable("no-such-operation");
    }
}

// --- what there is ---
void prepare_guest() {
    write_text("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
    write_text("/sys/kernel/mm/transparent_hugepage/khugepaged/pages_to_scan", "0");
    write_text("/proc/sys/vm/nr_hugepages", "8");
    write_text("/sys/kernel/mm/ksm/sleep_millisecs", "0");
    write_text("/sys/kernel/mm/ksm/pages_to_scan", "10000");
    write_text("/proc/sys/vm/page-cluster", "0");
    write_text("/proc/sys/vm/unprivileged_userfaultfd", "1");
    call(__NR_swapon, "/dev/nvme0n1", 0);
}

namespace {

bool file_is_there(const char* path) {
    const long file = open_file(path, o_rdonly);
    if (file >= 0) call(__NR_close, file);
    return file >= 0;
}

bool madv_free_works(long at) {
    constexpr int madv_free = 8;
    return call(__NR_madvise, at, base_page, madv_free) == 0;
}

// It wants memory that a PMD could map, and says EINVAL of any other.
bool collapse_works() {
    constexpr int madv_collapse = 25;
    constexpr int madv_hugepage = 14;
    constexpr std::uint64_t huge_page = 512 * base_page;
    const long at = call(__NR_mmap, memory_start, huge_page, prot_read | prot_write,
                         map_private | map_anonymous | map_fixed, -1, 0);
    call(__NR_madvise, at, huge_page, madv_hugepage);
    static_cast<void>(agent_store(memory_start, 1));
    const long result = call(__NR_madvise, at, huge_page, madv_collapse);
    call(__NR_munmap, at, huge_page);
    return result != -einval;
}

std::uint64_t uffd_features() {
    const long file = call(__NR_userfaultfd, o_cloexec | o_nonblock);
    if (file < 0) return 0;
    uffdio_api api{};
    api.api = UFFD_API;
    const bool ok = call(__NR_ioctl, file, UFFDIO_API, &api) == 0;
    call(__NR_close, file);
    return ok ? api.features : 0;
}

// Whether pagemap tells the bit, which it does since v5.14.
bool uffd_wp_bit_works(long at) {
    const long file = call(__NR_userfaultfd, o_cloexec | o_nonblock);
    uffdio_api api{};
    api.api = UFFD_API;
    uffdio_register range{};
    range.range = {static_cast<std::uint64_t>(at), base_page};
    range.mode = UFFDIO_REGISTER_MODE_WP;
    uffdio_writeprotect protect{range.range, UFFDIO_WRITEPROTECT_MODE_WP};
    std::uint64_t entry = 0;
    const bool ok = call(__NR_ioctl, file, UFFDIO_API, &api) == 0 &&
                    call(__NR_ioctl, file, UFFDIO_REGISTER, &range) == 0 &&
                    call(__NR_ioctl, file, UFFDIO_WRITEPROTECT, &protect) == 0 &&
                    pagemap_entry("/proc/self/pagemap", static_cast<std::uint64_t>(at), entry);
    call(__NR_close, file);
    return ok && (entry >> 57 & 1) != 0;
}

bool scan_works(long at) {
    const long file = open_file("/proc/self/pagemap", o_rdonly);
    const long result = scan_file(file, static_cast<std::uint64_t>(at), base_page, false);
    call(__NR_close, file);
    return result >= 0;
}

// The bit is there if a fresh mapping has it; without CONFIG_MEM_SOFT_DIRTY none ever has.
bool soft_dirty_works(std::uint64_t entry) { return (entry >> 55 & 1) != 0; }

}  // namespace

void tell_abilities(Text& line, bool guest) {
    char release[400] = {};
    constexpr std::size_t release_at = 130;  // struct new_utsname: words of 65 bytes
    call(__NR_uname, release);
    const long at = call(__NR_mmap, 0, base_page, prot_read | prot_write,
                         map_private | map_anonymous, -1, 0);
    static_cast<void>(agent_load(static_cast<std::uint64_t>(at)));
    std::uint64_t entry = 0;
    pagemap_entry("/proc/self/pagemap", static_cast<std::uint64_t>(at), entry);
    line << "hello " << wire::version << " " << std::string_view(release + release_at) << " "
         << (entry & frame_mask) << " has";
    const auto has = [&](std::string_view word, bool there) {
        if (there) line << ' ' << word;
    };
    static_cast<void>(agent_store(static_cast<std::uint64_t>(at), 1));
    char text[256];
    has(wire::has_frames, (entry & frame_mask) != 0);
    has(wire::has_free, madv_free_works(at));
    has(wire::has_collapse, collapse_works());
    has(wire::has_ring, make_rings());
    has(wire::has_scan, scan_works(at));
    has(wire::has_soft_dirty, soft_dirty_works(entry));
    has(wire::has_swap, guest && read_text("/proc/swaps", text, sizeof text) > 60);
    has(wire::has_nodes, file_is_there("/sys/devices/system/node/node1/meminfo"));
    has(wire::has_ksm, guest && file_is_there("/sys/kernel/mm/ksm/run"));
    has(wire::has_thp, file_is_there("/sys/kernel/mm/transparent_hugepage/enabled"));
    has(wire::has_hugetlb, guest);
    const std::uint64_t features = uffd_features();
    has(wire::has_uffd_wp, (features & UFFD_FEATURE_PAGEFAULT_FLAG_WP) != 0);
    has(wire::has_uffd_wp_bit, uffd_wp_bit_works(at));
    has(wire::has_uffd_wp_file, (features >> 12 & 1) != 0);  // WP_HUGETLBFS_SHMEM
    has(wire::has_wp_async, (features >> 15 & 1) != 0);      // WP_ASYNC
    has(wire::has_event_fork, (features & UFFD_FEATURE_EVENT_FORK) != 0);
    call(__NR_munmap, at, base_page);
}

}  // namespace cowcheck::agent
