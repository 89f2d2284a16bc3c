// Collects instructions, registers, labels and diagnostics while compiling.
#pragma once

#include "model/compile/value.h"
#include "model/machine/program.h"

#include <initializer_list>

namespace cowcheck {

class Emitter {
  public:
    Emitter(Program &program, Diagnostics &diagnostics)
        : program_(program), diagnostics_(diagnostics) {}

    std::uint16_t here() const { return static_cast<std::uint16_t>(program_.code.size()); }
    std::uint16_t emit(Code code, unsigned a = 0, unsigned b = 0, unsigned c = 0, unsigned imm = 0,
                       unsigned target = 0);
    void set_target(std::uint16_t at, std::uint16_t target) { program_.code[at].target = target; }
    void set_targets(const std::vector<std::uint16_t> &jumps, std::uint16_t target) {
        for (const std::uint16_t at : jumps)
            set_target(at, target);
    }

    // Takes back everything from this instruction on.
    void shrink(std::size_t size) {
        program_.code.resize(size);
        spans_.resize(size);
    }

    // A scratch register, free again after the statement.
    std::uint8_t scratch(const SourceSpan &span);
    void free_scratch() { next_ = Reg::scratch; }

    // The value in a register, loading a constant if need be.
    std::uint8_t in_register(const Value &value, const SourceSpan &span);

    // Says something once, however often the text is instantiated.
    void complain(const SourceSpan &span, std::string message, std::string suggestion = {});
    std::size_t complaints() const { return diagnostics_.size(); }

    Program &program() { return program_; }

    // Which statement an instruction belongs to.
    void at(const SourceSpan &span) { span_ = span; }
    const SourceSpan &span_of(std::uint16_t address) const { return spans_[address]; }

  private:
    Program &program_;
    Diagnostics &diagnostics_;
    unsigned next_ = Reg::scratch;
    SourceSpan span_;
    std::vector<SourceSpan> spans_; // parallel to the code
};

} // namespace cowcheck
