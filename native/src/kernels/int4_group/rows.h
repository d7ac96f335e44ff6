// SPDX-License-Identifier: Apache-2.0
// int4 groups, one row at a time by two panels, which share what is loaded of the row.
// `Products` is what the layout of the weights decides (kernels/nibbles/dotprod.h).
#pragma once

#include "kernels/int4_group/panels8.h"

namespace ks {
namespace {

constexpr int kHalves = kColumns / kQuad;

// One row by some panels.
struct RowTile {
    const uint8_t* panels;
    const uint8_t* lhs;
    const uint8_t* lhs_end;
    float* y;
    int64_t columns;
};

template <typename Products>
using PanelSums = int32x4_t[Products::kSums];

// Adds a group of a panel to its floats.
template <typename Products>
[[gnu::always_inline]] inline void add_sums(const PanelSums<Products>& sums, const uint8_t* group_scales,
                                            float32x4_t (&acc)[kHalves]) {
    const uint16x8_t scales = vreinterpretq_u16_u8(vld1q_u8(group_scales));
    acc[0] = vfmaq_f32(acc[0], sums_to_floats(Products::total(sums, 0)),
                       vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(scales), 16)));
    acc[1] = vfmaq_f32(acc[1], sums_to_floats(Products::total(sums, 1)),
                       vreinterpretq_f32_u32(vshll_high_n_u16(scales, 16)));
}

// Groups of one chunk: a panel after the other, which needs fewer registers.
template <typename Products, int kPanels>
[[gnu::always_inline]] inline void add_chunks(const RowTile& tile, const Shape& shape,
                                              float32x4_t (&acc)[kPanels][kHalves]) {
    const uint8_t* lhs = tile.lhs;
    const uint8_t* weights[kPanels];
#pragma GCC unroll 2
    for (int p = 0; p < kPanels; ++p) weights[p] = tile.panels + p * shape.panel_bytes;
    for (int64_t g = 0; g < shape.groups; ++g, lhs += kChunk * Products::kCopies) {
        const typename Products::Row row = Products::load(lhs);
#pragma GCC unroll 2
        for (int p = 0; p < kPanels; ++p) {
            PanelSums<Products> sums;
            clear(sums);
            Products::add(weights[p], row, sums);
            add_sums<Products>(sums, weights[p] + kChunkBytes, acc[p]);
            weights[p] += kChunkBytes + kScaleBytes;
        }
    }
}

template <typename Products, int kPanels>
[[gnu::always_inline]] inline void add_groups(const RowTile& tile, const Shape& shape,
                                              float32x4_t (&acc)[kPanels][kHalves]) {
    const uint8_t* lhs = tile.lhs;
    const uint8_t* weights[kPanels];
#pragma GCC unroll 2
    for (int p = 0; p < kPanels; ++p) weights[p] = tile.panels + p * shape.panel_bytes;
    for (int64_t g = 0; g < shape.groups; ++g) {
        PanelSums<Products> sums[kPanels];
#pragma GCC unroll 2
        for (int p = 0; p < kPanels; ++p) clear(sums[p]);
        for (int64_t c = 0; c < shape.chunks; ++c, lhs += kChunk * Products::kCopies) {
            const typename Products::Row row = Products::load(lhs);
#pragma GCC unroll 2
            for (int p = 0; p < kPanels; ++p) {
                Products::add(weights[p], row, sums[p]);
                weights[p] += kChunkBytes;
            }
        }
#pragma GCC unroll 2
        for (int p = 0; p < kPanels; ++p) {
            add_sums<Products>(sums[p], weights[p], acc[p]);
            weights[p] += kScaleBytes;
        }
    }
}

template <typename Products, int kPanels>
void multiply_row(const RowTile& tile, const Shape& shape, const Bounds& bounds) {
    float32x4_t acc[kPanels][kHalves];
#pragma GCC unroll 2
    for (int p = 0; p < kPanels; ++p) acc[p][0] = acc[p][1] = vdupq_n_f32(0);
    if (shape.chunks == 1) {
        add_chunks<Products>(tile, shape, acc);
    } else {
        add_groups<Products>(tile, shape, acc);
    }
    const float minus_zero_point = static_cast<float>(*reinterpret_cast<const int32_t*>(tile.lhs_end));
    const float scale = reinterpret_cast<const float*>(tile.lhs_end)[Products::kCopies];
#pragma GCC unroll 2
    for (int p = 0; p < kPanels; ++p) {
        const uint8_t* end = tile.panels + (p + 1) * shape.panel_bytes - kEndBytes;
#pragma GCC unroll 2
        for (int h = 0; h < kHalves; ++h) {
            const int column = kQuad * h;
            const float32x4_t results =
                finish(acc[p][h], ColumnsEnd(end + column * sizeof(float)), minus_zero_point, scale, bounds);
            store_first(tile.y + kColumns * p + column, tile.columns - kColumns * p - column, results);
        }
    }
}

template <typename Products>
struct RowKernel {
    static constexpr int kWidth = 2 * kColumns;
    using Lhs = RowActivations<kLhsPerRow, Products::kCopies, Products::kRun>;

    static void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
        const Shape shape(mm);
        const Bounds bounds(mm);
        const int64_t lhs_stride = Lhs::panel_bytes(mm);
        RowTile tile;
        for (int64_t n = n_begin; n < n_end; n += kWidth) {
            tile.panels = mm.panels + n / kColumns * shape.panel_bytes;
            tile.columns = n_end - n;
            const auto multiply = tile.columns > kColumns ? multiply_row<Products, 2> : multiply_row<Products, 1>;
            for (int64_t row = 0; row < mm.m; ++row) {
                tile.lhs = mm.lhs + row * lhs_stride;
                tile.lhs_end = tile.lhs + mm.k * Products::kCopies;
                tile.y = mm.y + row * mm.y_stride + n;
                multiply(tile, shape, bounds);
            }
        }
    }

    static constexpr KernelCode kCode = {kWidth, Lhs::size, Lhs::pieces, Lhs::pack, run};
};

}  // namespace
}  // namespace ks
