// SPDX-License-Identifier: Apache-2.0
// Q4_0 through KleidiAI, whose kernels know no bias.
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qsi4c32p/kai_matmul_clamp_f32_qsi8d32p1x4_qsi4c32p4x4_1x4_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qsi4c32p/kai_matmul_clamp_f32_qsi8d32p1x8_qsi4c32p4x8_1x4x32_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qsi4c32p/kai_matmul_clamp_f32_qsi8d32p1x8_qsi4c32p8x8_1x8_sve_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qsi4c32p/kai_matmul_clamp_f32_qsi8d32p4x4_qsi4c32p4x4_16x4_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qsi4c32p/kai_matmul_clamp_f32_qsi8d32p4x8_qsi4c32p4x8_8x4x32_neon_i8mm.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qsi4c32p/kai_matmul_clamp_f32_qsi8d32p4x8_qsi4c32p8x8_16x8_sve_i8mm.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsi4c32pscalef16_qsu4c32s16s0.h"
#include "kernels/kernels.h"
#include "kernels/kleidiai/adapter.h"
#include "kernels/kleidiai/kleidiai_layout.h"

namespace ks {
namespace {

constexpr Ukernel kSve16x8 = KS_UKERNEL(qsi8d32p4x8_qsi4c32p8x8_16x8_sve_i8mm, 4, 8, 16, 2, Vectors::kSve256);
constexpr Ukernel kSve1x8 = KS_UKERNEL(qsi8d32p1x8_qsi4c32p8x8_1x8_sve_dotprod, 1, 8, 16, 2, Vectors::kSve256);
constexpr Ukernel kI8mm8x4 = KS_UKERNEL(qsi8d32p4x8_qsi4c32p4x8_8x4x32_neon_i8mm, 4, 4, 16, 2, Vectors::kAny);
constexpr Ukernel kDotprod1x4Kr16 = KS_UKERNEL(qsi8d32p1x8_qsi4c32p4x8_1x4x32_neon_dotprod, 1, 4, 16, 2, Vectors::kAny);
constexpr Ukernel kDotprod16x4 = KS_UKERNEL(qsi8d32p4x4_qsi4c32p4x4_16x4_neon_dotprod, 4, 4, 8, 2, Vectors::kAny);
constexpr Ukernel kDotprod1x4Kr8 = KS_UKERNEL(qsi8d32p1x4_qsi4c32p4x4_1x4_neon_dotprod, 1, 4, 8, 2, Vectors::kAny);

void pack(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    const kai_rhs_pack_qs4cxs1s0_param params = {1, 8};
    kai_run_rhs_pack_nxk_qsi4c32pscalef16_qsu4c32s16s0(1, static_cast<size_t>(from.n), static_cast<size_t>(from.k),
                                                       tile.nr, tile.kr, tile.sr, kQ4BlockValues, from.weights, nullptr,
                                                       to, 0, &params);
}

constexpr KleidiAILayout layouts[] = {
    {KS_LAYOUT_Q4_0_NR8KR16, {&kSve16x8, &kSve1x8}, pack},
    {KS_LAYOUT_Q4_0_NR4KR16, {&kI8mm8x4, &kDotprod1x4Kr16}, pack},
    {KS_LAYOUT_Q4_0_NR4KR8, {&kDotprod16x4, &kDotprod1x4Kr8}, pack},
};

}  // namespace

const KernelCode kQ4KleidiAISve16x8 = Adapter<kSve16x8, KS_LAYOUT_Q4_0_NR8KR16, kLhsPerBlock, finish_bias>::code;
const KernelCode kQ4KleidiAISve1x8 = Adapter<kSve1x8, KS_LAYOUT_Q4_0_NR8KR16, kLhsPerBlock, finish_bias>::code;
const KernelCode kQ4KleidiAII8mm8x4 = Adapter<kI8mm8x4, KS_LAYOUT_Q4_0_NR4KR16, kLhsPerBlock, finish_bias>::code;
const KernelCode kQ4KleidiAIDotprod1x4Kr16 =
    Adapter<kDotprod1x4Kr16, KS_LAYOUT_Q4_0_NR4KR16, kLhsPerBlock, finish_bias>::code;
const KernelCode kQ4KleidiAIDotprod16x4 =
    Adapter<kDotprod16x4, KS_LAYOUT_Q4_0_NR4KR8, kLhsPerBlock, finish_bias>::code;
const KernelCode kQ4KleidiAIDotprod1x4Kr8 =
    Adapter<kDotprod1x4Kr8, KS_LAYOUT_Q4_0_NR4KR8, kLhsPerBlock, finish_bias>::code;

const KleidiAILayouts kQ4KleidiAILayouts(layouts);

}  // namespace ks
