#include "model/compile/check_design.h"

#include "model/compile/applicable.h"
#include "model/compile/reached.h"

#include <algorithm>
#include <set>

namespace cowcheck {

namespace {

// A definition stands once over all files of a design.
void complain_twice(const SourceSpan& span, const SourceSpan& first, const std::string& what,
                    Diagnostics& out) {
    const bool one_file = span.file == first.file;
    out.push_back({span,
                   what + " is defined twice in this " + (one_file ? "file" : "design") +
                       "; the first is in " + (one_file ? "" : first.file->name + " ") + "line " +
                       std::to_string(first.line),
                   {}});
}

// A name that is mistyped overrides nothing, and would go unnoticed.
void complain_of_unused(const DesignText& design, const std::set<const ast::Predicate*>& used,
                        Diagnostics& out) {
    for (const ast::Predicate& predicate : design.design().predicates) {
        if (used.count(&predicate) != 0) continue;
        std::vector<std::string_view> others;
        for (const std::string_view name : design.predicate_names())
            if (name != predicate.name) others.push_back(name);
        out.push_back({predicate.span, "nothing uses the predicate '" + predicate.name + "'",
                       did_you_mean(predicate.name, others)});
    }
}

// An `expect` line about a world that the design says nothing about would never be looked at.
void complain_of_absent(const DesignText& design, const std::vector<const World*>& worlds,
                        Diagnostics& out) {
    for (const auto& expectation : design.design().expectations)
        for (const World* world : worlds) {
            if (!expectation.names(world->name)) continue;
            const std::vector<Absent> absent = not_applicable(design, *world);
            if (absent.empty()) continue;
            const auto about =
                std::find_if(expectation.worlds.begin(), expectation.worlds.end(),
                             [&](const auto& one) { return one.name == world->name; });
            out.push_back({about->span,
                           "there is nothing to expect in world '" + world->name +
                               "': the design has no operation '" + to_text(absent.front().item) +
                               "', which its menu names",
                           absent.front().why});
        }
}

}  // namespace

void check_design(const DesignText& design, const PropertySet& properties,
                  const std::vector<const World*>& worlds, Diagnostics& out) {
    const ast::Design& own = design.design();
    const auto twice = [&](const auto& list, std::string_view what, const auto& same) {
        for (std::size_t i = 0; i < list.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (same(list[i], list[j]))
                    complain_twice(list[i].span, list[j].span,
                                   std::string(what) + "'" + list[i].name + "'", out);
    };
    twice(own.predicates, "predicate ",
          [](const auto& a, const auto& b) { return a.name == b.name; });
    twice(own.handlers, "",
          [](const auto& a, const auto& b) { return a.name == b.name && a.kind == b.kind; });
    std::vector<std::string_view> names;
    for (const auto& property : properties.properties) names.push_back(property.name);
    for (const auto& expectation : own.expectations)
        if (std::find(names.begin(), names.end(), expectation.property) == names.end())
            out.push_back({expectation.span, "there is no property '" + expectation.property + "'",
                           did_you_mean(expectation.property, names)});
    std::vector<std::string_view> world_names;
    for (const World* world : worlds) world_names.push_back(world->name);
    for (const auto& expectation : own.expectations)
        for (const auto& [span, name] : expectation.worlds)
            if (std::find(world_names.begin(), world_names.end(), name) == world_names.end())
                out.push_back(
                    {span, "there is no world '" + name + "'", did_you_mean(name, world_names)});
    complain_of_absent(design, worlds, out);
    Reached reached;
    const std::size_t before = out.size();
    for (const World* world : worlds) {
        reached.add(reached_in(design, *world, out));
        if (out.size() != before) return;  // the other worlds would complain about the same
    }
    complain_of_unused(design, reached.predicates, out);
    for (const auto& handler : own.handlers)
        if (reached.handlers.count(&handler) == 0) {
            const bool operation = handler.kind == ast::HandlerKind::operation;
            std::vector<std::string_view> known;
            for (const auto& about : operation_table) known.push_back(about.name);
            out.push_back({handler.span,
                           operation ? "there is no operation '" + handler.name + "' to start"
                                     : "nothing calls '" + handler.name + "'",
                           operation ? did_you_mean(handler.name, known) : std::string{}});
        }
}

}  // namespace cowcheck
