// SPDX-License-Identifier: Apache-2.0
// int4 groups with dot products.
#include "kernels/int4_group/rows.h"
#include "kernels/int4_group/tiles.h"

namespace ks {
namespace {

// KS_LAYOUT_INT4_NR8KR8, 4 rows: 16 bytes are the codes of 4 columns, and a vector of sums is a row.
struct TileProducts {
    static constexpr int kRun = 4;
    static constexpr int kHalfBytes = 16;
    static constexpr int kVectors[] = {0, 32, 64, 96};

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

    struct Scales {
        float32x4_t columns;
        float32x4_t of(int) const { return columns; }
    };

    [[gnu::always_inline]] static Scales load(const uint8_t* scales) { return {load_scales(scales)}; }

    static void to_rows(float32x4_t (&)[kPanelRows]) {}
};

// The codes of a chunk of a panel.
[[gnu::always_inline]] inline void load_panel_chunk(const uint8_t* weights, int8x16_t (&packed)[kCodeVectors]) {
#pragma GCC unroll 8
    for (int i = 0; i < kCodeVectors; ++i) packed[i] = load_codes(weights + 16 * i);
}

// KS_LAYOUT_INT4_NR8KR8, one row.
struct RowProducts {
    static constexpr int kRun = 4;
    static constexpr int kCopies = 1;
    static constexpr int kSums = 2;

    struct Row {
        int8x16_t low;
        int8x16_t high;
    };
    [[gnu::always_inline]] static Row load(const uint8_t* lhs) { return {load_codes(lhs), load_codes(lhs + 16)}; }

    template <int kQuad>
    [[gnu::always_inline]] static void add_quad(const int8x16_t (&packed)[kCodeVectors], const Row& row, int8x16_t mask,
                                                int32x4_t (&sums)[kSums]) {
#pragma GCC unroll 2
        for (int h = 0; h < kHalves; ++h) {
            sums[h] = vdotq_laneq_s32(sums[h], low_codes(packed[2 * kQuad + h]), row.low, kQuad);
            sums[h] = vdotq_laneq_s32(sums[h], high_codes(packed[2 * kQuad + h], mask), row.high, kQuad);
        }
    }

    [[gnu::always_inline]] static void add(const uint8_t* weights, const Row& row, int32x4_t (&sums)[kSums]) {
        int8x16_t packed[kCodeVectors];
        load_panel_chunk(weights, packed);
        const int8x16_t mask = vdupq_n_s8(-16);
        add_quad<0>(packed, row, mask, sums);
        add_quad<1>(packed, row, mask, sums);
        add_quad<2>(packed, row, mask, sums);
        add_quad<3>(packed, row, mask, sums);
    }

    static int32x4_t total(const int32x4_t (&sums)[kSums], int half) { return sums[half]; }
};

// KS_LAYOUT_INT4_NR8KR16, one row: 16 bytes are the codes of 2 columns, and a vector of sums has two parts of each.
struct PairedRowProducts {
    static constexpr int kRun = 8;
    static constexpr int kCopies = 2;
    static constexpr int kSums = 4;

    struct Row {
        int8x16_t runs[kChunk / kRun];
    };
    [[gnu::always_inline]] static Row load(const uint8_t* lhs) {
        return {{load_codes(lhs), load_codes(lhs + 16), load_codes(lhs + 32), load_codes(lhs + 48)}};
    }

    [[gnu::always_inline]] static void add(const uint8_t* weights, const Row& row, int32x4_t (&sums)[kSums]) {
        int8x16_t packed[kCodeVectors];
        load_panel_chunk(weights, packed);
        const int8x16_t mask = vdupq_n_s8(-16);
#pragma GCC unroll 8
        for (int i = 0; i < kCodeVectors; ++i) {
            sums[i % 4] = vdotq_s32(sums[i % 4], low_codes(packed[i]), row.runs[i / 4]);
            sums[i % 4] = vdotq_s32(sums[i % 4], high_codes(packed[i], mask), row.runs[2 + i / 4]);
        }
    }

    static int32x4_t total(const int32x4_t (&sums)[kSums], int half) {
        return vpaddq_s32(sums[2 * half], sums[2 * half + 1]);
    }
};

}  // namespace

const KernelCode kInt4GroupDotprod = TileKernel<TileProducts>::kCode;
const KernelCode kInt4GroupDotprodRowKr8 = RowKernel<RowProducts>::kCode;
const KernelCode kInt4GroupDotprodRowKr16 = RowKernel<PairedRowProducts>::kCode;

}  // namespace ks
