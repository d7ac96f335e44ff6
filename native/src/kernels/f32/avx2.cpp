// SPDX-License-Identifier: Apache-2.0
// f32 on AVX2. A tile is 6 rows by a panel: 12 accumulators, 2 vectors of weights, one of x; a lone row takes 4 panels
// at once.
#include "kernels/avx2.h"
#include "kernels/f32/tiles.h"

namespace ks {
namespace {

constexpr int kVectors = 2;  // a panel

template <int kHeight, int kPanels>
void multiply_tile(const Tile& tile) {
    __m256 acc[kHeight][kPanels][kVectors];
#pragma GCC unroll 8
    for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) {
            const int64_t column = p * kColumns + 8 * v;
            const __m256 bias = _mm256_load_ps(tile.panels + p * tile.panel_stride + 8 * v);
            const __m256i used = first_lanes(tile.columns - column);
#pragma GCC unroll 8
            for (int r = 0; r < kHeight; ++r) {
                acc[r][p][v] =
                    tile.k_begin == 0 ? bias : _mm256_maskload_ps(tile.y + r * tile.y_stride + column, used);
            }
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
        __m256 w[kPanels][kVectors];
#pragma GCC unroll 8
        for (int p = 0; p < kPanels; ++p) {
            w[p][0] = _mm256_load_ps(weights + p * tile.panel_stride);
            w[p][1] = _mm256_load_ps(weights + p * tile.panel_stride + 8);
        }
#pragma GCC unroll 8
        for (int r = 0; r < kHeight; ++r) {
            const __m256 value = _mm256_broadcast_ss(x + r * tile.x_stride);
#pragma GCC unroll 8
            for (int p = 0; p < kPanels; ++p) {
                acc[r][p][0] = _mm256_fmadd_ps(value, w[p][0], acc[r][p][0]);
                acc[r][p][1] = _mm256_fmadd_ps(value, w[p][1], acc[r][p][1]);
            }
        }
    }

    const __m256 lo = _mm256_set1_ps(tile.lo);
    const __m256 hi = _mm256_set1_ps(tile.hi);
#pragma GCC unroll 8
    for (int r = 0; r < kHeight; ++r) {
#pragma GCC unroll 8
        for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 2
            for (int v = 0; v < kVectors; ++v) {
                const int64_t column = p * kColumns + 8 * v;
                const __m256 value = tile.k_end == tile.k ? clamp(acc[r][p][v], lo, hi) : acc[r][p][v];
                store_first(tile.y + r * tile.y_stride + column, tile.columns - column, value);
            }
        }
    }
}

bool is_finite(const float* row, int64_t k) {
    const __m256i exponent = _mm256_set1_epi32(0x7F800000);
    __m256i found = _mm256_setzero_si256();
    for (int64_t i = 0; i < k; i += 8) {
        const __m256i bits = _mm256_castps_si256(_mm256_maskload_ps(row + i, first_lanes(k - i)));
        found = _mm256_or_si256(found, _mm256_cmpeq_epi32(_mm256_and_si256(bits, exponent), exponent));
    }
    return _mm256_testz_si256(found, found);
}

void fill_nan(float* y, int64_t columns) {
    const __m256 nan = _mm256_castsi256_ps(_mm256_set1_epi32(kQuietNan));
    for (int64_t n = 0; n < columns; n += 8) store_first(y + n, columns - n, nan);
}

// A lone row takes several panels, for accumulators enough to keep from waiting; several rows take one.
constexpr TileFunction kRow[kMaxPanels][1] = {
    {multiply_tile<1, 1>}, {multiply_tile<1, 2>}, {multiply_tile<1, 3>}, {multiply_tile<1, 4>}};
constexpr const TileFunction* kRowByPanels[kMaxPanels] = {kRow[0], kRow[1], kRow[2], kRow[3]};
constexpr TileFunction kRows[kMaxHeight] = {multiply_tile<1, 1>, multiply_tile<2, 1>, multiply_tile<3, 1>,
                                            multiply_tile<4, 1>, multiply_tile<5, 1>, multiply_tile<6, 1>};
constexpr const TileFunction* kRowsByPanels[1] = {kRows};

void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
    if (mm.m == 1) {
        run_tiles(mm, kRowByPanels, kMaxPanels, n_begin, n_end);
    } else {
        run_tiles(mm, kRowsByPanels, 1, n_begin, n_end);
    }
}

}  // namespace

const KernelCode kF32Avx2 = {kMaxPanels * kColumns, lhs_size, lhs_pieces, pack_lhs, run};

}  // namespace ks
