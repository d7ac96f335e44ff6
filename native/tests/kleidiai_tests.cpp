// SPDX-License-Identifier: Apache-2.0
// The linked KleidiAI itself: where this library's packers of activations must agree with its own, and the faults that
// this library works around. A fault that is gone fails its test, which says what then may be simplified.
#include <gtest/gtest.h>
#include <math.h>

#include <vector>

#include "cpu.h"
#include "float_bits.h"
#include "kai/ukernels/matmul/kai_matmul.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_f32_f32p/kai_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsu2cxp/kai_matmul_clamp_f32_qai8dxp1x4_qsu2cxp4x4bf32sf32_1x4_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsu2cxp/kai_matmul_clamp_f32_qai8dxp4x4_qsu2cxp4x4bf32sf32_8x4_neon_dotprod.h"
#include "kai/ukernels/matmul/pack/kai_lhs_quant_pack_qai8dxp_f16_neon.h"
#include "kai/ukernels/matmul/pack/kai_lhs_quant_pack_qai8dxp_f32.h"
#include "kai/ukernels/matmul/pack/kai_lhs_quant_pack_qsi8d32p4x8sb_f32_neon.h"
#include "kai/ukernels/matmul/pack/kai_lhs_quant_pack_qsi8d32p_f32.h"
#include "kai/ukernels/matmul/pack/kai_lhs_quant_pack_qsi8d32pscalef32_f32_neon.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsi4c32p_qsu4c32s1s0.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsu2cxp4x4bf32sf32_qsu2cx_neon.h"
#include "kernels/kleidiai/ukernel.h"
#include "kernels/lhs/lhs_packer.h"
#include "support/guarded.h"
#include "support/random.h"
#include "support/reference.h"

namespace ks_test {
namespace {

// Rows that are finite and do not vanish, of which KleidiAI has its own view.
void draw_ordinary_row(Random& random, float* x, int64_t k) {
    const int64_t kind = random.integer(0, 5);
    for (int64_t i = 0; i < k; ++i) {
        const float unit = random.unit();
        const float tie = static_cast<float>(random.integer(-127, 126)) + 0.5f;
        x[i] = kind == 0 ? fabsf(unit) : kind == 1 ? -fabsf(unit) : kind == 2 ? tie : kind == 3 ? 0.0f : unit * 1000;
    }
}

using TheirPacker = void (*)(const ks::MatMul& mm, size_t mr, size_t kr, void* out);

void expect_same_bytes(const ks::LhsPacker& ours, TheirPacker theirs, bool groups) {
    for (uint64_t i = 0; i < case_count(300); ++i) {
        Random random(seed_of_case(i));
        const int64_t heights[] = {1, 4, 8, 16};
        const ks::LhsTile tile = {random.pick(heights), random.one_in(2) ? 4 : 8};
        ks::MatMul mm = {};
        mm.m = random.integer(1, 20);
        mm.group = groups ? 32 * random.integer(1, 4) : 32;
        mm.k = mm.group * random.integer(1, 5);
        mm.x_stride = mm.k + random.integer(0, 3);
        Guarded<float> x(static_cast<size_t>((mm.m - 1) * mm.x_stride + mm.k));
        for (int64_t row = 0; row < mm.m; ++row) draw_ordinary_row(random, x.data() + row * mm.x_stride, mm.k);
        mm.x = x.data();
        const size_t size = static_cast<size_t>(ours.size(tile, mm.m, mm.k, mm.group));
        // Rows past m are written by neither.
        Guarded<uint8_t> packed(size, Against::kEnd, KS_ALIGNMENT);
        Guarded<uint8_t> expected(size, Against::kEnd, KS_ALIGNMENT);
        mm.lhs = packed.data();
        for (int64_t panel = 0; panel < tile.panels(mm.m); ++panel) ours.pack(mm, tile, panel);
        theirs(mm, static_cast<size_t>(tile.rows), static_cast<size_t>(tile.run), expected.data());
        ASSERT_EQ(memcmp(packed.data(), expected.data(), size), 0)
            << "m " << mm.m << ", k " << mm.k << ", group " << mm.group << ", mr " << tile.rows << ", run " << tile.run
            << "; " << repeat_with(seed_of_case(i));
    }
}

TEST(Activations, PerRowAreKleidiAIs) {
    const auto theirs = [](const ks::MatMul& mm, size_t mr, size_t run, void* out) {
        kai_run_lhs_quant_pack_qai8dxp_f32(static_cast<size_t>(mm.m), static_cast<size_t>(mm.k), mr, run, 1, 0, mm.x,
                                           static_cast<size_t>(mm.x_stride) * sizeof(float), out);
    };
    expect_same_bytes(ks::kLhsPerRow, theirs, false);
}

TEST(Activations, PerBlockAreKleidiAIs) {
    const auto theirs = [](const ks::MatMul& mm, size_t mr, size_t run, void* out) {
        kai_run_lhs_quant_pack_qsi8d32p_f32(static_cast<size_t>(mm.m), static_cast<size_t>(mm.k), 32, mr, 2 * run, 2, 0,
                                            mm.x, static_cast<size_t>(mm.x_stride) * sizeof(float), out);
    };
    expect_same_bytes(ks::kLhsPerBlock, theirs, false);
}

TEST(Activations, PerBlockWithFloatsAreKleidiAIsInAnotherOrder) {
    const auto theirs = [](const ks::MatMul& mm, size_t mr, size_t run, void* out) {
        const ks::LhsTile tile = {static_cast<int64_t>(mr), static_cast<int64_t>(run)};
        std::vector<uint8_t> blocks(static_cast<size_t>(ks::kLhsPerBlock.size(tile, mm.m, mm.k, 32)));
        kai_run_lhs_quant_pack_qsi8d32p_f32(static_cast<size_t>(mm.m), static_cast<size_t>(mm.k), 32, mr, 2 * run, 2, 0,
                                            mm.x, static_cast<size_t>(mm.x_stride) * sizeof(float), blocks.data());
        const uint8_t* from = blocks.data();
        auto* to = static_cast<uint8_t*>(out);
        for (size_t panel = 0; panel < static_cast<size_t>(mm.m); panel += mr) {
            for (int64_t k = 0; k < mm.k; k += 32, from += mr * (2 + 32), to += mr * (32 + run)) {
                for (size_t row = 0; row < mr && panel + row < static_cast<size_t>(mm.m); ++row) {
                    for (size_t at = row * run; at < mr * 32; at += mr * run) memcpy(to + at, from + 2 * mr + at, run);
                    uint16_t half;
                    memcpy(&half, from + 2 * row, sizeof half);
                    const float scale = ks::f16_to_float(half);
                    for (size_t at = 0; at < run; at += 4) memcpy(to + mr * 32 + row * run + at, &scale, sizeof scale);
                }
            }
        }
    };
    expect_same_bytes(ks::kLhsPerBlockFloats, theirs, false);
}

TEST(Activations, PerGroupAreKleidiAIs) {
    const auto theirs = [](const ks::MatMul& mm, size_t mr, size_t run, void* out) {
        kai_run_lhs_quant_pack_qsi8d32pscalef32_f32_neon(static_cast<size_t>(mm.m), static_cast<size_t>(mm.k),
                                                         static_cast<size_t>(mm.group), mr, 2 * run, 2, 0, mm.x,
                                                         static_cast<size_t>(mm.x_stride) * sizeof(float), out);
    };
    expect_same_bytes(ks::kLhsPerGroup, theirs, true);
}

TEST(KleidiAIFaults, RowsWithNanGetAFiniteScale) {
    float x[32] = {1, NAN, -1};
    uint8_t packed[32 + 8];
    kai_run_lhs_quant_pack_qai8dxp_f32(1, 32, 1, 8, 1, 0, x, sizeof x, packed);
    float scale;
    memcpy(&scale, packed + 36, sizeof scale);
    EXPECT_TRUE(isfinite(scale)) << "kernels/lhs/per_row.cpp could leave NaN to KleidiAI's packer";
}

TEST(KleidiAIFaults, OnePackerOfBlocksIgnoresTheStride) {
    float x[4 * 64];
    for (int i = 0; i < 4 * 64; ++i) x[i] = static_cast<float>(i);
    uint8_t with_gaps[4 * 34];
    uint8_t without[4 * 34];
    kai_run_lhs_quant_pack_qsi8d32p4x8sb_f32_neon(4, 32, 32, 4, 16, 2, 0, x, 64 * sizeof(float), with_gaps);
    kai_run_lhs_quant_pack_qsi8d32p4x8sb_f32_neon(4, 32, 32, 4, 16, 2, 0, x, 32 * sizeof(float), without);
    EXPECT_EQ(memcmp(with_gaps, without, sizeof with_gaps), 0) << "KleidiAI's packers of blocks could be used";
}

// Four f16 rows at once are truncated, one row is rounded.
TEST(KleidiAIFaults, FourRowsOfF16AreRoundedOtherwiseThanOne) {
    if (!(ks::cpu_features() & KS_CPU_FP16)) GTEST_SKIP() << "needs half-precision arithmetic";
    uint16_t x[4 * 32];
    for (int i = 0; i < 4 * 32; ++i) x[i] = to_f16(static_cast<float>(i % 32) + 0.75f);
    uint8_t four[4 * 40];
    uint8_t one[40];
    kai_run_lhs_quant_pack_qai8dxp_f16_neon(4, 32, 4, 8, 1, 0, x, 64, four);
    kai_run_lhs_quant_pack_qai8dxp_f16_neon(1, 32, 1, 8, 1, 0, x, 64, one);
    bool same = true;
    for (int i = 0; i < 32; ++i) same = same && four[i / 8 * 32 + i % 8] == one[i];
    EXPECT_FALSE(same) << "f16 activations could go to KleidiAI's packer as they are";
}

// The two zeros show which bound comes last.
TEST(KleidiAIFaults, TheF32KernelAppliesTheUpperBoundFirst) {
    const float x = 1;
    float panel[2 * 16] = {};
    float y = 1;
    kai_run_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla(1, 1, 1, &x, sizeof x, panel, &y, sizeof y, sizeof y, 0.0f,
                                                         -0.0f);
    EXPECT_FALSE(signbit(y)) << "kernels/f32/kleidiai.cpp could pass the lower bound as it is";
}

TEST(KleidiAIFaults, TheSveKernelOfInt4GroupsAppliesTheUpperBoundFirst) {
    if (ks::cpu_sve_bytes() != 32 || !(ks::cpu_features() & KS_CPU_SVE_I8MM)) {
        GTEST_SKIP() << "needs SVE of 256 bits with i8mm";
    }
    const float x[32] = {};
    const uint8_t codes[16] = {};
    const uint16_t scale = 0;
    uint8_t lhs[4 * 40] = {};
    uint8_t rhs[8 * (16 + 2 + 8)];
    const kai_rhs_pack_nxk_qsi4c32p_qsu4c32s1s0_params params = {1, 8, kai_dt_bf16};
    kai_run_lhs_quant_pack_qai8dxp_f32(1, 32, 4, 16, 2, 0, x, sizeof x, lhs);
    kai_run_rhs_pack_nxk_qsi4c32p_qsu4c32s1s0(1, 1, 32, 8, 16, 2, 32, codes, 16, nullptr, &scale, 2, rhs, 0, &params);
    float y = 1;
    ks::run_ukernel<kai_matmul_clamp_f32_qai8dxp2vsx8sf32_qsi4c32p8x8s16s0sbf16bf32_8vsx8_sve_i8mm>(
        {1, 1, 32, 32, lhs, rhs, &y, sizeof y, 0.0f, -0.0f});
    EXPECT_FALSE(signbit(y)) << "kernels/kleidiai/adapter.h could pass the lower bound as it is";
}

// One multiplies the two scales first, the other multiplies the sum by one of them.
TEST(KleidiAIFaults, TheKernelsOfInt2DisagreeAboutTheScales) {
    if (!(ks::cpu_features() & KS_CPU_DOTPROD)) GTEST_SKIP() << "needs dot products";
    constexpr int64_t n = 64;
    constexpr int64_t k = 32;
    Random random(1);
    uint8_t codes[n * k / 4];
    float scales[n];
    float bias[n] = {};
    float x[k];
    for (uint8_t& code : codes) code = static_cast<uint8_t>(random.bits());
    for (float& scale : scales) scale = random.unit();
    for (float& value : x) value = random.unit();
    uint8_t rhs[n * (k / 4 + 12)];
    const kai_rhs_pack_nxk_qsu2cxp4x4bf32sf32_qsu2cx_neon_params params = {1, 2};
    kai_run_rhs_pack_nxk_qsu2cxp4x4bf32sf32_qsu2cx_neon(1, n, k, 4, 4, 1, codes, bias, scales, rhs, 0, &params,
                                                        ks::kInt2Values);
    uint8_t one[k + 8];
    uint8_t four[4 * (k + 8)] = {};
    kai_run_lhs_quant_pack_qai8dxp_f32(1, k, 1, 4, 1, 0, x, sizeof x, one);
    kai_run_lhs_quant_pack_qai8dxp_f32(1, k, 4, 4, 1, 0, x, sizeof x, four);
    float y[2][n];
    ks::run_ukernel<kai_run_matmul_clamp_f32_qai8dxp1x4_qsu2cxp4x4bf32sf32_1x4_neon_dotprod>(
        {1, n, k, 0, one, rhs, y[0], sizeof y[0], -INFINITY, INFINITY});
    ks::run_ukernel<kai_run_matmul_clamp_f32_qai8dxp4x4_qsu2cxp4x4bf32sf32_8x4_neon_dotprod>(
        {1, n, k, 0, four, rhs, y[1], sizeof y[1], -INFINITY, INFINITY});
    EXPECT_NE(memcmp(y[0], y[1], sizeof y[0]), 0) << "kernels/int2_channel/kleidiai.cpp could leave the scales to them";
}

}  // namespace
}  // namespace ks_test
