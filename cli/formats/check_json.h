// What a check has found, as one document of docs/results.schema.json.
#pragma once

#include "verify/run/results.h"

#include <string>

namespace cowcheck {

[[nodiscard]] std::string check_json(const CheckResults& results);

}  // namespace cowcheck
