#include "traces/show_columns.h"

#include "traces/short_step.h"
#include "traces/text.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace cowcheck {

namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t whole_line = static_cast<std::size_t>(-1);

// Some text in a column; `joinable` with the next one of the same kind and depth.
struct Cell {
    std::size_t column = 0;  // whole_line: across all of them
    std::size_t depth = 0;
    std::string text;
    std::vector<HandlerName> handlers;
    bool joinable = false;
    std::string process;  // of an operation that a CPU starts
};

struct Column {
    Actor actor = Actor::cpu;
    std::string thread;
    std::string title;
    std::size_t offset = 0;
    std::size_t width = 0;        // of the text
    std::size_t title_width = 0;  // to the next column
};

// CPUs by number, then the services, then the device.
std::tuple<int, std::size_t, std::string> rank(const Column& column) {
    if (column.actor == Actor::cpu) return {0, column.thread.size(), column.thread};
    return {column.actor == Actor::device ? 2 : 1, 0, column.thread};
}

std::vector<Column> columns_of(const Trace& trace) {
    std::vector<Column> columns;
    for (const TraceStep& step : trace.steps) {
        const bool known = std::any_of(columns.begin(), columns.end(), [&](const Column& column) {
            return column.thread == step.thread;
        });
        if (!known)
            columns.push_back({step.actor, step.thread,
                               names_its_process(step) ? step.thread : actor_name(step), 0, 0, 0});
    }
    std::sort(columns.begin(), columns.end(),
              [](const Column& a, const Column& b) { return rank(a) < rank(b); });
    return columns;
}

// With more than three columns the device, who says little, has none.
void fold_device(std::vector<Column>& columns) {
    constexpr std::size_t comfortable = 3;
    if (columns.size() > comfortable && columns.back().actor == Actor::device) columns.pop_back();
}

std::size_t find_column(const std::vector<Column>& columns, const std::string& thread) {
    for (std::size_t i = 0; i < columns.size(); ++i)
        if (columns[i].thread == thread) return i;
    return whole_line;
}

// The names of the handlers that this step enters, then what it does.
void add_step(const TraceStep& step, const std::vector<Column>& columns,
              std::map<unsigned, std::vector<HandlerName>>& paths, bool many_pages,
              std::vector<Cell>& cells) {
    const std::size_t column = find_column(columns, step.thread);
    if (step.kind == StepKind::device) {
        const std::string what = device_text(step);
        cells.push_back({column,
                         0,
                         column == whole_line ? "-- device: " + what + " --" : what,
                         step.handlers,
                         false,
                         {}});
        return;
    }
    const auto& now = step.handlers;
    auto& path = paths[step.operation];
    std::size_t level = common_prefix(path, now);
    if (step.kind == StepKind::start) {
        const bool cpu = step.actor == Actor::cpu;
        cells.push_back(
            {column, 0, operation_text(step, many_pages), {}, false, cpu ? step.process : ""});
        level = 1;
    }
    for (; level < now.size(); ++level)
        cells.push_back({column, level, handler_text(now[level]), {}, false, {}});
    path = now;
    cells.push_back({column, now.size(), step_text(step), step.handlers, is_boring(step), {}});
}

std::size_t indent_of(const Cell& cell, std::size_t width) {
    const std::size_t step = width < 30 ? 1 : 2;
    return std::min(cell.depth * step, width / 3);
}

std::vector<std::size_t> wanted_widths(const std::vector<Column>& columns,
                                       const std::vector<Cell>& cells) {
    std::vector<std::size_t> wanted;
    wanted.reserve(columns.size());
    for (const Column& column : columns) wanted.push_back(column.title.size());
    for (const Cell& cell : cells)
        if (cell.column != whole_line)
            wanted[cell.column] = std::max(wanted[cell.column], 2 * cell.depth + cell.text.size());
    return wanted;
}

// Each column gets what it needs, up to an equal share; what is left goes to those
// that need more.
void share_width(std::vector<Column>& columns, const std::vector<std::size_t>& wanted) {
    std::size_t left = mail_width - gap * (columns.size() - 1);
    std::vector<bool> done(columns.size(), false);
    for (std::size_t open = columns.size(); open > 0; --open) {
        // The least demanding one first: it leaves most to the others.
        std::size_t next = columns.size();
        for (std::size_t i = 0; i < columns.size(); ++i)
            if (!done[i] && (next == columns.size() || wanted[i] < wanted[next])) next = i;
        columns[next].width = std::min(wanted[next], left / open);
        left -= columns[next].width;
        done[next] = true;
    }
    std::size_t offset = 0;
    for (Column& column : columns) {
        column.offset = offset;
        column.title_width = column.width;
        offset += column.width + gap;
    }
}

bool are_readable(const std::vector<Column>& columns, const std::vector<std::size_t>& wanted) {
    constexpr std::size_t least = 20;
    for (std::size_t i = 0; i < columns.size(); ++i)
        if (columns[i].width < std::min(wanted[i], least)) return false;
    return true;
}

// Where there is no room side by side, columns begin close to each other and the
// text runs on into the next ones: in each line there is but one thread's.
void overlap(std::vector<Column>& columns) {
    constexpr std::size_t least = 24;
    constexpr std::size_t most = 40;
    const std::size_t stride = (mail_width - least) / std::max<std::size_t>(columns.size() - 1, 1);
    for (std::size_t i = 0; i < columns.size(); ++i) {
        columns[i].offset = i * stride;
        columns[i].width = std::clamp(mail_width - columns[i].offset, least, most);
        columns[i].title_width = stride > gap ? stride - 1 : 1;
        columns[i].title = columns[i].thread;
    }
}

void set_widths(std::vector<Column>& columns, std::vector<Cell>& cells) {
    constexpr std::size_t most_side_by_side = 9;
    const auto wanted = wanted_widths(columns, cells);
    if (columns.size() <= most_side_by_side) {
        share_width(columns, wanted);
        if (are_readable(columns, wanted)) return;
    }
    overlap(columns);
    for (Cell& cell : cells)
        if (!cell.process.empty()) cell.text += " (" + cell.process + ")";
}

// Locks and locals one after the other share a line as long as there is room.
std::vector<Cell> join(const std::vector<Cell>& cells, const std::vector<Column>& columns) {
    std::vector<Cell> out;
    for (const Cell& cell : cells) {
        if (cell.joinable && !out.empty()) {
            Cell& last = out.back();
            const std::size_t width =
                cell.column == whole_line ? mail_width : columns[cell.column].width;
            if (last.joinable && last.column == cell.column && last.handlers == cell.handlers &&
                indent_of(cell, width) + last.text.size() + 2 + cell.text.size() <= width) {
                last.text += "; " + cell.text;
                continue;
            }
        }
        out.push_back(cell);
    }
    return out;
}

std::string line_at(std::size_t offset, const std::string& text) {
    std::string line = std::string(offset, ' ') + text;
    line.erase(line.find_last_not_of(' ') + 1);
    return line.empty() ? line : line + "\n";
}

std::string draw(const Cell& cell, const std::vector<Column>& columns) {
    std::size_t offset = 0;
    std::size_t width = mail_width;
    if (cell.column != whole_line) {
        offset = columns[cell.column].offset;
        width = columns[cell.column].width;
    }
    const std::size_t indent = indent_of(cell, width);
    std::string text;
    for (const std::string& line : wrap(cell.text, width - indent, width < 30 ? 1 : 4))
        text += line_at(offset + indent, line);
    return text;
}

// The columns' names, side by side, and a rule under each.
std::string title_lines(const std::vector<Column>& columns) {
    std::vector<std::vector<std::string>> titles;
    std::size_t height = 0;
    for (const Column& column : columns) {
        titles.push_back(wrap(column.title, column.title_width));
        titles.back().push_back(std::string(std::min<std::size_t>(4, column.title_width), '-'));
        height = std::max(height, titles.back().size());
    }
    std::string text;
    for (std::size_t row = 0; row < height; ++row) {
        std::string line;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            line.resize(columns[i].offset, ' ');
            // Short ones stand low, so that all rules are in one row.
            const std::size_t missing = height - titles[i].size();
            if (row >= missing) line += ascii(titles[i][row - missing]);
        }
        text += line_at(0, line);
    }
    return text;
}

std::string paragraph(const std::string& words) {
    std::string text;
    for (const std::string& line : wrap(ascii(words), mail_width)) text += line_at(0, line);
    return text;
}

}  // namespace

std::string show_columns(const Trace& trace) {
    const TraceHeader& h = trace.header;
    std::string text = paragraph("Design " + h.design.name + ", world " + h.world.name + ", " +
                                 counted(trace.operations, "operation") + ":");
    const bool many_pages =
        std::any_of(trace.steps.begin(), trace.steps.end(),
                    [](const TraceStep& step) { return step.va.value_or(0) != 0; });
    std::vector<Column> columns = columns_of(trace);
    fold_device(columns);
    std::map<unsigned, std::vector<HandlerName>> paths;  // by operation: where it was last
    std::vector<Cell> cells;
    for (const TraceStep& step : trace.steps) add_step(step, columns, paths, many_pages, cells);
    if (!columns.empty()) {
        set_widths(columns, cells);
        text += title_lines(columns);
    }
    for (Cell& cell : cells) cell.text = ascii(cell.text);
    for (const Cell& cell : join(cells, columns)) text += draw(cell, columns);
    return text + paragraph(ending_of(trace));
}

}  // namespace cowcheck
