#!/usr/bin/env bash
# Builds and runs every test lane and ends with a line `N passed, N failed`. Needs the network only the first
# time, for build/setup.sh. Usage: build/test.sh [LANE ...]; without arguments every lane runs.
#   native      the library's own tests on this machine             sanitize  the same under ASan and UBSan, TSan for threads
#   arm         the library's own tests on emulated aarch64 CPUs    library   what shared libraries need, export and execute;
#                                                                             built elsewhere, the same bytes
#   bindings    the committed bindings against the header           managed   the C# tests, native library present
#   parity      every kernel, here and on emulated CPUs, bit by bit bare      the C# tests, native library absent
#   mono        the bindings in process on aarch64                  tool      kleidi doctor, here and on emulated CPUs
#   benchmarks  the small benchmarks, once each: they start
#   fuzz        each fuzzer for 20 s, those of native code under ASan and UBSan
#   net8        the C# tests on .NET 8         packages  the packages, made twice, and used by applications outside the tree
#   handles     the C# tests in debug builds, which count native memory and name what is left to the finalizer
# Native and managed lanes run side by side.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
logs=$root/out/test-logs
mkdir -p "$logs"
start=$SECONDS
passed=0 failed=0 skipped=0
deps=${KLEIDISHARP_DEPS:-$HOME/.cache/kleidisharp}
emulator=$deps/bin/qemu-aarch64
mapfile -t arm_cpus < <(grep -v '^#' tests/emulated-cpus.txt)
((${#arm_cpus[@]})) || { echo "test.sh: tests/emulated-cpus.txt names no CPU" >&2; exit 2; }

lanes=("$@")
known="native sanitize fuzz arm library bindings managed handles net8 parity bare mono tool benchmarks packages"
for name in "${lanes[@]}"; do
    [[ " $known " == *" $name "* ]] || { echo "test.sh: there is no lane $name; there are: $known" >&2; exit 2; }
done
wants() { ((${#lanes[@]} == 0)) || [[ " ${lanes[*]} " == *" $1 "* ]]; }

# Adds what a log says was run: ctest, dotnet test, or our own closing line.
count() {
    local log=$1 line
    while IFS= read -r line; do
        if [[ $line =~ ([0-9]+)\ tests\ failed\ out\ of\ ([0-9]+) ]]; then
            failed=$((failed + BASH_REMATCH[1])) passed=$((passed + BASH_REMATCH[2] - BASH_REMATCH[1]))
        elif [[ $line =~ Failed:\ +([0-9]+),\ Passed:\ +([0-9]+),\ Skipped:\ +([0-9]+) ]]; then
            failed=$((failed + BASH_REMATCH[1])) passed=$((passed + BASH_REMATCH[2])) skipped=$((skipped + BASH_REMATCH[3]))
        elif [[ $line =~ ^\ +(Passed|Failed|Skipped):\ ([0-9]+)$ ]]; then
            case ${BASH_REMATCH[1]} in
                Passed) passed=$((passed + BASH_REMATCH[2])) ;;
                Failed) failed=$((failed + BASH_REMATCH[2])) ;;
                Skipped) skipped=$((skipped + BASH_REMATCH[2])) ;;
            esac
        elif [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
            passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
        fi
    done <"$log"
}

# run NAME COMMAND...: runs it, counts its tests, and counts a failure where the command fails without naming one.
run() {
    local name=$1 log=$logs/$1.log before=$failed began=$SECONDS status=0
    shift
    "$@" >"$log" 2>&1 || status=$?
    count "$log"
    if ((status != 0 && failed == before)); then
        failed=$((failed + 1))
    fi
    if ((status != 0)); then
        printf '%-28s FAILED in %d s\n' "$name" $((SECONDS - began))
        tail -n 60 "$log" | sed 's/^/    /'
    else
        printf '%-28s ok in %d s\n' "$name" $((SECONDS - began))
    fi
    sed -nE 's/.*: ([0-9]+) cases, 0 ULP$/\1/p' "$log" |
        awk '{ cases += $1 } END { if (NR) printf "    %d cases, 0 ULP: %d kernels and processors\n", cases, NR }'
    grep -E '^(taken over|left out)' "$log" | sed 's/^/    /'
    sed -nE 's/^#([0-9]+)[[:space:]]+DONE +cov: ([0-9]+).*/    \1 executions, \2 branches covered/p' "$log"
    # A skipped test is named, never silent; the log has the reason.
    grep -E '\[SKIP\]|\[  SKIPPED \]' "$log" | sed -E 's/^\[xUnit[^]]*\] *//; s/ *\[SKIP\]//; s/\(.*//' | sort | uniq -c | sed -E 's/^ *([0-9]+) /    skipped \1: /'
}

# lane NAME COMMAND...: a command that runs tests; one that ran none has failed.
lane() {
    local before=$((passed + failed + skipped))
    run "$@"
    if ((passed + failed + skipped == before)); then
        failed=$((failed + 1))
        printf '%-28s FAILED: it ran no test\n' "$1"
    fi
}

# check NAME COMMAND...: a command that is one test.
check() {
    local was=$failed
    run "$@"
    ((failed > was)) || passed=$((passed + 1))
}

# built PRESET COMMAND...: what stands on a build of its own; what an earlier build left is not run where it fails.
built() {
    cmake --preset "$1" && cmake --build --preset "$1" -j "$(nproc)" && "${@:2}"
}

# An input with which a fuzzer finds something stays in the logs' folder; the fuzzer repeats it when given the file.
fuzz() {
    "out/linux-x64-fuzz/native/fuzz/$1_fuzz" -seed=1 -max_total_time=20 -max_len=512 -timeout=10 \
        -artifact_prefix="$logs/fuzz-$1-" -print_final_stats=1
}

# The native tests on an emulated CPU. The first of the list runs all; every other one what depends on the CPU, of the
# kernels those that no CPU before it has, and fewer cases than there are here. The parity tests run every kernel on every CPU.
on_emulated_cpu() { # CPU
    if [[ $1 == "${arm_cpus[0]}" ]]; then
        QEMU_CPU=$1 ctest --preset linux-arm64-cross -j "$(nproc)"
        return
    fi
    local without
    case $1 in
        neoverse-n1) without='*KernelTest*' ;;
        neoverse-v1) without='*/ks_*_neon:*/ks_*_portable:*/ks_*_dotprod:*_neon_dotprod:*_neon_mla' ;;
        max,sme=off) without='*/ks_*:*_neon_*' ;;
        max,sme-*) without='*/ks_*:*_neon_*:*_sve_*' ;;
        *) without='*/ks_*_neon:*/ks_*_portable' ;;
    esac
    QEMU_CPU=$1 KS_TEST_CASES=${KS_TEST_CASES:-60} GTEST_FILTER="-$without" \
        ctest --preset linux-arm64-cross -j "$(nproc)" -E '^(blob|float|install|installed)$'
}

# The native tests with threads, the thread sanitizer watching.
tsan() {
    KS_TEST_CASES=${KS_TEST_CASES:-40} GTEST_FILTER='-*KernelTest.Takes*:*KernelTest.AddsUp*:*KernelTest.Sums*' \
        ctest --preset linux-x64-tsan -j "$(nproc)" -E '^(blob|float|layout|pack|quantize|install|installed)$'
}

# Whether this machine has built a library for musl; else says that its tests are left out.
with_musl() { # PRESET
    [[ ! -f out/$1/native/libkleidisharp.so ]] || return 0
    printf '%-28s left out: build/setup.sh found no musl for it\n' "$1"
    return 1
}

dotnet_test() { dotnet test "$1" -c Release --no-build -nologo --logger "console;verbosity=${2:-minimal}"; }

without_native_library() {
    local copy=$root/out/bare
    rm -rf "$copy" && mkdir -p "$copy"
    git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - | tar -xf - -C "$copy"
    # The parity tests compare native kernels, and would find those of the emulated CPUs again; packages have native ones.
    (cd "$copy" && env -u CI KLEIDISHARP_DATA="${KLEIDISHARP_DATA:-}" dotnet test Interop.sln -c Release -nologo -v quiet \
        --filter 'FullyQualifiedName!~KleidiSharp.KernelTests&FullyQualifiedName!~KleidiSharp.PackageTests' --logger 'console;verbosity=minimal')
}

# The packages once more, from a copy of the tree in another folder: the same bytes.
packed_again() {
    local copy=$root/out/again package
    rm -rf "$copy" && mkdir -p "$copy"
    git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - .git | tar -xf - -C "$copy"
    "$copy/build/pack.sh" || return
    for package in out/packages/*pkg; do
        cmp "$package" "$copy/$package" || return
    done
}

on_x64() { [[ $(uname -m) == x86_64 ]]; }

# Whether a lane that only x64 machines have is wanted here; elsewhere says that it is left out.
wants_on_x64() {
    wants "$1" || return 1
    on_x64 || { printf '%-28s left out: only x64 machines have it\n' "$1"; return 1; }
}

if ! ./build/setup.sh >"$logs/setup.log" 2>&1; then
    tail -n 40 "$logs/setup.log"
    echo "build/setup.sh failed" >&2
    exit 1
fi
if ! ./build/build.sh >"$logs/build.log" 2>&1; then
    tail -n 60 "$logs/build.log"
    echo "the build failed" >&2
    echo "0 passed, 1 failed"
    exit 1
fi
# Warnings are errors to the compilers; this also catches what MSBuild or CMake only report.
check 'no-warnings' bash -c "! grep -nE 'warning( |:|\\[)' '$logs/build.log'"

here=linux-x64
on_x64 || here=linux-arm64
# The packages come first: other lanes use them.
wants_on_x64 packages && check pack ./build/pack.sh

# What is native, and what is compared with it.
native_lanes() {
    local target cpu library preset
    wants native && lane native ctest --preset $here -j "$(nproc)"
    on_x64 && wants native && with_musl linux-musl-x64 && lane native-musl ctest --preset linux-musl-x64
    if wants_on_x64 sanitize; then
        lane native-asan built linux-x64-asan ctest --preset linux-x64-asan -j "$(nproc)"
        # Kernels know nothing of threads: a few cases of each do.
        lane native-tsan built linux-x64-tsan tsan
    fi
    if wants_on_x64 fuzz; then
        for target in blob abi; do
            check fuzz-$target built linux-x64-fuzz fuzz $target
        done
        check fuzz-gguf ./tests/Fuzz/run.sh -seed=1 -max_total_time=20 -artifact_prefix="$logs/fuzz-gguf-" -print_final_stats=1
    fi
    if wants_on_x64 arm; then
        for cpu in "${arm_cpus[@]}"; do
            lane "arm-$cpu" on_emulated_cpu "$cpu"
        done
        if with_musl linux-musl-arm64-cross; then
            for cpu in "${arm_cpus[@]}"; do
                lane "arm-musl-$cpu" env QEMU_CPU="$cpu" ctest --preset linux-musl-arm64-cross
            done
        fi
    fi
    if wants library; then
        for library in out/*/native/libkleidisharp.so; do
            preset=${library#out/} preset=${preset%%/*}
            [[ $preset != *san && $preset != *fuzz ]] || continue
            check "library-$preset" ./build/check-native.sh "$library"
            check "instructions-$preset" ./build/check-instructions.sh "out/$preset/native/CMakeFiles/ks_core.dir"
        done
    fi
    if wants bindings; then
        if on_x64; then
            check bindings ./bindings/generate.sh --check
        else
            check bindings ./bindings/generate.sh --check --target aarch64
        fi
    fi
    if wants_on_x64 mono; then
        # Of the package, where this run has made one.
        if wants packages; then
            lane mono env KLEIDISHARP_PACKAGES="$root/out/packages" ./tests/Mono/run.sh
        else
            lane mono ./tests/Mono/run.sh
        fi
    fi
    wants parity || return 0
    lane parity dotnet_test tests/KleidiSharp.Parity.Tests detailed
    if [[ -n ${KLEIDISHARP_PARITY_CASES:-}${KLEIDISHARP_PARITY_SEED:-}${KLEIDISHARP_PARITY_CASE:-} ]]; then
        printf '%-28s left out: KLEIDISHARP_PARITY_CASES, _SEED or _CASE asks for other cases\n' parity-table
    else
        check parity-table ./build/parity-table.sh "$logs/parity.log" --check
    fi
}

managed_lanes() {
    local project cpu
    if wants managed; then
        for project in tests/KleidiSharp.{Tests,Models.Tests,Extensions.AI.Tests,Tool.Tests}; do
            lane "managed-$(basename $project)" dotnet_test $project
        done
    fi
    if wants handles; then
        for project in tests/KleidiSharp.{Tests,Models.Tests}; do
            lane "handles-$(basename $project)" dotnet test $project -c Debug -p:Optimize=true -nologo -v quiet --logger 'console;verbosity=minimal'
        done
    fi
    wants net8 && lane net8 ./tests/Net8/run.sh
    if wants_on_x64 packages; then
        check pack-again packed_again
        lane packages env KLEIDISHARP_PACKAGES="$root/out/packages" \
            dotnet test tests/KleidiSharp.Package.Tests -c Release --no-build -nologo --logger 'console;verbosity=detailed'
    fi
    wants bare && lane bare without_native_library
    if wants tool; then
        check doctor ./build/kleidi doctor
        if on_x64; then
            with_musl linux-musl-x64 && check doctor-musl-x64 ./build/kleidi doctor \
                --device "'$deps/musl-amd64/lib/ld-musl-x86_64.so.1' out/linux-musl-x64/native/kleidi-device"
            with_musl linux-musl-arm64-cross && check doctor-musl-arm64 ./build/kleidi doctor --enable sme,sme2 \
                --device "'$emulator' -cpu max '$deps/musl-arm64/lib/ld-musl-aarch64.so.1' out/linux-musl-arm64-cross/native/kleidi-device"
            for cpu in "${arm_cpus[@]}"; do
                check "doctor-$cpu" ./build/kleidi doctor --enable sme,sme2 --device "'$emulator' -cpu $cpu out/linux-arm64-cross/native/kleidi-device"
            done
        fi
    fi
    wants benchmarks && check benchmarks \
        dotnet run -c Release --no-build --project tests/KleidiSharp.Benchmarks -- --filter '*SmallCalls*' '*Fallback*' --job Dry
}

# The two side by side, most managed lanes keeping one core busy; each leaves its sums in a file.
rm -f "$logs"/*.sums
trap 'trap - TERM; kill 0' INT # what runs in the background does not hear of Ctrl-C
for lanes_of in native managed; do
    (
        passed=0 failed=0 skipped=0
        ${lanes_of}_lanes
        echo "$passed $failed $skipped" >"$logs/$lanes_of.sums"
    ) &
done
wait
for lanes_of in native managed; do
    if read -r p f s <"$logs/$lanes_of.sums"; then
        passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    else
        echo "the $lanes_of lanes ended early" >&2
        failed=$((failed + 1))
    fi
done

echo "took $((SECONDS - start)) s, $skipped skipped; logs are in out/test-logs"
echo "$passed passed, $failed failed"
((failed == 0))
