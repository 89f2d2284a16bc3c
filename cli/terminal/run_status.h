// One line at the bottom of the terminal: what is being explored.
#pragma once

#include "cli/terminal/terminal.h"
#include "verify/run/reporter.h"

#include <functional>

namespace cowcheck {

class RunStatus : public Observer {
public:
    // What `report_fault` writes, it writes with the line gone.
    explicit RunStatus(std::function<void(const Fault&)> report_fault);

    void exploring(const CheckRun& run) override;
    void fault(const Fault& fault) override;
    // Before anything else is printed.
    void clear();

private:
    std::function<void(const Fault&)> report_fault_;
    bool shows_;
    StatusLine line_;
};

}  // namespace cowcheck
