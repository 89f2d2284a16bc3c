// The kernel's own tests: the `selftest` line, then what the test prints and the steps
// of its program.
#include "model/language/grammar.h"
#include "model/language/parse.h"
#include "model/language/read_file.h"

#include <array>

namespace cowcheck {

namespace grammar {

struct selftest_line : seq<keyword<TAO_PEGTL_STRING("selftest")>, blank, must<file_name>>,
                       as<Kind::selftest> {
    static constexpr std::string_view expected = "'selftest NAME', with which a selftest starts";
    static constexpr std::array<std::string_view, 1> words{"selftest"};
};
struct result_line : seq<keyword<TAO_PEGTL_STRING("result")>, blank, must<quoted>>,
                     as<Kind::result> {};
struct memory_line : seq<keyword<TAO_PEGTL_STRING("memory")>, blank, must<name>>,
                     as<Kind::memory> {};
struct kw_hugetlb : keyword<TAO_PEGTL_STRING("hugetlb")> {
    static constexpr std::string_view expected = "'hugetlb'";
};
struct leak_line
    : seq<keyword<TAO_PEGTL_STRING("leaks")>, blank, must<kw_hugetlb>, blank, must<quoted>>,
      as<Kind::leak> {};
struct colon : one<':'> {
    static constexpr std::string_view expected = "':'";
};
struct kw_expects : keyword<TAO_PEGTL_STRING("expects")> {};
struct kw_of : keyword<TAO_PEGTL_STRING("of")> {};
struct kw_va : keyword<TAO_PEGTL_STRING("va")> {
    static constexpr std::string_view expected = "'va'";
};
struct step_page : seq<kw_of, blank, must<kw_va>, blank, must<number>>, as<Kind::step_page> {};
struct step_line : seq<name, blank, must<colon>, blank, must<menu_entry>, opt<blank, step_page>,
                       opt<blank, kw_expects, free_space, must<expression<blank>>>>,
                   as<Kind::step> {};
struct selftest_item : sor<title, result_line, memory_line, leak_line, selftest_line, step_line> {
    static constexpr std::string_view expected =
        "'title', 'result', 'memory', 'leaks', or a step: 'parent: fork'";
    static constexpr std::array<std::string_view, 4> words{"title", "result", "memory", "leaks"};
};

template <typename Item>
struct one_selftest_item : seq<separators, sor<eof, seq<must<Item>, blank, must<line_end>>>> {};

}  // namespace grammar

namespace {

using syntax::Kind;
using syntax::Node;

class SelftestReader : public syntax::FileReader {
public:
    using FileReader::FileReader;

    ast::Selftest selftest;

private:
    std::unique_ptr<Node> parse(syntax::Input& in, bool first) override {
        return first ? syntax::parse_rule<grammar::one_selftest_item<grammar::selftest_line>>(in)
                     : syntax::parse_rule<grammar::one_selftest_item<grammar::selftest_item>>(in);
    }

    [[nodiscard]] bool starts_definition(std::string_view line) const override {
        syntax::Input in(line, {});
        return tao::pegtl::parse<tao::pegtl::identifier_first>(in);
    }

    [[nodiscard]] std::string_view beginning() const override { return "'selftest NAME'"; }

    void take(const Node& node) override {
        switch (node.kind) {
        case Kind::title: return build.set_once(selftest.title, node, "title");
        case Kind::result: return build.set_once(selftest.result, node, "result");
        case Kind::leak: return build.set_once(selftest.leak, node, "line 'leaks'");
        case Kind::memory: return memory(node);
        case Kind::selftest: return selftest_line(node);
        default: return step(node);
        }
    }

    void selftest_line(const Node& node) {
        if (!selftest.name.empty())
            return build.complain(build.span(node), "a file holds one selftest, and this one has "
                                                    "begun with '" +
                                                        selftest.name + "'");
        selftest.name = node[0].text();
        selftest.span = build.span(node[0]);
        selftest.comment = syntax::comment_on_top(syntax::body_of(build.file()));
    }

    void memory(const Node& node) {
        selftest.memory = node[0].text();
        if (selftest.memory != "anonymous" && selftest.memory != "other" &&
            selftest.memory != "thp")
            build.complain(build.span(node[0]), "'memory' is anonymous, other or thp");
    }

    void step(const Node& node) {
        ast::SelftestStep step;
        step.span = build.span(node);
        step.actor = node[0].text();
        step.entry = build.menu_entry(node[1]);
        std::size_t next = 2;
        if (node.children.size() > next && node[next].kind == Kind::step_page)
            step.va = static_cast<unsigned>(build.number(node[next++][0]));
        if (node.children.size() > next) step.expects = build.expression(node[next]);
        selftest.steps.push_back(std::move(step));
    }
};

}  // namespace

std::optional<ast::Selftest> parse_selftest(const SourceFile& file, Diagnostics& out) {
    SelftestReader reader(file, out);
    if (!reader.read()) return std::nullopt;
    return std::move(reader.selftest);
}

}  // namespace cowcheck
