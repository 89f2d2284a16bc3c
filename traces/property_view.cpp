#include "traces/property_view.h"

#include "traces/tell_words.h"

namespace cowcheck {

// Sees what the machine sees that checks properties.
using Checked = WithOutside<NoObserver, KnownNumbers, false>;
using CheckMachine = Machine<Checked>;

struct PropertyView::Moment {
    State state;
    CheckMachine::EventNames names;
    std::string about;
    std::string which;  // about, without what kind of clause it is
    bool happens = true;
    const EventMoment* event = nullptr;  // that has come
};

namespace {

std::string choice_text(const Program& program, const Probe& probe) {
    std::string text;
    for (std::size_t i = 0; i < probe.choice.size(); ++i) {
        const unsigned number = probe.choice[i];
        const std::string& what = probe.variables[i];
        text += text.empty() ? "" : ", ";
        text += what == "pin"    ? pin_name(number)
                : what == "mm"   ? process_name(program, number)
                : what == "page" ? "page " + frame_name(program, number)
                : what == "cpu"  ? cpu_name(program, number)
                                 : "virtual page " + std::to_string(number);
    }
    return text;
}

std::string event_text(const Program& program, const CheckMachine::EventNames& names, Event event,
                       bool of_page = true) {
    const std::string text = "at " + std::string(event_table[static_cast<std::size_t>(event)].name);
    switch (event) {
    case Event::dma_read:
    case Event::dma_write:
    case Event::unpin:
        return text + ", " + pin_name(names.pin) + ", page " + frame_name(program, names.page);
    case Event::underflow:
    case Event::overflow:
        if (!of_page) return text + ", " + process_name(program, names.mm);
        [[fallthrough]];
    case Event::free: return text + ", page " + frame_name(program, names.page);
    case Event::userfault: return text + ", " + process_name(program, names.mm);
    case Event::load:
    case Event::store:
    case Event::cow_copy:
    case Event::fork_copy: break;
    }
    return text + ", " + process_name(program, names.mm) + ", page " +
           frame_name(program, names.page);
}

std::uint16_t narrow(unsigned number) { return static_cast<std::uint16_t>(number); }

bool is_true(const std::string& value) { return value == "yes"; }

}  // namespace

PropertyView::PropertyView(const Program& program, const PropertySet& properties,
                           std::string_view name)
    : probes_(make_probes(program, properties, name)) {}

// When the clause's event has come within the step; if not, when it could come now.
std::vector<PropertyView::Moment> PropertyView::moments(const Probe& probe, const Runner& runner,
                                                        const Outcome& outcome) const {
    const Program& p = probes_.program;
    const Layout& l = p.layout;
    const State& s = runner.state();
    std::vector<Moment> list;
    if (probe.kind != ast::ClauseKind::at) {
        CheckMachine::EventNames names;
        names.writes = outcome.stuck.deadlocked ? 1 : 0;
        names.page = outcome.stuck.livelocked ? 1 : 0;
        const std::string choice = choice_text(p, probe);
        const std::string kind = probe.kind == ast::ClauseKind::always ? "always" : "sometimes";
        list.push_back({s, names, kind + (choice.empty() ? "" : ", ") + choice, choice});
        return list;
    }
    for (const EventMoment& m : outcome.moments)
        if (event_table[static_cast<std::size_t>(m.event)].name == probe.event) {
            const CheckMachine::EventNames names{narrow(m.mm), narrow(m.va), narrow(m.pin),
                                                 narrow(m.page), narrow(m.writes ? 1 : 0)};
            list.push_back(
                {m.state, names, event_text(p, names, m.event, m.of_page), {}, true, &m});
        }
    if (!list.empty()) return list;
    const auto event = [&](Event wanted) {
        return event_table[static_cast<std::size_t>(wanted)].name == probe.event;
    };
    for (const Event e : {Event::dma_read, Event::dma_write, Event::unpin})
        for (unsigned i = 0; event(e) && i < l.size(Scope::pin); ++i)
            if (l.get(s, Field::pin_state, i) == static_cast<unsigned>(PinState::held)) {
                const CheckMachine::EventNames names{narrow(l.get(s, Field::pin_mm, i)),
                                                     narrow(l.get(s, Field::pin_va, i)), narrow(i),
                                                     narrow(l.get(s, Field::pin_page, i)), 0};
                list.push_back({s, names, event_text(p, names, e), {}, false});
            }
    for (const Event e : {Event::load, Event::store})
        for (unsigned slot = 0; event(e) && slot < l.size(Scope::pte); ++slot) {
            const unsigned pte = l.leaf(s, slot / l.pages, slot % l.pages);
            if ((pte & PteBit::present) == 0) continue;
            const CheckMachine::EventNames names{narrow(slot / l.pages), narrow(slot % l.pages), 0,
                                                 narrow(pte >> PteBit::frame_shift), 0};
            list.push_back({s, names, event_text(p, names, e), {}, false});
        }
    return list;
}

unsigned PropertyView::evaluate(const Moment& moment, unsigned entry, std::uint8_t reg) const {
    State state = moment.state;
    KnownNumbers known = known_numbers(probes_.program, 0);
    return CheckMachine(probes_.program, state, Checked({}, &known))
        .evaluate(entry, reg, moment.names);
}

PropertyInstance PropertyView::look_at(const Probe& probe, const Moment& moment,
                                       const Runner& runner, const Outcome& outcome) const {
    PropertyInstance instance;
    instance.at_event = probe.kind == ast::ClauseKind::at;
    instance.about = moment.about;
    instance.happens = moment.happens;
    instance.sometimes = probe.kind == ast::ClauseKind::sometimes;
    std::vector<std::size_t> path;  // by depth: the part that this one belongs to
    for (std::size_t i = 0; i < probe.parts.size(); ++i) {
        const ProbePart& part = probe.parts[i];
        const unsigned value = evaluate(moment, part.entry, part.reg);
        PropertyPart shown{part.depth, part.text, value_text(probes_.program, part.type, value),
                           true};
        path.resize(part.depth);
        if (part.depth > 0) {
            const std::size_t owner = path.back();
            shown.looked_at = instance.parts[owner].looked_at;
            // The second operand, once the first has decided.
            const auto shortcut = probe.parts[owner].shortcut;
            std::size_t first = owner + 1;
            if (first != i && shortcut != ProbePart::Shortcut::none &&
                is_true(instance.parts[first].value) ==
                    (shortcut == ProbePart::Shortcut::when_true))
                shown.looked_at = false;
        }
        path.push_back(i);
        instance.parts.push_back(std::move(shown));
    }
    instance.holds = instance.parts.empty() || is_true(instance.parts[0].value);
    if (!instance.happens || instance.holds != instance.sometimes) return instance;
    const Teller teller(runner, outcome, moment.event, [&](unsigned entry, std::uint8_t reg) {
        return evaluate(moment, entry, reg);
    });
    instance.told = probe.says.empty() ? teller.plainly(moment.which, instance.parts)
                                       : teller.words(probe.says);
    return instance;
}

std::vector<PropertyInstance> PropertyView::look(const Runner& runner,
                                                 const Outcome& outcome) const {
    std::vector<PropertyInstance> list;
    for (const Probe& probe : probes_.list)
        for (const Moment& moment : moments(probe, runner, outcome))
            list.push_back(look_at(probe, moment, runner, outcome));
    return list;
}

}  // namespace cowcheck
