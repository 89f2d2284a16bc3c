#include "verify/run/in_order.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace cowcheck {

namespace {

class Pieces {
public:
    Pieces(std::size_t count, std::size_t window, const std::function<void(std::size_t)>& work,
           SpareThreads* spare)
        : work_(work), spare_(spare), window_(window), done_(count), errors_(count) {}

    // Works on one piece after the other, until there are no more.
    void work() {
        std::unique_lock lock(mutex_);
        for (;;) {
            const auto has_work = [&] { return !is_over() && next_ < concluded_ + window_; };
            if (!has_work()) {
                if (spare_ != nullptr) spare_->lend();
                changed_.wait(lock, [&] { return is_over() || has_work(); });
                if (is_over()) return;
                if (spare_ != nullptr) spare_->take_back();
            }
            const std::size_t piece = next_++;
            lock.unlock();
            std::exception_ptr error;
            try {
                work_(piece);
            } catch (...) {
                error = std::current_exception();
            }
            lock.lock();
            done_[piece] = true;
            errors_[piece] = error;
            changed_.notify_all();
        }
    }

    // Throws what the piece has thrown.
    void wait_for(std::size_t piece) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return done_[piece]; });
        if (errors_[piece]) std::rethrow_exception(errors_[piece]);
    }

    void concluded() {
        const std::scoped_lock lock(mutex_);
        ++concluded_;
        changed_.notify_all();
    }

    // No more is begun.
    void end() {
        const std::scoped_lock lock(mutex_);
        ended_ = true;
        changed_.notify_all();
    }

private:
    [[nodiscard]] bool is_over() const { return ended_ || next_ == done_.size(); }

    const std::function<void(std::size_t)>& work_;
    SpareThreads* spare_;
    std::size_t window_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t next_ = 0;
    std::size_t concluded_ = 0;
    bool ended_ = false;
    std::vector<bool> done_;
    std::vector<std::exception_ptr> errors_;
};

struct EndAtExit {
    Pieces& pieces;
    ~EndAtExit() { pieces.end(); }
};

}  // namespace

void in_order(std::size_t count, std::size_t window, unsigned threads,
              const std::function<void(std::size_t)>& work,
              const std::function<void(std::size_t)>& conclude, SpareThreads* spare) {
    if (threads <= 1 || count <= 1) {
        for (std::size_t i = 0; i < count; ++i) {
            work(i);
            conclude(i);
        }
        return;
    }
    Pieces pieces(count, window, work, spare);
    std::vector<std::jthread> workers;
    const EndAtExit end{pieces};  // before they are joined, however this is left
    while (workers.size() < std::min<std::size_t>(threads, count))
        workers.emplace_back([&] { pieces.work(); });
    for (std::size_t i = 0; i < count; ++i) {
        pieces.wait_for(i);
        conclude(i);
        pieces.concluded();
    }
}

Shares shares_of(unsigned threads, std::size_t pieces) {
    const auto at_a_time =
        static_cast<unsigned>(std::clamp<std::size_t>(pieces, 1, std::max(1U, threads)));
    return {at_a_time, std::max(1U, threads / at_a_time)};
}

}  // namespace cowcheck
