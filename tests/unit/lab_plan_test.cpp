// What a program is to a kernel, and what recorded answers of kernels are to the program.
#include "lab/plan.h"
#include "model/language/parse.h"

#include <doctest/doctest.h>

using namespace cowcheck;

namespace {

struct Planned {
    SourceFile program_file;
    SourceFile world_file;
    std::optional<ProgramText> program;
    std::optional<World> world;
    wire::Hello kernel;
    Plan plan;

    Planned(const std::string& lines, unsigned pages = 1,
            const std::string& maps = "anonymous written", const std::string& without = "")
        : program_file{"t.program", "program t\nmemory " + maps + "\n" + lines + "\n"} {
        world_file = {"t.world", "world t\ntitle \"t\"\npages " + std::to_string(pages) +
                                     "\nframes 8\npins 4\nzeropage shared\nmunmap leaves nothing\n"
                                     "process parent {\n cpus 2\n"};
        const bool huge = maps.find("thp") != std::string::npos;
        for (unsigned va = 0; va < (huge ? 1 : pages); ++va)
            world_file.text += " maps va " + std::to_string(va) + " " + maps + "\n";
        world_file.text += " may read, write, fork, exit, gup(read, get)\n}\n"
                           "process child { starts free\n cpus 1\n may read }\n"
                           "device { may unpin }\n";
        Diagnostics out;
        program = read_program(program_file, out);
        REQUIRE_MESSAGE(program, to_text(out));
        const auto tree = parse_world(world_file, out);
        REQUIRE_MESSAGE(tree, to_text(out));
        world = resolve_world(*tree, out);
        REQUIRE_MESSAGE(world, to_text(out));
        kernel = *wire::parse_hello(
            "hello 1 6.12.1 100 has pfn madv_free collapse io_uring pagemap_scan soft_dirty swap "
            "two_nodes ksm thp hugetlb uffd_wp uffd_wp_bit uffd_wp_file wp_async event_fork");
        kernel.has.erase(without);
        plan = plan_of(*program, *world, pages, kernel);
    }

    // The steps behind those that make the memory, one a line.
    [[nodiscard]] std::string steps() const {
        std::string text;
        for (std::size_t i = plan.setup; i < plan.steps.size(); ++i)
            text += wire::to_text(plan.steps[i]) + "\n";
        return text;
    }
    // "x=P0 y=ok", of an answer to those steps; what came before them is ok.
    [[nodiscard]] std::string seen(const std::string& answer) const {
        std::string line = "did 1";
        for (std::size_t i = 0; i < plan.setup; ++i) line += " o";
        const auto results = wire::parse_results(line + " " + answer, 1);
        REQUIRE(results);
        REQUIRE(results->size() == plan.steps.size());
        const Observation observation = observe(plan, *results, kernel);
        if (!observation.skipped.empty()) return "skipped: " + observation.skipped;
        std::string text;
        for (const auto& [name, word] : observation.seens)
            text += (text.empty() ? "" : " ") + name + "=" + word;
        return text;
    }
};

}  // namespace

TEST_CASE("a leak through vmsplice() is seen in what a 5.7 kernel answered") {
    const Planned t("parent: fork\nchild: p = gup_fast(read, get)\nchild: munmap\n"
                    "parent: new = write\np: x = dma_read");
    REQUIRE(t.plan.skipped.empty());
    CHECK(t.steps() == "0.0 fork 1 1\n1.0 splice 0 0\n1.0 munmap 0 1\n0.0 write 0 4097\n"
                       "- dma_read 0\n");
    CHECK(t.seen("o o o v1001 v1001") == "p=ok new=P1 x=P1");  // leaks
    CHECK(t.seen("o o o v1001 v1000") == "p=ok new=P1 x=P0");
    CHECK(t.seen("o o o v1001 vdead") == "p=ok new=P1 x=garbage dead");
}

TEST_CASE("pages are compared by their frames, in the order of the names") {
    const Planned t(
        "let a = page(parent, 0)\nparent: fork\nparent: write\n"
        "let b = page(parent, 0)\nlet c = page(child, 0)\nlet e = exclusive(parent, 0)");
    CHECK(
        t.seen("p8180000000002bf3 o v1001 p8180000000002bf9 p8180000000002bf3 p8180000000002bf9") ==
        "a=page 1 b=page 2 c=page 1 e=true");
    CHECK(t.seen("p8180000000000064 o v1001 p4000000000000000 p0 p8080000000002bf9") ==
          "a=zeropage b=swapped c=none e=false");
}

TEST_CASE("what waits is told, and so is what comes after it") {
    const Planned t("monitor: uffd_wp_protect\nparallel { parent: w = write | monitor: e = "
                    "wait_event\nmonitor: uffd_wp_resolve }\nlet n = events(parent)");
    CHECK(t.plan.steps[t.plan.setup + 1].group == t.plan.steps[t.plan.setup + 3].group);
    CHECK(t.plan.steps[t.plan.setup + 1].branch != t.plan.steps[t.plan.setup + 2].branch);
    CHECK(t.plan.steps[t.plan.setup + 2].branch == t.plan.steps[t.plan.setup + 3].branch);
    CHECK(t.seen("o v1001 n1 o n0") == "w=P1 e=event n=0");
    CHECK(t.seen("o w n0 o u") == "w=waits e=none n=unreached");
    CHECK(t.seen("o f n0 o n7") == "w=fault e=none n=3");
}

TEST_CASE("what a kernel has not got is skipped, with the reason") {
    CHECK(Planned("kernel: swap_out", 1, "anonymous written", "swap").plan.skipped ==
          "swap_out: not on this kernel or machine");
    CHECK(Planned("parent: p = gup(read, pin, longterm)").plan.skipped ==
          "no system call is gup(read, pin, longterm)");
    CHECK(Planned("kernel: speculative_get").plan.skipped ==
          "nothing makes a kernel do speculative_get");
    // A look that is not possible is left out; the rest of the program is not.
    const Planned t("parent: x = read\nlet u = uffd_wp(parent, 0)", 1, "anonymous written",
                    "uffd_wp_bit");
    CHECK(t.plan.skipped.empty());
    CHECK(t.plan.unseen == std::vector<std::string>{"u"});
    CHECK(t.seen("v1000") == "x=P0");
}

TEST_CASE("what had no effect on this machine says nothing of the design") {
    const Planned t("kernel: swap_out\nlet s = swapped(parent, 0)");
    CHECK(t.seen("sreclaim-left-the-page p8180000000002bf3") ==
          "skipped: - page_out 0 0 1: reclaim-left-the-page");
    CHECK(t.seen("o p4000000000000000") == "s=true");
}

TEST_CASE("an operation without a page is done for each of them, and for a range at once") {
    const Planned t("parent: x = read\nparent: munmap\nparent: y = read of va 1", 2);
    CHECK(t.steps() == "0.0 read 0\n0.0 read 1\n0.0 munmap 0 2\n0.0 read 1\n");
    CHECK(t.seen("v1000 v1001 o f") == "x[0]=P0 x[1]=P1 y=fault");
}

TEST_CASE("a THP is 512 pages, of which a virtual page of the model is half") {
    const Planned t("parent: x = read of va 1", 2, "pte-mapped thp");
    CHECK(wire::to_text(t.plan.steps.front()) == "0.0 map 4 2 256 1");
    // Its PMD is split as the kernel's own test does it.
    CHECK(wire::to_text(t.plan.steps[t.plan.setup - 3]) == "0.0 mprotect 1 1 1");
    // Then its entries are as they were.
    CHECK(wire::to_text(t.plan.steps[t.plan.setup - 1]) == "0.0 write 1 4097");
}

TEST_CASE("a store by FOLL_FORCE is one access, so it comes at once and last") {
    const Planned t("parent: mprotect_read\nparent: p = gup_force(write, get)\np: dma_write\n"
                    "let x = present(parent, 0)");
    CHECK(t.plan.skipped.empty());
    CHECK(t.steps() == "0.0 mprotect 0 1 1\n0.0 force 0 4097\n- look 0 0\n");
    const Planned beside("parallel {\nparent: p = gup_force(write, get)\n|\n"
                         "parent.2: madvise_dontneed\n}\np: dma_write");
    CHECK(beside.plan.skipped.empty());
    for (const char* lines :
         {"parent: p = gup_force(write, get)\nparent: fork\np: dma_write",
          "parent: p = gup_force(write, get)\np: dma_write\nparent: x = read",
          "parallel {\nparent: p = gup_force(write, get)\nparent: munmap\n|\n"
          "parent.2: x = read\n}\np: dma_write",
          "parent: p = gup_force(write, get)", "parent: p = gup_force(read, get)\np: x = dma_read"})
        CHECK(Planned(lines).plan.skipped ==
              "FOLL_FORCE ends with its access: its store has to come at once, and last");
}
