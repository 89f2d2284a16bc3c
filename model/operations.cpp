#include "model/operations.h"

namespace cowcheck {

std::optional<OperationKind> find_operation(std::string_view name) {
    for (std::size_t i = 0; i < operation_table.size(); ++i)
        if (operation_table[i].name == name) return static_cast<OperationKind>(i);
    return std::nullopt;
}

std::vector<std::string> flag_names(const MenuItem& item) {
    const GupFlags& flags = item.flags;
    std::vector<std::string> names;
    const auto add = [&](bool given, const char* name) {
        if (given) names.emplace_back(name);
    };
    const bool secondary = item.kind == OperationKind::secondary_fault;
    add(flags.zeroes && !secondary, "zeroes");
    if (!secondary && info(item.kind).needs != Needs::pin_slot) return names;
    add(flags.write, "write");
    add(!flags.write, "read");
    add(flags.pin && !secondary, "pin");
    add(secondary ? flags.get : !flags.pin, "get");
    add(flags.longterm && !secondary, "longterm");
    add(flags.keep && secondary, "keep");
    return names;
}

std::string to_text(const MenuItem& item) {
    std::string list;
    for (const std::string& name : flag_names(item)) list += (list.empty() ? "" : ", ") + name;
    return std::string(info(item.kind).name) + (list.empty() ? "" : "(" + list + ")");
}

}  // namespace cowcheck
