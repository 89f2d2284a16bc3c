#!/usr/bin/env bash
# Installs every Debian package that cowcheck needs. Does nothing, and needs neither network nor
# root, when all of them are there.
#
#   tools/setup.sh            everything: build, tests, sanitizers, fuzzing, independent checkers
#   tools/setup.sh --build    only what the presets release and debug need, tests included
#   tools/setup.sh --lab      what `cowcheck conform` runs kernels in, and nothing else
#   tools/setup.sh --list     print the packages of all but --lab, and stop
#
# COWCHECK_SKIP_SETUP=1 skips all of it (another distribution, packages brought along otherwise).
set -euo pipefail

build_packages=(
    cmake ninja-build g++ git ca-certificates
    tao-pegtl-dev libcli11-dev libspdlog-dev libfmt-dev nlohmann-json3-dev
    libxxhash-dev libzstd-dev libz3-dev libreadline-dev libpugixml-dev
    doctest-dev python3 python3-jsonschema util-linux
    python3-junitparser python3-sarif-python-om lcov perl
)
check_packages=(
    clang llvm libclang-rt-14-dev clang-format clang-tidy
    z3 spin tcc cvc5
)
# Real kernels in QEMU: nothing else needs it, and it is large.
lab_packages=(qemu-system-x86)

packages=("${build_packages[@]}" "${check_packages[@]}")
case "${1:-}" in
    '') ;;
    --build) packages=("${build_packages[@]}") ;;
    --lab) packages=("${lab_packages[@]}") ;;
    --list)
        printf '%s\n' "${packages[@]}"
        exit 0
        ;;
    *)
        sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "$0" >&2
        exit 2
        ;;
esac

if [[ ${COWCHECK_SKIP_SETUP:-} == 1 ]]; then
    exit 0
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    {
        echo "setup: this is not Debian (no apt-get): install the equivalents of these packages,"
        echo "setup: then set COWCHECK_SKIP_SETUP=1:"
        echo "setup:   ${packages[*]}"
    } >&2
    exit 1
fi

missing=()
for package in "${packages[@]}"; do
    # shellcheck disable=SC2016 # ${...} is dpkg-query's, not the shell's
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [[ $status == installed ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
    exit 0
fi

id='' version=''
if [[ -r /etc/os-release ]]; then
    id=$(. /etc/os-release && echo "${ID:-}")
    version=$(. /etc/os-release && echo "${VERSION_ID:-}")
fi
if [[ $id != debian || $version != 12 ]]; then
    echo "setup: written for Debian 12, this is '${id:-unknown} ${version}': trying all the same" >&2
fi

as_root=()
if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
        echo "setup: not root and no sudo. As root, run: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

echo "setup: installing ${missing[*]}" >&2
# Without network the lists on disk may still do, and so may the packages: let the install decide.
"${as_root[@]}" apt-get -qq update >&2 || echo "setup: apt-get update failed, going on" >&2
if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install "${missing[@]}" >&2; then
    echo "setup: apt-get could not install: ${missing[*]}" >&2
    exit 1
fi
