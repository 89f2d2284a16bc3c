#include "checker/explore/explorer.h"

#include "checker/explore/backtrack.h"
#include "checker/explore/engine.h"

#include <algorithm>
#include <new>

namespace cowcheck {

Explorer::Explorer(const Program& program, ExploreOptions options)
    : system_(program, options.concurrency, options.symmetry, options.solver_timeout),
      options_(options), found_(32) {
    const EngineKind& kind = engine_for(system_);
    options_.symmetry = system_.symmetry();
    options_.threads = kind.threads(system_, std::max(1U, options_.threads));
    const unsigned partitions =
        options_.partitions != 0 ? options_.partitions : kind.partitions(options_.threads);
    for (unsigned i = 0; i < partitions; ++i)
        partitions_.push_back(std::make_unique<Partition>(system_, i, partitions));
    engine_ = kind.make(system_, partitions_, options_.threads);
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
    for (const Findings* findings : engine_->findings()) n += findings->transitions;
    return n;
}

std::size_t Explorer::bytes() const {
    std::size_t n = 0;
    for (const auto& partition : partitions_) n += partition->set().bytes();
    return n + engine_->bytes();
}

StopReason Explorer::why_stop(const Stop& stop) const {
    if (stop.requested.load(std::memory_order_relaxed)) return StopReason::interrupt;
    if (std::chrono::steady_clock::now() >= stop.deadline) return StopReason::time;
    const Usage* usage = options_.usage;
    if ((usage != nullptr ? usage->states.load() : states()) >= stop.max_states)
        return StopReason::states;
    if ((usage != nullptr ? usage->bytes.load() : bytes()) >= stop.max_bytes)
        return StopReason::memory;
    if (system_.outside() != nullptr && !system_.outside()->constraints.gave_up().empty())
        return StopReason::solver;
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
    for (const Findings* findings : engine_->findings()) {
        known |= findings->reached;
        for (const std::optional<Violation>& violation : findings->found)
            if (violation && violation->transitions <= partitions_.front()->round())
                known |= 1U << violation->property;
    }
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

void Explorer::rest(Team& team, const Rests& rests) {
    engine_->drain(team, 1);
    const auto& findings = engine_->findings();
    if (std::none_of(findings.begin(), findings.end(), [](const auto* one) { return one->misled; }))
        rests.taken();
}

void Explorer::run_rounds(const Stop& stop, const Rests* rests) {
    Team team(options_.threads);
    SpareThreads* spare = options_.spare;
    unsigned borrowed = spare == nullptr ? team.size() - 1 : 0;
    const GiveBack at_the_end{spare, borrowed};
    for (bool more = true; more && stopped_.load() == 0 && !misled_;) {
        if (spare != nullptr) borrowed = spare->adjust(borrowed, team.size() - 1);
        StopReason reason = StopReason::none;
        try {
            more = engine_->run_step(team, borrowed + 1) || next_round();
            count_in();
            if (more) reason = why_stop(stop);
            if (more && rests != nullptr && (reason != StopReason::none || rests->due()))
                rest(team, *rests);
        } catch (const std::bad_alloc&) {
            reason = StopReason::memory;  // what was stored before stays
        }
        count_in();
        stopped_ = static_cast<unsigned>(reason);
        publish();
        for (const Findings* findings : engine_->findings()) misled_ |= findings->misled;
    }
}

void Explorer::begin_level() {
    in_level_ = true;
    states_before_level_ = states();
    if (depth_ < 0) {
        State start = system_.program().start;
        const PackedState packed = system_.pack(start);
        partitions_[partitions_.front()->owners().of(packed)]->seed(packed);
    }
    for (auto& partition : partitions_) partition->begin_level(static_cast<unsigned>(depth_ + 1));
}

StopReason Explorer::deepen(const Stop& stop, const Rests* rests) {
    if (exhausted_ || misled_ || decided_ || stopped_.load() != 0)
        return static_cast<StopReason>(stopped_.load());
    const unsigned level = static_cast<unsigned>(depth_ + 1);
    if (!in_level_) begin_level();
    publish();
    run_rounds(stop, rests);
    count_in();
    publish();
    for (Findings* findings : engine_->findings()) collect(*findings);
    for (auto& violation : found_)
        if (violation && !misled_ && violation->operations == level)
            violations_.push_back(*violation);
    if (stopped_.load() != 0) return static_cast<StopReason>(stopped_.load());
    if (misled_ || decided_) return StopReason::none;
    in_level_ = false;
    depth_ = static_cast<int>(level);
    exhausted_ = level > 0 && states() == states_before_level_;
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

void Explorer::save(ByteSink& sink) const {
    put(sink, depth_);
    put(sink, in_level_);
    put(sink, exhausted_);
    put(sink, decided_);
    put(sink, waited_for_frame_);
    put(sink, states_before_level_);
    put(sink, reached_);
    for (const auto* list : {&reached_at_, &violations_}) {
        put(sink, std::uint64_t{list->size()});
        for (const Violation& one : *list) cowcheck::save(sink, one);
    }
    Findings all;
    for (const Findings* findings : engine_->findings()) all.add(*findings);
    all.save(sink);
    for (const auto& partition : partitions_) partition->save(sink);
}

void Explorer::load(ByteSource& source) {
    depth_ = take<int>(source);
    in_level_ = take<bool>(source);
    exhausted_ = take<bool>(source);
    decided_ = take<bool>(source);
    waited_for_frame_ = take<bool>(source);
    states_before_level_ = take<std::uint64_t>(source);
    reached_ = take<std::uint32_t>(source);
    for (auto* list : {&reached_at_, &violations_}) {
        list->resize(take<std::uint64_t>(source));
        for (Violation& one : *list) one = load_violation(source);
    }
    for (const Violation& one : violations_) note(one);  // a longer one is no news
    Findings all;
    all.load(source);
    engine_->findings().front()->add(all);
    for (auto& partition : partitions_) partition->load(source);
    count_in();
    publish();
}

FoundSchedule Explorer::schedule(const Violation& violation) const {
    return find_schedule(system_, partitions_, violation);
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
                system_.packing().unpack(packed, state);
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
