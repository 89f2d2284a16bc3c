// Tells a check on the terminal while it runs: a matrix that fills in, or a line for each thing
// that is known; how far it has come on stderr; and the whole of it in the end.
#pragma once

#include "cli/terminal/progress.h"
#include "cli/terminal/terminal.h"
#include "verify/run/reporter.h"

#include <functional>
#include <memory>

namespace cowcheck {

// What all check reporters do: progress, and faults.
class CheckReporter : public Reporter {
public:
    // What `report_fault` writes, it writes with the status line gone.
    CheckReporter(StatusLine& status, std::function<void(const Fault&)> report_fault);
    void begin(const CheckResults& results) override;
    void begin_level(std::size_t place, const CheckRun& run) override;
    void end_level(std::size_t place, const CheckRun& run) override;
    void note(const std::string& line) override;
    void fault(const Fault& fault) override;
    void end(const CheckResults& results) override;

protected:
    [[nodiscard]] StatusLine& status() { return status_; }

private:
    StatusLine& status_;
    std::function<void(const Fault&)> report_fault_;
    std::unique_ptr<ProgressMonitor> progress_;
};

class TextReporter : public CheckReporter {
public:
    TextReporter(StatusLine& status, std::function<void(const Fault&)> report_fault);

    void begin(const CheckResults& results) override;
    void verdict(const CheckResults& results, const RunResult& run,
                 const PropertyResult& result) override;
    void level(const CheckResults& results, const RunResult& run) override;
    void end(const CheckResults& results) override;

private:
    // The matrix again, in the place of the one before.
    void redraw(const CheckResults& results, bool running);
    void tell(const CheckResults& results, const std::string& line);

    bool colour_;
    bool live_ = false;      // the matrix is on a terminal and fits into it
    std::size_t drawn_ = 0;  // lines of it
};

// One document when the check is over.
class JsonReporter : public CheckReporter {
public:
    using CheckReporter::CheckReporter;
    void end(const CheckResults& results) override;
};

}  // namespace cowcheck
