#!/usr/bin/env bash
# Checks that a shared library runs where it is meant to: needs the C library only, no glibc symbol newer than 2.17
# (aarch64) or 2.28 (x64), pages of 16 KB on aarch64, exports ks_ only; and where the build's object files are beside it,
# that no code outside the files of a tier goes beyond the processor baseline. Prints what is wrong, one line each.
# Usage: build/check-native.sh FILE
set -euo pipefail
export LC_ALL=C
file=${1:?usage: check-native.sh FILE}
[[ -f $file ]] || { echo "check-native: no file $file" >&2; exit 2; }
faults=0
fault() { echo "check-native: $file: $*"; faults=$((faults + 1)); }

case $(readelf -h "$file" | awk -F: '$1 ~ /Machine/ { print $2 }') in
    *AArch64*)
        glibc=2.17 alignment=$((0x4000)) loader=ld-linux-aarch64.so.1
        objdump=aarch64-linux-gnu-objdump
        [[ $(uname -m) != aarch64 ]] || objdump=objdump
        # Dot products, matrix multiplication, half precision arithmetic, SVE registers, LSE atomics: none is Armv8.0.
        beyond='\<([su]dot|usdot|[su]mmla|usmmla|bf(dot|mmla|mlal[bt]|cvt[a-z0-9]*)|f(n?m?(add|sub)|mul|div|max|min)[[:space:]]+h[0-9]+,|f[a-z]+[[:space:]]+v[0-9]+\.[48]h,[^,]*\.[48]h,[^,]*\.[48]h|(cas|swp|ldadd|ldset|ldclr|ldeor)[a-z]*)[[:space:]]|\<[zp][0-9]+[./]|smst(art|op)'
        tiers='^$'
        ;;
    *X86-64*)
        glibc=2.28 alignment=$((0x1000)) loader=ld-linux-x86-64.so.2
        objdump=objdump
        # Anything encoded with VEX or EVEX, and what came between SSE2 and those.
        beyond='[[:space:]]v[a-z0-9]+[[:space:]]|%[yz]mm|\<(popcnt|lzcnt|tzcnt|pshufb|pmaddubsw|pmulhrsw|p?blendv[bd]?[a-z]*|round[sp][sd]|pmuldq|pmovzx[a-z]*|pmovsx[a-z]*|ptest|crc32[a-z]*|andn|bextr|[sr][ahl][lrx]x|pdep|pext|mulx|movbe)[[:space:]]'
        tiers='(avx2|avx512[a-z]*)\.cpp\.o$'
        ;;
    *) fault "neither aarch64 nor x86-64"; exit 1 ;;
esac

# readelf's listings are kept as a whole: a reader that stops early would end readelf, and with it this script.
dynamic=$(readelf -dW "$file") headers=$(readelf -lW "$file") versions=$(readelf -VW "$file") symbols=$(readelf --dyn-syms -W "$file")

while read -r library; do
    [[ $library == libc.so.6 || $library == "$loader" ]] || fault "needs $library"
done < <(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$dynamic")
! grep -qE '\((RPATH|RUNPATH)\)' <<<"$dynamic" || fault "carries a search path"
! grep -q 'TEXTREL' <<<"$dynamic" || fault "has relocations in its code"

while read -r version; do
    case $version in
        GLIBC_PRIVATE) fault "uses private symbols of glibc" ;;
        GLIBC_*)
            newest=$(printf '%s\n' "${version#GLIBC_}" "$glibc" | sort -V | tail -1)
            [[ $newest == "$glibc" ]] || fault "needs $version; at most GLIBC_$glibc"
            ;;
        *) fault "needs symbol version $version" ;;
    esac
done < <(sed -n '/Version needs/,$s/.*Name: \([A-Za-z0-9_.]*\)  *Flags.*/\1/p' <<<"$versions" | sort -u)

while read -r align; do
    ((align >= alignment)) || fault "a segment is aligned to $align bytes; at least $(printf '%#x' "$alignment") is needed"
done < <(awk '$1 == "LOAD" { print $NF }' <<<"$headers")
stack=$(awk '$1 == "GNU_STACK" { print $(NF - 1) }' <<<"$headers")
[[ $stack == RW ]] || fault "its stack is executable or not said not to be ('$stack')"

exported=$(awk '$5 ~ /GLOBAL|WEAK|UNIQUE/ && $7 != "UND" && $7 ~ /[0-9A-Z]/ && $1 ~ /:$/ { sub(/@.*/, "", $8); print $8 }' <<<"$symbols")
[[ -n $exported ]] || fault "exports nothing"
while read -r symbol; do
    [[ $symbol == ks_* ]] || fault "exports $symbol"
done <<<"$exported"

objects=$(dirname "$file")/CMakeFiles/ks_core.dir
checked=0
if [[ -d $objects ]]; then
    while read -r object; do
        found=$("$objdump" -d --no-show-raw-insn "$object" | grep -E "$beyond" || true)
        [[ -z $found ]] || fault "${object#"$objects"/} goes beyond the baseline:$(head -1 <<<"$found")"
        checked=$((checked + 1))
    done < <(find "$objects" -name '*.o' | grep -vE "$tiers" | sort)
fi

((faults == 0)) || exit 1
echo "check-native: $file: $(wc -w <<<"$exported") symbols exported, glibc <= $glibc, $checked object files within the baseline"
