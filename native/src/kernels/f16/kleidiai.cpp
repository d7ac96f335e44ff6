// SPDX-License-Identifier: Apache-2.0
// f16 through KleidiAI, which adds in f16 too: other bits than this library's arithmetic, and larger errors. The bias
// that the kernel adds is -0, which changes nothing; the real one is added to the widened sums. Compiled for the
// baseline; the kernel brings its own flags.
#include <math.h>

#include "kai/ukernels/matmul/matmul_clamp_f16_f16_f16p/kai_matmul_clamp_f16_f16_f16p32x1b_6x32_neon_mla.h"
#include "kernels/floats/elements.h"
#include "kernels/floats/neon_row.h"
#include "kernels/kernels.h"

namespace ks {
namespace {

constexpr int64_t kColumns = 32;
constexpr int64_t kRows = 6;
constexpr uint16_t kQuietNanF16 = 0x7E00;

uint64_t f16_lhs_size(int64_t m, int64_t k, int64_t) { return static_cast<uint64_t>(m * k) * sizeof(uint16_t); }

int64_t lhs_pieces(int64_t m) { return m; }

// A row that is not finite begins with a NaN, which no sum loses again.
void pack_lhs(const MatMul& mm, int64_t row) {
    const float* x = mm.x + row * mm.x_stride;
    uint16_t* rounded = reinterpret_cast<uint16_t*>(mm.lhs) + row * mm.k;
    int64_t k = 0;
    for (; k + 4 <= mm.k; k += 4) vst1_u16(rounded + k, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(x + k))));
    for (; k < mm.k; ++k) rounded[k] = float_to_f16(x[k]);
    if (!all_below(x, mm.k, kOverflow<F16>)) rounded[0] = kQuietNanF16;
}

// Up to kRows rows by kColumns columns.
void multiply_tile(const MatMul& mm, int64_t row, int64_t rows, int64_t n, int64_t columns) {
    const size_t x_stride = static_cast<size_t>(mm.k) * sizeof(uint16_t);
    const uint8_t* panel = mm.panels + n * (1 + mm.k) * static_cast<int64_t>(sizeof(uint16_t));
    uint16_t sums[kRows][kColumns];
    kai_run_matmul_clamp_f16_f16_f16p32x1b_6x32_neon_mla(
        static_cast<size_t>(rows), static_cast<size_t>(columns), static_cast<size_t>(mm.k),
        mm.lhs + static_cast<uint64_t>(row) * x_stride, x_stride, panel, sums, sizeof sums[0], sizeof(uint16_t),
        -INFINITY, INFINITY);
    for (int64_t r = 0; r < rows; ++r) {
        float* y = mm.y + (row + r) * mm.y_stride + n;
        for (int64_t c = 0; c < columns; ++c) {
            y[c] = clamp_result(f16_to_float(sums[r][c]) + mm.tail[n + c], mm.lo, mm.hi);
        }
    }
}

void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
    for (int64_t n = n_begin; n < n_end; n += kColumns) {
        const int64_t columns = n_end - n < kColumns ? n_end - n : kColumns;
        for (int64_t row = 0; row < mm.m; row += kRows) {
            multiply_tile(mm, row, mm.m - row < kRows ? mm.m - row : kRows, n, columns);
        }
    }
}

}  // namespace

const KernelCode kF16KleidiAI6x32 = {kColumns, f16_lhs_size, lhs_pieces, pack_lhs, run};

}  // namespace ks
