#include "tests/support/random_changes.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>

namespace cowcheck::test {

namespace {

using Lines = std::vector<std::string>;

bool begins_handler(const std::string& line) {
    return line.starts_with("operation ") || line.starts_with("fault ") ||
           line.starts_with("handler ");
}

// ---------------------------------------------------------------- statements

void negate(std::string& line) {
    const std::size_t at = line.find("if ");
    const std::size_t brace = line.find(" {", at);
    if (at == std::string::npos || brace == std::string::npos) return;
    const std::string guard = line.substr(at + 3, brace - at - 3);
    if (guard.starts_with("try") || guard.starts_with("not try")) return;
    line.replace(at + 3, guard.size(), "not (" + guard + ")");
}

// One of several statements that stand on one line: { unlock ptl; return }.
void drop_part(Random& random, std::string& line) {
    std::vector<std::size_t> ends;
    for (std::size_t at = line.find(';'); at != std::string::npos; at = line.find(';', at + 1))
        ends.push_back(at);
    if (ends.empty()) return;
    const std::size_t end = one_of(random, ends);
    const std::size_t before = line.find_last_of("{;", end - 1);
    std::size_t begin = before == std::string::npos ? 0 : before + 1;
    begin = line.find_first_not_of(' ', begin);
    if (end + 1 > begin) line.erase(begin, end + 1 - begin);
}

void change_statements(Random& random, Lines& lines) {
    if (lines.size() < 4) return;
    const unsigned at = 1 + below(random, lines.size() - 2);
    const unsigned other = 1 + below(random, lines.size() - 2);
    const auto begin = lines.begin();
    switch (below(random, 7)) {
    case 0: lines.erase(begin + at); break;
    case 1: std::swap(lines[at], lines[other]); break;
    case 2: std::swap(lines[at], lines[at == 1 ? 2 : at - 1]); break;
    case 3: negate(lines[at]); break;
    case 4: {
        const std::string doubled = lines[at];
        lines.insert(begin + other, doubled);
        break;
    }
    case 5: drop_part(random, lines[at]); break;
    default: {
        const std::string moved = lines[at];
        lines.erase(begin + at);
        lines.insert(lines.begin() + std::min(other, static_cast<unsigned>(lines.size()) - 1),
                     moved);
    }
    }
}

// ---------------------------------------------------------------- tokens

struct Token {
    std::string space;  // before it
    std::string text;

    [[nodiscard]] bool is_word() const {
        return std::isalpha(static_cast<unsigned char>(text.front())) != 0 || text.front() == '_';
    }
    [[nodiscard]] bool is_number() const {
        return std::isdigit(static_cast<unsigned char>(text.front())) != 0;
    }
};

using Tokens = std::vector<Token>;

bool is_of_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

Tokens tokens_of(const Lines& lines) {
    Tokens tokens;
    std::string space;
    for (const std::string& line : lines) {
        for (std::size_t at = 0; at < line.size();) {
            if (line[at] == ' ') {
                space += line[at++];
                continue;
            }
            std::size_t end = at + 1;
            if (is_of_word(line[at]))
                while (end < line.size() && is_of_word(line[end])) ++end;
            else if (line[at] == '"')
                end = std::min(line.find('"', end), line.size() - 1) + 1;
            else if (end < line.size() && line[end] == '=')
                ++end;
            tokens.push_back({space, line.substr(at, end - at)});
            space.clear();
            at = end;
        }
        space += '\n';
    }
    return tokens;
}

Lines lines_of(const Tokens& tokens) {
    std::string text;
    for (const Token& token : tokens) text += token.space + token.text;
    Lines lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

const std::set<std::string, std::less<>> keywords{
    "if",      "else",   "loop",     "for",     "each",    "return",    "break",   "continue",
    "fail",    "atomic", "assert",   "and",     "or",      "not",       "implies", "true",
    "false",   "lock",   "unlock",   "reading", "writing", "trylock",   "wait",    "irqs",
    "on",      "off",    "begin",    "end",     "read",    "write",     "zeroed",  "copy",
    "of",      "huge",   "get",      "put",     "pin",     "unpin",     "try",     "flush",
    "tlb",     "zap",    "notifier", "start",   "with",    "operation", "fault",   "handler",
    "none",    "detach", "add",      "to",      "lru",     "batch",     "drain",   "all",
    "mapping", "into",   "split",    "folio",   "twin",    "new",       "mm"};

// Words of which one may stand for another, each group by itself.
const std::vector<std::vector<std::string>>& alike() {
    static const std::vector<std::vector<std::string>> groups{
        {"true", "false"},
        {"and", "or"},
        {"==", "!="},
        {"<", "<=", ">", ">=", "=="},
        {"+=", "-="},
        {"+", "-"},
        {"reading", "writing"},
        {"mmap_lock", "vma", "ptl", "page"},
        {"lock", "unlock"},
        {"get", "pin", "put", "unpin"},
        {"return", "continue", "break", "fail"},
        {"mapping", "migration_entry"},
        {"pte", "orig", "old", "pmd", "ptep"},
        {"start", "end"},
        {"swap_slot", "swap_cache", "page", "zeropage"},
        {"zeroed", "copy"},
        {"on", "off"},
    };
    return groups;
}

}  // namespace

// One change of a handler's tokens.
class TokenChange {
public:
    TokenChange(Random& random, const Vocabulary& vocabulary, HandlerText& handler)
        : random_(random), vocabulary_(vocabulary), tokens_(tokens_of(handler.lines)) {
        // The head is not changed.
        while (first_ < tokens_.size() && tokens_[first_].text != "{") ++first_;
        ++first_;
        if (first_ + 1 >= tokens_.size()) return;
        make();
        handler.lines = lines_of(tokens_);
    }

private:
    using Is = bool (TokenChange::*)(std::size_t) const;

    void make() {
        switch (below(random_, 16)) {
        case 0:
        case 1:
        case 2: return alike_word();
        case 3:
        case 4: return field();
        case 5:
        case 6: return name();
        case 7: return number();
        case 8: return negation();
        case 9: return range();
        case 10: return dropped_item();
        case 11: return called();
        case 12: return flag();
        case 13: return swapped();
        case 14: return dropped_token();
        default: return any_token();
        }
    }

    // A random token for which it is so; one past the end if there is none.
    template <class Test>
    std::size_t some(Test&& test) {
        std::vector<std::size_t> fit;
        for (std::size_t i = first_; i + 1 < tokens_.size(); ++i)
            if (test(i)) fit.push_back(i);
        return fit.empty() ? tokens_.size() : one_of(random_, fit);
    }
    bool found(std::size_t at) const { return at < tokens_.size(); }
    const std::string& text(std::size_t at) const { return tokens_[at].text; }
    bool is_field(std::size_t at) const { return tokens_[at].is_word() && text(at - 1) == "."; }
    bool is_name(std::size_t at) const {
        return tokens_[at].is_word() && !is_field(at) && text(at + 1) != "(" &&
               (keywords.find(text(at)) == keywords.end() || text(at) == "mm");
    }

    void alike_word() {
        std::vector<std::pair<std::size_t, std::string>> fit;
        for (std::size_t i = first_; i + 1 < tokens_.size(); ++i)
            for (const auto& group : alike())
                if (std::find(group.begin(), group.end(), text(i)) != group.end() && !is_field(i))
                    for (const std::string& word : group)
                        if (word != text(i)) fit.emplace_back(i, word);
        if (fit.empty()) return;
        const auto& [at, word] = one_of(random_, fit);
        tokens_[at].text = word;
    }

    void field() {
        const std::size_t at = some([&](std::size_t i) { return is_field(i); });
        if (!found(at)) return;
        std::vector<std::string> others;
        for (const auto& [owner, fields] : vocabulary_.fields_)
            if (fields.contains(text(at)) && (owner == text(at - 2) || chance(random_, 20)))
                others.insert(others.end(), fields.begin(), fields.end());
        if (!others.empty()) tokens_[at].text = one_of(random_, others);
    }

    void name() {
        const std::size_t at = some([&](std::size_t i) { return is_name(i); });
        const std::size_t from = some([&](std::size_t i) { return is_name(i); });
        if (found(at)) tokens_[at].text = std::string(text(from));
    }

    void number() {
        const std::size_t at = some([&](std::size_t i) { return tokens_[i].is_number(); });
        if (!found(at)) return;
        static const std::vector<std::string> numbers{"0", "1", "2", "3", "1023", "1024", "1025"};
        tokens_[at].text = one_of(random_, numbers);
    }

    void negation() {
        const std::size_t at = some([&](std::size_t i) {
            return text(i) == "not" || text(i - 1) == "if" || text(i - 1) == "and" ||
                   text(i - 1) == "or";
        });
        if (!found(at)) return;
        if (text(at) == "not")
            tokens_.erase(tokens_.begin() + static_cast<std::ptrdiff_t>(at));
        else
            tokens_[at].text = "not " + text(at);
    }

    // Of all pages, or of one.
    void range() {
        const std::size_t at =
            some([&](std::size_t i) { return text(i) == "tlb" || (text(i - 1) == "notifier"); });
        if (!found(at)) return;
        if (text(at + 1) == "va")
            tokens_.erase(tokens_.begin() + static_cast<std::ptrdiff_t>(at) + 1);
        else
            tokens_[at].text += " va";
    }

    // Of what commas stand between: { page = new, writable, dirty }.
    void dropped_item() {
        const std::size_t at = some([&](std::size_t i) { return text(i) == ","; });
        if (!found(at)) return;
        std::size_t end = at + 1;
        while (end + 1 < tokens_.size() && text(end) != "," && text(end) != ")" &&
               text(end) != "}" && tokens_[end].space.find('\n') == std::string::npos)
            ++end;
        tokens_.erase(tokens_.begin() + static_cast<std::ptrdiff_t>(at),
                      tokens_.begin() + static_cast<std::ptrdiff_t>(end));
    }

    void called() {
        const std::size_t at = some([&](std::size_t i) {
            return tokens_[i].is_word() && text(i + 1) == "(" &&
                   keywords.find(text(i)) == keywords.end();
        });
        if (!found(at)) return;
        for (const auto& [arity, names] : vocabulary_.handlers_)
            if (names.contains(text(at))) {
                const std::vector<std::string> all(names.begin(), names.end());
                tokens_[at].text = one_of(random_, all);
                return;
            }
    }

    // One bit more or less in a PTE that is made.
    void flag() {
        const std::size_t at = some([&](std::size_t i) {
            return text(i) == "," && text(i - 1) != ")" && vocabulary_.flags_.contains(text(i + 1));
        });
        if (!found(at) || vocabulary_.flags_.empty()) return;
        const std::vector<std::string> flags(vocabulary_.flags_.begin(), vocabulary_.flags_.end());
        if (chance(random_, 50))
            tokens_[at + 1].text = one_of(random_, flags);
        else
            tokens_[at].text += " " + one_of(random_, flags) + ",";
    }

    void swapped() {
        const std::size_t at = some([&](std::size_t) { return true; });
        if (found(at) && at + 2 < tokens_.size()) std::swap(tokens_[at].text, tokens_[at + 1].text);
    }

    void dropped_token() {
        const std::size_t at = some([&](std::size_t) { return true; });
        if (!found(at)) return;
        tokens_[at + 1].space = tokens_[at].space + tokens_[at + 1].space;
        tokens_.erase(tokens_.begin() + static_cast<std::ptrdiff_t>(at));
    }

    void any_token() {
        const std::size_t at = some([&](std::size_t) { return true; });
        if (found(at)) tokens_[at].text = one_of(random_, vocabulary_.tokens_);
    }

    Random& random_;
    const Vocabulary& vocabulary_;
    Tokens tokens_;
    std::size_t first_ = 0;
};

std::string HandlerText::text() const {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

std::vector<HandlerText> handlers_of(const DesignText& design) {
    std::vector<HandlerText> handlers;
    std::set<std::string> heads;
    for (std::size_t i = 0; i + 1 < design.chain.size(); ++i) {
        std::istringstream in(design.chain[i]->whole_text());
        bool inside = false;
        for (std::string line; std::getline(in, line);) {
            if (begins_handler(line)) {
                const std::string head = line.substr(0, line.find('('));
                inside = heads.insert(head).second;
                if (inside) handlers.push_back({head, {}});
            }
            const std::size_t comment = line.find(" #");
            const std::size_t end = comment == std::string::npos
                                        ? line.size()
                                        : line.find_last_not_of(' ', comment) + 1;
            if (inside && !line.starts_with("#"))
                handlers.back().lines.push_back(line.substr(0, end));
            if (line.starts_with("}") || (begins_handler(line) && line.ends_with("}")))
                inside = false;
        }
    }
    return handlers;
}

std::vector<HandlerText> reachable(const std::vector<HandlerText>& handlers,
                                   const std::set<std::string>& operations) {
    std::vector<bool> taken(handlers.size());
    std::vector<std::size_t> open;
    const auto take = [&](const std::string& head) {
        for (std::size_t i = 0; i < handlers.size(); ++i)
            if (handlers[i].head == head && !taken[i]) {
                taken[i] = true;
                open.push_back(i);
            }
    };
    for (const std::string& operation : operations) take("operation " + operation);
    take("fault read");
    take("fault write");
    while (!open.empty()) {
        const std::size_t at = open.back();
        open.pop_back();
        const Tokens tokens = tokens_of(handlers[at].lines);
        for (std::size_t i = 0; i + 1 < tokens.size(); ++i)
            if (tokens[i].is_word() && tokens[i + 1].text == "(")
                for (const char* kind : {"handler ", "operation ", "fault "})
                    take(kind + tokens[i].text);
    }
    std::vector<HandlerText> all;
    for (std::size_t i = 0; i < handlers.size(); ++i)
        if (taken[i]) all.push_back(handlers[i]);
    return all;
}

void Vocabulary::learn(const HandlerText& handler) {
    const Tokens tokens = tokens_of(handler.lines);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        tokens_.push_back(tokens[i].text);
        if (!tokens[i].is_word()) continue;
        if (i >= 2 && tokens[i - 1].text == ".") fields_[tokens[i - 2].text].insert(tokens[i].text);
        if (i > 0 && i + 1 < tokens.size() && tokens[i - 1].text == "," &&
            (tokens[i + 1].text == "," || tokens[i + 1].text == "}"))
            flags_.insert(tokens[i].text);
    }
    if (!handler.head.starts_with("handler ")) return;
    unsigned parameters = 0;
    const std::string& line = handler.lines.front();
    for (const char c : line.substr(0, line.find(')'))) parameters += c == ',';
    handlers_[parameters].insert(handler.head.substr(handler.head.find(' ') + 1));
}

void Vocabulary::change(Random& random, HandlerText& handler) const {
    if (chance(random, 35))
        change_statements(random, handler.lines);
    else
        TokenChange(random, *this, handler);
}

}  // namespace cowcheck::test
