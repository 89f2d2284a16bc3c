// A trace as one page that plays it (docs/player.md).
#pragma once

#include "traces/show_player.h"

#include <string>

namespace cowcheck {

// Self-contained: it asks nothing of the network.
[[nodiscard]] std::string player_html(const PlayedTrace& played);

}  // namespace cowcheck
