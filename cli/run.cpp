#include "cli/run.h"

#include "cli/options/command_line.h"
#include "cli/terminal/fault.h"
#include "cli/terminal/output.h"
#include "verify/run/bad_input.h"
#include "verify/run/status.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <exception>
#include <new>

namespace cowcheck {

namespace {

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
        return parse_command_line(argc, argv)();
    } catch (const BadInput& error) {
        spdlog::error("{}", error.what());
        return ExitStatus::bad_input;
    } catch (const BrokenPipe&) {
        return ExitStatus::bad_input;
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
