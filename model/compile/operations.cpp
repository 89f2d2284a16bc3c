#include "model/compile/operations.h"

#include "model/compile/layout.h"
#include "model/compile/mapped_pages.h"

#include <algorithm>

namespace cowcheck {

namespace {

// The operations of all menus, each once; unpin once for each kind of pin, since
// what it does follows from how the pin was taken.
std::vector<MenuItem> all_items(const World& world) {
    std::vector<MenuItem> items;
    const auto add = [&](const MenuItem& item) {
        if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
    };
    for (const Process& process : world.processes)
        for (const MenuItem& item : process.menu) add(item);
    for (const auto* menu :
         {&world.monitor_menu, &world.procfs_menu, &world.kernel_menu, &world.secondary_menu})
        for (const MenuItem& item : *menu) add(item);
    const auto taken = items;
    for (const MenuItem& item : world.device_menu) {
        if (item.kind != OperationKind::unpin) {
            add(item);
            continue;
        }
        for (const MenuItem& gup : taken)
            if (info(gup.kind).needs == Needs::pin_slot) add({OperationKind::unpin, gup.flags});
    }
    return items;
}

}  // namespace

Handlers compile_operations(Emitter& emitter, const DesignText& design, const World& world) {
    Program& program = emitter.program();
    emitter.shrink(0);
    program = Program();
    program.world = world;
    program.layout = first_layout(world);
    program.rests.emplace_back();  // idle
    Handlers handlers(emitter, design);
    for (const MenuItem& item : all_items(world)) handlers.operation(item);
    return handlers;
}

void apply_proofs(Emitter& emitter, const DesignText& design, const World& world, bool trust) {
    PageProofs proofs = prove_pages(emitter);
    if (proofs.unmapped.empty() && !trust) return;
    emitter.ask_at(std::move(proofs.unmapped));
    if (trust) emitter.trust_but_at(std::move(proofs.unused));
    (void)compile_operations(emitter, design, world);
    if (!trust) return;
    Program& program = emitter.program();
    program.trusts_counts = true;
    proofs = prove_pages(emitter);
    for (std::size_t rest = 0; rest < program.rests.size(); ++rest)
        program.rests[rest].counted = proofs.counted[rest];
}

}  // namespace cowcheck
