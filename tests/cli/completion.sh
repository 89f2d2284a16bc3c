#!/usr/bin/env bash
# Bash completes commands, options, and the names that the binary knows.
set -euo pipefail

source "$SOURCE_DIR/completions/cowcheck.bash"
compopt() { :; } # works during a completion only

failed=0
# completes <words so far> -- <expected among the answers>...
completes() {
    COMP_WORDS=("$COWCHECK")
    while [[ $1 != -- ]]; do
        COMP_WORDS+=("$1")
        shift
    done
    shift
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=()
    _cowcheck
    for expected in "$@"; do
        # Not grep -q, which leaves printf with a broken pipe, and pipefail takes that for a no.
        if ! printf '%s\n' "${COMPREPLY[@]}" | grep -xF -e "$expected" >/dev/null; then
            echo "FAILED   ${COMP_WORDS[*]:1}: '$expected' is not in: ${COMPREPLY[*]}"
            failed=1
            return
        fi
    done
    echo "ok       ${COMP_WORDS[*]:1}"
}

completes history -- history
completes history --why '' -- v4.8 xu-2020-v3-intended
completes history --why v5.9 '' -- no_foreign_data
completes history --format '' -- text markdown
completes '' -- check designs worlds properties replay --depth --help
completes --de -- --depth --design
completes --design v5 -- v5.7 v5.12
completes --world '' -- default tiny
completes --property no_ -- no_foreign_data no_deadlock
completes --format '' -- text json
completes replay trace.json --format '' -- text columns json
completes prove '' -- v5.7 --smt2 --solver-timeout
completes prove v5.9 --format '' -- text json
completes selftest --format '' -- ktap json
completes run '' -- vmsplice-leak --trace-dir
completes run --format '' -- text json
completes designs '' -- show
completes designs show v6 -- v6.2
completes properties show uffd -- uffd_wp_no_missed_write

# Every option of every command's help has its completion, and so has every command.
commands=$("$COWCHECK" --help | sed -n '/^commands$/,/^$/s/^  \([a-z]*\) .*/\1/p')
[[ $(wc -w <<<"$commands") -ge 12 ]] || { echo "FAILED   --help lists: $commands"; failed=1; }
helps=$("$COWCHECK" --help; for command in $commands; do "$COWCHECK" "$command" --help; done)
for option in $(grep -o -- '--[a-z][a-z0-9-]*' <<<"$helps" | sort -u); do
    for file in cowcheck.bash _cowcheck cowcheck.fish; do
        if ! grep -qE -e "(--|-l )${option#--}\b" "$SOURCE_DIR/completions/$file"; then
            echo "FAILED   $file does not know $option"
            failed=1
        fi
    done
done
for command in $commands; do
    for file in cowcheck.bash _cowcheck cowcheck.fish; do
        if ! grep -qw -e "$command" "$SOURCE_DIR/completions/$file"; then
            echo "FAILED   $file does not know $command"
            failed=1
        fi
    done
done
exit "$failed"
