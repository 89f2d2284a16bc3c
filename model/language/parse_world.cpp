// Worlds: the `world` line, then settings, processes and services.
#include "model/language/parse.h"
#include "model/language/read_file.h"
#include "model/language/world_grammar.h"

#include <array>

namespace cowcheck {

namespace grammar {

struct world_line : seq<keyword<TAO_PEGTL_STRING("world")>, blank, must<file_name>>,
                    as<Kind::world> {
    static constexpr std::string_view expected = "'world NAME', with which a world starts";
    static constexpr std::array<std::string_view, 1> words{"world"};
};
struct kw_title : keyword<TAO_PEGTL_STRING("title")> {};
struct world_title : seq<kw_title, blank, must<quoted>>, as<Kind::title> {};
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

// Takes the lines that a world and the start of a program share.
class WorldLines {
public:
    WorldLines(syntax::TreeBuilder& build, ast::World& world) : build_(build), world_(world) {}

    void take(const Node& node) {
        switch (node.kind) {
        case Kind::process: return process(node);
        case Kind::transient: return transient(node);
        case Kind::service: return service(node);
        default: return setting(node);
        }
    }

private:
    void setting(const Node& node) {
        ast::WorldSetting setting;
        setting.span = build_.span(node);
        setting.name = node[0].text();
        for (const auto& child : node.children) {
            if (child->kind == Kind::number)
                setting.number = build_.number(*child);
            else if (child != node.children.front())
                setting.words.emplace_back(child->text());
        }
        world_.settings.push_back(std::move(setting));
    }

    void process(const Node& node) {
        ast::WorldProcess process;
        process.name = node[0].text();
        process.span = build_.span(node[0]);
        bool cpus_given = false;
        for (const auto& line : node.children) {
            if (line->kind == Kind::starts_free) process.starts_free = true;
            if (line->kind == Kind::maps) process.maps.push_back(mapping(*line));
            if (line->kind == Kind::outside) process.outside.push_back(outside(*line));
            if (line->kind == Kind::may) menu(*line, process.menu);
            if (line->kind != Kind::cpus) continue;
            if (cpus_given)
                build_.complain(build_.span(*line), "the number of CPUs is set already");
            process.cpus = build_.number((*line)[0]);
            cpus_given = true;
        }
        world_.processes.push_back(std::move(process));
    }

    void service(const Node& node) {
        ast::WorldService service;
        service.name = node[0].text();
        service.span = build_.span(node[0]);
        for (const auto& line : node.children)
            if (line->kind == Kind::may) menu(*line, service.menu);
        world_.services.push_back(std::move(service));
    }

    ast::InitialMapping mapping(const Node& node) {
        ast::InitialMapping mapping;
        mapping.span = build_.span(node);
        mapping.va = build_.number(node[0]);
        for (std::size_t i = 1; i < node.children.size(); ++i)
            mapping.words.emplace_back(node[i].text());
        return mapping;
    }

    // Its numbers: the virtual page, then none, the least, or the least and the most.
    ast::OutsideLine outside(const Node& node) {
        ast::OutsideLine line;
        line.span = build_.span(node);
        line.va = build_.number(node[0]);
        line.what = node[1].text();
        if (node.children.size() > 2) line.low = build_.number(node[2]);
        if (node.children.size() > 3) line.high = build_.number(node[3]);
        return line;
    }

    void transient(const Node& node) {
        if (world_.transient != 0)
            build_.complain(build_.span(node), "the transient references are given already");
        world_.transient = build_.number(node[0]);
        world_.transient_span = build_.span(node);
        if (world_.transient == 0)
            build_.complain(world_.transient_span, "at most 0 is none: leave the line out");
    }

    void menu(const Node& node, std::vector<ast::MenuEntry>& menu) {
        for (const auto& child : node.children) menu.push_back(build_.menu_entry(*child));
    }

    syntax::TreeBuilder& build_;
    ast::World& world_;
};

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
        default: return syntax::take_world_line(build, node, world);
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
};

}  // namespace

void syntax::take_world_line(TreeBuilder& build, const Node& node, ast::World& world) {
    WorldLines(build, world).take(node);
}

std::optional<ast::World> parse_world(const SourceFile& file, Diagnostics& out) {
    WorldReader reader(file, out);
    if (!reader.read()) return std::nullopt;
    return std::move(reader.world);
}

}  // namespace cowcheck
