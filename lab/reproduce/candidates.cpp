#include "lab/reproduce/candidates.h"

#include <fmt/format.h>

#include <algorithm>

namespace cowcheck {

namespace {

constexpr std::size_t most_orders = 120;

using Order = std::vector<std::size_t>;  // indices of operations

class Writer {
public:
    Writer(const Trace& trace, const std::vector<TracedOperation>& operations,
           const Promise& promise)
        : trace_(trace), operations_(operations), promise_(promise) {}

    std::string one_after_the_other(const Order& order) const {
        std::string text = head();
        for (std::size_t i = 0; i < order.size(); ++i) {
            const bool last = i + 1 == order.size();
            if (last) text += before_last();
            text += last && promise_.wait_for_event ? beside_monitor(order[i])
                                                    : line(order[i], false) + "\n";
        }
        return text + tail();
    }

    // Each cluster's operations by threads, side by side.
    std::string side_by_side(const std::vector<Order>& clusters) const {
        std::string text = head();
        for (std::size_t i = 0; i < clusters.size(); ++i) {
            const bool last = i + 1 == clusters.size();
            if (last) text += before_last();
            if (clusters[i].size() > 1)
                text += branches(clusters[i]);
            else if (last && promise_.wait_for_event)
                text += beside_monitor(clusters[i].front());
            else
                text += line(clusters[i].front(), false) + "\n";
        }
        return text + tail();
    }

private:
    std::string head() const {
        return "program reproduce\nworld " + trace_.header.world.name + "\n";
    }

    std::string before_last() const {
        std::string text;
        for (const std::string& one : promise_.before_last) text += one + "\n";
        return text;
    }

    std::string tail() const {
        std::string text;
        for (const std::string& one : promise_.after) text += one + "\n";
        return text + "never (" + promise_.broken.text() + ")\n";
    }

    std::string beside_monitor(std::size_t at) const {
        const TracedOperation& one = operations_[at];
        const std::string of = fmt::format("{} va {}", one.process, one.va.value_or(0));
        return fmt::format(
            "parallel {{\n    {}\n  |\n    monitor: told = wait_event of {}\n"
            "    monitor: uffd_wp_resolve of {}\n}}\n",
            line(at, false), one.process, of);
    }

    std::string branches(const Order& cluster) const {
        std::vector<std::pair<std::string, Order>> threads;
        for (const std::size_t at : cluster) {
            const std::string& name = operations_[at].thread;
            auto known = std::find_if(threads.begin(), threads.end(),
                                      [&](const auto& one) { return one.first == name; });
            if (known == threads.end() || operations_[at].actor == Actor::device)
                known = threads.insert(threads.end(), {name, {}});
            known->second.push_back(at);
        }
        std::string text = "parallel {\n";
        for (std::size_t i = 0; i < threads.size(); ++i) {
            if (i > 0) text += "  |\n";
            for (const std::size_t at : threads[i].second) text += "    " + line(at, true) + "\n";
        }
        return text + "}\n";
    }

    // Threads of a process are told apart by number, in the order in which they come up.
    std::string who(const TracedOperation& one, Actor actor, bool number) const {
        if (one.actor == Actor::device) return holder_name(one.gup);
        if (actor != Actor::cpu) return std::string(name_of(actor));
        if (!number) return one.process;
        std::vector<std::string> threads;
        for (const TracedOperation& other : operations_)
            if (other.process == one.process && drivable(other).actor == Actor::cpu &&
                std::find(threads.begin(), threads.end(), other.thread) == threads.end())
                threads.push_back(other.thread);
        const auto at = std::find(threads.begin(), threads.end(), one.thread) - threads.begin();
        return at == 0 ? one.process : fmt::format("{}.{}", one.process, at + 1);
    }

    std::string line(std::size_t at, bool number) const {
        const TracedOperation& one = operations_[at];
        const Drivable call = drivable(one);
        std::string text = who(one, call.actor, number) + ": ";
        if (const auto name = promise_.names.find(one.number); name != promise_.names.end())
            text += name->second + " = ";
        else if (one.is_gup())
            text += holder_name(one.number) + " = ";
        text += to_text(call.call);
        if (call.actor == Actor::device) return text;
        const bool has_va = one.va && one.call.name != "khugepaged";
        const bool service = call.actor != Actor::cpu;
        if (!service && !has_va) return text;
        text += " of";
        if (service) text += " " + one.process;
        if (has_va) text += fmt::format(" va {}", *one.va);
        return text;
    }

    const Trace& trace_;
    const std::vector<TracedOperation>& operations_;
    const Promise& promise_;
};

// All orders in which `before(a, b)` holds for nothing that comes later; those that end first in the
// trace come first.
class Orders {
public:
    Orders(const std::vector<TracedOperation>& operations, auto before) {
        const std::size_t count = operations.size();
        for (std::size_t i = 0; i < count; ++i) by_end_.push_back(i);
        std::stable_sort(by_end_.begin(), by_end_.end(), [&](std::size_t a, std::size_t b) {
            return operations[a].last < operations[b].last;
        });
        Order order;
        std::vector<bool> used(count);
        extend(order, used, before);
    }
    [[nodiscard]] const std::vector<Order>& all() const { return all_; }

private:
    void extend(Order& order, std::vector<bool>& used, auto before) {
        if (all_.size() >= most_orders) return;
        if (order.size() == by_end_.size()) all_.push_back(order);
        for (const std::size_t next : by_end_) {
            const bool waits = std::any_of(by_end_.begin(), by_end_.end(), [&](std::size_t other) {
                return other != next && !used[other] && before(other, next);
            });
            if (used[next] || waits) continue;
            used[next] = true;
            order.push_back(next);
            extend(order, used, before);
            order.pop_back();
            used[next] = false;
        }
    }

    Order by_end_;
    std::vector<Order> all_;
};

// Operations that overlap, directly or by way of others.
std::vector<Order> clusters_of(const std::vector<TracedOperation>& operations, bool to_the_end) {
    std::vector<Order> clusters;
    std::size_t reach = 0;
    for (std::size_t i = 0; i < operations.size(); ++i) {
        const std::size_t end = to_the_end ? operations[i].end : operations[i].last;
        if (clusters.empty() || operations[i].first > reach) clusters.emplace_back();
        clusters.back().push_back(i);
        reach = std::max(reach, end);
    }
    return clusters;
}

// A load or store that others come into the midst of is tried twice by a CPU, at least: what is left
// of it is one that comes before them, and one that comes after.
std::vector<TracedOperation> with_accesses_split(const std::vector<TracedOperation>& operations) {
    std::vector<TracedOperation> split;
    for (const TracedOperation& one : operations) {
        split.push_back(one);
        std::optional<std::size_t> first;
        std::size_t last = 0;
        for (const TracedOperation& inner : operations)
            if (inner.first > one.first && inner.first < one.last) {
                first = first ? std::min(*first, inner.first) : inner.first;
                last = std::max(last, inner.first);
            }
        if (!first || (one.call.name != "write" && one.call.name != "read")) continue;
        split.back().number = 0;
        split.back().last = split.back().end = *first - 1;
        split.push_back(one);
        split.back().first = last + 1;
    }
    std::stable_sort(split.begin(), split.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    return split;
}

class Candidates {
public:
    Candidates(const Trace& trace, const Promise& promise) : trace_(trace), promise_(promise) {}

    void orders(const std::vector<TracedOperation>& operations, bool whole) {
        const auto apart = [&](std::size_t a, std::size_t b) {
            return operations[a].end < operations[b].first;
        };
        const Orders orders(operations, apart);
        for (const Order& order : orders.all())
            add({writer(operations).one_after_the_other(order), false, false, false,
                 whole ? order : Order{}, {}});
    }

    void windows(const std::vector<TracedOperation>& operations) {
        for (const bool to_the_end : {false, true}) {
            const auto clusters = clusters_of(operations, to_the_end);
            const bool window = std::any_of(clusters.begin(), clusters.end(),
                                            [](const Order& one) { return one.size() > 1; });
            // The monitor waits beside the last operation, and beside nothing else.
            const bool seen = !promise_.wait_for_event || clusters.back().size() == 1;
            if (window && seen)
                add({writer(operations).side_by_side(clusters), true, false, to_the_end, {},
                     untimely(operations, clusters)});
        }
    }

    // What one thread does stays in order, and so does what is done through a pin or by a child.
    void reordered(const std::vector<TracedOperation>& operations) {
        const auto bound = [&](std::size_t a, std::size_t b) {
            return a < b && (operations[a].thread == operations[b].thread ||
                             operations[b].gup == operations[a].number ||
                             operations[a].call.name == "fork" || b + 1 == operations.size());
        };
        const Orders orders(operations, bound);
        for (const Order& order : orders.all())
            add({writer(operations).one_after_the_other(order), false, true, false, order, {}});
    }

    std::vector<Candidate> all;

private:
    // ksmd looks at a page twice before it merges it, which takes its time.
    static std::string untimely(const std::vector<TracedOperation>& operations,
                                const std::vector<Order>& clusters) {
        for (const Order& cluster : clusters)
            for (const std::size_t at : cluster)
                if (cluster.size() > 1 && operations[at].call.name == "ksm_merge")
                    return fmt::format("operation {}, ksm_merge: nobody can make ksmd merge a page at "
                                       "a moment of his choice",
                                       operations[at].number);
        return {};
    }

    [[nodiscard]] Writer writer(const std::vector<TracedOperation>& operations) const {
        return {trace_, operations, promise_};
    }

    // Each program once.
    void add(Candidate candidate) {
        if (std::none_of(all.begin(), all.end(),
                         [&](const Candidate& other) { return other.text == candidate.text; }))
            all.push_back(std::move(candidate));
    }

    const Trace& trace_;
    const Promise& promise_;
};

}  // namespace

std::vector<Candidate> candidates(const Trace& trace,
                                  const std::vector<TracedOperation>& operations,
                                  const Promise& promise) {
    Candidates found(trace, promise);
    found.orders(operations, true);
    const auto split = with_accesses_split(operations);
    if (split.size() > operations.size()) found.orders(split, false);
    found.windows(operations);
    found.reordered(operations);
    return std::move(found.all);
}

}  // namespace cowcheck
