#include "model/compile/loops.h"

#include "model/compile/flow.h"

#include <algorithm>
#include <vector>

namespace cowcheck {

namespace {

// Strongly connected components of rests (R. Tarjan: Depth-first search and linear graph
// algorithms, 1972).
class Components {
public:
    explicit Components(Program& program)
        : program_(program), next_(next_rests(program)), number_(program.rests.size(), 0),
          low_(program.rests.size(), 0), open_(program.rests.size(), false) {}

    void run() {
        for (std::size_t r = 1; r < next_.size(); ++r)
            if (number_[r] == 0) visit(r);
    }

private:
    // Depth is at most the number of rests of one operation.
    void visit(std::size_t rest) {
        number_[rest] = low_[rest] = ++count_;
        stack_.push_back(rest);
        open_[rest] = true;
        for (const std::uint16_t to : next_[rest]) {
            if (number_[to] == 0) visit(to);
            if (open_[to]) low_[rest] = std::min(low_[rest], low_[to]);
        }
        if (low_[rest] != number_[rest]) return;
        const bool alone = stack_.back() == rest;
        const bool self =
            std::find(next_[rest].begin(), next_[rest].end(), rest) != next_[rest].end();
        for (bool more = true; more;) {
            const std::size_t member = stack_.back();
            stack_.pop_back();
            open_[member] = false;
            program_.rests[member].in_loop =
                !alone || (self && !is_oops(program_.code, program_.rests[member].address));
            more = member != rest;
        }
    }

    Program& program_;
    std::vector<std::vector<std::uint16_t>> next_;
    std::vector<unsigned> number_;
    std::vector<unsigned> low_;
    std::vector<bool> open_;
    std::vector<std::size_t> stack_;
    unsigned count_ = 0;
};

}  // namespace

void find_loops(Program& program) { Components(program).run(); }

}  // namespace cowcheck
