// SPDX-License-Identifier: Apache-2.0
// f32 on AVX2. A tile is 6 rows by a panel: 12 accumulators, 2 vectors of weights, one of x; a lone row takes 4 panels
// at once. k is cut into blocks whose weights stay in the cache while all rows pass over them; between blocks the
// accumulators wait in y, which changes no bit. x is read where it is.
#include "kernels/avx2.h"
#include "kernels/kernels.h"
#include "kernels/row_tiles.h"

namespace ks {
namespace {

constexpr int kColumns = 16;
constexpr int kVectors = 2;  // a panel
constexpr int kMaxHeight = 6;
constexpr int kMaxPanels = 4;
constexpr int64_t kBlock = 256;
// How far ahead along k the first tile fetches its panels from memory.
constexpr int64_t kFetchDistance = 32;

RowTiles row_tiles(int64_t m) {
    return {m, (m + kMaxHeight - 1) / kMaxHeight};
}

struct Tile {
    const float* panels;
    int64_t panel_stride;  // floats from one panel to the next
    const float* x;
    int64_t x_stride;
    int64_t k_begin;
    int64_t k_end;
    int64_t k;
    bool fetch;
    float* y;
    int64_t y_stride;
    int64_t columns;
    float lo;
    float hi;
};

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

// ---- The contract of kernel.h. What is prepared of x: for each row a byte that says whether it is finite.

uint64_t lhs_size(int64_t m, int64_t, int64_t) {
    return static_cast<uint64_t>(m);
}

int64_t lhs_pieces(int64_t m) {
    return row_tiles(m).count;
}

void pack_lhs(const MatMul& mm, int64_t piece) {
    const RowTiles tiles = row_tiles(mm.m);
    for (int64_t row = tiles.first(piece); row < tiles.first(piece + 1); ++row) {
        mm.lhs[row] = is_finite(mm.x + row * mm.x_stride, mm.k);
    }
}

void fill_rows_that_are_not_finite(const MatMul& mm, int64_t n_begin, int64_t n_end) {
    const __m256 nan = _mm256_castsi256_ps(_mm256_set1_epi32(kQuietNan));
    for (int64_t row = 0; row < mm.m; ++row) {
        if (mm.lhs[row]) continue;
        for (int64_t n = n_begin; n < n_end; n += 8) store_first(mm.y + row * mm.y_stride + n, n_end - n, nan);
    }
}

void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
    using Function = void (*)(const Tile&);
    static constexpr Function kByHeight[kMaxHeight] = {multiply_tile<1, 1>, multiply_tile<2, 1>, multiply_tile<3, 1>,
                                                       multiply_tile<4, 1>, multiply_tile<5, 1>, multiply_tile<6, 1>};
    const RowTiles tiles = row_tiles(mm.m);
    // A lone tile gains nothing from blocks.
    const int64_t block = tiles.count == 1 ? mm.k : kBlock;
    Tile tile;
    tile.panel_stride = (1 + mm.k) * kColumns;
    tile.x_stride = mm.x_stride;
    tile.k = mm.k;
    tile.y_stride = mm.y_stride;
    tile.lo = mm.lo;
    tile.hi = mm.hi;
    for (int64_t n = n_begin, width; n < n_end; n += width) {
        const bool four_panels = mm.m == 1 && n_end - n > (kMaxPanels - 1) * kColumns;
        width = four_panels ? kMaxPanels * kColumns : kColumns;
        tile.panels = reinterpret_cast<const float*>(mm.panels) + n / kColumns * tile.panel_stride;
        tile.columns = n_end - n;
        for (tile.k_begin = 0; tile.k_begin < mm.k; tile.k_begin = tile.k_end) {
            tile.k_end = tile.k_begin + block < mm.k ? tile.k_begin + block : mm.k;
            for (int64_t i = 0; i < tiles.count; ++i) {
                tile.x = mm.x + tiles.first(i) * mm.x_stride;
                tile.y = mm.y + tiles.first(i) * mm.y_stride + n;
                tile.fetch = i == 0;
                (four_panels ? multiply_tile<1, kMaxPanels> : kByHeight[tiles.height(i) - 1])(tile);
            }
        }
    }
    fill_rows_that_are_not_finite(mm, n_begin, n_end);
}

}  // namespace

const KernelCode kF32Avx2 = {kMaxPanels * kColumns, lhs_size, lhs_pieces, pack_lhs, run};

}  // namespace ks
