#include "lab/reproduce/c_text.h"

#include "lab/reproduce/c_calls.h"
#include "traces/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace cowcheck {

namespace {

using wire::Operation;

constexpr std::size_t comment_width = 92;

// Who takes steps: a thread of a process, or (no slot) of the program itself.
struct Lane {
    std::optional<unsigned> slot;
    unsigned number = 0;
    friend bool operator==(const Lane&, const Lane&) = default;
};

class CWriter {
public:
    CWriter(const Reproduction& reproduction, const CHeader& header)
        : r_(reproduction), header_(header), calls_(c_calls(reproduction)) {
        place_steps();
    }

    std::string run() const {
        std::string text = comment() + includes() + constants();
        text += part("shared") + tables() + part("turns");
        if (r_.window) text += part("lanes") + part("race");
        for (const std::string_view name : calls_.parts) text += part(name);
        text += hooks();
        if (!r_.window) text += part("lanes");
        if (forks()) text += "static long start_process(int slot, unsigned long flags);\n\n";
        if (forks()) text += part("fork");
        text += steps() + lanes() + part("process") + verdict() + part("round");
        while (text.ends_with("\n\n")) text.pop_back();
        return text;
    }

private:
    static std::string part(std::string_view name) { return std::string(c_part(name)) + "\n"; }

    [[nodiscard]] bool has(std::string_view part) const {
        return std::find(calls_.parts.begin(), calls_.parts.end(), part) != calls_.parts.end();
    }
    [[nodiscard]] bool forks() const {
        return std::any_of(r_.plan.steps.begin(), r_.plan.steps.end(), [](const wire::Step& step) {
            return step.operation == Operation::fork;
        });
    }

    // ------------------------------------------------------------ who and when

    void place_steps() {
        const auto& all = r_.plan.steps;
        for (std::size_t at = 0; at < all.size(); ++at) {
            const bool races = branches(all[at].group) > 1;
            const bool goes_on = at > 0 && all[at - 1].group == all[at].group && races;
            if (at > 0 && !goes_on) ++turns_;
            turn_of_.push_back(turns_);
            lane_of_.push_back(lane(at));
        }
        ++turns_;
        for (const Lane& lane : lane_of_)
            if (std::find(lanes_.begin(), lanes_.end(), lane) == lanes_.end())
                lanes_.push_back(lane);
        if (std::find(lanes_.begin(), lanes_.end(), Lane{{}, 0}) == lanes_.end())
            lanes_.push_back({{}, 0});
        std::sort(lanes_.begin(), lanes_.end(), [](const Lane& a, const Lane& b) {
            return std::pair(!a.slot, std::pair(a.slot, a.number)) <
                   std::pair(!b.slot, std::pair(b.slot, b.number));
        });
    }

    [[nodiscard]] std::size_t branches(unsigned group) const {
        std::set<unsigned> all;
        for (const wire::Step& step : r_.plan.steps)
            if (step.group == group) all.insert(step.branch);
        return all.size();
    }

    // What is done from outside in one branch is done by one thread.
    [[nodiscard]] Lane lane(std::size_t at) const {
        const wire::Step& step = r_.plan.steps[at];
        if (wire::info(step.operation).by_process) return {step.slot, step.cpu};
        std::set<unsigned> before;
        for (const wire::Step& other : r_.plan.steps)
            if (other.group == step.group && !wire::info(other.operation).by_process &&
                other.branch < step.branch)
                before.insert(other.branch);
        return {{}, static_cast<unsigned>(before.size())};
    }

    // A process that only the start needs is none of the world's.
    [[nodiscard]] std::string process(unsigned slot) const {
        return slot < r_.world.processes.size() ? c_name(r_.world.processes[slot].name) : "helper";
    }

    [[nodiscard]] std::size_t slots() const {
        std::size_t slots = r_.world.processes.size();
        for (const wire::Step& step : r_.plan.steps) {
            if (wire::info(step.operation).by_process)
                slots = std::max<std::size_t>(slots, step.slot + 1);
            if (step.operation == Operation::fork)
                slots = std::max<std::size_t>(slots, step.arguments[0] + 1);
        }
        return slots;
    }

    [[nodiscard]] std::string who(const Lane& lane) const {
        const std::string name = lane.slot ? process(*lane.slot) : "outside";
        return lane.number == 0 ? name : fmt::format("{}_{}", name, lane.number + 1);
    }

    // A race is tried with all that begins at once; a monitor that waits beside a store is none.
    [[nodiscard]] bool is_race(std::size_t at) const {
        const unsigned group = r_.plan.steps[at].group;
        return r_.window && branches(group) > 1 &&
               std::none_of(r_.plan.steps.begin(), r_.plan.steps.end(), [&](const auto& step) {
                   return step.group == group && step.operation == Operation::wait_event;
               });
    }

    // ------------------------------------------------------------ on top

    // Lines that are indented stay as they are; what is longer is wrapped.
    static std::string comment_lines(std::string_view text) {
        std::string out;
        while (!text.empty()) {
            const auto end = std::min(text.find('\n'), text.size());
            const std::string_view line = text.substr(0, end);
            if (line.empty())
                out += " *\n";
            else if (line.starts_with(' '))
                out += " * " + printable(line) + "\n";
            else
                for (const std::string& row : wrap(printable(line), comment_width))
                    out += " * " + row + "\n";
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        // Nothing in it may end the comment, or begin another one.
        for (const std::string_view mark : {"*/", "/*"})
            for (auto at = out.find(mark); at != std::string::npos; at = out.find(mark, at + 1))
                if (at != 0) out.replace(at, 2, "* ");
        return out;
    }

    static std::string indented(std::string_view text) {
        std::string out;
        while (!text.empty()) {
            const auto end = std::min(text.find('\n'), text.size());
            out += end == 0 ? "\n" : "    " + std::string(text.substr(0, end)) + "\n";
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return out;
    }

    [[nodiscard]] std::string comment() const {
        const TraceHeader& h = header_.about;
        std::string text = fmt::format(
            "{}: {}.\n\n"
            "Design {} violates it in world {}. Written by cowcheck {} from a trace. It prints "
            "`not ok` on a kernel that does what the design does, `ok` on one that does not, and "
            "`ok ... # SKIP why` where something is lacking. It changes nothing but memory of its "
            "own{}.\n\n"
            "    gcc -O2 -Wall -Wextra -pthread (and -static for a guest that has nothing else)\n\n"
            "It looks at {}.{}\n",
            h.property.name, h.property.meaning, h.design.name, h.world.name, h.tool_version,
            has("merge") ? " and, as long as it runs, /sys/kernel/mm/ksm/run" : "",
            r_.promise.words,
            r_.reference.empty()
                ? std::string()
                : fmt::format(" Design {} does not show it, in any interleaving.", r_.reference));
        text += r_.window ? fmt::format("\nIt has a window to hit, and tries for {} seconds: `ok` "
                                        "means not seen.\n",
                                        header_.seconds)
                          : "\nOne step comes after the other: what is there shows at once.\n";
        for (const std::string& window : r_.windows) text += "\nThe window: " + window + ".\n";
        for (const std::string& note : r_.notes) text += "\n" + note + ".\n";
        text += "\nThe program, as `cowcheck run` takes it:\n\n" + indented(r_.program);
        text += "\nThe schedule of the trace:\n\n" + indented(header_.story);
        return "// SPDX-License-Identifier: MIT\n/*\n" + comment_lines(text) + " */\n";
    }

    [[nodiscard]] std::string includes() const {
        std::set<std::string> names{"errno.h",     "fcntl.h",     "pthread.h",     "sched.h",
                                    "setjmp.h",    "signal.h",    "stdatomic.h",   "stdio.h",
                                    "stdlib.h",    "string.h",    "sys/mman.h",    "sys/prctl.h",
                                    "sys/wait.h",  "time.h",      "unistd.h",      "sys/syscall.h"};
        if (has("ring")) names.insert({"linux/io_uring.h", "sys/uio.h"});
        if (has("uffd")) names.insert({"linux/userfaultfd.h", "sys/ioctl.h"});
        if (has("scan")) names.insert("sys/ioctl.h");
        if (has("pipe") || has("page_out")) names.insert("sys/uio.h");
        std::string text = "#define _GNU_SOURCE\n";
        for (const std::string& name : names) text += "#include <" + name + ">\n";
        return text + "\n";
    }

    [[nodiscard]] std::string constants() const {
        const auto& all = r_.plan.steps;
        const auto map = std::find_if(all.begin(), all.end(), [](const wire::Step& step) {
            return step.operation == Operation::map;
        });
        std::string text = fmt::format(
            "#define TEST \"{}: {} does not do what {} does\"\n\n"
            "#define SLOTS\t\t{}\t/* processes */\n#define STEPS\t\t{}\n#define TURNS\t\t{}\n"
            "#define UNIT\t\t{}UL\t/* base pages in a page */\n#define STRIDE\t\t{}UL\n"
            "#define SECONDS\t\t{}\n#define ROUNDS\t\t{}\n#define ROUND_SECONDS\t15\n\n",
            header_.about.property.name, "this kernel", header_.about.design.name,
            slots(), all.size(), turns_,
            map == all.end() ? 1 : map->arguments[2], map == all.end() ? 1 : map->arguments[3],
            r_.window ? header_.seconds : 60, r_.window ? 1'000'000 : 3);
        text += "/* Values in memory, by who stores them. */\nenum {\n";
        for (const auto& [number, name] : r_.plan.values)
            text += fmt::format("\t{} = {:#x},\n", c_name(name), number);
        text += "};\n\n";
        if (has("collapse"))
            text += "#ifndef MADV_COLLAPSE\n#define MADV_COLLAPSE\t25\n#endif\n\n";
        return text;
    }

    // ------------------------------------------------------------ the steps

    [[nodiscard]] std::string text_of(std::size_t at) const {
        return who(lane_of_[at]) + ": " + calls_.steps[at].words;
    }

    [[nodiscard]] std::string tables() const {
        std::string text = "static const unsigned char turn_of[STEPS] = {";
        for (std::size_t at = 0; at < turn_of_.size(); ++at)
            text += fmt::format("{}{}", at % 16 == 0 ? "\n\t" : " ", turn_of_[at]) + ",";
        text += "\n};\nstatic const unsigned char steps_in[TURNS] = {";
        for (unsigned turn = 0; turn < turns_; ++turn)
            text += fmt::format("{}{},", turn % 16 == 0 ? "\n\t" : " ",
                                std::count(turn_of_.begin(), turn_of_.end(), turn));
        text += "\n};\n";
        if (has("uffd_wait")) {
            text += "static const unsigned char is_outside[STEPS] = {";
            for (std::size_t at = 0; at < lane_of_.size(); ++at)
                text += fmt::format("{}{},", at % 16 == 0 ? "\n\t" : " ", lane_of_[at].slot ? 0 : 1);
            text += "\n};\n";
        }
        text += "static const char *const text_of[STEPS] = {\n";
        for (std::size_t at = 0; at < calls_.steps.size(); ++at)
            text += fmt::format("\t\"{}\",\n", text_of(at));
        return text + "};\n\n";
    }

    [[nodiscard]] std::string hooks() const {
        std::string text = "static void idle(void)\n{\n\treap();\n";
        if (has("uffd_events")) text += "\tread_events();\n";
        text += "}\n\n/* In each round, before anything else. */\nstatic void prepare(void)\n{\n";
        std::string rings;
        for (std::size_t at = 0; at < r_.plan.steps.size(); ++at)
            if (r_.plan.steps[at].operation == Operation::pin)
                rings += fmt::format(
                    "\tstruct seen ring_{0} = make_ring({0});\n\n\tif (ring_{0}.what == UNABLE)\n"
                    "\t\tarrive({1}, ring_{0});\n",
                    r_.plan.steps[at].arguments[1], at);
        text += rings + "}\n\n/* What is lacking; NULL if nothing is. */\nstatic const char "
                        "*before_all(void)\n{\n";
        std::string checks;
        if (has("ksm")) text += "\tksm_before = ksm_number(\"run\");\n";
        for (const std::string_view one : {"soft_dirty", "collapse"})
            if (has(one)) checks += fmt::format("{}{}_works()", checks.empty() ? "" : " ?: ", one);
        text += fmt::format("\treturn {};\n", checks.empty() ? "NULL" : checks);
        text += "}\n\nstatic void after_all(void)\n{\n";
        if (has("ksm")) text += "\tksm_run(ksm_before);\n";
        return text + "}\n\n";
    }

    [[nodiscard]] std::string steps() const {
        std::string text;
        for (const Lane& lane : lanes_) {
            text += fmt::format("static void {}(void)\n{{\n", "steps_of_" + who(lane));
            std::optional<unsigned> raced;
            for (std::size_t at = 0; at < lane_of_.size(); ++at) {
                if (lane_of_[at] != lane) continue;
                if (is_race(at) && raced != turn_of_[at]) {
                    raced = turn_of_[at];
                    text += fmt::format("\tif (!race({}, {}))\n\t\treturn;\n", turn_of_[at],
                                        branches(r_.plan.steps[at].group));
                }
                text += fmt::format("\t/* {}{} */\n\tAT({}, {});\n", calls_.steps[at].words,
                                    at < r_.plan.setup ? " (the start)" : "", at,
                                    calls_.steps[at].call);
            }
            text += "}\n\n";
        }
        return text;
    }

    [[nodiscard]] std::string lanes() const {
        std::string text = "static const struct lane lanes[] = {\n";
        for (std::size_t i = 0; i < lanes_.size(); ++i)
            text += fmt::format("\t{{ {}, {}, {}, steps_of_{} }},\n",
                                lanes_[i].slot ? static_cast<int>(*lanes_[i].slot) : -1,
                                lanes_[i].number, r_.window ? i : 0, who(lanes_[i]));
        return text + "};\n\n";
    }

    // ------------------------------------------------------------ the verdict

    [[nodiscard]] const PlannedLook* look(const std::string& name) const {
        for (const PlannedLook& one : r_.plan.looks)
            if (one.name == name) return &one;
        return nullptr;
    }

    [[nodiscard]] std::string value_of(const PlannedLook& look) const {
        const std::string value = fmt::format("shared->seen[{}].value", look.step);
        return look.seen == Seen::bit ? fmt::format("({} >> {} & 1)", value, look.bit) : value;
    }

    // What a word of a condition is as a value.
    [[nodiscard]] std::string literal(const std::string& word) const {
        if (word == "true" || word == "event") return "1";
        if (word == "false" || word == "none") return "0";
        return c_name(word);
    }

    [[nodiscard]] std::string condition() const {
        const BrokenIf& broken = r_.promise.broken;
        const PlannedLook& left = *look(broken.left);
        const std::string done = fmt::format("shared->seen[{}].what == DONE", left.step);
        if (broken.right == "fault")
            return broken.equal ? fmt::format("shared->seen[{}].what == FAULTED", left.step) : done;
        const PlannedLook* right = look(broken.right);
        return fmt::format("{} &&\n\t       {} {} {}", done, value_of(left),
                           broken.equal ? "==" : "!=",
                           right != nullptr ? value_of(*right) : literal(broken.right));
    }

    [[nodiscard]] std::string verdict() const {
        std::string text = fmt::format(
            "/* {} */\nstatic int is_broken(void)\n{{\n\treturn {};\n}}\n\n"
            "static void tell(void)\n{{\n",
            r_.promise.broken.text(), condition());
        for (const PlannedLook& one : r_.plan.looks)
            if (one.name == r_.promise.broken.left || one.name == r_.promise.broken.right)
                text += fmt::format(
                    "\tprintf(\"# {} is %s%#lx ({})\\n\",\n\t       shared->seen[{}].what == FAULTED "
                    "? \"a fault \" : \"\", {});\n",
                    one.name, text_of(one.step), one.step, value_of(one));
        return text + "}\n\n";
    }

    const Reproduction& r_;
    const CHeader& header_;
    CCalls calls_;
    unsigned turns_ = 0;
    std::vector<unsigned> turn_of_;
    std::vector<Lane> lane_of_;
    std::vector<Lane> lanes_;
};

}  // namespace

std::string c_text(const Reproduction& reproduction, const CHeader& header) {
    return CWriter(reproduction, header).run();
}

}  // namespace cowcheck
