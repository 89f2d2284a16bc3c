// The words of a property: what is told where a clause is violated.
#pragma once

#include "model/compile/expressions.h"

#include <string>
#include <vector>

namespace cowcheck {

// What stands in braces and is no expression: who tells of a violation knows it.
enum class SpecialWord : std::uint8_t {
    none,         // an expression
    event,        // {event}: "cpu0 reads P1 from page A"
    operation,    // {operation}: "gup(read, get) of cpu1"
    should_read,  // {should_read}: of a load, the value that the process should see: "P2"
    content,      // {content(page)}: what it holds: "P1"
    in_full,      // {in_full(page)}: "page A (which holds P1)"
    author,       // {author(page)}: who wrote what it holds: "parent"
    stuck         // {stuck}: who waits for what, or goes round
};

// A piece of the words: text, then perhaps a value.
struct WordsCode {
    std::string text;
    bool has_value = false;
    SpecialWord special = SpecialWord::none;
    Type type = Type::error;  // of the expression, or of a special word's argument; error: none
    std::uint16_t entry = 0;  // code that leaves its value in `reg`
    std::uint8_t reg = 0;
    // The page of a page table entry is "nothing" if this code finds no page in it.
    bool is_of_entry = false;
    std::uint16_t entry_of = 0;
    std::uint8_t reg_of = 0;
};

// Complains of what can't be told.
[[nodiscard]] std::vector<WordsCode> compile_words(Emitter& emitter, Expressions& expressions,
                                                   const ast::Clause& clause, Context& context);

}  // namespace cowcheck
