// SPDX-License-Identifier: Apache-2.0
// What the kernels for weights in codes share whose tiles are vector registers: the loop over panels and tiles. Included
// by files that are compiled for different instruction sets, hence the anonymous namespace.
#pragma once

#include "kernels/codes/family.h"

namespace ks {
namespace {

// How far ahead a lone tile, which reads every weight once, fetches its own panel from memory, and each of several.
constexpr int kFetchDistance = 9216;
constexpr int kFetchDistanceEach = 1152;

// A tile of rows by one panel, or by several that are apart.
struct Tile {
    const uint8_t* panel;
    int panels;
    int64_t panel_step;   // bytes from one to the next
    int64_t column_step;  // in y
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

// Lines of a chunk.
template <typename Family, Grouping kGrouping>
constexpr int kChunkLines =
    (kChunkBytes<Family> + (kGrouping == Grouping::kChannel ? 0 : kGroupEndBytes<Family>)) / kLine;

// Fetches a chunk and, where it is a group, what follows.
template <typename Family, Grouping kGrouping>
[[gnu::always_inline]] inline void fetch_chunk(const uint8_t* from) {
#pragma GCC unroll 16
    for (int i = 0; i < kChunkLines<Family, kGrouping>; ++i) __builtin_prefetch(from + kLine * i);
}

// Fetches what a chunk asks for; `weights` is where its codes are.
template <typename Family, Grouping kGrouping>
[[gnu::always_inline]] inline void fetch(const Tile& tile, const uint8_t* weights, const uint8_t*& next) {
    if (tile.next_lines == 0) fetch_chunk<Family, kGrouping>(weights + kFetchDistance);
    for (int64_t i = 0; i < tile.next_lines; ++i, next += kLine) __builtin_prefetch(next, 0, 2);
}

// Of the tier: how many panels a lone tile of so many rows takes at once, and on this processor.
constexpr int panels_at_once(int height);
int panels_at_once_here(int height);

// How far apart the panels of a tile are that takes `at_once` of `panels`, so that each reads a part of its own from
// end to end: what the processor fetches ahead in several places comes from memory faster than from one. Odd, since
// places that are a multiple of 4 KiB apart would share the sets of a cache.
inline int64_t panels_apart(int64_t panels, int at_once) {
    const int64_t apart = panels / at_once;
    return apart > 0 && apart % 2 == 0 ? apart - 1 : apart;
}

template <typename Family, int kRowQuadBytes>
void run_tiles(const MatMul& mm, const RowTiles& tiles, const TileFunction* by_height, int64_t n_begin, int64_t n_end) {
    const int64_t chunks = padded_k(mm.k) / kChunk;
    const int64_t values = group_values<Family>(mm.k, mm.group);
    const int64_t row_bytes = lhs_row_bytes<Family, kRowQuadBytes>(mm.k, mm.group);
    Tile tile;
    tile.groups = padded_k(mm.k) / values;
    tile.chunks = values / kChunk;
    const int64_t panel_bytes =
        chunks * kChunkBytes<Family> + tile.groups * kGroupEndBytes<Family> + kColumns * Family::kEndBytes;
    // Each tile fetches its share of the next panel.
    const int64_t share = (panel_bytes / kLine + tiles.count - 1) / tiles.count;
    tile.next_lines = tiles.count == 1 ? 0 : (share + chunks - 1) / chunks;
    tile.y_stride = mm.y_stride;
    tile.lo = mm.lo;
    tile.hi = mm.hi;
    const auto multiply = [&](int64_t n, int panels, int64_t apart) {
        tile.panel = mm.panels + n / kColumns * panel_bytes;
        tile.panels = panels;
        tile.panel_step = apart * panel_bytes;
        tile.column_step = apart * kColumns;
        tile.columns = n_end - n;
        for (int64_t i = 0; i < tiles.count; ++i) {
            const int64_t row = tiles.first(i);
            tile.lhs = mm.lhs + row * row_bytes;
            tile.next = tile.panel + panel_bytes + i * share * kLine;
            tile.y = mm.y + row * mm.y_stride + n;
            by_height[tiles.height(i) - 1](tile);
        }
    };
    int64_t n = n_begin;
    const int at_once = tiles.count == 1 ? panels_at_once_here(tiles.height(0)) : 1;
    while (at_once > 1 && n_end - n >= at_once * kColumns) {
        const int64_t apart = panels_apart((n_end - n) / kColumns, at_once);
        for (int64_t i = 0; i < apart; ++i) multiply(n + i * kColumns, at_once, apart);
        n += apart * at_once * kColumns;
    }
    for (; n < n_end; n += kColumns) multiply(n, 1, 1);
}

}  // namespace
}  // namespace ks
