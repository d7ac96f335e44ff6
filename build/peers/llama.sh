#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures llama.cpp with a whole model for kleidi bench-model; build/peers/README.md says how it is called.
# Usage: PEERS=DIR build/peers/llama.sh MODEL THREADS PROMPT TOKENS
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
arguments="MODEL THREADS PROMPT TOKENS"
. "$here/root.sh"

[[ -f $1 ]] || fail "there is no file $1"
model=$(realpath "$1")
bench=$root/usr/bin/llama-bench
[[ -x $bench ]] || fail "$root has no llama-bench (package llama.cpp-tools)"
backends=$(compgen -G "$libraries/ggml/backends*" | head -n 1) || fail "$root has no ggml backends (package libggml0)"

# Besides an absolute path, which is not the root's, ggml looks for backends in the working folder. Of those it finds it
# takes the one that it rates highest for the processor, as it does where it is installed.
cd "$backends"
output=$(in_root "$bench" -m "$model" -t "$2" -p "$3" -n "$4" -r 1 -o jsonl)

# Tokens per second of the test with that many tokens of prompt and that many generated.
rate() {
    grep -F "\"n_prompt\": $1, \"n_gen\": $2," <<<"$output" | grep -oE '"avg_ts": [0-9.]+' | cut -d ' ' -f 2 ||
        fail "llama-bench gave no rate for $1 tokens of prompt and $2 generated: $output"
}
prefill=$(rate "$3" 0)
decode=$(rate 0 "$4")
echo "{\"prefill\": $prefill, \"decode\": $decode}"
