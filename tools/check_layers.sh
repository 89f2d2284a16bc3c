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

forbid model '(properties|checker|traces|verify|cli|tests|fuzz|bench)/' 'model/ stands on nothing'
forbid properties '(checker|traces|verify|cli|tests|fuzz|bench)/' 'properties/ stands on model/'
forbid checker '(traces|verify|cli|tests|fuzz|bench)/' 'checker/ stands on properties/ and model/'
forbid traces '(checker|verify|cli|tests|fuzz|bench)/' 'traces/ stands on properties/ and model/'
forbid verify '(cli|tests|fuzz|bench)/' 'verify/ stands on checker/ and traces/'
forbid cli '(tests|fuzz|bench)/' 'cli/ is the top layer'
forbid model '(iostream|fstream|cstdio|stdio\.h|filesystem|spdlog/|unistd\.h)' 'model/ does no I/O'

# Within checker/: what is stored stands below what is a state's successor, that below who asks.
forbid checker/store '(checker/(system|symbolic|explore|measure|prove))/' 'checker/store/ knows bytes only'
forbid checker/symbolic '(checker/(system|explore|measure|prove))/' 'checker/symbolic/ stands on model/'
forbid checker/system '(checker/(explore|measure|prove))/' 'checker/system/ stands on store/ and symbolic/'
forbid checker/explore '(checker/(prove))/' 'checker/explore/ knows no solver but by symbolic/'

# Options, formats and terminals are the command line's: no library below asks for them.
for folder in model properties checker traces verify; do
    forbid "$folder" '(CLI/|readline/|sys/ioctl\.h|termios\.h|spdlog/spdlog\.h|iostream)' \
        'only cli/ reads options and writes to terminals'
done
# A format is a function from a report to a text; a room of the command line stands on those above.
forbid cli/formats '(cli/(commands|options|terminal|stepper)/|CLI/|spdlog/spdlog\.h|iostream)' \
    'cli/formats/ makes texts of reports'
forbid cli/terminal '(cli/(commands|options|stepper)/|CLI/)' 'cli/terminal/ knows no command'
forbid cli/stepper '(cli/commands/|CLI/)' 'cli/stepper/ knows no command'

for folder in model properties checker traces verify cli; do
    forbid "$folder" '\.\./' 'include from the top of the repository: "model/state/state.h"'
done

exit "$bad"
