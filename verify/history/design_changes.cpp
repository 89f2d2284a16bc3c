#include "verify/history/design_changes.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <sstream>

namespace cowcheck {

namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t context = 2;  // lines around a change

Lines lines_of(const std::string& text) {
    Lines lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

// From the line of the name to the last one that belongs to it: what follows is
// indented, or the bracket that closes it.
std::string definition_at(const SourceSpan& span) {
    const Lines lines = lines_of(span.file->text);
    std::string text;
    for (std::size_t i = span.line - 1; i < lines.size(); ++i) {
        const std::string& line = lines[i];
        const bool closes = line == "}";
        if (i + 1 > span.line && !closes && !line.empty() && line.front() != ' ') break;
        if (line.empty() && i + 1 < lines.size() && !lines[i + 1].starts_with(' ')) break;
        text += line + "\n";
        if (closes) break;
    }
    return text;
}

const ast::Handler* find_handler(const DesignText& design, const std::string& name) {
    if (name.starts_with("fault ")) return design.handler(ast::HandlerKind::fault, name.substr(6));
    const auto* handler = design.handler(ast::HandlerKind::handler, name);
    return handler != nullptr ? handler : design.handler(ast::HandlerKind::operation, name);
}

std::string text_of(const DesignText& design, const std::string& name) {
    if (const auto* handler = find_handler(design, name)) return definition_at(handler->span);
    if (const auto* predicate = design.predicate(name)) return definition_at(predicate->span);
    return {};
}

// The words in a text that a bracket follows, with `fault` where it stands before.
Lines calls_in(const std::string& text) {
    Lines calls;
    const auto is_word = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
    };
    for (std::size_t at = text.find('('); at != std::string::npos; at = text.find('(', at + 1)) {
        std::size_t begin = at;
        while (begin > 0 && is_word(text[begin - 1])) --begin;
        if (begin == at) continue;
        std::string name = text.substr(begin, at - begin);
        if (begin >= 6 && text.compare(begin - 6, 6, "fault ") == 0) name.insert(0, "fault ");
        calls.push_back(std::move(name));
    }
    return calls;
}

struct DiffLine {
    char sign = ' ';
    std::string text;
};

// The longest common subsequence; texts are a few dozen lines long.
std::vector<DiffLine> compare(const Lines& a, const Lines& b) {
    std::vector<std::vector<std::size_t>> common(a.size() + 1,
                                                 std::vector<std::size_t>(b.size() + 1, 0));
    for (std::size_t i = a.size(); i-- > 0;)
        for (std::size_t k = b.size(); k-- > 0;)
            common[i][k] = a[i] == b[k] ? common[i + 1][k + 1] + 1
                                        : std::max(common[i + 1][k], common[i][k + 1]);
    std::vector<DiffLine> lines;
    std::size_t i = 0;
    std::size_t k = 0;
    while (i < a.size() || k < b.size()) {
        if (i < a.size() && k < b.size() && a[i] == b[k]) {
            lines.push_back({' ', a[i]});
            ++i, ++k;
        } else if (k == b.size() || (i < a.size() && common[i + 1][k] >= common[i][k + 1])) {
            lines.push_back({'-', a[i++]});
        } else {
            lines.push_back({'+', b[k++]});
        }
    }
    return lines;
}

}  // namespace

std::vector<DesignChange> changes_between(const DesignText& before, const DesignText& after,
                                          const std::vector<std::string>& handlers) {
    std::vector<DesignChange> changes;
    std::set<std::string> seen;
    Lines open = handlers;
    for (std::size_t i = 0; i < open.size(); ++i) {
        const std::string name = open[i];
        if (!seen.insert(name).second) continue;
        const std::string old_text = text_of(before, name);
        const std::string new_text = text_of(after, name);
        if (old_text.empty() && new_text.empty()) continue;
        if (old_text != new_text) changes.push_back({name, old_text, new_text});
        for (std::string& call : calls_in(new_text)) open.push_back(std::move(call));
    }
    return changes;
}

std::string diff_of(const DesignChange& change) {
    const auto lines = compare(lines_of(change.before), lines_of(change.after));
    std::vector<bool> shown(lines.size(), false);
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (lines[i].sign != ' ' || i == 0)
            for (std::size_t k = i - std::min(i, context); k <= i + context && k < lines.size();
                 ++k)
                shown[k] = true;
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (shown[i]) text += std::string(1, lines[i].sign) + ' ' + lines[i].text + "\n";
        if (!shown[i] && i > 0 && shown[i - 1]) text += "  ...\n";
    }
    return text;
}

}  // namespace cowcheck
