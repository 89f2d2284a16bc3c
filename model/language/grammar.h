// The grammar of the language, except for whole files: words, expressions and
// statements. docs/language.md says the same in prose.
//
// A rule that is required (`must`) says what it is in `expected`, as in "expected
// an expression after '='", or has a `message` of its own.
#pragma once

#include "model/language/syntax_tree.h"

namespace cowcheck::grammar {

using namespace tao::pegtl;  // NOLINT: a grammar in the words of the library
using syntax::as;
using syntax::as_chain;
using syntax::inside;
using syntax::Kind;
using syntax::line_start;
using syntax::Scope;

// --- what stands between words

struct comment : seq<one<'#'>, until<at<eolf>>> {};
struct blank : star<one<' ', '\t'>> {};
struct some_blank : plus<one<' ', '\t'>> {};
// Where a line may end without ending the statement.
struct free_space : star<sor<one<' ', '\t'>, eol, comment>> {};
// Between statements, and between definitions.
struct separators : star<sor<one<' ', '\t', ';'>, eol, comment>> {};
struct at_line_end : at<sor<eolf, one<'#'>>> {};
struct line_end : sor<at_line_end, at<one<';'>>> {
    static constexpr std::string_view expected = "the end of the line";
};

// --- words

// A rule that fails must not have moved: the place where it started is reported.
template <typename Text>
struct keyword : seq<at<Text, not_at<identifier_other>>, Text> {};

struct kw_and : keyword<TAO_PEGTL_STRING("and")> {};
struct kw_or : keyword<TAO_PEGTL_STRING("or")> {};
struct kw_not : keyword<TAO_PEGTL_STRING("not")> {};
struct kw_implies : keyword<TAO_PEGTL_STRING("implies")> {};
struct kw_with : keyword<TAO_PEGTL_STRING("with")> {};
struct kw_because : keyword<TAO_PEGTL_STRING("because")> {};
struct kw_if : keyword<TAO_PEGTL_STRING("if")> {};
struct kw_else : keyword<TAO_PEGTL_STRING("else")> {};
struct kw_true : keyword<TAO_PEGTL_STRING("true")> {};
struct kw_false : keyword<TAO_PEGTL_STRING("false")> {};
struct kw_none : keyword<TAO_PEGTL_STRING("none")> {};
struct kw_for : keyword<TAO_PEGTL_STRING("for")> {};
struct of_word : keyword<TAO_PEGTL_STRING("of")> {};
struct kw_each : keyword<TAO_PEGTL_STRING("each")> {
    static constexpr std::string_view expected = "'each'";
};

struct reserved : sor<kw_and, kw_or, kw_not, kw_implies, kw_with, kw_because, kw_if, kw_else,
                      kw_true, kw_false, kw_none> {};

struct name : seq<not_at<reserved>, identifier>, as<Kind::name> {
    static constexpr std::string_view expected = "a name";
};
// Behind a dot no word is reserved: `pte.none`.
struct field_name : identifier, as<Kind::field> {
    static constexpr std::string_view expected = "a field name";
};
// Of designs and worlds: v5.10.y, x86-pae.
struct file_name : plus<sor<identifier_other, one<'.', '-'>>>, as<Kind::name> {
    static constexpr std::string_view expected = "a name";
};

struct number_end : not_at<identifier_other> {
    static constexpr std::string_view message = "a number is written in decimal digits";
};
struct number : seq<plus<digit>, must<number_end>>, as<Kind::number> {
    static constexpr std::string_view expected = "a number";
};

struct closing_quote : one<'"'> {
    static constexpr std::string_view message = "this string does not end on its line";
};
struct string_text : star<not_one<'"', '\n', '\r'>>, as<Kind::string> {};
struct quoted : seq<one<'"'>, string_text, must<closing_quote>> {
    static constexpr std::string_view expected = "a text in double quotes";
};

// --- where a definition starts

// A definition starts in column 1: where one does so inside another one, something
// is missing, and where the text goes on after an error.
struct definition_word
    : sor<keyword<TAO_PEGTL_STRING("operation")>, keyword<TAO_PEGTL_STRING("handler")>,
          keyword<TAO_PEGTL_STRING("predicate")>, keyword<TAO_PEGTL_STRING("property")>> {};
struct definition_start
    : seq<line_start,
          sor<seq<definition_word, some_blank, identifier>,
              seq<keyword<TAO_PEGTL_STRING("fault")>, some_blank, identifier, blank, one<'('>,
                  until<one<'{'>, not_one<'\n', '#'>>>,
              seq<keyword<TAO_PEGTL_STRING("expect")>, some_blank, identifier, some_blank,
                  identifier>,
              seq<keyword<TAO_PEGTL_STRING("part")>, some_blank, identifier, some_blank,
                  keyword<TAO_PEGTL_STRING("of")>>,
              seq<sor<keyword<TAO_PEGTL_STRING("title")>, keyword<TAO_PEGTL_STRING("kernels")>,
                      keyword<TAO_PEGTL_STRING("dated")>, keyword<TAO_PEGTL_STRING("parts")>>,
                  some_blank, not_at<one<'=', '+', '-'>>>>> {};

// --- expressions
//
// Outside brackets an expression goes on in the next line after an operator, or
// before `and`, `or` and `implies`; inside, lines don't matter. So the rules take
// what may stand before an operator: blank or free_space.

template <typename Space>
struct expression;
template <typename Space>
struct negation;
template <typename Space>
struct factor;

struct close_paren : one<')'> {
    static constexpr std::string_view expected = "')'";
    static constexpr bool closes = true;
};
struct close_list : one<')'> {
    static constexpr std::string_view expected = "',' or ')'";
    static constexpr bool closes = true;
};
struct close_record : one<'}'> {
    static constexpr std::string_view expected = "',' or '}'";
    static constexpr bool closes = true;
};

template <typename Item>
struct comma_list : list_must<Item, one<','>, sor<one<' ', '\t'>, eol, comment>> {};

// `f(a, b)`; the bracket follows the name at once.
struct arguments : inside<Scope::paren, one<'('>, free_space,
                          opt<comma_list<expression<free_space>>>, free_space, must<close_list>>,
                   as<Kind::arguments> {
    static constexpr std::string_view expected = "'('";
};
struct paren : inside<Scope::paren, one<'('>, free_space, must<expression<free_space>>, free_space,
                      must<close_paren>>,
               as<Kind::paren> {};

struct is_sign : seq<not_at<two<'='>>, one<'='>> {
    static constexpr std::string_view expected = "'='";
};
struct record_field : seq<name, opt<free_space, is_sign, free_space, must<expression<free_space>>>>,
                      as<Kind::record_field> {
    static constexpr std::string_view expected = "the name of a field";
};
struct record : inside<Scope::record, one<'{'>, free_space, opt<comma_list<record_field>>,
                       free_space, must<close_record>>,
                as<Kind::record> {
    static constexpr std::string_view expected = "'{'";
};

struct fields : star<one<'.'>, must<field_name>> {};
struct operand : seq<not_at<definition_start>, name, opt<arguments>, fields>, as<Kind::postfix> {};
struct paren_operand : seq<paren, fields>, as_chain<Kind::postfix> {};
// `try get page`: what it means is not the grammar's business.
struct phrase : list<operand, some_blank>, as_chain<Kind::phrase> {};

struct boolean : sor<kw_true, kw_false>, as<Kind::boolean> {};
struct none : kw_none, as<Kind::none> {};
struct primary : sor<number, boolean, none, record, paren_operand, phrase> {};

template <typename Space>
struct with : seq<primary, star<Space, kw_with, free_space, must<record>>>, as_chain<Kind::with> {};

struct minus_sign : seq<one<'-'>, not_at<one<'-', '=', '>'>>> {};
struct plus_sign : seq<one<'+'>, not_at<one<'+', '='>>> {};

template <typename Space>
struct negative : inside<Scope::operand, minus_sign, blank, must<factor<Space>>>,
                  as<Kind::negative> {};
template <typename Space>
struct factor : sor<negative<Space>, with<Space>> {
    static constexpr std::string_view expected = "an expression";
};

struct sum_operator : sor<plus_sign, minus_sign>, as<Kind::operator_> {};
template <typename Space>
struct sum : seq<factor<Space>, star<Space, sum_operator, free_space, must<factor<Space>>>>,
             as_chain<Kind::sum> {
    static constexpr std::string_view expected = "an expression";
};

struct comparison_operator
    : sor<TAO_PEGTL_STRING("=="), TAO_PEGTL_STRING("!="), TAO_PEGTL_STRING("<="),
          TAO_PEGTL_STRING(">="), one<'<'>, one<'>'>>,
      as<Kind::operator_> {};
struct chained_comparison : failure {
    static constexpr std::string_view message = "comparisons can't be chained";
};
template <typename Space>
struct comparison
    : seq<sum<Space>, opt<Space, comparison_operator, free_space, must<sum<Space>>,
                          opt<Space, at<comparison_operator>, raise<chained_comparison>>>>,
      as_chain<Kind::comparison> {};

template <typename Space>
struct not_rule : inside<Scope::operand, kw_not, free_space, must<negation<Space>>>,
                  as<Kind::not_> {};
template <typename Space>
struct negation : sor<not_rule<Space>, comparison<Space>> {
    static constexpr std::string_view expected = "an expression";
};

template <typename Space>
struct conjunction
    : seq<negation<Space>, star<free_space, kw_and, free_space, must<negation<Space>>>>,
      as_chain<Kind::and_> {
    static constexpr std::string_view expected = "an expression";
};
template <typename Space>
struct disjunction
    : seq<conjunction<Space>, star<free_space, kw_or, free_space, must<conjunction<Space>>>>,
      as_chain<Kind::or_> {};

template <typename Space>
struct conclusion : inside<Scope::operand, kw_implies, free_space, must<expression<Space>>> {};
template <typename Space>
struct expression : seq<disjunction<Space>, opt<free_space, conclusion<Space>>>,
                    as_chain<Kind::implies> {
    static constexpr std::string_view expected = "an expression";
};

// --- statements

struct statement;

struct open_block : one<'{'> {
    static constexpr std::string_view expected = "'{'";
};
struct close_block : one<'}'> {
    static constexpr std::string_view expected = "'}'";
    static constexpr bool closes = true;
};
struct block_end : sor<eof, one<'}'>, definition_start> {};
struct statement_end : sor<at<one<'}'>>, line_end> {
    static constexpr std::string_view expected = "the end of the statement";
};
struct statements
    : seq<separators,
          star<not_at<block_end>, must<statement>, blank, must<statement_end>, separators>>,
      as<Kind::block> {};
struct block_body : seq<blank, must<open_block>, statements, must<close_block>> {};

struct assign_operator : sor<TAO_PEGTL_STRING("+="), TAO_PEGTL_STRING("-="), is_sign>,
                         as<Kind::operator_> {};
struct simple : seq<phrase, opt<blank, assign_operator, free_space, must<expression<blank>>>>,
                as<Kind::simple> {};

struct called : seq<name, must<arguments>>, as<Kind::postfix> {
    static constexpr std::string_view expected = "the name of a fault";
};
struct fault_call : seq<keyword<TAO_PEGTL_STRING("fault")>, blank, must<called>>,
                    as<Kind::fault_call> {};

struct condition : seq<not_at<one<'{'>>, expression<blank>> {
    static constexpr std::string_view expected = "a condition";
};
struct if_statement;
struct else_block : inside<Scope::else_, at<one<'{'>>, block_body> {
    static constexpr std::string_view expected = "'{' or 'if'";
};
struct else_next : sor<if_statement, else_block> {
    static constexpr std::string_view expected = "'{' or 'if'";
};
struct else_part : seq<kw_else, blank, must<else_next>>, as<Kind::else_> {};
// The depth counts along `else if` as well: that is how the tree looks.
struct if_statement : inside<Scope::statement, kw_if, blank, must<condition>, block_body,
                             opt<free_space, else_part>>,
                      as<Kind::if_> {};

struct loop : inside<Scope::statement, keyword<TAO_PEGTL_STRING("loop")>, block_body>,
              as<Kind::loop> {};
struct atomic : inside<Scope::statement, keyword<TAO_PEGTL_STRING("atomic")>, block_body>,
                as<Kind::atomic> {};
struct for_each : inside<Scope::statement, kw_for, blank, must<kw_each>, blank, must<name>,
                         opt<some_blank, of_word, blank, must<name>>, block_body>,
                  as<Kind::for_each> {};

struct return_ : seq<keyword<TAO_PEGTL_STRING("return")>, opt<blank, expression<blank>>>,
                 as<Kind::return_> {};
struct fail : keyword<TAO_PEGTL_STRING("fail")>, as<Kind::fail> {};
struct break_ : keyword<TAO_PEGTL_STRING("break")>, as<Kind::break_> {};
struct continue_ : keyword<TAO_PEGTL_STRING("continue")>, as<Kind::continue_> {};
struct asserted : expression<blank> {
    static constexpr std::string_view expected = "an expression";
};
struct assert_
    : seq<keyword<TAO_PEGTL_STRING("assert")>, blank, must<asserted>, opt<blank, quoted>>,
      as<Kind::assert_> {};

struct statement : sor<if_statement, loop, for_each, atomic, return_, fail, break_, continue_,
                       assert_, fault_call, simple> {
    static constexpr std::string_view expected = "a statement";
};

// --- parts of definitions

struct parameters : inside<Scope::paren, one<'('>, free_space, opt<comma_list<name>>, free_space,
                           must<close_list>>,
                    as<Kind::parameters> {
    static constexpr std::string_view expected = "'('";
};

struct predicate : seq<keyword<TAO_PEGTL_STRING("predicate")>, blank, must<name>, blank,
                       must<parameters>, blank, must<is_sign>, free_space, must<expression<blank>>>,
                   as<Kind::predicate> {};

// An operation as a menu names it: `gup(read, pin, longterm)`.
struct flag_name : identifier, as<Kind::name> {
    static constexpr std::string_view expected = "a flag";
};
struct flags : inside<Scope::paren, one<'('>, free_space, opt<comma_list<flag_name>>, free_space,
                      must<close_list>> {};
struct menu_entry : seq<name, opt<flags>>, as<Kind::menu_entry> {
    static constexpr std::string_view expected = "the name of an operation";
};

struct title : seq<keyword<TAO_PEGTL_STRING("title")>, blank, must<quoted>>, as<Kind::title> {};

}  // namespace cowcheck::grammar
