# fish completion for cowcheck

function __cowcheck_names
    cowcheck $argv[1] 2>/dev/null | string match -rv '^(\s|$)' | string replace -r '\s.*' ''
end

set -l commands check designs worlds properties replay explain reproduce export gate ablate coverage prove run conform selftest history
set -l checking "not __fish_seen_subcommand_from designs worlds properties replay explain reproduce export gate ablate coverage prove run conform selftest history"

complete -c cowcheck -f
complete -c cowcheck -n "not __fish_seen_subcommand_from $commands" -a "$commands"
complete -c cowcheck -l help -s h -d "what there is"
complete -c cowcheck -l version -d "which one this is"

complete -c cowcheck -n $checking -l depth -x -d "operations that are started"
complete -c cowcheck -n $checking -l concurrency -x -a "1 2 3 all" -d "operations in flight at once"
complete -c cowcheck -n $checking -l threads -x -d "worker threads"
complete -c cowcheck -n $checking -l max-states -x -d "stop at so many states"
complete -c cowcheck -n $checking -l max-memory -x -d "stop at so much memory"
complete -c cowcheck -n $checking -l max-time -x -d "stop after so long"
complete -c cowcheck -n $checking -l checkpoint -r -F -d "keep explorations there, and go on from them"
complete -c cowcheck -n $checking -l every -x -d "how often"
complete -c cowcheck -n $checking -l solver-timeout -x -d "time for one question about references from outside"
complete -c cowcheck -n $checking -l traces -r -a "(__fish_complete_directories)" -d "where traces go"
complete -c cowcheck -n $checking -l format -x -a "text json" -d "how to print results"
complete -c cowcheck -n $checking -l no-reduction -d "every step on its own"
complete -c cowcheck -n $checking -l no-symmetry -d "no states are alike"

set -l named "not __fish_seen_subcommand_from designs worlds properties"
complete -c cowcheck -n "__fish_seen_subcommand_from gate coverage" -l also-world -r -F -a "(__cowcheck_names worlds)" -d "beside those that are built in"
complete -c cowcheck -n $named -l design -r -F -a "(__cowcheck_names designs)" -d "what to check"
complete -c cowcheck -n $named -l world -r -F -a "(__cowcheck_names worlds)" -d where
complete -c cowcheck -n $named -l property -r -F -a "(__cowcheck_names properties)" -d "which promise"

complete -c cowcheck -n "__fish_seen_subcommand_from replay" -F
complete -c cowcheck -n "__fish_seen_subcommand_from replay" -l format -x -a "text columns html svg markdown mermaid itf trace json"
complete -c cowcheck -n "__fish_seen_subcommand_from replay" -l at -x -d "with html, svg: after so many steps"
complete -c cowcheck -n "__fish_seen_subcommand_from replay" -l step -d "by commands"
complete -c cowcheck -n "__fish_seen_subcommand_from explain" -F
complete -c cowcheck -n "__fish_seen_subcommand_from reproduce" -F
complete -c cowcheck -n "__fish_seen_subcommand_from reproduce" -l kernel -r -d "a bzImage"
complete -c cowcheck -n "__fish_seen_subcommand_from reproduce" -l seconds -x -d "how long it tries"
complete -c cowcheck -n "__fish_seen_subcommand_from replay explain reproduce" -l output -r -F -d "the file to write"

complete -c cowcheck -n "__fish_seen_subcommand_from selftest" -l format -x -a "ktap json"

set -l telling "__fish_seen_subcommand_from history"
complete -c cowcheck -n $telling -l why -x -a "(__cowcheck_names designs)" -d "the story of one cell"
complete -c cowcheck -n $telling -l format -x -a "text markdown" -d "how to print it"
complete -c cowcheck -n $telling -l threads -x -d "worker threads"

set -l exporting "__fish_seen_subcommand_from export"
complete -c cowcheck -n $exporting -l to -x -a promela -d "the language"
complete -c cowcheck -n $exporting -l depth -x -d "operations that are started"
complete -c cowcheck -n $exporting -l concurrency -x -a "1 2 3 all" -d "operations in flight at once"
complete -c cowcheck -n $exporting -l output -r -F -d "the file to write"

set -l judging "__fish_seen_subcommand_from gate ablate coverage"
set -l gating "__fish_seen_subcommand_from gate"
complete -c cowcheck -n $judging -F -a "(__cowcheck_names designs)"
complete -c cowcheck -n $judging -l depth -x -d "operations that are started"
complete -c cowcheck -n $judging -l concurrency -x -a "1 2 3 all" -d "operations in flight at once"
complete -c cowcheck -n $judging -l threads -x -d "worker threads"
complete -c cowcheck -n $judging -l max-states -x -d "stop at so many states"
complete -c cowcheck -n $judging -l max-memory -x -d "stop at so much memory"
complete -c cowcheck -n $judging -l max-time -x -d "stop after so long"
complete -c cowcheck -n $gating -l format -x -a "text html json markdown junit ktap sarif"
complete -c cowcheck -n $gating -l against -r -F -a "(__cowcheck_names designs)" -d "the base"
complete -c cowcheck -n $gating -l made-worlds -x -d "worlds made for this change, in addition"
complete -c cowcheck -n $gating -l waive -x -a "(__cowcheck_names properties)" -d "may get worse"
complete -c cowcheck -n $gating -l because -x -d why
complete -c cowcheck -n $gating -l update -d "rewrite the expect lines"
complete -c cowcheck -n $gating -l list -d "what stays, one by one"
complete -c cowcheck -n $gating -l output -r -F -d "a file, in the format of its name"
complete -c cowcheck -n $gating -l traces -r -a "(__fish_complete_directories)" -d "where traces go"
complete -c cowcheck -n "__fish_seen_subcommand_from coverage" -l format -x -a "text json lcov"
complete -c cowcheck -n "__fish_seen_subcommand_from coverage" -l no-reduction -d "every step on its own"
set -l ablating "__fish_seen_subcommand_from ablate"
complete -c cowcheck -n $ablating -l handler -x -d "what to change"
complete -c cowcheck -n $ablating -l line -x -d "one statement"
complete -c cowcheck -n $ablating -l shard -x -d "one of N parts"
complete -c cowcheck -n $ablating -l budget -x -d "states of one change"
complete -c cowcheck -n $ablating -l resume -r -F -d "results, kept there"
complete -c cowcheck -n $ablating -l keep -r -a "(__fish_complete_directories)" -d "where changes go"
complete -c cowcheck -n $ablating -l traces -r -a "(__fish_complete_directories)" -d "where traces go"
complete -c cowcheck -n $ablating -l format -x -a "text json markdown"
set -l running "__fish_seen_subcommand_from run"
complete -c cowcheck -n $running -F -a "(cowcheck run --list 2>/dev/null | string split -f1 ' ')"
complete -c cowcheck -n $running -l format -x -a "text json" -d "how to print outcomes"
complete -c cowcheck -n $running -l trace-dir -r -a "(__fish_complete_directories)" -d "where traces go"
complete -c cowcheck -n $running -l max-states -x -d "stop at so many states"
complete -c cowcheck -n $running -l max-time -x -d "stop after so long"
complete -c cowcheck -n $running -l list -d "the programs that are built in"
set -l conforming "__fish_seen_subcommand_from conform"
complete -c cowcheck -n $conforming -F -a "(cowcheck run --list 2>/dev/null | string split -f1 ' ')"
complete -c cowcheck -n $conforming -l kernel -r -d "a bzImage"
complete -c cowcheck -n $conforming -l host -d "on the kernel that runs now"
complete -c cowcheck -n $conforming -l random -x -d "random programs"
complete -c cowcheck -n $conforming -l seed -x -d "which random programs"
complete -c cowcheck -n $conforming -l keep -r -a "(__fish_complete_directories)" -d "where they go"
complete -c cowcheck -n $conforming -l repeat -x -d "how often each runs"
complete -c cowcheck -n $conforming -l timeout -x -d "seconds, of one program"
complete -c cowcheck -n $conforming -l max-states -x -d "stop at so many states"
complete -c cowcheck -n $conforming -l format -x -a "text json" -d "how to print results"
set -l proving "__fish_seen_subcommand_from prove"
complete -c cowcheck -n $proving -F -a "(__cowcheck_names designs)"
complete -c cowcheck -n $proving -l format -x -a "text json" -d "how to print results"
complete -c cowcheck -n $proving -l smt2 -r -F -d "a file for the queries"
complete -c cowcheck -n $proving -l solver-timeout -x -d "for one question"

for list in designs worlds properties
    complete -c cowcheck -n "__fish_seen_subcommand_from $list; and not __fish_seen_subcommand_from show" -a show
    complete -c cowcheck -n "__fish_seen_subcommand_from $list; and __fish_seen_subcommand_from show" -a "(__cowcheck_names $list)"
end
