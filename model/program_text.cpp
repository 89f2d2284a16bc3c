#include "model/program_text.h"

#include "model/language/parse.h"
#include "model/menu_entry.h"
#include "model/state/fields.h"

#include <algorithm>
#include <array>

namespace cowcheck {

namespace {

// Who acts, if it is no process and no pin.
struct ServiceName {
    std::string_view name;
    Actor actor;
};
constexpr auto services = std::to_array<ServiceName>({{"monitor", Actor::monitor},
                                                      {"procfs", Actor::procfs},
                                                      {"kernel", Actor::kernel},
                                                      {"secondary_mmu", Actor::secondary_mmu}});

const ServiceName* find_service(std::string_view name) {
    const auto found = std::find_if(services.begin(), services.end(),
                                    [&](const ServiceName& one) { return one.name == name; });
    return found == services.end() ? nullptr : &*found;
}

constexpr std::string_view wait_event_word = "wait_event";
// Of pins whose GUP has no name of its own.
constexpr std::string_view any_pin = "pin";
constexpr std::array<std::string_view, 3> groups{"anonymous", "other", "thp"};
constexpr std::array<std::string_view, 3> condition_words{"exists", "forall", "never"};
constexpr std::array<std::string_view, 2> everybodys_words{"waits", "unreached"};

Seen seen_by(const MenuItem& item) {
    switch (item.kind) {
    case OperationKind::read:
    case OperationKind::write:
    case OperationKind::dma_read:
    case OperationKind::dma_write:
    case OperationKind::secondary_read:
    case OperationKind::secondary_write: return Seen::value;
    default: return Seen::result;
    }
}

Seen seen_by(Look look) {
    switch (look) {
    case Look::page: return Seen::page;
    case Look::backing: return Seen::value;
    case Look::events:
    case Look::copies: return Seen::count;
    default: return Seen::bit;
    }
}

void for_each_step(const std::vector<ProgramStep>& steps, const auto& visit) {
    for (const ProgramStep& step : steps) {
        visit(step);
        for (const auto& branch : step.branches) for_each_step(branch, visit);
    }
}

// One text on one line, as it stands there.
std::string line_of(const SourceSpan& span) {
    if (span.file == nullptr || span.line == 0) return {};
    std::string_view text = span.file->text;
    for (std::uint32_t line = 1; line < span.line; ++line) text.remove_prefix(text.find('\n') + 1);
    text = text.substr(0, text.find('\n'));
    return std::string(
        text.substr(std::min<std::size_t>(span.column - 1, text.size()), span.length));
}

class Resolver {
public:
    Resolver(const ast::Program& tree, Diagnostics& out) : tree_(tree), out_(out) {}

    std::optional<ProgramText> run() {
        const std::size_t before = out_.size();
        head();
        for (const ast::ProgramMeanwhile& line : tree_.meanwhile) meanwhile(line);
        note_pins(tree_.steps);
        for (const ast::ProgramStep& step : tree_.steps) result_.steps.push_back(this->step(step));
        if (tree_.steps.empty()) complain(tree_.span, "nobody does anything in this program");
        for (const ast::ProgramCondition& condition : tree_.conditions) this->condition(condition);
        if (out_.size() != before) return std::nullopt;
        return std::move(result_);
    }

private:
    void complain(const SourceSpan& span, std::string message, std::string suggestion = {}) {
        out_.push_back({span, std::move(message), std::move(suggestion)});
    }

    void head() {
        result_.span = tree_.span;
        result_.name = tree_.name;
        result_.title = tree_.title;
        result_.comment = tree_.comment;
        result_.sources = tree_.sources;
        for (const std::string& word : tree_.memory)
            result_.memory += (result_.memory.empty() ? "" : " ") + word;
        result_.memories = tree_.memories;
        result_.world = tree_.world;
        result_.start = tree_.start;
        result_.result = tree_.result;
        result_.leak = tree_.leak;
        result_.start_span = !tree_.memory.empty()     ? tree_.memory_span
                             : !tree_.world.empty()    ? tree_.world_span
                             : tree_.start             ? tree_.start->span
                             : !tree_.memories.empty() ? tree_.memories_span
                                                       : tree_.span;
        if (tree_.memory.empty() && tree_.memories.empty() && tree_.world.empty() && !tree_.start)
            complain(tree_.span, "where does it start?",
                     "say 'memory anonymous written', 'world NAME' or 'start { ... }'");
        if (!tree_.memories.empty() &&
            std::find(groups.begin(), groups.end(), tree_.memories) == groups.end())
            complain(tree_.memories_span, "'memories' is anonymous, other or thp",
                     did_you_mean(tree_.memories, {groups.begin(), groups.end()}));
        if (!tree_.start) return;
        for (const ast::WorldService& service : tree_.start->services)
            complain(service.span, "what services do, the program's lines say",
                     "write '" + service.name + ": ...' below");
        for (const ast::WorldProcess& process : tree_.start->processes)
            if (!process.menu.empty())
                complain(process.menu.front().span, "what a process does, the program's lines say",
                         "leave 'may' out");
    }

    void meanwhile(const ast::ProgramMeanwhile& line) {
        if (line.actor != "kernel")
            return complain(line.span, "only kernel threads run beside a program all the time",
                            "for others write 'parallel { ... | ... }'");
        for (const ast::MenuEntry& entry : line.menu)
            if (const auto item = resolve_menu_entry(entry, Actor::kernel, out_)) {
                for (const Meanwhile& other : result_.meanwhile)
                    if (other.item == *item)
                        complain(entry.span, "'" + to_text(*item) + "' runs meanwhile already");
                result_.meanwhile.push_back(
                    {entry.span, *item, static_cast<unsigned>(line.at_most)});
            }
    }

    // The names of GUPs, which are those of pins.
    void note_pins(const std::vector<ast::ProgramStep>& steps) {
        for (const ast::ProgramStep& step : steps) {
            const auto kind = find_operation(step.entry.operation);
            if (kind && info(*kind).needs == Needs::pin_slot)
                pins_.push_back(step.name.empty() ? std::string(any_pin) : step.name);
            for (const auto& branch : step.branches) note_pins(branch);
        }
    }

    [[nodiscard]] bool is_pin(std::string_view name) const {
        return std::find(pins_.begin(), pins_.end(), name) != pins_.end();
    }

    ProgramStep step(const ast::ProgramStep& tree) {
        ProgramStep step;
        step.span = tree.span;
        step.process = tree.process;
        step.process_span = tree.process_span;
        page(tree, step);
        switch (tree.kind) {
        case ast::ProgramStep::Kind::parallel:
            step.kind = ProgramStep::Kind::parallel;
            for (const auto& branch : tree.branches) {
                auto& steps = step.branches.emplace_back();
                for (const ast::ProgramStep& one : branch) steps.push_back(this->step(one));
            }
            break;
        case ast::ProgramStep::Kind::look: look(tree, step); break;
        case ast::ProgramStep::Kind::operation: operation(tree, step); break;
        }
        name(tree, step);
        return step;
    }

    void page(const ast::ProgramStep& tree, ProgramStep& step) {
        if (!tree.va) return;
        if (*tree.va < 0 || *tree.va >= std::int64_t{Limits::pages})
            return complain(tree.span, "a process has at most " + std::to_string(Limits::pages) +
                                           " virtual pages: va 0 to va " +
                                           std::to_string(Limits::pages - 1));
        step.va = static_cast<unsigned>(*tree.va);
    }

    void look(const ast::ProgramStep& tree, ProgramStep& step) {
        step.kind = ProgramStep::Kind::look;
        const auto found =
            std::find_if(look_table.begin(), look_table.end(),
                         [&](const LookInfo& one) { return one.name == tree.entry.operation; });
        if (found == look_table.end()) {
            std::vector<std::string_view> words;
            for (const LookInfo& one : look_table) words.push_back(one.name);
            return complain(tree.entry.span,
                            "nothing called '" + tree.entry.operation + "' can be looked at",
                            did_you_mean(tree.entry.operation, words));
        }
        step.look = static_cast<Look>(found - look_table.begin());
        step.seen = seen_by(step.look);
        if (step.va && !found->of_memory)
            complain(tree.span, "'" + std::string(found->name) + "' is of a process, not of a page",
                     "write '" + std::string(found->name) + "(" +
                         (tree.process.empty() ? "parent" : tree.process) + ")'");
        step.text = "look at " + std::string(found->name) + "(" + step.process +
                    (step.va ? ", " + std::to_string(*step.va) : "") + ")";
    }

    void operation(const ast::ProgramStep& tree, ProgramStep& step) {
        step.who = tree.actor;
        const ServiceName* service = find_service(tree.actor);
        step.actor = service != nullptr   ? service->actor
                     : is_pin(tree.actor) ? Actor::device
                                          : Actor::cpu;
        if (tree.cpu) cpu(tree, step);
        if (tree.entry.operation == wait_event_word) return wait_event(tree, step);
        const auto kind = find_operation(tree.entry.operation);
        if (kind && info(*kind).actor != step.actor) return wrong_actor(tree, *kind);
        const auto item = resolve_menu_entry(tree.entry, step.actor, out_);
        if (!item) return;
        step.item = *item;
        step.seen = seen_by(*item);
        whose(tree, step);
        if (step.va && !info(item->kind).parameters.starts_with("va"))
            complain(tree.span, "'" + to_text(*item) + "' is not about one page",
                     "leave 'va " + std::to_string(*step.va) + "' out");
        step.text = tree.actor + (tree.cpu ? "." + std::to_string(*tree.cpu) : "") + ": " +
                    to_text(*item) + of_text(step);
    }

    // " of child va 1"; what is not said is not told.
    static std::string of_text(const ProgramStep& step) {
        const bool other = step.actor != Actor::cpu && !step.process.empty();
        if (!other && !step.va) return {};
        return " of" + (other ? " " + step.process : "") +
               (step.va ? " va " + std::to_string(*step.va) : "");
    }

    void cpu(const ast::ProgramStep& tree, ProgramStep& step) {
        if (step.actor != Actor::cpu)
            return complain(tree.actor_span, "only a process has CPUs of its own",
                            "write '" + tree.actor + ": ...'");
        if (*tree.cpu < 1 || *tree.cpu > std::int64_t{Limits::threads})
            return complain(tree.actor_span, "CPUs of a process are numbered from 1 to " +
                                                 std::to_string(Limits::threads));
        step.cpu = static_cast<unsigned>(*tree.cpu);
    }

    void wait_event(const ast::ProgramStep& tree, ProgramStep& step) {
        step.kind = ProgramStep::Kind::wait_event;
        step.seen = Seen::event;
        if (step.actor != Actor::monitor)
            complain(tree.actor_span, "userfaultfd tells its events to the monitor",
                     "write 'monitor: wait_event'");
        if (step.va || !tree.entry.flags.empty())
            complain(tree.span, "'wait_event' takes no page and no flags",
                     "write 'monitor: wait_event of parent'");
        step.text = tree.actor + ": wait_event" + of_text(step);
    }

    void wrong_actor(const ast::ProgramStep& tree, OperationKind kind) {
        const Actor actor = info(kind).actor;
        std::string who = "a process";
        for (const ServiceName& one : services)
            if (one.actor == actor) who = "'" + std::string(one.name) + "'";
        if (actor == Actor::device) who = "a pin";
        std::string suggestion;
        if (actor == Actor::device && pins_.empty())
            suggestion = "take one first: 'parent: p = gup(write, pin)'";
        else if (actor == Actor::device)
            suggestion = "write '" + pins_.back() + ": " + tree.entry.operation + "'";
        else if (const ServiceName* one = find_service(who.substr(1, who.size() - 2)))
            suggestion = "write '" + std::string(one->name) + ": " + tree.entry.operation + "'";
        complain(tree.actor_span, "'" + tree.entry.operation + "' is done by " + who, suggestion);
    }

    // Whose memory it is about.
    void whose(const ast::ProgramStep& tree, ProgramStep& step) {
        if (step.actor == Actor::cpu && !tree.process.empty() && tree.process != tree.actor)
            complain(tree.process_span, "a process works on its own memory",
                     "write '" + tree.process + ": " + tree.entry.operation + "'");
        if (step.actor == Actor::device && !tree.process.empty())
            complain(tree.process_span, "a pin is of one page", "leave 'of ...' out");
        if (step.actor == Actor::cpu) step.process = tree.actor;
    }

    void name(const ast::ProgramStep& tree, ProgramStep& step) {
        if (tree.name.empty()) return;
        step.name = tree.name;
        const auto is_word = [&](std::string_view word) {
            for (const Seen seen : {Seen::value, Seen::result, Seen::event, Seen::page, Seen::bit})
                for (const std::string_view one : words_of(seen))
                    if (one == word) return true;
            return is_value_name(word);
        };
        if (is_word(tree.name))
            complain(tree.name_span, "'" + tree.name + "' stands for itself in conditions",
                     "choose another name, in small letters");
        else if (find_service(tree.name) != nullptr)
            complain(tree.name_span, "'" + tree.name + "' is somebody who acts",
                     "choose another name");
        else if (std::any_of(names_.begin(), names_.end(),
                             [&](const Observed& one) { return one.name == tree.name; }))
            complain(tree.name_span, "there is a '" + tree.name + "' already",
                     "each name stands for one thing that is seen");
        names_.push_back({tree.name, step.seen, nullptr});
    }

    // ------------------------------------------------------------ conditions

    void condition(const ast::ProgramCondition& tree) {
        ProgramCondition condition;
        condition.span = tree.span;
        condition.word = static_cast<ProgramCondition::Word>(
            std::find(condition_words.begin(), condition_words.end(), tree.word) -
            condition_words.begin());
        condition.value = tree.value;
        condition.text = line_of(tree.span);
        truth(tree.value);
        result_.conditions.push_back(std::move(condition));
    }

    const Observed* find_name(const ast::Expr& expr) const {
        if (expr.kind == ast::ExprKind::paren) return find_name(expr.operands[0]);
        if (expr.kind != ast::ExprKind::name) return nullptr;
        for (const Observed& one : names_)
            if (one.name == expr.name) return &one;
        return nullptr;
    }

    // What is true or false.
    void truth(const ast::Expr& expr) {
        switch (expr.kind) {
        case ast::ExprKind::paren: return truth(expr.operands[0]);
        case ast::ExprKind::boolean: return;
        case ast::ExprKind::unary:
            if (expr.name == "not") return truth(expr.operands[0]);
            break;
        case ast::ExprKind::binary:
            if (expr.name == "and" || expr.name == "or" || expr.name == "implies") {
                truth(expr.operands[0]);
                return truth(expr.operands[1]);
            }
            if (expr.name != "+" && expr.name != "-") return comparison(expr);
            break;
        case ast::ExprKind::name: {
            const Observed* one = find_name(expr);
            if (one == nullptr) return unknown(expr);
            if (one->seen == Seen::bit) return;
            return complain(expr.span, "'" + expr.name + "' is not true or false by itself",
                            "compare it: '" + expr.name + " == ...'");
        }
        default: break;
        }
        complain(expr.span, "a condition compares names with '==', and joins that with and, or, "
                            "not and implies");
    }

    void unknown(const ast::Expr& expr) {
        std::vector<std::string_view> known;
        for (const Observed& one : names_) known.push_back(one.name);
        complain(expr.span, "nothing is seen under the name '" + expr.name + "'",
                 did_you_mean(expr.name, known));
    }

    void comparison(const ast::Expr& expr) {
        const ast::Expr* left = &expr.operands[0];
        const ast::Expr* right = &expr.operands[1];
        const Observed* one = find_name(*left);
        if (one == nullptr) {
            one = find_name(*right);
            std::swap(left, right);
        }
        if (one == nullptr) {
            const ast::Expr& first = expr.operands[0];
            if (first.kind == ast::ExprKind::name) return unknown(first);
            return complain(expr.span, "one side of a comparison is the name of something seen");
        }
        const bool ordered = expr.name != "==" && expr.name != "!=";
        if (ordered && one->seen != Seen::count)
            return complain(expr.span, "'" + one->name + "' is no count; compare it with == or !=");
        if (const Observed* other = find_name(*right)) {
            if (other->seen == one->seen) return;
            return complain(expr.span, "'" + one->name + "' and '" + other->name +
                                           "' are not of one kind, so they are never equal");
        }
        literal(*one, *right, ordered);
    }

    // A word or a number that a name is compared with.
    void literal(const Observed& one, const ast::Expr& expr, bool ordered) {
        if (expr.kind == ast::ExprKind::paren) return literal(one, expr.operands[0], ordered);
        const auto words = words_of(one.seen);
        const auto is = [&](std::string_view word) {
            return std::find(words.begin(), words.end(), word) != words.end();
        };
        if (expr.kind == ast::ExprKind::number) {
            if ((one.seen == Seen::count && expr.number <= 3) ||
                (one.seen == Seen::value && expr.number == 0))
                return;
        } else if (expr.kind == ast::ExprKind::boolean) {
            if (one.seen == Seen::bit) return;
        } else if (expr.kind == ast::ExprKind::none) {
            if (is("none")) return;
        } else if (expr.kind == ast::ExprKind::name && !ordered) {
            if (is(expr.name) || (one.seen == Seen::value && is_value_name(expr.name))) return;
        }
        std::string list;
        for (const std::string_view word : words)
            list += (list.empty() ? "" : ", ") + std::string(word);
        if (one.seen == Seen::value) list = "P0, P1, D1 and so on, 0, " + list;
        if (one.seen == Seen::count) list = "0 to 3, " + list;
        std::vector<std::string_view> known(words);
        for (const Observed& other : names_)
            if (other.seen == one.seen) known.push_back(other.name);
        complain(expr.span, "'" + one.name + "' is never that; it is one of " + list,
                 did_you_mean(expr.name, known));
    }

    const ast::Program& tree_;
    Diagnostics& out_;
    ProgramText result_;
    std::vector<std::string> pins_;
    std::vector<Observed> names_;
};

}  // namespace

std::optional<ProgramText> resolve_program(const ast::Program& tree, Diagnostics& out) {
    return Resolver(tree, out).run();
}

std::optional<ProgramText> read_program(const SourceFile& file, Diagnostics& out) {
    const auto tree = parse_program(file, out);
    if (!tree) return std::nullopt;
    return resolve_program(*tree, out);
}

std::vector<Observed> observed(const ProgramText& program) {
    std::vector<Observed> names;
    for_each_step(program.steps, [&](const ProgramStep& step) {
        if (!step.name.empty()) names.push_back({step.name, step.seen, &step});
    });
    return names;
}

std::string_view to_text(ProgramCondition::Word word) {
    return condition_words[static_cast<std::size_t>(word)];
}

std::vector<std::string_view> words_of(Seen seen) {
    std::vector<std::string_view> words;
    switch (seen) {
    case Seen::value: words = {"fault"}; break;
    case Seen::result: words = {"ok", "fault"}; break;
    case Seen::event: words = {"event", "none"}; break;
    case Seen::page: words = {"zeropage", "file", "swapped", "migrating", "none"}; break;
    case Seen::bit: words = {"true", "false"}; break;
    case Seen::count: break;
    }
    words.insert(words.end(), everybodys_words.begin(), everybodys_words.end());
    return words;
}

bool is_value_name(std::string_view word) {
    return word.size() > 1 && word[0] >= 'A' && word[0] <= 'Z' &&
           std::all_of(word.begin() + 1, word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace cowcheck
