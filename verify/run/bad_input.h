// What the user can put right: thrown anywhere in cli/, reported once, by run().
#pragma once

#include <stdexcept>

namespace cowcheck {

class BadInput : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// The reader of stdout has gone away. Nobody is left to be told.
class BrokenPipe : public std::exception {};

}  // namespace cowcheck
