#!/usr/bin/env bash
# Fuzzes the GGUF reader with libFuzzer: builds the target, instruments KleidiSharp.Models and runs it in one process
# with the .NET runtime. Inputs that reach new code are kept in out/fuzz-gguf/corpus, and one with which something is
# wrong in out/fuzz-gguf. The input that ran last is out/fuzz-gguf/last.gguf, also where the stack overflowed, after
# which libFuzzer can keep nothing.
# Usage: tests/Fuzz/run.sh [libFuzzer option ...]    fuzzes, without options until it is interrupted
#        tests/Fuzz/run.sh FILE ...                  repeats inputs, for instance one that was found
#        tests/Fuzz/run.sh --report                  runs the corpus once and prints which classes it covers
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$here/../../out/fuzz-gguf
mkdir -p "$out/corpus"
out=$(cd "$out" && pwd)

fail() { echo "tests/Fuzz/run.sh: $*" >&2; exit 1; }
command -v clang >/dev/null || fail "there is no clang; build/setup.sh installs it"
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
hostfxr=$(find "$dotnet/host/fxr" -name libhostfxr.so | sort -V | tail -1)
[[ -n $hostfxr ]] || fail "there is no libhostfxr.so below $dotnet"

rm -rf "$out/app"
for project in Instrument Target; do
    dotnet build "$here/$project" -c Release -nologo -v quiet -clp:NoSummary --artifacts-path "$out/artifacts"
done
cp -r "$out/artifacts/bin/KleidiSharp.Fuzz/release" "$out/app"
dotnet "$out/artifacts/bin/KleidiSharp.Fuzz.Instrument/release/KleidiSharp.Fuzz.Instrument.dll" \
    "$out/artifacts/bin/KleidiSharp.Fuzz/release/KleidiSharp.Models.dll" "$out/app/KleidiSharp.Models.dll"
# The C file itself is not instrumented: only the C# code counts.
clang -c -std=c11 -O1 -g -Wall -Wextra -Werror "$here/libfuzzer.c" -o "$out/libfuzzer.o"
clang++ "$out/libfuzzer.o" -fsanitize=fuzzer -ldl -o "$out/gguf_fuzz"

KLEIDISHARP_FUZZ_INPUT=$(mktemp -p /dev/shm kleidisharp-fuzz.XXXXXX) # in memory: it is written for each input
export KLEIDISHARP_FUZZ_INPUT
trap 'mv "$KLEIDISHARP_FUZZ_INPUT" "$out/last.gguf"' EXIT
export KLEIDISHARP_FUZZ_HOSTFXR=$hostfxr KLEIDISHARP_FUZZ_APP=$out/app
inputs=("$out/corpus" "$here/corpus")
options=("$@")
if [[ ${1:-} == --report ]]; then
    export KLEIDISHARP_FUZZ_REPORT=1
    options=(-runs=0)
elif [[ -e ${1:-} ]]; then
    inputs=()
fi
"$out/gguf_fuzz" -max_len=8192 -timeout=10 -rss_limit_mb=512 -dict="$here/gguf.dict" -artifact_prefix="$out/" \
    "${options[@]}" "${inputs[@]}"
