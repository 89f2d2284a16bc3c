// A violated clause in words: the property's own, or what its parts were worth.
#pragma once

#include "model/compile/words.h"
#include "traces/property_view.h"

#include <functional>
#include <string>
#include <vector>

namespace cowcheck {

// "yes", "3", "A": a value of the property language, by itself.
[[nodiscard]] std::string value_text(const Program& program, Type type, unsigned value);
// Of the CPU that a TLB entry belongs to.
[[nodiscard]] std::string cpu_name(const Program& program, unsigned entry);

class Teller {
public:
    using Evaluate = std::function<unsigned(unsigned entry, std::uint8_t reg)>;

    // The runner stands behind the step; `moment` is the event that the clause is about, null
    // for one about a state. `evaluate` runs the code of the words.
    Teller(const Runner& runner, const Outcome& outcome, const EventMoment* moment,
           Evaluate evaluate);

    [[nodiscard]] std::string words(const std::vector<WordsCode>& says) const;
    // Without words: `which` it is about, and what was looked at.
    [[nodiscard]] std::string plainly(const std::string& which,
                                      const std::vector<PropertyPart>& parts) const;

private:
    [[nodiscard]] std::string event() const;
    [[nodiscard]] std::string value(const WordsCode& piece) const;
    [[nodiscard]] std::string plain_value(const WordsCode& piece) const;
    [[nodiscard]] std::string content(unsigned page) const;
    [[nodiscard]] std::string author(unsigned page) const;
    [[nodiscard]] std::string stuck() const;
    [[nodiscard]] std::string round(unsigned thread) const;

    const Runner& runner_;
    const Outcome& outcome_;
    const EventMoment* moment_;
    const TraceEvent* told_ = nullptr;  // the moment's event, as the trace has it
    Evaluate evaluate_;
};

}  // namespace cowcheck
