#include "model/compile/emitter.h"

#include <algorithm>
#include <array>

namespace cowcheck {

std::string_view name_of(Type type) {
    static constexpr std::array<std::string_view, 15> names{
        "an error",       "a truth value",  "a number",    "a page",    "a PTE",
        "a process (mm)", "a virtual page", "a VMA",       "GUP flags", "a sequence count",
        "a pin",          "a CPU",          "a TLB entry", "the world", "an operation"};
    return names[static_cast<std::size_t>(type)];
}

std::uint16_t Emitter::emit(Code code, unsigned a, unsigned b, unsigned c, unsigned imm,
                            unsigned target) {
    if (program_.code.size() >= max_code) {
        if (!full_)
            complain(span_,
                     text_ + " makes the program too long: it has room for " +
                         std::to_string(max_code) + " instructions",
                     "leave something out; a handler stands there as often as it is called");
        full_ = true;
        return static_cast<std::uint16_t>(program_.code.size() - 1);
    }
    program_.code.push_back({code, static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b),
                             static_cast<std::uint8_t>(c), static_cast<std::uint16_t>(imm),
                             static_cast<std::uint16_t>(target)});
    spans_.push_back(span_);
    return static_cast<std::uint16_t>(program_.code.size() - 1);
}

std::uint8_t Emitter::scratch(const SourceSpan& span) {
    if (next_ >= Reg::zero) {
        complain(span, "this expression is too large; split it with a predicate or a local");
        next_ = Reg::scratch;
    }
    return static_cast<std::uint8_t>(next_++);
}

std::uint8_t Emitter::in_register(const Value& value, const SourceSpan& span) {
    if (!value.constant) return value.reg;
    if (knows_constants_ && value.number >= 0 && value.number < Reg::constants)
        return static_cast<std::uint8_t>(Reg::zero + value.number);
    const std::uint8_t reg = scratch(span);
    emit(Code::imm, reg, 0, 0, static_cast<unsigned>(value.number));
    return reg;
}

void Emitter::demand(std::uint8_t pte, std::uint16_t bits, const SourceSpan& span) {
    if (!asked_.contains(PageSite(program_.operations.size(), span_))) return;
    const std::uint8_t fine = scratch(span);
    emit(Code::bit, fine, pte, 0, bits);
    emit(Code::assert_, fine);
    oopses_.push_back(emit(Code::jump_unless, fine));
}

void Emitter::not_in_world(const SourceSpan& span) {
    const std::uint8_t never = scratch(span);
    emit(Code::imm, never);
    emit(Code::assert_, never);
    oopses_.push_back(emit(Code::jump_unless, never));
}

// An oops: the thread stays there for good, with its locks. A step that leads back to itself
// is no deadlock of others who wait for them.
void Emitter::end_oopses(const SourceSpan& span, const std::string& where) {
    if (oopses_.empty()) return;
    at(span);
    Rest rest;
    rest.address = here();
    rest.operation = static_cast<std::uint16_t>(program_.operations.size());
    rest.span = span;
    rest.where = where;
    rest.path = {{false, where}};
    set_targets(oopses_, here());
    oopses_.clear();
    emit(Code::rest, 0, 0, 0, static_cast<unsigned>(program_.rests.size()));
    emit(Code::jump, 0, 0, 0, 0, rest.address);
    program_.rests.push_back(std::move(rest));
}

// Of each statement that says so, one complaint is enough, whatever else the menus name.
void Emitter::add_absent(Absent absent, const std::string& design) {
    const bool said = std::any_of(absent_.begin(), absent_.end(), [&](const Absent& other) {
        return other.span.file == absent.span.file && other.span.line == absent.span.line &&
               other.span.column == absent.span.column;
    });
    if (!lets_absent_ && !said)
        complain(absent.span,
                 "design '" + design + "' has no operation '" + to_text(absent.item) +
                     "' in world '" + program_.world.name + "', whose menu names it" +
                     (absent.why.empty() ? std::string() : ": " + absent.why),
                 "take a design whose kernel has it, or a world that does not ask for it");
    absent_.push_back(std::move(absent));
}

void Emitter::complain(const SourceSpan& span, std::string message, std::string suggestion) {
    ++complaints_;
    const bool said =
        std::any_of(diagnostics_.begin(), diagnostics_.end(), [&](const Diagnostic& d) {
            return d.span.file == span.file && d.span.line == span.line &&
                   d.span.column == span.column && d.message == message;
        });
    if (!said) diagnostics_.push_back({span, std::move(message), std::move(suggestion)});
}

}  // namespace cowcheck
