// SPDX-License-Identifier: Apache-2.0
// Products with codes of 4 bits by the 8-bit matrix multiply. 16 bytes are the codes of two columns, and a vector of
// sums is two rows by two columns.
#pragma once

#include "kernels/nibbles/nibbles.h"

namespace ks {
namespace {

struct MatrixProducts {
    static constexpr int kRun = 8;

    // In assembler, because GCC and Clang would keep sums in memory.
    [[gnu::always_inline]] static void add(const int8x16_t (&codes)[kCodeVectors], const uint8_t* lhs,
                                           int32x4_t (&sums)[kPanelRows]) {
        int8x16_t upper;
        int8x16_t lower;
        // clang-format off
#define KS_LOAD(at) "ldp %q[upper], %q[lower], [%[lhs], #" at "]\n"
#define KS_PRODUCTS(left, right)                    \
    "smmla %[s0].4s, %[upper].16b, %[" left "].16b\n"  \
    "smmla %[s1].4s, %[upper].16b, %[" right "].16b\n" \
    "smmla %[s2].4s, %[lower].16b, %[" left "].16b\n"  \
    "smmla %[s3].4s, %[lower].16b, %[" right "].16b\n"
        // clang-format on
        asm(KS_LOAD("0") KS_PRODUCTS("c0", "c1")   // k 0 to 7
            KS_LOAD("32") KS_PRODUCTS("c2", "c3")  // 8 to 15
            KS_LOAD("64") KS_PRODUCTS("c4", "c5")  // 16 to 23
            KS_LOAD("96") KS_PRODUCTS("c6", "c7")  // 24 to 31
            : [s0] "+w"(sums[0]), [s1] "+w"(sums[1]), [s2] "+w"(sums[2]), [s3] "+w"(sums[3]), [upper] "=&w"(upper),
              [lower] "=&w"(lower)
            : [lhs] "r"(lhs), "m"(*reinterpret_cast<const uint8_t(*)[kPanelRows * kChunk]>(lhs)), [c0] "w"(codes[0]),
              [c1] "w"(codes[1]), [c2] "w"(codes[2]), [c3] "w"(codes[3]), [c4] "w"(codes[4]), [c5] "w"(codes[5]),
              [c6] "w"(codes[6]), [c7] "w"(codes[7]));
#undef KS_PRODUCTS
#undef KS_LOAD
    }

    // The scales of 4 columns in the order of the sums.
    struct Columns {
        float32x4_t pairs[2];

        explicit Columns(float32x4_t scales) {
            const float64x2_t all = vreinterpretq_f64_f32(scales);
            pairs[0] = vreinterpretq_f32_f64(vdupq_laneq_f64(all, 0));
            pairs[1] = vreinterpretq_f32_f64(vdupq_laneq_f64(all, 1));
        }
        float32x4_t of(int sum) const { return pairs[sum % 2]; }
    };

    // Sums of 4 rows, row by row.
    [[gnu::always_inline]] static void to_rows(float32x4_t (&acc)[kPanelRows]) {
#pragma GCC unroll 2
        for (int i = 0; i < kPanelRows; i += 2) {
            const float64x2_t left = vreinterpretq_f64_f32(acc[i]);
            const float64x2_t right = vreinterpretq_f64_f32(acc[i + 1]);
            acc[i] = vreinterpretq_f32_f64(vzip1q_f64(left, right));
            acc[i + 1] = vreinterpretq_f32_f64(vzip2q_f64(left, right));
        }
    }
};

}  // namespace
}  // namespace ks
