// SPDX-License-Identifier: Apache-2.0
// Q4_0, one row at a time by up to four panels, which share what is loaded of the row. `Products` is what the layout of
// the weights decides (kernels/nibbles/dotprod.h).
#pragma once

#include "kernels/q4_0/panels4.h"

namespace ks {
namespace {

constexpr int kRowPanels = 4;

// One row by some panels.
struct RowTile {
    const uint8_t* weights;  // codes of the first block
    int64_t panel_bytes;
    const uint8_t* lhs;
    int64_t blocks;
    const float* bias;
    float* y;
    int64_t columns;
};

// The scale of a block of the row, in every lane; two copies of the row have it four times.
template <typename Products>
float32x4_t load_row_scale(const uint8_t* from) {
    const auto* scale = reinterpret_cast<const float*>(from);
    if constexpr (Products::kCopies * scale_bytes(Products::kRun) == sizeof(float32x4_t)) return vld1q_f32(scale);
    return vdupq_n_f32(*scale);
}

template <typename Products, int kPanels>
void multiply_row(const RowTile& tile, const Bounds& bounds) {
    constexpr int kLhsCodes = Products::kCopies * kChunk;
    const uint8_t* lhs = tile.lhs;
    const uint8_t* weights[kPanels];
    float32x4_t acc[kPanels];
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
        weights[p] = tile.weights + p * tile.panel_bytes;
        acc[p] = vdupq_n_f32(0);
    }
    for (int64_t b = 0; b < tile.blocks; ++b) {
        const typename Products::Row row = Products::load(lhs);
        const float32x4_t scale = load_row_scale<Products>(lhs + kLhsCodes);
#pragma GCC unroll 4
        for (int p = 0; p < kPanels; ++p) {
            int32x4_t sums[Products::kSums];
            clear(sums);
            Products::add(weights[p], row, sums);
            acc[p] =
                vfmaq_f32(acc[p], sums_to_floats(Products::total(sums, 0)), vmulq_f32(load_scales(weights[p]), scale));
            weights[p] += kBlockBytes;
        }
        lhs += kLhsCodes + Products::kCopies * scale_bytes(Products::kRun);
    }
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
        store_first(tile.y + kQuad * p, tile.columns - kQuad * p, finish(acc[p], tile.bias + kQuad * p, bounds));
    }
}

template <typename Products>
struct RowKernel {
    static constexpr int kWidth = kRowPanels * kQuad;
    using Lhs = RowActivations<kLhsPerBlockFloats, Products::kCopies, Products::kRun>;

    static void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
        using Function = void (*)(const RowTile& tile, const Bounds& bounds);
        static constexpr Function by_panels[kRowPanels] = {multiply_row<Products, 1>, multiply_row<Products, 2>,
                                                           multiply_row<Products, 3>, multiply_row<Products, 4>};
        const Bounds bounds(mm);
        const int64_t lhs_stride = Lhs::panel_bytes(mm);
        RowTile tile;
        tile.blocks = mm.k / kChunk;
        tile.panel_bytes = tile.blocks * kBlockBytes;
        for (int64_t n = n_begin; n < n_end; n += kWidth) {
            tile.weights = mm.panels + n / kQuad * tile.panel_bytes + kScaleBytes;
            tile.bias = mm.tail + n;
            tile.columns = n_end - n;
            const int64_t panels = (tile.columns + kQuad - 1) / kQuad;
            const Function multiply = by_panels[(panels < kRowPanels ? panels : kRowPanels) - 1];
            for (int64_t row = 0; row < mm.m; ++row) {
                tile.lhs = mm.lhs + row * lhs_stride;
                tile.y = mm.y + row * mm.y_stride + n;
                multiply(tile, bounds);
            }
        }
    }

    static constexpr KernelCode kCode = {kWidth, Lhs::size, Lhs::pieces, Lhs::pack, run};
};

}  // namespace
}  // namespace ks
