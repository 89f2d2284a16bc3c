// Collects instructions, registers, labels and diagnostics while compiling.
#pragma once

#include "model/compile/applicable.h"
#include "model/compile/value.h"
#include "model/machine/program.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <set>
#include <tuple>

namespace cowcheck {

// A statement of one operation that asks for the page of a PTE, or about a page.
struct PageSite {
    std::uint16_t operation = 0;  // index into Program::operations
    const SourceFile* file = nullptr;
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    PageSite(std::size_t number, const SourceSpan& span)
        : operation(static_cast<std::uint16_t>(number)), file(span.file), line(span.line),
          column(span.column) {}
    friend bool operator<(const PageSite& a, const PageSite& b) {
        return std::tie(a.operation, a.file, a.line, a.column) <
               std::tie(b.operation, b.file, b.line, b.column);
    }
};

using PageSites = std::set<PageSite>;

class Emitter {
public:
    Emitter(Program& program, Diagnostics& diagnostics)
        : program_(program), diagnostics_(diagnostics) {}

    std::uint16_t here() const { return static_cast<std::uint16_t>(program_.code.size()); }
    std::uint16_t emit(Code code, unsigned a = 0, unsigned b = 0, unsigned c = 0, unsigned imm = 0,
                       unsigned target = 0);
    void set_target(std::uint16_t at, std::uint16_t target) { program_.code[at].target = target; }
    void set_targets(const std::vector<std::uint16_t>& jumps, std::uint16_t target) {
        for (const std::uint16_t at : jumps) set_target(at, target);
    }

    // Addresses have 16 bits, and 0xffff is none.
    static constexpr std::size_t max_code = 0xfff0;
    // Whether there was no room any more, which has been complained of: what follows is void.
    bool is_full() const { return full_; }
    // In what the next instructions stand: "operation 'gup' (gup > fault write > do_wp_page)".
    void in_text(std::string what) { text_ = std::move(what); }

    // Takes back everything from this instruction on.
    void shrink(std::size_t size) {
        program_.code.resize(size);
        spans_.resize(size);
        std::erase_if(oopses_, [&](std::uint16_t at) { return at >= size; });
    }

    // Where the PTE value in a register has none of these bits, and its page is asked for: a
    // violation of `assertions`, and whoever asked goes no further. Nothing where the text
    // shows that this can't be.
    void demand(std::uint8_t pte, std::uint16_t bits, const SourceSpan& span);
    // What this world does not have is asked for, or changed (the zeropage, a swap slot, a PMD):
    // likewise, whenever it is reached.
    void not_in_world(const SourceSpan& span);
    // Where they stop who went no further, if there is any: at the end of an operation.
    void end_oopses(const SourceSpan& span, const std::string& where);
    // Statements that need this question, as a first compilation has found out.
    void ask_at(PageSites sites) { asked_ = std::move(sites); }

    // All statements but these look at pages that are in use only.
    void trust_but_at(PageSites sites) { distrusted_ = std::move(sites); }
    bool is_page_in_use() const {
        return distrusted_ && !distrusted_->contains(PageSite(program_.operations.size(), span_));
    }

    // A scratch register, free again after the statement.
    std::uint8_t scratch(const SourceSpan& span);
    void free_scratch() { next_ = Reg::scratch; }

    // From now on code may rely on what the registers from Reg::zero on hold.
    void know_constants() { knows_constants_ = true; }

    // The value in a register, loading a constant if need be.
    std::uint8_t in_register(const Value& value, const SourceSpan& span);

    // The design has no such operation in this world: a complaint, unless that is left to others.
    void add_absent(Absent absent, const std::string& design);
    void let_absent() { lets_absent_ = true; }
    const std::vector<Absent>& absent() const { return absent_; }

    // Says something once, however often the text is instantiated.
    void complain(const SourceSpan& span, std::string message, std::string suggestion = {});
    // Likewise, where it makes no sense to go on.
    void give_up(const SourceSpan& span, std::string message) {
        complain(span, std::move(message));
        full_ = true;
    }
    // How often, those included that were said before.
    std::size_t complaints() const { return complaints_; }

    Program& program() { return program_; }
    const Program& program() const { return program_; }

    // Which statement an instruction belongs to.
    void at(const SourceSpan& span) { span_ = span; }
    const SourceSpan& span_of(std::uint16_t address) const { return spans_[address]; }

private:
    Program& program_;
    Diagnostics& diagnostics_;
    std::size_t complaints_ = 0;
    bool full_ = false;
    std::string text_;
    bool lets_absent_ = false;
    std::vector<Absent> absent_;
    unsigned next_ = Reg::scratch;
    bool knows_constants_ = false;
    SourceSpan span_;
    std::vector<SourceSpan> spans_;  // parallel to the code
    PageSites asked_;
    std::optional<PageSites> distrusted_;  // nothing: so are all
    std::vector<std::uint16_t> oopses_;    // jumps of this operation
};

}  // namespace cowcheck
