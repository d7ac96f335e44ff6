// SPDX-License-Identifier: Apache-2.0
// Floats in plain C++, whatever the type of the weights.
#pragma once

#include "kernels/floats/elements.h"
#include "kernels/kernels.h"

namespace ks {
namespace {

constexpr int kColumns = 16;

// Each type of weights defines these two: a weight as f32, and an activation rounded to the type (f32 needs none).
template <typename Element>
float widen(Element weight);
template <typename Element>
float round_to(float x);

bool all_below(const float* row, int64_t k, uint32_t magnitude) {
    bool below = true;
    for (int64_t i = 0; i < k; ++i) below &= (float_to_bits(row[i]) & kMagnitudeMask) < magnitude;
    return below;
}

template <typename Element>
void round_row(const float* row, int64_t k, float* rounded) {
    for (int64_t i = 0; i < k; ++i) rounded[i] = round_to<Element>(row[i]);
}

int64_t lhs_pieces(int64_t m) { return m; }

template <typename Element>
void run_row(const MatMul& mm, const uint8_t* panel, int64_t row, int64_t n_begin, int columns) {
    float* y = mm.y + row * mm.y_stride + n_begin;
    if (row_is_void<Element>(mm, row)) {
        for (int c = 0; c < columns; ++c) y[c] = bits_to_float(kQuietNan);
        return;
    }
    const float* x = prepared_x<Element>(mm) + row * prepared_stride<Element>(mm);
    const float* bias = reinterpret_cast<const float*>(panel);
    const Element* weights = reinterpret_cast<const Element*>(bias + kColumns);
    float acc[kColumns];
    for (int c = 0; c < kColumns; ++c) acc[c] = bias[c];
    for (int64_t k = 0; k < mm.k; ++k, weights += kColumns) {
        for (int c = 0; c < kColumns; ++c) acc[c] = fused_multiply_add(x[k], widen(weights[c]), acc[c]);
    }
    for (int c = 0; c < columns; ++c) y[c] = clamp_result(acc[c], mm.lo, mm.hi);
}

template <typename Element>
void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
    const int64_t column_bytes = static_cast<int64_t>(sizeof(float) + static_cast<uint64_t>(mm.k) * sizeof(Element));
    for (int64_t n = n_begin; n < n_end; n += kColumns) {
        const int columns = static_cast<int>(n_end - n < kColumns ? n_end - n : kColumns);
        for (int64_t row = 0; row < mm.m; ++row) run_row<Element>(mm, mm.panels + n * column_bytes, row, n, columns);
    }
}

template <typename Element>
constexpr KernelCode kCode = {kColumns, lhs_size<Element>, lhs_pieces, pack_row<Element>, run<Element>};

}  // namespace
}  // namespace ks
