// Who is told what happens while something is explored.
#pragma once

#include "verify/run/check_run.h"
#include "verify/run/fault.h"
#include "verify/run/results.h"

#include <cstddef>
#include <functional>
#include <string>

namespace cowcheck {

struct Trace;

// Writes a trace, and returns where it is. Throws BadInput if that can't be done.
using TraceSink = std::function<std::string(const Trace&)>;

class Observer {
public:
    Observer() = default;
    virtual ~Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;

    // The run is about to explore one more level. Called by any thread, several runs may be
    // under way.
    virtual void exploring(const CheckRun&) {}
    // Something that is no result: one line. Called by any thread.
    virtual void note(const std::string&) {}
    // By the thread that concludes.
    virtual void fault(const Fault&) {}
};

// Of a check: by the thread that checks, but for the levels of runs.
class Reporter : public Observer {
public:
    virtual void begin(const CheckResults&) {}
    // The run in that place of the results goes on, and has ended a level. Called by any thread.
    virtual void begin_level(std::size_t, const CheckRun&) {}
    virtual void end_level(std::size_t, const CheckRun&) {}
    // A property of a run got its verdict.
    virtual void verdict(const CheckResults&, const RunResult&, const PropertyResult&) {}
    // A run has explored one more level, or will not any more.
    virtual void level(const CheckResults&, const RunResult&) {}
    virtual void end(const CheckResults&) = 0;
};

}  // namespace cowcheck
