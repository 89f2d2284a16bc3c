// The agent: /init of a guest, or a program on the host (--host). It reads programs, runs each in
// processes of its own, and says what came of every step. It needs no library and no other file.
#include "lab/agent/outside.h"
#include "lab/agent/schedule.h"

#include <new>

extern "C" [[noreturn]] void agent_main(std::uint64_t* stack);

// The kernel leaves argc, argv and the environment on the stack.
asm(R"(
    .text
    .globl _start
_start:
    xor %ebp, %ebp
    mov %rsp, %rdi
    and $-16, %rsp
    call agent_main
)");

namespace cowcheck::agent {
namespace {

Program program;

void make_shared() {
    const long at = call(__NR_mmap, 0, sizeof(Shared), prot_read | prot_write,
                         map_shared | map_anonymous, -1, 0);
    shared = new (reinterpret_cast<void*>(at)) Shared;
    for (int& file : shared->uffd) file = -1;
}

void mount(const char* what, const char* where) {
    call(__NR_mkdirat, -100, where, 0755);
    call(__NR_mount, what, where, what, 0, nullptr);
}

// 115200 baud say nothing on an emulated line; no echo, no line editing.
void make_raw(int file) {
    constexpr unsigned long tcgets = 0x5401;
    constexpr unsigned long tcsets = 0x5402;
    struct {
        std::uint32_t input, output, control, local;
        unsigned char discipline, characters[19];
    } terminal{};
    call(__NR_ioctl, file, tcgets, &terminal);
    terminal.input = 0;
    terminal.output = 0;
    terminal.local = 0;
    terminal.control = 0010002 | 060 | 0200 | 04000;  // B115200, CS8, CREAD, CLOCAL
    terminal.characters[6] = 1;                       // VMIN
    terminal.characters[5] = 0;                       // VTIME
    call(__NR_ioctl, file, tcsets, &terminal);
}

int open_line_of_guest() {
    mount("proc", "/proc");
    mount("sysfs", "/sys");
    mount("devtmpfs", "/dev");
    mount("tmpfs", "/tmp");
    prepare_guest();
    const long file = open_file("/dev/ttyS1", o_rdwr);
    if (file >= 0) make_raw(static_cast<int>(file));
    return static_cast<int>(file);
}

// LRU batches and the like belong to a CPU; on one of them, what happens does not vary.
void stay_on_one_cpu() {
    const std::uint64_t first = 1;
    call(__NR_sched_setaffinity, 0, sizeof first, &first);
}

void start_program(std::string_view words) {
    program.count = 0;
    program.repeat = 1;
    program.seed = 0;
    read_number(take_word(words), program.id);
    for (std::string_view word = take_word(words); !word.empty(); word = take_word(words)) {
        if (word == "repeat") read_number(take_word(words), program.repeat);
        if (word == "seed") read_number(take_word(words), program.seed);
    }
}

void run_program(int out) {
    Text line;
    for (std::uint64_t i = 0; i < program.repeat; ++i) {
        run_once(program, i);
        line.clear();
        tell_results(program, line);
        put_line(out, line);
    }
    line.clear();
    line << "end " << program.id;
    put_line(out, line);
}

// A program of its own, which writes to the same line; then what became of it.
void run_file(int out, std::string_view name) {
    Text path;
    path << name;
    const long pid = call(__NR_fork);
    if (pid == 0) {
        const std::uint64_t all[16] = {~0ULL};
        call(__NR_sched_setaffinity, 0, sizeof all, all);
        for (const int standard : {1, 2}) call(__NR_dup2, out, standard);
        const char* arguments[] = {path.c_str(), nullptr};
        const char* environment[] = {nullptr};
        call(__NR_execve, path.c_str(), arguments, environment);
        call(__NR_exit_group, 127);
    }
    int status = 0;
    call(__NR_wait4, pid, &status, 0, nullptr);
    Text line;
    line << wire::exited << ' ' << static_cast<std::uint64_t>(status >> 8 & 0xff) << ' '
         << static_cast<std::uint64_t>(status & 0x7f);
    put_line(out, line);
}

void complain(int out, const char* what, std::string_view line) {
    Text text;
    text << "bad " << program.id << ' ' << what << " in: " << line;
    put_line(out, text);
}

void serve(int in, int out) {
    static LineReader reader(in);
    std::string_view line;
    while (reader.next(line)) {
        std::string_view words = line;
        const std::string_view first = take_word(words);
        if (first == "program")
            start_program(words);
        else if (first == "go")
            run_program(out);
        else if (first == wire::exec)
            run_file(out, take_word(words));
        else if (first == "bye")
            return;
        else if (program.count == wire::max_steps)
            complain(out, "too-many-steps", line);
        else if (const char* wrong = parse_step(line, program.steps[program.count]))
            complain(out, wrong, line);
        else
            ++program.count;
    }
}

void power_off() {
    call(__NR_sync);
    call(__NR_reboot, 0xfee1dead, 672274793, 0x4321fedc, nullptr);
}

}  // namespace
}  // namespace cowcheck::agent

extern "C" void agent_main(std::uint64_t* stack) {
    using namespace cowcheck::agent;
    const bool host = stack[0] > 1;
    int in = 0;
    int out = 1;
    if (!host) in = out = open_line_of_guest();
    make_shared();
    catch_faults();
    stay_on_one_cpu();
    Text line;
    tell_abilities(line, !host);
    put_line(out, line);
    serve(in, out);
    if (!host) power_off();
    call(__NR_exit_group, 0);
    __builtin_unreachable();
}
