#include "model/operations.h"

namespace cowcheck {

std::optional<OperationKind> find_operation(std::string_view name) {
    for (std::size_t i = 0; i < operation_table.size(); ++i)
        if (operation_table[i].name == name) return static_cast<OperationKind>(i);
    return std::nullopt;
}

std::string to_text(const MenuItem& item) {
    std::string text{info(item.kind).name};
    if (item.kind == OperationKind::secondary_fault)
        return text + (item.flags.write ? "(write" : "(read") + (item.flags.get ? ", get" : "") +
               (item.flags.keep ? ", keep)" : ")");
    if (item.flags.zeroes) text += "(zeroes)";
    if (info(item.kind).needs != Needs::pin_slot) return text;
    text += item.flags.write ? "(write" : "(read";
    text += item.flags.pin ? ", pin" : ", get";
    if (item.flags.longterm) text += ", longterm";
    return text + ")";
}

}  // namespace cowcheck
