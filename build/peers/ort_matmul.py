# SPDX-License-Identifier: Apache-2.0
"""Times ONNX Runtime's MatMulNBits (int4 in blocks of 32, symmetric, int8 activations: accuracy level 4), for
`kleidi bench --against`; ort.sh runs it. The last line of its output is the median of the microseconds of one product.
Usage: ort_matmul.py M K N THREADS BYTES"""
import statistics
import sys
import time

import numpy
import onnx
import onnxruntime
from onnx import helper, numpy_helper

BLOCK = 32
SECONDS = 0.2
FEWEST_TIMINGS = 3


def session(k, n, threads, copies):
    """Products of the same x with weights of their own, which together no cache holds."""
    random = numpy.random.default_rng(1)
    nodes, weights, outputs = [], [], []
    for i in range(copies):
        codes = random.integers(0, 256, (n, k // BLOCK, BLOCK // 2), dtype=numpy.uint8)
        scales = random.uniform(0.01, 0.02, n * k // BLOCK).astype(numpy.float32)
        weights += [numpy_helper.from_array(codes, f"codes{i}"), numpy_helper.from_array(scales, f"scales{i}")]
        nodes.append(helper.make_node(
            "MatMulNBits", ["x", f"codes{i}", f"scales{i}"], [f"y{i}"], domain="com.microsoft",
            K=k, N=n, bits=4, block_size=BLOCK, accuracy_level=4))
        outputs.append(helper.make_tensor_value_info(f"y{i}", onnx.TensorProto.FLOAT, ["m", n]))
    x = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["m", k])
    model = helper.make_model(
        helper.make_graph(nodes, "products", [x], outputs, weights),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def main():
    m, k, n, threads, size = (int(word) for word in sys.argv[1:])
    copies = -(-size // (n * k // 2 + n * k // BLOCK * 4))
    products = session(k, n, threads, copies)
    binding = products.io_binding()
    binding.bind_cpu_input("x", numpy.random.default_rng(2).standard_normal((m, k), dtype=numpy.float32))
    results = [numpy.empty((m, n), numpy.float32) for _ in range(copies)]
    for i, y in enumerate(results):
        binding.bind_output(f"y{i}", "cpu", 0, numpy.float32, (m, n), y.ctypes.data)
    products.run_with_iobinding(binding)

    timings = []
    start = time.perf_counter()
    while len(timings) < FEWEST_TIMINGS or time.perf_counter() - start < SECONDS:
        before = time.perf_counter()
        products.run_with_iobinding(binding)
        timings.append((time.perf_counter() - before) / copies)
    print(f"{1e6 * statistics.median(timings):.3f}")


main()
