// SPDX-License-Identifier: Apache-2.0
// int4 groups on AVX-512 with VNNI. A tile is up to 8 rows by 32 columns: at 6 rows its int32 and f32 accumulators, the
// packed and the unpacked weights fill the 32 registers. Codes stay 0..15 (the unsigned operand of vpdpbusd); each
// group's accumulators start at -8 * sum(qa), which makes up for that.
#include "kernels/avx512.h"
#include "kernels/int4_group/tiles.h"

namespace ks {
namespace {

constexpr int kMaxHeight = 8;

// 5 and 6 rows are the fastest; where m has no such cut, up to 8.
RowTiles row_tiles(int64_t m) {
    const int64_t by_six = (m + 5) / 6;
    return {m, m / by_six >= 5 ? by_six : (m + kMaxHeight - 1) / kMaxHeight};
}

// ---- Activations

RowQuantizer scan_row(const float* x, int64_t k) {
    __m512 lo[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
    __m512 hi[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
    __mmask16 nan = 0;
    for (int64_t i = 0; i < k; i += 32) {
        const __m512 a = _mm512_loadu_ps(x + i);
        const __m512 b = _mm512_loadu_ps(x + i + 16);
        lo[0] = _mm512_min_ps(lo[0], a);
        hi[0] = _mm512_max_ps(hi[0], a);
        lo[1] = _mm512_min_ps(lo[1], b);
        hi[1] = _mm512_max_ps(hi[1], b);
        nan = static_cast<__mmask16>(nan | _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q));
    }
    return row_quantizer(_mm512_reduce_min_ps(_mm512_min_ps(lo[0], lo[1])),
                         _mm512_reduce_max_ps(_mm512_max_ps(hi[0], hi[1])), nan != 0);
}

// 16 codes. Adding the float below 0.5 and truncating rounds halves away from zero, also just below a half.
__m128i quantize(__m512 x, const RowQuantizer& row) {
    const __m512 scaled = _mm512_mul_ps(x, _mm512_set1_ps(row.multiplier));
    const __m512i below_half = _mm512_castps_si512(_mm512_set1_ps(0x1.fffffep-2f));
    const __m512i sign = _mm512_set1_epi32(INT32_MIN);
    constexpr int kFirstAndSecondOrThird = 0xEA;
    const __m512 half = _mm512_castsi512_ps(
        _mm512_ternarylogic_epi32(_mm512_castps_si512(scaled), sign, below_half, kFirstAndSecondOrThird));
    const __m512i rounded = _mm512_cvttps_epi32(_mm512_add_ps(scaled, half));
    return _mm512_cvtsepi32_epi8(_mm512_add_epi32(rounded, _mm512_set1_epi32(row.zero_point)));
}

// 32 codes.
__m256i quantize_chunk(const float* x, const RowQuantizer& row) {
    return _mm256_set_m128i(quantize(_mm512_loadu_ps(x + 16), row), quantize(_mm512_loadu_ps(x), row));
}

// 8 rows of 8 dwords become 8 columns.
void transpose(__m256i rows[8]) {
    __m256i pairs[8];
    __m256i quads[8];
    for (int i = 0; i < 4; ++i) {
        pairs[2 * i] = _mm256_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]);
        pairs[2 * i + 1] = _mm256_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        quads[i] = _mm256_unpacklo_epi64(pairs[i], pairs[i + 2]);
        quads[i + 1] = _mm256_unpackhi_epi64(pairs[i], pairs[i + 2]);
        quads[i + 2] = _mm256_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
        quads[i + 3] = _mm256_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
    }
    for (int i = 0; i < 4; ++i) {
        rows[i] = _mm256_permute2x128_si256(quads[i], quads[i + 4], 0x20);
        rows[i + 4] = _mm256_permute2x128_si256(quads[i], quads[i + 4], 0x31);
    }
}

template <int kHeight>
void pack_rows(const MatMul& mm, const float* x, uint8_t* to) {
    const __m256i eight = _mm256_set1_epi8(8);
    constexpr __mmask8 kRows = static_cast<__mmask8>((1 << kHeight) - 1);
    RowQuantizer rows[kHeight];
    for (int r = 0; r < kHeight; ++r) rows[r] = scan_row(x + r * mm.x_stride, mm.k);

    for (int64_t begin = 0; begin < mm.k; begin += mm.group) {
        uint8_t* const sums = to;
        to += 4 * kHeight;
        __m256i sum = _mm256_setzero_si256();
        for (int64_t i = begin; i < begin + mm.group; i += kChunk) {
            __m256i codes[8] = {};
            for (int r = 0; r < kHeight; ++r) codes[r] = quantize_chunk(x + r * mm.x_stride + i, rows[r]);
            transpose(codes);
            for (int t = 0; t < 8; ++t, to += 4 * kHeight) {
                sum = _mm256_dpbusd_epi32(sum, eight, codes[t]);
                _mm256_mask_storeu_epi32(to, kRows, codes[t]);
            }
        }
        _mm256_mask_storeu_epi32(sums, kRows, _mm256_sub_epi32(_mm256_setzero_si256(), sum));
    }
    store_rows(rows, kHeight, to);
}

// ---- Multiplication

template <int kHeight>
[[gnu::always_inline]] inline void store(const Tile& tile, const __m512 (&acc)[kHeight][2], const uint8_t* panel_end, const uint8_t* lhs_end) {
    const float* const row_sums = reinterpret_cast<const float*>(panel_end);
    const float* const bias = row_sums + kColumns;
    const float* const minus_zero_points = reinterpret_cast<const float*>(lhs_end);
    const float* const scales = minus_zero_points + kHeight;
    const __m512 lo = _mm512_set1_ps(tile.lo);
    const __m512 hi = _mm512_set1_ps(tile.hi);
#pragma GCC unroll 8
    for (int r = 0; r < kHeight; ++r) {
        const __m512 minus_zero_point = _mm512_set1_ps(minus_zero_points[r]);
        const __m512 scale = _mm512_set1_ps(scales[r]);
#pragma GCC unroll 2
        for (int half = 0; half < 2; ++half) {
            __m512 value = _mm512_fmadd_ps(_mm512_load_ps(row_sums + 16 * half), minus_zero_point, acc[r][half]);
            value = _mm512_add_ps(_mm512_mul_ps(value, scale), _mm512_load_ps(bias + 16 * half));
            _mm512_mask_storeu_ps(tile.y + r * tile.y_stride + 16 * half, first_lanes(tile.columns - 16 * half),
                                  clamp(value, lo, hi));
        }
    }
}

template <int kHeight, bool kOneChunk>
void multiply_tile(const Tile& tile) {
    // Few rows have few accumulators: a second set, for the high nibbles, keeps the dot products from waiting.
    constexpr int kHigh = kHeight <= 2 ? 1 : 0;
    const __m512i low_nibbles = _mm512_set1_epi8(15);
    const int64_t chunks = kOneChunk ? 1 : tile.chunks;
    const uint8_t* weights = tile.panel;
    const uint8_t* lhs = tile.lhs;
    const uint8_t* next = tile.next;
    __m512 acc[kHeight][2];
#pragma GCC unroll 8
    for (int r = 0; r < kHeight; ++r) acc[r][0] = acc[r][1] = _mm512_setzero_ps();

    for (int64_t g = 0; g < tile.groups; ++g) {
        __m512i dot[1 + kHigh][kHeight][2];
#pragma GCC unroll 8
        for (int r = 0; r < kHeight; ++r) {
            dot[kHigh][r][0] = dot[kHigh][r][1] = _mm512_setzero_si512();
            dot[0][r][0] = dot[0][r][1] = _mm512_set1_epi32(load_int32(lhs + 4 * r));
        }
        lhs += 4 * kHeight;
        for (int64_t c = 0; c < chunks; ++c) {
            if (tile.next_lines == 0) {
#pragma GCC unroll 9
                for (int i = 0; i < 9; ++i) _mm_prefetch(weights + kFetchDistance + kLine * i, _MM_HINT_T0);
            }
            for (int64_t i = 0; i < tile.next_lines; ++i, next += kLine) _mm_prefetch(next, _MM_HINT_T1);
#pragma GCC unroll 4
            for (int t = 0; t < 4; ++t) {
                const __m512i packed[2] = {_mm512_load_si512(weights + t * kQuadBytes),
                                           _mm512_load_si512(weights + t * kQuadBytes + 64)};
#pragma GCC unroll 2
                for (int high = 0; high < 2; ++high) {
                    const __m512i codes[2] = {
                        _mm512_and_si512(high ? _mm512_srli_epi16(packed[0], 4) : packed[0], low_nibbles),
                        _mm512_and_si512(high ? _mm512_srli_epi16(packed[1], 4) : packed[1], low_nibbles)};
#pragma GCC unroll 8
                    for (int r = 0; r < kHeight; ++r) {
                        const __m512i x = _mm512_set1_epi32(load_int32(lhs + ((t + 4 * high) * kHeight + r) * 4));
                        dot[high & kHigh][r][0] = _mm512_dpbusd_epi32(dot[high & kHigh][r][0], codes[0], x);
                        dot[high & kHigh][r][1] = _mm512_dpbusd_epi32(dot[high & kHigh][r][1], codes[1], x);
                    }
                }
            }
            weights += kChunkBytes;
            lhs += kChunk * kHeight;
        }
        const __m512i bf16 = _mm512_load_si512(weights);
        weights += 2 * kColumns;
        const __m512i scale_bits[2] = {_mm512_cvtepu16_epi32(_mm512_castsi512_si256(bf16)),
                                       _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(bf16, 1))};
#pragma GCC unroll 2
        for (int half = 0; half < 2; ++half) {
            const __m512 scale = _mm512_castsi512_ps(_mm512_slli_epi32(scale_bits[half], 16));
#pragma GCC unroll 8
            for (int r = 0; r < kHeight; ++r) {
                const __m512i sum =
                    kHigh ? _mm512_add_epi32(dot[0][r][half], dot[kHigh][r][half]) : dot[0][r][half];
                acc[r][half] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), scale, acc[r][half]);
            }
        }
    }
    store<kHeight>(tile, acc, weights, lhs);
}

// ---- The contract of kernel.h

int64_t lhs_pieces(int64_t m) {
    return row_tiles(m).count;
}

constexpr PackFunction kPack[kMaxHeight] = {pack_rows<1>, pack_rows<2>, pack_rows<3>, pack_rows<4>,
                                            pack_rows<5>, pack_rows<6>, pack_rows<7>, pack_rows<8>};

template <bool kOneChunk>
constexpr TileFunction kMultiply[kMaxHeight] = {multiply_tile<1, kOneChunk>, multiply_tile<2, kOneChunk>,
                                                multiply_tile<3, kOneChunk>, multiply_tile<4, kOneChunk>,
                                                multiply_tile<5, kOneChunk>, multiply_tile<6, kOneChunk>,
                                                multiply_tile<7, kOneChunk>, multiply_tile<8, kOneChunk>};

void pack_lhs(const MatMul& mm, int64_t piece) {
    pack_tile(mm, row_tiles(mm.m), kPack, piece);
}

void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
    run_tiles(mm, row_tiles(mm.m), mm.group == kChunk ? kMultiply<true> : kMultiply<false>, n_begin, n_end);
}

}  // namespace

const KernelCode kInt4GroupAvx512Vnni = {kColumns, lhs_size, lhs_pieces, pack_lhs, run};

}  // namespace ks
