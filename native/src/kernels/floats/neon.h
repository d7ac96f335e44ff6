// SPDX-License-Identifier: Apache-2.0
// Floats on NEON, whatever the type of the weights. A tile is 6 rows by a panel: 24 accumulators, 4 vectors of weights,
// one of x; a lone row takes 4 panels at once.
#pragma once

#include "kernels/floats/neon_row.h"
#include "kernels/floats/tiles.h"
#include "kernels/neon.h"

namespace ks {
namespace {

constexpr int kVectors = 4;  // a panel

// Each type of weights defines these two: 4 weights as f32, and 4 activations rounded to the type.
template <typename Element>
float32x4_t load_weights(const Element* weights);
template <typename Element>
float32x4_t round_to(float32x4_t x);

template <typename Element, int kHeight, int kPanels>
void multiply_tile(const Tile& tile) {
    float32x4_t acc[kHeight][kPanels][kVectors];
#pragma GCC unroll 8
    for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
            const int64_t column = p * kColumns + 4 * v;
            const float32x4_t bias = vld1q_f32(tile.bias(p) + 4 * v);
#pragma GCC unroll 8
            for (int r = 0; r < kHeight; ++r) {
                acc[r][p][v] =
                    tile.k_begin == 0 ? bias : load_first(tile.y + r * tile.y_stride + column, tile.columns - column);
            }
        }
    }

    const Element* weights = tile.weights<Element>(0);
    const int64_t panel_stride = tile.panel_bytes / static_cast<int64_t>(sizeof(Element));
    const float* x = tile.x + tile.k_begin;
    for (int64_t i = tile.k_begin; i < tile.k_end; ++i, ++x, weights += kColumns) {
#pragma GCC unroll 8
        for (int p = 0; p < kPanels; ++p) {
            float32x4_t w[kVectors];
#pragma GCC unroll 4
            for (int v = 0; v < kVectors; ++v) w[v] = load_weights(weights + p * panel_stride + 4 * v);
#pragma GCC unroll 8
            for (int r = 0; r < kHeight; ++r) {
                const float32x4_t value = vld1q_dup_f32(x + r * tile.x_stride);
#pragma GCC unroll 4
                for (int v = 0; v < kVectors; ++v) acc[r][p][v] = vfmaq_f32(acc[r][p][v], value, w[v]);
            }
        }
    }

    // A NaN passes through the bounds, and arithmetic here makes and keeps the quiet one alone.
    const float32x4_t lo = vdupq_n_f32(tile.lo);
    const float32x4_t hi = vdupq_n_f32(tile.hi);
#pragma GCC unroll 8
    for (int r = 0; r < kHeight; ++r) {
#pragma GCC unroll 8
        for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 4
            for (int v = 0; v < kVectors; ++v) {
                const int64_t column = p * kColumns + 4 * v;
                const float32x4_t value =
                    tile.k_end == tile.k ? vminq_f32(vmaxq_f32(acc[r][p][v], lo), hi) : acc[r][p][v];
                store_first(tile.y + r * tile.y_stride + column, tile.columns - column, value);
            }
        }
    }
}

template <typename Element>
void round_row(const float* row, int64_t k, float* rounded) {
    for (int64_t i = 0; i < k; i += 4) store_first(rounded + i, k - i, round_to<Element>(load_first(row + i, k - i)));
}

void fill_nan(float* y, int64_t columns) {
    for (int64_t n = 0; n < columns; ++n) y[n] = bits_to_float(kQuietNan);
}

template <typename Element>
constexpr KernelCode kCode = tiled_code<Element, 1>;

}  // namespace
}  // namespace ks
