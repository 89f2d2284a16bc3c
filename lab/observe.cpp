// From the agent's results to the words in which `cowcheck run` tells what a program saw.
#include "lab/plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace cowcheck {

namespace {

constexpr std::uint64_t frame_mask = (1ULL << 55) - 1;
constexpr unsigned swapped_bit = 62;
constexpr unsigned present_bit = 63;

constexpr bool bit_of(std::uint64_t entry, unsigned bit) { return (entry >> bit & 1) != 0; }

class Observer {
public:
    Observer(const Plan& plan, const wire::Results& results, const wire::Hello& kernel)
        : plan_(plan), results_(results), kernel_(kernel) {
        for (const std::size_t step : plan.file_entries)
            if (results[step].what == wire::entry)
                file_frames_.push_back(results[step].number & frame_mask);
    }

    Observation run() {
        Observation result;
        for (std::size_t i = 0; i < results_.size(); ++i) {
            const wire::Result& one = results_[i];
            const bool failed_setup = i < plan_.setup && (one.what == wire::failed ||
                                                          one.what == wire::fault ||
                                                          one.what == wire::waits);
            if (one.what != wire::unable && !failed_setup) continue;
            result.skipped = fmt::format(
                "{}: {}", wire::to_text(plan_.steps[i]),
                one.what == wire::unable ? one.why : "the start cannot be made");
            return result;
        }
        for (const PlannedLook& look : plan_.looks)
            result.seens.emplace_back(look.name, word(look, results_[look.step]));
        // What a kernel always has is a setting of the model's.
        const bool zeropage =
            std::any_of(result.seens.begin(), result.seens.end(),
                        [](const auto& seen) { return seen.second == "zeropage"; });
        if (zeropage && !plan_.zeropage)
            result.skipped = "the zeropage is mapped, and the program starts without one ('zeropage "
                             "shared')";
        return result;
    }

private:
    std::string word(const PlannedLook& look, const wire::Result& result) {
        if (result.what == wire::waits) return "waits";
        if (result.what == wire::unreached) return "unreached";
        if (result.what == wire::fault || result.what == wire::failed) return "fault";
        switch (look.seen) {
        case Seen::value: return value(result.number);
        case Seen::result: return "ok";
        case Seen::event: return result.number == 0 ? "none" : "event";
        case Seen::count: return std::to_string(std::min<std::uint64_t>(result.number, 3));
        case Seen::bit: return bit_of(result.number, look.bit) ? "true" : "false";
        case Seen::page: return page(result.number);
        }
        return {};
    }

    std::string value(std::uint64_t number) const {
        if (number == 0) return "0";
        const auto known = plan_.values.find(number);
        return known == plan_.values.end() ? fmt::format("garbage {:x}", number) : known->second;
    }

    std::string page(std::uint64_t entry) {
        if (bit_of(entry, swapped_bit)) return "swapped";
        if (!bit_of(entry, present_bit)) return "none";
        const std::uint64_t frame = entry & frame_mask;
        if (frame == kernel_.zeropage) return "zeropage";
        if (std::find(file_frames_.begin(), file_frames_.end(), frame) != file_frames_.end())
            return "file";
        auto found = std::find(frames_.begin(), frames_.end(), frame);
        if (found == frames_.end()) found = frames_.insert(frames_.end(), frame);
        return fmt::format("page {}", found - frames_.begin() + 1);
    }

    const Plan& plan_;
    const wire::Results& results_;
    const wire::Hello& kernel_;
    std::vector<std::uint64_t> frames_;  // in the order in which they are told
    std::vector<std::uint64_t> file_frames_;
};

}  // namespace

Observation observe(const Plan& plan, const wire::Results& results, const wire::Hello& kernel) {
    return Observer(plan, results, kernel).run();
}

}  // namespace cowcheck
