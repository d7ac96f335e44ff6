// SPDX-License-Identifier: Apache-2.0
// What the x64 kernels for int4 groups share: how activations are laid out, and the loop over panels and tiles.
// Included by files that are compiled for different instruction sets, hence the anonymous namespace.
//
// Activations are a sequence of row tiles. A tile is: for each group int32 -8 * sum(qa) of each row, then for each 4
// values along k the 4 int8 codes of each row; after the groups f32 -zp of each row, f32 scale of each row.
#pragma once

#include <float.h>
#include <immintrin.h>
#include <stdint.h>

#include "kernels/kernels.h"
#include "kernels/row_tiles.h"

namespace ks {
namespace {

constexpr int kColumns = 32;  // a panel
constexpr int kLine = 64;     // bytes of a cache line
// Values along k whose codes share their bytes in the packed weights, and the bytes of a panel that hold them.
constexpr int kChunk = 32;
constexpr int kChunkBytes = kColumns * kChunk / 2;
// Bytes that hold two times 4 values of each column: in the low nibbles, and 16 values further on in the high ones.
constexpr int kQuadBytes = kColumns * 4;
// How far ahead a lone tile, which reads every weight once, fetches its own panel from memory.
constexpr int kFetchDistance = 9216;

inline int32_t load_int32(const void* from) {
    int32_t value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
}

inline int64_t lhs_row_bytes(int64_t k, int64_t group) {
    return k + 4 * (k / group) + 8;
}

inline uint64_t lhs_size(int64_t m, int64_t k, int64_t group) {
    return static_cast<uint64_t>(m * lhs_row_bytes(k, group));
}

// How one row of x becomes codes; see ks_matmul(). Where the scale is NaN every result is, whatever the codes.
struct RowQuantizer {
    float multiplier;
    int32_t zero_point;
    float scale;
};

// `lo` and `hi` are the extremes of the row and 0; `has_nan` says that a NaN was left out of them.
inline RowQuantizer row_quantizer(float lo, float hi, bool has_nan) {
    const float range = hi - lo;
    if (has_nan || !(range <= FLT_MAX)) return {0, 0, __builtin_nanf("")};
    const float multiplier = range == 0 ? 1.0f : 255.0f / range;
    if (multiplier > FLT_MAX) return {0, 0, 0};
    const float low = lo * multiplier;
    const float high = hi * multiplier;
    const float error = (-128.0f + low) + (127.0f + high);
    const __m128 zero_point = _mm_set_ss(error > 0 ? -128.0f - low : 127.0f - high);
    const __m128 clamped = _mm_min_ss(_mm_max_ss(zero_point, _mm_set_ss(-128.0f)), _mm_set_ss(127.0f));
    return {multiplier, _mm_cvtss_si32(clamped), 1.0f / multiplier};
}

// The end of a tile of activations.
inline void store_rows(const RowQuantizer* rows, int height, uint8_t* to) {
    for (int r = 0; r < height; ++r, to += 4) {
        const float minus_zero_point = static_cast<float>(-rows[r].zero_point);
        __builtin_memcpy(to, &minus_zero_point, 4);
        __builtin_memcpy(to + 4 * height, &rows[r].scale, 4);
    }
}

using PackFunction = void (*)(const MatMul& mm, const float* x, uint8_t* to);

inline void pack_tile(const MatMul& mm, const RowTiles& tiles, const PackFunction* by_height, int64_t tile) {
    const int64_t row = tiles.first(tile);
    by_height[tiles.height(tile) - 1](mm, mm.x + row * mm.x_stride, mm.lhs + row * lhs_row_bytes(mm.k, mm.group));
}

// A tile of rows by one panel.
struct Tile {
    const uint8_t* panel;
    const uint8_t* lhs;
    int64_t groups;
    int64_t chunks;  // in a group
    // Where to fetch the next panel from, for the tiles that follow: so many lines a chunk. 0: fetch the own panel.
    const uint8_t* next;
    int64_t next_lines;
    float* y;
    int64_t y_stride;
    int64_t columns;
    float lo;
    float hi;
};

using TileFunction = void (*)(const Tile& tile);

inline void run_tiles(const MatMul& mm, const RowTiles& tiles, const TileFunction* by_height, int64_t n_begin,
                      int64_t n_end) {
    const int64_t chunks = mm.k / kChunk;
    const int64_t panel_bytes = chunks * kChunkBytes + kColumns * (2 * (mm.k / mm.group) + 8);
    // Each tile fetches its share of the next panel.
    const int64_t share = (panel_bytes / kLine + tiles.count - 1) / tiles.count;
    Tile tile;
    tile.groups = mm.k / mm.group;
    tile.chunks = mm.group / kChunk;
    tile.next_lines = tiles.count == 1 ? 0 : (share + chunks - 1) / chunks;
    tile.y_stride = mm.y_stride;
    tile.lo = mm.lo;
    tile.hi = mm.hi;
    for (int64_t n = n_begin; n < n_end; n += kColumns) {
        tile.panel = mm.panels + n / kColumns * panel_bytes;
        tile.columns = n_end - n;
        for (int64_t i = 0; i < tiles.count; ++i) {
            const int64_t row = tiles.first(i);
            tile.lhs = mm.lhs + row * lhs_row_bytes(mm.k, mm.group);
            tile.next = tile.panel + panel_bytes + i * share * kLine;
            tile.y = mm.y + row * mm.y_stride + n;
            by_height[tiles.height(i) - 1](tile);
        }
    }
}

}  // namespace
}  // namespace ks
