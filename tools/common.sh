# What run.sh and check.sh share. Sourced, not run; the current folder is the repository's top.
# shellcheck shell=bash

# How many compilers may run at once: one a CPU, but no more than memory holds (the grammar needs
# more than a gigabyte). COWCHECK_JOBS overrides it.
build_jobs() {
    if [[ -n ${COWCHECK_JOBS:-} ]]; then
        echo "$COWCHECK_JOBS"
        return
    fi
    local cpus memory_kib by_memory
    cpus=$(nproc)
    memory_kib=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)
    by_memory=$((memory_kib / (1536 * 1024)))
    ((by_memory >= 1)) || by_memory=1
    echo $((cpus < by_memory ? cpus : by_memory))
}

# configure_and_build <preset> [further arguments of cmake --build]
configure_and_build() {
    local preset=$1 output
    shift
    if ! output=$(cmake --preset "$preset" 2>&1); then
        printf '%s\n' "$output" >&2
        return 1
    fi
    cmake --build --preset "$preset" --parallel "$(build_jobs)" "$@"
}
