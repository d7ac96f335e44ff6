#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures ggml's Q4_0 product for kleidi bench; build/peers/README.md says how it is called.
# Usage: PEERS=DIR build/peers/ggml.sh M K N THREADS BYTES
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
arguments="M K N THREADS BYTES"
. "$here/root.sh"

[[ -f $root/usr/include/ggml.h ]] || fail "$root has no ggml.h (package libggml-dev)"
backends=$(compgen -G "$libraries/ggml/backends*" | head -n 1) || fail "$root has no ggml backends (package libggml0)"
program=$here/../../out/peers/ggml_matmul
if [[ ! -x $program || $here/ggml_matmul.c -nt $program ]]; then
    mkdir -p "$(dirname "$program")"
    # Headers of the C library are those here. The root's may be a newer one; it is there when the program runs.
    cc -O2 -Wall -Wextra -idirafter "$root/usr/include" "$here/ggml_matmul.c" -o "$program.$$" \
        -L "$libraries" -lggml -lggml-base -Wl,--unresolved-symbols=ignore-in-shared-libs >&2
    mv "$program.$$" "$program"
fi
in_root "$program" "$@" "$backends"
