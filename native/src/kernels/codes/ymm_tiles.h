// SPDX-License-Identifier: Apache-2.0
// Tiles of the kernels for weights in codes on vectors of 256 bits: 1 or 2 rows by 32 columns of several panels, more
// rows by 16 of one. Included by the header of a tier, which defines how tall they are (kMaxHeight), how quads of
// activations lie (kQuadBytes, kCodeOffset) and how a chunk is multiplied (kSets, start_of_chunk(), add_chunk()).
#pragma once

namespace ks {
namespace {

inline RowTiles row_tiles(int64_t m) { return {m, (m + kMaxHeight - 1) / kMaxHeight}; }

// ---- Activations

// Sums of the codes of each row, of the first and of the second halves of chunks: of the first four rows, and the
// others.
struct RowSums {
    __m256i fours[2];
};

inline void store_sums(const RowSums& sums, int32_t (&to)[kMaxHeight]) {
    __m128i total[2];
    for (int i = 0; i < 2; ++i) {
        total[i] = _mm_add_epi32(_mm256_castsi256_si128(sums.fours[i]), _mm256_extracti128_si256(sums.fours[i], 1));
    }
    __builtin_memcpy(to, total, sizeof to);
}

// One chunk of up to four rows of a tile of kHeight.
template <typename Family, int kHeight, int kRows>
void pack_four(const float* x, int64_t stride, int64_t count, const Quantizer* quantizers, uint8_t* to, __m256i& sums) {
    constexpr int kQuad = kHeight * kQuadBytes<Family::kBits>;
    constexpr int kDwords = kRows * 4;
    __m256i codes[4] = {};
    for (int r = 0; r < kRows; ++r) {
        codes[r] = quantize_chunk<Family::kRounding>(x + r * stride, count, quantizers[r]);
    }
    // Transposes 4 rows of 4 dwords in each half.
    const __m256i pairs[4] = {_mm256_unpacklo_epi32(codes[0], codes[1]), _mm256_unpackhi_epi32(codes[0], codes[1]),
                              _mm256_unpacklo_epi32(codes[2], codes[3]), _mm256_unpackhi_epi32(codes[2], codes[3])};
    const __m256i quads[4] = {_mm256_unpacklo_epi64(pairs[0], pairs[2]), _mm256_unpackhi_epi64(pairs[0], pairs[2]),
                              _mm256_unpacklo_epi64(pairs[1], pairs[3]), _mm256_unpackhi_epi64(pairs[1], pairs[3])};
    const auto store_quad = [](uint8_t* at, __m256i quad) {
        const __m128i halves[2] = {_mm256_castsi256_si128(quad), _mm256_extracti128_si256(quad, 1)};
        __builtin_memcpy(at, &halves[0], kDwords);
        __builtin_memcpy(at + 4 * kQuad, &halves[1], kDwords);
    };
    const __m256i ones = _mm256_set1_epi8(1);
    const __m256i offset = _mm256_set1_epi8(static_cast<char>(kCodeOffset<Family::kBits>));
    for (int t = 0; t < 4; ++t, to += kQuad) {
        const __m256i sums_of_pairs = _mm256_maddubs_epi16(ones, quads[t]);
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(sums_of_pairs, _mm256_set1_epi16(1)));
        if constexpr (kQuadBytes<Family::kBits> == 8) {
            store_quad(to, widen_even_bytes(quads[t]));
            store_quad(to + kHeight * 4, widen_odd_bytes(quads[t]));
        } else {
            store_quad(to, _mm256_xor_si256(quads[t], offset));
        }
    }
}

// One chunk of each row, of which `count` values are there.
template <typename Family, int kHeight>
void pack_chunk(const float* x, int64_t stride, int64_t count, const Quantizer* quantizers, uint8_t* to,
                RowSums& sums) {
    constexpr int kFirst = kHeight < 4 ? kHeight : 4;
    pack_four<Family, kHeight, kFirst>(x, stride, count, quantizers, to, sums.fours[0]);
    if constexpr (kHeight > kFirst) {
        pack_four<Family, kHeight, kHeight - kFirst>(x + kFirst * stride, stride, count, quantizers + kFirst,
                                                     to + kFirst * 4, sums.fours[1]);
    }
}

// ---- Multiplication

// `panel` counts the tile's panels, `vector` the panel's columns by 8.
template <typename Family, int kHeight, int kVectors>
[[gnu::always_inline]] inline void store(const Tile& tile, int panel, int vector,
                                         const __m256 (&acc)[kHeight][kVectors], const uint8_t* panel_end,
                                         const uint8_t* lhs_end) {
    using EndRow = typename Family::EndRow;
    float* const y = tile.y + panel * tile.column_step;
    const int64_t columns = tile.columns - panel * tile.column_step;
    const uint8_t* const bias = panel_end + kColumns * Family::kEndBytes - kColumns * sizeof(float);
    const __m256 lo = _mm256_set1_ps(tile.lo);
    const __m256 hi = _mm256_set1_ps(tile.hi);
#pragma GCC unroll 6
    for (int r = 0; r < kHeight; ++r) {
        EndRow row;
        __builtin_memcpy(&row, lhs_end + r * kBytes<EndRow>, kBytes<EndRow>);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
            const int column = kLanes * (vector + v);
            const __m256 value = _mm256_add_ps(Family::finish(acc[r][v], panel_end, column, row),
                                               load_floats(bias + column * sizeof(float)));
            store_first(y + r * tile.y_stride + column, columns - column, clamp(value, lo, hi));
        }
    }
}

// Of AVX2: from 3 rows on it is the arithmetic that takes the time, not memory.
constexpr int panels_at_once(int height) { return height == 1 ? 4 : height == 2 ? 2 : 1; }
inline int panels_at_once_here(int height) { return panels_at_once(height); }

// Adds one group of one panel of a tile.
template <typename Family, int kHeight, int kPanels, int kVectors, Grouping kGrouping>
[[gnu::always_inline]] inline void add_group(const Tile& tile, int vector, const uint8_t* weights,
                                             const uint8_t* group_rows, const uint8_t*& next,
                                             __m256 (&acc)[kHeight][kVectors]) {
    using GroupRow = typename Family::GroupRow;
    constexpr int kSums = kSets<kHeight>;
    const int64_t chunks = kGrouping == Grouping::kChunks ? 1 : tile.chunks;
    const uint8_t* lhs = group_rows + kHeight * sizeof(GroupRow);
    __m256i sum[kSums][kHeight][kVectors];
#pragma GCC unroll 6
    for (int r = 0; r < kHeight; ++r) {
        const __m256i start = broadcast(load<GroupRow>(group_rows + r * sizeof(GroupRow)).start);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
            sum[kSums - 1][r][v] = _mm256_setzero_si256();
            sum[0][r][v] = start;
        }
    }
    for (int64_t c = 0; c < chunks; ++c) {
        if constexpr (kPanels == 1) {
            fetch<Family, kGrouping>(tile, weights, next);
        } else {
            fetch_chunk<Family, kGrouping>(weights + kFetchDistanceEach);
        }
        add_chunk<Family, kHeight, kVectors, kGrouping>(weights + vector * 32, lhs, sum);
        weights += kChunkBytes<Family>;
        lhs += kChunk / 4 * kHeight * kQuadBytes<Family::kBits>;
    }
    // Left in memory: the registers are for the sums. Volatile, so that not all panels are fetched from at once.
    if constexpr (kPanels * kHeight * kVectors > 8) __asm__ volatile("" : "+m"(acc));
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
        const auto columns = Family::load_group(weights, kLanes * (vector + v));
#pragma GCC unroll 6
        for (int r = 0; r < kHeight; ++r) {
            const __m256i total = kSums == 2 ? _mm256_add_epi32(sum[0][r][v], sum[kSums - 1][r][v]) : sum[0][r][v];
            const auto row = load<GroupRow>(group_rows + r * sizeof(GroupRow));
            acc[r][v] = Family::add_group(acc[r][v], total, columns, row);
        }
    }
}

// Returns where to go on fetching from.
template <typename Family, int kHeight, int kPanels, int kVectors, Grouping kGrouping>
[[gnu::always_inline]] inline const uint8_t* multiply_part(const Tile& tile, int vector) {
    const int64_t groups = kGrouping == Grouping::kChannel ? 1 : tile.groups;
    const int64_t chunks = kGrouping == Grouping::kChunks ? 1 : tile.chunks;
    const uint8_t* weights = tile.panel;
    const uint8_t* lhs = tile.lhs;
    const uint8_t* next = tile.next;
    __m256 acc[kPanels][kHeight][kVectors];
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 6
        for (int r = 0; r < kHeight; ++r) {
#pragma GCC unroll 4
            for (int v = 0; v < kVectors; ++v) acc[p][r][v] = _mm256_setzero_ps();
        }
    }

    for (int64_t g = 0; g < groups; ++g) {
        // Each panel has loads of its own: processors fetch ahead for an instruction whose addresses go up.
#pragma GCC unroll 4
        for (int p = 0; p < kPanels; ++p) {
            add_group<Family, kHeight, kPanels, kVectors, kGrouping>(tile, vector, weights + p * tile.panel_step, lhs,
                                                                     next, acc[p]);
        }
        weights += chunks * kChunkBytes<Family> + kGroupEndBytes<Family>;
        lhs += kHeight * (static_cast<int64_t>(sizeof(typename Family::GroupRow)) +
                          chunks * (kChunk / 4) * kQuadBytes<Family::kBits>);
    }
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
        store<Family>(tile, p, vector, acc[p], weights + p * tile.panel_step, lhs);
    }
    return next;
}

template <typename Family, int kHeight, Grouping kGrouping>
void multiply_tile(const Tile& tile) {
    constexpr int kMost = panels_at_once(kHeight);
    if constexpr (kMost > 1) {
        if (tile.panels == kMost) {
            multiply_part<Family, kHeight, kMost, kPanelVectors, kGrouping>(tile, 0);
        } else {
            multiply_part<Family, kHeight, 1, kPanelVectors, kGrouping>(tile, 0);
        }
    } else {
        // Each half of the panel takes its turn with every chunk, and with what is fetched: of a lone tile the next
        // panel.
        const int64_t lines = tile.next_lines == 0 ? kChunkLines<Family, kGrouping> : tile.next_lines;
        Tile half = tile;
        half.next_lines = (lines + 1) / 2;
        for (int vector = 0; vector < kPanelVectors; vector += 2) {
            half.next = multiply_part<Family, kHeight, 1, 2, kGrouping>(half, vector);
        }
    }
}

}  // namespace
}  // namespace ks
