#include "checker/explorer.h"

#include "checker/blocks.h"
#include "checker/expander.h"
#include "checker/outside/sides.h"
#include "checker/partition.h"
#include "checker/plain_expander.h"
#include "checker/team.h"
#include "model/machine/expand.h"
#include "model/machine/lost_schedule.h"

#include <algorithm>
#include <new>
#include <stdexcept>

namespace cowcheck {

// Blocks go through three stages at once: while a partition stores what the ones before have
// led to and cuts the next ones, all threads that have nothing else to do expand those between.
// What a thread reads was cut before, and nobody reads a set meanwhile.
struct Explorer::Pipeline {
    explicit Pipeline(std::size_t partitions)
        : cut(partitions, Blocks(partitions)), expanded(cut), stored(cut) {}

    // By partition.
    std::vector<Blocks> cut;
    std::vector<Blocks> expanded;
    std::vector<Blocks> stored;

    [[nodiscard]] std::size_t bytes() const {
        std::size_t bytes = 0;
        for (const auto* stage : {&cut, &expanded, &stored})
            for (const Blocks& blocks : *stage) bytes += blocks.bytes();
        return bytes;
    }
};

// Where states are not renamed, each partition expands its own, and sends away what it leads to
// that is not its own.
struct Explorer::Mail {
    // By sender and receiver.
    using Boxes = std::vector<std::vector<std::vector<PackedState>>>;

    explicit Mail(std::size_t partitions)
        : sent(partitions, std::vector<std::vector<PackedState>>(partitions)), arrived(sent) {}

    Boxes sent;     // in the step at hand
    Boxes arrived;  // in the one before

    [[nodiscard]] std::size_t bytes() const {
        std::size_t states = 0;
        for (const Boxes* boxes : {&sent, &arrived})
            for (const auto& sender : *boxes)
                for (const auto& box : sender) states += box.capacity();
        return states * sizeof(PackedState);
    }
};

Explorer::Explorer(const Program& program, ExploreOptions options)
    : p_(program), options_(options), packing_(program), canonical_(program), found_(32) {
    if (!packing_.fits()) throw std::invalid_argument(too_large_to_store(program));
    options_.symmetry = options_.symmetry && program.asked.no_renaming.empty();
    options_.threads = std::max(1U, options_.threads);
    if (program.world.has_outside()) {
        options_.threads = 1;  // they would share the solver
        outside_ = std::make_unique<Outside>(program, options_.solver_timeout);
    }
    // To store takes a third of the time, so that one partition keeps up with three threads.
    // Without symmetry each has one, which it expands as well.
    const unsigned partitions = options_.symmetry ? (options_.threads + 2) / 3 : options_.threads;
    for (unsigned i = 0; i < partitions; ++i)
        partitions_.push_back(std::make_unique<Partition>(*this, i, partitions));
    pipeline_ = std::make_unique<Pipeline>(partitions);
    mail_ = std::make_unique<Mail>(partitions);
    if (options_.symmetry || outside_)
        for (unsigned i = 0; i < options_.threads; ++i)
            expanders_.push_back(std::make_unique<Expander>(*this));
    else
        for (unsigned i = 0; i < partitions; ++i)
            plain_expanders_.push_back(
                std::make_unique<PlainExpander>(*this, i, partitions_[i]->set()));
}

Explorer::~Explorer() {
    if (options_.usage != nullptr) options_.usage->bytes -= counted_bytes_;
}

std::uint64_t Explorer::states() const {
    std::uint64_t n = 0;
    for (const auto& partition : partitions_) n += partition->set().size();
    return n;
}

std::uint64_t Explorer::transitions() const {
    std::uint64_t n = 0;
    for_each_findings([&](const Findings& findings) { n += findings.transitions; });
    return n;
}

std::size_t Explorer::bytes() const {
    std::size_t n = 0;
    for (const auto& partition : partitions_) n += partition->set().bytes();
    for (const auto& expander : plain_expanders_) n += expander->bytes();
    return n + pipeline_->bytes() + mail_->bytes();
}

template <class Visit>
void Explorer::for_each_findings(Visit&& visit) const {
    for (const auto& expander : expanders_) visit(expander->findings);
    for (const auto& expander : plain_expanders_) visit(expander->findings);
}

unsigned Explorer::owner_of(const PackedState& packed) const {
    if (partitions_.size() == 1) return 0;
    // By what the left half begins with, so that no left half is stored twice, and what a state
    // leads to is mostly of its own owner: states that are expanded one after the other are
    // alike then, and the processor guesses better which way they go.
    const unsigned first = packing_.split().first;
    const std::uint64_t hash =
        VisitedSet::hash(std::span(packed.words).first(first != 0 ? first : packing_.left_words()));
    return static_cast<unsigned>(((hash >> 32U) * partitions_.size()) >> 32U);
}

StopReason Explorer::why_stop(const Stop& stop) const {
    if (stop.requested.load(std::memory_order_relaxed)) return StopReason::interrupt;
    if (std::chrono::steady_clock::now() >= stop.deadline) return StopReason::time;
    const Usage* usage = options_.usage;
    if ((usage != nullptr ? usage->states.load() : states()) >= stop.max_states)
        return StopReason::states;
    if ((usage != nullptr ? usage->bytes.load() : bytes()) >= stop.max_bytes)
        return StopReason::memory;
    if (outside_ && !outside_->constraints.gave_up().empty()) return StopReason::solver;
    return StopReason::none;
}

void Explorer::count_in() {
    if (options_.usage == nullptr) return;
    // What is less wraps around, and so does the sum.
    options_.usage->states += states() - counted_states_;
    options_.usage->bytes += bytes() - counted_bytes_;
    counted_states_ = states();
    counted_bytes_ = bytes();
}

// Whether all that is asked for is known, and no later round has a shorter violation of it. What a
// round's last steps violate counts as much as what the next round finds in its states.
bool Explorer::is_decided() const {
    if (options_.until_decided == 0) return false;
    std::uint32_t known = reached_;
    for (const Violation& violation : violations_) known |= 1U << violation.property;
    for_each_findings([&](const Findings& findings) {
        known |= findings.reached;
        for (const std::optional<Violation>& violation : findings.found)
            if (violation && violation->transitions <= partitions_.front()->round())
                known |= 1U << violation->property;
    });
    return (options_.until_decided & ~known) == 0;
}

// False: nothing is left to do in this level.
bool Explorer::next_round() {
    decided_ = is_decided();
    if (decided_) return false;
    for (auto& partition : partitions_) partition->next_round();
    return std::any_of(partitions_.begin(), partitions_.end(),
                       [](const auto& partition) { return partition->has_more(); });
}

// One step of all stages. False: the round has no more. Throws what a thread has thrown, when all
// are done.
bool Explorer::run_step(Team& team, unsigned threads) {
    constexpr std::size_t chunk = 8192;  // of a partition's states between two looks at the limits
    std::vector<Block*> ready;
    for (Blocks& blocks : pipeline_->expanded)
        for (Block& block : blocks.all()) ready.push_back(&block);
    std::size_t tasks = ready.size();
    for (Blocks& blocks : pipeline_->stored)
        tasks += std::min(blocks.all().size(), partitions_.size() - 1);
    if (tasks < 2) threads = 1;  // to call others would take longer
    std::atomic<std::size_t> next_partition{0};
    std::atomic<std::size_t> next_block{0};
    FirstError error;
    team.run(threads, [&](unsigned thread) {
        error.watch([&] {
            for (std::size_t i = next_partition++; i < partitions_.size(); i = next_partition++) {
                for (Blocks& blocks : pipeline_->stored) partitions_[i]->store(blocks.all());
                partitions_[i]->cut(chunk, pipeline_->cut[i]);
            }
            for (std::size_t i = next_block++; i < ready.size(); i = next_block++)
                expanders_[thread]->expand(*ready[i]);
        });
    });
    error.rethrow();
    pipeline_->stored.swap(pipeline_->expanded);
    pipeline_->expanded.swap(pipeline_->cut);
    bool more = !ready.empty();
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
        more = more || !pipeline_->expanded[i].empty();
        pipeline_->cut[i].clear();
    }
    return more;
}

// The same where states are not renamed: a partition is in one thread's hands all the time, which
// stores what it was sent and then expands some of its states.
bool Explorer::run_plain_step(Team& team, unsigned threads) {
    constexpr std::size_t chunk = 8192;  // of a partition's states between two looks at the limits
    std::atomic<std::size_t> next_partition{0};
    std::atomic<bool> more{false};
    FirstError error;
    team.run(threads, [&](unsigned) {
        error.watch([&] {
            for (std::size_t i = next_partition++; i < partitions_.size(); i = next_partition++) {
                for (auto& sender : mail_->arrived) {
                    partitions_[i]->insert(sender[i]);
                    sender[i].clear();
                }
                for (std::size_t left = chunk; left > 0;) {
                    const Piece piece = partitions_[i]->next_piece(left);
                    if (piece.range.begin == piece.range.end) break;
                    left -= piece.range.end - piece.range.begin;
                    plain_expanders_[i]->expand(piece, mail_->sent[i]);
                    more = true;
                }
            }
        });
    });
    error.rethrow();
    mail_->sent.swap(mail_->arrived);
    for (const auto& sender : mail_->arrived)
        for (const auto& box : sender) more = more || !box.empty();
    return more;
}

namespace {

// However the rounds end.
struct GiveBack {
    SpareThreads* spare;
    const unsigned& borrowed;
    ~GiveBack() {
        for (unsigned i = 0; spare != nullptr && i < borrowed; ++i) spare->lend();
    }
};

}  // namespace

void Explorer::run_rounds(const Stop& stop) {
    Team team(options_.threads);
    const auto step = plain_expanders_.empty() ? &Explorer::run_step : &Explorer::run_plain_step;
    SpareThreads* spare = options_.spare;
    unsigned borrowed = spare == nullptr ? team.size() - 1 : 0;
    const GiveBack at_the_end{spare, borrowed};
    for (bool more = true; more && stopped_.load() == 0 && !misled_;) {
        if (spare != nullptr) borrowed = spare->adjust(borrowed, team.size() - 1);
        StopReason reason = StopReason::none;
        try {
            more = (this->*step)(team, borrowed + 1) || next_round();
        } catch (const std::bad_alloc&) {
            reason = StopReason::memory;  // what was stored before stays
        }
        count_in();
        if (more && reason == StopReason::none) reason = why_stop(stop);
        stopped_ = static_cast<unsigned>(reason);
        publish();
        for_each_findings([&](const Findings& findings) { misled_ |= findings.misled; });
    }
}

StopReason Explorer::deepen(const Stop& stop) {
    if (exhausted_ || misled_ || decided_ || stopped_.load() != 0)
        return static_cast<StopReason>(stopped_.load());
    const unsigned level = static_cast<unsigned>(depth_ + 1);
    const std::uint64_t before = states();
    if (level == 0) {
        State start = p_.start;
        if (options_.symmetry) canonical_.normalize(start);
        const PackedState packed = packing_.pack(start);
        partitions_[owner_of(packed)]->seed(packed);
    }
    for (auto& partition : partitions_) partition->begin_level(level);
    publish();
    run_rounds(stop);
    count_in();
    publish();
    for_each_findings([&](Findings& findings) { collect(findings); });
    for (auto& violation : found_)
        if (violation && !misled_ && violation->operations == level)
            violations_.push_back(*violation);
    if (stopped_.load() != 0) return static_cast<StopReason>(stopped_.load());
    if (misled_ || decided_) return StopReason::none;
    depth_ = static_cast<int>(level);
    exhausted_ = level > 0 && states() == before;
    return StopReason::none;
}

// What one thread has found in the level that is over.
void Explorer::collect(Findings& findings) {
    reached_ |= findings.reached;
    waited_for_frame_ |= findings.waited_for_frame;
    for (auto& violation : findings.found) {
        if (violation) note(*violation);
        violation.reset();
    }
    for (auto& where : findings.reached_at) {
        if (!where) continue;
        const auto known =
            std::find_if(reached_at_.begin(), reached_at_.end(),
                         [&](const Violation& one) { return one.property == where->property; });
        if (known == reached_at_.end())
            reached_at_.push_back(*where);
        else if (comes_before(*where, *known))  // of an earlier level: never
            *known = *where;
        where.reset();
    }
}

void Explorer::note(const Violation& violation) {
    auto& known = found_[violation.property];
    if (!known || comes_before(violation, *known)) known = violation;
}

// All states of one layer that lead to the target by one transition.
void Explorer::search_layer(const Violation& target, unsigned operations, unsigned transitions,
                            bool starts, std::optional<Violation>& best) const {
    for (const auto& partition : partitions_) {
        const auto& levels = partition->levels();
        if (operations >= levels.size() || transitions >= levels[operations].size()) continue;
        const Range range = levels[operations][transitions];
        for (std::uint64_t i = range.begin; i < range.end; ++i) {
            Violation candidate;
            partition->set().get(i, candidate.state);
            State state;
            packing_.unpack(candidate.state, state);
            const auto found = [&](const Action&, const StepResult&, State& next) {
                if (options_.symmetry) canonical_.normalize(next);
                if (packing_.pack(next).words != target.state.words) return;
                candidate.state_operations = operations;
                candidate.state_transitions = transitions;
                if (!best || candidate.state.words < best->state.words) best = candidate;
            };
            if (starts)
                (void)expand_starts(p_, state, options_.concurrency, outside_.get(), found);
            else
                (void)expand_steps(p_, state, outside_.get(), found);
        }
    }
}

std::optional<Violation> Explorer::predecessor(const Violation& target) const {
    std::optional<Violation> best;
    const unsigned transitions = target.state_transitions - 1;
    search_layer(target, target.state_operations, transitions, false, best);
    if (target.state_operations > 0)
        search_layer(target, target.state_operations - 1, transitions, true, best);
    return best;
}

// Back through the layers to the start, then forwards on concrete names.
FoundSchedule Explorer::schedule(const Violation& violation) const {
    std::vector<PackedState> path{violation.state};
    Violation at = violation;
    while (at.state_operations > 0 || at.state_transitions > 0) {
        const auto before = predecessor(at);
        if (!before)
            throw LostSchedule("no state leads to the one that was reached by " +
                               std::to_string(at.state_operations) + " operations and " +
                               std::to_string(at.state_transitions) + " transitions");
        at = *before;
        path.push_back(at.state);
    }
    FoundSchedule found;
    std::vector<Action>& actions = found.actions;
    std::vector<std::vector<Asked>> asked;  // of each transition
    State state = p_.start;
    unsigned transition = 0;
    const auto follow = [&](const auto& wanted) {
        std::optional<Action> taken;
        State reached;
        unsigned steps = 0;
        std::vector<Asked> asked_now;
        const auto look = [&](const Action& action, const StepResult& result, State& next) {
            if (taken || !wanted(result, next)) return;
            taken = action;
            reached = next;
            steps = result.steps;
            if (outside_) asked_now = outside_->sides.asked();
        };
        (void)expand_steps(p_, state, outside_.get(), look);
        if (!taken) (void)expand_starts(p_, state, options_.concurrency, outside_.get(), look);
        if (!taken)
            throw LostSchedule("transition " + std::to_string(++transition) + " of " +
                               std::to_string(path.size() - 1 + (violation.action ? 1U : 0U)) +
                               " is not possible in the state that the ones before lead to");
        ++transition;
        actions.push_back(*taken);
        for (unsigned i = 1; i < steps; ++i)
            actions.push_back({Action::Kind::step, taken->thread, 0, 0, 0, 0});
        asked.resize(actions.size() - steps);
        asked.push_back(std::move(asked_now));
        state = reached;
    };
    for (auto next = path.rbegin() + 1; next != path.rend(); ++next)
        follow([&](const StepResult&, const State& reached) {
            State canonical = reached;
            if (options_.symmetry) canonical_.normalize(canonical);
            return packing_.pack(canonical).words == next->words;
        });
    if (violation.action)
        follow([&](const StepResult& result, const State&) {
            return (result.violated >> violation.property & 1U) != 0;
        });
    if (outside_) add_numbers(state, asked, found);
    return found;
}

// The smallest numbers with which the machine goes the way that was found; `asked` by the
// first action of each transition.
void Explorer::add_numbers(const State& last, const std::vector<std::vector<Asked>>& asked,
                           FoundSchedule& found) const {
    const auto known = static_cast<Constraints::Id>(p_.layout.get(last, Field::constraint, 0));
    found.numbers = outside_->constraints.smallest(known);
    for (std::size_t i = 0; i < asked.size(); ++i)
        for (const Asked& one : asked[i]) {
            const unsigned step = one.step == 0 ? 0 : one.step - 1;
            if (i + step < found.actions.size())
                found.actions[i + step].transient =
                    transient_of(asked[i], one.step, found.numbers, p_.world.transient);
        }
}

unsigned Explorer::partitions() const { return static_cast<unsigned>(partitions_.size()); }

void Explorer::for_each_state(unsigned partition,
                              const std::function<void(const State&, unsigned)>& visit) const {
    const auto& levels = partitions_[partition]->levels();
    for (unsigned level = 0; level < levels.size(); ++level)
        for (const Range& range : levels[level])
            for (std::uint64_t i = range.begin; i < range.end; ++i) {
                PackedState packed;
                partitions_[partition]->set().get(i, packed);
                State state;
                packing_.unpack(packed, state);
                visit(state, level);
            }
}

Progress Explorer::progress() const {
    const std::scoped_lock lock(progress_mutex_);
    return progress_;
}

// Called while no other thread is changing anything.
void Explorer::publish() {
    Progress progress;
    progress.depth = static_cast<unsigned>(depth_ + 1);
    progress.states = states();
    progress.transitions = transitions();
    progress.bytes = bytes();
    for (const auto& partition : partitions_) {
        progress.expanded += partition->expanded();
        progress.frontier_done += partition->frontier_done();
        if (depth_ >= 0)
            for (const Range& range : partition->levels()[static_cast<std::size_t>(depth_)])
                progress.frontier += range.end - range.begin;
    }
    const std::scoped_lock lock(progress_mutex_);
    progress_ = progress;
}

}  // namespace cowcheck
