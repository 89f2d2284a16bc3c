// Any bytes as a program: parsed, looked up, planned for a design, and if nothing is wrong with
// it, run for a while. Whatever comes, there is a plan or a diagnostic that can be shown, and every
// outcome's schedule can be taken again.
#include "checker/measure/program_run.h"
#include "fuzz/support.h"
#include "model/program_plan.h"
#include "model/program_text.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using namespace cowcheck;

void run(const ProgramPlan& plan) {
    const ProgramRun run = run_program(plan, {300, {}, {}});
    for (const ProgramOutcome& outcome : run.outcomes) {
        const auto again = follow(plan, outcome.schedule);
        require(again && again->seen == outcome.seen);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const SourceFile file{"fuzz.program",
                          size == 0 ? std::string() : std::string(data, data + size)};
    Diagnostics out;
    const auto text = read_program(file, out);
    require(text.has_value() == out.empty());
    for (const Diagnostic& diagnostic : out)
        require(diagnostic.span.file == &file && diagnostic.span.line > 0 &&
                !diagnostic.message.empty());
    require(to_text(out).empty() == out.empty());
    if (!text || !text->world.empty()) return 0;
    const auto design = fuzz_library().design("v6.12", out);
    const ProgramMemory* memory = text->memories.empty() ? nullptr : &program_memories().front();
    const auto plan = plan_program(*design, *text, {memory, nullptr}, out);
    require(plan.has_value() == out.empty());
    require(to_text(out).empty() == out.empty());
    if (plan) run(*plan);
    return 0;
}
