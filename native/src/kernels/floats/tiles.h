// SPDX-License-Identifier: Apache-2.0
// What the vector kernels for floats share: the loop over panels, blocks of k and row tiles. Included by files that are
// compiled for different instruction sets, hence the anonymous namespace.
//
// k is cut into blocks whose weights stay in the cache while all rows pass over them; between blocks the accumulators
// wait in y, which changes no bit.
#pragma once

#include <stdint.h>

#include "kernels/floats/elements.h"
#include "kernels/kernels.h"
#include "kernels/row_tiles.h"

namespace ks {
namespace {

constexpr int kColumns = 16;  // a panel
constexpr int kMaxHeight = 6;
constexpr int kMaxPanels = 4;
constexpr int64_t kBlock = 1024;
constexpr int64_t kLine = 64;  // bytes of a cache line
// How far ahead along k a lone tile fetches its panels from memory.
constexpr int64_t kFetchDistance = 32;

// Rows by panels. Starts from the bias where k_begin is 0, else from y; writes results where k_end is k.
struct Tile {
    const uint8_t* panels;
    int64_t panel_bytes;
    const float* x;
    int64_t x_stride;
    int64_t k_begin;
    int64_t k_end;
    int64_t k;
    // A line of each panel is fetched every `fetch_step` values of k. A lone tile fetches its own panels, ahead of itself;
    // of several each fetches a share of the block that comes next.
    const uint8_t* fetch;
    int64_t fetch_step;
    float* y;
    int64_t y_stride;
    int64_t columns;  // that exist, from the first panel of the tile on
    float lo;
    float hi;

    const float* bias(int panel) const { return reinterpret_cast<const float*>(panels + panel * panel_bytes); }

    // Those of k_begin.
    template <typename Element>
    const Element* weights(int panel) const {
        return reinterpret_cast<const Element*>(bias(panel) + kColumns) + k_begin * kColumns;
    }
};

using TileFunction = void (*)(const Tile& tile);

// Each tier defines these two.
template <typename Element, int kHeight, int kPanels>
void multiply_tile(const Tile& tile);
void fill_nan(float* y, int64_t columns);

inline RowTiles row_tiles(int64_t m) { return {m, (m + kMaxHeight - 1) / kMaxHeight}; }

inline int64_t lhs_pieces(int64_t m) { return row_tiles(m).count; }

template <typename Element>
void pack_lhs(const MatMul& mm, int64_t piece) {
    const RowTiles tiles = row_tiles(mm.m);
    for (int64_t row = tiles.first(piece); row < tiles.first(piece + 1); ++row) pack_row<Element>(mm, row);
}

// by_panels[panels - 1][height - 1] multiplies a tile; tiles are up to `max_panels` wide.
template <typename Element>
void run_tiles(const MatMul& mm, const TileFunction* const* by_panels, int64_t max_panels, int64_t n_begin,
               int64_t n_end) {
    const RowTiles tiles = row_tiles(mm.m);
    // A lone tile gains nothing from blocks.
    const int64_t block = tiles.count == 1 || mm.k < kBlock ? mm.k : kBlock;
    constexpr int64_t kStep = kColumns * sizeof(Element);  // bytes of a panel for a value of k
    const int64_t share = (block * kStep + kLine * tiles.count - 1) / (kLine * tiles.count);  // lines of a panel
    Tile tile;
    tile.panel_bytes = kColumns * static_cast<int64_t>(sizeof(float) + static_cast<uint64_t>(mm.k) * sizeof(Element));
    tile.x_stride = prepared_stride<Element>(mm);
    tile.k = mm.k;
    tile.y_stride = mm.y_stride;
    tile.lo = mm.lo;
    tile.hi = mm.hi;
    for (int64_t n = n_begin; n < n_end; n += max_panels * kColumns) {
        tile.panels = mm.panels + n / kColumns * tile.panel_bytes;
        tile.columns = n_end - n;
        const int64_t panels = (tile.columns + kColumns - 1) / kColumns;
        const TileFunction* const by_height = by_panels[(panels < max_panels ? panels : max_panels) - 1];
        for (tile.k_begin = 0; tile.k_begin < mm.k; tile.k_begin = tile.k_end) {
            tile.k_end = tile.k_begin + block < mm.k ? tile.k_begin + block : mm.k;
            const uint8_t* const weights = tile.panels + kColumns * sizeof(float);
            const uint8_t* next = weights + tile.k_end * kStep;
            if (tiles.count == 1) {
                next = weights + kFetchDistance * kStep;
            } else if (tile.k_end == mm.k) {
                next = weights + max_panels * tile.panel_bytes;
            }
            tile.fetch_step = (tile.k_end - tile.k_begin + share - 1) / share;
            for (int64_t i = 0; i < tiles.count; ++i) {
                tile.fetch = next + i * share * kLine;
                tile.x = prepared_x<Element>(mm) + tiles.first(i) * tile.x_stride;
                tile.y = mm.y + tiles.first(i) * mm.y_stride + n;
                by_height[tiles.height(i) - 1](tile);
            }
        }
    }
    for (int64_t row = 0; row < mm.m; ++row) {
        if (row_is_void<Element>(mm, row)) fill_nan(mm.y + row * mm.y_stride + n_begin, n_end - n_begin);
    }
}

// Several rows take tiles of up to kWidth panels. A lone row takes all it can, for accumulators enough to keep from
// waiting.
template <typename Element, int kPanels>
constexpr TileFunction kRow[1] = {multiply_tile<Element, 1, kPanels>};
template <typename Element>
constexpr const TileFunction* kRowByPanels[kMaxPanels] = {kRow<Element, 1>, kRow<Element, 2>, kRow<Element, 3>,
                                                          kRow<Element, 4>};
template <typename Element, int kPanels>
constexpr TileFunction kRows[kMaxHeight] = {multiply_tile<Element, 1, kPanels>, multiply_tile<Element, 2, kPanels>,
                                            multiply_tile<Element, 3, kPanels>, multiply_tile<Element, 4, kPanels>,
                                            multiply_tile<Element, 5, kPanels>, multiply_tile<Element, 6, kPanels>};
constexpr int narrower(int panels, int width) { return panels < width ? panels : width; }
template <typename Element, int kWidth>
constexpr const TileFunction* kRowsByPanels[kMaxPanels] = {
    kRows<Element, narrower(1, kWidth)>, kRows<Element, narrower(2, kWidth)>, kRows<Element, narrower(3, kWidth)>,
    kRows<Element, narrower(4, kWidth)>};

template <typename Element, int kWidth>
void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
    if (mm.m == 1) {
        run_tiles<Element>(mm, kRowByPanels<Element>, kMaxPanels, n_begin, n_end);
    } else {
        run_tiles<Element>(mm, kRowsByPanels<Element, kWidth>, kWidth, n_begin, n_end);
    }
}

template <typename Element, int kWidth>
constexpr KernelCode tiled_code = {kMaxPanels* kColumns, lhs_size<Element>, lhs_pieces, pack_lhs<Element>,
                                   run<Element, kWidth>};

}  // namespace
}  // namespace ks
