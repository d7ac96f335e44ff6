// SPDX-License-Identifier: Apache-2.0
// Activations quantised per row, or by the static quantisation that all rows share.
#include "float_bits.h"
#include "kernels/lhs/codes.h"

namespace ks {
namespace {

// Codes are saturate(round_half_away(x * factor) + zero point).
struct RowQuantizer {
    float factor;
    RowQuantization row;
};

// lo = min(0, min x) and hi = max(0, max x); not numbers where x holds one that is not.
struct RowRange {
    float lo;
    float hi;
};

RowRange row_range(const float* x, int64_t k) {
    const float32x4_t zero = vdupq_n_f32(0);
    float32x4_t lo[4] = {zero, zero, zero, zero};
    float32x4_t hi[4] = {zero, zero, zero, zero};
    for_pieces(x, k, [&](int64_t, const float* from) {
#pragma GCC unroll 8
        for (int j = 0; j < 8; ++j) {
            const float32x4_t v = vld1q_f32(from + 4 * j);
            lo[j % 4] = vminq_f32(lo[j % 4], v);  // unlike vminnmq_f32, keeps a NaN
            hi[j % 4] = vmaxq_f32(hi[j % 4], v);
        }
    });
    return {vminvq_f32(vminq_f32(vminq_f32(lo[0], lo[1]), vminq_f32(lo[2], lo[3]))),
            vmaxvq_f32(vmaxq_f32(vmaxq_f32(hi[0], hi[1]), vmaxq_f32(hi[2], hi[3])))};
}

// With a factor of 0 every code is 0, those of NaN and infinity included.
RowQuantizer row_quantizer(const MatMul& mm, const float* x) {
    const RowRange range = row_range(x, mm.k);
    const float width = range.hi - range.lo;
    if (!is_finite(width)) return {0, {bits_to_float(kQuietNan), 0}};
    if (mm.fixed != nullptr) return {1, *mm.fixed};
    const float factor = width == 0 ? 1.0f : 255.0f / width;
    if (!is_finite(factor)) return {0, {0, 0}};
    const float lo = range.lo * factor;
    const float hi = range.hi * factor;
    // The zero point is taken from the end of the range whose rounding error is smaller.
    const float error = (-128.0f + lo) + (127.0f + hi);
    float exact = error > 0 ? -128.0f - lo : 127.0f - hi;
    exact = exact < -128.0f ? -128.0f : exact;
    exact = exact > 127.0f ? 127.0f : exact;
    return {factor, {1.0f / factor, round_to_even(exact)}};
}

int64_t panel_bytes(LhsTile tile, int64_t k) {
    return tile.rows * (padded_k(k) + static_cast<int64_t>(sizeof(int32_t) + sizeof(float)));
}

float* scales_after_panels(const MatMul& mm, LhsTile tile) {
    return reinterpret_cast<float*>(mm.lhs + tile.panels(mm.m) * panel_bytes(tile, mm.k));
}

template <bool kScaled>
void pack(const MatMul& mm, LhsTile tile, int64_t panel) {
    uint8_t* codes = mm.lhs + panel * panel_bytes(tile, mm.k);
    auto* minus_zero_points = reinterpret_cast<int32_t*>(codes + tile.rows * padded_k(mm.k));
    auto* scales = reinterpret_cast<float*>(minus_zero_points + tile.rows);
    const int64_t first = panel * tile.rows;
    for (int64_t r = 0; r < tile.rows && first + r < mm.m; ++r) {
        const float* x = mm.x + (first + r) * mm.x_stride;
        const RowQuantizer quantizer = row_quantizer(mm, x);
        const int16x8_t zero_point = vdupq_n_s16(static_cast<int16_t>(quantizer.row.zero_point));
        const float factor = quantizer.factor;
        uint8_t* to = codes + r * tile.run;
        const auto pack_row = [=](auto store) {
            for_pieces(x, mm.k, [=](int64_t i, const float* from) {
                store(to + i * tile.rows, quantize32<round_away>(from, factor, zero_point));
            });
        };
        // A loop for each of the tiles that NEON kernels have, whose strides are constants then.
        if (tile.rows == 1) {
            pack_row([](uint8_t* out, Codes32 c) { store32(out, c, LhsTile{1, 8}); });
        } else if (tile.rows == 4 && tile.run == 8) {
            pack_row([](uint8_t* out, Codes32 c) { store32(out, c, LhsTile{4, 8}); });
        } else if (tile.rows == 4) {
            pack_row([](uint8_t* out, Codes32 c) { store32(out, c, LhsTile{4, 4}); });
        } else {
            pack_row([=](uint8_t* out, Codes32 c) { store32(out, c, tile); });
        }
        minus_zero_points[r] = -quantizer.row.zero_point;
        scales[r] = kScaled ? quantizer.row.scale : 1.0f;
        if (!kScaled) scales_after_panels(mm, tile)[first + r] = quantizer.row.scale;
    }
}

template <bool kScaled>
int64_t size(LhsTile tile, int64_t m, int64_t k, int64_t) {
    return tile.panels(m) * panel_bytes(tile, k) + (kScaled ? 0 : m * static_cast<int64_t>(sizeof(float)));
}

}  // namespace

const LhsPacker kLhsPerRow = {size<true>, pack<true>};
const LhsPacker kLhsPerRowUnscaled = {size<false>, pack<false>};

const float* row_scales(const MatMul& mm, LhsTile tile) { return scales_after_panels(mm, tile); }

}  // namespace ks
