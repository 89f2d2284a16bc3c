#include "verify/run/marks.h"

#include "verify/run/bad_input.h"

#include <functional>
#include <string_view>

namespace cowcheck {

namespace {

struct Line {
    std::string_view code;
    std::string_view comment;  // without its '#'
};

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

Line split(std::string_view line) {
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"') quoted = !quoted;
        if (line[i] == '#' && !quoted)
            return {trimmed(line.substr(0, i)), trimmed(line.substr(i + 1))};
    }
    return {trimmed(line), {}};
}

std::vector<Line> lines_of(std::string_view text) {
    std::vector<Line> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(split(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

void collect(const ast::Block& block, std::vector<SourceSpan>& statements) {
    for (const ast::Stmt& stmt : block) {
        statements.push_back(stmt.span);
        collect(stmt.body, statements);
        collect(stmt.other, statements);
    }
}

// The statements that begin in that line, with all within.
void find_in(const ast::Block& block, unsigned line, std::vector<SourceSpan>& statements) {
    for (const ast::Stmt& stmt : block) {
        if (stmt.span.line == line) {
            statements.push_back(stmt.span);
            collect(stmt.body, statements);
            collect(stmt.other, statements);
            continue;
        }
        find_in(stmt.body, line, statements);
        find_in(stmt.other, line, statements);
    }
}

std::vector<SourceSpan> explained_by(const SourceFile& file, const ast::Design& design,
                                     unsigned line) {
    std::vector<SourceSpan> statements;
    for (const ast::Handler& handler : design.handlers) {
        if (handler.span.file != &file) continue;
        if (handler.span.line == line)
            collect(handler.body, statements);
        else
            find_in(handler.body, line, statements);
    }
    return statements;
}

[[noreturn]] void complain(const SourceFile& file, std::size_t line, const std::string& what) {
    throw BadInput(file.name + ":" + std::to_string(line) + ": " + what);
}

}  // namespace

std::vector<Mark> find_marks(std::string_view keyword, const SourceFile& file,
                             const ast::Design& design) {
    std::vector<Mark> found;
    const std::string quoted = "'# " + std::string(keyword) + ":'";
    const std::vector<Line> lines = lines_of(file.text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (!lines[i].comment.starts_with(keyword)) continue;
        const std::string_view rest = trimmed(lines[i].comment.substr(keyword.size()));
        if (!rest.starts_with(':')) continue;  // prose
        Mark one;
        one.line = static_cast<unsigned>(i + 1);
        one.reason = trimmed(rest.substr(1));
        if (one.reason.empty())
            complain(file, i + 1,
                     quoted + " gives no reason; expected '# " + std::string(keyword) + ": WHY'");
        std::size_t target = i;
        if (lines[i].code.empty())  // the reason may go on in the lines below
            for (std::size_t k = i + 1;
                 k < lines.size() && lines[k].code.empty() && !lines[k].comment.empty() &&
                 !lines[k].comment.starts_with(keyword);
                 ++k)
                one.reason += " " + std::string(lines[k].comment);
        while (target < lines.size() && lines[target].code.empty()) ++target;
        one.target = static_cast<unsigned>(target + 1);
        one.statements = explained_by(file, design, one.target);
        found.push_back(std::move(one));
    }
    return found;
}

void complain_of_mark(std::string_view keyword, const SourceFile& file, const Mark& mark) {
    complain(file, mark.line,
             "'# " + std::string(keyword) +
                 ":' explains no statement; it stands behind one or right above");
}

}  // namespace cowcheck
