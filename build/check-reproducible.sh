#!/usr/bin/env bash
# Builds the native library again from a copy of the sources in another folder, and compares it byte by byte with the one
# in out/PRESET. Usage: build/check-reproducible.sh PRESET...
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
(($#)) || { echo "usage: check-reproducible.sh PRESET..." >&2; exit 2; }
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - | tar -xf - -C "$copy"

for preset; do
    file=out/$preset/native/libkleidisharp.so
    [[ -f $file ]] || { echo "check-reproducible: no file $file" >&2; exit 2; }
    (cd "$copy" && cmake --preset "$preset" -DKLEIDISHARP_TESTS=OFF && cmake --build --preset "$preset" -j "$(nproc)" --target kleidisharp) \
        >"$copy/log" 2>&1 || { cat "$copy/log"; exit 1; }
    cmp "$file" "$copy/$file" || { echo "check-reproducible: $preset: built in another folder, the library differs"; exit 1; }
    echo "check-reproducible: $file: the same $(stat -c %s "$file") bytes from another folder"
done
