// SPDX-License-Identifier: Apache-2.0
// What the x64 kernels for f32 share: the loop over panels, blocks of k and row tiles. Included by files that are
// compiled for different instruction sets, hence the anonymous namespace.
//
// k is cut into blocks whose weights stay in the cache while all rows pass over them; between blocks the accumulators
// wait in y, which changes no bit. x is read where it is; what is prepared of it is a byte for each row that says
// whether the row is finite.
#pragma once

#include <stdint.h>

#include "kernels/kernels.h"
#include "kernels/row_tiles.h"

namespace ks {
namespace {

constexpr int kColumns = 16;  // a panel
constexpr int kMaxHeight = 6;
constexpr int kMaxPanels = 4;
constexpr int64_t kBlock = 512;
// How far ahead along k the first tile fetches its panels from memory.
constexpr int64_t kFetchDistance = 32;

// Rows by panels. Starts from the bias where k_begin is 0, else from y; writes results where k_end is k.
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
    int64_t columns;  // that exist, from the first panel of the tile on
    float lo;
    float hi;
};

using TileFunction = void (*)(const Tile& tile);

// Each kernel defines these two for its instructions.
bool is_finite(const float* row, int64_t k);
void fill_nan(float* y, int64_t columns);

inline RowTiles row_tiles(int64_t m) {
    return {m, (m + kMaxHeight - 1) / kMaxHeight};
}

inline uint64_t lhs_size(int64_t m, int64_t, int64_t) {
    return static_cast<uint64_t>(m);
}

inline int64_t lhs_pieces(int64_t m) {
    return row_tiles(m).count;
}

inline void pack_lhs(const MatMul& mm, int64_t piece) {
    const RowTiles tiles = row_tiles(mm.m);
    for (int64_t row = tiles.first(piece); row < tiles.first(piece + 1); ++row) {
        mm.lhs[row] = is_finite(mm.x + row * mm.x_stride, mm.k);
    }
}

// by_panels[panels - 1][height - 1] multiplies a tile; tiles are up to `max_panels` wide.
inline void run_tiles(const MatMul& mm, const TileFunction* const* by_panels, int64_t max_panels, int64_t n_begin,
                      int64_t n_end) {
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
    for (int64_t n = n_begin; n < n_end; n += max_panels * kColumns) {
        tile.panels = reinterpret_cast<const float*>(mm.panels) + n / kColumns * tile.panel_stride;
        tile.columns = n_end - n;
        const int64_t panels = (tile.columns + kColumns - 1) / kColumns;
        const TileFunction* const by_height = by_panels[(panels < max_panels ? panels : max_panels) - 1];
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
    for (int64_t row = 0; row < mm.m; ++row) {
        if (!mm.lhs[row]) fill_nan(mm.y + row * mm.y_stride + n_begin, n_end - n_begin);
    }
}

}  // namespace
}  // namespace ks
