#!/usr/bin/env bash
# Builds the native library for this machine and, on x64 with the cross toolchain installed, for aarch64, on x64 also
# for musl where build/setup.sh put it; then every C# project. Usage: build/build.sh [--native-only] [--no-arm] [--preset NAME]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

managed=yes arm=yes presets=()
while (($#)); do
    case $1 in
        --native-only) managed=no ;;
        --no-arm) arm=no ;;
        --preset) presets+=("${2:?--preset needs a name}"); shift ;;
        *) echo "build.sh: unknown option $1" >&2; exit 2 ;;
    esac
    shift
done

with_musl() { # ARCHITECTURE PRESET
    if [[ -e ${KLEIDISHARP_DEPS:-$HOME/.cache/kleidisharp}/musl-$1/packages.txt ]]; then
        presets+=("$2")
    else
        echo "build.sh: no musl for $1, its library is not built (build/setup.sh puts it into the private folder)"
    fi
}

if ((${#presets[@]} == 0)); then
    case $(uname -m) in
        x86_64)
            presets=(linux-x64)
            with_musl amd64 linux-musl-x64
            if [[ $arm == yes ]]; then
                if command -v aarch64-linux-gnu-g++ >/dev/null; then
                    presets+=(linux-arm64-cross)
                    with_musl arm64 linux-musl-arm64-cross
                else
                    echo "build.sh: no aarch64 cross compiler, the aarch64 library is not built (build/setup.sh installs it)"
                fi
            fi
            ;;
        aarch64) presets=(linux-arm64) ;;
        *) echo "build.sh: no preset for $(uname -m)" >&2; exit 1 ;;
    esac
fi

for preset in "${presets[@]}"; do
    echo "== native: $preset"
    cmake --preset "$preset" >/dev/null
    cmake --build --preset "$preset" -j "$(nproc)"
done

if [[ $managed == yes ]]; then
    echo "== managed"
    dotnet build Interop.sln -c Release -v quiet -nologo
fi
