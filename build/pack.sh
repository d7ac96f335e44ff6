#!/usr/bin/env bash
# Makes the NuGet packages, and their symbols, from this tree: builds the native library for every runtime identifier, then
# packs the projects of managed/. The same commit gives the same bytes: what would be a time is that of the commit.
# Usage: build/pack.sh [--native-is-built] [FOLDER]     FOLDER: out/packages unless given; emptied first
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

build_native=yes folder=$root/out/packages
while (($#)); do
    case $1 in
        --native-is-built) build_native=no ;;
        -*) sed -n '2,4s/^# //p' "$0" >&2; exit 2 ;;
        *) folder=$(realpath -m "$1") ;;
    esac
    shift
done

[[ $build_native == no ]] || ./build/build.sh --native-only

# On an arm64 machine the file for its own glibc is not cross-compiled.
arm64=linux-arm64-cross
[[ $(uname -m) != aarch64 ]] || arm64=linux-arm64
mkdir -p out
manifest=$root/out/native-assets.json
./build/native-manifest.sh \
    linux-x64=out/linux-x64/native/libkleidisharp.so \
    linux-musl-x64=out/linux-musl-x64/native/libkleidisharp.so \
    linux-arm64=out/$arm64/native/libkleidisharp.so \
    linux-musl-arm64=out/linux-musl-arm64-cross/native/libkleidisharp.so >"$manifest"

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
rm -rf "$folder" && mkdir -p "$folder"
for project in managed/*/; do
    # A build of its own, with no path of this machine in it, that leaves the one for tests alone.
    dotnet pack "$project" -c Release -v quiet -nologo --output "$folder" \
        --artifacts-path "$root/out/pack" -p:ContinuousIntegrationBuild=true -p:NativeManifest="$manifest"
done
(cd "$folder" && sha256sum -- *pkg | while read -r sum file; do printf '%s  %9d  %s\n' "$sum" "$(stat -c %s "$file")" "$file"; done)
