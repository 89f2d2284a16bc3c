#include "verify/gate/made.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace cowcheck {

std::vector<MadeWorld>
select_made_worlds(Library& library, GateRequest& request, std::size_t count,
                   const std::function<std::string(const std::string&)>& path_of) {
    std::vector<MadeWorld> made = worlds_for_change(request.base, request.design,
                                                    request.selection.properties, count);
    request.selection.worlds.clear();
    request.all_worlds = true;
    request.depth.reset();
    request.asks_for_effects = true;
    for (const MadeWorld& one : made) {
        const std::string path = path_of(one.world.name);
        Diagnostics out;
        if (!library.add_world(path, one.text, out))
            throw std::logic_error("a world that was made is none: " + one.text);
        request.selection.world_files[one.world.name] = path;
        request.selection.worlds.push_back(*library.world(one.world.name));
    }
    return made;
}

void add_made(GateReport& report, GateReport of_made) {
    report.made.emplace();
    for (GateWorld& world : of_made.worlds) {
        ++report.made->worlds;
        report.made->states += world.states;
        const auto is_news = [&](const Comparison& one) {
            return one.world == world.world &&
                   (one.change == Change::worse || one.change == Change::undecided);
        };
        if (std::any_of(of_made.comparisons.begin(), of_made.comparisons.end(), is_news))
            report.worlds.push_back(world);
    }
    for (Comparison& one : of_made.comparisons)
        if (one.change == Change::worse || one.change == Change::undecided)
            report.comparisons.push_back(std::move(one));
    if (report.stop_text.empty()) report.stop_text = of_made.stop_text;
    report.seconds += of_made.seconds;
}

}  // namespace cowcheck
