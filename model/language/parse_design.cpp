// Designs: the `design` line, then definitions in any order.
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
struct by_default : seq<keyword<TAO_PEGTL_STRING("checked")>, blank,
                        keyword<TAO_PEGTL_STRING("by")>, blank,
                        keyword<TAO_PEGTL_STRING("default")>>,
                    as<Kind::by_default> {};

struct outcome : sor<keyword<TAO_PEGTL_STRING("violated")>, keyword<TAO_PEGTL_STRING("holds")>>,
                 as<Kind::keyword> {
    static constexpr std::string_view expected = "'violated' or 'holds'";
    static constexpr std::array<std::string_view, 2> words{"violated", "holds"};
};
struct expectation : seq<keyword<TAO_PEGTL_STRING("expect")>, blank, must<outcome>, blank,
                         must<name>, opt<free_space, kw_because, free_space, must<quoted>>>,
                     as<Kind::expect> {};

struct handler_word : sor<keyword<TAO_PEGTL_STRING("operation")>,
                          keyword<TAO_PEGTL_STRING("fault")>, keyword<TAO_PEGTL_STRING("handler")>>,
                      as<Kind::keyword> {};
struct handler : inside<Scope::definition, handler_word, blank, must<name>, blank, must<parameters>,
                        block_body>,
                 as<Kind::handler> {};

struct design_item : sor<handler, predicate, expectation, title, kernels, dated, by_default,
                         design_line> {
    static constexpr std::string_view expected = "a definition";
    static constexpr std::array<std::string_view, 9> words{
        "operation", "fault",   "handler", "predicate", "expect",
        "title",     "kernels", "dated",   "checked"};
};

template <typename Item>
struct one_definition : seq<separators, sor<eof, seq<must<Item>, blank, must<line_end>>>> {};

}  // namespace grammar

namespace {

using syntax::Kind;
using syntax::Node;

class DesignReader : public syntax::FileReader {
public:
    using FileReader::FileReader;

    ast::Design design;

private:
    std::unique_ptr<Node> parse(syntax::Input& in, bool first) override {
        return first ? syntax::parse_rule<grammar::one_definition<grammar::design_line>>(in)
                     : syntax::parse_rule<grammar::one_definition<grammar::design_item>>(in);
    }

    [[nodiscard]] bool starts_definition(std::string_view line) const override {
        syntax::Input in(line, {});
        return tao::pegtl::parse<grammar::definition_start>(in);
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
        case Kind::predicate: return design.predicates.push_back(build.predicate(node));
        default: return handler(node);
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
        const bool right = std::equal(
            form.begin(), form.end(), design.dated.begin(), design.dated.end(), [](char f, char c) {
                return f == 'd' ? c >= '0' && c <= '9' : c == f;
            });
        if (!right)
            build.complain(build.span(node[0]), "a date is written as \"2020-08-02\"");
    }

    void expectation(const Node& node) {
        ast::Expectation expectation;
        expectation.violated = node[0].text() == "violated";
        expectation.property = node[1].text();
        expectation.span = build.span(node[1]);
        if (const Node* reason = node.find(Kind::string)) expectation.reason = reason->text();
        design.expectations.push_back(std::move(expectation));
    }

    void handler(const Node& node) {
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
        design.handlers.push_back(std::move(handler));
    }
};

}  // namespace

std::optional<ast::Design> parse_design(const SourceFile& file, Diagnostics& out) {
    DesignReader reader(file, out);
    if (!reader.read()) return std::nullopt;
    return std::move(reader.design);
}

}  // namespace cowcheck
