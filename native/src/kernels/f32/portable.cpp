// SPDX-License-Identifier: Apache-2.0
// f32 in plain C++. Nothing is copied of the activations; preparing a row finds out whether it is finite.
#include "float_bits.h"
#include "kernels/kernels.h"

namespace ks {
namespace {

constexpr int kColumns = 16;

uint64_t lhs_size(int64_t m, int64_t, int64_t) { return static_cast<uint64_t>(m); }

int64_t lhs_pieces(int64_t m) { return m; }

void pack_lhs(const MatMul& mm, int64_t row) {
    const float* x = mm.x + row * mm.x_stride;
    bool finite = true;
    for (int64_t k = 0; k < mm.k; ++k) finite &= is_finite(x[k]);
    mm.lhs[row] = finite;
}

void run_row(const MatMul& mm, const float* panel, int64_t row, int64_t n_begin, int columns) {
    float* y = mm.y + row * mm.y_stride + n_begin;
    if (!mm.lhs[row]) {
        for (int c = 0; c < columns; ++c) y[c] = bits_to_float(kQuietNan);
        return;
    }
    const float* x = mm.x + row * mm.x_stride;
    float acc[kColumns];
    for (int c = 0; c < kColumns; ++c) acc[c] = panel[c];
    for (int64_t k = 0; k < mm.k; ++k) {
        const float* weights = panel + (k + 1) * kColumns;
        for (int c = 0; c < kColumns; ++c) acc[c] = fused_multiply_add(x[k], weights[c], acc[c]);
    }
    for (int c = 0; c < columns; ++c) y[c] = clamp_result(acc[c], mm.lo, mm.hi);
}

void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
    const float* panels = reinterpret_cast<const float*>(mm.panels);
    for (int64_t n = n_begin; n < n_end; n += kColumns) {
        const int columns = static_cast<int>(n_end - n < kColumns ? n_end - n : kColumns);
        for (int64_t row = 0; row < mm.m; ++row) run_row(mm, panels + n * (mm.k + 1), row, n, columns);
    }
}

}  // namespace

const KernelCode kF32Portable = {kColumns, lhs_size, lhs_pieces, pack_lhs, run};

}  // namespace ks
