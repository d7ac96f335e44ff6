// SPDX-License-Identifier: Apache-2.0
// Codes of 4 bits in KleidiAI's panels: what the kernels over them share, whatever their instruction set. Included by
// files that are compiled for different ones, hence the anonymous namespace.
//
// The two codes of a byte are 16 values apart, each less 8 in two's complement.
#pragma once

#include <arm_neon.h>

#include "kernels/lhs/lhs_packer.h"
#include "kernels/neon.h"

namespace ks {
namespace {

constexpr int kChunk = 32;       // values along k whose codes stand together
constexpr int kQuad = 4;         // columns of a vector of results
constexpr int kCodeVectors = 8;  // of a chunk of 4 columns, unpacked
constexpr int kPanelRows = 4;    // of a panel of activations, where several rows are computed at once
constexpr int kMaxPanels = 4;    // of activations in a tile

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

template <int kCount>
[[gnu::always_inline]] inline void clear(int32x4_t (&sums)[kCount]) {
#pragma GCC unroll 4
    for (int i = 0; i < kCount; ++i) sums[i] = zero();
}

// A chunk of 4 columns, unpacked: low codes, then high ones. Its vectors stand at Products::kVectors after the first.
template <typename Products>
[[gnu::always_inline]] inline void load_chunk(const uint8_t* weights, int8x16_t (&codes)[kCodeVectors]) {
    constexpr int kPacked = kCodeVectors / 2;
    int8x16_t packed[kPacked];
#pragma GCC unroll 4
    for (int i = 0; i < kPacked; ++i) packed[i] = load_codes(weights + Products::kVectors[i]);
    const int8x16_t mask = high_mask();
#pragma GCC unroll 4
    for (int i = 0; i < kPacked; ++i) {
        codes[i] = low_codes(packed[i]);
        codes[kPacked + i] = high_codes(packed[i], mask);
    }
}

struct Bounds {
    float32x4_t lo;
    float32x4_t hi;

    explicit Bounds(const MatMul& mm) : lo(vdupq_n_f32(mm.lo)), hi(vdupq_n_f32(mm.hi)) {}
    // A NaN passes through.
    float32x4_t clamp(float32x4_t v) const { return vminq_f32(vmaxq_f32(v, lo), hi); }
};

// Activations in panels of kRows rows, in runs of kRun values.
template <const LhsPacker& packer, int64_t kRows, int64_t kRun>
struct PanelActivations {
    static constexpr LhsTile kTile = {kRows, kRun};

    static uint64_t size(int64_t m, int64_t k, int64_t group) {
        return static_cast<uint64_t>(packer.size(kTile, m, k, group));
    }
    static int64_t pieces(int64_t m) { return kTile.panels(m); }
    static void pack(const MatMul& mm, int64_t piece) { packer.pack(mm, kTile, piece); }

    static int64_t panel_bytes(const MatMul& mm) { return packer.size(kTile, kRows, mm.k, mm.group); }
};

// A panel for each row, which holds the row kCopies times.
template <const LhsPacker& packer, int64_t kCopies, int64_t kRun>
struct RowActivations {
    static constexpr LhsTile kTile = {kCopies, kRun};

    static uint64_t size(int64_t m, int64_t k, int64_t group) {
        return static_cast<uint64_t>(m * packer.size(kTile, kCopies, k, group));
    }
    static int64_t pieces(int64_t m) { return m; }
    static void pack(const MatMul& mm, int64_t piece) {
        MatMul row = mm;
        row.m = kCopies;
        row.x += piece * mm.x_stride;
        row.x_stride = 0;
        row.lhs += piece * panel_bytes(mm);
        packer.pack(row, kTile, 0);
    }

    static int64_t panel_bytes(const MatMul& mm) { return packer.size(kTile, kCopies, mm.k, mm.group); }
};

}  // namespace
}  // namespace ks
