#!/usr/bin/env bash
# Installs what building and testing KleidiSharp needs on Debian or Ubuntu, x64 or arm64. What is there already is left
# alone; what comes from a newer Debian suite goes to a private folder, and the system's own apt sources stay as they are.
# Usage: build/setup.sh [options]
#   --no-arm            on x64: nothing for aarch64 (no cross compiler, emulator, KleidiAI, musl, Mono)
#   --no-mono           no Mono for arm64, which only the in-process Arm tests on x64 need
#   --deps DIR          the private folder; default: $KLEIDISHARP_DEPS, else ~/.cache/kleidisharp
#   --debian-mirror URL take the newer suites from here; default: the mirror this Debian uses itself
set -euo pipefail

# Versions that the native code is written for: see build/cmake/KleidiAI.cmake.
kleidiai_min=1.32 kleidiai_below=2
kleidiai_suite=sid emulator_suite=sid mono_suite=trixie musl_suite=trixie
# The first emulator that knows SME2; 7.2, Debian 12's, has SME but computes its int8 outer products wrong.
emulator_min=10.1
mono_packages="mono-runtime libmono-system-core4.0-cil libmono-system-numerics4.0-cil libmono-cil-dev mono-4.0-gac"
dotnet_major=10

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 1; }

arm=yes mono=yes deps=${KLEIDISHARP_DEPS:-} mirror=
while (($#)); do
    case $1 in
        --no-arm) arm=no ;;
        --no-mono) mono=no ;;
        --deps) deps=${2:?--deps needs a folder}; shift ;;
        --debian-mirror) mirror=${2:?--debian-mirror needs an address}; shift ;;
        -h | --help) sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "$0"; exit 0 ;;
        *) fail "unknown option $1 (--help lists them)" ;;
    esac
    shift
done

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    fail "this is not Debian or Ubuntu; install by hand: g++, cmake >= 3.25, ninja, GoogleTest, castxml, .NET SDK $dotnet_major"
. /etc/os-release
arch=$(dpkg --print-architecture)
case $arch in
    amd64 | arm64) ;;
    *) fail "KleidiSharp is built on x64 and arm64; this is $arch" ;;
esac

# Under sudo the private folder belongs to the user who will build, not to root.
owner=
if [[ -z $deps ]]; then
    home=$HOME
    if [[ $(id -u) == 0 && -n ${SUDO_USER:-} && $SUDO_USER != root ]]; then
        home=$(getent passwd "$SUDO_USER" | cut -d: -f6)
        owner=$SUDO_USER
    fi
    deps=$home/.cache/kleidisharp
fi
as_owner() { if [[ -n $owner ]]; then runuser -u "$owner" -- "$@"; else "$@"; fi; }
as_owner mkdir -p "$deps" || fail "cannot create $deps"
deps=$(cd "$deps" && pwd)

as_root() {
    if [[ $(id -u) == 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "installing packages needs root, and there is no sudo: run this script as root"
    fi
}

installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# --- build tools, from the system's own sources

need() { # PACKAGE...
    local missing=() package
    for package; do
        installed "$package" || missing+=("$package")
    done
    if ((${#missing[@]} == 0)); then
        say "build tools: all there ($*)"
        return
    fi
    say "build tools: installing ${missing[*]}"
    simulate() { apt-get -qq --simulate --no-install-recommends install "${missing[@]}" >/dev/null 2>&1; }
    install() {
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install "${missing[@]}" >/dev/null
    }
    if ! simulate || ! install; then # no package lists yet, or stale ones
        as_root apt-get -qq update || fail "apt-get update failed (see above): is the network there, are the apt sources right, may this user install?"
        install || fail "apt-get could not install ${missing[*]} (see above)"
    fi
}

packages=(g++ cmake ninja-build libgtest-dev castxml)
if [[ $arch == amd64 ]]; then
    packages+=(clang) # for the fuzzers
fi
if [[ $arch == amd64 && $arm == yes ]]; then
    packages+=(g++-aarch64-linux-gnu)
fi
need "${packages[@]}"
if [[ $arch == amd64 ]]; then
    # libFuzzer and the sanitizers of the version that this system's clang is.
    need "libclang-rt-$(dpkg-query -W -f='${Depends}' clang | sed -n 's/.*\<clang-\([0-9]*\).*/\1/p')-dev"
fi

# --- packages of a newer Debian suite, into the private folder

debian_mirror() {
    if [[ -z $mirror && ${ID:-} == debian ]]; then
        mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
            awk -v suite="${VERSION_CODENAME:-sid}" '$1 == suite || $1 == "stable" || $1 == "testing" || $1 == "unstable" { print $2; exit }')
    fi
    [[ -n $mirror ]]
}

# apt with sources, lists and state of its own; the system's proxy settings are kept.
work=
trap '[[ -z $work ]] || rm -rf "$work"' EXIT
start_private_apt() { # SUITE ARCHITECTURE: starts afresh; then use private_apt
    local keyring
    for keyring in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp} ""; do
        [[ -z $keyring || -e $keyring ]] && break
    done
    [[ -n $keyring ]] || fail "no Debian archive keys: install debian-archive-keyring"
    [[ -z $work ]] || rm -rf "$work"
    work=$(mktemp -d "$deps/apt.XXXXXX")
    mkdir -p "$work"/{lists/partial,archives/partial}
    : >"$work/status"
    echo "deb [arch=$2 signed-by=$keyring] $mirror $1 main" >"$work/sources.list"
    apt_options=(-q=2
        -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null -o Dir::Etc::preferences=/dev/null
        -o Dir::State::Lists="$work/lists" -o Dir::State::status="$work/status" -o Dir::State::extended_states="$work/extended"
        -o Dir::Cache="$work" -o Dir::Cache::archives="$work/archives"
        -o APT::Architecture="$2" -o APT::Architectures="$2" -o APT::Sandbox::User=root
        -o APT::Install-Recommends=false -o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Debug::NoLocking=true)
    if ! private_apt update 2>"$work/errors"; then
        # A mirror that is not brought up to date serves lists past their date; their signature is checked all the same.
        apt_options+=(-o Acquire::Check-Valid-Until=false -o Acquire::Check-Date=false)
        if ! grep -q 'Release file' "$work/errors" || ! private_apt update; then
            cat "$work/errors" >&2
            fail "no package lists of Debian $1 from the mirror: is the network there, does the mirror carry $1?"
        fi
        say "the mirror's lists of Debian $1 are past their date; used all the same"
    fi
}
private_apt() {
    local tool=get
    [[ $1 != policy ]] || tool=cache
    "apt-$tool" "${apt_options[@]}" "$@"
}

candidate() { # PACKAGE: prints the version that the suite has, or nothing
    private_apt policy "$1" | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

unpack() { # FOLDER [FILE...]: every package in the private archive, or these files of it, into a new folder that appears only once complete
    local new=$1.new deb link
    rm -rf "$new"
    mkdir -p "$new"/usr/{bin,sbin,lib}
    for link in bin sbin lib; do ln -s "usr/$link" "$new/$link"; done
    for deb in "$work"/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -C "$new" --keep-directory-symlink --no-same-owner -xf - "${@:2}" ||
            fail "cannot unpack ${deb##*/}"
        dpkg-deb -W --showformat='${Package} ${Version}\n' "$deb"
    done >"$new.packages"
    mv "$new.packages" "$new/packages.txt"
    rm -rf "$1"
    mv "$new" "$1"
}

fits() { dpkg --compare-versions "$1" ge "$kleidiai_min" && dpkg --compare-versions "$1" lt "$kleidiai_below"; }

if [[ $arch == arm64 || $arm == yes ]]; then
    have=$(cut -d' ' -f2 "$deps/kleidiai/packages.txt" 2>/dev/null || true)
    system=$([[ $arch == arm64 ]] && installed libkleidiai-dev && dpkg-query -W -f='${Version}' libkleidiai-dev || true)
    if [[ -n $have ]] && fits "$have"; then
        say "KleidiAI: $have in $deps/kleidiai"
    elif [[ -n $system ]] && fits "$system"; then
        say "KleidiAI: $system, the system's own package"
    elif debian_mirror; then
        start_private_apt "$kleidiai_suite" arm64
        version=$(candidate libkleidiai-dev)
        [[ -n $version ]] || fail "the mirror's Debian $kleidiai_suite has no libkleidiai-dev for arm64"
        fits "$version" || fail "libkleidiai-dev in $kleidiai_suite is $version; at least $kleidiai_min and below $kleidiai_below is needed"
        (cd "$work/archives" && private_apt download libkleidiai-dev) || fail "cannot download libkleidiai-dev $version"
        unpack "$deps/kleidiai"
        say "KleidiAI: unpacked $version from Debian $kleidiai_suite into $deps/kleidiai"
    else
        say "KleidiAI: ${PRETTY_NAME:-this system} names no Debian mirror; CMake will fetch the upstream release (or give --debian-mirror URL)"
    fi
fi

# The emulator is always bin/qemu-aarch64 in the private folder: this system's own where that is new enough.
emulator_version() { "$1" --version 2>/dev/null | sed -n 's/^qemu-aarch64 version \([0-9.]*\).*/\1/p'; }
new_enough() { [[ -n $1 ]] && dpkg --compare-versions "$1" ge "$emulator_min"; }

if [[ $arch == amd64 && $arm == yes ]]; then
    emulator=$deps/bin/qemu-aarch64
    mkdir -p "$deps/bin"
    version=$(emulator_version "$emulator" || true)
    if ! new_enough "$version"; then
        for own in qemu-aarch64 qemu-aarch64-static; do
            own=$(command -v "$own" || true)
            version=$([[ -z $own ]] || emulator_version "$own" || true)
            ! new_enough "$version" || break
        done
        if new_enough "$version"; then
            ln -sfn "$own" "$emulator"
        elif debian_mirror; then
            start_private_apt "$emulator_suite" amd64
            version=$(candidate qemu-user)
            [[ -n $version ]] || fail "the mirror's Debian $emulator_suite has no qemu-user for amd64"
            new_enough "${version#*:}" || fail "qemu-user in $emulator_suite is $version; at least $emulator_min is needed, which knows SME2"
            say "emulator: downloading qemu-user $version, about 75 MB"
            (cd "$work/archives" && private_apt download qemu-user) || fail "cannot download qemu-user $version"
            unpack "$deps/qemu" ./usr/bin/qemu-aarch64 ./usr/share/doc/qemu-user/copyright
            ln -sfn ../qemu/usr/bin/qemu-aarch64 "$emulator"
            version=$(emulator_version "$emulator" || true)
            new_enough "$version" || fail "$emulator does not run here: $("$emulator" --version 2>&1 || true)"
        else
            fail "QEMU $emulator_min or newer is needed, which knows SME2${version:+, $version is here}, and ${PRETTY_NAME:-this system} names no Debian mirror (give --debian-mirror URL, or --no-arm)"
        fi
    fi
    say "emulator: QEMU $version, $emulator -> $(readlink -f "$emulator")"
fi

# musl, for the library's files on Alpine and its kin, and its loader, with which they run here.
musl=()
[[ $arch == arm64 ]] || musl=(amd64)
[[ $arch == arm64 || $arm == no ]] || musl+=(arm64)
for target in "${musl[@]}"; do
    folder=$deps/musl-$target
    if [[ -e $folder/packages.txt ]]; then
        say "musl for $target: $(awk '$1 == "musl-dev" { print $2 }' "$folder/packages.txt") in $folder"
    elif debian_mirror; then
        start_private_apt "$musl_suite" "$target"
        (cd "$work/archives" && private_apt download musl musl-dev) || fail "cannot download musl for $target from Debian $musl_suite (see above)"
        unpack "$folder"
        say "musl for $target: unpacked $(awk '$1 == "musl-dev" { print $2 }' "$folder/packages.txt") from Debian $musl_suite into $folder"
    else
        say "musl for $target: no Debian mirror known, left out; the libraries for musl need it (give --debian-mirror URL)"
    fi
done

if [[ $arch == amd64 && $arm == yes && $mono == yes ]]; then
    if [[ -e $deps/mono-arm64/packages.txt ]]; then
        say "Mono for arm64: $(awk '$1 == "mono-runtime" { print $2 }' "$deps/mono-arm64/packages.txt") in $deps/mono-arm64"
    elif debian_mirror; then
        start_private_apt "$mono_suite" arm64
        say "Mono for arm64: downloading about 220 packages, 42 MB"
        # shellcheck disable=SC2086
        private_apt -y --download-only install $mono_packages >/dev/null || fail "cannot download Mono from Debian $mono_suite (see above)"
        unpack "$deps/mono-arm64"
        say "Mono for arm64: unpacked $(wc -l <"$deps/mono-arm64/packages.txt") packages from Debian $mono_suite into $deps/mono-arm64"
    else
        say "Mono for arm64: no Debian mirror known, left out; the in-process Arm tests need it (give --debian-mirror URL)"
    fi
fi
[[ -z $owner ]] || chown -R "$owner:" "$deps"

# --- the .NET SDK, which this script does not install

sdk=$(dotnet --list-sdks 2>/dev/null | cut -d' ' -f1 | sort -V | tail -1 || true)
if [[ -n $sdk ]] && ((${sdk%%.*} >= dotnet_major)); then
    say ".NET SDK: $sdk"
else
    fail ".NET SDK $dotnet_major or newer is needed${sdk:+, $sdk is here}: https://learn.microsoft.com/dotnet/core/install/linux tells how to install it"
fi
say "ready"
