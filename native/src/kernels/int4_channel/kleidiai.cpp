// SPDX-License-Identifier: Apache-2.0
// int4 per channel through KleidiAI.
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4cxp/kai_matmul_clamp_f32_qai8dxp1x4_qsi4cxp4x4_1x4_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4cxp/kai_matmul_clamp_f32_qai8dxp1x8_qsi4cxp8x8_1x8x32_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4cxp/kai_matmul_clamp_f32_qai8dxp4x8_qsi4cxp4x4_16x4x32_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4cxp/kai_matmul_clamp_f32_qai8dxp4x8_qsi4cxp8x8_8x8x32_neon_i8mm.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsi4cxp_qs4cxs1s0.h"
#include "kernels/kernels.h"
#include "kernels/kleidiai/adapter.h"
#include "kernels/kleidiai/kleidiai_layout.h"

namespace ks {
namespace {

constexpr Ukernel kI8mm8x8 = KS_UKERNEL(qai8dxp4x8_qsi4cxp8x8_8x8x32_neon_i8mm, 4, 8, 16, 2, Vectors::kAny);
constexpr Ukernel kDotprod1x8 = KS_UKERNEL(qai8dxp1x8_qsi4cxp8x8_1x8x32_neon_dotprod, 1, 8, 16, 2, Vectors::kAny);
constexpr Ukernel kDotprod16x4 = KS_UKERNEL(qai8dxp4x8_qsi4cxp4x4_16x4x32_neon_dotprod, 4, 4, 8, 2, Vectors::kAny);
constexpr Ukernel kDotprod1x4 = KS_UKERNEL(qai8dxp1x4_qsi4cxp4x4_1x4_neon_dotprod, 1, 4, 8, 2, Vectors::kAny);

void pack(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    const kai_rhs_pack_nxk_qsi4cxp_qs4cxs1s0_params params = {1, 8};
    kai_run_rhs_pack_nxk_qsi4cxp_qs4cxs1s0(1, static_cast<size_t>(from.n), static_cast<size_t>(from.k), tile.nr,
                                           tile.kr, tile.sr, from.weights, from.bias,
                                           reinterpret_cast<const float*>(from.scales), to, 0, &params);
}

constexpr KleidiAILayout layouts[] = {
    {KS_LAYOUT_INT4_CHANNEL_NR8KR16, {&kI8mm8x8, &kDotprod1x8}, pack},
    {KS_LAYOUT_INT4_CHANNEL_NR4KR8, {&kDotprod16x4, &kDotprod1x4}, pack},
};

}  // namespace

const KernelCode kInt4ChannelKleidiAII8mm8x8 = Adapter<kI8mm8x8, KS_LAYOUT_INT4_CHANNEL_NR8KR16, kLhsPerRow>::code;
const KernelCode kInt4ChannelKleidiAIDotprod1x8 =
    Adapter<kDotprod1x8, KS_LAYOUT_INT4_CHANNEL_NR8KR16, kLhsPerRow>::code;
const KernelCode kInt4ChannelKleidiAIDotprod16x4 =
    Adapter<kDotprod16x4, KS_LAYOUT_INT4_CHANNEL_NR4KR8, kLhsPerRow>::code;
const KernelCode kInt4ChannelKleidiAIDotprod1x4 = Adapter<kDotprod1x4, KS_LAYOUT_INT4_CHANNEL_NR4KR8, kLhsPerRow>::code;

const KleidiAILayouts kInt4ChannelKleidiAILayouts(layouts);

}  // namespace ks
