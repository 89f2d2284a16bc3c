#include "tests/support/random_changes.h"

#include <algorithm>
#include <set>
#include <sstream>

namespace cowcheck::test {

namespace {

using Lines = std::vector<std::string>;

bool begins_handler(const std::string& line) {
    return line.starts_with("operation ") || line.starts_with("fault ") ||
           line.starts_with("handler ");
}

bool replace_first(std::string& line, const std::string& from, const std::string& to) {
    const std::size_t at = line.find(from);
    if (at == std::string::npos) return false;
    line.replace(at, from.size(), to);
    return true;
}

void negate(std::string& line) {
    const std::size_t at = line.find("if ");
    const std::size_t brace = line.find(" {", at);
    if (at == std::string::npos || brace == std::string::npos) return;
    const std::string guard = line.substr(at + 3, brace - at - 3);
    if (guard.starts_with("try") || guard.starts_with("not try")) return;
    line.replace(at + 3, guard.size(), "not (" + guard + ")");
}

// One of several statements that stand on one line: { unlock ptl; return }.
void drop_part(std::string& line) {
    const std::size_t brace = line.find("{ ");
    const std::size_t end = line.find(';', brace == std::string::npos ? 0 : brace);
    if (end == std::string::npos) return;
    const std::size_t begin = brace == std::string::npos ? line.find_first_not_of(' ') : brace + 2;
    if (end + 2 > begin) line.erase(begin, end + 2 - begin);
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
    case 5: drop_part(lines[at]); break;
    default: {
        const std::string moved = lines[at];
        lines.erase(begin + at);
        lines.insert(lines.begin() + std::min(other, static_cast<unsigned>(lines.size()) - 1),
                     moved);
    }
    }
}

void change_tokens(Random& random, Lines& lines) {
    const unsigned at = lines.size() < 2 ? 0 : 1 + below(random, lines.size() - 1);
    (void)(replace_first(lines[at], "== 1", "<= 2") || replace_first(lines[at], "!=", "==") ||
           replace_first(lines[at], "==", "!=") || replace_first(lines[at], " and ", " or ") ||
           replace_first(lines[at], "= false", "= true") ||
           replace_first(lines[at], "= true", "= false"));
}

}  // namespace

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
                if (!inside) continue;
                handlers.push_back({head, {}});
            }
            if (inside) handlers.back().lines.push_back(line.substr(0, line.find(" #")));
            if (line == "}") inside = false;
        }
    }
    return handlers;
}

void change(Random& random, HandlerText& handler) {
    const unsigned times = 1 + below(random, 2);
    for (unsigned i = 0; i < times; ++i)
        if (chance(random, 50))
            change_statements(random, handler.lines);
        else
            change_tokens(random, handler.lines);
}

}  // namespace cowcheck::test
