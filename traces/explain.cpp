#include "traces/explain.h"

#include "model/compile/flow.h"
#include "traces/property_view.h"

#include <algorithm>
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
};

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
    return text.empty() ? "a free page is taken at " + what_it_does(scene.last.step) : text;
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

// What the property says of each violation in the last step, each once.
std::string property_sentence(const Scene& scene, std::uint32_t bit, const PropertyView& view) {
    const bool by_event = (scene.last.by_event & bit) != 0;
    std::vector<std::string> told;
    for (const PropertyInstance& one : view.look(scene.runner, scene.last))
        if (one.at_event == by_event && !one.told.empty() &&
            std::find(told.begin(), told.end(), one.told) == told.end())
            told.push_back(one.told);
    std::string text;
    for (const std::string& one : told) text += (text.empty() ? "" : "; ") + one;
    return text;
}

}  // namespace

std::string explain(const Runner& runner, const Outcome& last, std::uint32_t bit,
                    const PropertySet& properties) {
    const Scene scene{runner, last};
    if (bit == assertion_bit)
        return (oopsed(scene) ? "a page that is not there: " : "the assertion does not hold: ") +
               what_it_does(last.step);
    if (bit == miscount_bit) return miscount_sentence(scene);
    const auto number = static_cast<unsigned>(std::countr_zero(bit));
    const std::string& name = runner.program().properties[number].name;
    return property_sentence(scene, bit, PropertyView(runner.program(), properties, name));
}

}  // namespace cowcheck
