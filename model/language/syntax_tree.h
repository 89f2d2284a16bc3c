// What the grammars are written with: the nodes of the raw syntax tree, the input
// that knows which brackets are open, and how a rule says what it expected.
#pragma once

#include <tao/pegtl.hpp>
#include <tao/pegtl/contrib/parse_tree.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cowcheck::syntax {

namespace pegtl = tao::pegtl;

enum class Kind {
    root,
    // expressions
    name,
    field,
    number,
    boolean,
    none,
    arguments,
    postfix,
    phrase,
    paren,
    record,
    record_field,
    with,
    negative,
    sum,
    comparison,
    not_,
    and_,
    or_,
    implies,
    operator_,
    // statements
    simple,
    fault_call,
    if_,
    else_,
    loop,
    for_each,
    atomic,
    return_,
    fail,
    break_,
    continue_,
    assert_,
    block,
    // definitions
    string,
    parameters,
    design,
    title,
    kernels,
    dated,
    by_default,
    expect,
    worlds,
    because,
    predicate,
    handler,
    parts,
    part,
    keyword,
    property,
    needs,
    source,
    clause,
    says,
    loop_names,
    // worlds
    world,
    setting,
    process,
    service,
    starts_free,
    cpus,
    maps,
    may,
    menu_entry,
    word,
    outside,
    transient,
    // programs
    program,
    result,
    memory,
    memories,
    leak,
    program_world,
    start,
    meanwhile,
    at_most,
    step,
    actor,
    cpu,
    label,
    step_of,
    step_page,
    look,
    parallel,
    branch,
    condition,
};

// A rule that leaves a node in the tree derives from this.
template <Kind K>
struct as {
    static constexpr Kind kind = K;
};

// One whose node stands for nothing if it has just one child: `a` is no sum.
template <Kind K>
struct as_chain : as<K> {
    static constexpr bool folds = true;
};

struct Node {
    Kind kind = Kind::root;
    const char* begin = nullptr;
    const char* end = nullptr;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::vector<std::unique_ptr<Node>> children;

    [[nodiscard]] std::string_view text() const {
        return {begin, static_cast<std::size_t>(end - begin)};
    }
    [[nodiscard]] const Node& operator[](std::size_t i) const { return *children[i]; }
    // The first child of a kind, or null.
    [[nodiscard]] const Node* find(Kind wanted) const {
        for (const auto& child : children)
            if (child->kind == wanted) return child.get();
        return nullptr;
    }

    // Called by pegtl::parse_tree.
    template <typename Rule, typename ParseInput>
    void start(const ParseInput& in) {
        if constexpr (requires { Rule::kind; }) kind = Rule::kind;
        begin = in.current();
        line = static_cast<std::uint32_t>(in.line());
        column = static_cast<std::uint32_t>(in.column());
    }
    template <typename Rule, typename ParseInput>
    void success(const ParseInput& in) {
        end = in.current();
    }
    template <typename Rule, typename ParseInput>
    void failure(const ParseInput& /*unused*/) {}
    void emplace_back(std::unique_ptr<Node> child) { children.push_back(std::move(child)); }
};

struct Place {
    const char* at = nullptr;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

// What a bracket that is still open belongs to.
enum class Scope { definition, statement, else_, record, paren, operand };

struct OpenScope {
    Scope scope = Scope::definition;
    Place place;  // of its first character
};

// Brackets and blocks may stand in each other this deep.
inline constexpr std::size_t max_depth = 100;

// Thrown where parsing can't go on. One of the two texts is empty.
struct SyntaxError {
    Place place;
    std::string_view expected;                // "an expression"
    std::string_view message;                 // a whole sentence instead
    bool closes = false;                      // `expected` ends the innermost open scope
    std::span<const std::string_view> words;  // one of them may have been meant
};

class Input : public pegtl::memory_input<pegtl::tracking_mode::eager, pegtl::eol::lf_crlf,
                                         std::string_view> {
public:
    Input(std::string_view text, std::string_view name) : memory_input(text, name) {}

    [[nodiscard]] Place place() const {
        return {current(), static_cast<std::uint32_t>(line()),
                static_cast<std::uint32_t>(column())};
    }
    [[nodiscard]] const std::vector<OpenScope>& open() const { return open_; }

    void enter(Scope scope, const Place& place) {
        if (open_.size() >= max_depth)
            throw SyntaxError{place, {}, "this is nested more than 100 levels deep", false, {}};
        open_.push_back({scope, place});
    }
    void leave() { open_.pop_back(); }

    // Goes on after an error at a place further down, with nothing open.
    void resume(const Place& place) {
        iterator().byte = static_cast<std::size_t>(place.at - begin());
        iterator().data = place.at;
        iterator().line = place.line;
        iterator().column = place.column;
        open_.clear();
    }

private:
    std::vector<OpenScope> open_;
};

// First, then Rest with the scope open. A scope that an error leaves open says
// what the missing bracket would have closed.
template <Scope S, typename First, typename... Rest>
struct inside {
    using rule_t = inside;
    using subs_t = pegtl::type_list<First, pegtl::seq<Rest...>>;

    template <pegtl::apply_mode A, pegtl::rewind_mode M, template <typename...> class Action,
              template <typename...> class Control, typename ParseInput, typename... States>
    [[nodiscard]] static bool match(ParseInput& in, States&&... st) {
        auto marker = in.template mark<M>();
        constexpr auto mode = decltype(marker)::next_rewind_mode;
        const Place place = in.place();
        if (!Control<First>::template match<A, mode, Action, Control>(in, st...))
            return marker(false);
        in.enter(S, place);
        const bool matched =
            Control<pegtl::seq<Rest...>>::template match<A, mode, Action, Control>(in, st...);
        in.leave();
        return marker(matched);
    }
};

// Matches nothing, in column 1.
struct line_start {
    using rule_t = line_start;
    using subs_t = pegtl::empty_list;

    template <typename ParseInput>
    [[nodiscard]] static bool match(ParseInput& in) {
        return in.column() == 1;
    }
};

// must<Rule> fails: the rule itself knows what it would have wanted.
template <typename Rule>
struct Control : pegtl::normal<Rule> {
    template <typename ParseInput, typename... States>
    [[noreturn]] static void raise(const ParseInput& in, States&&... /*unused*/) {
        SyntaxError error{in.place(), {}, {}, false, {}};
        if constexpr (requires { Rule::message; })
            error.message = Rule::message;
        else
            error.expected = Rule::expected;
        if constexpr (requires { Rule::closes; }) error.closes = Rule::closes;
        if constexpr (requires { Rule::words; }) error.words = Rule::words;
        throw error;
    }
};

struct DropNode : std::false_type {};
struct KeepNode : std::true_type {};
struct FoldNode : std::true_type {
    static void transform(std::unique_ptr<Node>& node) {
        if (node->children.size() == 1) node = std::move(node->children.front());
    }
};

template <typename Rule>
constexpr auto selected_as() {
    if constexpr (requires { Rule::folds; })
        return FoldNode{};
    else if constexpr (requires { Rule::kind; })
        return KeepNode{};
    else
        return DropNode{};
}

template <typename Rule>
struct Selector : decltype(selected_as<Rule>()) {};

// Null if the rule does not match; throws a SyntaxError if it gets stuck inside.
template <typename Rule>
std::unique_ptr<Node> parse_rule(Input& in) {
    return pegtl::parse_tree::parse<Rule, Node, Selector, pegtl::nothing, Control>(in);
}

}  // namespace cowcheck::syntax
