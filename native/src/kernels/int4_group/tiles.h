// SPDX-License-Identifier: Apache-2.0
// int4 groups, several rows at once: tiles of up to 16 rows by half a panel. The codes of a half are unpacked once for
// all rows of the tile.
//
// `Products` is what an instruction set says of itself (kernels/nibbles), and where the layout has the codes of a half:
//   kHalfBytes  from those of columns 0 to 3 to those of columns 4 to 7
//   kVectors    16 bytes each, relative to the first of them
#pragma once

#include "kernels/int4_group/panels8.h"
#include "kernels/row_tiles.h"

namespace ks {
namespace {

// A tile by half a panel.
struct HalfTile {
    const uint8_t* weights;
    const uint8_t* scales;
    const uint8_t* end;
    const uint8_t* lhs;
    int64_t lhs_stride;  // of a panel
    int64_t lhs_codes;   // bytes of a panel's codes
    float* y;
    int64_t y_stride;
    int64_t rows;
    int64_t columns;
};

// Adds a group to the floats of 4 rows.
template <typename Products>
[[gnu::always_inline]] inline void add_group(const int32x4_t (&sums)[kPanelRows],
                                             const typename Products::Columns& scales, float32x4_t (&acc)[kPanelRows]) {
#pragma GCC unroll 4
    for (int i = 0; i < kPanelRows; ++i) acc[i] = vfmaq_f32(acc[i], sums_to_floats(sums[i]), scales.of(i));
}

// Groups of one chunk: 4 rows after the other, so that all floats stay in registers.
template <typename Products, int kPanels>
[[gnu::always_inline]] inline void add_chunks(const HalfTile& tile, const Shape& shape,
                                              float32x4_t (&acc)[kPanels][kPanelRows]) {
    const uint8_t* weights = tile.weights;
    const uint8_t* scales = tile.scales;
    const uint8_t* lhs[kPanels];
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) lhs[p] = tile.lhs + p * tile.lhs_stride;
    for (int64_t g = 0; g < shape.groups; ++g) {
        int8x16_t codes[kCodeVectors];
        load_chunk<Products>(weights, codes);
        const typename Products::Columns of_group(load_scales(scales));
#pragma GCC unroll 4
        for (int p = 0; p < kPanels; ++p) {
            int32x4_t sums[kPanelRows];
            clear(sums);
            Products::add(codes, lhs[p], sums);
            add_group<Products>(sums, of_group, acc[p]);
            lhs[p] += kPanelRows * kChunk;
        }
        weights += kChunkBytes + kScaleBytes;
        scales += kChunkBytes + kScaleBytes;
    }
}

// Longer groups: the sums of all rows stay in registers over a group, the floats in memory.
template <typename Products, int kPanels>
[[gnu::always_inline]] inline void add_groups(const HalfTile& tile, const Shape& shape,
                                              float32x4_t (&acc)[kPanels][kPanelRows]) {
    const uint8_t* weights = tile.weights;
    const uint8_t* scales = tile.scales;
    const uint8_t* lhs = tile.lhs;
    for (int64_t g = 0; g < shape.groups; ++g) {
        int32x4_t sums[kPanels][kPanelRows];
#pragma GCC unroll 4
        for (int p = 0; p < kPanels; ++p) clear(sums[p]);
        for (int64_t c = 0; c < shape.chunks; ++c) {
            int8x16_t codes[kCodeVectors];
            load_chunk<Products>(weights, codes);
#pragma GCC unroll 4
            for (int p = 0; p < kPanels; ++p) Products::add(codes, lhs + p * tile.lhs_stride, sums[p]);
            weights += kChunkBytes;
            lhs += kPanelRows * kChunk;
        }
        const typename Products::Columns of_group(load_scales(scales));
#pragma GCC unroll 4
        for (int p = 0; p < kPanels; ++p) add_group<Products>(sums[p], of_group, acc[p]);
        weights += kScaleBytes;
        scales += shape.chunks * kChunkBytes + kScaleBytes;
    }
}

// Finishes and stores the floats of 4 rows, or as many as there are.
template <typename Products, int kPanels, bool kFull>
[[gnu::always_inline]] inline void store_rows(const HalfTile& tile, float32x4_t (&acc)[kPanels][kPanelRows],
                                              const Bounds& bounds) {
    const ColumnsEnd end(tile.end);
    const uint8_t* lhs_end = tile.lhs + tile.lhs_codes;
    const int64_t lhs_stride = tile.lhs_stride;
    const int64_t y_stride = tile.y_stride;
    float* y = tile.y;
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p, lhs_end += lhs_stride) {
        const float32x4_t minus_zero_points = vcvtq_f32_s32(vreinterpretq_s32_u8(vld1q_u8(lhs_end)));
        const float32x4_t scales = vreinterpretq_f32_u8(vld1q_u8(lhs_end + sizeof minus_zero_points));
        Products::to_rows(acc[p]);
#pragma GCC unroll 4
        for (int i = 0; i < kPanelRows; ++i, y += y_stride) {
            const float32x4_t results = finish(acc[p][i], end, minus_zero_points[i], scales[i], bounds);
            if constexpr (kFull) {
                vst1q_f32(y, results);
            } else {
                if (kPanelRows * p + i >= tile.rows) return;
                store_first(y, tile.columns, results);
            }
        }
    }
}

template <typename Products, int kPanels, bool kOneChunk>
void multiply_half(const HalfTile& tile, const Shape& shape, const Bounds& bounds) {
    float32x4_t acc[kPanels][kPanelRows];
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 4
        for (int i = 0; i < kPanelRows; ++i) acc[p][i] = vdupq_n_f32(0);
    }
    if constexpr (kOneChunk) {
        add_chunks<Products>(tile, shape, acc);
    } else {
        add_groups<Products>(tile, shape, acc);
    }
    if (tile.rows >= kPanels * kPanelRows && tile.columns >= kQuad) {
        store_rows<Products, kPanels, true>(tile, acc, bounds);
    } else {
        store_rows<Products, kPanels, false>(tile, acc, bounds);
    }
}

template <typename Products>
struct TileKernel {
    using Lhs = PanelActivations<kLhsPerRow, kPanelRows, Products::kRun>;

    template <bool kOneChunk>
    static void multiply(const MatMul& mm, int64_t n_begin, int64_t n_end) {
        using Function = void (*)(const HalfTile& tile, const Shape& shape, const Bounds& bounds);
        static constexpr Function by_panels[kMaxPanels] = {
            multiply_half<Products, 1, kOneChunk>, multiply_half<Products, 2, kOneChunk>,
            multiply_half<Products, 3, kOneChunk>, multiply_half<Products, 4, kOneChunk>};
        const Shape shape(mm);
        const Bounds bounds(mm);
        const int64_t lhs_panels = Lhs::pieces(mm.m);
        const RowTiles tiles = {lhs_panels, (lhs_panels + kMaxPanels - 1) / kMaxPanels};
        HalfTile tile;
        tile.lhs_stride = Lhs::panel_bytes(mm);
        tile.lhs_codes = kPanelRows * mm.k;
        tile.y_stride = mm.y_stride;
        for (int64_t n = n_begin; n < n_end; n += kColumns) {
            const uint8_t* panel = mm.panels + n / kColumns * shape.panel_bytes;
            for (int64_t t = 0; t < tiles.count; ++t) {
                const int64_t first = tiles.first(t);
                tile.lhs = mm.lhs + first * tile.lhs_stride;
                tile.rows = mm.m - first * kPanelRows;
                for (int64_t column = 0; column < kColumns && n + column < n_end; column += kQuad) {
                    tile.weights = panel + column / kQuad * Products::kHalfBytes;
                    tile.scales = panel + shape.chunks * kChunkBytes + column * static_cast<int64_t>(sizeof(uint16_t));
                    tile.end = panel + shape.panel_bytes - kEndBytes + column * static_cast<int64_t>(sizeof(float));
                    tile.y = mm.y + first * kPanelRows * mm.y_stride + n + column;
                    tile.columns = n_end - n - column;
                    by_panels[tiles.height(t) - 1](tile, shape, bounds);
                }
            }
        }
    }

    static void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
        mm.group == kChunk ? multiply<true>(mm, n_begin, n_end) : multiply<false>(mm, n_begin, n_end);
    }

    static constexpr KernelCode kCode = {kColumns, Lhs::size, Lhs::pieces, Lhs::pack, run};
};

}  // namespace
}  // namespace ks
