# fish completion for cowcheck

function __cowcheck_names
    cowcheck $argv[1] 2>/dev/null | string replace -r '\s.*' ''
end

set -l commands check designs worlds properties replay export selftest history
set -l checking "not __fish_seen_subcommand_from designs worlds properties replay export selftest history"

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
complete -c cowcheck -n $checking -l traces -r -a "(__fish_complete_directories)" -d "where traces go"
complete -c cowcheck -n $checking -l format -x -a "text json" -d "how to print results"
complete -c cowcheck -n $checking -l no-reduction -d "every step on its own"
complete -c cowcheck -n $checking -l no-symmetry -d "no states are alike"

set -l named "not __fish_seen_subcommand_from designs worlds properties"
complete -c cowcheck -n $named -l design -r -F -a "(__cowcheck_names designs)" -d "what to check"
complete -c cowcheck -n $named -l world -r -F -a "(__cowcheck_names worlds)" -d where
complete -c cowcheck -n $named -l property -r -F -a "(__cowcheck_names properties)" -d "which promise"

complete -c cowcheck -n "__fish_seen_subcommand_from replay" -F
complete -c cowcheck -n "__fish_seen_subcommand_from replay" -l format -x -a "text columns json"

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

for list in designs worlds properties
    complete -c cowcheck -n "__fish_seen_subcommand_from $list; and not __fish_seen_subcommand_from show" -a show
    complete -c cowcheck -n "__fish_seen_subcommand_from $list; and __fish_seen_subcommand_from show" -a "(__cowcheck_names $list)"
end
