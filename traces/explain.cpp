#include "traces/explain.h"

#include "model/compile/flow.h"
#include "traces/blocked.h"

#include <algorithm>
#include <array>
#include <bit>

namespace cowcheck {

namespace {

struct Scene {
    const Runner& runner;
    const Outcome& last;

    [[nodiscard]] const Program& program() const { return runner.program(); }
    [[nodiscard]] unsigned get(Field field, unsigned index) const {
        return program().layout.get(runner.state(), field, index);
    }
    [[nodiscard]] std::string page(unsigned frame) const {
        return "page " + frame_name(program(), frame);
    }
    [[nodiscard]] std::string page_and_value(unsigned frame) const {
        const std::string& value = runner.values().in_frame(frame);
        return page(frame) + (value.empty() ? "" : " (which holds " + value + ")");
    }
};

// ---------------------------------------------------------------- by an event

// Whose data it is, and for whom it is not.
std::string foreign(const Scene& scene, const TraceEvent& event) {
    const std::string author = scene.runner.values().author(event.value);
    std::string text = author.empty()            ? "; "
                       : author == event.process ? "; another process in the same place wrote "
                                                   "that, and "
                                                 : "; " + author + " wrote that, and ";
    text += event.process;
    if (event.kind == EventKind::dma_read) text += ", for whom the pin was taken,";
    return text + " is not entitled to it";
}

std::string incoherent(const Scene&, const TraceEvent& event) {
    return ", but " + event.process + " should read " + event.expected + " there";
}

std::string missed_by_uffd(const Scene&, const TraceEvent&) {
    return " while that is write-protected by userfaultfd, and the monitor hears nothing of it";
}

std::string missed_by_soft_dirty(const Scene&, const TraceEvent& event) {
    return ", and " + event.process + ".pte[" + std::to_string(event.va.value_or(0)) +
           "] is not soft-dirty although clear_refs has returned before";
}

std::string spurious(const Scene& scene, const TraceEvent&) {
    return ", although " + scene.last.step.text + " of " + scene.last.step.thread +
           " does not write";
}

std::string not_exclusive(const Scene&, const TraceEvent& event) {
    return ", and page " + event.page + " is not exclusive any more";
}

std::string not_private(const Scene&, const TraceEvent& event) {
    return ", and page " + event.page + " is not this mapping's own";
}

std::string needless(const Scene& scene, const TraceEvent&) {
    return ", although nobody but " + scene.last.step.process + " could get at the old one";
}

struct EventRule {
    std::string_view property;
    std::string (*ending)(const Scene&, const TraceEvent&);
};

constexpr std::array<EventRule, 8> event_rules{
    {{"no_foreign_data", foreign},
     {"memory_is_coherent", incoherent},
     {"uffd_wp_no_missed_write", missed_by_uffd},
     {"soft_dirty_no_missed_write", missed_by_soft_dirty},
     {"uffd_wp_no_spurious_event", spurious},
     {"unpin_finds_exclusive", not_exclusive},
     {"backing_is_unchanged", not_private},
     {"no_needless_copy", needless}}};

std::string event_sentence(const Scene& scene, std::string_view property) {
    const auto& events = scene.last.step.events;
    if (events.empty()) return "this happens at " + scene.last.step.statement;
    // What follows from an event (a page gets free) comes after it.
    const TraceEvent& event = events.front();
    std::string text = to_text(event, scene.last.step);
    for (const EventRule& rule : event_rules)
        if (rule.property == property) text += rule.ending(scene, event);
    return text;
}

// ---------------------------------------------------------------- by the state

std::string pin_sentence(const Scene& scene, bool write) {
    const Layout& l = scene.program().layout;
    std::string text;
    for (unsigned i = 0; i < l.size(Scope::pin); ++i) {
        if (scene.get(Field::pin_state, i) != static_cast<unsigned>(PinState::held) ||
            (scene.get(Field::pin_write, i) != 0) != write ||
            scene.get(Field::pin_attached, i) == 0)
            continue;
        const unsigned mm = scene.get(Field::pin_mm, i);
        const unsigned va = scene.get(Field::pin_va, i);
        const unsigned pte = l.leaf(scene.runner.state(), mm, va);
        const unsigned frame = pte >> PteBit::frame_shift;
        const bool present = (pte & PteBit::present) != 0;
        if (present && frame == scene.get(Field::pin_page, i)) continue;
        if (!text.empty()) text += "; ";
        text += pin_name(i) + " holds " + scene.page_and_value(scene.get(Field::pin_page, i)) +
                ", but " + process_name(scene.program(), mm) + " maps " +
                (present ? scene.page_and_value(frame) : "nothing") + " at virtual page " +
                std::to_string(va);
    }
    return text;
}

// What a ghost function of a page says, as the property has asked it.
unsigned ask(const Scene& scene, Code function, unsigned page, std::uint16_t imm = 0) {
    Program program = scene.program();
    State state = scene.runner.state();
    const auto entry = static_cast<unsigned>(program.code.size());
    program.code.push_back({function, Reg::scratch, Reg::page, 0, imm, 0});
    program.code.push_back({Code::end});
    return Machine<NoObserver>(program, state)
        .evaluate(entry, Reg::scratch, {.page = static_cast<std::uint16_t>(page)});
}

// A THP has one refcount for all of it, and is counted with its head; a PMD maps each page.
std::string count_sentence(const Scene& scene) {
    const Program& p = scene.program();
    std::string text;
    for (unsigned f = 0; f < p.layout.size(Scope::page); ++f) {
        const auto kind = static_cast<PageKind>(scene.get(Field::kind, f));
        const unsigned head = p.layout.head_of(scene.runner.state(), f);
        const unsigned refcount = scene.get(Field::refcount, head);
        const unsigned mapcount =
            scene.get(Field::mapcount, f) + scene.get(Field::entire_mapcount, head);
        const unsigned references = ask(scene, Code::references, f);
        const unsigned mappings = ask(scene, Code::mappings, f);
        const bool unpinned =
            kind == PageKind::zeropage && refcount == ask(scene, Code::references, f, 1);
        const bool mapped = kind == PageKind::zeropage || mapcount == mappings;
        if ((refcount == references || unpinned || head != f) && mapped) continue;
        if (!text.empty()) text += "; ";
        text += scene.page(f) + " has refcount " + std::to_string(refcount) + " and mapcount " +
                std::to_string(mapcount) + ", but its mappings and pins make " +
                std::to_string(references) + " and " + std::to_string(mappings);
    }
    for (const Thread& thread : p.world.threads)
        for (unsigned va = 0; thread.actor == Actor::cpu && va < p.layout.pages; ++va) {
            const unsigned entry = p.layout.tlb_index(thread.cpu, va);
            const unsigned frame = scene.get(Field::tlb_page, entry);
            if (scene.get(Field::tlb_valid, entry) == 0 || scene.get(Field::kind, frame) != 0)
                continue;
            if (!text.empty()) text += "; ";
            text +=
                "the TLB of " + thread.name + " leads to " + scene.page(frame) + ", which is free";
        }
    return text;
}

// What went wrong in the last step: the count says so itself, or a free page is in use.
std::string miscount_sentence(const Scene& scene) {
    for (const TraceEvent& event : scene.last.step.events)
        if (event.kind == EventKind::underflow || event.kind == EventKind::overflow)
            return to_text(event, scene.last.step);
    for (const TraceEvent& event : scene.last.step.events)
        if (event.kind == EventKind::free)
            return to_text(event, scene.last.step) + ", although somebody still has it";
    const std::string text = count_sentence(scene);
    return text.empty() ? "a free page is taken at " + scene.last.step.statement : text;
}

std::string deadlock_sentence(const Scene& scene) {
    std::string text;
    for_each_step(scene.program(), scene.runner.state(), [&](const Action& action) {
        State next = scene.runner.state();
        const Blocked blocked = perform(scene.program(), next, action).blocked;
        const unsigned pc = scene.get(Field::pc, action.thread);
        text += (text.empty() ? "" : "; ") + scene.program().world.threads[action.thread].name +
                " is stuck in " + scene.program().rests[pc].where + ": " +
                why_blocked(scene.program(), scene.runner.state(), action, blocked);
    });
    return text;
}

// Whether the last step asked for the page of a PTE that maps none.
bool oopsed(const Scene& scene) {
    const Program& p = scene.program();
    for (unsigned t = 0; t < p.layout.size(Scope::thread); ++t)
        if (const unsigned pc = scene.get(Field::pc, t);
            pc != 0 && is_oops(p.code, p.rests[pc].address) &&
            p.world.threads[t].name == scene.last.step.thread)
            return true;
    return false;
}

std::string state_sentence(const Scene& scene, std::string_view property) {
    std::string text;
    if (property == "rw_pin_matches_mapping" || property == "ro_pin_matches_mapping")
        text = pin_sentence(scene, property.starts_with("rw"));
    else if (property == "refcount_is_sound")
        text = count_sentence(scene);
    else if (property == "no_deadlock" && scene.last.stuck.deadlocked)
        text = deadlock_sentence(scene);
    if (!text.empty()) return text;
    for (const ViewElement& element : scene.runner.view())
        if (element.exists && element.scope != Scope::tlb && element.scope != Scope::thread) {
            std::string line = to_text(View{element});
            line.pop_back();
            text += (text.empty() ? "" : "; ") + line;
        }
    return "in this state: " + text;
}

}  // namespace

std::string explain(const Runner& runner, const Outcome& last, std::uint32_t bit) {
    const Scene scene{runner, last};
    if (bit == assertion_bit)
        return (oopsed(scene) ? "a page that is not there: " : "the assertion does not hold: ") +
               last.step.statement;
    if (bit == miscount_bit) return miscount_sentence(scene);
    const auto number = static_cast<unsigned>(std::countr_zero(bit));
    const std::string_view property = runner.program().properties[number].name;
    if ((last.by_event & bit) != 0) return event_sentence(scene, property);
    return state_sentence(scene, property);
}

}  // namespace cowcheck
