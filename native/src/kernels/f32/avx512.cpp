// SPDX-License-Identifier: Apache-2.0
// f32 on AVX-512. A tile is 6 rows by 4 panels: 24 accumulators, 4 vectors of weights, one of x. k is cut into blocks
// whose weights stay in the cache while all rows pass over them; between blocks the accumulators wait in y, which
// changes no bit. x is read where it is.
#include "kernels/avx512.h"
#include "kernels/kernels.h"
#include "kernels/row_tiles.h"

namespace ks {
namespace {

constexpr int kColumns = 16;
constexpr int kMaxHeight = 6;
constexpr int kMaxPanels = 4;
constexpr int64_t kBlock = 256;
// How far ahead along k a lone tile, which reads every weight once, fetches its panels from memory.
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

using TileFunction = void (*)(const Tile&);

template <int kPanels>
constexpr TileFunction kByHeight[kMaxHeight] = {multiply_tile<1, kPanels>, multiply_tile<2, kPanels>,
                                                multiply_tile<3, kPanels>, multiply_tile<4, kPanels>,
                                                multiply_tile<5, kPanels>, multiply_tile<6, kPanels>};
constexpr const TileFunction* kByPanels[kMaxPanels] = {kByHeight<1>, kByHeight<2>, kByHeight<3>, kByHeight<4>};

void fill_rows_that_are_not_finite(const MatMul& mm, int64_t n_begin, int64_t n_end) {
    const __m512 nan = _mm512_castsi512_ps(_mm512_set1_epi32(kQuietNan));
    for (int64_t row = 0; row < mm.m; ++row) {
        if (mm.lhs[row]) continue;
        for (int64_t n = n_begin; n < n_end; n += 16) {
            _mm512_mask_storeu_ps(mm.y + row * mm.y_stride + n, first_lanes(n_end - n), nan);
        }
    }
}

void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
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
    for (int64_t n = n_begin; n < n_end; n += kMaxPanels * kColumns) {
        tile.panels = reinterpret_cast<const float*>(mm.panels) + n / kColumns * tile.panel_stride;
        tile.columns = n_end - n;
        const int64_t panels = (tile.columns + kColumns - 1) / kColumns;
        const TileFunction* const by_height = kByPanels[(panels < kMaxPanels ? panels : kMaxPanels) - 1];
        for (tile.k_begin = 0; tile.k_begin < mm.k; tile.k_begin = tile.k_end) {
            tile.k_end = tile.k_begin + block < mm.k ? tile.k_begin + block : mm.k;
            for (int64_t i = 0; i < tiles.count; ++i) {
                tile.x = mm.x + tiles.first(i) * mm.x_stride;
                tile.y = mm.y + tiles.first(i) * mm.y_stride + n;
                tile.fetch = i == 0;
                by_height[tiles.height(i) - 1](tile);
            }
        }
    }
    fill_rows_that_are_not_finite(mm, n_begin, n_end);
}

}  // namespace

const KernelCode kF32Avx512 = {kMaxPanels * kColumns, lhs_size, lhs_pieces, pack_lhs, run};

}  // namespace ks
