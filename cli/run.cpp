#include "cli/run.h"

#include "cli/bad_input.h"
#include "cli/check_command.h"
#include "cli/coverage_command.h"
#include "cli/explain_command.h"
#include "cli/export_command.h"
#include "cli/fault.h"
#include "cli/gate_command.h"
#include "cli/history_command.h"
#include "cli/list_commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/prove_command.h"
#include "cli/replay_command.h"
#include "cli/selftest_command.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <exception>
#include <new>

namespace cowcheck {

namespace {

int execute(const ShowText& text) {
    print(text.text);
    return ExitStatus::no_violation;
}
int execute(const CheckOptions& options) { return check(options); }
int execute(const ListOptions& options) { return list(options); }
int execute(const ReplayOptions& options) { return replay(options); }
int execute(const ExplainOptions& options) { return explain(options); }
int execute(const ExportCommandOptions& options) { return export_model(options); }
int execute(const GateOptions& options) { return gate(options); }
int execute(const CoverageOptions& options) { return coverage(options); }
int execute(const ProveCommandOptions& options) { return prove_designs(options); }
int execute(const SelftestOptions& options) { return selftest(options); }
int execute(const HistoryOptions& options) { return history(options); }

void log_to_stderr() {
    auto logger = spdlog::stderr_logger_st("cowcheck");
    logger->set_pattern("cowcheck: %v");
    spdlog::set_default_logger(std::move(logger));
}

}  // namespace

int run(int argc, char** argv) {
    // Writing that fails says so; it does not end the process.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    log_to_stderr();
    remember_command(argc, argv);
    try {
        secure_standard_streams();
        const Options options = parse_options(argc, argv);
        return std::visit([](const auto& chosen) { return execute(chosen); }, options);
    } catch (const BadInput& error) {
        spdlog::error("{}", error.what());
        return ExitStatus::bad_input;
    } catch (const BrokenPipe&) {
        return ExitStatus::bad_input;
    } catch (const Faulted&) {
        return ExitStatus::fault;
    } catch (const std::bad_alloc&) {
        spdlog::error("out of memory");
        return ExitStatus::stopped;
    } catch (const std::exception& error) {
        report_fault(std::string(error.what()));
        return ExitStatus::fault;
    } catch (...) {
        report_fault("something was thrown that has no name");
        return ExitStatus::fault;
    }
}

}  // namespace cowcheck
