// Who may start what.
#pragma once

#include "model/machine/program.h"

namespace cowcheck {

// Program::menus and device_menu, and which operations can be instant. The code must be final.
void fill_menus(Program& program);

}  // namespace cowcheck
