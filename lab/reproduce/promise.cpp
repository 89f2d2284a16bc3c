#include "lab/reproduce/promise.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace cowcheck {

namespace {

struct Asked {
    const Trace& trace;
    const std::vector<TracedOperation>& operations;

    [[nodiscard]] const TraceEvent* last_event(EventKind a, EventKind b) const {
        for (const TraceEvent& event : trace.steps.back().events)
            if (event.kind == a || event.kind == b) return &event;
        return nullptr;
    }
    [[nodiscard]] const TracedOperation& last() const {
        const unsigned number = trace.steps.back().operation;
        return *std::find_if(operations.begin(), operations.end(),
                             [&](const TracedOperation& one) { return one.number == number; });
    }
    // Where the last operation works.
    [[nodiscard]] std::string process() const { return last().process; }
    [[nodiscard]] unsigned va() const { return last().va.value_or(0); }
};

Promise refuse(std::string why) {
    Promise promise;
    promise.refused = std::move(why);
    return promise;
}

// A load, or what a pin's holder reads, gives what it must not: what was stored before the last
// store, or by somebody else.
Promise wrong_value(const Asked& asked) {
    const TraceEvent* event = asked.last_event(EventKind::load, EventKind::dma_read);
    if (event == nullptr) return refuse("nobody reads the value in its last step");
    Promise promise;
    const unsigned maker = maker_of(asked.trace, event->value);
    promise.names[asked.last().number] = "x";
    promise.broken = {"x", true, maker == 0 ? event->value : "stored"};
    if (maker != 0) promise.names[maker] = "stored";
    promise.words = fmt::format("whether {} can still be read", event->value);
    return promise;
}

// What the device writes must be what the process reads.
Promise pin_matches(const Asked& asked) {
    for (const TracedOperation& one : asked.operations) {
        if (!one.is_gup() || (!one.has_flag("pin") && !one.has_flag("write"))) continue;
        Promise promise;
        promise.after = {fmt::format("{}: sent = dma_write", holder_name(one.number)),
                         fmt::format("{}: x = read of va {}", one.process, one.va.value_or(0))};
        promise.broken = {"x", false, "sent"};
        promise.words = "whether the process reads what the device has written through the pin";
        return promise;
    }
    return refuse("nobody holds a pin");
}

Promise missed_write(const Asked&) {
    Promise promise;
    promise.wait_for_event = true;
    promise.broken = {"told", true, "none"};
    promise.words = "whether a store to a page that is write-protected makes an event";
    return promise;
}

Promise spurious_event(const Asked&) {
    Promise promise;
    promise.wait_for_event = true;
    promise.broken = {"told", true, "event"};
    promise.words = "whether who does not write makes an event";
    return promise;
}

// The explanation names the page: "parent.pte[0] is not soft-dirty".
Promise soft_dirty(const Asked& asked) {
    std::string process = asked.process();
    unsigned va = asked.va();
    const std::string& text = asked.trace.explanation;
    if (const auto at = text.find(".pte["); at != std::string::npos) {
        const auto begin = text.find_last_of(" ", at);
        process = text.substr(begin == std::string::npos ? 0 : begin + 1,
                              at - (begin == std::string::npos ? 0 : begin + 1));
        va = static_cast<unsigned>(text[at + 5] - '0');
    }
    Promise promise;
    promise.after = {fmt::format("let x = soft_dirty({}, {})", process, va)};
    promise.broken = {"x", true, "false"};
    promise.words = "whether pagemap's soft-dirty bit tells of a store since clear_refs";
    return promise;
}

Promise needless_copy(const Asked& asked) {
    Promise promise;
    const std::string of = fmt::format("page({}, {})", asked.process(), asked.va());
    promise.before_last = {"let before = " + of};
    promise.after = {"let x = " + of};
    promise.broken = {"x", false, "before"};
    promise.words = "whether the page is still the same, by its frame in pagemap";
    return promise;
}

Promise backing(const Asked& asked) {
    Promise promise;
    promise.after = {fmt::format("let x = backing({}, {})", asked.process(), asked.va())};
    promise.broken = {"x", false, "0"};
    promise.words = "whether the file behind the private mapping is what it was";
    return promise;
}

Promise still_there(const Asked& asked) {
    Promise promise;
    promise.after = {fmt::format("{}: x = read of va {}", asked.process(), asked.va())};
    const bool unmaps = std::any_of(
        asked.operations.begin(), asked.operations.end(),
        [](const TracedOperation& one) { return one.call.name.starts_with("munmap"); });
    promise.broken = {"x", false, unmaps ? "fault" : "0"};
    promise.words = "whether memory that was taken away can still be read";
    return promise;
}

Promise still_stores(const Asked& asked) {
    Promise promise;
    promise.after = {fmt::format("{}: x = write of va {}", asked.process(), asked.va())};
    promise.broken = {"x", false, "fault"};
    promise.words = "whether a store goes through after mprotect(PROT_READ)";
    return promise;
}

struct Row {
    std::string_view property;
    Promise (*look)(const Asked&);
};
constexpr auto rows = std::to_array<Row>({
    {"no_foreign_data", wrong_value},
    {"memory_is_coherent", wrong_value},
    {"rw_pin_matches_mapping", pin_matches},
    {"ro_pin_matches_mapping", pin_matches},
    {"uffd_wp_no_missed_write", missed_write},
    {"uffd_wp_no_spurious_event", spurious_event},
    {"soft_dirty_no_missed_write", soft_dirty},
    {"soft_dirty_is_kept", soft_dirty},
    {"no_needless_copy", needless_copy},
    {"backing_is_unchanged", backing},
    {"munmap_leaves_nothing", still_there},
    {"mprotect_stops_stores", still_stores},
});

}  // namespace

std::string holder_name(unsigned operation) { return "p" + std::to_string(operation); }

Promise promise_of(const Trace& trace, const std::vector<TracedOperation>& operations) {
    const std::string& name = trace.header.property.name;
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const Row& one) { return one.property == name; });
    if (row == rows.end())
        return refuse("user space cannot see '" + name + "': it is about what the kernel keeps for "
                      "itself");
    return row->look({trace, operations});
}

}  // namespace cowcheck
