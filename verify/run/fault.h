// What cowcheck has found and can't show: a fault of its own, and no verdict.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace cowcheck {

struct Fault {
    std::string design;  // names; of what is built in or was read
    std::string world;
    std::string property;
    std::string what;  // "its schedule does not replay: step 5 of 31 is not possible"
};

// Thrown where nothing else is left to do.
class Faulted : public std::runtime_error {
public:
    explicit Faulted(Fault fault) : std::runtime_error(fault.what), fault_(std::move(fault)) {}
    [[nodiscard]] const Fault& fault() const { return fault_; }

private:
    Fault fault_;
};

}  // namespace cowcheck
