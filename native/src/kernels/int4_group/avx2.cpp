// SPDX-License-Identifier: Apache-2.0
// int4 groups on AVX2. A tile is up to 4 rows by 16 columns, or one row by 32. vpmaddubsw multiplies codes 0..15 by int8
// activations and adds pairs; over a chunk of 32 values that stays within 16 bits (8 * 2 * 15 * 128 = 30720). Each
// group's sums start at -8 * sum(qa), which turns the codes into their values.
#include "kernels/avx2.h"
#include "kernels/int4_group/tiles.h"

namespace ks {
namespace {

constexpr int kMaxHeight = 4;
constexpr int kPanelVectors = kColumns / 8;

RowTiles row_tiles(int64_t m) {
    return {m, (m + kMaxHeight - 1) / kMaxHeight};
}

// ---- Activations

RowQuantizer scan_row(const float* x, int64_t k) {
    __m256 lo[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    __m256 hi[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    __m256 nan = _mm256_setzero_ps();
    for (int64_t i = 0; i < k; i += 16) {
        const __m256 a = _mm256_loadu_ps(x + i);
        const __m256 b = _mm256_loadu_ps(x + i + 8);
        lo[0] = _mm256_min_ps(lo[0], a);
        hi[0] = _mm256_max_ps(hi[0], a);
        lo[1] = _mm256_min_ps(lo[1], b);
        hi[1] = _mm256_max_ps(hi[1], b);
        nan = _mm256_or_ps(nan, _mm256_cmp_ps(a, b, _CMP_UNORD_Q));
    }
    const __m256 lows = _mm256_min_ps(lo[0], lo[1]);
    const __m256 highs = _mm256_max_ps(hi[0], hi[1]);
    __m128 low = _mm_min_ps(_mm256_castps256_ps128(lows), _mm256_extractf128_ps(lows, 1));
    __m128 high = _mm_max_ps(_mm256_castps256_ps128(highs), _mm256_extractf128_ps(highs, 1));
    low = _mm_min_ps(low, _mm_movehl_ps(low, low));
    high = _mm_max_ps(high, _mm_movehl_ps(high, high));
    low = _mm_min_ss(low, _mm_movehdup_ps(low));
    high = _mm_max_ss(high, _mm_movehdup_ps(high));
    return row_quantizer(_mm_cvtss_f32(low), _mm_cvtss_f32(high), _mm256_movemask_ps(nan) != 0);
}

// 8 codes, not clamped. Adding the float below 0.5 and truncating rounds halves away from zero, also just below a half.
__m256i quantize(__m256 x, const RowQuantizer& row) {
    const __m256 scaled = _mm256_mul_ps(x, _mm256_set1_ps(row.multiplier));
    const __m256 sign = _mm256_and_ps(scaled, _mm256_set1_ps(-0.0f));
    const __m256 half = _mm256_or_ps(sign, _mm256_set1_ps(0x1.fffffep-2f));
    const __m256i rounded = _mm256_cvttps_epi32(_mm256_add_ps(scaled, half));
    return _mm256_add_epi32(rounded, _mm256_set1_epi32(row.zero_point));
}

// 32 codes.
__m256i quantize_chunk(const float* x, const RowQuantizer& row) {
    __m256i codes[4];
    for (int i = 0; i < 4; ++i) codes[i] = quantize(_mm256_loadu_ps(x + 8 * i), row);
    const __m256i clamped =
        _mm256_packs_epi16(_mm256_packs_epi32(codes[0], codes[1]), _mm256_packs_epi32(codes[2], codes[3]));
    return _mm256_permutevar8x32_epi32(clamped, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

template <int kHeight>
void pack_rows(const MatMul& mm, const float* x, uint8_t* to) {
    const __m256i eight = _mm256_set1_epi8(8);
    const __m256i ones = _mm256_set1_epi16(1);
    constexpr int kRowBytes = 4 * kHeight;
    RowQuantizer rows[kHeight];
    for (int r = 0; r < kHeight; ++r) rows[r] = scan_row(x + r * mm.x_stride, mm.k);

    for (int64_t begin = 0; begin < mm.k; begin += mm.group) {
        uint8_t* const sums = to;
        to += kRowBytes;
        __m256i sum = _mm256_setzero_si256();
        for (int64_t i = begin; i < begin + mm.group; i += kChunk, to += 8 * kRowBytes) {
            __m256i codes[4] = {};
            for (int r = 0; r < kHeight; ++r) codes[r] = quantize_chunk(x + r * mm.x_stride + i, rows[r]);
            // Transposes 4 rows of 4 dwords in each half.
            const __m256i pairs[4] = {
                _mm256_unpacklo_epi32(codes[0], codes[1]), _mm256_unpackhi_epi32(codes[0], codes[1]),
                _mm256_unpacklo_epi32(codes[2], codes[3]), _mm256_unpackhi_epi32(codes[2], codes[3])};
            const __m256i quads[4] = {
                _mm256_unpacklo_epi64(pairs[0], pairs[2]), _mm256_unpackhi_epi64(pairs[0], pairs[2]),
                _mm256_unpacklo_epi64(pairs[1], pairs[3]), _mm256_unpackhi_epi64(pairs[1], pairs[3])};
            for (int t = 0; t < 4; ++t) {
                sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(eight, quads[t]), ones));
                const __m128i halves[2] = {_mm256_castsi256_si128(quads[t]), _mm256_extracti128_si256(quads[t], 1)};
                __builtin_memcpy(to + t * kRowBytes, &halves[0], kRowBytes);
                __builtin_memcpy(to + (t + 4) * kRowBytes, &halves[1], kRowBytes);
            }
        }
        const __m128i total = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
        const __m128i start = _mm_sub_epi32(_mm_setzero_si128(), total);
        __builtin_memcpy(sums, &start, kRowBytes);
    }
    store_rows(rows, kHeight, to);
}

// ---- Multiplication

// `vector` counts the panel's columns by 8.
template <int kHeight, int kVectors>
[[gnu::always_inline]] inline void store(const Tile& tile, int vector, const __m256 (&acc)[kHeight][kVectors],
                                         const uint8_t* panel_end, const uint8_t* lhs_end) {
    const float* const row_sums = reinterpret_cast<const float*>(panel_end);
    const float* const bias = row_sums + kColumns;
    const float* const minus_zero_points = reinterpret_cast<const float*>(lhs_end);
    const float* const scales = minus_zero_points + kHeight;
    const __m256 lo = _mm256_set1_ps(tile.lo);
    const __m256 hi = _mm256_set1_ps(tile.hi);
#pragma GCC unroll 4
    for (int r = 0; r < kHeight; ++r) {
        const __m256 minus_zero_point = _mm256_broadcast_ss(minus_zero_points + r);
        const __m256 scale = _mm256_broadcast_ss(scales + r);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
            const int column = 8 * (vector + v);
            __m256 value = _mm256_fmadd_ps(_mm256_load_ps(row_sums + column), minus_zero_point, acc[r][v]);
            value = _mm256_add_ps(_mm256_mul_ps(value, scale), _mm256_load_ps(bias + column));
            store_first(tile.y + r * tile.y_stride + column, tile.columns - column, clamp(value, lo, hi));
        }
    }
}

template <int kHeight, int kVectors, bool kOneChunk>
[[gnu::always_inline]] inline void multiply_part(const Tile& tile, int vector) {
    const __m256i low_nibbles = _mm256_set1_epi8(15);
    const __m256i ones = _mm256_set1_epi16(1);
    const int64_t chunks = kOneChunk ? 1 : tile.chunks;
    const uint8_t* weights = tile.panel;
    const uint8_t* lhs = tile.lhs;
    const uint8_t* next = tile.next;
    const bool fetch_own = tile.next_lines == 0 && vector == 0;
    const int64_t next_lines = vector == 0 ? tile.next_lines : 0;
    __m256 acc[kHeight][kVectors];
#pragma GCC unroll 4
    for (int r = 0; r < kHeight; ++r) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) acc[r][v] = _mm256_setzero_ps();
    }

    for (int64_t g = 0; g < tile.groups; ++g) {
        __m256i sum[kHeight][kVectors];
#pragma GCC unroll 4
        for (int r = 0; r < kHeight; ++r) {
            const __m256i start = _mm256_set1_epi32(load_int32(lhs + 4 * r));
#pragma GCC unroll 4
            for (int v = 0; v < kVectors; ++v) sum[r][v] = start;
        }
        lhs += 4 * kHeight;
        for (int64_t c = 0; c < chunks; ++c) {
            if (fetch_own) {
#pragma GCC unroll 9
                for (int i = 0; i < 9; ++i) _mm_prefetch(weights + kFetchDistance + kLine * i, _MM_HINT_T0);
            }
            for (int64_t i = 0; i < next_lines; ++i, next += kLine) _mm_prefetch(next, _MM_HINT_T1);
            __m256i dot[kHeight][kVectors] = {};
            // Unrolled, GCC would add the products pairwise and run out of registers.
#pragma GCC unroll 1
            for (int t = 0; t < 4; ++t) {
                __m256i packed[kVectors];
#pragma GCC unroll 4
                for (int v = 0; v < kVectors; ++v) {
                    packed[v] = _mm256_load_si256(
                        reinterpret_cast<const __m256i*>(weights + t * kQuadBytes + 32 * (vector + v)));
                }
#pragma GCC unroll 2
                for (int high = 0; high < 2; ++high) {
                    __m256i codes[kVectors];
#pragma GCC unroll 4
                    for (int v = 0; v < kVectors; ++v) {
                        codes[v] = _mm256_and_si256(high ? _mm256_srli_epi16(packed[v], 4) : packed[v], low_nibbles);
                    }
#pragma GCC unroll 4
                    for (int r = 0; r < kHeight; ++r) {
                        const __m256i x = _mm256_set1_epi32(load_int32(lhs + ((t + 4 * high) * kHeight + r) * 4));
#pragma GCC unroll 4
                        for (int v = 0; v < kVectors; ++v) {
                            dot[r][v] = _mm256_add_epi16(dot[r][v], _mm256_maddubs_epi16(codes[v], x));
                        }
                    }
                }
            }
#pragma GCC unroll 4
            for (int r = 0; r < kHeight; ++r) {
#pragma GCC unroll 4
                for (int v = 0; v < kVectors; ++v) {
                    sum[r][v] = _mm256_add_epi32(sum[r][v], _mm256_madd_epi16(dot[r][v], ones));
                }
            }
            weights += kChunkBytes;
            lhs += kChunk * kHeight;
        }
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
            const __m128i bf16 = _mm_load_si128(reinterpret_cast<const __m128i*>(weights + 16 * (vector + v)));
            const __m256 scale = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bf16), 16));
#pragma GCC unroll 4
            for (int r = 0; r < kHeight; ++r) {
                acc[r][v] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[r][v]), scale, acc[r][v]);
            }
        }
        weights += 2 * kColumns;
    }
    store<kHeight, kVectors>(tile, vector, acc, weights, lhs);
}

template <int kHeight, bool kOneChunk>
void multiply_tile(const Tile& tile) {
    constexpr int kVectors = kHeight == 1 ? kPanelVectors : 2;
    for (int vector = 0; vector < kPanelVectors; vector += kVectors) {
        multiply_part<kHeight, kVectors, kOneChunk>(tile, vector);
    }
}

// ---- The contract of kernel.h

int64_t lhs_pieces(int64_t m) {
    return row_tiles(m).count;
}

constexpr PackFunction kPack[kMaxHeight] = {pack_rows<1>, pack_rows<2>, pack_rows<3>, pack_rows<4>};

template <bool kOneChunk>
constexpr TileFunction kMultiply[kMaxHeight] = {multiply_tile<1, kOneChunk>, multiply_tile<2, kOneChunk>,
                                                multiply_tile<3, kOneChunk>, multiply_tile<4, kOneChunk>};

void pack_lhs(const MatMul& mm, int64_t piece) {
    pack_tile(mm, row_tiles(mm.m), kPack, piece);
}

void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
    run_tiles(mm, row_tiles(mm.m), mm.group == kChunk ? kMultiply<true> : kMultiply<false>, n_begin, n_end);
}

}  // namespace

const KernelCode kInt4GroupAvx2 = {kColumns, lhs_size, lhs_pieces, pack_lhs, run};

}  // namespace ks
