#include "cli/terminal/check_reporter.h"

#include "cli/formats/check_json.h"
#include "cli/formats/check_text.h"
#include "cli/formats/matrix.h"
#include "cli/terminal/output.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include <unistd.h>

namespace cowcheck {

namespace {

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

}  // namespace

CheckReporter::CheckReporter(StatusLine& status, std::function<void(const Fault&)> report_fault)
    : status_(status), report_fault_(std::move(report_fault)) {}

void CheckReporter::begin(const CheckResults& results) {
    progress_ = std::make_unique<ProgressMonitor>(results, status_);
}

void CheckReporter::begin_level(std::size_t place, const CheckRun& run) {
    progress_->begin_level(place, run);
}

void CheckReporter::end_level(std::size_t place, const CheckRun& run) {
    progress_->end_level(place, run);
}

void CheckReporter::note(const std::string& line) {
    const auto paused = status_.pause();
    spdlog::info("{}", line);
}

void CheckReporter::fault(const Fault& fault) {
    const auto paused = status_.pause();
    report_fault_(fault);
}

void CheckReporter::end(const CheckResults&) { progress_.reset(); }

TextReporter::TextReporter(StatusLine& status, std::function<void(const Fault&)> report_fault)
    : CheckReporter(status, std::move(report_fault)), colour_(wants_colour(STDOUT_FILENO)) {}

void TextReporter::begin(const CheckResults& results) {
    CheckReporter::begin(results);
    print(check_header(results) + "\n\n");
    // It is drawn again and again, so all of it must stay on the screen.
    const TerminalSize size = terminal_size(STDOUT_FILENO);
    const auto lines = matrix_lines(results, {std::min(size.columns, 100U), false, true});
    live_ = is_terminal(STDOUT_FILENO) && size.columns >= 60 && lines.size() + 2 < size.rows;
    if (live_) redraw(results, true);
}

void TextReporter::redraw(const CheckResults& results, bool running) {
    const TerminalSize size = terminal_size(STDOUT_FILENO);
    const auto lines =
        matrix_lines(results, {std::clamp(size.columns, 60U, 100U), colour_, running});
    std::string text = drawn_ == 0 ? "" : "\033[" + std::to_string(drawn_) + "A";
    for (const std::string& line : lines) text += line + "\033[K\n";
    text += "\033[J";
    drawn_ = lines.size();
    const auto paused = status().pause();
    print(text);
}

void TextReporter::tell(const CheckResults& results, const std::string& line) {
    if (live_) {
        redraw(results, true);
        return;
    }
    if (line.empty()) return;
    const auto paused = status().pause();
    print(line);
}

void TextReporter::verdict(const CheckResults& results, const RunResult& run,
                           const PropertyResult& result) {
    tell(results, verdict_line(results, run, result));
}

void TextReporter::level(const CheckResults& results, const RunResult& run) {
    tell(results, level_line(results, run));
}

void TextReporter::end(const CheckResults& results) {
    CheckReporter::end(results);
    const auto paused = [&] {
        if (live_) redraw(results, false);
        return status().pause();
    }();
    const std::string matrix =
        live_ ? "" : "\n" + joined(matrix_lines(results, {100, colour_, false}));
    print(matrix + "\n" + joined(legend_lines(results)) + "\n" + check_summary(results));
}

void JsonReporter::end(const CheckResults& results) {
    CheckReporter::end(results);
    print(check_json(results));
}

}  // namespace cowcheck
