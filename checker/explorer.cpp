#include "checker/explorer.h"

#include "model/machine/expand.h"
#include "checker/outside/sides.h"
#include "checker/worker.h"

#include <algorithm>
#include <barrier>
#include <new>
#include <stdexcept>
#include <thread>

namespace cowcheck {

Explorer::Explorer(const Program &program, ExploreOptions options)
    : p_(program), options_(options), packing_(program), canonical_(program), found_(32) {
    if (!packing_.fits())
        throw std::invalid_argument("the states of world '" + program.world.name +
                                    "' are too large to store");
    options_.threads = std::max(1U, options_.threads);
    if (program.world.has_outside()) {
        options_.threads = 1; // they would share the solver
        outside_ = std::make_unique<Outside>(program, options_.solver_timeout);
    }
    for (unsigned i = 0; i < options_.threads; ++i)
        workers_.push_back(std::make_unique<Worker>(*this, i, options_.threads));
    blocks_ = std::make_unique<Blocks>(options_.threads);
}

Explorer::~Explorer() {
    if (options_.usage != nullptr)
        options_.usage->bytes -= counted_bytes_;
}

std::uint64_t Explorer::states() const {
    std::uint64_t n = 0;
    for (const auto &worker : workers_)
        n += worker->set().size();
    return n;
}

std::uint64_t Explorer::transitions() const {
    std::uint64_t n = 0;
    for (const auto &worker : workers_)
        n += worker->transitions();
    return n;
}

std::size_t Explorer::bytes() const {
    std::size_t n = 0;
    for (const auto &worker : workers_)
        n += worker->bytes();
    return n + blocks_->bytes();
}

unsigned Explorer::owner_of(const PackedState &packed) const {
    if (workers_.size() == 1)
        return 0;
    // By what the left half begins with, so that no left half is stored twice, and what a state
    // leads to is mostly of its own owner: states that are expanded one after the other are
    // alike then, and the processor guesses better which way they go.
    const unsigned first = packing_.split().first;
    const std::uint64_t hash = VisitedSet::hash(
        std::span(packed.words).first(first != 0 ? first : packing_.left_words()));
    return static_cast<unsigned>(((hash >> 32U) * workers_.size()) >> 32U);
}

StopReason Explorer::why_stop(const Stop &stop) const {
    if (stop.requested.load(std::memory_order_relaxed))
        return StopReason::interrupt;
    if (std::chrono::steady_clock::now() >= stop.deadline)
        return StopReason::time;
    const Usage *usage = options_.usage;
    if ((usage != nullptr ? usage->states.load() : states()) >= stop.max_states)
        return StopReason::states;
    if ((usage != nullptr ? usage->bytes.load() : bytes()) >= stop.max_bytes)
        return StopReason::memory;
    if (outside_ && !outside_->constraints.gave_up().empty())
        return StopReason::solver;
    return StopReason::none;
}

void Explorer::count_in() {
    if (options_.usage == nullptr)
        return;
    // What is less wraps around, and so does the sum.
    options_.usage->states += states() - counted_states_;
    options_.usage->bytes += bytes() - counted_bytes_;
    counted_states_ = states();
    counted_bytes_ = bytes();
}

// What comes next, for all workers. False: nothing does.
bool Explorer::plan(Blocks &blocks) {
    constexpr std::size_t chunk = 8192; // of a worker's states between two looks at the limits
    const auto try_it = [&] {
        blocks.clear();
        for (auto &worker : workers_)
            worker->plan(chunk, blocks);
        return !blocks.all().empty();
    };
    while (!try_it()) {
        for (auto &worker : workers_)
            worker->next_round();
        if (std::none_of(workers_.begin(), workers_.end(),
                         [](const auto &worker) { return worker->has_more(); }))
            return false;
    }
    return true;
}

void Explorer::run_rounds(const Stop &stop) {
    std::atomic<bool> out_of_memory{false};
    // What was stored before stays; the others learn of it at the next look at the limits.
    const auto guarded = [&](auto &&work) {
        try {
            work();
        } catch (const std::bad_alloc &) {
            out_of_memory = true;
        }
    };
    std::atomic<bool> more{true};
    const auto prepare = [&] {
        more = false;
        guarded([&] { more = plan(*blocks_); });
    };
    prepare();
    std::barrier barrier(static_cast<std::ptrdiff_t>(workers_.size()));
    const auto run = [&](unsigned number) {
        Worker &worker = *workers_[number];
        for (;;) {
            barrier.arrive_and_wait();
            if (!more.load())
                return;
            guarded([&] {
                while (Block *block = blocks_->take())
                    worker.expand(*block, *workers_[block->owner]);
            });
            barrier.arrive_and_wait();
            guarded([&] { worker.receive(blocks_->all()); });
            barrier.arrive_and_wait();
            if (number != 0)
                continue;
            count_in();
            stopped_ =
                static_cast<unsigned>(out_of_memory ? StopReason::memory : why_stop(stop));
            publish();
            misled_ = std::any_of(workers_.begin(), workers_.end(),
                                  [](const auto &each) { return each->misled; });
            if (stopped_.load() != 0 || misled_)
                more = false;
            else
                prepare();
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < workers_.size(); ++i)
        threads.emplace_back(run, i);
    run(0);
    for (auto &thread : threads)
        thread.join();
    if (out_of_memory)
        stopped_ = static_cast<unsigned>(StopReason::memory);
}

StopReason Explorer::deepen(const Stop &stop) {
    if (exhausted_ || misled_ || stopped_.load() != 0)
        return static_cast<StopReason>(stopped_.load());
    const unsigned level = static_cast<unsigned>(depth_ + 1);
    const std::uint64_t before = states();
    if (level == 0) {
        State start = p_.start;
        if (options_.symmetry)
            canonical_.normalize(start);
        const PackedState packed = packing_.pack(start);
        workers_[owner_of(packed)]->seed(packed);
    }
    for (auto &worker : workers_)
        worker->begin_level(level);
    publish();
    run_rounds(stop);
    count_in();
    publish();
    for (auto &worker : workers_) {
        reached_ |= worker->reached;
        for (auto &violation : worker->found) {
            if (violation)
                note(*violation);
            violation.reset();
        }
    }
    for (auto &violation : found_)
        if (violation && !misled_ && violation->operations == level)
            violations_.push_back(*violation);
    if (stopped_.load() != 0)
        return static_cast<StopReason>(stopped_.load());
    if (misled_)
        return StopReason::none;
    depth_ = static_cast<int>(level);
    exhausted_ = level > 0 && states() == before;
    return StopReason::none;
}

void Explorer::note(const Violation &violation) {
    auto &known = found_[violation.property];
    if (!known || comes_before(violation, *known))
        known = violation;
}

// All states of one layer that lead to the target by one transition.
void Explorer::search_layer(const Violation &target, unsigned operations, unsigned transitions,
                            bool starts, std::optional<Violation> &best) const {
    for (const auto &worker : workers_) {
        const auto &levels = worker->levels();
        if (operations >= levels.size() || transitions >= levels[operations].size())
            continue;
        const Range range = levels[operations][transitions];
        for (std::uint64_t i = range.begin; i < range.end; ++i) {
            Violation candidate;
            worker->set().get(i, candidate.state);
            State state;
            packing_.unpack(candidate.state, state);
            const auto found = [&](const Action &, const StepResult &, State &next) {
                if (options_.symmetry)
                    canonical_.normalize(next);
                if (packing_.pack(next).words != target.state.words)
                    return;
                candidate.state_operations = operations;
                candidate.state_transitions = transitions;
                if (!best || candidate.state.words < best->state.words)
                    best = candidate;
            };
            if (starts)
                expand_starts(p_, state, options_.concurrency, outside_.get(), found);
            else
                (void)expand_steps(p_, state, outside_.get(), found);
        }
    }
}

std::optional<Violation> Explorer::predecessor(const Violation &target) const {
    std::optional<Violation> best;
    const unsigned transitions = target.state_transitions - 1;
    search_layer(target, target.state_operations, transitions, false, best);
    if (target.state_operations > 0)
        search_layer(target, target.state_operations - 1, transitions, true, best);
    return best;
}

// Back through the layers to the start, then forwards on concrete names.
FoundSchedule Explorer::schedule(const Violation &violation) const {
    std::vector<PackedState> path{violation.state};
    Violation at = violation;
    while (at.state_operations > 0 || at.state_transitions > 0) {
        const auto before = predecessor(at);
        if (!before)
            return {};
        at = *before;
        path.push_back(at.state);
    }
    FoundSchedule found;
    std::vector<Action> &actions = found.actions;
    std::vector<std::vector<Asked>> asked; // of each transition
    State state = p_.start;
    const auto follow = [&](const auto &wanted) {
        std::optional<Action> taken;
        State reached;
        unsigned steps = 0;
        std::vector<Asked> asked_now;
        const auto look = [&](const Action &action, const StepResult &result, State &next) {
            if (taken || !wanted(result, next))
                return;
            taken = action;
            reached = next;
            steps = result.steps;
            if (outside_)
                asked_now = outside_->sides.asked();
        };
        (void)expand_steps(p_, state, outside_.get(), look);
        if (!taken)
            expand_starts(p_, state, options_.concurrency, outside_.get(), look);
        if (!taken)
            return;
        actions.push_back(*taken);
        for (unsigned i = 1; i < steps; ++i)
            actions.push_back({Action::Kind::step, taken->thread, 0, 0, 0, 0});
        asked.resize(actions.size() - steps);
        asked.push_back(std::move(asked_now));
        state = reached;
    };
    for (auto next = path.rbegin() + 1; next != path.rend(); ++next)
        follow([&](const StepResult &, const State &reached) {
            State canonical = reached;
            if (options_.symmetry)
                canonical_.normalize(canonical);
            return packing_.pack(canonical).words == next->words;
        });
    if (violation.action)
        follow([&](const StepResult &result, const State &) {
            return (result.violated >> violation.property & 1U) != 0;
        });
    if (outside_)
        add_numbers(state, asked, found);
    return found;
}

// The smallest numbers with which the machine goes the way that was found; `asked` by the
// first action of each transition.
void Explorer::add_numbers(const State &last, const std::vector<std::vector<Asked>> &asked,
                           FoundSchedule &found) const {
    const auto known = static_cast<Constraints::Id>(p_.layout.get(last, Field::constraint, 0));
    found.numbers = outside_->constraints.smallest(known);
    for (std::size_t i = 0; i < asked.size(); ++i)
        for (const Asked &one : asked[i]) {
            const unsigned step = one.step == 0 ? 0 : one.step - 1;
            if (i + step < found.actions.size())
                found.actions[i + step].transient =
                    transient_of(asked[i], one.step, found.numbers, p_.world.transient);
        }
}

void Explorer::for_each_state(unsigned worker,
                              const std::function<void(const State &, unsigned)> &visit) const {
    const auto &levels = workers_[worker]->levels();
    for (unsigned level = 0; level < levels.size(); ++level)
        for (const Range &range : levels[level])
            for (std::uint64_t i = range.begin; i < range.end; ++i) {
                PackedState packed;
                workers_[worker]->set().get(i, packed);
                State state;
                packing_.unpack(packed, state);
                visit(state, level);
            }
}

Progress Explorer::progress() const {
    const std::scoped_lock lock(progress_mutex_);
    return progress_;
}

// Called while no worker is changing anything.
void Explorer::publish() {
    Progress progress;
    progress.depth = static_cast<unsigned>(depth_ + 1);
    progress.states = states();
    progress.transitions = transitions();
    progress.bytes = bytes();
    for (const auto &worker : workers_) {
        progress.expanded += worker->expanded;
        progress.frontier_done += worker->frontier_done();
        if (depth_ >= 0)
            for (const Range &range : worker->levels()[static_cast<std::size_t>(depth_)])
                progress.frontier += range.end - range.begin;
    }
    const std::scoped_lock lock(progress_mutex_);
    progress_ = progress;
}

} // namespace cowcheck
