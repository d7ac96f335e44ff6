#!/usr/bin/env bash
# Calls every function of the aarch64 library from C#, in process: the generated bindings on Mono for arm64, on several
# emulated CPUs. Needs build/setup.sh (Mono, the emulator) and the aarch64 library (build/build.sh).
# Usage: tests/Mono/run.sh [CPU ...]   (as the emulator's -cpu takes them)
#   KLEIDISHARP_PACKAGES        folder of packages: the library is that of the package KleidiSharp
#   KLEIDISHARP_ARM64_LIBRARY   else, folder of libkleidisharp.so; default: out/linux-arm64-cross/native
#   KLEIDISHARP_DEPS            what build/setup.sh was given; default: ~/.cache/kleidisharp
#   KLEIDISHARP_QEMU            the emulator; default: the one that build/setup.sh provides
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
library=${KLEIDISHARP_ARM64_LIBRARY:-$here/../../out/linux-arm64-cross/native}
deps=${KLEIDISHARP_DEPS:-$HOME/.cache/kleidisharp}
mono=$deps/mono-arm64
qemu=${KLEIDISHARP_QEMU:-$deps/bin/qemu-aarch64}
cpus=("$@")
# Debian's Mono signs return addresses; the emulator's own signature is ten times as fast as the architected one.
((${#cpus[@]})) || cpus=(cortex-a53 cortex-a76 max,pauth-impdef=on)

fail() { echo "tests/Mono/run.sh: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ -n ${KLEIDISHARP_PACKAGES:-} ]]; then
    # NuGet unpacks it, as it does for an application.
    version=$(basename "$KLEIDISHARP_PACKAGES"/KleidiSharp.[0-9]*.nupkg .nupkg) version=${version#KleidiSharp.}
    mkdir "$work/unpack"
    cat >"$work/unpack/unpack.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageDownload Include="KleidiSharp" Version="[$version]" /></ItemGroup>
</Project>
PROJECT
    dotnet restore "$work/unpack" -nologo -v quiet --source "$(realpath "$KLEIDISHARP_PACKAGES")" --packages "$work/cache"
    library=$work/cache/kleidisharp/$version/runtimes/linux-arm64/native
    echo "the library of the package KleidiSharp $version"
fi
[[ -e $library/libkleidisharp.so ]] || fail "there is no aarch64 library in $library; build/build.sh builds it"
[[ -e $mono/usr/bin/mono-sgen ]] || fail "there is no Mono for arm64 in $mono; build/setup.sh unpacks it"
command -v "$qemu" >/dev/null || fail "there is no $qemu; build/setup.sh provides it"
library=$(cd "$library" && pwd)

dotnet build "$here" -c Release -nologo -v quiet -clp:NoSummary --artifacts-path "$work/artifacts" -o "$work/app"

status=0
for cpu in "${cpus[@]}"; do
    echo "== $cpu"
    MONO_PATH=$mono/usr/lib/mono/4.5 MONO_GAC_PREFIX=$mono/usr MONO_CFG_DIR=$mono/etc \
        "$qemu" -cpu "$cpu" -L "$mono" -E LD_LIBRARY_PATH="$library" \
        "$mono/usr/bin/mono-sgen" "$work/app/KleidiSharp.Mono.Tests.exe" || status=1
done
exit $status
