// What is said where cowcheck itself is wrong, and what is kept so that it can be put right.
#pragma once

#include "model/library.h"
#include "verify/run/fault.h"

#include <string>

namespace cowcheck {

// For reports: what was asked of this process.
void remember_command(int argc, const char* const* argv);

// All that it takes to see it again, in one text: the command, the version, what happened, and
// every text that was involved.
[[nodiscard]] std::string fault_text(const Library& library, const Fault& fault);

// Saves that text in the folder, and says on stderr what happened and what to do about it.
void report_fault(const Library& library, const Fault& fault, const std::string& folder);

// The same where nobody knows what it is about: what the command names is saved, as far as it can
// still be read, where the command was given.
void report_fault(const std::string& what);

}  // namespace cowcheck
