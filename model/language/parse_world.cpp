// Worlds: the `world` line, then settings, processes and services.
#include "model/language/grammar.h"
#include "model/language/parse.h"
#include "model/language/read_file.h"

#include <array>

namespace cowcheck {

namespace grammar {

struct kw_process : keyword<TAO_PEGTL_STRING("process")> {};
struct kw_title : keyword<TAO_PEGTL_STRING("title")> {};

struct world_line : seq<keyword<TAO_PEGTL_STRING("world")>, blank, must<file_name>>,
                    as<Kind::world> {
    static constexpr std::string_view expected = "'world NAME', with which a world starts";
    static constexpr std::array<std::string_view, 1> words{"world"};
};

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
struct world_title : seq<kw_title, blank, must<quoted>>, as<Kind::title> {};

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

struct world_item : sor<world_title, world_line, process, service, transient, setting> {
    static constexpr std::string_view expected = "a setting, a process or a service";
    static constexpr std::array<std::string_view, 1> words{"process"};
};

template <typename Item>
struct one_world_item : seq<separators, sor<eof, seq<must<Item>, blank, must<line_end>>>> {};

}  // namespace grammar

namespace {

using syntax::Kind;
using syntax::Node;

class WorldReader : public syntax::FileReader {
public:
    using FileReader::FileReader;

    ast::World world;

private:
    std::unique_ptr<Node> parse(syntax::Input& in, bool first) override {
        return first ? syntax::parse_rule<grammar::one_world_item<grammar::world_line>>(in)
                     : syntax::parse_rule<grammar::one_world_item<grammar::world_item>>(in);
    }

    [[nodiscard]] bool starts_definition(std::string_view line) const override {
        syntax::Input in(line, {});
        return tao::pegtl::parse<tao::pegtl::identifier_first>(in);
    }

    [[nodiscard]] std::string_view beginning() const override { return "'world NAME'"; }

    void take(const Node& node) override {
        switch (node.kind) {
        case Kind::world: return world_line(node);
        case Kind::title: return build.set_once(world.title, node, "title");
        case Kind::process: return process(node);
        case Kind::transient: return transient(node);
        case Kind::service: return service(node);
        default: return setting(node);
        }
    }

    void world_line(const Node& node) {
        if (!world.name.empty())
            return build.complain(build.span(node),
                                  "a file holds one world, and this one has begun "
                                  "with '" +
                                      world.name + "'");
        world.name = node[0].text();
        world.span = build.span(node[0]);
        world.comment = syntax::comment_on_top(syntax::body_of(build.file()));
    }

    void setting(const Node& node) {
        ast::WorldSetting setting;
        setting.span = build.span(node);
        setting.name = node[0].text();
        for (const auto& child : node.children) {
            if (child->kind == Kind::number)
                setting.number = build.number(*child);
            else if (child != node.children.front())
                setting.words.emplace_back(child->text());
        }
        world.settings.push_back(std::move(setting));
    }

    void process(const Node& node) {
        ast::WorldProcess process;
        process.name = node[0].text();
        process.span = build.span(node[0]);
        bool cpus_given = false;
        for (const auto& line : node.children) {
            if (line->kind == Kind::starts_free) process.starts_free = true;
            if (line->kind == Kind::maps) process.maps.push_back(mapping(*line));
            if (line->kind == Kind::outside) process.outside.push_back(outside(*line));
            if (line->kind == Kind::may) menu(*line, process.menu);
            if (line->kind != Kind::cpus) continue;
            if (cpus_given) build.complain(build.span(*line), "the number of CPUs is set already");
            process.cpus = build.number((*line)[0]);
            cpus_given = true;
        }
        world.processes.push_back(std::move(process));
    }

    void service(const Node& node) {
        ast::WorldService service;
        service.name = node[0].text();
        service.span = build.span(node[0]);
        for (const auto& line : node.children)
            if (line->kind == Kind::may) menu(*line, service.menu);
        world.services.push_back(std::move(service));
    }

    ast::InitialMapping mapping(const Node& node) {
        ast::InitialMapping mapping;
        mapping.span = build.span(node);
        mapping.va = build.number(node[0]);
        for (std::size_t i = 1; i < node.children.size(); ++i)
            mapping.words.emplace_back(node[i].text());
        return mapping;
    }

    // Its numbers: the virtual page, then none, the least, or the least and the most.
    ast::OutsideLine outside(const Node& node) {
        ast::OutsideLine line;
        line.span = build.span(node);
        line.va = build.number(node[0]);
        line.what = node[1].text();
        if (node.children.size() > 2) line.low = build.number(node[2]);
        if (node.children.size() > 3) line.high = build.number(node[3]);
        return line;
    }

    void transient(const Node& node) {
        if (world.transient != 0)
            build.complain(build.span(node), "the transient references are given already");
        world.transient = build.number(node[0]);
        world.transient_span = build.span(node);
        if (world.transient == 0)
            build.complain(world.transient_span, "at most 0 is none: leave the line out");
    }

    void menu(const Node& node, std::vector<ast::MenuEntry>& menu) {
        for (const auto& child : node.children) menu.push_back(build.menu_entry(*child));
    }
};

}  // namespace

std::optional<ast::World> parse_world(const SourceFile& file, Diagnostics& out) {
    WorldReader reader(file, out);
    if (!reader.read()) return std::nullopt;
    return std::move(reader.world);
}

}  // namespace cowcheck
