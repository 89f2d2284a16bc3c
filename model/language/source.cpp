#include "model/language/source.h"
#include "model/language/scan.h"

#include <algorithm>
#include <array>

namespace cowcheck {

namespace {

constexpr std::size_t max_line = 120;  // wider lines are shown in part
constexpr std::string_view cut = "...";

// The line with a number, without its end and without a byte-order mark.
std::string_view line_of(std::string_view text, std::uint32_t line) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    for (std::uint32_t at = 1; at < line; ++at) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    text = text.substr(0, text.find('\n'));
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

// A line as it can be shown on a terminal, one piece for each of its characters.
struct Piece {
    std::size_t at = 0;  // where the character starts in the line
    std::string text;
    std::size_t width = 1;
};

// C1 control characters would reach the terminal as well.
bool is_printable(std::string_view text, std::size_t length) {
    const auto byte = static_cast<unsigned char>(text[0]);
    if (length > 1) return byte != 0xC2 || static_cast<unsigned char>(text[1]) >= 0xA0;
    return length == 1 && ((byte >= 0x20 && byte < 0x7F) || byte == '\t');
}

std::vector<Piece> pieces_of(std::string_view line) {
    std::vector<Piece> pieces;
    for (std::size_t at = 0; at < line.size();) {
        const std::size_t length = scan::utf8_length(line.substr(at));
        if (is_printable(line.substr(at), length)) {
            pieces.push_back({at, std::string(line.substr(at, length)), 1});
            at += length;
            continue;
        }
        pieces.push_back({at, scan::hex_byte("\\x", line[at]), 4});
        ++at;
    }
    return pieces;
}

std::string printable(std::string_view text) {
    std::string result;
    for (const Piece& piece : pieces_of(text)) result += piece.text;
    return result;
}

// The part of the line that is shown: [from, to) of its pieces.
struct Window {
    std::size_t from = 0;
    std::size_t to = 0;
};

Window window_around(const std::vector<Piece>& pieces, std::size_t caret) {
    std::size_t width = 0;
    for (const Piece& piece : pieces) width += piece.width;
    if (width <= max_line) return {0, pieces.size()};
    Window window{std::min(caret, pieces.size()), std::min(caret, pieces.size())};
    width = 2 * cut.size();
    // A third of the room for what is before the caret, then as much as fits behind, then before.
    const auto grow_left = [&](std::size_t limit) {
        while (window.from > 0 && width + pieces[window.from - 1].width <= limit)
            width += pieces[--window.from].width;
    };
    grow_left(max_line / 3);
    while (window.to < pieces.size() && width + pieces[window.to].width <= max_line)
        width += pieces[window.to++].width;
    grow_left(max_line);
    return window;
}

// The line, and below it a caret and as many '~' as the span is long.
std::string shown_line(const SourceSpan& span) {
    const std::string_view line = line_of(span.file->text, span.line);
    const std::size_t from =
        std::min<std::size_t>(span.column > 0 ? span.column - 1 : 0, line.size());
    const std::size_t to = std::min(line.size(), from + span.length);
    const std::vector<Piece> pieces = pieces_of(line);
    const auto piece_at = std::find_if(pieces.rbegin(), pieces.rend(),
                                       [&](const Piece& piece) { return piece.at <= from; });
    const auto caret = from >= line.size() ? pieces.size()
                                           : static_cast<std::size_t>(pieces.rend() - piece_at) - 1;
    const Window window = window_around(pieces, caret);
    std::string text = window.from > 0 ? std::string(cut) : "";
    std::string marks(text.size(), ' ');
    for (std::size_t i = window.from; i < window.to; ++i) {
        const Piece& piece = pieces[i];
        text += piece.text;
        if (piece.at < from && i < caret)
            marks += piece.text == "\t" ? std::string("\t") : std::string(piece.width, ' ');
        else if (i == caret)
            marks += "^" + std::string(piece.width - 1, '~');
        else if (piece.at < to)
            marks.append(piece.width, '~');
    }
    if (caret >= pieces.size()) marks += '^';
    if (window.to < pieces.size()) text += cut;
    return "\n    " + text + "\n    " + marks;
}

}  // namespace

std::string to_text(const Diagnostic& diagnostic) {
    const SourceSpan& span = diagnostic.span;
    std::string text;
    if (span.file != nullptr) {
        text += printable(span.file->name) + ":";
        if (span.line > 0)
            text += std::to_string(span.line) + ":" + std::to_string(span.column) + ":";
        text += " ";
    }
    text += "error: " + diagnostic.message;
    if (span.file != nullptr && span.line > 0 && !span.file->text.empty()) text += shown_line(span);
    if (!diagnostic.suggestion.empty()) text += "\n    " + diagnostic.suggestion;
    return text;
}

std::string to_text(const Diagnostics& diagnostics) {
    std::vector<const Diagnostic*> sorted;
    for (const Diagnostic& diagnostic : diagnostics) sorted.push_back(&diagnostic);
    // Files in the order in which they are first complained about.
    const auto file_rank = [&](const SourceFile* file) {
        return std::find_if(diagnostics.begin(), diagnostics.end(),
                            [&](const Diagnostic& d) { return d.span.file == file; });
    };
    std::stable_sort(sorted.begin(), sorted.end(), [&](const Diagnostic* a, const Diagnostic* b) {
        if (a->span.file != b->span.file) return file_rank(a->span.file) < file_rank(b->span.file);
        return std::pair(a->span.line, a->span.column) < std::pair(b->span.line, b->span.column);
    });
    std::string text;
    for (const Diagnostic* diagnostic : sorted) {
        if (!text.empty()) text += "\n";
        text += to_text(*diagnostic);
    }
    return text;
}

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Edits that turn one word into the other: insert, delete, replace a letter, swap
// two neighbours. Capitals don't matter.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    const std::size_t width = b.size() + 1;
    std::vector<std::size_t> cells((a.size() + 1) * width);
    const auto same = [&](std::size_t i, std::size_t j) { return lower(a[i]) == lower(b[j]); };
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            std::size_t& cell = cells[i * width + j];
            if (i == 0 || j == 0) {
                cell = i + j;
                continue;
            }
            cell = std::min({cells[(i - 1) * width + j] + 1, cells[i * width + j - 1] + 1,
                             cells[(i - 1) * width + j - 1] + (same(i - 1, j - 1) ? 0U : 1U)});
            if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1))
                cell = std::min(cell, cells[(i - 2) * width + j - 2] + 1);
        }
    }
    return cells.back();
}

}  // namespace

std::string closest(std::string_view word, const std::vector<std::string_view>& candidates) {
    constexpr std::size_t longest = 64;  // of what a person can have mistyped
    if (word.empty() || word.size() > longest) return {};
    // One letter in three may be wrong, but not all of them.
    std::size_t bound = std::max<std::size_t>(word.size() / 3, 1) + 1;
    std::string_view found;
    for (const std::string_view candidate : candidates) {
        if (candidate.size() > longest) continue;
        const std::size_t distance = edit_distance(word, candidate);
        if (distance >= candidate.size() || distance >= bound) continue;
        bound = distance;
        found = candidate;
    }
    return std::string(found);
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
    const std::string found = closest(word, candidates);
    return found.empty() ? std::string() : "did you mean '" + found + "'?";
}

}  // namespace cowcheck
