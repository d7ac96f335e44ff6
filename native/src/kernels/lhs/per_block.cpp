// SPDX-License-Identifier: Apache-2.0
// Activations quantised per 32 values with f16 scales.
#include "float_bits.h"
#include "kernels/lhs/codes.h"

namespace ks {
namespace {

constexpr int64_t kScaleBytes = sizeof(uint16_t);
constexpr uint16_t kF16Infinity = 0x7C00;
constexpr uint16_t kF16QuietNan = 0x7E00;

// Nearest, ties to even.
uint16_t f16_bits(float value) { return vget_lane_u16(vreinterpret_u16_f16(vcvt_f16_f32(vdupq_n_f32(value))), 0); }

int64_t block_bytes(LhsTile tile) { return tile.rows * (kPiece + kScaleBytes); }

int64_t size(LhsTile tile, int64_t m, int64_t k, int64_t) {
    return tile.panels(m) * (k / kPiece) * block_bytes(tile);
}

// One block of one row: its codes and its scale, an infinity or a NaN where the row has no result.
uint16_t pack_block(const float* x, uint8_t* codes, LhsTile tile) {
    const float d = largest_magnitude(x) / 127.0f;
    float factor = 1.0f / d;
    if (!is_finite(factor)) factor = 0;
    store32(codes, quantize32<round_away>(x, factor, vdupq_n_s16(0)), tile);
    // Where the reciprocal is infinite, d is far below the smallest f16.
    return f16_bits(d);
}

void pack(const MatMul& mm, LhsTile tile, int64_t panel) {
    const int64_t blocks = mm.k / kPiece;
    uint8_t* out = mm.lhs + panel * blocks * block_bytes(tile);
    const int64_t first = panel * tile.rows;
    for (int64_t r = 0; r < tile.rows && first + r < mm.m; ++r) {
        const float* x = mm.x + (first + r) * mm.x_stride;
        const auto scale_at = [&](int64_t b) { return out + b * block_bytes(tile) + r * kScaleBytes; };
        bool finite = true;
        for (int64_t b = 0; b < blocks; ++b) {
            uint8_t* codes = out + b * block_bytes(tile) + tile.rows * kScaleBytes + r * tile.run;
            const uint16_t scale = pack_block(x + b * kPiece, codes, tile);
            finite &= scale < kF16Infinity;
            memcpy(scale_at(b), &scale, sizeof scale);
        }
        if (finite) continue;
        for (int64_t b = 0; b < blocks; ++b) memcpy(scale_at(b), &kF16QuietNan, sizeof kF16QuietNan);
    }
}

}  // namespace

const LhsPacker kLhsPerBlock = {size, pack};

}  // namespace ks
