#include "model/world_text.h"

namespace cowcheck {

namespace {

std::string menu_text(const std::vector<ast::MenuEntry>& menu, const std::string& indent) {
    std::string text;
    for (const ast::MenuEntry& entry : menu) {
        std::string flags;
        for (const std::string& flag : entry.flags) flags += (flags.empty() ? "(" : ", ") + flag;
        text += indent + "may " + entry.operation + flags + (flags.empty() ? "" : ")") + "\n";
    }
    return text;
}

std::string outside_text(const ast::OutsideLine& line) {
    std::string amount = "at least " + std::to_string(line.low);
    if (line.high) amount = std::to_string(line.low) + " .. " + std::to_string(*line.high);
    return "    page of va " + std::to_string(line.va) + " has outside " + line.what + " " +
           amount + "\n";
}

std::string process_text(const ast::WorldProcess& process) {
    std::string text = "\nprocess " + process.name + " {\n";
    if (process.starts_free) text += "    starts free\n";
    text += "    cpus " + std::to_string(process.cpus) + "\n";
    for (const ast::InitialMapping& mapping : process.maps) {
        text += "    maps va " + std::to_string(mapping.va);
        for (const std::string& word : mapping.words) text += " " + word;
        text += "\n";
    }
    for (const ast::OutsideLine& line : process.outside) text += outside_text(line);
    return text + menu_text(process.menu, "    ") + "}\n";
}

}  // namespace

std::string to_text(const ast::World& world) {
    std::string text = "world " + world.name + "\n";
    if (!world.title.empty()) text += "title \"" + world.title + "\"\n";
    for (const ast::WorldSetting& setting : world.settings) {
        text += setting.name;
        if (setting.number) text += " " + std::to_string(*setting.number);
        for (const std::string& word : setting.words) text += " " + word;
        text += "\n";
    }
    if (world.transient != 0)
        text +=
            "every page has transient references at most " + std::to_string(world.transient) + "\n";
    for (const ast::WorldProcess& process : world.processes) text += process_text(process);
    for (const ast::WorldService& service : world.services)
        text += "\n" + service.name + " {\n" + menu_text(service.menu, "    ") + "}\n";
    return text;
}

}  // namespace cowcheck
