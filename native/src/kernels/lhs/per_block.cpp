// SPDX-License-Identifier: Apache-2.0
// Activations quantised per 32 values with f16 scales.
#include "float_bits.h"
#include "kernels/lhs/codes.h"

namespace ks {
namespace {

constexpr uint16_t kF16Infinity = 0x7C00;
constexpr uint16_t kF16QuietNan = 0x7E00;

// Nearest, ties to even.
uint16_t f16_bits(float value) { return vget_lane_u16(vreinterpret_u16_f16(vcvt_f16_f32(vdupq_n_f32(value))), 0); }

// One block of one row: its codes and its scale, an infinity or a NaN where the row has no result.
uint16_t pack_block(const float* x, uint8_t* codes, LhsTile tile) {
    const float d = largest_magnitude(x) / 127.0f;
    float factor = 1.0f / d;
    if (!is_finite(factor)) factor = 0;
    store32(codes, quantize32<round_away>(x, factor, vdupq_n_s16(0)), tile);
    // Where the reciprocal is infinite, d is far below the smallest f16.
    return f16_bits(d);
}

// Where the parts of a panel stand, and the bytes from one block's to the next.
struct Places {
    int64_t codes;
    int64_t codes_step;
    int64_t scales;
    int64_t scales_step;
};

// A form says what a scale takes for one row, how it is stored, and where the parts of a panel stand.
struct HalfScales {
    static int64_t scale_bytes(LhsTile) { return sizeof(uint16_t); }
    static void store(uint8_t* to, LhsTile, uint16_t scale) { memcpy(to, &scale, sizeof scale); }
};

template <typename Form>
int64_t block_bytes(LhsTile tile) {
    return tile.rows * (kPiece + Form::scale_bytes(tile));
}

struct Blockwise : HalfScales {
    static Places places(LhsTile tile, int64_t) {
        const int64_t step = block_bytes<HalfScales>(tile);
        return {tile.rows * scale_bytes(tile), step, 0, step};
    }
};

struct ScalesLast : HalfScales {
    static Places places(LhsTile tile, int64_t k) {
        return {0, tile.rows * kPiece, tile.rows * k, tile.rows * scale_bytes(tile)};
    }
};

struct Floats {
    static int64_t scale_bytes(LhsTile tile) { return tile.run; }
    static void store(uint8_t* to, LhsTile tile, uint16_t scale) {
        const float32x2_t twice = vget_low_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(scale))));
        auto* floats = reinterpret_cast<float*>(to);
        if (tile.run == 8) {
            vst1_f32(floats, twice);
        } else {
            vst1_lane_f32(floats, twice, 0);
        }
    }
    static Places places(LhsTile tile, int64_t) {
        const int64_t step = block_bytes<Floats>(tile);
        return {0, step, tile.rows * kPiece, step};
    }
};

template <typename Form>
int64_t size(LhsTile tile, int64_t m, int64_t k, int64_t) {
    return tile.panels(m) * (k / kPiece) * block_bytes<Form>(tile);
}

template <typename Form>
void pack(const MatMul& mm, LhsTile tile, int64_t panel) {
    const int64_t blocks = mm.k / kPiece;
    const Places places = Form::places(tile, mm.k);
    uint8_t* out = mm.lhs + panel * blocks * block_bytes<Form>(tile);
    const int64_t first = panel * tile.rows;
    for (int64_t r = 0; r < tile.rows && first + r < mm.m; ++r) {
        const float* x = mm.x + (first + r) * mm.x_stride;
        uint8_t* codes = out + places.codes + r * tile.run;
        uint8_t* scales = out + places.scales + r * Form::scale_bytes(tile);
        bool finite = true;
        for (int64_t b = 0; b < blocks; ++b) {
            const uint16_t scale = pack_block(x + b * kPiece, codes + b * places.codes_step, tile);
            finite &= scale < kF16Infinity;
            Form::store(scales + b * places.scales_step, tile, scale);
        }
        if (finite) continue;
        for (int64_t b = 0; b < blocks; ++b) Form::store(scales + b * places.scales_step, tile, kF16QuietNan);
    }
}

// The kernels that read this form name kr 4 and sr 2, yet take runs of 4.
void pack_scales_last(const MatMul& mm, LhsTile tile, int64_t panel) { pack<ScalesLast>(mm, {tile.rows, 4}, panel); }

}  // namespace

const LhsPacker kLhsPerBlock = {size<HalfScales>, pack<Blockwise>};
const LhsPacker kLhsPerBlockScalesLast = {size<HalfScales>, pack_scales_last};
const LhsPacker kLhsPerBlockFloats = {size<Floats>, pack<Floats>};

}  // namespace ks
