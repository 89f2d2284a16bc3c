// Designs: the `design` line, then definitions in any order; and parts of designs.
#include "model/language/grammar.h"
#include "model/language/parse.h"
#include "model/language/read_file.h"

#include <algorithm>
#include <array>

namespace cowcheck {

namespace grammar {

struct kw_design : keyword<TAO_PEGTL_STRING("design")> {};

struct extends : seq<keyword<TAO_PEGTL_STRING("extends")>, blank, must<file_name>> {};
struct design_line : seq<kw_design, blank, must<file_name>, opt<blank, extends>>, as<Kind::design> {
    static constexpr std::string_view expected = "'design NAME', with which a design starts";
    static constexpr std::array<std::string_view, 1> words{"design"};
};

struct kernels : seq<keyword<TAO_PEGTL_STRING("kernels")>, blank, must<quoted>>,
                 as<Kind::kernels> {};
struct dated : seq<keyword<TAO_PEGTL_STRING("dated")>, blank, must<quoted>>, as<Kind::dated> {};
struct by_default
    : seq<keyword<TAO_PEGTL_STRING("checked")>, blank, keyword<TAO_PEGTL_STRING("by")>, blank,
          keyword<TAO_PEGTL_STRING("default")>>,
      as<Kind::by_default> {};

struct outcome : sor<keyword<TAO_PEGTL_STRING("violated")>, keyword<TAO_PEGTL_STRING("holds")>>,
                 as<Kind::keyword> {
    static constexpr std::string_view expected = "'violated' or 'holds'";
    static constexpr std::array<std::string_view, 2> words{"violated", "holds"};
};
struct worlds : seq<keyword<TAO_PEGTL_STRING("in")>, blank, must<file_name>,
                    star<blank, one<','>, free_space, must<file_name>>>,
                as<Kind::worlds> {};
struct expectation
    : seq<keyword<TAO_PEGTL_STRING("expect")>, blank, must<outcome>, blank, must<name>,
          opt<free_space, worlds>, opt<free_space, kw_because, free_space, must<quoted>>>,
      as<Kind::expect> {};

struct handler_word : sor<keyword<TAO_PEGTL_STRING("operation")>,
                          keyword<TAO_PEGTL_STRING("fault")>, keyword<TAO_PEGTL_STRING("handler")>>,
                      as<Kind::keyword> {};
struct handler : inside<Scope::definition, handler_word, blank, must<name>, blank, must<parameters>,
                        block_body>,
                 as<Kind::handler> {};

struct part_name : identifier, as<Kind::name> {
    static constexpr std::string_view expected = "the name of a part";
};
struct part_names : comma_list<part_name> {
    static constexpr std::string_view expected = "the names of parts";
};
struct parts : seq<keyword<TAO_PEGTL_STRING("parts")>, blank, must<part_names>>, as<Kind::parts> {};
struct kw_of : keyword<TAO_PEGTL_STRING("of")> {
    static constexpr std::string_view expected = "'of DESIGN'";
};
struct part_line : seq<keyword<TAO_PEGTL_STRING("part")>, blank, must<part_name>, blank,
                       must<kw_of>, blank, must<file_name>>,
                   as<Kind::part> {
    static constexpr std::string_view expected = "'part NAME of DESIGN', with which a part starts";
    static constexpr std::array<std::string_view, 1> words{"part"};
};

struct design_item : sor<handler, predicate, expectation, title, kernels, dated, by_default, parts,
                         part_line, design_line> {
    static constexpr std::string_view expected = "a definition";
    static constexpr std::array<std::string_view, 11> words{
        "operation", "fault", "handler", "predicate", "expect", "title",
        "kernels",   "dated", "checked", "parts",     "part"};
};
struct part_word : sor<keyword<TAO_PEGTL_STRING("operation")>, keyword<TAO_PEGTL_STRING("fault")>,
                       keyword<TAO_PEGTL_STRING("handler")>, keyword<TAO_PEGTL_STRING("predicate")>,
                       keyword<TAO_PEGTL_STRING("part")>> {};
struct part_item : sor<handler, predicate, part_line> {
    static constexpr std::string_view expected = "a handler, operation, fault or predicate";
    static constexpr std::array<std::string_view, 4> words{"operation", "fault", "handler",
                                                           "predicate"};
};

template <typename Item>
struct one_definition : seq<separators, sor<eof, seq<must<Item>, blank, must<line_end>>>> {};

}  // namespace grammar

namespace {

using syntax::Kind;
using syntax::Node;

// What the files of a design have in common.
class DefinitionReader : public syntax::FileReader {
public:
    using FileReader::FileReader;

protected:
    [[nodiscard]] bool starts_definition(std::string_view line) const override {
        syntax::Input in(line, {});
        return tao::pegtl::parse<grammar::definition_start>(in);
    }

    [[nodiscard]] ast::PartLine part_line(const Node& node) {
        return {build.span(node[0]), std::string(node[0].text()), std::string(node[1].text()),
                build.span(node[1])};
    }

    [[nodiscard]] ast::Handler handler(const Node& node) {
        ast::Handler handler;
        const auto word = node[0].text();
        handler.kind = word == "operation" ? ast::HandlerKind::operation
                       : word == "fault"   ? ast::HandlerKind::fault
                                           : ast::HandlerKind::handler;
        handler.name = node[1].text();
        handler.span = build.span(node[1]);
        for (const auto& parameter : node[2].children)
            handler.parameters.emplace_back(parameter->text());
        handler.body = build.block(node[3]);
        handler.comment = syntax::comment_above(syntax::body_of(build.file()), node.begin);
        return handler;
    }
};

class PartReader : public DefinitionReader {
public:
    using DefinitionReader::DefinitionReader;

    ast::Part part;

private:
    std::unique_ptr<Node> parse(syntax::Input& in, bool first) override {
        return first ? syntax::parse_rule<grammar::one_definition<grammar::part_line>>(in)
                     : syntax::parse_rule<grammar::one_definition<grammar::part_item>>(in);
    }

    // What only a whole design has is an error here, and reported once.
    [[nodiscard]] bool starts_definition(std::string_view line) const override {
        syntax::Input in(line, {});
        return tao::pegtl::parse<grammar::at<grammar::part_word>>(in) &&
               DefinitionReader::starts_definition(line);
    }

    [[nodiscard]] std::string_view beginning() const override { return "'part NAME of DESIGN'"; }

    void take(const Node& node) override {
        if (node.kind == Kind::predicate) return part.predicates.push_back(build.predicate(node));
        if (node.kind == Kind::handler) return part.handlers.push_back(handler(node));
        if (part.line.name.empty()) {
            part.line = part_line(node);
            return;
        }
        build.complain(build.span(node[0]), "a file holds one part, and this one has begun with '" +
                                                part.line.name + "'");
    }
};

class DesignReader : public DefinitionReader {
public:
    using DefinitionReader::DefinitionReader;

    ast::Design design;

private:
    std::unique_ptr<Node> parse(syntax::Input& in, bool first) override {
        return first ? syntax::parse_rule<grammar::one_definition<grammar::design_line>>(in)
                     : syntax::parse_rule<grammar::one_definition<grammar::design_item>>(in);
    }

    [[nodiscard]] std::string_view beginning() const override { return "'design NAME'"; }

    void take(const Node& node) override {
        switch (node.kind) {
        case Kind::design: return design_line(node);
        case Kind::title: return build.set_once(design.title, node, "title");
        case Kind::kernels: return build.set_once(design.kernels, node, "line 'kernels'");
        case Kind::dated: return dated(node);
        case Kind::by_default: design.by_default = true; return;
        case Kind::expect: return expectation(node);
        case Kind::parts: return parts(node);
        case Kind::part: return design.parts_here.push_back(part_line(node));
        case Kind::predicate: return design.predicates.push_back(build.predicate(node));
        default: return design.handlers.push_back(handler(node));
        }
    }

    void design_line(const Node& node) {
        if (!design.name.empty())
            return build.complain(build.span(node),
                                  "a file holds one design, and this one has begun "
                                  "with '" +
                                      design.name + "'");
        design.name = node[0].text();
        design.span = build.span(node[0]);
        design.comment = syntax::comment_on_top(syntax::body_of(build.file()));
        if (node.children.size() < 2) return;
        design.base = node[1].text();
        design.base_span = build.span(node[1]);
    }

    // Designs are listed by it, so it must sort as time goes.
    void dated(const Node& node) {
        build.set_once(design.dated, node, "line 'dated'");
        constexpr std::string_view form = "dddd-dd-dd";
        const bool right =
            std::equal(form.begin(), form.end(), design.dated.begin(), design.dated.end(),
                       [](char f, char c) { return f == 'd' ? c >= '0' && c <= '9' : c == f; });
        if (!right) build.complain(build.span(node[0]), "a date is written as \"2020-08-02\"");
    }

    void expectation(const Node& node) {
        ast::Expectation expectation;
        expectation.violated = node[0].text() == "violated";
        expectation.property = node[1].text();
        expectation.span = build.span(node[1]);
        if (const Node* worlds = node.find(Kind::worlds))
            for (const auto& world : worlds->children)
                expectation.worlds.push_back({build.span(*world), std::string(world->text())});
        if (const Node* reason = node.find(Kind::string)) expectation.reason = reason->text();
        design.expectations.push_back(std::move(expectation));
    }

    void parts(const Node& node) {
        for (const auto& child : node.children) {
            for (const ast::PartName& before : design.parts)
                if (before.name == child->text())
                    build.complain(build.span(*child),
                                   "the part '" + before.name + "' is named twice");
            design.parts.push_back({build.span(*child), std::string(child->text())});
        }
    }
};

}  // namespace

std::optional<ast::Design> parse_design(const SourceFile& file, Diagnostics& out) {
    DesignReader reader(file, out);
    if (!reader.read()) return std::nullopt;
    return std::move(reader.design);
}

std::optional<ast::Part> parse_part(const SourceFile& file, Diagnostics& out) {
    PartReader reader(file, out);
    if (!reader.read()) return std::nullopt;
    return std::move(reader.part);
}

}  // namespace cowcheck
