// SPDX-License-Identifier: Apache-2.0
// A kernel for a family on AMX: the loop over panels, parts of k and tiles of rows. Included after amx.h.
#pragma once

#include <utility>

namespace ks {
namespace {

template <typename Family>
class AmxKernel {
    using GroupRow = typename Family::GroupRow;
    using EndRow = typename Family::EndRow;
    using AddFunction = void (*)(const Groups&, const TileOfPanel<int32_t>*, int64_t, TileOfPanel<float>&);

    const MatMul& mm;
    const RowTiles tiles;
    const int64_t chunks;  // in a group
    const int64_t groups;
    const int64_t group_bytes;  // in the panel
    const uint8_t* panel;
    Workspace work;

    explicit AmxKernel(const MatMul& matmul)
        : mm(matmul),
          tiles(row_tiles(mm.m)),
          chunks(group_values<Family>(mm.k, mm.group) / kChunk),
          groups(padded_k(mm.k) / kChunk / chunks),
          group_bytes(chunks * kChunkBytes<Family> + kGroupEndBytes<Family>) {}

    int64_t panel_bytes() const { return groups * group_bytes + kColumns * Family::kEndBytes; }

    static int64_t row_bytes(int64_t k, int64_t group) { return lhs_row_bytes<Family, kChunk / kQuads>(k, group); }

    // Activations of a tile of rows, from a group on.
    const uint8_t* lhs(int64_t tile, int64_t group) const {
        return mm.lhs + tiles.first(tile) * row_bytes(mm.k, mm.group) + group * lhs_step(tile);
    }
    int64_t lhs_step(int64_t tile) const { return tiles.height(tile) * (kBytes<GroupRow> + chunks * kChunk); }

    Rows rows(int64_t tile, int64_t count, int64_t group, int64_t chunk) const {
        Rows result;
        for (int64_t t = 0; t < count; ++t) {
            const int64_t height = tiles.height(tile + t);
            result.step[t] = height * kChunk;
            result.codes[t] = lhs(tile + t, group) + height * kBytes<GroupRow> + chunk * result.step[t];
        }
        return result;
    }

    // Chunks of a group as int8: unpacked, where they are not so already.
    const uint8_t* unpack(int64_t group, int64_t begin, int64_t count, uint8_t* to) {
        const uint8_t* const from = panel + group * group_bytes + begin * kChunkBytes<Family>;
        if constexpr (Family::kBits == 8) return from;
        for (int64_t c = 0; c < count; ++c) {
            unpack_chunk<Family>(from + c * kChunkBytes<Family>, to + c * kUnpackedChunk);
        }
        return to;
    }

    // Fetches a share of the `bytes` that follow those that are worked on: each tile, or two, fetches one.
    void fetch_next(const uint8_t* next, int64_t bytes, int64_t tile) const {
        const int64_t shares = (tiles.count + 1) / kRowTilesAtOnce;
        const int64_t lines = (bytes / kLine + shares - 1) / shares;
        const int64_t first = tile / kRowTilesAtOnce * lines;
        for (int64_t i = 0; i < lines; ++i) __builtin_prefetch(next + (first + i) * kLine, 0, 2);
    }

    template <int... kMore>
    void add(int64_t tile, int64_t group, int64_t count, const TileOfPanel<int32_t>* sums, int64_t sums_step,
             std::integer_sequence<int, kMore...>) {
        static constexpr AddFunction by_height[] = {add_groups<Family, kMinHeight + kMore>...};
        const uint8_t* const columns = panel + group * group_bytes + chunks * kChunkBytes<Family>;
        const Groups part = {lhs(tile, group), lhs_step(tile), columns, group_bytes, count, group == 0};
        by_height[tiles.height(tile) - kMinHeight](part, sums, sums_step, work.acc[tile]);
    }

    void add(int64_t tile, int64_t group, int64_t count, const TileOfPanel<int32_t>* sums, int64_t sums_step) {
        add(tile, group, count, sums, sums_step, std::make_integer_sequence<int, kMaxHeight - kMinHeight + 1>());
    }

    // Groups that are unpacked, for one or two tiles of rows.
    template <int kRowTiles>
    void multiply_unpacked(int64_t tile, int64_t begin, int64_t count) {
        const Rows first = rows(tile, kRowTiles, begin, 0);
        const int64_t steps[] = {lhs_step(tile), kRowTiles > 1 ? lhs_step(tile + 1) : 0};
        for (int64_t g = 0; g < count; g += Workspace::kGroups) {
            const int64_t some = count - g < Workspace::kGroups ? count - g : Workspace::kGroups;
            for (int64_t i = 0; i < some; ++i) {
                Rows rows = first;
                for (int t = 0; t < kRowTiles; ++t) rows.codes[t] += (g + i) * steps[t];
                clear_sum_tiles();
                multiply_chunks<Family, kRowTiles>(rows, work.codes + (g + i) * chunks * kUnpackedChunk, chunks);
                store_sum_tiles<kRowTiles>(&work.sums[i * kRowTilesAtOnce]);
            }
            for (int t = 0; t < kRowTiles; ++t) add(tile + t, begin + g, some, &work.sums[t], kRowTilesAtOnce);
        }
    }

    void multiply_small_groups() {
        const int64_t at_once = Workspace::kChunks / chunks;
        for (int64_t begin = 0; begin < groups; begin += at_once) {
            const int64_t count = groups - begin < at_once ? groups - begin : at_once;
            for (int64_t g = 0; g < count; ++g) unpack(begin + g, 0, chunks, work.codes + g * chunks * kUnpackedChunk);
            for (int64_t tile = 0; tile < tiles.count; tile += kRowTilesAtOnce) {
                fetch_next(panel + (begin + count) * group_bytes, count * group_bytes, tile);
                tiles.count - tile > 1 ? multiply_unpacked<2>(tile, begin, count)
                                       : multiply_unpacked<1>(tile, begin, count);
            }
        }
    }

    template <int kRowTiles>
    void multiply_part(int64_t tile, int64_t group, int64_t begin, int64_t count, const uint8_t* weights) {
        begin == 0 ? clear_sum_tiles() : load_sum_tiles<kRowTiles>(&work.sums[tile]);
        multiply_chunks<Family, kRowTiles>(rows(tile, kRowTiles, group, begin), weights, count);
        store_sum_tiles<kRowTiles>(&work.sums[tile]);
    }

    // Groups, channels among them, that are unpacked in parts.
    void multiply_large_groups() {
        for (int64_t g = 0; g < groups; ++g) {
            for (int64_t begin = 0; begin < chunks; begin += Workspace::kChunks) {
                const int64_t count = chunks - begin < Workspace::kChunks ? chunks - begin : Workspace::kChunks;
                const uint8_t* const weights = unpack(g, begin, count, work.codes);
                const uint8_t* const next = panel + g * group_bytes + (begin + count) * kChunkBytes<Family>;
                for (int64_t tile = 0; tile < tiles.count; tile += kRowTilesAtOnce) {
                    fetch_next(next, count * kChunkBytes<Family>, tile);
                    tiles.count - tile > 1 ? multiply_part<2>(tile, g, begin, count, weights)
                                           : multiply_part<1>(tile, g, begin, count, weights);
                }
            }
            for (int64_t tile = 0; tile < tiles.count; ++tile) add(tile, g, 1, &work.sums[tile], 0);
        }
    }

    void finish(float* y, int64_t columns) const {
        const uint8_t* const panel_end = panel + groups * group_bytes;
        const uint8_t* const bias = panel_end + kColumns * Family::kEndBytes - kColumns * sizeof(float);
        const __m512 lo = _mm512_set1_ps(mm.lo);
        const __m512 hi = _mm512_set1_ps(mm.hi);
        for (int64_t i = 0; i < tiles.count; ++i) {
            const uint8_t* end_rows = lhs(i, groups);
            for (int r = 0; r < tiles.height(i); ++r, y += mm.y_stride, end_rows += kBytes<EndRow>) {
                EndRow row;
                __builtin_memcpy(&row, end_rows, kBytes<EndRow>);
                for (int tile = 0; tile < kPanelTiles; ++tile) {
                    const int column = tile * kTileColumns;
                    const __m512 value =
                        _mm512_add_ps(Family::finish(_mm512_load_ps(work.acc[i][tile][r]), panel_end, column, row),
                                      load_floats(bias + column * sizeof(float)));
                    _mm512_mask_storeu_ps(y + column, first_lanes(columns - column), clamp(value, lo, hi));
                }
            }
        }
    }

    static uint64_t lhs_size(int64_t m, int64_t k, int64_t group) {
        return static_cast<uint64_t>(m * row_bytes(k, group)) + kChunk;  // the last tile is read as if it were a row taller
    }

    static int64_t lhs_pieces(int64_t m) { return row_tiles(m).count; }

    static void pack_lhs(const MatMul& mm, int64_t piece) {
        const RowTiles tiles = row_tiles(mm.m);
        const int64_t first = tiles.first(piece);
        const float* const x = mm.x + first * mm.x_stride;
        for (int r = 0; r < tiles.height(piece); ++r) {
            pack_row<Family>(mm, x + r * mm.x_stride, r, tiles.height(piece), mm.lhs + first * row_bytes(mm.k, mm.group));
        }
    }

    static void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
        AmxKernel kernel(mm);
        const TileConfig config = tile_config(kernel.tiles.height(0));
        const TileRegisters registers(config);
        for (int64_t n = n_begin; n < n_end; n += kColumns) {
            kernel.panel = mm.panels + n / kColumns * kernel.panel_bytes();
            if (Family::kGrouping != Grouping::kChannel && kernel.chunks <= Workspace::kChunks) {
                kernel.multiply_small_groups();
            } else {
                kernel.multiply_large_groups();
            }
            kernel.finish(mm.y + n, n_end - n);
        }
    }

  public:
    static constexpr KernelCode kCode = {kColumns, lhs_size, lhs_pieces, pack_lhs, run};
};

}  // namespace
}  // namespace ks
