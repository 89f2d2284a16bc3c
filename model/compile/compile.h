// From a design, the properties and a world to what the machine executes.
#pragma once

#include "model/compile/design_text.h"
#include "model/machine/program.h"

#include <memory>
#include <optional>

namespace cowcheck {

// What the properties files say, and the texts that the spans point to.
struct PropertySet {
    std::vector<std::unique_ptr<SourceFile>> files;
    std::vector<ast::Predicate> predicates;
    std::vector<ast::Property> properties;
};

// At most this many properties; a violated set is a 32-bit mask.
inline constexpr std::size_t max_properties = 30;

#ifdef NDEBUG
inline constexpr bool verifies_passes = false;
#else
inline constexpr bool verifies_passes = true;
#endif

struct CompileOptions {
    // Nothing is asked about these properties (bits by number), which keep their numbers.
    std::uint32_t decided = 0;
    // Program::trusts_counts: nothing is asked, either, that follows from pages being in use
    // where the text shows that they are, if the design counts its references right. Not for
    // those who tell what the text does.
    bool trust_counts = false;
    // What each pass leaves is looked at (compile/passes.h); what is wrong with it is thrown as
    // std::logic_error. Always in debug builds, and in those with sanitizers.
    bool verify = verifies_passes;
};

// Whether a world's programs can: its memory is all anonymous, and no page is a part of another.
[[nodiscard]] bool can_trust_counts(const World& world);

// Everything that is wrong is in `out` then, and nothing is returned.
[[nodiscard]] std::optional<Program> compile(const DesignText& design,
                                             const PropertySet& properties, const World& world,
                                             Diagnostics& out, const CompileOptions& options = {});

}  // namespace cowcheck
