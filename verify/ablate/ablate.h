// What every step of a design is for: each wrong change of one statement, judged against the
// design as it is.
#pragma once

#include "verify/ablate/definitions.h"
#include "verify/ablate/judge.h"
#include "verify/ablate/known_results.h"
#include "verify/ablate/report.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cowcheck {

// A line of a definition, or of a file.
struct WantedLine {
    std::string name;  // "do_wp_page", or "v5.9.cow"
    unsigned line = 0;
};

struct AblateRequest {
    DesignText design;
    Selection selection;                // its worlds and properties are looked at
    std::vector<std::string> handlers;  // none: all
    std::vector<WantedLine> lines;      // none: all
    std::optional<unsigned> depth;      // in every world; nothing: as each says
    unsigned concurrency = 2;
    std::uint64_t budget = 20'000'000;  // states of one change in all worlds
    StopLimits limits;                  // the time, and the memory
    unsigned threads = 1;
    unsigned shard = 0;  // of the changes, those whose number leaves this rest ...
    unsigned shards = 1;
    std::string tool;  // what else the results depend on
};

struct AblateSinks {
    TraceSink trace;  // or nothing
    // Keeps the text of a change; returns where. Or nothing.
    std::function<std::string(const std::string& name, const std::string& text)> keep;
    // What is known by now is to be stored; called now and then, and at the end. Or nothing.
    std::function<void(const KnownResults&)> store;
};

class AblateObserver : public Observer {
public:
    // So many of the worlds of the design itself have been explored.
    virtual void explored(std::size_t, std::size_t) {}
    // A change has been judged, as so many of all; seconds until the end, as far as that is known.
    virtual void judged(const ChangeResult&, std::size_t, std::size_t, double) {}
};

// Throws BadInput. `known` gets what is new.
[[nodiscard]] AblateReport ablate(const Library& library, const AblateRequest& request,
                                  KnownResults& known, AblateObserver& observer,
                                  const AblateSinks& sinks);

}  // namespace cowcheck
