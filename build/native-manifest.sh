#!/usr/bin/env bash
# Prints what the native libraries of a package are and how they were built, as one JSON, the same bytes for the same
# files. Each FILE lies where CMake built it, beside its build-info.json, and must pass check-native.sh.
# Usage: build/native-manifest.sh RID=FILE...   (linux-x64=out/linux-x64/native/libkleidisharp.so ...)
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fail() { echo "native-manifest: $*" >&2; exit 1; }
(($#)) || fail "usage: native-manifest.sh RID=FILE..."

quoted() { # WORD...: a JSON array of strings
    local array
    array=$(printf '"%s", ' "$@")
    echo "[${array%, }]"
}
value_of() { # KEY FILE: the JSON value of a key at the first level
    sed -n "s/^  \"$1\": \(.*[^,]\),\{0,1\}\$/\1/p" "$2"
}

version='' kleidiai=null entries=()
for argument; do
    rid=${argument%%=*} file=${argument#*=}
    [[ $argument == *=* && $rid =~ ^linux-(musl-)?(x64|arm64)$ ]] ||
        fail "'$argument' is not RID=FILE with linux-x64, linux-arm64, linux-musl-x64 or linux-musl-arm64 for the RID"
    [[ -f $file ]] || fail "$rid: no file $file"
    info=$(dirname "$file")/build-info.json
    [[ -f $info ]] || fail "$rid: $file has no build-info.json beside it; CMake writes it when it configures"

    facts=$("$here/check-native.sh" --facts "$file") || fail "$rid: $facts"
    fact() { sed -n "s/^$1 //p" <<<"$facts"; }
    c_library=glibc
    [[ $rid != linux-musl-* ]] || c_library=musl
    [[ $(fact machine) == "${rid##*-}" && $(fact c-library) == "$c_library" ]] ||
        fail "$rid: $file is for $(fact machine) and $(fact c-library)"

    its_version=$(value_of version "$info") its_kleidiai=$(value_of kleidiai "$info")
    [[ -n $its_version && -n $its_kleidiai ]] || fail "$rid: $info lacks a version"
    [[ ${version:=$its_version} == "$its_version" ]] || fail "$rid: version $its_version; those before are $version"
    if [[ $its_kleidiai != null ]]; then
        [[ $kleidiai == null || $kleidiai == "$its_kleidiai" ]] || fail "$rid: KleidiAI $its_kleidiai; before $kleidiai"
        kleidiai=$its_kleidiai
    fi

    newest=$(fact newest-symbol-version)
    [[ $newest == none ]] && newest=null || newest="\"$newest\""
    # shellcheck disable=SC2046
    entries+=("    \"$rid\": {
      \"file\": \"$(basename "$file")\",
      \"size\": $(stat -c %s "$file"),
      \"sha256\": \"$(sha256sum <"$file" | cut -d' ' -f1)\",
      \"needed\": $(quoted $(fact needed)),
      \"newestSymbolVersion\": $newest,
      \"segmentAlignment\": $(fact alignment),
      \"exports\": $(quoted $(fact exports)),
      \"build\": $(sed '1!s/^/      /' "$info")
    }")
done

printf '{\n  "version": %s,\n  "kleidiai": %s,\n  "assets": {\n' "$version" "$kleidiai"
printf '%s' "${entries[0]}"
((${#entries[@]} == 1)) || printf ',\n%s' "${entries[@]:1}"
printf '\n  }\n}\n'
