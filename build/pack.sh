#!/usr/bin/env bash
# Makes the NuGet packages, and their symbols, from this tree: builds the native library for every runtime identifier, then
# packs the projects of managed/. The same commit gives the same bytes, in any folder: what would be a time is the commit's.
# Usage: build/pack.sh [FOLDER]     FOLDER: out/packages unless given; emptied first
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
[[ $# -le 1 && ${1:-} != -* ]] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
folder=$(realpath -m "${1:-out/packages}")

[[ $(uname -m) == x86_64 ]] || { echo "pack.sh: the native files are built on x64 only; this is $(uname -m)" >&2; exit 2; }
assets=()
for asset in linux-x64:linux-x64 linux-musl-x64:linux-musl-x64 linux-arm64:linux-arm64-cross linux-musl-arm64:linux-musl-arm64-cross; do
    preset=${asset#*:}
    cmake --preset "$preset" >/dev/null
    cmake --build --preset "$preset" --target kleidisharp -j "$(nproc)" >/dev/null
    assets+=("${asset%%:*}=out/$preset/native/libkleidisharp.so")
done
manifest=$root/out/native-assets.json
./build/native-manifest.sh "${assets[@]}" >"$manifest"

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
rm -rf "$folder" && mkdir -p "$folder"
for project in managed/*/; do
    # A build of its own, with no path of this machine in it, that leaves the one for tests alone.
    dotnet pack "$project" -c Release -v quiet -nologo --output "$folder" \
        --artifacts-path "$root/out/pack" -p:ContinuousIntegrationBuild=true -p:NativeManifest="$manifest"
done
(cd "$folder" && sha256sum -- *pkg | while read -r sum file; do printf '%s  %9d  %s\n' "$sum" "$(stat -c %s "$file")" "$file"; done)
