// SPDX-License-Identifier: Apache-2.0
// A kernel for a family: what the tiers have in common of it. Included after the header of a tier, which defines
// row_tiles(), extremes(), pack_chunk(), start_of_chunk() and multiply_tile().
#pragma once

#include <utility>

namespace ks {
namespace {

template <typename Family>
constexpr int kRowQuadBytes = kQuadBytes<Family::kBits>;

template <typename Family, int kHeight>
void pack_rows(const MatMul& mm, const float* x, uint8_t* to) {
    using GroupRow = typename Family::GroupRow;
    using EndRow = typename Family::EndRow;
    constexpr int kPackedChunk = kChunk / 4 * kHeight * kRowQuadBytes<Family>;
    const int64_t values = group_values<Family>(mm.k, mm.group);
    Quantizer rows[kHeight];
    for (int r = 0; r < kHeight; ++r) rows[r] = Family::quantizer(extremes(x + r * mm.x_stride, mm.k), mm.fixed);

    for (int64_t begin = 0; begin < mm.k; begin += values) {
        Quantizer quantizers[kHeight];
        for (int r = 0; r < kHeight; ++r) {
            quantizers[r] = rows[r];
            if (Family::kQuantizedPerGroup) {
                const Extremes group = extremes(x + r * mm.x_stride + begin, values);
                quantizers[r] = quantizer_in_row(rows[r], Family::quantizer(group, nullptr));
            }
        }
        uint8_t* const group_rows = to;
        to += kHeight * sizeof(GroupRow);
        RowSums row_sums = {};
        for (int64_t i = begin; i < begin + values; i += kChunk, to += kPackedChunk) {
            pack_chunk<Family, kHeight>(x + i, mm.x_stride, mm.k - i, quantizers, to, row_sums);
        }
        int32_t sums[kMaxHeight];
        store_sums(row_sums, sums);
        for (int r = 0; r < kHeight; ++r) {
            GroupRow row = Family::group_row(sums[r], quantizers[r]);
            if (Family::kGrouping != Grouping::kChannel && values == kChunk) row.start = start_of_chunk(row.start);
            __builtin_memcpy(group_rows + r * sizeof row, &row, sizeof row);
        }
    }
    for (int r = 0; r < kHeight; ++r, to += kBytes<EndRow>) {
        const EndRow row = Family::end_row(rows[r]);
        __builtin_memcpy(to, &row, kBytes<EndRow>);
    }
}

template <typename Family>
class CodesKernel {
    using Heights = std::make_integer_sequence<int, kMaxHeight>;
    using PackFunction = void (*)(const MatMul& mm, const float* x, uint8_t* to);

    static int64_t row_bytes(int64_t k, int64_t group) {
        return lhs_row_bytes<Family, kRowQuadBytes<Family>>(k, group);
    }

    static uint64_t lhs_size(int64_t m, int64_t k, int64_t group) {
        return static_cast<uint64_t>(m * row_bytes(k, group));
    }

    static int64_t lhs_pieces(int64_t m) { return row_tiles(m).count; }

    template <int... kLess>
    static void pack_tile(const MatMul& mm, int64_t tile, std::integer_sequence<int, kLess...>) {
        static constexpr PackFunction by_height[] = {pack_rows<Family, kLess + 1>...};
        const RowTiles tiles = row_tiles(mm.m);
        const int64_t row = tiles.first(tile);
        by_height[tiles.height(tile) - 1](mm, mm.x + row * mm.x_stride, mm.lhs + row * row_bytes(mm.k, mm.group));
    }

    static void pack_lhs(const MatMul& mm, int64_t piece) { pack_tile(mm, piece, Heights()); }

    template <Grouping kGrouping, int... kLess>
    static void multiply(const MatMul& mm, int64_t n_begin, int64_t n_end, std::integer_sequence<int, kLess...>) {
        static constexpr TileFunction by_height[] = {multiply_tile<Family, kLess + 1, kGrouping>...};
        run_tiles<Family, kRowQuadBytes<Family>>(mm, row_tiles(mm.m), by_height, n_begin, n_end);
    }

    static void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
        if constexpr (Family::kGrouping == Grouping::kGiven) {
            if (mm.group == kChunk) return multiply<Grouping::kChunks>(mm, n_begin, n_end, Heights());
        }
        multiply<Family::kGrouping>(mm, n_begin, n_end, Heights());
    }

  public:
    static constexpr KernelCode kCode = {kColumns, lhs_size, lhs_pieces, pack_lhs, run};
};

}  // namespace
}  // namespace ks
