#include "model/program_plan.h"

#include "model/program_world.h"

#include <algorithm>
#include <cctype>

namespace cowcheck {

namespace {

constexpr std::size_t max_values = 200;

// What pages hold at the start, and the names of values, as traces have them (traces/names.h).
class Values {
public:
    explicit Values(const Program& program) : program_(program) {
        for (const Process& process : program.world.processes) {
            const auto initial = std::string(
                1, static_cast<char>(std::toupper(static_cast<unsigned char>(process.name[0]))));
            const bool taken = initial == "D" ||
                               std::any_of(makers_.begin(), makers_.end(),
                                           [&](const auto& one) { return one.prefix == initial; });
            makers_.push_back({taken ? process.name + "." : initial, 0});
        }
        makers_.push_back({"D", 1});
        frames_.resize(program.layout.size(Scope::page));
        for (unsigned slot = 0; slot < program.layout.size(Scope::pte); ++slot) at_start(slot);
        for (Maker& maker : makers_) maker.next = std::max(maker.next, 1U);
    }

    // A store by a process; by a device if it is none.
    std::uint8_t fresh(std::size_t maker) {
        Maker& by = maker < makers_.size() ? makers_[maker] : makers_.back();
        names_.push_back(by.prefix + std::to_string(by.next++));
        return static_cast<std::uint8_t>(names_.size() - 1);
    }
    std::uint8_t fresh_of_device() { return fresh(makers_.size() - 1); }

    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
    [[nodiscard]] const std::vector<std::uint8_t>& frames() const { return frames_; }

private:
    void at_start(unsigned slot) {
        using Memory = StartMapping::Memory;
        const Layout& l = program_.layout;
        const unsigned mm = slot / l.pages;
        const unsigned pte = l.leaf(program_.start, mm, slot % l.pages);
        if ((pte & PteBit::present) == 0) return;
        for (const StartMapping& one : program_.world.processes[mm].maps) {
            if (one.va != slot % l.pages && !one.is_thp()) continue;
            if (one.memory == Memory::untouched || one.memory == Memory::zeropage ||
                one.memory == Memory::huge_zeropage || one.memory == Memory::file)
                continue;
            const bool alike = one.memory == Memory::alike || one.memory == Memory::ksm;
            std::uint8_t value = alike ? alike_ : 0;
            if (value == 0) value = fresh(mm);
            if (alike) alike_ = value;
            frames_[pte >> PteBit::frame_shift] = value;
        }
    }

    struct Maker {
        std::string prefix;
        unsigned next = 0;
    };
    const Program& program_;
    std::vector<Maker> makers_;
    std::vector<std::string> names_{"0"};
    std::vector<std::uint8_t> frames_;
    std::uint8_t alike_ = 0;
};

class Planner {
public:
    Planner(const ProgramText& text, const ProgramShape& shape, ProgramPlan& plan, Diagnostics& out)
        : text_(text), shape_(shape), plan_(plan), values_(plan.program), out_(out) {}

    bool run() {
        const std::size_t before = out_.size();
        std::uint32_t done = 0;
        if (shape_.swap_first) {
            // MADV_PAGEOUT. If somebody holds a reference meanwhile the page stays, as it may
            // there.
            PlannedAction action;
            action.text = "kernel: swap_out";
            action.actor = Actor::kernel;
            action.has_va = true;
            action.operation = find({OperationKind::swap_out, {}});
            done = add(std::move(action), nullptr, done);
        }
        (void)sequence(text_.steps, done);
        for (const Meanwhile& one : text_.meanwhile)
            plan_.meanwhile.push_back({static_cast<unsigned>(find(one.item)), one.at_most});
        for (std::size_t i = 0; i < plan_.actions.size(); ++i) bind_pin(i);
        plan_.values = values_.names();
        plan_.frames = values_.frames();
        bounds();
        return out_.size() == before;
    }

private:
    void complain(const SourceSpan& span, std::string message, std::string suggestion = {}) {
        out_.push_back({span, std::move(message), std::move(suggestion)});
    }

    void bounds() {
        if (plan_.actions.size() > ProgramPlan::max_actions)
            complain(text_.span, "a program has at most " +
                                     std::to_string(ProgramPlan::max_actions) +
                                     " operations and looks, and this one has " +
                                     std::to_string(plan_.actions.size()));
        if (plan_.seen.size() > ProgramPlan::max_seen)
            complain(text_.span, "at most " + std::to_string(ProgramPlan::max_seen) +
                                     " things can be seen in a program");
        if (plan_.values.size() > max_values) complain(text_.span, "too many stores");
    }

    int find(const MenuItem& item) const {
        const auto& operations = plan_.program.operations;
        for (std::size_t i = 0; i < operations.size(); ++i)
            // There is an unpin for each kind of pin; which one it is, the pin decides.
            if (operations[i].item == item || (item.kind == OperationKind::unpin &&
                                               operations[i].item.kind == OperationKind::unpin))
                return static_cast<int>(i);
        return PlannedAction::any;
    }

    // One after the other; what the last of them are.
    std::uint32_t sequence(const std::vector<ProgramStep>& steps, std::uint32_t after) {
        for (const ProgramStep& step : steps) {
            if (step.kind != ProgramStep::Kind::parallel) {
                after = one(step, after);
                continue;
            }
            std::uint32_t last = 0;
            for (const auto& branch : step.branches) last |= sequence(branch, after);
            after = last;
        }
        return after;
    }

    [[nodiscard]] bool is_paged(const ProgramStep& step) const {
        if (step.kind == ProgramStep::Kind::look) return info(step.look).of_memory;
        return step.kind == ProgramStep::Kind::operation &&
               is_about_page(for_pages(step.item, step.va.has_value(), shape_.pages));
    }

    std::uint32_t one(const ProgramStep& step, std::uint32_t after) {
        const int mm = process_of(step);
        if (mm < 0) return after;
        if (step.va && *step.va >= plan_.program.world.pages) {
            complain(step.span, "there is no va " + std::to_string(*step.va) +
                                    "; expected one below " +
                                    std::to_string(plan_.program.world.pages));
            return after;
        }
        if (step.look == Look::backing && step.kind == ProgramStep::Kind::look &&
            !plan_.program.world.has_backing()) {
            complain(step.span, "there is neither a file nor a zeropage behind this memory");
            return after;
        }
        const bool paged = is_paged(step);
        const auto page = step.va ? step.va : page_of_pin(step, text_.steps);
        const unsigned first = page.value_or(0);
        const unsigned last = page || !paged ? first : shape_.pages - 1;
        for (unsigned va = first; va <= last; ++va) {
            PlannedAction action;
            action.kind = step.kind;
            action.span = step.span;
            action.text = step.text;
            action.actor = step.kind == ProgramStep::Kind::operation ? step.actor : Actor::monitor;
            action.mm = static_cast<unsigned>(mm);
            action.va = va;
            action.has_va = paged;
            action.look = step.look;
            if (step.kind == ProgramStep::Kind::operation) operation(step, action);
            if (!step.name.empty()) {
                action.seen = static_cast<int>(plan_.seen.size());
                plan_.seen.push_back({step.name,
                                      last > first ? static_cast<int>(va) : PlannedAction::any,
                                      step.seen});
            }
            after = add(std::move(action), &step, after);
        }
        return after;
    }

    // The page of the GUP that a device's operation goes by, if it names one.
    static std::optional<unsigned> page_of_pin(const ProgramStep& device,
                                               const std::vector<ProgramStep>& steps) {
        if (device.kind != ProgramStep::Kind::operation || device.actor != Actor::device) return {};
        for (const ProgramStep& step : steps) {
            if (step.kind == ProgramStep::Kind::operation && step.name == device.who)
                return step.va;
            for (const auto& branch : step.branches)
                if (const auto page = page_of_pin(device, branch)) return page;
        }
        return {};
    }

    std::uint32_t add(PlannedAction action, const ProgramStep* step, std::uint32_t after) {
        action.after = after;
        plan_.actions.push_back(std::move(action));
        steps_.push_back(step);
        const std::size_t number = plan_.actions.size() - 1;
        return number < ProgramPlan::max_actions ? 1U << number : 0U;
    }

    void operation(const ProgramStep& step, PlannedAction& action) {
        const MenuItem item = for_pages(step.item, step.va.has_value(), shape_.pages);
        action.operation = find(item);
        if (const std::string said = to_text(step.item); !(item == step.item))
            action.text.replace(action.text.rfind(said), said.size(), to_text(item));
        if (info(item.kind).stores && !item.flags.zeroes)
            action.stores = item.kind == OperationKind::dma_write ? values_.fresh_of_device()
                                                                  : values_.fresh(action.mm);
        if (!step.cpu) return;
        int number = static_cast<int>(*step.cpu) - 1;
        for (unsigned mm = 0; mm < action.mm; ++mm)
            number += static_cast<int>(plan_.program.world.processes[mm].cpus);
        action.cpu = number;
        if (*step.cpu > plan_.program.world.processes[action.mm].cpus)
            complain(step.span, "'" + step.who + "' has " +
                                    std::to_string(plan_.program.world.processes[action.mm].cpus) +
                                    " CPUs in this world");
    }

    // Whose memory; -1 and a complaint if there is no such process.
    int process_of(const ProgramStep& step) {
        const auto& processes = plan_.program.world.processes;
        const std::string& name = step.process;
        if (name.empty()) return 0;
        std::vector<std::string_view> known;
        for (std::size_t i = 0; i < processes.size(); ++i) {
            if (processes[i].name == name) return static_cast<int>(i);
            known.push_back(processes[i].name);
        }
        complain(step.process_span.line == 0 ? step.span : step.process_span,
                 "there is no process '" + name + "'", did_you_mean(name, known));
        return -1;
    }

    // Which GUP a device's operation goes by.
    void bind_pin(std::size_t index) {
        PlannedAction& action = plan_.actions[index];
        const ProgramStep* step = steps_[index];
        if (step == nullptr || action.kind != ProgramStep::Kind::operation ||
            action.actor != Actor::device)
            return;
        bool unnamed = false;
        for (std::size_t i = 0; i < plan_.actions.size(); ++i) {
            const PlannedAction& other = plan_.actions[i];
            if (steps_[i] == nullptr || other.kind != ProgramStep::Kind::operation ||
                info(steps_[i]->item.kind).needs != Needs::pin_slot)
                continue;
            unnamed = unnamed || (steps_[i]->name.empty() && other.va == action.va);
            if (steps_[i]->name != step->who) continue;
            const bool several = plan_.seen[static_cast<std::size_t>(other.seen)].va >= 0;
            if (!several && step->va && *step->va != other.va) continue;
            if (!several || other.va == action.va) action.gup = static_cast<int>(i);
        }
        if (action.gup == PlannedAction::any && !unnamed)
            complain(step->span,
                     "'" + step->who + "' is no page at va " + std::to_string(action.va));
        if (action.gup != PlannedAction::any)
            action.va = plan_.actions[static_cast<std::size_t>(action.gup)].va;
    }

    const ProgramText& text_;
    const ProgramShape& shape_;
    ProgramPlan& plan_;
    Values values_;
    Diagnostics& out_;
    std::vector<const ProgramStep*> steps_;  // by action
};

}  // namespace

std::optional<ProgramPlan> plan_program(const DesignText& design, const ProgramText& text,
                                        const ProgramStart& start, Diagnostics& out) {
    const auto shape = shape_of(text, start, out);
    if (!shape) return std::nullopt;
    const auto world = resolve_world(shape->world, out);
    if (!world) return std::nullopt;
    auto program = compile(design, {}, *world, out);
    if (!program) return std::nullopt;
    ProgramPlan plan;
    plan.program = std::move(*program);
    plan.program.unread_ghosts = 0;  // who runs a program looks at pins by what is kept of them
    plan.world = shape->world;
    if (!Planner(text, *shape, plan, out).run()) return std::nullopt;
    return plan;
}

std::vector<Absent> not_applicable(const DesignText& design, const ProgramText& text,
                                   const ProgramStart& start) {
    Diagnostics ignored;  // plan_program() tells them
    const auto shape = shape_of(text, start, ignored);
    if (!shape) return {};
    const auto world = resolve_world(shape->world, ignored);
    return world ? not_applicable(design, *world) : std::vector<Absent>{};
}

}  // namespace cowcheck
