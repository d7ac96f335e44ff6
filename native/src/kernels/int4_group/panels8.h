// SPDX-License-Identifier: Apache-2.0
// int4 groups over KleidiAI's panels of 8 columns: what the kernels of an instruction set share. Included by files that
// are compiled for different ones, hence the anonymous namespace.
//
// The two codes of a byte are 16 values apart, each less 8 in two's complement. After the codes of a group come its
// bf16 scales, after all groups rowsum[8] and bias[8].
#pragma once

#include <arm_neon.h>

#include "kernels/kernels.h"
#include "kernels/lhs/lhs_packer.h"
#include "kernels/neon.h"

namespace ks {
namespace {

constexpr int kColumns = 8;  // a panel
constexpr int kChunk = 32;   // values along k whose codes stand together
constexpr int kChunkBytes = kColumns * kChunk / 2;
constexpr int kScaleBytes = kColumns * sizeof(uint16_t);
constexpr int kEndBytes = kColumns * 2 * sizeof(float);

// Codes are taken times 16, as their four bits stand; conversion to float divides the sums again, exactly.
constexpr int kCodeShift = 4;

inline int8x16_t low_codes(int8x16_t packed) { return vshlq_n_s8(packed, kCodeShift); }
inline int8x16_t high_codes(int8x16_t packed, int8x16_t mask) { return vandq_s8(packed, mask); }
inline int8x16_t load_codes(const uint8_t* from) { return vreinterpretq_s8_u8(vld1q_u8(from)); }
inline float32x4_t sums_to_floats(int32x4_t sums) { return vcvtq_n_f32_s32(sums, kCodeShift); }

// In assembler, because compilers would keep these constants in registers that the sums need, and copy the zero.
[[gnu::always_inline]] inline int32x4_t zero() {
    int32x4_t value;
    asm volatile("movi %0.2d, #0" : "=w"(value));
    return value;
}
[[gnu::always_inline]] inline int8x16_t high_mask() {
    int8x16_t value;
    asm volatile("movi %0.16b, #0xf0" : "=w"(value));
    return value;
}

inline float32x4_t load_scales(const uint8_t* from) {
    return vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(vld1_u8(from)), 16));
}

// What all panels of a multiplication have in common.
struct Shape {
    int64_t groups;
    int64_t chunks;  // in a group
    int64_t panel_bytes;

    explicit Shape(const MatMul& mm) : groups(mm.k / mm.group), chunks(mm.group / kChunk) {
        panel_bytes = groups * (chunks * kChunkBytes + kScaleBytes) + kEndBytes;
    }
};

struct Bounds {
    float32x4_t lo;
    float32x4_t hi;
};

// What follows all groups of a panel, of 4 columns.
struct ColumnsEnd {
    float32x4_t row_sum;
    float32x4_t bias;

    explicit ColumnsEnd(const uint8_t* from)
        : row_sum(vreinterpretq_f32_u8(vld1q_u8(from))),
          bias(vreinterpretq_f32_u8(vld1q_u8(from + kColumns * sizeof(float)))) {}
};

// From the sums of 4 columns over all groups to results. A NaN passes through the bounds.
[[gnu::always_inline]] inline float32x4_t finish(float32x4_t sums, const ColumnsEnd& end, float minus_zero_point,
                                                 float scale, const Bounds& bounds) {
    const float32x4_t scaled = vmulq_n_f32(vfmaq_n_f32(sums, end.row_sum, minus_zero_point), scale);
    return vminq_f32(vmaxq_f32(vaddq_f32(scaled, end.bias), bounds.lo), bounds.hi);
}

// Activations in panels of kRows rows, in runs of kRun values.
template <int64_t kRows, int64_t kRun>
struct Activations {
    static constexpr LhsTile kTile = {kRows, kRun};

    static uint64_t size(int64_t m, int64_t k, int64_t group) {
        return static_cast<uint64_t>(kLhsPerRow.size(kTile, m, k, group));
    }
    static int64_t pieces(int64_t m) { return kTile.panels(m); }
    static void pack(const MatMul& mm, int64_t piece) { kLhsPerRow.pack(mm, kTile, piece); }

    static int64_t panel_bytes(int64_t k) {
        return kRows * (k + static_cast<int64_t>(sizeof(int32_t) + sizeof(float)));
    }
};

}  // namespace
}  // namespace ks
