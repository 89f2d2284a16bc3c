// A schedule that was found and can't be followed. Nobody has done anything wrong but cowcheck.
#pragma once

#include <stdexcept>

namespace cowcheck {

class LostSchedule : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

}  // namespace cowcheck
