// SPDX-License-Identifier: Apache-2.0
// Q4_0, several rows at once: tiles of up to 16 rows by a panel. The codes of a block are unpacked once for all rows of
// the tile.
//
// `Products` is what an instruction set says of itself (kernels/nibbles), and RowScales: the scales of 4 rows, of
// which of() makes those of a vector of sums.
#pragma once

#include "kernels/q4_0/panels4.h"
#include "kernels/row_tiles.h"

namespace ks {
namespace {

struct Tile {
    const uint8_t* weights;  // codes of the first block
    const uint8_t* lhs;
    int64_t lhs_stride;  // of a panel
    int64_t blocks;
    const float* bias;
    float* y;
    int64_t y_stride;
    int64_t rows;
    int64_t columns;
};

// The codes of a panel.
struct Panel {
    static constexpr int kVectors[] = {0, 16, 32, 48};
};

template <typename Products, int kPanels>
[[gnu::always_inline]] inline void add_blocks(const Tile& tile, float32x4_t (&acc)[kPanels][kPanelRows]) {
    constexpr int kLhsCodes = kPanelRows * kChunk;
    const uint8_t* weights = tile.weights;
    const uint8_t* lhs[kPanels];
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) lhs[p] = tile.lhs + p * tile.lhs_stride;
    for (int64_t b = 0; b < tile.blocks; ++b) {
        int8x16_t codes[kCodeVectors];
        load_chunk<Panel>(weights, codes);
        const typename Products::Columns columns(load_scales(weights));
#pragma GCC unroll 4
        for (int p = 0; p < kPanels; ++p) {
            int32x4_t sums[kPanelRows];
            clear(sums);
            Products::add(codes, lhs[p], sums);
            const typename Products::RowScales rows(reinterpret_cast<const float*>(lhs[p] + kLhsCodes));
#pragma GCC unroll 4
            for (int i = 0; i < kPanelRows; ++i) {
                acc[p][i] = vfmaq_f32(acc[p][i], sums_to_floats(sums[i]), rows.times(columns, i));
            }
            lhs[p] += kLhsCodes + kPanelRows * scale_bytes(Products::kRun);
        }
        weights += kBlockBytes;
    }
}

template <typename Products, int kPanels>
void multiply_tile(const Tile& tile, const Bounds& bounds) {
    float32x4_t acc[kPanels][kPanelRows];
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 4
        for (int i = 0; i < kPanelRows; ++i) acc[p][i] = vdupq_n_f32(0);
    }
    add_blocks<Products>(tile, acc);
    float* y = tile.y;
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
        Products::to_rows(acc[p]);
#pragma GCC unroll 4
        for (int i = 0; i < kPanelRows; ++i, y += tile.y_stride) {
            if (kPanelRows * p + i >= tile.rows) return;
            store_first(y, tile.columns, finish(acc[p][i], tile.bias, bounds));
        }
    }
}

template <typename Products>
struct TileKernel {
    using Lhs = PanelActivations<kLhsPerBlockFloats, kPanelRows, Products::kRun>;

    static void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
        using Function = void (*)(const Tile& tile, const Bounds& bounds);
        static constexpr Function by_panels[kMaxPanels] = {multiply_tile<Products, 1>, multiply_tile<Products, 2>,
                                                           multiply_tile<Products, 3>, multiply_tile<Products, 4>};
        const Bounds bounds(mm);
        const int64_t lhs_panels = Lhs::pieces(mm.m);
        const RowTiles tiles = {lhs_panels, (lhs_panels + kMaxPanels - 1) / kMaxPanels};
        Tile tile;
        tile.lhs_stride = Lhs::panel_bytes(mm);
        tile.blocks = mm.k / kChunk;
        tile.y_stride = mm.y_stride;
        for (int64_t n = n_begin; n < n_end; n += kQuad) {
            tile.weights = mm.panels + n / kQuad * tile.blocks * kBlockBytes + kScaleBytes;
            tile.bias = mm.tail + n;
            tile.columns = n_end - n;
            for (int64_t t = 0; t < tiles.count; ++t) {
                const int64_t first = tiles.first(t);
                tile.lhs = mm.lhs + first * tile.lhs_stride;
                tile.y = mm.y + first * kPanelRows * mm.y_stride + n;
                tile.rows = mm.m - first * kPanelRows;
                by_panels[tiles.height(t) - 1](tile, bounds);
            }
        }
    }

    static constexpr KernelCode kCode = {kQuad, Lhs::size, Lhs::pieces, Lhs::pack, run};
};

}  // namespace
}  // namespace ks
