// --format json: one document on stdout when the check is over; docs/results.schema.json.
#pragma once

#include "cli/results.h"

namespace cowcheck {

[[nodiscard]] std::string to_json_text(const CheckResults& results);

class JsonReporter : public Reporter {
public:
    void end(const CheckResults& results) override;
};

}  // namespace cowcheck
