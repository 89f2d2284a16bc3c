#!/usr/bin/env bash
# Takes each entry of the table of effects (model/isa/effects.cpp) away in turn, in a copy, and
# says whether unit.effects_test, with longer walks, notices that it is missing. Status 1 if not.
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
report=$(COWCHECK_BREAK_EFFECTS=1 "$tests" --source-file='*unit/effects_test.cpp') || status=1
grep '^NOT NOTICED ' <<<"$report" || true
echo "$(grep -c '^noticed ' <<<"$report") entries of the table are noticed if they are missing," \
    "$(grep -c '^NOT NOTICED ' <<<"$report" || true) are not"
if [[ $status != 0 ]]; then grep -A20 ERROR <<<"$report" || true; fi
exit $status
