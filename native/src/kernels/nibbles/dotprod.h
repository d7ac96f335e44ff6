// SPDX-License-Identifier: Apache-2.0
// Products with codes of 4 bits by dot products.
#pragma once

#include "kernels/nibbles/nibbles.h"

namespace ks {
namespace {

// 4 rows: 16 bytes are the codes of 4 columns, and a vector of sums is a row.
struct DotProducts {
    static constexpr int kRun = 4;

    // In assembler, because GCC moves sums from register to register in between, and Clang to memory.
    [[gnu::always_inline]] static void add(const int8x16_t (&codes)[kCodeVectors], const uint8_t* lhs,
                                           int32x4_t (&sums)[kPanelRows]) {
        int8x16_t even;
        int8x16_t odd;
        // clang-format off
#define KS_LOAD(at) "ldp %q[even], %q[odd], [%[lhs], #" at "]\n"
#define KS_DOTS(codes, quad)                            \
    "sdot %[s0].4s, %[" codes "].16b, %[" quad "].4b[0]\n" \
    "sdot %[s1].4s, %[" codes "].16b, %[" quad "].4b[1]\n" \
    "sdot %[s2].4s, %[" codes "].16b, %[" quad "].4b[2]\n" \
    "sdot %[s3].4s, %[" codes "].16b, %[" quad "].4b[3]\n"
        // clang-format on
        asm(KS_LOAD("0") KS_DOTS("c0", "even") KS_DOTS("c1", "odd")   // k 0 to 7
            KS_LOAD("32") KS_DOTS("c2", "even") KS_DOTS("c3", "odd")  // 8 to 15
            KS_LOAD("64") KS_DOTS("c4", "even") KS_DOTS("c5", "odd")  // 16 to 23
            KS_LOAD("96") KS_DOTS("c6", "even") KS_DOTS("c7", "odd")  // 24 to 31
            : [s0] "+w"(sums[0]), [s1] "+w"(sums[1]), [s2] "+w"(sums[2]), [s3] "+w"(sums[3]), [even] "=&w"(even),
              [odd] "=&w"(odd)
            : [lhs] "r"(lhs), "m"(*reinterpret_cast<const uint8_t(*)[kPanelRows * kChunk]>(lhs)), [c0] "w"(codes[0]),
              [c1] "w"(codes[1]), [c2] "w"(codes[2]), [c3] "w"(codes[3]), [c4] "w"(codes[4]), [c5] "w"(codes[5]),
              [c6] "w"(codes[6]), [c7] "w"(codes[7]));
#undef KS_DOTS
#undef KS_LOAD
    }

    // The scales of 4 columns in the order of the sums.
    struct Columns {
        float32x4_t all;

        explicit Columns(float32x4_t scales) : all(scales) {}
        float32x4_t of(int) const { return all; }
    };

    // Sums of 4 rows, row by row.
    static void to_rows(float32x4_t (&)[kPanelRows]) {}
};

// The codes of a chunk of a panel.
template <int kVectors>
[[gnu::always_inline]] inline void load_panel_chunk(const uint8_t* weights, int8x16_t (&packed)[kVectors]) {
#pragma GCC unroll 8
    for (int i = 0; i < kVectors; ++i) packed[i] = load_codes(weights + 16 * i);
}

// One row by a panel of kColumns columns: 16 bytes are the codes of 4 columns.
template <int kColumns>
struct RowProducts {
    static constexpr int kRun = 4;
    static constexpr int kCopies = 1;
    static constexpr int kSums = kColumns / kQuad;

    struct Row {
        int8x16_t low;
        int8x16_t high;
    };
    [[gnu::always_inline]] static Row load(const uint8_t* lhs) { return {load_codes(lhs), load_codes(lhs + 16)}; }

    template <int kLane>
    [[gnu::always_inline]] static void add_lane(const int8x16_t* packed, const Row& row, int8x16_t mask,
                                                int32x4_t (&sums)[kSums]) {
#pragma GCC unroll 2
        for (int i = 0; i < kSums; ++i) {
            const int8x16_t codes = packed[kSums * kLane + i];
            sums[i] = vdotq_laneq_s32(sums[i], low_codes(codes), row.low, kLane);
            sums[i] = vdotq_laneq_s32(sums[i], high_codes(codes, mask), row.high, kLane);
        }
    }

    [[gnu::always_inline]] static void add(const uint8_t* weights, const Row& row, int32x4_t (&sums)[kSums]) {
        int8x16_t packed[kColumns];
        load_panel_chunk(weights, packed);
        const int8x16_t mask = vdupq_n_s8(-16);
        add_lane<0>(packed, row, mask, sums);
        add_lane<1>(packed, row, mask, sums);
        add_lane<2>(packed, row, mask, sums);
        add_lane<3>(packed, row, mask, sums);
    }

    // The sums of 4 columns.
    static int32x4_t total(const int32x4_t (&sums)[kSums], int quad) { return sums[quad]; }
};

// The same where 16 bytes are the codes of 2 columns, and a vector of sums has two parts of each.
template <int kColumns>
struct PairedRowProducts {
    static constexpr int kRun = 8;
    static constexpr int kCopies = 2;
    static constexpr int kSums = kColumns / 2;

    struct Row {
        int8x16_t runs[kChunk / kRun];
    };
    [[gnu::always_inline]] static Row load(const uint8_t* lhs) {
        return {{load_codes(lhs), load_codes(lhs + 16), load_codes(lhs + 32), load_codes(lhs + 48)}};
    }

    [[gnu::always_inline]] static void add(const uint8_t* weights, const Row& row, int32x4_t (&sums)[kSums]) {
        int8x16_t packed[kColumns];
        load_panel_chunk(weights, packed);
        const int8x16_t mask = vdupq_n_s8(-16);
#pragma GCC unroll 8
        for (int i = 0; i < kColumns; ++i) {
            int32x4_t& sum = sums[i % kSums];
            sum = vdotq_s32(sum, low_codes(packed[i]), row.runs[i / kSums]);
            sum = vdotq_s32(sum, high_codes(packed[i], mask), row.runs[2 + i / kSums]);
        }
    }

    static int32x4_t total(const int32x4_t (&sums)[kSums], int quad) {
        return vpaddq_s32(sums[2 * quad], sums[2 * quad + 1]);
    }
};

}  // namespace
}  // namespace ks
