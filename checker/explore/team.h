// The threads of one exploration. How many there are may change while it runs: whoever has
// nothing to do meanwhile lends itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cowcheck {

// How many threads are idle that somebody else may use. Any number of threads at a time.
class SpareThreads {
public:
    explicit SpareThreads(int idle = 0) : idle_(idle) {}

    void lend() { ++idle_; }
    // Back from whoever has it, when he asks the next time: until then there is one too many.
    void take_back() { --idle_; }

    // How many others somebody may use from now on who uses `used` now, and wants up to `most`.
    [[nodiscard]] unsigned adjust(unsigned used, unsigned most);

private:
    std::atomic<int> idle_;
};

// What threads of a team throw must not end the process: whoever called them gets it.
class FirstError {
public:
    template <class Part>
    void watch(Part&& part) {
        try {
            part();
        } catch (...) {
            const std::scoped_lock lock(mutex_);
            if (!error_) error_ = std::current_exception();
        }
    }
    // Once all of them are done.
    void rethrow() const {
        if (error_) std::rethrow_exception(error_);
    }

private:
    std::mutex mutex_;
    std::exception_ptr error_;
};

// Threads that wait to be called, so that calling them costs some microseconds.
class Team {
public:
    // With the thread that calls, `size` of them: 1 to 255. Fewer where the process may not have
    // so many.
    explicit Team(unsigned size);
    ~Team();
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    [[nodiscard]] unsigned size() const { return static_cast<unsigned>(others_.size()) + 1; }

    // `threads` is 1 to size(): part(0) on this thread, and part(1) to part(threads - 1) on others.
    // It must not throw.
    void run(unsigned threads, const std::function<void(unsigned)>& part);

private:
    void serve(unsigned number);
    void call(std::uint64_t threads);

    const std::function<void(unsigned)>* part_ = nullptr;
    // Counts the calls, above the 8 bits that say how many threads the call is for.
    std::atomic<std::uint64_t> call_{0};
    std::atomic<unsigned> busy_{0};
    std::vector<std::thread> others_;
};

}  // namespace cowcheck
