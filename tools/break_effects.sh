#!/usr/bin/env bash
# Takes each entry of the table of effects (model/isa/effects.cpp) away in turn, in a copy of the
# table, and says whether unit.effects_test notices that it is missing. Status 1 if one is not
# noticed, or if the test fails otherwise.
#
#   tools/break_effects.sh [BUILD_DIR]
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/release}
tests=$build/tests/unit_tests
if [[ ! -x $tests ]]; then
    echo "$0: there is no $tests: cmake --build --preset release --target unit_tests" >&2
    exit 2
fi
status=0
report=$("$tests" --source-file='*unit/effects_test.cpp') || status=1
grep '^NOT NOTICED ' <<<"$report" || true
grep -E '^[0-9]+ entries, [0-9]+ noticed, [0-9]+ not$' <<<"$report" || status=1
if [[ $status != 0 ]]; then grep -A20 ERROR <<<"$report" || true; fi
exit $status
