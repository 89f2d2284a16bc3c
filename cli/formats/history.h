// The history of designs and properties, as tables and as the story of one cell.
#pragma once

#include "verify/history/matrix.h"
#include "verify/history/why.h"

#include <string>

namespace cowcheck {

// As a table to read; as Markdown, for docs/history.md.
[[nodiscard]] std::string history_text(const History& history);
[[nodiscard]] std::string history_markdown(const History& history);
[[nodiscard]] std::string history_why(const HistoryStory& story);

}  // namespace cowcheck
