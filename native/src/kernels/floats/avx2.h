// SPDX-License-Identifier: Apache-2.0
// Floats on AVX2, whatever the type of the weights. A tile is 6 rows by a panel: 12 accumulators, 2 vectors of weights,
// one of x; a lone row takes 4 panels at once.
#pragma once

#include "kernels/avx2.h"
#include "kernels/floats/tiles.h"

namespace ks {
namespace {

constexpr int kVectors = 2;  // a panel

// Each type of weights defines these two: 8 weights as f32, and 8 activations rounded to the type (f32 needs none).
template <typename Element>
__m256 load_weights(const Element* weights);
template <typename Element>
__m256 round_to(__m256 x);

template <typename Element, int kHeight, int kPanels>
void multiply_tile(const Tile& tile) {
    __m256 acc[kHeight][kPanels][kVectors];
#pragma GCC unroll 8
    for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) {
            const int64_t column = p * kColumns + 8 * v;
            const __m256 bias = _mm256_load_ps(tile.bias(p) + 8 * v);
            const __m256i used = first_lanes(tile.columns - column);
#pragma GCC unroll 8
            for (int r = 0; r < kHeight; ++r) {
                acc[r][p][v] = tile.k_begin == 0 ? bias : _mm256_maskload_ps(tile.y + r * tile.y_stride + column, used);
            }
        }
    }

    const Element* weights = tile.weights<Element>(0);
    const int64_t panel_stride = tile.panel_bytes / static_cast<int64_t>(sizeof(Element));
    const float* x = tile.x + tile.k_begin;
    const uint8_t* fetch = tile.fetch;
    int64_t until_fetch = tile.fetch_step;
    for (int64_t i = tile.k_begin; i < tile.k_end; ++i, ++x, weights += kColumns) {
        if (--until_fetch == 0) {
#pragma GCC unroll 8
            for (int p = 0; p < kPanels; ++p) _mm_prefetch(fetch + p * tile.panel_bytes, _MM_HINT_T0);
            fetch += kLine;
            until_fetch = tile.fetch_step;
        }
        __m256 w[kPanels][kVectors];
#pragma GCC unroll 8
        for (int p = 0; p < kPanels; ++p) {
            w[p][0] = load_weights(weights + p * panel_stride);
            w[p][1] = load_weights(weights + p * panel_stride + 8);
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

bool all_below(const float* row, int64_t k, uint32_t magnitude) {
    const __m256i largest_allowed = _mm256_set1_epi32(static_cast<int32_t>(magnitude - 1));
    const __m256i mask = _mm256_set1_epi32(static_cast<int32_t>(kMagnitudeMask));
    __m256i found = _mm256_setzero_si256();
    for (int64_t i = 0; i < k; i += 8) {
        const __m256i bits = _mm256_castps_si256(_mm256_maskload_ps(row + i, first_lanes(k - i)));
        found = _mm256_or_si256(found, _mm256_cmpgt_epi32(_mm256_and_si256(bits, mask), largest_allowed));
    }
    return _mm256_testz_si256(found, found);
}

template <typename Element>
void round_row(const float* row, int64_t k, float* rounded) {
    for (int64_t i = 0; i < k; i += 8) {
        store_first(rounded + i, k - i, round_to<Element>(_mm256_maskload_ps(row + i, first_lanes(k - i))));
    }
}

void fill_nan(float* y, int64_t columns) {
    const __m256 nan = _mm256_set1_ps(bits_to_float(kQuietNan));
    for (int64_t n = 0; n < columns; n += 8) store_first(y + n, columns - n, nan);
}

template <typename Element>
constexpr KernelCode kCode = tiled_code<Element, 1>;

}  // namespace
}  // namespace ks
