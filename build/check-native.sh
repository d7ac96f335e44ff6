#!/usr/bin/env bash
# Checks that a shared library runs where it is meant to: needs one C library only, and of glibc no symbol newer than 2.17
# (aarch64) or 2.28 (x64); pages of 16 KB on aarch64; exports ks_ only. Prints the facts, or what is wrong, one line each.
# Usage: build/check-native.sh [--facts] FILE   (--facts: a line `NAME VALUE...` for each, for native-manifest.sh)
set -euo pipefail
export LC_ALL=C
report=line
if [[ ${1:-} == --facts ]]; then report=facts; shift; fi
file=${1:?usage: check-native.sh [--facts] FILE}
[[ -f $file ]] || { echo "check-native: no file $file" >&2; exit 2; }
faults=0
fault() { echo "check-native: $file: $*"; faults=$((faults + 1)); }

case $(readelf -h "$file" | awk -F: '$1 ~ /Machine/ { print $2 }') in
    *AArch64*)
        machine=arm64 glibc=2.17 alignment=$((0x4000)) loader=ld-linux-aarch64.so.1 musl=libc.musl-aarch64.so.1
        ;;
    *X86-64*)
        machine=x64 glibc=2.28 alignment=$((0x1000)) loader=ld-linux-x86-64.so.2 musl=libc.musl-x86_64.so.1
        ;;
    *) fault "neither aarch64 nor x86-64"; exit 1 ;;
esac

# readelf's listings are kept as a whole: a reader that stops early would end readelf, and with it this script.
dynamic=$(readelf -dW "$file") headers=$(readelf -lW "$file") versions=$(readelf -VW "$file") symbols=$(readelf --dyn-syms -W "$file")

mapfile -t needed < <(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$dynamic")
if [[ " ${needed[*]} " == *" $musl "* ]]; then
    c_library=musl
    [[ ${#needed[@]} == 1 ]] || fault "needs ${needed[*]}; with musl, $musl only"
else
    c_library=glibc
    [[ " ${needed[*]} " == *" libc.so.6 "* ]] || fault "needs neither libc.so.6 nor $musl"
    for library in "${needed[@]}"; do
        [[ $library == libc.so.6 || $library == "$loader" ]] || fault "needs $library"
    done
fi
! grep -qE '\((RPATH|RUNPATH)\)' <<<"$dynamic" || fault "carries a search path"
! grep -q 'TEXTREL' <<<"$dynamic" || fault "has relocations in its code"

newest=none
while read -r version; do
    case $version in
        GLIBC_PRIVATE) fault "uses private symbols of glibc" ;;
        GLIBC_*)
            newest=$version
            [[ $c_library == glibc ]] || fault "needs $version; musl has no symbol versions"
            [[ $(printf '%s\n' "${version#GLIBC_}" "$glibc" | sort -V | tail -1) == "$glibc" ]] ||
                fault "needs $version; at most GLIBC_$glibc"
            ;;
        *) fault "needs symbol version $version" ;;
    esac
done < <(sed -n '/Version needs/,$s/.*Name: \([A-Za-z0-9_.]*\)  *Flags.*/\1/p' <<<"$versions" | sort -uV)

smallest=
while read -r align; do
    ((align >= alignment)) || fault "a segment is aligned to $align bytes; at least $(printf '%#x' "$alignment") is needed"
    [[ -n $smallest ]] && ((align >= smallest)) || smallest=$align
done < <(awk '$1 == "LOAD" { print $NF }' <<<"$headers")
[[ -n $smallest ]] || fault "has nothing to load"
stack=$(awk '$1 == "GNU_STACK" { print $(NF - 1) }' <<<"$headers")
[[ $stack == RW ]] || fault "its stack is executable or not said not to be ('$stack')"

exported=$(awk '$5 ~ /GLOBAL|WEAK|UNIQUE/ && $7 != "UND" && $7 ~ /[0-9A-Z]/ && $1 ~ /:$/ { sub(/@.*/, "", $8); print $8 }' <<<"$symbols")
[[ -n $exported ]] || fault "exports nothing"
while read -r symbol; do
    [[ $symbol == ks_* ]] || fault "exports $symbol"
done <<<"$exported"

((faults == 0)) || exit 1
if [[ $report == facts ]]; then
    echo "machine $machine"
    echo "c-library $c_library"
    echo "needed ${needed[*]}"
    echo "newest-symbol-version $newest"
    echo "alignment $((smallest))"
    echo "exports $(sort <<<"$exported" | xargs)"
else
    echo "check-native: $file: needs ${needed[*]}; newest symbol version $newest; segments aligned to $smallest; $(wc -w <<<"$exported") symbols exported"
fi
