// What is said where cowcheck itself is wrong, and what is kept so that it can be put right.
#pragma once

#include "model/library.h"

#include <exception>
#include <string>

namespace cowcheck {

// A fault that has been reported. Thrown where nothing else is left to do.
class Faulted : public std::exception {};

// For reports: what was asked of this process.
void remember_command(int argc, const char* const* argv);

struct Fault {
    std::string design;  // names; of what is built in or was read
    std::string world;
    std::string property;
    std::string what;  // "its schedule does not replay: step 5 of 31 is not possible"
};

// All that it takes to see it again, in one text: the command, the version, what happened, and
// every text that was involved.
[[nodiscard]] std::string fault_text(const Library& library, const Fault& fault);

// Saves that text in the folder, and says on stderr what happened and what to do about it.
void report_fault(const Library& library, const Fault& fault, const std::string& folder);

// The same where nobody knows what it is about: what the command names is saved, as far as it can
// still be read, where the command was given.
void report_fault(const std::string& what);

}  // namespace cowcheck
