#!/usr/bin/env bash
# Checks that no object file holds an instruction beyond what its place in the tree allows: kernels/FAMILY/TIER.cpp those
# of its tier, everything else the baseline of the architecture. Each object is disassembled, and the assembler, told the
# architecture, judges every instruction. Prints object, function and instruction of the first of each kind that is beyond.
# Usage: build/check-instructions.sh FOLDER...   (of objects: out/PRESET/native/CMakeFiles/ks_core.dir)
set -euo pipefail
export LC_ALL=C
(($#)) || { echo "usage: check-instructions.sh FOLDER..." >&2; exit 2; }

# What an object may use, as the assembler's -march; native/CMakeLists.txt compiles the tiers with the same.
allowed() { # MACHINE OBJECT
    local tier=
    [[ $2 =~ /kernels/[^/]+/([^/]+)\.cpp\.o$ ]] && tier=${BASH_REMATCH[1]}
    # Beside AVX2 the 16-bit formats use its conversions of half precision.
    local avx2=generic64+avx2+fma
    [[ $2 != */kernels/@(f16|q4_0)/* ]] || avx2+=+f16c
    local avx512=generic64+avx2+fma+avx512f+avx512bw+avx512dq+avx512vl
    case $1:$tier in
        x86-64:amx) echo "$avx512+avx512_vnni+gfni+amx_int8" ;;
        x86-64:avx512vnni) echo "$avx512+avx512_vnni" ;;
        x86-64:avx512) echo "$avx512" ;;
        x86-64:avxvnni) echo "$avx2+avx_vnni" ;;
        x86-64:avx2) echo "$avx2" ;;
        # xgetbv, run where cpuid says that it is there; SSE2 else.
        x86-64:) if [[ $2 == */src/cpu.cpp.o ]]; then echo generic64+xsave; else echo generic64; fi ;;
        x86-64:*) echo generic64 ;;
        aarch64:dotprod) echo armv8.2-a+dotprod ;;
        aarch64:i8mm) echo armv8.2-a+i8mm ;;
        # Armv8.0 with NEON: KleidiAI's own objects hold what is beyond it.
        aarch64:*) echo armv8-a ;;
    esac
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Turns a disassembly into a program for the assembler, and keeps beside every line the function that it is from.
assembly() { # PREFIX: reads objdump's output; writes PREFIX.s and PREFIX.functions
    awk -F'\t' -v out="$1" '
        BEGIN { printf "" > (out ".s"); printf "" > (out ".functions") }
        /^[0-9a-f]+ <.*>:$/ { name = $0; sub(/^[0-9a-f]+ </, "", name); sub(/>:$/, "", name); next }
        /^ *[0-9a-f]+:\t/ {
            text = $2
            for (i = 3; i <= NF; i++) text = text "\t" $i
            sub(/[ \t]+(\/\/|#[ \t]).*/, "", text)       # comments
            gsub(/[0-9a-f]+ <[^>]*>/, ".", text)         # a place in the code: any will do
            gsub(/ *<[^>]*>/, "", text)
            sub(/^((data16|rex\.W) )+/, "", text)        # they pad calls to a length
            if (text ~ /^[ \t]*\.(inst|word|byte)|\(bad\)|undefined/) text = "unknown_instruction " text
            print text > (out ".s")
            print name > (out ".functions")
        }'
}

faults=0 objects=0 instructions=0
for folder; do
    [[ -d $folder ]] || { echo "check-instructions: no folder $folder" >&2; exit 2; }
    found=0
    while IFS= read -r object; do
        case $(readelf -h "$object" | awk -F: '$1 ~ /Machine/ { print $2 }') in
            *AArch64*) machine=aarch64 prefix=aarch64-linux-gnu- ;;
            *X86-64*) machine=x86-64 prefix=x86_64-linux-gnu- ;;
            *) echo "check-instructions: $object: neither aarch64 nor x86-64"; exit 1 ;;
        esac
        command -v "${prefix}as" >/dev/null || prefix=
        "${prefix}objdump" -d --no-show-raw-insn "$object" | assembly "$work/object"
        lines=$(wc -l <"$work/object.s")
        march=$(allowed "$machine" "$object")
        if ! "${prefix}as" -march="$march" "$work/object.s" -o "$work/object.o" 2>"$work/errors"; then
            faults=$((faults + 1))
            echo "check-instructions: $object goes beyond $march:"
            # object.s:LINE: Error: MESSAGE; one of each mnemonic.
            { grep -E '^[^:]+:[0-9]+: Error: ' "$work/errors" || cat "$work/errors" >&2; } |
                awk -F: -v assembly="$work/object.s" -v functions="$work/object.functions" '
                    BEGIN {
                        while ((getline line < assembly) > 0) instruction[++n] = line
                        while ((getline line < functions) > 0) name[++m] = line
                    }
                    {
                        split(instruction[$2], word, /[ \t]+/)
                        if (!seen[word[1]]++ && ++shown <= 10) printf "    in %s: %s\n", name[$2], instruction[$2]
                    }
                    END { printf "    %d instructions\n", NR }'
        fi
        objects=$((objects + 1)) found=$((found + 1)) instructions=$((instructions + lines))
    done < <(find "$folder" -name '*.o' | sort)
    ((found)) || { echo "check-instructions: $folder holds no objects"; exit 1; }
done

((faults == 0)) || exit 1
echo "check-instructions: $instructions instructions of $objects objects, none beyond its tier"
