// The lines of a world, which the start of a program has as well.
#pragma once

#include "model/language/build_tree.h"
#include "model/language/grammar.h"

#include <array>

namespace cowcheck::grammar {

struct kw_process : keyword<TAO_PEGTL_STRING("process")> {};

// `x86`, `fresh`: a word that is not a number.
struct word : seq<identifier_first, star<sor<identifier_other, one<'.', '-'>>>>, as<Kind::word> {
    static constexpr std::string_view expected = "a word";
};

struct setting : seq<word, opt<some_blank, number>, star<some_blank, word>>, as<Kind::setting> {};

struct may : seq<keyword<TAO_PEGTL_STRING("may")>, blank, must<menu_entry>,
                 star<blank, one<','>, free_space, must<menu_entry>>>,
             as<Kind::may> {};

struct kw_free : keyword<TAO_PEGTL_STRING("free")> {
    static constexpr std::string_view expected = "'free'";
    static constexpr std::array<std::string_view, 1> words{"free"};
};
struct starts_free : seq<keyword<TAO_PEGTL_STRING("starts")>, blank, must<kw_free>>,
                     as<Kind::starts_free> {};
struct cpus : seq<keyword<TAO_PEGTL_STRING("cpus")>, blank, must<number>>, as<Kind::cpus> {};
struct kw_va : keyword<TAO_PEGTL_STRING("va")> {
    static constexpr std::string_view expected = "'va'";
};
struct maps : seq<keyword<TAO_PEGTL_STRING("maps")>, blank, must<kw_va>, blank, must<number>,
                  star<some_blank, word>>,
              as<Kind::maps> {};

// `any number`, `at least 3`, `0 .. 3`
struct kw_any : keyword<TAO_PEGTL_STRING("any")> {};
struct kw_number : keyword<TAO_PEGTL_STRING("number")> {
    static constexpr std::string_view expected = "'number'";
};
struct kw_at : keyword<TAO_PEGTL_STRING("at")> {
    static constexpr std::string_view expected = "'at'";
};
struct kw_least : keyword<TAO_PEGTL_STRING("least")> {
    static constexpr std::string_view expected = "'least'";
};
struct kw_most : keyword<TAO_PEGTL_STRING("most")> {
    static constexpr std::string_view expected = "'most'";
};
struct two_dots : TAO_PEGTL_STRING("..") {
    static constexpr std::string_view expected = "'..'";
};
struct amount : sor<seq<kw_any, blank, must<kw_number>>,
                    seq<kw_at, blank, must<kw_least>, blank, must<number>>,
                    seq<number, blank, must<two_dots>, blank, must<number>>> {
    static constexpr std::string_view expected = "'any number', 'at least N' or 'N .. M'";
};
struct kw_page : keyword<TAO_PEGTL_STRING("page")> {};
struct kw_of : keyword<TAO_PEGTL_STRING("of")> {
    static constexpr std::string_view expected = "'of'";
};
struct kw_has : keyword<TAO_PEGTL_STRING("has")> {
    static constexpr std::string_view expected = "'has'";
};
struct kw_outside : keyword<TAO_PEGTL_STRING("outside")> {
    static constexpr std::string_view expected = "'outside'";
    static constexpr std::array<std::string_view, 1> words{"outside"};
};
struct outside_what
    : sor<keyword<TAO_PEGTL_STRING("references")>, keyword<TAO_PEGTL_STRING("mappings")>>,
      as<Kind::word> {
    static constexpr std::string_view expected = "'references' or 'mappings'";
    static constexpr std::array<std::string_view, 2> words{"references", "mappings"};
};
struct outside
    : seq<kw_page, blank, must<kw_of>, blank, must<kw_va>, blank, must<number>, blank, must<kw_has>,
          blank, must<kw_outside>, blank, must<outside_what>, blank, must<amount>>,
      as<Kind::outside> {};

// A process that starts inside another one: a brace is missing.
struct block_start : seq<line_start, identifier, blank, opt<identifier>, blank, one<'{'>> {};
struct world_block_end : sor<eof, one<'}'>, block_start> {};

struct process_line : sor<starts_free, cpus, maps, outside, may> {
    static constexpr std::string_view expected = "'starts free', 'cpus', 'maps', 'page' or 'may'";
    static constexpr std::array<std::string_view, 5> words{"starts", "cpus", "maps", "page", "may"};
};
struct service_line : may {
    static constexpr std::string_view expected = "'may'";
    static constexpr std::array<std::string_view, 1> words{"may"};
};
struct world_line_end : sor<at<one<'}'>>, line_end> {
    static constexpr std::string_view expected = "the end of the line";
};
template <typename Line>
struct world_block
    : seq<blank, must<open_block>, separators,
          star<not_at<world_block_end>, must<Line>, blank, must<world_line_end>, separators>,
          must<close_block>> {};

struct process
    : inside<Scope::definition, kw_process, blank, must<name>, world_block<process_line>>,
      as<Kind::process> {};
struct service : seq<at<identifier, blank, one<'{'>>,
                     inside<Scope::definition, name, world_block<service_line>>>,
                 as<Kind::service> {};

// `every page has transient references at most 1`
struct kw_every : keyword<TAO_PEGTL_STRING("every")> {};
struct must_page : keyword<TAO_PEGTL_STRING("page")> {
    static constexpr std::string_view expected = "'page'";
};
struct kw_transient : keyword<TAO_PEGTL_STRING("transient")> {
    static constexpr std::string_view expected = "'transient'";
};
struct kw_references : keyword<TAO_PEGTL_STRING("references")> {
    static constexpr std::string_view expected = "'references'";
};
struct transient
    : seq<kw_every, blank, must<must_page>, blank, must<kw_has>, blank, must<kw_transient>, blank,
          must<kw_references>, blank, must<kw_at>, blank, must<kw_most>, blank, must<number>>,
      as<Kind::transient> {};

}  // namespace cowcheck::grammar

namespace cowcheck::syntax {

// Adds what such a line says.
void take_world_line(TreeBuilder& build, const Node& node, ast::World& world);

}  // namespace cowcheck::syntax
