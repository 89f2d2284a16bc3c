#include "model/compile/compile.h"

#include "model/compile/passes.h"

#include <stdexcept>

namespace cowcheck {

bool can_trust_counts(const World& world) { return !world.has_backing() && !world.thp(); }

std::optional<Program> compile(const DesignText& design, const PropertySet& properties,
                               const World& world, Diagnostics& out,
                               const CompileOptions& options) {
    const std::size_t before = out.size();
    Program program;
    Emitter emitter(program, out);
    const Compilation all{design, properties, world, options, emitter};
    for (const Pass& pass : passes) {
        pass.run(all);
        if (out.size() != before) return std::nullopt;
        if (options.verify) require(pass.name, pass.wrong(program));
    }
    return program;
}

}  // namespace cowcheck
