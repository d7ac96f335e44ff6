// SPDX-License-Identifier: Apache-2.0
// Activations quantised per group with f32 scales and sums.
#include "float_bits.h"
#include "kernels/lhs/codes.h"

namespace ks {
namespace {

constexpr int64_t kFloatBytes = sizeof(float);
constexpr float kLeast = 0x1p-75f;  // smaller groups count as zeros

int64_t group_bytes(LhsTile tile, int64_t group) { return tile.rows * (group + 2 * kFloatBytes); }

int64_t size(LhsTile tile, int64_t m, int64_t k, int64_t group) {
    return tile.panels(m) * (k / group) * group_bytes(tile, group);
}

// One group of one row: its codes, its sum and its scale. Returns whether all of it is finite.
bool pack_group(const float* x, int64_t group, uint8_t* codes, LhsTile tile, float* sum, float* scale) {
    float largest = 0;
    for (int64_t i = 0; i < group; i += kPiece) {
        const float magnitude = largest_magnitude(x + i);
        largest = magnitude <= largest ? largest : magnitude;  // the last NaN stays
        if (!is_finite(largest)) return false;
    }
    const float factor = largest < kLeast ? 0.0f : 127.0f / largest;
    *scale = largest < kLeast ? 0.0f : 1.0f / factor;
    int32x4_t sums = vdupq_n_s32(0);
    for (int64_t i = 0; i < group; i += kPiece) {
        const Codes32 piece = quantize32<round_even>(x + i, factor, vdupq_n_s16(0));
        sums = vpadalq_s16(sums, vaddq_s16(vpaddlq_s8(piece.half[0]), vpaddlq_s8(piece.half[1])));
        store32(codes + i * tile.rows, piece, tile);
    }
    *sum = static_cast<float>(vaddvq_s32(sums)) * *scale;
    return true;
}

void pack(const MatMul& mm, LhsTile tile, int64_t panel) {
    const int64_t groups = mm.k / mm.group;
    uint8_t* out = mm.lhs + panel * groups * group_bytes(tile, mm.group);
    const int64_t first = panel * tile.rows;
    for (int64_t r = 0; r < tile.rows && first + r < mm.m; ++r) {
        const float* x = mm.x + (first + r) * mm.x_stride;
        const auto sums_at = [&](int64_t g) {
            return reinterpret_cast<float*>(out + g * group_bytes(tile, mm.group) + tile.rows * mm.group);
        };
        bool finite = true;
        for (int64_t g = 0; g < groups && finite; ++g) {
            uint8_t* codes = out + g * group_bytes(tile, mm.group) + r * tile.run;
            float* sums = sums_at(g);
            finite = pack_group(x + g * mm.group, mm.group, codes, tile, sums + r, sums + tile.rows + r);
        }
        if (finite) continue;
        for (int64_t g = 0; g < groups; ++g) sums_at(g)[r] = sums_at(g)[tile.rows + r] = bits_to_float(kQuietNan);
    }
}

}  // namespace

const LhsPacker kLhsPerGroup = {size, pack};

}  // namespace ks
