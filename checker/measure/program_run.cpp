#include "checker/measure/program_run.h"

#include "checker/measure/program_point.h"
#include "checker/measure/program_points.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace cowcheck {

namespace {

using Index = ProgramPoints::Index;

// Operations started, then moves: what a schedule costs.
struct Cost {
    std::uint32_t operations = 0;
    std::uint32_t moves = 0;

    friend auto operator<=>(const Cost&, const Cost&) = default;
};

// Whether points lie on a way to an end, by the edges between them.
class Backward {
public:
    Backward(const std::vector<std::pair<Index, Index>>& edges, std::size_t points)
        : first_(points + 1, 0), from_(edges.size()) {
        for (const auto& [from, to] : edges) ++first_[to + 1];
        for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
        std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
        for (const auto& [from, to] : edges) from_[next[to]++] = from;
    }

    // Marks all from which a marked one can be reached by points that `through` allows.
    template <class Through>
    void close(std::vector<bool>& marked, Through&& through) const {
        std::vector<Index> todo;
        for (std::size_t i = 0; i < marked.size(); ++i)
            if (marked[i]) todo.push_back(static_cast<Index>(i));
        while (!todo.empty()) {
            const Index to = todo.back();
            todo.pop_back();
            for (std::size_t e = first_[to]; e < first_[to + 1U]; ++e)
                if (!marked[from_[e]] && through(from_[e], to)) {
                    marked[from_[e]] = true;
                    todo.push_back(from_[e]);
                }
        }
    }

private:
    std::vector<std::size_t> first_;
    std::vector<Index> from_;
};

class Explorer {
public:
    Explorer(const ProgramPlan& plan, const ProgramRunOptions& options)
        : plan_(plan), options_(options), game_(plan), points_(plan) {}

    ProgramRun run() {
        add(game_.start(), 0, {}, {});
        while (!todo_.empty() && !run_.failure && !run_.limited) {
            const auto node = todo_.extract(todo_.begin());
            for (const Index index : node.mapped()) {
                if (about_[index].expanded) continue;
                about_[index].expanded = true;
                expand(index, node.key());
                if (run_.failure || is_too_much()) break;
            }
        }
        run_.states = points_.size();
        if (!options_.broken && !run_.limited) add_loops();
        for (auto& [key, outcome] : outcomes_) run_.outcomes.push_back(std::move(outcome));
        return std::move(run_);
    }

private:
    struct About {
        Index from = 0;
        bool expanded = false;
        bool over = false;  // an outcome
        Cost cost;
        ProgramMove move;
    };

    bool is_too_much() {
        run_.limited = points_.size() > options_.max_states ||
                       (++asked_ % 1024 == 0 && options_.stop && options_.stop());
        return run_.limited;
    }

    Index add(const ProgramPoint& point, Index from, const ProgramMove& move, Cost cost) {
        const auto [index, is_new] = points_.insert(point);
        if (is_new) about_.push_back({});
        About& about = about_[index];
        if (!is_new && (about.expanded || about.cost <= cost)) return index;
        about = {from, false, false, cost, move};
        todo_[cost].push_back(index);
        return index;
    }

    [[nodiscard]] std::vector<ProgramMove> schedule_to(Index index) const {
        std::vector<ProgramMove> schedule;
        for (; index != 0; index = about_[index].from) schedule.push_back(about_[index].move);
        std::reverse(schedule.begin(), schedule.end());
        return schedule;
    }

    void trouble(ProgramTrouble::What what, Index from, const ProgramMove& move, Cost cost) {
        for (ProgramTrouble& one : run_.troubles) {
            if (one.what != what) continue;
            if (one.operations < cost.operations ||
                (one.operations == cost.operations && one.schedule.size() <= cost.moves))
                return;
            one.operations = cost.operations;
            one.schedule = schedule_to(from);
            return one.schedule.push_back(move);
        }
        run_.troubles.push_back({what, cost.operations, schedule_to(from)});
        run_.troubles.back().schedule.push_back(move);
    }

    void fail(ProgramFailure::What what, std::size_t condition, const ProgramPoint& point,
              Index from) {
        if (run_.failure) return;
        run_.failure.emplace();
        run_.failure->what = what;
        run_.failure->condition = condition;
        for (unsigned i = 0; i < plan_.actions.size(); ++i)
            if ((point.started >> i & 1U) != 0) run_.failure->action = i;
        run_.failure->schedule = schedule_to(from);
    }

    // What a move has brought, besides the point.
    void judge(Index from, const ProgramMove& move, const MoveResult& result,
               const ProgramPoint& next, Cost cost) {
        if ((result.violated & assertion_bit) != 0)
            trouble(ProgramTrouble::What::asserts, from, move, cost);
        if ((result.violated & miscount_bit) != 0)
            trouble(ProgramTrouble::What::miscounts, from, move, cost);
        if (!options_.broken || run_.failure) return;
        if (const auto condition = result.own ? options_.broken(next.seen) : std::nullopt)
            fail(ProgramFailure::What::condition, *condition, next, from);
        else if ((result.violated & assertion_bit) != 0)
            fail(ProgramFailure::What::asserts, 0, next, from);
        if (run_.failure) run_.failure->schedule.push_back(move);
    }

    void follow(Index from, const ProgramMove& move, const ProgramPoint& next, Cost cost) {
        const Index to = add(next, from, move, cost);
        if (!options_.broken) edges_.emplace_back(from, to);
    }

    void expand(Index index, Cost cost) {
        const ProgramPoint point = points_.at(index);
        if (game_.is_over(point)) return outcome(index, point, cost.operations);
        bool moved = false;
        game_.for_each_move(point, [&](const ProgramMove& move) {
            ProgramPoint next = point;
            const MoveResult result = game_.take(next, move);
            if (!result.possible || run_.failure) return;
            const bool steps = move.kind == ProgramMove::Kind::step;
            const bool starts = steps && move.action.kind != Action::Kind::step;
            // What runs meanwhile need not start, but it goes on.
            moved = moved || result.own || !starts;
            const Cost after{cost.operations + (starts ? 1U : 0U), cost.moves + 1};
            judge(index, move, result, next, after);
            follow(index, move, next, after);
        });
        for (std::size_t i = 0; i < plan_.actions.size() && !moved; ++i) {
            if (plan_.actions[i].kind != ProgramStep::Kind::wait_event || !game_.is_ready(point, i))
                continue;
            moved = true;
            const ProgramMove move{ProgramMove::Kind::no_event, static_cast<std::uint8_t>(i), {}};
            ProgramPoint next = point;
            const MoveResult result = game_.take(next, move);
            const Cost after{cost.operations, cost.moves + 1};
            judge(index, move, result, next, after);
            follow(index, move, next, after);
        }
        if (moved) return;
        outcome(index, point, cost.operations);
        if (options_.broken) fail(ProgramFailure::What::stuck, 0, point, index);
    }

    // The first that comes is the cheapest.
    void outcome(Index index, const ProgramPoint& point, unsigned operations, bool loops = false) {
        about_[index].over = true;
        const std::uint32_t unfinished = game_.all() & ~point.ended;
        const SeenAll seen = canonical(plan_, game_.seen_at_end(point));
        ProgramOutcome& one = outcomes_[{seen, {unfinished, loops}}];
        if (!one.schedule.empty() || one.operations != 0) return;
        one = {seen, unfinished, loops, operations, schedule_to(index)};
    }

    // What can go on for ever, and comes to no end in any other way either.
    void add_loops() {
        std::vector<bool> ends(about_.size());
        for (std::size_t i = 0; i < about_.size(); ++i) ends[i] = about_[i].over;
        const Backward backward(edges_, about_.size());
        backward.close(ends, [](Index, Index) { return true; });
        if (std::find(ends.begin(), ends.end(), false) == ends.end()) return;
        // Of those, the ones that see nothing more.
        const auto same = [&](Index a, Index b) {
            const ProgramPoint one = points_.at(a);
            const ProgramPoint other = points_.at(b);
            return one.started == other.started && one.ended == other.ended &&
                   one.seen == other.seen;
        };
        std::vector<bool> goes_on = ends;
        for (const auto& [from, to] : edges_)
            if (!ends[from] && !ends[to] && !goes_on[from] && !same(from, to)) goes_on[from] = true;
        backward.close(goes_on, [&](Index from, Index to) { return !ends[from] && !ends[to]; });
        std::vector<std::pair<Cost, Index>> left;
        for (std::size_t i = 0; i < about_.size(); ++i)
            if (!goes_on[i]) left.emplace_back(about_[i].cost, static_cast<Index>(i));
        std::sort(left.begin(), left.end());
        for (const auto& [cost, index] : left)
            outcome(index, points_.at(index), cost.operations, true);
    }

    using Key = std::pair<SeenAll, std::pair<std::uint32_t, bool>>;

    const ProgramPlan& plan_;
    const ProgramRunOptions& options_;
    ProgramGame game_;
    ProgramPoints points_;
    std::vector<About> about_;
    std::map<Cost, std::vector<Index>> todo_;
    std::vector<std::pair<Index, Index>> edges_;
    std::map<Key, ProgramOutcome> outcomes_;
    std::uint64_t asked_ = 0;
    ProgramRun run_;
};

}  // namespace

ProgramRun run_program(const ProgramPlan& plan, const ProgramRunOptions& options) {
    return Explorer(plan, options).run();
}

namespace {

// Whether something can move, but for what may start meanwhile.
bool goes_on(const ProgramGame& game, const ProgramPoint& point) {
    bool moves = false;
    game.for_each_move(point, [&](const ProgramMove& move) {
        ProgramPoint next = point;
        const MoveResult result = game.take(next, move);
        const bool starts =
            move.kind == ProgramMove::Kind::step && move.action.kind != Action::Kind::step;
        moves = moves || (result.possible && (result.own || !starts));
    });
    return moves;
}

bool is_offered(const ProgramGame& game, const ProgramPoint& point, const ProgramMove& move) {
    if (move.kind == ProgramMove::Kind::no_event)
        return game.is_ready(point, move.number) && !goes_on(game, point);
    bool offered = false;
    game.for_each_move(point, [&](const ProgramMove& one) { offered = offered || one == move; });
    return offered;
}

}  // namespace

std::optional<FollowedRun> follow(const ProgramPlan& plan,
                                  const std::vector<ProgramMove>& schedule) {
    const ProgramGame game(plan);
    ProgramPoint point = game.start();
    FollowedRun run;
    for (const ProgramMove& move : schedule) {
        if (!is_offered(game, point, move)) return std::nullopt;
        const MoveResult result = game.take(point, move);
        if (!result.possible) return std::nullopt;
        run.asserts = (result.violated & assertion_bit) != 0;
        run.miscounts = (result.violated & miscount_bit) != 0;
    }
    run.seen = canonical(plan, game.seen_at_end(point));
    run.so_far = point.seen;
    run.unfinished = game.all() & ~point.ended;
    run.goes_on = goes_on(game, point);
    return run;
}

}  // namespace cowcheck
