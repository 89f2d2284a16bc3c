#include "model/compile/applicable.h"

#include "model/compile/operations.h"

#include <vector>

namespace cowcheck {

std::vector<Absent> not_applicable(const DesignText& design, const World& world) {
    Diagnostics out;
    Program program;
    Emitter emitter(program, out);
    emitter.let_absent();
    (void)compile_operations(emitter, design, world);
    return emitter.absent();
}

World without_absent(const DesignText& design, World world) {
    for (const Absent& absent : not_applicable(design, world)) {
        for (Process& process : world.processes) std::erase(process.menu, absent.item);
        for (auto* menu : {&world.monitor_menu, &world.procfs_menu, &world.kernel_menu,
                           &world.secondary_menu, &world.device_menu})
            std::erase(*menu, absent.item);
    }
    return world;
}

}  // namespace cowcheck
