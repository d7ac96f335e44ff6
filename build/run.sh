#!/usr/bin/env bash
# Installs what is missing, builds everything, and then:
#   build/run.sh                        runs `kleidi doctor` and `kleidi bench`
#   build/run.sh MODEL.gguf "PROMPT"    generates text (further options go to `kleidi run`)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$root/build/setup.sh"
"$root/build/build.sh"
if (($# == 0)); then
    "$root/build/kleidi" doctor
    "$root/build/kleidi" bench
elif (($# == 1)); then
    "$root/build/kleidi" run "$1" --prompt ""
else
    "$root/build/kleidi" run "$1" --prompt "$2" "${@:3}"
fi
