// SPDX-License-Identifier: Apache-2.0
// One shape for KleidiAI's micro-kernels, of both generations of its interface: a function for each with its own list
// of arguments, and, since release 1.23, a function that returns a table of functions taking structs.
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "kai/ukernels/matmul/kai_matmul_types.h"
#include "kernel.h"

namespace ks {

struct UkernelCall {
    size_t m;
    size_t n;
    size_t k;
    size_t group;  // 0 for formats without
    const uint8_t* lhs;
    const uint8_t* rhs;
    float* y;
    size_t y_stride_bytes;
    float lo;
    float hi;
};

// Rows of a panel of activations, columns of a panel of weights, values of k per inner step, and the pieces these are
// split in.
struct UkernelTile {
    size_t mr;
    size_t nr;
    size_t kr;
    size_t sr;

    // Of a tile for SME vectors of 128 bits the one for longer vectors. Kernels for one row stay such.
    constexpr UkernelTile for_vectors(uint64_t bytes) const {
        const uint64_t times = bytes / 16;
        return {mr == 1 ? 1 : mr * times, nr * times, kr, sr};
    }
};

// What a micro-kernel is given where its results are not to be clamped.
struct Unclamped {
    float lo;
    float hi;
};

struct Ukernel {
    void (*run)(const UkernelCall& call);
    UkernelTile tile;  // with Vectors::kSme for vectors of 128 bits
    // What the linked release says of its tile. On a CPU without `vectors` it must not be asked.
    UkernelTile (*linked_tile)();
    Vectors vectors;
    // SME2's FCLAMP turns a NaN into a bound, and a bound that is NaN into none.
    Unclamped unclamped = {-INFINITY, INFINITY};
};

// Values of the 2-bit codes; kernels may read 64 bytes of it.
inline constexpr int32_t kInt2Values[16] = {-2, -1, 0, 1};

inline void call_ukernel(void (*function)(size_t, size_t, size_t, size_t, const void*, const void*, float*, size_t,
                                          size_t, float, float),
                         const UkernelCall& c) {
    function(c.m, c.n, c.k, c.group, c.lhs, c.rhs, c.y, c.y_stride_bytes, sizeof(float), c.lo, c.hi);
}

inline void call_ukernel(void (*function)(size_t, size_t, size_t, const void*, const void*, float*, size_t, size_t,
                                          float, float),
                         const UkernelCall& c) {
    function(c.m, c.n, c.k, c.lhs, c.rhs, c.y, c.y_stride_bytes, sizeof(float), c.lo, c.hi);
}

inline void call_ukernel(void (*function)(size_t, size_t, size_t, const void*, const void*, void*, size_t, size_t,
                                          float, float),
                         const UkernelCall& c) {
    function(c.m, c.n, c.k, c.lhs, c.rhs, c.y, c.y_stride_bytes, sizeof(float), c.lo, c.hi);
}

inline void call_ukernel(void (*function)(size_t, size_t, size_t, const void*, size_t, const void*, void*, size_t,
                                          size_t, float, float),
                         const UkernelCall& c) {
    function(c.m, c.n, c.k, c.lhs, c.k * sizeof(float), c.rhs, c.y, c.y_stride_bytes, sizeof(float), c.lo, c.hi);
}

inline void call_ukernel(void (*function)(size_t, size_t, size_t, const void*, const void*, float*, size_t, size_t,
                                          float, float, const int32_t*),
                         const UkernelCall& c) {
    function(c.m, c.n, c.k, c.lhs, c.rhs, c.y, c.y_stride_bytes, sizeof(float), c.lo, c.hi, kInt2Values);
}

inline void call_ukernel(kai_matmul_uker_api (*function)(), const UkernelCall& c) {
    const kai_matmul_uker_api api = function();
    const kai_matmul_uker_config config = {{c.group}};
    const kai_matmul_uker_lhs_dim_args lhs_shape = {c.m, c.k};
    const kai_matmul_uker_rhs_dim_args rhs_shape = {c.n, c.k};
    kai_matmul_uker_args args = {};
    args.flags = KAI_MATMUL_UKER_FLAGS_ARGS_CLAMP;
    args.shape = {c.m, c.n, c.k};
    args.operand.lhs = {c.lhs, api.get_lhs_stride(&config, &lhs_shape)};
    args.operand.rhs = {c.rhs, api.get_rhs_stride(&config, &rhs_shape)};
    args.operand.dst = {c.y, {c.y_stride_bytes}};
    args.activation.clamp = {&c.lo, &c.hi};
    api.run(&config, &args);
}

template <auto function>
void run_ukernel(const UkernelCall& call) {
    call_ukernel(function, call);
}

// The struct interface tells strides and steps only: mr follows from the bytes of a panel of 32 values quantised per
// row.
template <kai_matmul_uker_api (*function)(), size_t kr, size_t sr>
UkernelTile struct_tile() {
    const kai_matmul_uker_api api = function();
    const kai_matmul_uker_config config = {{32}};
    const kai_matmul_uker_lhs_dim_args lhs_shape = {1, 32};
    return {api.get_lhs_stride(&config, &lhs_shape).m / (32 + 8), api.get_step(&config).n, kr, sr};
}

}  // namespace ks

// A Ukernel of either generation; `name` without "kai_run_matmul_clamp_f32_" or "kai_matmul_clamp_f32_".
#define KS_UKERNEL(name, mr, nr, kr, sr, ...)                                                        \
    ks::Ukernel {                                                                                    \
        ks::run_ukernel<kai_run_matmul_clamp_f32_##name>, {mr, nr, kr, sr},                          \
            []() -> ks::UkernelTile {                                                                \
                return {kai_get_mr_matmul_clamp_f32_##name(), kai_get_nr_matmul_clamp_f32_##name(),  \
                        kai_get_kr_matmul_clamp_f32_##name(), kai_get_sr_matmul_clamp_f32_##name()}; \
            },                                                                                       \
            __VA_ARGS__                                                                              \
    }

#define KS_SME_UKERNEL(name, mr, nr, kr, sr) KS_UKERNEL(name, mr, nr, kr, sr, ks::Vectors::kSme)
#define KS_SME2_UKERNEL(name, mr, nr, kr, sr) KS_UKERNEL(name, mr, nr, kr, sr, ks::Vectors::kSme, {NAN, NAN})

#define KS_STRUCT_UKERNEL(name, mr, nr, kr, sr, vectors)                  \
    ks::Ukernel {                                                         \
        ks::run_ukernel<kai_matmul_clamp_f32_##name>, {mr, nr, kr, sr},   \
            ks::struct_tile<kai_matmul_clamp_f32_##name, kr, sr>, vectors \
    }
