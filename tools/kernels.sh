#!/usr/bin/env bash
# Fetches kernel images from Debian's archive, one of each era, for `cowcheck conform`. Installs
# nothing and changes nothing on this machine: a private apt configuration knows the suites that
# the machine does not use, and the packages are only unpacked.
#
#   tools/kernels.sh [DIR]          into DIR (default: build/kernels)
#   tools/kernels.sh --list [DIR]   print what would be fetched, and stop
#   tools/kernels.sh --only 6.12 [DIR]
#                                   only the series that begins so; repeatable
#
# DIR gets vmlinuz-RELEASE of each, and config-RELEASE where the package has it, which nothing reads
# but people. Modules are not needed: what the programs use is built in. What is there already is not fetched again. The
# archive's address and keys are those of the machine's own apt sources. Exit status: 0 all that
# was asked for is there, 1 some could not be had (it says which and why), 2 bad arguments.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The suites that may hold a kernel that no other holds, oldest first, and which of the machine's
# sources has the address. The newest package of each series (6.12, 7.0, ...) is taken.
suites=(
    'bullseye-security Debian-Security'
    'bookworm Debian'
    'bookworm-security Debian-Security'
    'trixie Debian'
    'trixie-security Debian-Security'
    'trixie-backports Debian'
    'forky Debian'
    'sid Debian'
    'experimental Debian'
)
# Of series that are close to each other, one says as much as all.
series='5\.10|6\.1|6\.12|6\.18|7\.[0-9]+'
list=false
only=()
while [[ ${1:-} == --* ]]; do
    case $1 in
        --list) list=true ;;
        --only)
            [[ -n ${2:-} ]] || { echo "kernels: --only wants a series, as 6.12" >&2; exit 2; }
            only+=("$2")
            shift
            ;;
        *)
            sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "$0" >&2
            exit 2
            ;;
    esac
    shift
done
out=${1:-build/kernels}

if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    echo "kernels: this is not Debian: put vmlinuz-* of any distribution into $out yourself" >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{state/lists/partial,cache/archives/partial,unpacked}
touch "$work/status" "$work/sources.list"
failed=0
complain() {
    echo "kernels: $*" >&2
    failed=1
}

# --- the suites, with the machine's own addresses ---
address_of() {
    # shellcheck disable=SC2016 # $(...) is apt's, not the shell's
    # A machine may take its packages from somewhere that needs no label; then there is none.
    apt-get indextargets --format '$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
        awk -F'|' -v label="$1" '$1 == label { print $2; exit }'
}
keys=$(find /usr/share/keyrings -name 'debian-archive-keyring.*' | head -n 1)
apt=(-o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State=$work/state" -o "Dir::State::status=$work/status" -o "Dir::Cache=$work/cache"
    -o Acquire::Languages=none -o APT::Architecture=amd64 -o APT::Architectures=amd64
    -o APT::Sandbox::User=root)
for entry in "${suites[@]}"; do
    read -r suite label <<<"$entry"
    address=$(address_of "$label")
    if [[ -z $address ]]; then
        complain "$suite: the machine's apt sources name no archive with the label $label"
        continue
    fi
    line="deb [${keys:+signed-by=$keys}] $address $suite main"
    echo "$line" >"$work/one.list"
    # Each on its own first: a suite that the archive has not got spoils no other.
    if apt-get -qq "${apt[@]}" -o "Dir::Etc::sourcelist=$work/one.list" \
        -o APT::Get::List-Cleanup=false update >"$work/log" 2>&1 && ! grep -q '^[EW]:' "$work/log"; then
        echo "$line" >>"$work/sources.list"
    else
        complain "$suite: not to be had: $(grep -m 1 '^[EW]:' "$work/log" || tail -n 1 "$work/log")"
    fi
done

# --- which packages: the newest of each series ---
# "package version depends" of all packages of kernels; the lists are read once, without apt's cache.
# shellcheck disable=SC2016 # $(...) is apt's, not the shell's
mapfile -t lists < <(apt-get "${apt[@]}" indextargets --format '$(FILENAME)' 'Created-By: Packages')
if ((${#lists[@]} > 0)); then
    /usr/lib/apt/apt-helper cat-file "${lists[@]}" | awk '
        /^Package:/ { package = $2 }
        /^Version:/ { version = $2 }
        /^Depends:/ { depends = $0 }
        /^$/ { if (package ~ /^linux-image-[0-9].*-cloud-amd64$/) print package, version, depends
               package = version = depends = "" }' >"$work/images"
else
    : >"$work/images"
fi
# Prints "series package version" of every image there is.
images() {
    local package version
    while read -r package version _; do
        [[ $version =~ ^($series)[.~-] ]] && echo "${BASH_REMATCH[1]} $package $version"
    done <"$work/images"
    return 0
}
newest() {
    local -A package version
    local name new_package new_version
    while read -r name new_package new_version; do
        if [[ -z ${version[$name]:-} ]] || dpkg --compare-versions "$new_version" gt "${version[$name]}"; then
            package[$name]=$new_package
            version[$name]=$new_version
        fi
    done
    for name in "${!package[@]}"; do
        echo "$name ${package[$name]} ${version[$name]}"
    done | sort -V
}
wanted() {
    local one
    ((${#only[@]} == 0)) && return 0
    for one in "${only[@]}"; do [[ $1 == "$one" ]] && return 0; done
    return 1
}

# --- fetch and unpack ---
# The image package itself, and since 7.0 the one that it takes the image from.
parts_of() {
    echo "$1"
    awk -v package="$1" -v version="$2" '$1 == package && $2 == version' "$work/images" |
        grep -oE 'linux-binary-[0-9][^ ,]*' || true
}
fetch() {
    local name=$1 its_version=$2 release=${1#linux-image-} part image
    if [[ -e $out/vmlinuz-$release ]]; then
        echo "kernels: $release is there"
        return 0
    fi
    rm -rf "$work/unpacked" && mkdir "$work/unpacked"
    for part in $(parts_of "$name" "$its_version"); do
        if ! (cd "$work/cache" && apt-get -qq "${apt[@]}" download "$part") >"$work/log" 2>&1; then
            complain "$part: $(tail -n 1 "$work/log")"
            return 0
        fi
        dpkg-deb -x "$work"/cache/"$part"_*.deb "$work/unpacked"
        rm -f "$work"/cache/"$part"_*.deb
    done
    image=$(find "$work/unpacked" -type f -name 'vmlinuz*' | head -n 1)
    if [[ -z $image ]]; then
        complain "$name $its_version: no vmlinuz in it"
        return 0
    fi
    find "$work/unpacked" -type f \( -name "config-$release" -o -path '*/linux-*/config' \) \
        -exec cp {} "$out/config-$release" \; -quit
    cp "$image" "$out/vmlinuz-$release"
    echo "kernels: $release ($its_version)"
}

mkdir -p "$out"
images | newest >"$work/newest"
found=0
while read -r name package version; do
    wanted "$name" || continue
    found=$((found + 1))
    if $list; then
        echo "$name $package $version"
    else
        fetch "$package" "$version"
    fi
done <"$work/newest"
if ((found == 0)); then
    complain "no linux-image of the series asked for in the suites that could be read"
fi
exit "$failed"
