#!/usr/bin/env bash
# Checks that the sources are as clang-format 14 writes them, with .clang-format. Prints the files
# that are not. Status 77 (skipped) where there is no such clang-format: others write differently.
#
#   tools/check_format.sh          check
#   tools/check_format.sh --fix    write them so
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

formatter=$(command -v clang-format-14 || command -v clang-format || true)
if [[ -z $formatter ]] || ! "$formatter" --version | grep -q 'version 14\.'; then
    echo 'there is no clang-format 14'
    exit 77
fi

mapfile -t files < <(find bench checker cli fuzz model properties tests traces \
    \( -name '*.h' -o -name '*.inl' -o -name '*.cpp' \) | sort)
case "${1:-}" in
    --fix) "$formatter" -i "${files[@]}" ;;
    '')
        if ! said=$("$formatter" --dry-run --Werror "${files[@]}" 2>&1); then
            printf '%s\n' "$said" | sed -n 's/^\([^: ]*\):[0-9].*/\1/p' | sort -u
            echo 'tools/check_format.sh --fix formats them'
            exit 1
        fi
        ;;
    *)
        sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "$0" >&2
        exit 2
        ;;
esac
