// What became of each wrong change: data that reports are made of.
#pragma once

#include "verify/ablate/changes.h"
#include "verify/gate/report.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cowcheck {

enum class Fate : std::uint8_t {
    needed,        // something that the design keeps breaks
    same_program,  // nothing differs, in any world
    equivalent,    // the text says why it makes no difference
    unnoticed,     // nothing got worse in any world
    undecided,     // the budget ended before
    refused,       // the compiler does not take it: no result
};

[[nodiscard]] std::string_view name_of(Fate fate);

// What breaks: a property in a world, or a path that does not come to its end any more.
struct Broken {
    std::string property;  // or empty
    bool cost = false;
    std::string world;
    unsigned operations = 0;
    std::optional<unsigned> steps;  // with a trace
    std::string trace;
    std::string story;
    std::string path;  // of the table of costs; or empty

    friend bool operator==(const Broken&, const Broken&) = default;
};

struct Judgement {
    Fate fate = Fate::undecided;
    Broken broken;           // needed
    std::string why;         // equivalent: as the text says; undecided: what ended it
    bool cut_short = false;  // undecided: by the time, the memory or Ctrl-C, so not for good
    bool fault = false;      // of cowcheck itself
    unsigned worlds = 0;     // in which the program is another one
    unsigned differing = 0;  // of these, those that have other states or more or less of them
    std::uint64_t states = 0;

    friend bool operator==(const Judgement&, const Judgement&) = default;
};

struct ChangeResult {
    WrongChange change;
    std::string design;  // the name of the text with the change
    DesignPlace place;
    Judgement judgement;
    std::string kept;      // the file that has the text
    bool known = false;    // from an earlier run
};

// `# equivalent: WHY` that explains no change that is looked at.
struct IdleMark {
    DesignPlace place;
    std::string why;
};

struct AblateReport {
    std::string design;
    std::string title;
    unsigned concurrency = 0;
    std::uint64_t budget = 0;
    std::size_t worlds = 0;
    std::size_t refused = 0;    // changes that the compiler does not take
    std::size_t unreached = 0;  // changes of definitions that nobody comes to in any of the worlds
    std::vector<ChangeResult> results;
    std::vector<IdleMark> idle_marks;
    std::string stop_text;
    double seconds = 0;

    [[nodiscard]] std::size_t count(Fate fate) const;
    // Of the changes that are not the same program nor equivalent: the share that is needed, 0 to
    // 1; nothing if there are none. With `marks`, what the text explains is left out.
    [[nodiscard]] std::optional<double> rate(bool marks) const;
    [[nodiscard]] int exit_status() const;
};

}  // namespace cowcheck
