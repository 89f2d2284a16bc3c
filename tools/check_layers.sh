#!/usr/bin/env bash
# Checks the layering of the sources: each layer includes only itself and what stands below it, and
# the model does no I/O. Prints each line that breaks this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bad=0

# forbid <folder> <extended regular expression of what an #include may not name> <reason>
forbid() {
    local hits
    hits=$(grep -rnE --include='*.h' --include='*.inl' --include='*.cpp' \
        "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($2)" "$1" || true)
    if [[ -n $hits ]]; then
        printf '%s\n    ^ %s\n' "$hits" "$3"
        bad=1
    fi
}

forbid model '(properties|checker|traces|verify|lab|cli|tests|fuzz|bench)/' 'model/ stands on nothing'
forbid properties '(checker|traces|verify|lab|cli|tests|fuzz|bench)/' 'properties/ stands on model/'
forbid checker '(traces|verify|lab|cli|tests|fuzz|bench)/' 'checker/ stands on properties/ and model/'
forbid traces '(checker|verify|lab|cli|tests|fuzz|bench)/' 'traces/ stands on properties/ and model/'
forbid verify '(lab|cli|tests|fuzz|bench)/' 'verify/ stands on checker/ and traces/'
forbid lab '(cli|tests|fuzz|bench)/' 'lab/ stands on verify/'
# The agent is a program of its own, without a library: of ours it knows the words of the wire only.
hits=$(grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*("|<(fmt|string>|vector>|std))' lab/agent |
    grep -vE '"lab/(agent/[a-z_]+|wire)\.h"' || true)
if [[ -n $hits ]]; then
    printf '%s\n    ^ %s\n' "$hits" 'lab/agent/ has no library; of lab/ it knows wire.h'
    bad=1
fi
forbid cli '(tests|fuzz|bench)/' 'cli/ is the top layer'
forbid model '(iostream|fstream|cstdio|stdio\.h|filesystem|spdlog/|unistd\.h)' 'model/ does no I/O'

# Within checker/: what is stored stands below what is a state's successor, that below who asks.
forbid checker/store '(checker/(system|symbolic|explore|measure|prove))/' 'checker/store/ knows bytes only'
forbid checker/symbolic '(checker/(system|explore|measure|prove))/' 'checker/symbolic/ stands on model/'
forbid checker/system '(checker/(explore|measure|prove))/' 'checker/system/ stands on store/ and symbolic/'
forbid checker/explore '(checker/(prove))/' 'checker/explore/ knows no solver but by symbolic/'

# Options, formats and terminals are the command line's: no library below asks for them.
for folder in model properties checker traces verify lab; do
    forbid "$folder" '(CLI/|readline/|sys/ioctl\.h|termios\.h|spdlog/spdlog\.h|iostream)' \
        'only cli/ reads options and writes to terminals'
done
# A format is a function from a report to a text; a room of the command line stands on those above.
forbid cli/formats '(cli/(commands|options|terminal|stepper)/|CLI/|spdlog/spdlog\.h|iostream)' \
    'cli/formats/ makes texts of reports'
forbid cli/terminal '(cli/(commands|options|stepper)/|CLI/)' 'cli/terminal/ knows no command'
forbid cli/stepper '(cli/commands/|CLI/)' 'cli/stepper/ knows no command'

# within_model <folder> <extended regular expression of what else of model/ it may include>
within_model() {
    local hits
    hits=$(grep -rnE --include='*.h' --include='*.inl' --include='*.cpp' \
        '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]model/' "model/$1" |
        grep -vE "include[[:space:]]*[<\"]model/($1/|$2)" || true)
    if [[ -n $hits ]]; then
        printf '%s\n    ^ %s\n' "$hits" "model/$1/ stands on model/($2) only"
        bad=1
    fi
}

# What stands on what within model/. A new folder of sources needs its line.
below_machine='state/|isa/|operations\.h|world\.h|language/(ast|source|statement)\.h'
within_model state '(none)'
within_model isa 'state/'
within_model language '(none)'
within_model machine "$below_machine"
within_model compile "$below_machine|contracts\.h|machine/"
within_model export "$below_machine|machine/|compile/"
for folder in model/*/; do
    name=$(basename "$folder")
    if [[ -n $(find "$folder" -name '*.h' -o -name '*.cpp' -o -name '*.inl') ]] &&
        ! grep -q "^within_model $name " tools/check_layers.sh; then
        echo "$folder has sources, and tools/check_layers.sh does not say what they may include"
        bad=1
    fi
done
# Files of model/ itself: the world is what the compiler reads, the library is what it makes.
for file in operations world; do
    forbid "model/$file.h" 'model/(compile|machine|export|isa|library|program_)' \
        "model/$file.h stands below model/machine/"
    forbid "model/$file.cpp" 'model/(compile|machine|export|isa|library|program_)' \
        "model/$file.cpp stands below model/machine/"
done

for folder in model properties checker traces verify lab cli; do
    forbid "$folder" '\.\./' 'include from the top of the repository: "model/state/state.h"'
done

exit "$bad"
