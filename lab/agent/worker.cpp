// The processes of a program: threads that take one step after another.
#include "lab/agent/shared.h"

#include <asm/sigcontext.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/time_types.h>
#include <linux/ioctl.h>
#include <linux/types.h>
#include <linux/userfaultfd.h>

// Loads and stores are alone in a range of code, so that the handler of SIGSEGV knows them.
asm(R"(
    .text
    .globl agent_load, agent_store, agent_access_end, agent_access_fault, agent_restorer
    .globl agent_start_thread
agent_load:
    mov (%rdi), %rax
    xor %edx, %edx
    ret
agent_store:
    mov %rsi, (%rdi)
    mov %rsi, %rax
    xor %edx, %edx
    ret
agent_access_end:
agent_access_fault:
    mov $1, %edx
    ret
agent_restorer:
    mov $15, %eax
    syscall
agent_start_thread:
    mov %rdx, %r12
    mov %rcx, %r13
    mov $56, %eax
    xor %edx, %edx
    xor %r10d, %r10d
    xor %r8d, %r8d
    syscall
    test %rax, %rax
    jz 1f
    ret
1:  mov %r12, %rdi
    mov %r13, %rsi
    call agent_thread
    hlt
)");

extern "C" {
extern const char agent_access_end[];
extern const char agent_access_fault[];
void agent_restorer();
long agent_start_thread(std::uint64_t flags, void* stack, std::uint64_t slot, std::uint64_t cpu);
[[noreturn]] void agent_thread(std::uint64_t slot, std::uint64_t cpu) {
    cowcheck::agent::run_worker(static_cast<unsigned>(slot), static_cast<unsigned>(cpu));
}
}

namespace cowcheck::agent {

Shared* shared = nullptr;

void futex_wait(std::uint32_t* futex, std::uint32_t value, long nanoseconds) {
    __kernel_timespec time{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    call(__NR_futex, futex, FUTEX_WAIT, value, nanoseconds == 0 ? nullptr : &time, nullptr, 0);
}

void futex_wake(std::uint32_t* futex) {
    call(__NR_futex, futex, FUTEX_WAKE, 0x7fffffff, nullptr, nullptr, 0);
}

// --- faults ---
namespace {

// As the kernel lays them out.
struct KernelContext {
    std::uint64_t flags;
    void* link;
    std::uint64_t stack[3];
    sigcontext machine;
};
struct KernelAction {
    void (*handler)(int, void*, KernelContext*);
    std::uint64_t flags;
    void (*restorer)();
    std::uint64_t mask;
};

void on_fault(int, void*, KernelContext* context) {
    const auto at = context->machine.rip;
    const auto begin = reinterpret_cast<std::uint64_t>(&agent_load);
    const auto end = reinterpret_cast<std::uint64_t>(agent_access_end);
    if (at < begin || at >= end) call(__NR_exit_group, 99);  // a fault of the agent itself
    context->machine.rip = reinterpret_cast<std::uint64_t>(agent_access_fault);
}

}  // namespace

void catch_faults() {
    constexpr std::uint64_t sa_siginfo = 4;
    constexpr std::uint64_t sa_restorer = 0x04000000;
    constexpr std::uint64_t sa_nodefer = 0x40000000;
    const KernelAction action{on_fault, sa_siginfo | sa_restorer | sa_nodefer, agent_restorer, 0};
    constexpr int sigsegv = 11;
    constexpr int sigbus = 7;
    call(__NR_rt_sigaction, sigsegv, &action, nullptr, 8);
    call(__NR_rt_sigaction, sigbus, &action, nullptr, 8);
}

// --- what a process does ---
namespace {

Result access(std::uint64_t va, bool store, std::uint64_t value) {
    const Layout& layout = shared->layout;
    Access first{};
    for (std::uint64_t page = 0; page < layout.unit; page += layout.stride) {
        const std::uint64_t address = layout.address(va) + page * base_page;
        const Access now = store ? agent_store(address, value) : agent_load(address);
        if (now.faulted != 0) return {wire::fault, 0, nullptr};
        if (page == 0) first = now;
    }
    return of_value(first.value);
}

Result map_memory(const Layout& layout, std::uint64_t va, std::uint64_t pages) {
    long flags = map_private | map_fixed;
    long file = -1;
    if (layout.kind == wire::Memory::memfd || layout.kind == wire::Memory::tmpfile)
        file = shared->file;
    else
        flags |= map_anonymous;
    if (layout.kind == wire::Memory::hugetlb) flags |= map_hugetlb;
    const long at = call(__NR_mmap, layout.address(va), pages * layout.page_size(),
                         prot_read | prot_write, flags, file,
                         file < 0 ? 0 : va * layout.page_size());
    return of_call(at);
}

Result map_all(const Step& step) {
    Layout layout;
    layout.kind = static_cast<wire::Memory>(step.arguments[0]);
    layout.pages = step.arguments[1];
    layout.unit = step.arguments[2];
    layout.stride = step.arguments[3];
    shared->layout = layout;
    if (layout.kind == wire::Memory::memfd)
        shared->file = static_cast<int>(call(__NR_memfd_create, "memory", 1));
    if (layout.kind == wire::Memory::tmpfile)
        shared->file = static_cast<int>(open_file("/tmp", o_tmpfile | o_rdwr));
    if (layout.kind == wire::Memory::memfd || layout.kind == wire::Memory::tmpfile) {
        if (shared->file < 0) return unable("no-file");
        call(__NR_ftruncate, shared->file, layout.pages * layout.page_size());
    }
    const Result mapped = map_memory(layout, 0, layout.pages);
    if (mapped.what == wire::failed && layout.kind == wire::Memory::hugetlb)
        return unable("no-huge-pages");
    constexpr int madv_hugepage = 14;
    if (layout.kind == wire::Memory::huge)
        return of_call(call(__NR_madvise, memory_start, layout.pages * layout.page_size(),
                            madv_hugepage));
    return mapped;
}

// The child goes on here as well: it is the first thread of its slot.
Result fork_process(unsigned parent, std::uint64_t slot, std::uint64_t cpus) {
    constexpr std::uint64_t sigchld = 17;
    shared->cpus[slot] = static_cast<std::uint32_t>(cpus);
    const long pid = call(__NR_clone, CLONE_FILES | CLONE_FS | CLONE_PARENT | sigchld, nullptr,
                          nullptr, nullptr, nullptr);
    if (pid == 0) {
        start_threads(static_cast<unsigned>(slot));
        run_worker(static_cast<unsigned>(slot), 0);
    }
    static_cast<void>(parent);
    if (pid < 0) return of_call(pid);
    __atomic_store_n(&shared->pid[slot], static_cast<std::uint32_t>(pid), __ATOMIC_RELEASE);
    return ok();
}

Result force(std::uint64_t address, std::uint64_t value) {
    const long file = open_file("/proc/self/mem", o_rdwr);
    if (file < 0) return of_call(file);
    const long wrote = call(__NR_pwrite64, file, &value, sizeof value, address);
    call(__NR_close, file);
    // Kernels since v6.12 can refuse it to who is no tracer (proc_mem.force_override).
    if (wrote == -eio) return unable("FOLL_FORCE-is-switched-off");
    return wrote == sizeof value ? of_value(value) : of_call(wrote < 0 ? wrote : -einval);
}

// A page with the same bytes, for ksmd to merge with.
constexpr std::uint64_t twin_address = memory_start - 16 * base_page;

Result make_twin(std::uint64_t va) {
    constexpr int madv_mergeable = 12;
    const long at = call(__NR_mmap, twin_address, base_page, prot_read | prot_write,
                         map_private | map_fixed | map_anonymous, -1, 0);
    if (at < 0) return of_call(at);
    for (std::uint64_t byte = 0; byte < base_page; byte += sizeof byte)
        static_cast<void>(agent_store(twin_address + byte,
                                      agent_load(shared->layout.address(va) + byte).value));
    return of_call(call(__NR_madvise, at, base_page, madv_mergeable));
}

Result register_uffd(unsigned slot, std::uint64_t features) {
    const long file = call(__NR_userfaultfd, o_cloexec | o_nonblock);
    if (file < 0) return unable("userfaultfd");
    uffdio_api api{};
    api.api = UFFD_API;
    api.features = features;
    if (call(__NR_ioctl, file, UFFDIO_API, &api) < 0) return unable("userfaultfd-features");
    uffdio_register range{};
    range.range = {memory_start, shared->layout.pages * shared->layout.page_size()};
    range.mode = UFFDIO_REGISTER_MODE_WP;
    if (call(__NR_ioctl, file, UFFDIO_REGISTER, &range) < 0)
        return unable("no-write-protection-of-this-memory");
    shared->uffd[slot] = static_cast<int>(file);
    return ok();
}

// A munmap() that leaves a fresh mapping must not let anything else get there in between.
Result take_step(const Step& step) {
    const Layout& layout = shared->layout;
    const std::uint64_t* argument = step.arguments;
    const std::uint64_t address = layout.address(argument[0]);
    const std::uint64_t size = argument[1] * layout.page_size();
    using wire::Operation;
    switch (step.operation) {
    case Operation::map: return map_all(step);
    case Operation::read: return access(argument[0], false, 0);
    case Operation::write: return access(argument[0], true, argument[1]);
    case Operation::fork: return fork_process(step.slot, argument[0], argument[1]);
    case Operation::exit: call(__NR_exit_group, 0); return ok();
    case Operation::munmap: return of_call(call(__NR_munmap, address, size));
    case Operation::remap: return map_memory(layout, argument[0], argument[1]);
    case Operation::madvise: return of_call(call(__NR_madvise, address, size, argument[2]));
    case Operation::mprotect: return of_call(call(__NR_mprotect, address, size, argument[2]));
    case Operation::pin:
        return ring_pin(static_cast<unsigned>(argument[1]), address, layout.page_size());
    case Operation::splice: return pipe_pin(static_cast<unsigned>(argument[1]), address);
    case Operation::force: return force(address, argument[1]);
    case Operation::twin: return make_twin(argument[0]);
    case Operation::untwin: return of_call(call(__NR_munmap, twin_address, base_page));
    case Operation::register_uffd: return register_uffd(step.slot, argument[0]);
    default: return unable("no-such-operation");
    }
}

alignas(64) char stacks[wire::max_cpus][16384];

}  // namespace

void start_threads(unsigned slot) {
    constexpr std::uint64_t flags =
        CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    for (unsigned cpu = 1; cpu < shared->cpus[slot]; ++cpu)
        agent_start_thread(flags, stacks[cpu] + sizeof stacks[cpu], slot, cpu);
}

void run_worker(unsigned slot, unsigned cpu) {
    // Whatever ends the agent ends its programs.
    constexpr long pr_set_pdeathsig = 1;
    constexpr long sigkill = 9;
    call(__NR_prctl, pr_set_pdeathsig, sigkill);
    Mailbox& box = shared->mailboxes[slot][cpu];
    while (true) {
        const std::uint32_t asked = __atomic_load_n(&box.asked, __ATOMIC_ACQUIRE);
        if (asked == box.done) {
            futex_wait(&box.asked, asked, 0);
            continue;
        }
        box.result = take_step(box.step);
        __atomic_store_n(&box.done, asked, __ATOMIC_RELEASE);
        __atomic_fetch_add(&shared->progress, 1, __ATOMIC_RELEASE);
        futex_wake(&shared->progress);
    }
}

}  // namespace cowcheck::agent
