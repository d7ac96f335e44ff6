// SPDX-License-Identifier: Apache-2.0
// The types of float weights, and how activations are prepared for each. Included by files that are compiled for
// different instruction sets, hence the anonymous namespace.
#pragma once

#include <stdint.h>

#include "float_bits.h"
#include "kernel.h"

namespace ks {
namespace {

struct F16 {
    uint16_t bits;
};

struct Bf16 {
    uint16_t bits;
};

// The smallest magnitude, as the bits of an f32, that is not finite once it is rounded to the type.
template <typename Element>
constexpr uint32_t kOverflow = kInfinityBits;
template <>
constexpr uint32_t kOverflow<F16> = 0x477FF000;  // 65520
template <>
constexpr uint32_t kOverflow<Bf16> = 0x7F7F8000;

// Activations for f32 weights are read where they are, and a byte for each row says whether the row is finite. Others
// are rounded and stand in MatMul::lhs as f32, without gaps; there a row that is not finite consists of NaNs, which no
// sum loses again.
template <typename Element>
constexpr bool kRounded = sizeof(Element) < sizeof(float);

// Each tier defines these two.
bool all_below(const float* row, int64_t k, uint32_t magnitude);
template <typename Element>
void round_row(const float* row, int64_t k, float* rounded);

template <typename Element>
uint64_t lhs_size(int64_t m, int64_t k, int64_t) {
    return kRounded<Element> ? static_cast<uint64_t>(m) * static_cast<uint64_t>(k) * sizeof(float)
                             : static_cast<uint64_t>(m);
}

template <typename Element>
void pack_row(const MatMul& mm, int64_t row) {
    const float* x = mm.x + row * mm.x_stride;
    const bool finite = all_below(x, mm.k, kOverflow<Element>);
    if constexpr (kRounded<Element>) {
        float* rounded = reinterpret_cast<float*>(mm.lhs) + row * mm.k;
        if (finite) {
            round_row<Element>(x, mm.k, rounded);
        } else {
            for (int64_t k = 0; k < mm.k; ++k) rounded[k] = bits_to_float(kQuietNan);
        }
    } else {
        mm.lhs[row] = finite;
    }
}

template <typename Element>
const float* prepared_x(const MatMul& mm) {
    return kRounded<Element> ? reinterpret_cast<const float*>(mm.lhs) : mm.x;
}

template <typename Element>
int64_t prepared_stride(const MatMul& mm) {
    return kRounded<Element> ? mm.k : mm.x_stride;
}

// Whether the results of a row are to be overwritten by NaN.
template <typename Element>
bool row_is_void(const MatMul& mm, int64_t row) {
    return !kRounded<Element> && !mm.lhs[row];
}

}  // namespace
}  // namespace ks
