#include "verify/coverage/report.h"

#include "verify/run/status.h"

#include <algorithm>

namespace cowcheck {

namespace {

// Statements that are steps wherever they are compiled. An `if` is one unless the flags
// decide it, which only the compiler knows; it comes in with the guards.
bool is_step(const ast::Stmt& stmt) {
    // Nothing that comes to `no such operation` is explored.
    if (stmt.text->told.kind == StatementKind::absent) return false;
    return stmt.kind == ast::StmtKind::phrase || stmt.kind == ast::StmtKind::assign ||
           stmt.kind == ast::StmtKind::assert_ || stmt.kind == ast::StmtKind::if_;
}

void collect(const ast::Block& block, const std::string& handler, TextCoverage& text) {
    for (const ast::Stmt& stmt : block) {
        if (is_step(stmt)) {
            StatementCoverage& statement = text[key_of(stmt.span)];
            statement.span = stmt.span;
            statement.told = stmt.text->told;
            statement.handler = handler;
        }
        collect(stmt.body, handler, text);
        collect(stmt.other, handler, text);
    }
}

std::string name_of(const ast::Handler& handler) {
    return (handler.kind == ast::HandlerKind::fault ? "fault " : "") + handler.name;
}

}  // namespace

TextCoverage text_in_force(const DesignText& design) {
    TextCoverage text;
    for (const auto& file : design.chain)
        for (const ast::Handler& handler : file->tree.handlers)
            if (design.handler(handler.kind, handler.name) == &handler)
                collect(handler.body, name_of(handler), text);
    return text;
}

void add_run(const Program& program, const ProgramCoverage& run, TextCoverage& text) {
    const auto find = [&](const SourceSpan& span) -> StatementCoverage* {
        const auto found = text.find(key_of(span));
        return found == text.end() ? nullptr : &found->second;
    };
    for (std::size_t i = 0; i < program.statements.size(); ++i)
        if (StatementCoverage* statement = find(program.statements[i].span)) {
            statement->compiled = true;
            statement->times += run.statements[i];
        }
    for (std::size_t i = 0; i < program.guards.size(); ++i)
        if (StatementCoverage* statement = find(program.guards[i].span)) {
            statement->guard = true;
            statement->when_true += run.guards[i].when_true;
            statement->when_false += run.guards[i].when_false;
        }
}

void finish(TextCoverage& text) {
    std::erase_if(text, [](const auto& entry) {
        const StatementCoverage& statement = entry.second;
        return !statement.guard && statement.times == 0 && statement.told.is_guard();
    });
}

bool contains(const std::vector<std::string>& files, const std::string& file) {
    return std::find(files.begin(), files.end(), file) != files.end();
}

bool CoverageReport::is_own(const StatementCoverage& statement) const {
    return std::any_of(files.begin(), files.end(), [&](const auto& own) {
        return contains(own.second, statement.span.file->name);
    });
}

std::vector<const StatementCoverage*> CoverageReport::missing() const {
    std::vector<const StatementCoverage*> found;
    for (const auto& [key, statement] : text)
        if (is_own(statement) && statement.incomplete() && statement.explained.empty())
            found.push_back(&statement);
    return found;
}

int CoverageReport::exit_status() const {
    if (missing().empty() && stale.empty()) return ExitStatus::no_violation;
    return stop_text.empty() ? ExitStatus::violation : ExitStatus::stopped;
}

}  // namespace cowcheck
