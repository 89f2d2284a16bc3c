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

forbid model '(properties|checker|traces|cli|tests|fuzz|bench)/' 'model/ stands on nothing'
forbid properties '(checker|traces|cli|tests|fuzz|bench)/' 'properties/ stands on model/'
forbid checker '(traces|cli|tests|fuzz|bench)/' 'checker/ stands on properties/ and model/'
forbid traces '(checker|cli|tests|fuzz|bench)/' 'traces/ stands on properties/ and model/'
forbid cli '(tests|fuzz|bench)/' 'cli/ is the top layer'
forbid model '(iostream|fstream|cstdio|stdio\.h|filesystem|spdlog/|unistd\.h)' 'model/ does no I/O'

for folder in model properties checker traces cli; do
    forbid "$folder" '\.\./' 'include from the top of the repository: "model/state/state.h"'
done

exit "$bad"
