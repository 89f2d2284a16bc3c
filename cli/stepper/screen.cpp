#include "cli/stepper/screen.h"

#include "traces/locals.h"
#include "traces/lock_view.h"
#include "traces/short_step.h"
#include "traces/text.h"

#include <algorithm>
#include <array>

namespace cowcheck {

namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string number_column(unsigned number) {
    std::string text = std::to_string(number);
    text.insert(0, text.size() < 5 ? 5 - text.size() : 0, ' ');
    return text;
}

// With so many lines before and behind the current one.
std::string source_around(const Scene& scene, const SourceSpan& span, unsigned context) {
    if (span.file == nullptr || span.line == 0) return {};
    const auto lines = lines_of(span.file->text);
    const auto last = static_cast<unsigned>(lines.size());
    std::string text;
    for (unsigned n = span.line > context ? span.line - context : 1;
         n <= std::min(last, span.line + context); ++n) {
        const std::string line = (n == span.line ? "  =>" : "    ") + number_column(n) + "  " +
                                 std::string(lines[n - 1]);
        text += (n == span.line ? scene.paint.current(line) : line) + "\n";
    }
    return text;
}

std::string thread_title(const Scene& scene, unsigned thread) {
    const Program& p = scene.walk.runner().program();
    const Thread& about = p.world.threads[thread];
    std::string text = about.name;
    if (about.actor == Actor::cpu) text += " (" + process_name(p, about.mm) + ")";
    return text;
}

// ---------------------------------------------------------------- the state

// "refcount 1 -> 2"; a flag is only named: "+writable", "-writable", "writable".
std::string field_text(const Scene& scene, const ViewField& now, const FieldValue& old,
                       bool first) {
    const bool changed = now.value != old;
    if (const auto* flag = std::get_if<bool>(&now.value)) {
        if (!changed) return *flag ? now.name : std::string();
        return scene.paint.changed((*flag ? "+" : "-") + now.name);
    }
    const std::string value = to_text(now.value);
    const std::string before = to_text(old);
    const std::string label = first ? "" : now.name + " ";
    if (changed) return scene.paint.changed(label + (before == "-" ? "" : before + " -> ") + value);
    return value == "-" || value == "none" ? std::string() : label + value;
}

std::string element_text(const Scene& scene, const ViewElement& now, const ViewElement& old,
                         bool ghosts) {
    if (!now.exists)
        return now.name + ": " + scene.paint.changed(now.scope == Scope::page ? "freed" : "gone");
    std::string real;
    std::string ghost;
    for (std::size_t i = 0; i < now.fields.size(); ++i) {
        const ViewField& field = now.fields[i];
        const FieldValue& before = old.exists || i == 0 ? old.fields[i].value : field.value;
        const bool usual = now.scope == Scope::mm && before == field.value &&
                           (to_text(field.value) == "0" || to_text(field.value) == "even");
        const std::string text = usual ? "" : field_text(scene, field, before, i == 0);
        std::string& list = field.ghost ? ghost : real;
        if (!text.empty()) list += (list.empty() ? "" : ", ") + text;
    }
    std::string line = now.name + ": " + real;
    if (ghosts && !ghost.empty()) line += " | " + ghost;
    return line;
}

bool same_values(const ViewElement& now, const ViewElement& old) {
    for (std::size_t i = 0; i < now.fields.size(); ++i)
        if (now.fields[i].value != old.fields[i].value && !now.fields[i].ghost) return false;
    return true;
}

// ---------------------------------------------------------------- the property

// The same instance before the step, if there was one.
const PropertyInstance* find_instance(const std::vector<PropertyInstance>& list,
                                      const PropertyInstance& wanted) {
    for (const PropertyInstance& one : list)
        if (one.about == wanted.about) return &one;
    return nullptr;
}

std::string part_line(const Scene& scene, const PropertyPart& part, const PropertyPart* before) {
    const std::string margin(4 + 2 * part.depth, ' ');
    if (!part.looked_at) return scene.paint.quiet(margin + part.text + "  (not looked at)") + "\n";
    std::string line = margin + part.text + "  = ";
    const bool changed = before != nullptr && before->looked_at && before->value != part.value;
    line += changed ? scene.paint.changed(before->value + " -> " + part.value) : part.value;
    return line + "\n";
}

std::string verdict_text(const Scene& scene) {
    const auto first = scene.walk.first_violation(scene.property_bit);
    const unsigned here = scene.walk.position();
    if (!first) return scene.walk.left_after() ? "not violated this way, so far" : "not violated";
    if (*first > here) return "not violated yet; step " + std::to_string(*first) + " violates it";
    if (*first == here)
        return scene.paint.bad(here == 0 ? "violated from the start" : "violated by this step");
    return scene.paint.bad("violated by step " + std::to_string(*first));
}

// Where the walk stood one step ago; nothing at the start.
std::vector<PropertyInstance> earlier(const Scene& scene) {
    if (scene.walk.position() == 0) return {};
    Walk walk = scene.walk;
    walk.go(walk.position() - 1);
    return scene.property.look(walk.runner(), walk.outcome());
}

}  // namespace

std::string step_screen(const Scene& scene) {
    const Walk& walk = scene.walk;
    std::string text = scene.paint.title("step " + std::to_string(walk.position()) + " of " +
                                         std::to_string(walk.size()));
    if (walk.left_after())
        text += " (by hand from step " + std::to_string(*walk.left_after()) + " on)";
    if (walk.position() == 0) return text + ": the start\n";
    const TraceStep& step = walk.outcome().step;
    text += ": [" + std::to_string(step.operation) + "] " + actor_name(step) + " " +
            operation_text(step, scene.walk.runner().program().layout.pages > 1) + "\n";
    std::string what = "  " + what_it_does(step);
    if (step.guard) what += *step.guard ? "  -> yes" : "  -> no";
    text += printable(what);
    if (!step.place.empty())
        text += "  (" + to_text(step.place) + " in " + to_text(step.handlers) + ")";
    text += "\n";
    for (const StateChange& change : step.changes)
        text += "    " + scene.paint.changed(to_text(change)) + "\n";
    for (const TraceEvent& event : step.events) {
        text += "    * " + to_text(event, step);
        if (event.kind == EventKind::load && event.expected != event.value)
            text += ", but should read " + event.expected;
        text += "\n";
    }
    return text;
}

// What the handler holds in its locals; those are marked that have just changed.
std::string locals_text(const Scene& scene, unsigned thread) {
    const Program& p = scene.walk.runner().program();
    const auto before = locals_of(p, scene.walk.before().state(), thread);
    std::string text;
    for (const LocalValue& local : locals_of(p, scene.walk.runner().state(), thread)) {
        const std::string one = local.name + " = " + local.value;
        const bool same = std::find(before.begin(), before.end(), local) != before.end();
        text += (text.empty() ? "    locals: " : ", ") + (same ? one : scene.paint.changed(one));
    }
    return text.empty() ? text : text + "\n";
}

std::string source_screen(const Scene& scene, unsigned context) {
    const Runner& runner = scene.walk.runner();
    const Program& p = runner.program();
    std::string text;
    std::string idle;
    for (unsigned t = 0; t < p.world.threads.size(); ++t) {
        const unsigned pc = p.layout.get(runner.state(), Field::pc, t);
        if (pc == 0) {
            idle += (idle.empty() ? "" : ", ") + thread_title(scene, t);
            continue;
        }
        const Rest& rest = p.rests[pc];
        text += scene.paint.title(thread_title(scene, t)) + " in " + rest.where;
        if (rest.span.file != nullptr) text += ", " + rest.span.file->name;
        text += "\n" + source_around(scene, rest.span, context);
        text += locals_text(scene, t);
        const std::string why = what_it_awaits(p, runner.state(), t).text;
        if (!why.empty()) text += "    can't go on: " + why + "\n";
    }
    return text + (idle.empty() ? "" : "idle: " + idle + "\n");
}

std::string state_screen(const Scene& scene, bool ghosts, bool unchanged) {
    const View now = scene.walk.runner().view();
    const View old = scene.walk.before().view();
    std::string text;
    for (std::size_t i = 0; i < now.size(); ++i) {
        const bool vma = now[i].kind == ElementKind::vma;
        if (now[i].scope == Scope::thread || (!now[i].exists && !old[i].exists)) continue;
        if (!unchanged && same_values(now[i], old[i])) continue;
        // That a page is mapped at all goes without saying.
        if (vma && !ghosts && now[i].exists == old[i].exists) continue;
        text += element_text(scene, now[i], old[i], ghosts) + "\n";
    }
    const Program& p = scene.walk.runner().program();
    const auto locks = locks_held(p, scene.walk.runner().state());
    const auto before = locks_held(p, scene.walk.before().state());
    const auto has = [](const std::vector<LockHeld>& list, const LockHeld& lock) {
        return std::find(list.begin(), list.end(), lock) != list.end();
    };
    std::string held;
    for (const LockHeld& lock : locks)
        held += (held.empty() ? "" : "; ") +
                (has(before, lock) ? to_text(lock) : scene.paint.changed("+" + to_text(lock)));
    for (const LockHeld& lock : before)
        if (!has(locks, lock))
            held += (held.empty() ? "" : "; ") + scene.paint.changed("-" + to_text(lock));
    return text + "locks: " + (held.empty() ? "none" : held) + "\n";
}

std::string property_screen(const Scene& scene, PropertyParts parts) {
    std::string text =
        scene.paint.title("property " + scene.property_name) + ": " + verdict_text(scene) + "\n";
    const auto before = earlier(scene);
    for (const PropertyInstance& one :
         scene.property.look(scene.walk.runner(), scene.walk.outcome())) {
        const PropertyInstance* old = find_instance(before, one);
        std::string line = "  " + one.about + (one.happens ? "" : ", if it came now") + ": ";
        if (one.holds)
            line += one.sometimes ? "reached" : "holds";
        else
            line += scene.paint.bad(one.sometimes ? "not reached"
                                    : one.happens ? "is false"
                                                  : "would be false");
        const bool turned = old != nullptr && old->holds != one.holds;
        if (turned) line += scene.paint.changed(one.holds ? " (turns true)" : " (turns false)");
        text += line + "\n";
        const bool moved = old != nullptr && old->parts != one.parts;
        if (parts == PropertyParts::none) continue;
        if (one.holds && parts != PropertyParts::all && !moved) continue;
        for (std::size_t i = 0; i < one.parts.size(); ++i)
            text += part_line(scene, one.parts[i], old == nullptr ? nullptr : &old->parts[i]);
    }
    return text;
}

std::string fields_screen(const Scene& scene) {
    std::string text;
    for (const ViewElement& element : scene.walk.runner().view())
        for (const ViewField& field : element.fields)
            if (element.exists)
                text += element.name + "." + field.name + " = " + to_text(field.value) + "\n";
    return text;
}

std::string choices_screen(const Scene& scene) {
    std::string text;
    unsigned number = 0;
    const Walk& walk = scene.walk;
    for (const Choice& choice : walk.choices()) {
        ++number;
        const bool next =
            walk.position() < walk.size() && walk.action(walk.position() + 1) == choice.action;
        const std::string line = number_column(number) + (next ? " * " : "   ") + choice.text +
                                 (choice.blocked.empty() ? "" : "  -- can't: " + choice.blocked);
        text += (choice.blocked.empty() ? line : scene.paint.quiet(line)) + "\n";
    }
    if (number == 0) return "nothing can happen here\n";
    return text + "(* is what comes next; 'take N' does another one)\n";
}

std::string steps_screen(const Scene& scene) {
    std::string text;
    const Walk& walk = scene.walk;
    const bool pages = walk.runner().program().layout.pages > 1;
    for (unsigned i = 1; i <= walk.size(); ++i) {
        const TraceStep& step = walk.step(i);
        if (step.kind == StepKind::start)
            text += "          " + actor_name(step) + " " + operation_text(step, pages) + "\n";
        const std::string line =
            (i == walk.position() ? "  =>" : "    ") + number_column(i) + "  " + step.thread +
            ": " + (step.kind == StepKind::device ? device_text(step) : step_text(step));
        text += (i == walk.position() ? scene.paint.current(line) : line) + "\n";
    }
    return text;
}

namespace {

// How much a view tells, from all to the least that still says what happens.
struct Detail {
    unsigned context;
    bool unchanged;
    PropertyParts parts;
};
constexpr std::array<Detail, 4> details{{{2, true, PropertyParts::some},
                                         {0, true, PropertyParts::some},
                                         {0, true, PropertyParts::none},
                                         {0, false, PropertyParts::none}}};

// What a terminal makes of a line: escape sequences and the rest of a character take no place.
std::size_t rows_of(std::string_view line, unsigned columns) {
    std::size_t width = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\033')
            i = std::min(line.find('m', i), line.size() - 1);
        else if ((static_cast<unsigned char>(line[i]) & 0xc0U) != 0x80U)
            ++width;
    }
    return std::max<std::size_t>(1, (width + columns - 1) / columns);
}

std::string view_with(const Scene& scene, const Detail& detail) {
    return step_screen(scene) + "\n" + source_screen(scene, detail.context) + "\n" +
           state_screen(scene, false, detail.unchanged) + "\n" +
           property_screen(scene, detail.parts);
}

}  // namespace

std::string view_screen(const Scene& scene, Room room) {
    if (room.columns == 0) return view_with(scene, details.front());
    const std::string more =
        scene.paint.quiet("...  ('state', 'source', 'property' tell all)") + "\n";
    std::string text;
    for (const Detail& detail : details) {
        text = view_with(scene, detail);
        std::size_t rows = 0;
        for (const std::string_view line : lines_of(text)) rows += rows_of(line, room.columns);
        if (rows <= room.rows) return text;
    }
    std::string shown;
    std::size_t rows = 1;  // what stands for the rest
    for (const std::string_view line : lines_of(text)) {
        if (line.empty()) continue;
        rows += rows_of(line, room.columns);
        if (rows > room.rows) return shown + more;
        shown += std::string(line) + "\n";
    }
    return shown;
}

}  // namespace cowcheck
