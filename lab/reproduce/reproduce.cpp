#include "lab/reproduce/reproduce.h"

#include "lab/seen_words.h"
#include "model/language/parse.h"
#include "model/program_world.h"
#include "traces/sentences.h"
#include "traces/text.h"
#include "traces/walk.h"
#include "verify/run/bad_input.h"
#include "verify/run/selection.h"

#include <fmt/format.h>

#include <algorithm>

namespace cowcheck {

namespace {

struct ReproduceRequest {
    const Trace* trace = nullptr;
    const Program* program = nullptr;
    const DesignText* design = nullptr;
    const ast::World* world = nullptr;
    std::vector<DesignText> references;  // asked for one that keeps the promise, in this order
    std::uint64_t max_states = 3'000'000;
};

std::string word_of(const Seens& seens, const std::string& name) {
    for (const auto& [known, word] : seens)
        if (known == name) return word;
    return name;
}

// What waits or is never reached says nothing.
bool is_broken(const Seens& seens, const BrokenIf& broken) {
    const std::string left = word_of(seens, broken.left);
    const std::string right = word_of(seens, broken.right);
    for (const std::string& word : {left, right})
        if (word == "waits" || word == "unreached") return false;
    return (left == right) == broken.equal;
}

enum class Answer { broken, kept, nothing };

Answer ask(const DesignText& design, const ProgramText& text, const ReproduceRequest& request,
           const BrokenIf& broken) {
    const ModelOutcomes seen =
        model_outcomes(design, text, {nullptr, request.world}, request.max_states);
    if (!seen.skipped.empty()) return Answer::nothing;
    for (const Seens& one : seen.outcomes)
        if (is_broken(one, broken)) return Answer::broken;
    return seen.limited ? Answer::nothing : Answer::kept;
}

// What a kernel may have: the program says itself what this one lacks.
wire::Hello any_kernel(bool soft_dirty) {
    wire::Hello kernel;
    kernel.zeropage = 1;
    for (const std::string_view one :
         {wire::has_collapse, wire::has_free, wire::has_frames, wire::has_hugetlb, wire::has_ksm,
          wire::has_nodes, wire::has_ring, wire::has_scan, wire::has_swap, wire::has_thp,
          wire::has_uffd_wp, wire::has_uffd_wp_bit, wire::has_uffd_wp_file, wire::has_wp_async,
          wire::has_event_fork})
        kernel.has.emplace(one);
    if (soft_dirty) kernel.has.emplace(wire::has_soft_dirty);
    return kernel;
}

class Search {
public:
    explicit Search(const ReproduceRequest& request)
        : request_(request),
          operations_(operations_in(*request.trace, *request.program)),
          promise_(promise_of(*request.trace, operations_)) {}

    Reproduction run() {
        if (!request_.trace->header.outside.empty())
            return refuse("it needs references from outside, which nobody has in user space");
        for (const TracedOperation& one : operations_)
            if (const Drivable call = drivable(one); !call.refused.empty())
                return refuse(fmt::format("operation {}, {}: {}", one.number, to_text(one.call),
                                          call.refused));
        if (!promise_.refused.empty()) return refuse(promise_.refused);
        const bool changes_backing = request_.trace->header.property.name == "backing_is_unchanged";
        if (changes_backing && !request_.program->world.file())
            return refuse("it would write to the zeropage, which is everybody's");
        std::string why;
        for (const Candidate& candidate :
             candidates(*request_.trace, operations_, promise_))
            if (auto found = attempt(candidate, why)) return std::move(*found);
        return refuse(why.empty() ? no_order() : why);
    }

private:
    static Reproduction refuse(std::string why) {
        Reproduction result;
        result.refused = std::move(why);
        return result;
    }

    std::string no_order() const {
        for (const TracedOperation& one : operations_)
            if (const Drivable call = drivable(one); call.stand_in)
                return fmt::format("operation {}, {}: {}, and with {} in its place nothing shows",
                                   one.number, to_text(one.call), call.note, to_text(call.call));
        return "no order of its operations as system calls shows it in the design";
    }

    // Nothing if this one does not show it, or shows it where nothing is wrong.
    std::optional<Reproduction> attempt(const Candidate& candidate, std::string& why) {
        if (!candidate.refused.empty()) return remember(why, candidate.refused);
        const SourceFile file{"reproduce.program", candidate.text};
        Diagnostics out;
        const auto text = read_program(file, out);
        if (!text) throw BadInput("reproduce: a program of its own is refused\n" + to_text(out));
        const auto shape = shape_of(*text, {nullptr, request_.world}, out);
        const auto world = shape ? resolve_world(shape->world, out) : std::nullopt;
        if (!world) return remember(why, "the world has no room for it: " + first_line(out));
        Plan plan = plan_of(*text, *world, shape->pages, any_kernel(tracks(candidate.text)));
        if (!plan.skipped.empty()) return remember(why, plan.skipped);
        if (!plan.unseen.empty())
            return remember(why, "no system call tells " + plan.unseen.front());
        try {
            if (ask(*request_.design, *text, request_, promise_.broken) != Answer::broken)
                return std::nullopt;
        } catch (const BadInput& bad) {
            return remember(why, bad.what());
        }
        Reproduction result;
        result.reference = reference_for(*text);
        // What is seen must be wrong, and not what anybody sees who does this.
        if (result.reference.empty() && !violates(candidate.order))
            return remember(why, "what it would see can be seen where nothing is wrong as well");
        result.program = candidate.text;
        result.window = candidate.window;
        result.promise = promise_;
        result.plan = std::move(plan);
        result.world = *world;
        add_notes(result, candidate);
        return result;
    }

    static std::nullopt_t remember(std::string& why, std::string reason) {
        if (why.empty()) why = std::move(reason);
        return std::nullopt;
    }

    static std::string first_line(const Diagnostics& out) {
        const std::string text = to_text(out);
        return text.substr(0, text.find('\n'));
    }

    static bool tracks(const std::string& text) {
        return text.find("clear_refs") != std::string::npos ||
               text.find("soft_dirty") != std::string::npos;
    }

    std::string reference_for(const ProgramText& text) const {
        for (const DesignText& design : request_.references)
            if (ask(design, text, request_, promise_.broken) == Answer::kept) return design.name();
        return {};
    }

    // Whether the trace's own operations violate its property, one after the other in this order.
    bool violates(const std::vector<std::size_t>& order) const {
        if (order.empty()) return false;
        const Walk walk(*request_.trace, *request_.program);
        const std::uint32_t bit =
            property_bit(*request_.program, request_.trace->header.property.name);
        Runner runner(*request_.program);
        for (const std::size_t at : order) {
            Action action = walk.action(static_cast<unsigned>(operations_[at].first) + 1);
            constexpr unsigned most_steps = 1000;
            for (unsigned step = 0; step < most_steps; ++step) {
                if (!makes_sense(runner.program(), runner.state(), action)) break;
                const Outcome outcome = runner.perform(action);
                if (outcome.blocked != Blocked::no) return false;
                if ((outcome.violated() & bit) != 0) return true;
                if (action.kind == Action::Kind::device) break;
                action = {Action::Kind::step, action.thread, 0, 0, 0, 0, 0};
            }
        }
        return false;
    }

    void add_notes(Reproduction& result, const Candidate& candidate) const {
        for (const TracedOperation& one : operations_)
            if (const Drivable call = drivable(one); !call.note.empty())
                result.notes.push_back(
                    call.call == one.call
                        ? fmt::format("[{}] {}: {}", one.number, to_text(one.call), call.note)
                        : fmt::format("[{}] {} is {} here: {}", one.number, to_text(one.call),
                                      to_text(call.call), call.note));
        if (candidate.reordered)
            result.notes.push_back("The order is another one than the trace's; the design violates "
                                   "the property in it as well");
        if (!candidate.window) return;
        for (const TracedOperation& outer : operations_)
            for (const TracedOperation& inner : operations_)
                if (inner.first > outer.first &&
                    inner.first < (candidate.to_the_end ? outer.end : outer.last))
                    result.windows.push_back(window(outer, inner));
    }

    // Where the one stands when the other begins.
    std::string window(const TracedOperation& outer, const TracedOperation& inner) const {
        const auto& steps = request_.trace->steps;
        std::size_t before = outer.first;
        std::size_t behind = steps.size();
        for (std::size_t i = outer.first; i < steps.size(); ++i) {
            if (steps[i].operation != outer.number) continue;
            if (i < inner.first) before = i;
            if (i > inner.first) behind = std::min(behind, i);
        }
        const auto place = [&](std::size_t at) {
            const TraceStep& step = steps[at];
            return fmt::format("`{}` in {}{}", what_it_does(step),
                               kernel_function(*request_.design, step.handlers),
                               step.place.empty() ? "" : " (" + to_text(step.place) + ")");
        };
        return fmt::format("[{}] {} begins while [{}] {} stands behind {}{}", inner.number,
                           to_text(inner.call), outer.number, to_text(outer.call), place(before),
                           behind < steps.size() ? " and before " + place(behind) : "");
    }

    const ReproduceRequest& request_;
    std::vector<TracedOperation> operations_;
    Promise promise_;
};

}  // namespace

Reproduction reproduce(const Trace& trace, const Program& program, const DesignText& design,
                       const Library& library) {
    const std::string& world_name = program.world.name;
    const SourceFile file{world_name + ".world", *library.world_text(world_name)};
    Diagnostics out;
    const auto world = parse_world(file, out);
    if (!world) throw BadInput(to_text(out));
    ReproduceRequest request;
    request.trace = &trace;
    request.program = &program;
    request.design = &design;
    request.world = &*world;
    // The main line of history, from the newest on.
    for (const std::string& name : library.default_design_names())
        request.references.insert(request.references.begin(), find_design(library, name));
    return Search(request).run();
}

}  // namespace cowcheck
