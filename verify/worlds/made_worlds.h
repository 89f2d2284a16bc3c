// Worlds made for a change: those of one kind of memory, with whatever may meddle with it beside a
// program that loads and stores, in which two designs are not the same program. They are texts that
// a user can keep, named after what is in them.
#pragma once

#include "model/compile/compile.h"
#include "model/compile/design_text.h"
#include "model/operations.h"
#include "model/memory_kinds.h"
#include "model/world.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

// One thing that can happen to memory, with what it takes to happen and to be seen: UFFDIO_WRITEPROTECT
// and the call that takes it back, MADV_FREE and a reclaim.
struct Meddler {
    struct Entry {
        Actor actor;
        std::string_view operation;  // as a menu names it
    };
    enum class Only : std::uint8_t { any_memory, huge_memory, base_pages };

    std::string_view name;
    std::vector<Entry> entries = {};
    std::vector<std::string_view> settings = {};  // of the world, as it names them
    std::vector<std::string_view> of_child = {};  // what a child may start
    Only only = Only::any_memory;
    bool has_twin = false;  // a second page of the same content
};

[[nodiscard]] std::span<const Meddler> meddlers();

// Nothing, if they do not go together or do not go with that memory.
[[nodiscard]] std::optional<std::string> made_world_text(const MemoryKind& memory,
                                                         std::span<const Meddler* const> beside,
                                                         unsigned cpus = 2);

struct MadeWorld {
    std::string text;
    World world;
    std::size_t meddlers = 0;
};

// The first `count` of them, in the order in which they are to be looked at: with nobody beside the
// program, with one meddler, with two of which one lets the difference happen, or whose memory does.
// Each brings other memory and other meddlers than the one before. All are worlds that both designs
// say something about, in which they are not the same program, and whose states, with what the
// properties ask for, can be stored.
[[nodiscard]] std::vector<MadeWorld> worlds_for_change(const DesignText& base,
                                                       const DesignText& changed,
                                                       const PropertySet& properties,
                                                       std::size_t count);

}  // namespace cowcheck
