// What is done to processes from outside, and what this kernel can do at all.
#pragma once

#include "lab/agent/shared.h"
#include "lab/agent/text.h"

namespace cowcheck::agent {

// Makes a guest of its own ready: swap on a drive, huge pages, ksmd as fast as it can be. Not done
// on a host.
void prepare_guest();

// The words behind `hello`: release, the zeropage's frame, what this kernel has.
void tell_abilities(Text& line, bool guest);

}  // namespace cowcheck::agent
