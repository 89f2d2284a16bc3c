#include "model/menu_entry.h"

namespace cowcheck {

namespace {

class EntryResolver {
public:
    EntryResolver(const ast::MenuEntry& entry, Diagnostics& out) : entry_(entry), out_(out) {}

    std::optional<MenuItem> run(Actor actor) {
        const auto kind = find_operation(entry_.operation);
        if (!kind) {
            std::vector<std::string_view> names;
            for (const auto& operation : operation_table) names.push_back(operation.name);
            complain("there is no operation '" + entry_.operation + "'",
                     did_you_mean(entry_.operation, names));
            return std::nullopt;
        }
        if (info(*kind).actor != actor) {
            complain("'" + entry_.operation + "' is not for this actor");
            return std::nullopt;
        }
        item_.kind = *kind;
        if (!flags()) return std::nullopt;
        return item_;
    }

private:
    void complain(std::string message, std::string suggestion = {}) {
        out_.push_back({entry_.span, std::move(message), std::move(suggestion)});
    }

    bool flags() {
        if (info(item_.kind).needs == Needs::pin_slot) return gup_flags();
        if (item_.kind == OperationKind::secondary_fault) return secondary_flags();
        if (item_.kind == OperationKind::write) return write_flags();
        if (entry_.flags.empty()) return true;
        complain("'" + entry_.operation + "' takes no flags");
        return false;
    }

    bool gup_flags() {
        GupFlags& flags = item_.flags;
        bool access = false;
        bool reference = false;
        for (const auto& word : entry_.flags) {
            if (word == "read" || word == "write") {
                access = true;
                flags.write = word == "write";
            } else if (word == "get" || word == "pin") {
                reference = true;
                flags.pin = word == "pin";
            } else if (word == "longterm") {
                flags.longterm = true;
            } else {
                complain("there is no GUP flag '" + word + "'",
                         did_you_mean(word, {"read", "write", "get", "pin", "longterm"}));
                return false;
            }
        }
        if (!access || !reference) {
            complain("'" + entry_.operation +
                     "' wants read or write, and get or pin; longterm if it is");
            return false;
        }
        // ptrace and /proc/PID/mem look and go.
        if (item_.kind != OperationKind::gup_force || (!flags.pin && !flags.longterm)) return true;
        complain("'gup_force' takes a FOLL_GET only; expected get");
        return false;
    }

    // What is stored; a value that was never there before if nothing is said.
    bool write_flags() {
        for (const auto& word : entry_.flags) {
            item_.flags.zeroes = word == "zeroes";
            if (item_.flags.zeroes) continue;
            complain("a write has no flag '" + word + "'", did_you_mean(word, {"zeroes"}));
            return false;
        }
        return true;
    }

    bool secondary_flags() {
        GupFlags& flags = item_.flags;
        bool access = false;
        for (const auto& word : entry_.flags) {
            if (word == "read" || word == "write") {
                access = true;
                flags.write = word == "write";
            } else if (word == "get") {
                flags.get = true;
            } else if (word == "keep") {
                flags.keep = true;
            } else {
                complain("a secondary MMU has no flag '" + word + "'",
                         did_you_mean(word, {"read", "write", "get", "keep"}));
                return false;
            }
        }
        if (access && (flags.get || !flags.keep)) return true;
        complain("'" + entry_.operation +
                 "' wants read or write; get if it takes a reference, and keep "
                 "if it holds it");
        return false;
    }

    const ast::MenuEntry& entry_;
    Diagnostics& out_;
    MenuItem item_;
};

}  // namespace

std::optional<MenuItem> resolve_menu_entry(const ast::MenuEntry& entry, Actor actor,
                                           Diagnostics& out) {
    return EntryResolver(entry, out).run(actor);
}

}  // namespace cowcheck
