// SPDX-License-Identifier: Apache-2.0
// int4 groups on Armv8.0 NEON, for cores without dot products (Cortex-A53, A72). Reads KS_LAYOUT_INT4_N32K4.
#include <arm_neon.h>
#include <string.h>

#include "kernels/int4_group/neon_row.h"
#include "kernels/kernels.h"

namespace ks {
namespace {

constexpr int kPanelColumns = 32;

// A row of x, prepared: k codes, then for each group -8 times the sum of its codes (the weights' codes are 8 above
// their values), then -zp and the scale.
struct RowTrailer {
    float minus_zero_point;
    float scale;
};

int64_t row_bytes(int64_t k, int64_t group) {
    const int64_t bytes =
        k + k / group * static_cast<int64_t>(sizeof(int32_t)) + static_cast<int64_t>(sizeof(RowTrailer));
    return (bytes + 15) / 16 * 16;
}

uint64_t lhs_size(int64_t m, int64_t k, int64_t group) { return static_cast<uint64_t>(m * row_bytes(k, group)); }

int64_t lhs_pieces(int64_t m) { return m; }

// round_half_away(x * s) + zp, saturated to int8, for 16 values.
int8x16_t quantize16(const float* x, float s, int16x8_t zero_point) {
    int16x8_t half[2];
    for (int i = 0; i < 2; ++i) {
        const int32x4_t low = vcvtaq_s32_f32(vmulq_n_f32(vld1q_f32(x + 8 * i), s));
        const int32x4_t high = vcvtaq_s32_f32(vmulq_n_f32(vld1q_f32(x + 8 * i + 4), s));
        half[i] = vaddq_s16(vcombine_s16(vqmovn_s32(low), vqmovn_s32(high)), zero_point);
    }
    return vcombine_s8(vqmovn_s16(half[0]), vqmovn_s16(half[1]));
}

// Piece `row`: one row of x.
void pack_lhs(const MatMul& mm, int64_t row) {
    const float* x = mm.x + row * mm.x_stride;
    uint8_t* out = mm.lhs + row * row_bytes(mm.k, mm.group);
    const RowRange range = row_range(x, mm.k);
    const RowKind kind = row_kind(range);
    RowTrailer trailer = {0, 0};
    if (kind == RowKind::kOrdinary) {
        const float s = row_factor(range);
        const float lo = range.lo * s;
        const float hi = range.hi * s;
        const float error = (-128.0f + lo) + (127.0f + hi);
        float z = error > 0 ? -128.0f - lo : 127.0f - hi;
        z = z < -128.0f ? -128.0f : z;
        z = z > 127.0f ? 127.0f : z;
        const int32_t zero_point = vcvtns_s32_f32(z);  // ties to even
        const int16x8_t zero_points = vdupq_n_s16(static_cast<int16_t>(zero_point));
        trailer = {static_cast<float>(-zero_point), 1.0f / s};

        uint8_t* corrections = out + mm.k;
        for (int64_t begin = 0; begin < mm.k; begin += mm.group) {
            int32x4_t sum = vdupq_n_s32(0);
            for (int64_t k = begin; k < begin + mm.group; k += 16) {
                const int8x16_t codes = quantize16(x + k, s, zero_points);
                vst1q_s8(reinterpret_cast<int8_t*>(out) + k, codes);
                sum = vpadalq_s16(sum, vpaddlq_s8(codes));
            }
            const int32_t correction = -8 * vaddvq_s32(sum);
            memcpy(corrections, &correction, sizeof correction);
            corrections += sizeof correction;
        }
    } else {
        memset(out, 0, static_cast<size_t>(mm.k + mm.k / mm.group * 4));
        if (kind == RowKind::kNotFinite) trailer.scale = bits_to_float(kQuietNan);
    }
    memcpy(out + mm.k + mm.k / mm.group * 4, &trailer, sizeof trailer);
}

void store(float* y, float32x4_t values, int64_t columns) {
    if (columns >= 4) {
        vst1q_f32(y, values);
        return;
    }
    float buffer[4];
    vst1q_f32(buffer, values);
    memcpy(y, buffer, static_cast<size_t>(columns) * sizeof(float));
}

// ROWS rows from `row` on, 4 * QUADS columns: those of `panel` from `offset` on, which are y's from `column` on.
// The int16 sums of 32 products each stay exact: a lane adds 8 of them, of at most 15 * 128.
template <int ROWS, int QUADS>
void tile(const MatMul& mm, int64_t row, const uint8_t* panel, int offset, int64_t column, int64_t n_end) {
    const int64_t groups = mm.k / mm.group;
    const uint8_t* lhs[ROWS];
    for (int r = 0; r < ROWS; ++r) lhs[r] = mm.lhs + (row + r) * row_bytes(mm.k, mm.group);

    const uint8x16_t low_nibbles = vdupq_n_u8(15);
    float32x4_t acc[ROWS][QUADS];
    for (int r = 0; r < ROWS; ++r) {
        for (int q = 0; q < QUADS; ++q) acc[r][q] = vdupq_n_f32(0);
    }
    const uint8_t* weights = panel;
    for (int64_t g = 0; g < groups; ++g) {
        int32x4_t sum[ROWS][QUADS];
        for (int r = 0; r < ROWS; ++r) {
            int32_t correction;
            memcpy(&correction, lhs[r] + mm.k + 4 * g, sizeof correction);
            for (int q = 0; q < QUADS; ++q) sum[r][q] = vdupq_n_s32(correction);
        }
        for (int64_t k = g * mm.group; k < (g + 1) * mm.group; k += 32) {
            // Per column and pair of codes 4t + z, 16 + 4t + z: lane z of its half of a register.
            int16x8_t products[ROWS][QUADS][2];
            for (int r = 0; r < ROWS; ++r) {
                for (int q = 0; q < QUADS; ++q) products[r][q][0] = products[r][q][1] = vdupq_n_s16(0);
            }
            for (int t = 0; t < 4; ++t, weights += 4 * kPanelColumns) {
                int8x16_t low[QUADS];
                int8x16_t high[QUADS];
                for (int q = 0; q < QUADS; ++q) {
                    const uint8x16_t bytes = vld1q_u8(weights + 4 * (offset + 4 * q));
                    low[q] = vreinterpretq_s8_u8(vandq_u8(bytes, low_nibbles));
                    high[q] = vreinterpretq_s8_u8(vshrq_n_u8(bytes, 4));
                }
                for (int r = 0; r < ROWS; ++r) {
                    const auto* codes = reinterpret_cast<const int32_t*>(lhs[r] + k + 4 * t);
                    const int8x16_t a = vreinterpretq_s8_s32(vld1q_dup_s32(codes));
                    const int8x16_t b = vreinterpretq_s8_s32(vld1q_dup_s32(codes + 4));
                    for (int q = 0; q < QUADS; ++q) {
                        products[r][q][0] = vmlal_s8(products[r][q][0], vget_low_s8(low[q]), vget_low_s8(a));
                        products[r][q][1] = vmlal_high_s8(products[r][q][1], low[q], a);
                        products[r][q][0] = vmlal_s8(products[r][q][0], vget_low_s8(high[q]), vget_low_s8(b));
                        products[r][q][1] = vmlal_high_s8(products[r][q][1], high[q], b);
                    }
                }
            }
            for (int r = 0; r < ROWS; ++r) {
                for (int q = 0; q < QUADS; ++q) {
                    const int32x4_t first = vpaddlq_s16(products[r][q][0]);
                    const int32x4_t second = vpaddlq_s16(products[r][q][1]);
                    sum[r][q] = vaddq_s32(sum[r][q], vpaddq_s32(first, second));
                }
            }
        }
        for (int q = 0; q < QUADS; ++q) {
            const uint16x4_t bf16 = vreinterpret_u16_u8(vld1_u8(weights + 2 * (offset + 4 * q)));
            const float32x4_t scale = vreinterpretq_f32_u32(vshll_n_u16(bf16, 16));
            for (int r = 0; r < ROWS; ++r) acc[r][q] = vfmaq_f32(acc[r][q], vcvtq_f32_s32(sum[r][q]), scale);
        }
        weights += 2 * kPanelColumns;
    }

    const auto* row_sums = reinterpret_cast<const float*>(weights) + offset;
    const float* bias = row_sums + kPanelColumns;
    for (int r = 0; r < ROWS; ++r) {
        RowTrailer trailer;
        memcpy(&trailer, lhs[r] + mm.k + 4 * groups, sizeof trailer);
        float* y = mm.y + (row + r) * mm.y_stride;
        for (int q = 0; q < QUADS; ++q) {
            const int64_t first = column + 4 * q;
            if (first >= n_end) break;
            float32x4_t v = vfmaq_n_f32(acc[r][q], vld1q_f32(row_sums + 4 * q), trailer.minus_zero_point);
            v = vmulq_n_f32(v, trailer.scale);
            v = vaddq_f32(v, vld1q_f32(bias + 4 * q));
            v = vminq_f32(vmaxq_f32(v, vdupq_n_f32(mm.lo)), vdupq_n_f32(mm.hi));
            store(y + first, v, n_end - first);
        }
    }
}

// The whole panel for ROWS rows.
template <int ROWS, int QUADS>
void strip(const MatMul& mm, int64_t row, const uint8_t* panel, int64_t column, int64_t n_end) {
    for (int offset = 0; offset < kPanelColumns && column + offset < n_end; offset += 4 * QUADS) {
        tile<ROWS, QUADS>(mm, row, panel, offset, column + offset, n_end);
    }
}

void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
    const int64_t panel_bytes = kPanelColumns * (mm.k / 2 + 2 * (mm.k / mm.group) + 8);
    for (int64_t column = n_begin; column < n_end; column += kPanelColumns) {
        const uint8_t* panel = mm.panels + column / kPanelColumns * panel_bytes;
        int64_t row = 0;
        for (; row + 4 <= mm.m; row += 4) strip<4, 2>(mm, row, panel, column, n_end);
        switch (mm.m - row) {
            case 3:
                strip<3, 2>(mm, row, panel, column, n_end);
                break;
            case 2:
                strip<2, 4>(mm, row, panel, column, n_end);
                break;
            case 1:
                strip<1, 8>(mm, row, panel, column, n_end);
                break;
            default:
                break;
        }
    }
}

}  // namespace

const KernelCode kInt4GroupNeon = {kPanelColumns, lhs_size, lhs_pieces, pack_lhs, run};

}  // namespace ks
