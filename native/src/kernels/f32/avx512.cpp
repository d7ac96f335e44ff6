// SPDX-License-Identifier: Apache-2.0
// f32 on AVX-512. A tile is 6 rows by 4 panels: 24 accumulators, 4 vectors of weights, one of x.
#include "kernels/avx512.h"
#include "kernels/f32/tiles.h"

namespace ks {
namespace {

template <int kHeight, int kPanels>
void multiply_tile(const Tile& tile) {
    __mmask16 used[kPanels];
    __m512 acc[kHeight][kPanels];
#pragma GCC unroll 8
    for (int p = 0; p < kPanels; ++p) {
        used[p] = first_lanes(tile.columns - p * kColumns);
        const __m512 bias = _mm512_load_ps(tile.panels + p * tile.panel_stride);
#pragma GCC unroll 8
        for (int r = 0; r < kHeight; ++r) {
            acc[r][p] = tile.k_begin == 0
                            ? bias
                            : _mm512_maskz_loadu_ps(used[p], tile.y + r * tile.y_stride + p * kColumns);
        }
    }

    const float* weights = tile.panels + (1 + tile.k_begin) * kColumns;
    const float* x = tile.x + tile.k_begin;
    for (int64_t i = tile.k_begin; i < tile.k_end; ++i, ++x, weights += kColumns) {
        if (tile.fetch) {
#pragma GCC unroll 8
            for (int p = 0; p < kPanels; ++p) {
                _mm_prefetch(weights + p * tile.panel_stride + kFetchDistance * kColumns, _MM_HINT_T0);
            }
        }
        __m512 w[kPanels];
#pragma GCC unroll 8
        for (int p = 0; p < kPanels; ++p) w[p] = _mm512_load_ps(weights + p * tile.panel_stride);
#pragma GCC unroll 8
        for (int r = 0; r < kHeight; ++r) {
            const __m512 value = _mm512_set1_ps(x[r * tile.x_stride]);
#pragma GCC unroll 8
            for (int p = 0; p < kPanels; ++p) acc[r][p] = _mm512_fmadd_ps(value, w[p], acc[r][p]);
        }
    }

    const __m512 lo = _mm512_set1_ps(tile.lo);
    const __m512 hi = _mm512_set1_ps(tile.hi);
#pragma GCC unroll 8
    for (int r = 0; r < kHeight; ++r) {
#pragma GCC unroll 8
        for (int p = 0; p < kPanels; ++p) {
            const __m512 value = tile.k_end == tile.k ? clamp(acc[r][p], lo, hi) : acc[r][p];
            _mm512_mask_storeu_ps(tile.y + r * tile.y_stride + p * kColumns, used[p], value);
        }
    }
}

bool is_finite(const float* row, int64_t k) {
    constexpr int kNanOrInfinity = 0x99;
    unsigned found = 0;
    for (int64_t i = 0; i < k; i += 16) {
        found |= _mm512_fpclass_ps_mask(_mm512_maskz_loadu_ps(first_lanes(k - i), row + i), kNanOrInfinity);
    }
    return found == 0;
}

void fill_nan(float* y, int64_t columns) {
    const __m512 nan = _mm512_castsi512_ps(_mm512_set1_epi32(kQuietNan));
    for (int64_t n = 0; n < columns; n += 16) _mm512_mask_storeu_ps(y + n, first_lanes(columns - n), nan);
}

template <int kPanels>
constexpr TileFunction kByHeight[kMaxHeight] = {multiply_tile<1, kPanels>, multiply_tile<2, kPanels>,
                                                multiply_tile<3, kPanels>, multiply_tile<4, kPanels>,
                                                multiply_tile<5, kPanels>, multiply_tile<6, kPanels>};
constexpr const TileFunction* kByPanels[kMaxPanels] = {kByHeight<1>, kByHeight<2>, kByHeight<3>, kByHeight<4>};

void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
    run_tiles(mm, kByPanels, kMaxPanels, n_begin, n_end);
}

}  // namespace

const KernelCode kF32Avx512 = {kMaxPanels * kColumns, lhs_size, lhs_pieces, pack_lhs, run};

}  // namespace ks
