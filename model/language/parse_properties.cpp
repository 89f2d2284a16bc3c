// Properties and the predicates that they use.
#include "model/language/grammar.h"
#include "model/language/parse.h"
#include "model/language/read_file.h"

#include <array>

namespace cowcheck {

namespace grammar {

struct weight : sor<keyword<TAO_PEGTL_STRING("safety")>, keyword<TAO_PEGTL_STRING("cost")>>,
                as<Kind::keyword> {
    static constexpr std::string_view expected = "'safety' or 'cost'";
    static constexpr std::array<std::string_view, 2> words{"safety", "cost"};
};

struct needed : operand {
    static constexpr std::string_view expected = "a field, such as page.refcount";
};
struct needs : seq<keyword<TAO_PEGTL_STRING("needs")>, blank, must<needed>>, as<Kind::needs> {};
struct meaning : quoted {
    static constexpr std::string_view expected = "what the property means, in double quotes";
};
struct source : seq<keyword<TAO_PEGTL_STRING("source")>, free_space, must<quoted>>,
                as<Kind::source> {};

struct colon : one<':'> {
    static constexpr std::string_view expected = "':'";
};
struct loop_names : seq<kw_for, blank, must<kw_each>, blank, must<name>,
                        star<blank, one<','>, blank, must<name>>>,
                    as<Kind::loop_names> {};
struct event_name : name {
    static constexpr std::string_view expected = "the name of an event";
};
struct in_states
    : seq<sor<keyword<TAO_PEGTL_STRING("always")>, keyword<TAO_PEGTL_STRING("sometimes")>>,
          opt<blank, loop_names>> {};
struct at_event : seq<keyword<TAO_PEGTL_STRING("at")>, blank, must<event_name>> {};
struct clause_head : sor<in_states, at_event>, as<Kind::word> {};

// `says "{pin} holds {pin.page}"`, on a line of its own, or on several.
struct words_text : plus<not_one<'"', '{', '}', '\n', '\r'>>, as<Kind::string> {};
struct close_value : one<'}'> {
    static constexpr std::string_view expected = "'}'";
};
struct words_value : seq<one<'{'>, blank, must<expression<blank>>, blank, must<close_value>> {};
struct close_words : one<'"'> {
    static constexpr std::string_view message =
        "these words do not end on their line, or have a '}' that nothing opens";
};
struct words : seq<one<'"'>, star<sor<words_text, words_value>>, must<close_words>> {
    static constexpr std::string_view expected = "words in double quotes";
};
struct says
    : seq<keyword<TAO_PEGTL_STRING("says")>, free_space, must<words>, star<free_space, words>>,
      as<Kind::says> {};

struct clause : seq<clause_head, blank, must<colon>, free_space, must<expression<blank>>,
                    opt<free_space, says>>,
                as<Kind::clause> {
    static constexpr std::string_view expected =
        "a clause ('always ...:', 'at EVENT:' or 'sometimes ...:')";
    static constexpr std::array<std::string_view, 3> words{"always", "at", "sometimes"};
};

// Everything behind the name may stand on the same line or on the next ones.
struct property : seq<keyword<TAO_PEGTL_STRING("property")>, blank, must<name>, blank, must<weight>,
                      opt<separators, needs>, separators, must<meaning>, opt<separators, source>,
                      separators, must<clause>, star<blank, must<line_end>, separators, clause>>,
                  as<Kind::property> {};

struct property_item : sor<property, predicate> {
    static constexpr std::string_view expected = "'property' or 'predicate'";
    static constexpr std::array<std::string_view, 2> words{"property", "predicate"};
};
struct one_property : seq<separators, sor<eof, seq<must<property_item>, blank, must<line_end>>>> {};

}  // namespace grammar

namespace {

using syntax::Kind;
using syntax::Node;

class PropertiesReader : public syntax::FileReader {
public:
    using FileReader::FileReader;

    ast::Properties properties;

private:
    std::unique_ptr<Node> parse(syntax::Input& in, bool /*first*/) override {
        return syntax::parse_rule<grammar::one_property>(in);
    }

    [[nodiscard]] bool starts_definition(std::string_view line) const override {
        syntax::Input in(line, {});
        return tao::pegtl::parse<grammar::definition_start>(in);
    }

    [[nodiscard]] std::string_view beginning() const override {
        return "'property' or 'predicate'";
    }

    void take(const Node& node) override {
        if (node.kind == Kind::predicate)
            properties.predicates.push_back(build.predicate(node));
        else
            property(node);
    }

    void property(const Node& node) {
        ast::Property property;
        property.name = node[0].text();
        property.span = build.span(node[0]);
        property.cost = node[1].text() == "cost";
        for (const auto& child : node.children) {
            if (child->kind == Kind::needs) property.needs = build.expression((*child)[0]);
            if (child->kind == Kind::string) property.meaning = child->text();
            if (child->kind == Kind::source) property.source = (*child)[0].text();
            if (child->kind == Kind::clause) property.clauses.push_back(clause(*child));
        }
        properties.properties.push_back(std::move(property));
    }

    std::vector<ast::WordsPiece> words(const Node& node) {
        std::vector<ast::WordsPiece> pieces;
        std::string text;
        for (const auto& child : node.children) {
            if (child->kind == Kind::string) {
                text += child->text();
                continue;
            }
            pieces.push_back({std::move(text), {build.expression(*child)}});
            text.clear();
        }
        if (!text.empty()) pieces.push_back({std::move(text), {}});
        return pieces;
    }

    ast::Clause clause(const Node& node) {
        const Node& head = node[0];
        ast::Clause clause;
        clause.span = build.span(head);
        clause.kind = head.text().starts_with("at")     ? ast::ClauseKind::at
                      : head.text().starts_with("some") ? ast::ClauseKind::sometimes
                                                        : ast::ClauseKind::always;
        if (clause.kind == ast::ClauseKind::at) {
            clause.event = head[0].text();
        } else if (!head.children.empty()) {
            for (const auto& name : head[0].children) clause.for_each.emplace_back(name->text());
        }
        clause.value = build.expression(node[1]);
        if (const Node* says = node.find(Kind::says)) clause.says = words(*says);
        return clause;
    }
};

}  // namespace

std::optional<ast::Properties> parse_properties(const SourceFile& file, Diagnostics& out) {
    PropertiesReader reader(file, out);
    if (!reader.read()) return std::nullopt;
    return std::move(reader.properties);
}

}  // namespace cowcheck
