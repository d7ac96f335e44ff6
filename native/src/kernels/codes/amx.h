// SPDX-License-Identifier: Apache-2.0
// Kernels for weights in codes on AMX, for several rows at once. The processor's tiles hold 16 rows by 32 values of
// activations, 32 values by 16 columns of weights and 16 x 16 int32 sums. Sums go by way of memory to the vectors, on
// which the rest of the arithmetic is done: a block of weights is unpacked to int8 once for all rows, then some groups of
// it are multiplied for two tiles of rows, and their sums added to f32 sums in registers.
#pragma once

#include "kernels/codes/tile_registers.h"
#include "kernels/codes/zmm.h"

namespace ks {
namespace {

constexpr int kMaxHeight = 16;
// Of the tiles that m >= kMinHeight rows are cut into.
constexpr int kMinHeight = 8;

// Codes of activations and of weights are both signed.
template <int kBits>
constexpr int kCodeOffset = 0;

inline RowTiles row_tiles(int64_t m) { return {m, (m + kMaxHeight - 1) / kMaxHeight}; }

// ---- Activations: of each chunk its 32 codes row by row

// A row of a tile of `height` rows.
template <typename Family>
void pack_row(const MatMul& mm, const float* x, int64_t row, int64_t height, uint8_t* to) {
    using GroupRow = typename Family::GroupRow;
    using EndRow = typename Family::EndRow;
    const __m256i ones = _mm256_set1_epi8(1);
    const int64_t values = group_values<Family>(mm.k, mm.group);
    const Quantizer whole = Family::quantizer(extremes(x, mm.k), mm.fixed);
    for (int64_t begin = 0; begin < mm.k; begin += values) {
        Quantizer quantizer = whole;
        if (Family::kQuantizedPerGroup) {
            quantizer = quantizer_in_row(whole, Family::quantizer(extremes(x + begin, values), nullptr));
        }
        uint8_t* const group_row = to + row * kBytes<GroupRow>;
        to += height * kBytes<GroupRow>;
        __m256i sums = _mm256_setzero_si256();
        for (int64_t i = begin; i < begin + values; i += kChunk, to += height * kChunk) {
            const __m256i codes = quantize_chunk<Family::kRounding>(x + i, mm.k - i, quantizer);
            if (Family::kKeepsSum) sums = _mm256_dpbusd_epi32(sums, ones, codes);
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + row * kChunk), codes);
        }
        const int32_t sum = _mm512_reduce_add_epi32(_mm512_zextsi256_si512(sums));
        const GroupRow group = Family::group_row(sum, quantizer);
        __builtin_memcpy(group_row, &group, kBytes<GroupRow>);
    }
    const EndRow end = Family::end_row(whole);
    __builtin_memcpy(to + row * kBytes<EndRow>, &end, kBytes<EndRow>);
}

// ---- Weights

constexpr int kTileColumns = 16;
constexpr int kPanelTiles = kColumns / kTileColumns;
constexpr int kQuads = kChunk / 4;  // rows of a tile of weights

// For gf2p8affineqb: the i-th code of a byte, less the code of value 0, as int8. Bit b of a result is bit
// kBits * i + min(b, kBits - 1) of the byte, turned over where b >= kBits - 1; row b of the matrix is byte 7 - b.
template <int kBits>
constexpr uint64_t code_matrix(int i) {
    uint64_t matrix = 0;
    for (int b = 0; b < 8; ++b) {
        const int from = kBits * i + (b < kBits - 1 ? b : kBits - 1);
        matrix |= uint64_t{1} << (8 * (7 - b) + from);
    }
    return matrix;
}
template <int kBits>
constexpr int kSignBits = 0xFF << (kBits - 1) & 0xFF;

// Bytes from a quad of a tile to the next.
template <typename Family>
constexpr int kQuadStep = Family::kBits == 8 ? kPanelTiles * kLine : kLine;
// Of a chunk, and from one tile of columns to the next within it, where the tiles are loaded from.
constexpr int kUnpackedChunk = kChunk * kColumns;
template <typename Family>
constexpr int kTileStep = Family::kBits == 8 ? kLine : kUnpackedChunk / kPanelTiles;

template <typename Family>
void unpack_chunk(const uint8_t* from, uint8_t* to) {
    constexpr int kBits = Family::kBits;
#pragma GCC unroll 4
    for (int t = 0; t < kBits; ++t) {
#pragma GCC unroll 2
        for (int half = 0; half < kPanelTiles; ++half) {
            const __m512i packed = load_ints(from + (t * kPanelTiles + half) * kLine);
#pragma GCC unroll 4
            for (int i = 0; i < 8 / kBits; ++i) {
                const __m512i matrix = _mm512_set1_epi64(static_cast<int64_t>(code_matrix<kBits>(i)));
                _mm512_store_si512(to + half * kTileStep<Family> + quad_at<Family>(t, i) * kQuadStep<Family>,
                                   _mm512_gf2p8affine_epi64_epi8(packed, matrix, kSignBits<kBits>));
            }
        }
    }
}

// ---- Multiplication

// Registers: of two tiles of rows by two of columns. The rows of a tile that is less tall than configured are followed
// by others, whose sums are left alone.
enum : int { kRowsTile = 0, kWeightsTile = 2, kSumsTile = 4 };
constexpr int kRowTilesAtOnce = 2;

inline TileConfig tile_config(int height) {
    TileConfig config;
    for (int i = 0; i < 2; ++i) {
        config.set(kRowsTile + i, height, kChunk);
        config.set(kWeightsTile + i, kQuads, kLine);
    }
    for (int i = 0; i < 4; ++i) config.set(kSumsTile + i, height, kLine);
    return config;
}

template <typename T>
using TileOfPanel = T[kPanelTiles][kMaxHeight][kTileColumns];

// What a thread keeps of a panel.
struct alignas(64) Workspace {
    static constexpr int64_t kChunks = 8;  // of k, unpacked at a time
    static constexpr int64_t kGroups = 4;  // whose sums are added at a time
    static constexpr int64_t kTiles = (kMaxBlockRows + kMaxHeight - 1) / kMaxHeight;

    uint8_t codes[kChunks * kUnpackedChunk];
    TileOfPanel<float> acc[kTiles];
    // Of some groups for two tiles of rows, or of a group that is unpacked in parts for all of them.
    TileOfPanel<int32_t> sums[kTiles];
};
static_assert(Workspace::kGroups * kRowTilesAtOnce <= Workspace::kTiles, "room for the sums of some groups");
static_assert(sizeof(Workspace) <= 72 << 10, "little of the stack of a thread with musl, 128 KB");

// Activations of one or two tiles of rows.
struct Rows {
    const uint8_t* codes[kRowTilesAtOnce];
    int64_t step[kRowTilesAtOnce];  // to the next chunk
};

// Adds the products of these chunks to the tiles of sums.
template <typename Family, int kRowTiles>
[[gnu::always_inline]] inline void multiply_chunks(const Rows& rows, const uint8_t* weights, int64_t chunks) {
    for (int64_t c = 0; c < chunks; ++c, weights += kUnpackedChunk) {
        load_tile<kRowsTile>(rows.codes[0] + c * rows.step[0], kChunk);
        load_tile<kWeightsTile>(weights, kQuadStep<Family>);
        load_tile<kWeightsTile + 1>(weights + kTileStep<Family>, kQuadStep<Family>);
        multiply_tiles<kSumsTile, kRowsTile, kWeightsTile>();
        multiply_tiles<kSumsTile + 1, kRowsTile, kWeightsTile + 1>();
        if constexpr (kRowTiles > 1) {
            load_tile<kRowsTile + 1>(rows.codes[1] + c * rows.step[1], kChunk);
            multiply_tiles<kSumsTile + 2, kRowsTile + 1, kWeightsTile>();
            multiply_tiles<kSumsTile + 3, kRowsTile + 1, kWeightsTile + 1>();
        }
    }
}

inline void clear_sum_tiles() {
    clear_tile<kSumsTile>();
    clear_tile<kSumsTile + 1>();
    clear_tile<kSumsTile + 2>();
    clear_tile<kSumsTile + 3>();
}

template <int kRowTiles>
[[gnu::always_inline]] inline void load_sum_tiles(const TileOfPanel<int32_t>* from) {
    load_tile<kSumsTile>(from[0][0], kLine);
    load_tile<kSumsTile + 1>(from[0][1], kLine);
    if constexpr (kRowTiles > 1) load_tile<kSumsTile + 2>(from[1][0], kLine);
    if constexpr (kRowTiles > 1) load_tile<kSumsTile + 3>(from[1][1], kLine);
}

template <int kRowTiles>
[[gnu::always_inline]] inline void store_sum_tiles(TileOfPanel<int32_t>* to) {
    store_tile<kSumsTile>(to[0][0], kLine);
    store_tile<kSumsTile + 1>(to[0][1], kLine);
    if constexpr (kRowTiles > 1) store_tile<kSumsTile + 2>(to[1][0], kLine);
    if constexpr (kRowTiles > 1) store_tile<kSumsTile + 3>(to[1][1], kLine);
}

// Groups whose sums are added to those of a tile of rows.
struct Groups {
    const uint8_t* rows;     // the GroupRow of each row, of the first group
    int64_t rows_step;       // to the next group's
    const uint8_t* columns;  // likewise what the panel has behind the codes of a group
    int64_t columns_step;
    int64_t count;
    bool first;  // nothing has been added yet
};

// `sums`: of the first group; the next group's are `sums_step` tiles on.
template <typename Family, int kHeight>
void add_groups(const Groups& groups, const TileOfPanel<int32_t>* sums, int64_t sums_step, TileOfPanel<float>& to) {
    using GroupRow = typename Family::GroupRow;
    for (int tile = 0; tile < kPanelTiles; ++tile) {
        __m512 acc[kHeight];
#pragma GCC unroll 16
        for (int r = 0; r < kHeight; ++r) acc[r] = groups.first ? _mm512_setzero_ps() : _mm512_load_ps(to[tile][r]);
        for (int64_t g = 0; g < groups.count; ++g) {
            const uint8_t* const rows = groups.rows + g * groups.rows_step;
            const auto columns = Family::load_group(groups.columns + g * groups.columns_step, tile * kTileColumns);
#pragma GCC unroll 16
            for (int r = 0; r < kHeight; ++r) {
                acc[r] = Family::add_group(acc[r], _mm512_load_si512(sums[g * sums_step][tile][r]), columns,
                                           load<GroupRow>(rows + r * sizeof(GroupRow)));
            }
        }
#pragma GCC unroll 16
        for (int r = 0; r < kHeight; ++r) _mm512_store_ps(to[tile][r], acc[r]);
    }
}

}  // namespace
}  // namespace ks
