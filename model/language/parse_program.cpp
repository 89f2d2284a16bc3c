// Programs: the `program` line, where it starts, what everybody does, and the conditions.
#include "model/language/parse.h"
#include "model/language/read_file.h"
#include "model/language/world_grammar.h"

#include <array>

namespace cowcheck {

namespace grammar::programs {

struct program_line : seq<keyword<TAO_PEGTL_STRING("program")>, blank, must<file_name>>,
                      as<Kind::program> {
    static constexpr std::string_view expected = "'program NAME', with which a program starts";
    static constexpr std::array<std::string_view, 1> words{"program"};
};
struct source_line : seq<keyword<TAO_PEGTL_STRING("source")>, blank, must<quoted>>,
                     as<Kind::source> {};
struct result_line : seq<keyword<TAO_PEGTL_STRING("result")>, blank, must<quoted>>,
                     as<Kind::result> {};
struct kw_hugetlb : keyword<TAO_PEGTL_STRING("hugetlb")> {
    static constexpr std::string_view expected = "'hugetlb'";
};
struct leak_line
    : seq<keyword<TAO_PEGTL_STRING("leaks")>, blank, must<kw_hugetlb>, blank, must<quoted>>,
      as<Kind::leak> {};

// --- where it starts

struct memory_line
    : seq<keyword<TAO_PEGTL_STRING("memory")>, blank, must<word>, star<some_blank, word>>,
      as<Kind::memory> {};
struct memories_line : seq<keyword<TAO_PEGTL_STRING("memories")>, blank, must<name>>,
                       as<Kind::memories> {};
struct path_or_name : plus<sor<identifier_other, one<'.', '-', '/', '~', '+'>>>, as<Kind::name> {
    static constexpr std::string_view expected = "the name of a world, or its file";
};
struct in_world : seq<keyword<TAO_PEGTL_STRING("world")>, some_blank, must<path_or_name>>,
                  as<Kind::program_world> {};
struct start_item : sor<process, service, transient, setting> {
    static constexpr std::string_view expected = "a setting or a process";
    static constexpr std::array<std::string_view, 1> words{"process"};
};
struct start
    : inside<Scope::definition, keyword<TAO_PEGTL_STRING("start")>, world_block<start_item>>,
      as<Kind::start> {};

// --- what everybody does

struct colon : one<':'> {
    static constexpr std::string_view expected = "':'";
};
struct cpu_number : seq<one<'.'>, must<number>>, as<Kind::cpu> {};
struct actor : seq<name, opt<cpu_number>>, as<Kind::actor> {
    static constexpr std::string_view expected = "who does it: 'parent', 'monitor', a pin";
};
struct label : seq<name, blank, is_sign>, as<Kind::label> {};
struct step_page : seq<kw_va, blank, must<number>>, as<Kind::step_page> {};
struct of_process : seq<name, opt<some_blank, step_page>> {};
struct of_what : sor<step_page, of_process> {
    static constexpr std::string_view expected = "'va N' or a process";
};
struct step_of : seq<of_word, blank, must<of_what>>, as<Kind::step_of> {};
struct step_line : seq<actor, blank, must<colon>, blank, opt<label>, blank, must<menu_entry>,
                       opt<blank, step_of>>,
                   as<Kind::step> {};

struct look_word : identifier, as<Kind::name> {
    static constexpr std::string_view expected = "what is looked at: 'page', 'soft_dirty'";
};
struct look_arguments : inside<Scope::paren, one<'('>, free_space,
                               opt<actor, free_space, opt<one<','>, free_space, must<number>>>,
                               free_space, must<close_list>> {
    static constexpr std::string_view expected = "'('";
};
struct look : seq<keyword<TAO_PEGTL_STRING("let")>, blank, must<name>, blank, must<is_sign>, blank,
                  must<look_word>, must<look_arguments>>,
              as<Kind::look> {};

struct parallel;
struct branch_item : sor<parallel, look, step_line> {
    static constexpr std::string_view expected = "what somebody does: 'parent: fork'";
    static constexpr std::array<std::string_view, 2> words{"parallel", "let"};
};
struct branch_line_end : sor<at<one<'|', '}'>>, line_end> {
    static constexpr std::string_view expected = "the end of the line, '|' or '}'";
};
struct branch_end : sor<eof, one<'|', '}'>> {};
struct branch
    : seq<separators,
          star<not_at<branch_end>, must<branch_item>, blank, must<branch_line_end>, separators>>,
      as<Kind::branch> {};
struct close_parallel : one<'}'> {
    static constexpr std::string_view expected = "'|' or '}'";
    static constexpr bool closes = true;
};
struct parallel : inside<Scope::statement, keyword<TAO_PEGTL_STRING("parallel")>, blank,
                         must<open_block>, branch, star<one<'|'>, branch>, must<close_parallel>>,
                  as<Kind::parallel> {};

struct at_most : seq<kw_at, blank, must<kw_most>, blank, must<number>>, as<Kind::at_most> {};
struct meanwhile : seq<keyword<TAO_PEGTL_STRING("meanwhile")>, blank, must<actor>, blank,
                       must<colon>, blank, must<menu_entry>,
                       star<blank, one<','>, free_space, must<menu_entry>>, opt<blank, at_most>>,
                   as<Kind::meanwhile> {};

// --- what comes of it

struct condition_word
    : sor<keyword<TAO_PEGTL_STRING("exists")>, keyword<TAO_PEGTL_STRING("forall")>,
          keyword<TAO_PEGTL_STRING("never")>>,
      as<Kind::keyword> {};
struct condition_line : seq<condition_word, blank, at<one<'('>>, must<expression<blank>>>,
                        as<Kind::condition> {};

struct program_item
    : sor<title, source_line, result_line, leak_line, memory_line, memories_line, in_world, start,
          meanwhile, program_line, condition_line, parallel, look, step_line> {
    static constexpr std::string_view expected =
        "'memory', 'world' or 'start', what somebody does ('parent: fork'), or a condition";
    static constexpr std::array<std::string_view, 13> words{
        "title", "source",    "result", "leaks",  "memory", "memories", "world",
        "start", "meanwhile", "exists", "forall", "never",  "parallel"};
};

template <typename Item>
struct one_program_item : seq<separators, sor<eof, seq<must<Item>, blank, must<line_end>>>> {};

}  // namespace grammar::programs

namespace {

using syntax::Kind;
using syntax::Node;

class ProgramReader : public syntax::FileReader {
public:
    using FileReader::FileReader;

    ast::Program program;

private:
    std::unique_ptr<Node> parse(syntax::Input& in, bool first) override {
        return first
                   ? syntax::parse_rule<
                         grammar::programs::one_program_item<grammar::programs::program_line>>(in)
                   : syntax::parse_rule<
                         grammar::programs::one_program_item<grammar::programs::program_item>>(in);
    }

    [[nodiscard]] bool starts_definition(std::string_view line) const override {
        syntax::Input in(line, {});
        return tao::pegtl::parse<tao::pegtl::identifier_first>(in);
    }

    [[nodiscard]] std::string_view beginning() const override { return "'program NAME'"; }

    void take(const Node& node) override {
        switch (node.kind) {
        case Kind::program: return program_line(node);
        case Kind::title: return build.set_once(program.title, node, "title");
        case Kind::source: return program.sources.emplace_back(node[0].text()), void();
        case Kind::result: return build.set_once(program.result, node, "result");
        case Kind::leak: return build.set_once(program.leak, node, "line 'leaks'");
        case Kind::memory: return memory(node);
        case Kind::memories: return memories(node);
        case Kind::program_world: return world(node);
        case Kind::start: return start(node);
        case Kind::meanwhile: return meanwhile(node);
        case Kind::condition: return condition(node);
        default: return program.steps.push_back(step(node));
        }
    }

    void program_line(const Node& node) {
        if (!program.name.empty())
            return build.complain(build.span(node), "a file holds one program, and this one has "
                                                    "begun with '" +
                                                        program.name + "'");
        program.name = node[0].text();
        program.span = build.span(node[0]);
        program.comment = syntax::comment_on_top(syntax::body_of(build.file()));
    }

    // A program starts in one way.
    bool starts_here(const Node& node) {
        if (program.memory.empty() && program.memories.empty() && program.world.empty() &&
            !program.start)
            return true;
        build.complain(build.span(node), "where the program starts is said already: it has one of "
                                         "'memory', 'memories', 'world' and 'start'");
        return false;
    }

    void memory(const Node& node) {
        if (!starts_here(node)) return;
        program.memory_span = build.span(node);
        for (const auto& child : node.children) program.memory.emplace_back(child->text());
    }

    void memories(const Node& node) {
        if (!starts_here(node)) return;
        program.memories_span = build.span(node[0]);
        program.memories = node[0].text();
    }

    void world(const Node& node) {
        if (!starts_here(node)) return;
        program.world_span = build.span(node[0]);
        program.world = node[0].text();
    }

    void start(const Node& node) {
        if (!starts_here(node)) return;
        program.start.emplace();
        program.start->span = build.span(node);
        for (const auto& line : node.children)
            syntax::take_world_line(build, *line, *program.start);
    }

    void meanwhile(const Node& node) {
        ast::ProgramMeanwhile line;
        line.span = build.span(node);
        line.actor = node[0].text();
        for (const auto& child : node.children) {
            if (child->kind == Kind::menu_entry) line.menu.push_back(build.menu_entry(*child));
            if (child->kind != Kind::at_most) continue;
            line.at_most = build.number((*child)[0]);
            if (line.at_most < 1 || line.at_most > 3)
                build.complain(build.span(*child), "'at most' is followed by a number from 1 to 3");
        }
        program.meanwhile.push_back(std::move(line));
    }

    void condition(const Node& node) {
        ast::ProgramCondition condition;
        condition.span = build.span(node);
        condition.word = node[0].text();
        condition.value = build.expression(node[1]);
        program.conditions.push_back(std::move(condition));
    }

    ast::ProgramStep step(const Node& node) {
        ast::ProgramStep step;
        step.span = build.span(node);
        if (node.kind == Kind::parallel)
            parallel(node, step);
        else if (node.kind == Kind::look)
            look(node, step);
        else
            operation(node, step);
        return step;
    }

    void parallel(const Node& node, ast::ProgramStep& step) {
        step.kind = ast::ProgramStep::Kind::parallel;
        for (const auto& branch : node.children) {
            auto& steps = step.branches.emplace_back();
            for (const auto& item : branch->children) steps.push_back(this->step(*item));
            if (steps.empty())
                build.complain(build.span(*branch), "nobody does anything in this branch");
        }
        if (step.branches.size() == 1)
            build.complain(step.span, "one branch is not parallel to anything",
                           "write 'parallel { parent: fork | child: write }'");
    }

    void name(const Node& node, ast::ProgramStep& step) {
        step.name = node.text();
        step.name_span = build.span(node);
    }

    void look(const Node& node, ast::ProgramStep& step) {
        step.kind = ast::ProgramStep::Kind::look;
        name(node[0], step);
        step.entry.operation = node[1].text();
        step.entry.span = build.span(node[1]);
        for (std::size_t i = 2; i < node.children.size(); ++i) {
            if (node[i].kind == Kind::number)
                step.va = build.number(node[i]);
            else
                process(node[i], step);
        }
    }

    void process(const Node& node, ast::ProgramStep& step) {
        step.process = node.text();
        step.process_span = build.span(node);
    }

    void operation(const Node& node, ast::ProgramStep& step) {
        for (const auto& child : node.children) {
            if (child->kind == Kind::actor) {
                step.actor = (*child)[0].text();
                step.actor_span = build.span(*child);
                if (const Node* cpu = child->find(Kind::cpu)) step.cpu = build.number((*cpu)[0]);
            }
            if (child->kind == Kind::label) name((*child)[0], step);
            if (child->kind == Kind::menu_entry) step.entry = build.menu_entry(*child);
            if (child->kind != Kind::step_of) continue;
            for (const auto& of : child->children) {
                if (of->kind == Kind::step_page) step.va = build.number((*of)[0]);
                if (of->kind == Kind::name) process(*of, step);
            }
        }
    }
};

}  // namespace

std::optional<ast::Program> parse_program(const SourceFile& file, Diagnostics& out) {
    ProgramReader reader(file, out);
    if (!reader.read()) return std::nullopt;
    return std::move(reader.program);
}

}  // namespace cowcheck
