// SPDX-License-Identifier: Apache-2.0
// Floats on AVX-512, whatever the type of the weights. A tile is 6 rows by 4 panels: 24 accumulators, 4 vectors of
// weights, one of x.
#pragma once

#include "kernels/avx512.h"
#include "kernels/floats/tiles.h"

namespace ks {
namespace {

// Each type of weights defines these two: 16 weights as f32, and 16 activations rounded to the type (f32 needs none).
template <typename Element>
__m512 load_weights(const Element* weights);
template <typename Element>
__m512 round_to(__m512 x);

template <typename Element, int kHeight, int kPanels>
void multiply_tile(const Tile& tile) {
    __mmask16 used[kPanels];
    __m512 acc[kHeight][kPanels];
#pragma GCC unroll 8
    for (int p = 0; p < kPanels; ++p) {
        used[p] = first_lanes(tile.columns - p * kColumns);
        const __m512 bias = _mm512_loadu_ps(tile.bias(p));
#pragma GCC unroll 8
        for (int r = 0; r < kHeight; ++r) {
            acc[r][p] =
                tile.k_begin == 0 ? bias : _mm512_maskz_loadu_ps(used[p], tile.y + r * tile.y_stride + p * kColumns);
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
        __m512 w[kPanels];
#pragma GCC unroll 8
        for (int p = 0; p < kPanels; ++p) w[p] = load_weights(weights + p * panel_stride);
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

bool all_below(const float* row, int64_t k, uint32_t magnitude) {
    const __m512i limit = _mm512_set1_epi32(static_cast<int32_t>(magnitude));
    const __m512i mask = _mm512_set1_epi32(static_cast<int32_t>(kMagnitudeMask));
    unsigned found = 0;
    for (int64_t i = 0; i < k; i += 16) {
        const __m512i bits = _mm512_castps_si512(_mm512_maskz_loadu_ps(first_lanes(k - i), row + i));
        found |= _mm512_cmpge_epi32_mask(_mm512_and_si512(bits, mask), limit);
    }
    return found == 0;
}

template <typename Element>
void round_row(const float* row, int64_t k, float* rounded) {
    for (int64_t i = 0; i < k; i += 16) {
        const __mmask16 used = first_lanes(k - i);
        _mm512_mask_storeu_ps(rounded + i, used, round_to<Element>(_mm512_maskz_loadu_ps(used, row + i)));
    }
}

void fill_nan(float* y, int64_t columns) {
    const __m512 nan = _mm512_set1_ps(bits_to_float(kQuietNan));
    for (int64_t n = 0; n < columns; n += 16) _mm512_mask_storeu_ps(y + n, first_lanes(columns - n), nan);
}

template <typename Element>
constexpr KernelCode kCode = tiled_code<Element, 4>;

}  // namespace
}  // namespace ks
