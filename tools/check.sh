#!/usr/bin/env bash
# Installs what is missing, then builds and tests everything there is to test:
#
#   release             all tests, built by g++
#   asan                the unit tests; built by clang++, so that both compilers are without warnings
#   ubsan, tsan         all tests but those with the label 'slow'; ubsan is built by clang++
#   fuzz                each fuzz target looks for new inputs for some seconds
#
#   tools/check.sh              release and asan
#   tools/check.sh ubsan tsan fuzz   the longer ones
#   tools/check.sh --quick      release only
#   tools/check.sh PRESET...    only these
#
# The last line is 'N passed, N failed'; a build that fails counts as one failure. Before it stands
# what the failed tests printed last: a log that is cut at its end still says why. COWCHECK_JOBS
# limits how many compilers and tests run at once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/common.sh

all_presets=(release asan)
presets=()
for argument in "$@"; do
    case $argument in
        --quick) presets+=(release) ;;
        release | debug | asan | ubsan | tsan | clang | fuzz) presets+=("$argument") ;;
        *)
            sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "$0" >&2
            exit 2
            ;;
    esac
done
((${#presets[@]})) || presets=("${all_presets[@]}")

passed=0
failed=0
failures=()

# The number that a JUnit report gives for <attribute>, in the line of the whole suite.
reported() {
    sed -n '/<testsuite/,/>/s/.*[[:space:]]'"$2"'="\([0-9][0-9]*\)".*/\1/p' "$1" | head -n 1
}

# run_tests <preset> [further arguments of ctest]
run_tests() {
    local preset=$1 report
    shift
    report=$PWD/build/$preset/test-report.xml
    rm -f "$report"
    local status=0 total bad skipped
    ctest --preset "$preset" --parallel "$(build_jobs)" --output-junit "$report" "$@" || status=$?
    if [[ ! -s $report ]]; then
        failed=$((failed + 1))
        failures+=("$preset: ctest did not run")
        return
    fi
    total=$(reported "$report" tests)
    bad=$(reported "$report" failures)
    skipped=$(($(reported "$report" skipped) + $(reported "$report" disabled)))
    if ((status != 0 && bad == 0)); then
        bad=1
        total=$((total + 1))
    fi
    passed=$((passed + total - bad - skipped))
    failed=$((failed + bad))
    if ((bad != 0)); then
        failures+=("$preset: $bad of $total tests")
        failures+=("$(python3 tools/failed_tests.py "$report" || true)")
    fi
}

check_preset() {
    local preset=$1
    printf '\n=== %s (%s) ===\n' "$preset" "$(date +%H:%M:%S)"
    if ! configure_and_build "$preset"; then
        failed=$((failed + 1))
        failures+=("$preset: the build")
        return
    fi
    case $preset in
        release | debug) run_tests "$preset" ;;
        clang) passed=$((passed + 1)) ;; # one more compiler without a warning
        fuzz) run_tests "$preset" ;;
        asan) run_tests "$preset" --label-regex '^unit$' --exclude-regex prove ;; # Z3 takes minutes
        *) run_tests "$preset" --label-exclude '^slow$' ;;
    esac
}

if ./tools/setup.sh; then
    for preset in "${presets[@]}"; do
        check_preset "$preset"
    done
else
    failed=1
    failures+=('the set-up')
fi

echo
for failure in "${failures[@]}"; do
    echo "failed: $failure"
done
echo "$passed passed, $failed failed"
((failed == 0))
