#!/usr/bin/env bash
# Regenerates the C# bindings and the layout table of the handshake from native/include/kleidisharp.h.
#   bindings/generate.sh                 writes them
#   bindings/generate.sh --check         compares them with what is committed; a difference is printed and fails
#   bindings/generate.sh [--check] --target x64|aarch64    where only one of the two C compilers is installed
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
generated=bindings/KleidiSharp.Interop/Generated
layout=native/src/abi_layout.inc

check=no targets=()
while (($#)); do
    case $1 in
        --check) check=yes ;;
        --target) targets+=(--target "${2:?--target needs a name}"); shift ;;
        *) echo "generate.sh: unknown option $1" >&2; exit 2 ;;
    esac
    shift
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

generate() { # FOLDER LAYOUT
    dotnet run --project "$root/bindings/Generator" -c Release --artifacts-path "$work/artifacts" --verbosity quiet -- \
        --file "$root/native/include/kleidisharp.h" --output "$1" --layout "$2" \
        --exclude KS_API ${targets[@]+"${targets[@]}"}
}

cd "$root"
if [[ $check == no ]]; then
    generate "$root/$generated" "$root/$layout"
else
    mkdir -p "$work/$generated" "$work/$(dirname "$layout")"
    generate "$work/$generated" "$work/$layout"
    same=yes
    diff -ru "$generated" "$work/$generated" || same=no
    diff -u "$layout" "$work/$layout" || same=no
    if [[ $same == no ]]; then
        echo "generate.sh: the committed bindings are not what the header gives; run bindings/generate.sh" >&2
        exit 1
    fi
    echo "generate.sh: the committed bindings are what the header gives"
fi
