#!/usr/bin/env bash
# From a fresh clone to an answer: installs what is missing, builds, and runs cowcheck. Arguments go
# to cowcheck; without --depth among them the depth is 8.
#
# What cowcheck prints is all there is on stdout, and its exit status is this script's:
# 0 no violation, 1 violation, 2 bad input, 3 stopped by a limit.
set -euo pipefail
start_dir=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/common.sh

# A failure before cowcheck runs must not look like one of its verdicts.
fail() {
    echo "run: $1" >&2
    exit 4
}
./tools/setup.sh --build || fail 'the set-up failed'
configure_and_build release --target cowcheck >&2 || fail 'the build failed'

arguments=("$@")
depth=(--depth 8)
for argument in "$@"; do
    [[ $argument == --depth || $argument == --depth=* ]] && depth=()
done

cowcheck=$PWD/build/release/cli/cowcheck
cd "$start_dir"
status=0
"$cowcheck" "${depth[@]}" "${arguments[@]}" || status=$?
if ((status == 1)); then
    echo 'run: exit status 1 says that violations were found, as they must be in the historic designs' >&2
fi
exit "$status"
