#include "cli/stepper/stepper.h"

#include "cli/options/parse_numbers.h"
#include "cli/stepper/line_input.h"
#include "cli/stepper/reach.h"
#include "cli/terminal/output.h"
#include "cli/terminal/terminal.h"
#include "model/language/source.h"
#include "traces/text.h"
#include "verify/run/bad_input.h"
#include "verify/run/numbers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <sstream>

#include <unistd.h>

namespace cowcheck {

namespace {

using Words = std::vector<std::string>;

constexpr unsigned prompt_rows = 2;  // the prompt, and what was typed before

constexpr std::string_view help =
    R"(going      next [N], back [N]    N steps, 1 if it is not said
           jump N, start, end   to a step; 0 is the start; N alone does as well
           cpu [WHO] [back]     the next step of a thread: cpu1, monitor, device;
                                without a name: of the one that stepped last
           change WHAT [back]   the next change of a page, PTE, pin or any other
                                element: A, parent.pte[0], pin0, parent, cpu1.tlb[0]
           violation            to the step that violates the property
looking    view                 step, source, state, property, as far as the window has room
           step, source, state  one of them
           ghosts               the state with what no kernel knows
           property             the property's expression, with every part
           fields               the whole state for scripts: NAME.FIELD = VALUE
           steps                all steps, one line each
what if    what-if              what else can be done here
           take N               do it, and go on by hand
           reach [N] [states M] [time T]
                                can the violation still be reached from here, if N
                                more operations start? The checker is asked.
           follow               take the way that reach has found
           rejoin               back to the trace, to where it was left
           help, quit
An empty line on a terminal does the last command again. A command may be
shortened as long as it is clear which one is meant: n, b, j, w, t, r, q.
)";

class Stepper {
public:
    explicit Stepper(const StepperContext& context)
        : context_(context), walk_(context.trace, context.program),
          property_(context.program, context.properties, context.trace.header.property.name),
          input_(completions()), paint_(wants_colour(STDOUT_FILENO)) {}

    void run() {
        if (input_.interactive()) {
            view({});
            print("'help' lists the commands\n");
        }
        std::string last;
        while (const auto line = input_.next("(" + std::to_string(walk_.position()) + ") ")) {
            const bool again = line->empty() && input_.interactive();
            if (!obey(again ? last : *line)) return;
            if (!again) last = *line;
        }
        if (input_.interactive()) print("\n");
    }

private:
    struct Command {
        std::string_view name;
        std::size_t most_words;
        void (Stepper::*run)(const Words&);
    };
    static const std::array<Command, 23> commands;

    // False: the user wants to leave.
    bool obey(const std::string& line) {
        std::istringstream in(line);
        Words words;
        for (std::string word; in >> word;) words.push_back(word);
        if (words.empty() || words[0].front() == '#') return true;
        if (words[0].find_first_not_of("0123456789") == std::string::npos)
            words.insert(words.begin(), "jump");
        try {
            const Command& command = find(words[0]);
            if (command.run == nullptr) return false;
            if (words.size() - 1 > command.most_words)
                throw BadInput("'" + std::string(command.name) + "' does not expect '" +
                               words[command.most_words + 1] + "'");
            words.erase(words.begin());
            (this->*command.run)(words);
        } catch (const BadInput& error) {
            if (!input_.interactive())
                throw BadInput("commands:" + std::to_string(input_.line()) + ": " + error.what());
            print(paint_.bad(error.what()) + "\n");
        }
        return true;
    }

    static const Command& find(const std::string& word) {
        const Command* found = nullptr;
        std::vector<std::string_view> names;
        for (const Command& command : commands) {
            names.push_back(command.name);
            if (command.name == word) return command;
            // The first one listed: n is next, s is step.
            if (found == nullptr && command.name.starts_with(word)) found = &command;
        }
        if (found != nullptr) return *found;
        const std::string hint = did_you_mean(word, names);
        throw BadInput("there is no command '" + printable(word) + "'; " +
                       (hint.empty() ? "'help' lists them" : hint));
    }

    Words completions() const {
        Words words;
        for (const Command& command : commands) words.emplace_back(command.name);
        for (const ViewElement& element : walk_.runner().view()) words.push_back(element.name);
        return words;
    }

    Scene scene() const {
        const std::string& name = context_.trace.header.property.name;
        return {walk_, property_, name, property_bit(context_.program, name), paint_};
    }

    static unsigned number(const Words& words, unsigned otherwise, unsigned high) {
        return words.empty() ? otherwise : parse_number("a number of steps", words[0], 0, high);
    }

    void show() {
        if (input_.interactive())
            view({});
        else
            print(step_screen(scene()));
    }

    void go(unsigned position) {
        walk_.go(position);
        show();
    }

    // ------------------------------------------------------------ going

    void next(const Words& words) {
        const unsigned left = walk_.size() - walk_.position();
        const unsigned wanted = number(words, 1, 1000000);
        if (left == 0 && wanted > 0) throw BadInput("this is the last step");
        go(walk_.position() + std::min(left, wanted));
    }
    void back(const Words& words) {
        const unsigned wanted = number(words, 1, 1000000);
        if (walk_.position() == 0 && wanted > 0) throw BadInput("this is the start");
        go(walk_.position() - std::min(walk_.position(), wanted));
    }
    void jump(const Words& words) {
        if (words.empty()) throw BadInput("jump: expected the number of a step");
        go(parse_number("jump", words[0], 0, walk_.size()));
    }
    void start(const Words&) { go(0); }
    void end(const Words&) { go(walk_.size()); }
    void violation(const Words&) {
        const auto first = walk_.first_violation(scene().property_bit);
        if (!first) throw BadInput("no step violates the property");
        go(*first);
    }

    // The nearest step ahead, or behind, that is wanted.
    template <class Wanted>
    void seek(bool backwards, const std::string& what, Wanted&& wanted) {
        const unsigned here = walk_.position();
        if (backwards) {
            for (unsigned i = here; i-- > 1;)
                if (wanted(walk_.step(i))) return go(i);
        } else {
            for (unsigned i = here + 1; i <= walk_.size(); ++i)
                if (wanted(walk_.step(i))) return go(i);
        }
        throw BadInput("no " + std::string(backwards ? "earlier" : "later") + " " + what);
    }

    static bool take_back(Words& words) {
        if (words.empty() || words.back() != "back") return false;
        words.pop_back();
        return true;
    }

    // "; did you mean 'page A'?", or what there is.
    static std::string suggestion(const std::string& word,
                                  const std::vector<std::string_view>& known) {
        const std::string hint = did_you_mean(word, known);
        if (!hint.empty()) return "; " + hint;
        std::string list;
        for (const std::string_view one : known)
            list += (list.empty() ? "" : ", ") + std::string(one);
        return "; known: " + list;
    }

    void cpu(const Words& asked) {
        Words words = asked;
        const bool backwards = take_back(words);
        std::string who = words.empty() ? walk_.outcome().step.thread : words[0];
        if (who.empty()) who = walk_.size() > 0 ? walk_.step(1).thread : "cpu0";
        std::vector<std::string_view> known{"device"};
        for (const Thread& thread : context_.program.world.threads) known.push_back(thread.name);
        if (std::find(known.begin(), known.end(), who) == known.end())
            throw BadInput("the world has no thread '" + printable(who) + "'" +
                           suggestion(who, known));
        seek(backwards, "step of " + who,
             [&](const TraceStep& step) { return step.thread == who; });
    }

    void change(const Words& asked) {
        Words words = asked;
        const bool backwards = take_back(words);
        if (words.empty()) throw BadInput("change: expected what: A, parent.pte[0], pin0");
        std::string what = words[0] == "page" && words.size() > 1 ? words[1] : words[0];
        const View elements = walk_.runner().view();
        std::vector<std::string_view> known;
        bool found = false;
        for (const ViewElement& element : elements) {
            known.push_back(element.name);
            if (element.element == what) what = element.name;
            found = found || element.name == what;
        }
        if (!found)
            throw BadInput("there is no '" + printable(what) + "' in this world" +
                           suggestion(what, known));
        seek(backwards, "change of " + what, [&](const TraceStep& step) {
            return std::any_of(step.changes.begin(), step.changes.end(),
                               [&](const StateChange& one) {
                                   return element_text(one.scope, one.element) == what;
                               });
        });
    }

    // ------------------------------------------------------------ looking

    void step(const Words&) { print(step_screen(scene())); }
    void source(const Words&) { print(source_screen(scene())); }
    void state(const Words&) { print(state_screen(scene(), false)); }
    void ghosts(const Words&) { print(state_screen(scene(), true)); }
    void property(const Words&) { print(property_screen(scene(), PropertyParts::all)); }
    void fields(const Words&) { print(fields_screen(scene())); }
    void steps(const Words&) { print(steps_screen(scene())); }
    void usage(const Words&) { print(help); }
    void view(const Words&) {
        Room room;
        if (const TerminalSize size = terminal_size(STDOUT_FILENO);
            input_.interactive() && size.rows > prompt_rows)
            room = {size.columns, size.rows - prompt_rows};
        print(view_screen(scene(), room));
    }

    // ------------------------------------------------------------ what if

    void what_if(const Words&) { print(choices_screen(scene())); }

    void take(const Words& words) {
        const auto choices = walk_.choices();
        if (words.empty()) throw BadInput("take: expected a number that 'what-if' lists");
        if (choices.empty()) throw BadInput("take: nothing can happen here");
        const unsigned which =
            parse_number("take", words[0], 1, static_cast<unsigned>(choices.size()));
        const Choice& choice = choices[which - 1];
        if (!choice.blocked.empty()) throw BadInput("that can't be done now: " + choice.blocked);
        (void)walk_.take(choice.action);
        show();
    }

    void rejoin(const Words&) {
        if (!walk_.left_after()) throw BadInput("this is the trace's own way already");
        walk_.rejoin();
        show();
    }

    unsigned operations_left() const {
        const unsigned started = walk_.runner().operations();
        const unsigned all = context_.trace.operations;
        return all > started ? all - started : 0;
    }

    ReachLimits limits_of(const Words& words) const {
        ReachLimits limits;
        limits.operations = operations_left();
        limits.concurrency = context_.trace.header.concurrency;
        for (std::size_t i = 0; i < words.size(); ++i) {
            const bool has_value = i + 1 < words.size();
            if (words[i] == "states" && has_value)
                limits.max_states = parse_count("reach states", words[++i]);
            else if (words[i] == "time" && has_value)
                limits.max_time = parse_duration("reach time", words[++i]);
            else
                limits.operations = parse_number("reach", words[i], 0, 255);
        }
        return limits;
    }

    void reach(const Words& words) {
        const std::uint32_t bit = scene().property_bit;
        const auto first = walk_.first_violation(bit);
        if (first && *first <= walk_.position()) {
            print("it is violated already, by step " + std::to_string(*first) + "\n");
            return;
        }
        const ReachLimits limits = limits_of(words);
        const ReachAnswer answer =
            ask_checker(walk_.runner().program(), walk_.runner().state(),
                        static_cast<unsigned>(std::countr_zero(bit)), limits);
        found_ = answer.schedule;
        found_at_ = walk_.runner().state();
        const std::string bounds =
            " if " + counted(limits.operations, "more operation") +
            (limits.operations == 1 ? " starts, " : " start, ") +
            (limits.concurrency == 0 ? "any number" : std::to_string(limits.concurrency)) +
            " in flight";
        const std::string looked = " (" + counted(answer.states, "state") + ")\n";
        if (answer.verdict == ReachAnswer::Verdict::reachable)
            print("yes: the violation can be reached from here, by " +
                  counted(answer.operations, "more operation") + " and " +
                  counted(answer.schedule.size(), "step") + "; 'follow' takes that way" + looked);
        else if (answer.verdict == ReachAnswer::Verdict::unreachable)
            print("no: the violation can't be reached from here" +
                  (answer.exhausted
                       ? ", however many operations start, " +
                             (limits.concurrency == 0 ? std::string("any number")
                                                      : std::to_string(limits.concurrency)) +
                             " in flight"
                       : "," + bounds) +
                  looked);
        else
            print("undecided: the checker was stopped by " + answer.why_undecided + looked);
    }

    void follow(const Words&) {
        if (found_.empty() || walk_.runner().state() != found_at_)
            throw BadInput("there is no way to follow: 'reach' looks for one from here");
        const unsigned here = walk_.position();
        for (const Action& action : found_) (void)walk_.take(action);
        found_.clear();
        print("steps " + std::to_string(here + 1) + " to " + std::to_string(walk_.position()) +
              " are new\n");
        show();
    }

    StepperContext context_;
    Walk walk_;
    PropertyView property_;
    LineInput input_;
    Paint paint_;
    std::vector<Action> found_;  // by reach, from this state on
    State found_at_;
};

const std::array<Stepper::Command, 23> Stepper::commands{{
    {"next", 1, &Stepper::next},
    {"back", 1, &Stepper::back},
    {"jump", 1, &Stepper::jump},
    {"what-if", 0, &Stepper::what_if},
    {"take", 1, &Stepper::take},
    {"reach", 5, &Stepper::reach},
    {"view", 0, &Stepper::view},
    {"cpu", 2, &Stepper::cpu},
    {"change", 3, &Stepper::change},
    {"start", 0, &Stepper::start},
    {"end", 0, &Stepper::end},
    {"violation", 0, &Stepper::violation},
    {"step", 0, &Stepper::step},
    {"source", 0, &Stepper::source},
    {"state", 0, &Stepper::state},
    {"ghosts", 0, &Stepper::ghosts},
    {"property", 0, &Stepper::property},
    {"fields", 0, &Stepper::fields},
    {"steps", 0, &Stepper::steps},
    {"follow", 0, &Stepper::follow},
    {"rejoin", 0, &Stepper::rejoin},
    {"help", 0, &Stepper::usage},
    {"quit", 0, nullptr},
}};

}  // namespace

void run_stepper(const StepperContext& context) { Stepper(context).run(); }

}  // namespace cowcheck
