#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures ONNX Runtime's MatMulNBits for kleidi bench; build/peers/README.md says how it is called.
# Usage: PEERS=DIR build/peers/ort.sh M K N THREADS BYTES
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
arguments="M K N THREADS BYTES"
. "$here/root.sh"

packages=$root/usr/lib/python3/dist-packages
[[ -d $packages/onnxruntime && -d $packages/onnx ]] ||
    fail "$root has no ONNX Runtime for Python (packages python3-onnxruntime and python3-onnx)"
export PYTHONHOME=$root/usr PYTHONPATH=$packages PYTHONDONTWRITEBYTECODE=1
in_root "$root/usr/bin/python3" "$here/ort_matmul.py" "$@"
