#include "cli/commands/trace_input.h"

#include "cli/formats/player_html.h"
#include "cli/terminal/output.h"
#include "traces/record.h"
#include "traces/runner.h"
#include "traces/trace_json.h"
#include "verify/run/bad_input.h"
#include "verify/run/read_text.h"

namespace cowcheck {

namespace {

Trace read_trace(const std::string& path) {
    ParsedTrace parsed = trace_from_json(read_text(path, "a trace", max_trace_bytes), path);
    if (!parsed.trace) throw BadInput(parsed.error);
    return std::move(*parsed.trace);
}

// Where the trace says that its texts are, unless the user says otherwise.
Named with_files_of(const Trace& trace, Named named) {
    if (named.designs.empty() && !trace.header.design.path.empty())
        named.designs.push_back(trace.header.design.path);
    if (named.worlds.empty() && !trace.header.world.path.empty())
        named.worlds.push_back(trace.header.world.path);
    return named;
}

// A word of a shell's command line.
std::string shell_word(const std::string& word) {
    constexpr std::string_view harmless =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=+,@";
    if (!word.empty() && word.find_first_not_of(harmless) == std::string::npos) return word;
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

// By which somebody else, who has the files, sees the same.
std::string command_line(const AskedTrace& asked) {
    std::string line = "cowcheck replay " + shell_word(asked.path);
    for (const std::string& file : asked.named.designs) line += " --design " + shell_word(file);
    for (const std::string& file : asked.named.worlds) line += " --world " + shell_word(file);
    for (const std::string& file : asked.named.properties)
        line += " --property " + shell_word(file);
    return line;
}

}  // namespace

void declare(CLI::App& app, TypedTrace& typed) {
    declare(app, "TRACE", typed.trace);
    declare(app, "--output", typed.output);
    declare(app, "--design", typed.designs);
    declare(app, "--world", typed.worlds);
    declare(app, "--property", typed.properties);
}

AskedTrace read(const TypedTrace& typed, const std::string& command) {
    const std::string* trace = single("TRACE", typed.trace);
    if (trace == nullptr || trace->empty())
        throw BadInput(command + ": expected the file of a trace: cowcheck " + command + " TRACE");
    require_words("--design", typed.designs);
    require_words("--world", typed.worlds);
    require_words("--property", typed.properties);
    return {*trace,
            word_or("--output", typed.output, ""),
            {typed.designs, typed.worlds, typed.properties}};
}

LoadedTrace load_trace(const AskedTrace& asked) {
    Trace trace = read_trace(asked.path);
    const Named named = with_files_of(trace, asked.named);
    std::vector<std::string> inputs{asked.path};
    for (const auto* files : {&named.designs, &named.worlds, &named.properties})
        inputs.insert(inputs.end(), files->begin(), files->end());
    expect_no_input(asked.output, inputs);
    Library library = load_library();
    const Selection selection = select(library, named);
    DesignText design = selection.designs.empty() ? find_design(library, trace.header.design.name)
                                                  : selection.designs.back();
    const World& world = selection.worlds.empty() ? find_world(library, trace.header.world.name)
                                                  : selection.worlds.back();
    Program program =
        with_numbers_of(compile_or_complain(design, library.properties(), world), trace.header);
    ReplayResult result = replay(trace, program, design, *library.world_text(world.name));
    if (trace.format != trace_format && result.verdict == ReplayVerdict::ok)
        trace = record_again(trace, program, library.properties());
    else if (trace.format != trace_format)
        result.notes.push_back("the trace is of format " + std::to_string(trace.format) +
                               ", which has only the first line of a statement");
    return {std::move(trace), std::move(library), std::move(design), std::move(program),
            std::move(result)};
}

void put(const AskedTrace& asked, const std::string& text) {
    if (asked.output.empty())
        print(text);
    else
        write_file(asked.output, text);
}

std::string player_page(const LoadedTrace& loaded, const AskedTrace& asked, unsigned at) {
    return player_html({loaded.trace, loaded.program, loaded.design, loaded.library.properties(),
                        loaded.result, command_line(asked), at});
}

}  // namespace cowcheck
