// SPDX-License-Identifier: Apache-2.0
// int8 per channel through KleidiAI.
#include "kai/ukernels/matmul/kai_matmul.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi8cxp/kai_matmul_clamp_f32_qai8dxp1x4_qsi8cxp4x4_1x4_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi8cxp/kai_matmul_clamp_f32_qai8dxp1x8_qsi8cxp4x8_1x4_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi8cxp/kai_matmul_clamp_f32_qai8dxp4x4_qsi8cxp4x4_16x4_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi8cxp/kai_matmul_clamp_f32_qai8dxp4x8_qsi8cxp4x8_16x4_neon_i8mm.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsi8cxp_qsi8cx_neon.h"
#include "kernels/kernels.h"
#include "kernels/kleidiai/adapter.h"
#include "kernels/kleidiai/kleidiai_layout.h"

namespace ks {
namespace {

constexpr Ukernel kSve16x8 =
    KS_STRUCT_UKERNEL(qai8dxp4x8sf32_qsi8cxp4vsx8sf32bf32_16x4vs_sve_i8mm, 4, 8, 8, 1, Vectors::kSve256);
constexpr Ukernel kSve1x8 = KS_STRUCT_UKERNEL(qai8dxp1x8_qsi8cxp8x8_1x8_sve_dot, 1, 8, 8, 1, Vectors::kSve256);
constexpr Ukernel kI8mm16x4 = KS_UKERNEL(qai8dxp4x8_qsi8cxp4x8_16x4_neon_i8mm, 4, 4, 8, 1, Vectors::kAny);
constexpr Ukernel kDotprod1x4Kr8 = KS_UKERNEL(qai8dxp1x8_qsi8cxp4x8_1x4_neon_dotprod, 1, 4, 8, 1, Vectors::kAny);
constexpr Ukernel kDotprod16x4 = KS_UKERNEL(qai8dxp4x4_qsi8cxp4x4_16x4_neon_dotprod, 4, 4, 4, 1, Vectors::kAny);
constexpr Ukernel kDotprod1x4Kr4 = KS_UKERNEL(qai8dxp1x4_qsi8cxp4x4_1x4_neon_dotprod, 1, 4, 4, 1, Vectors::kAny);

void pack(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    const kai_rhs_pack_qsi8cx_params params = {1, 1.0f};
    kai_run_rhs_pack_nxk_qsi8cxp_qsi8cx_neon(1, static_cast<size_t>(from.n), static_cast<size_t>(from.k), tile.nr,
                                             tile.kr, tile.sr, reinterpret_cast<const int8_t*>(from.weights), from.bias,
                                             reinterpret_cast<const float*>(from.scales), to, 0, &params);
}

constexpr KleidiAILayout layouts[] = {
    {KS_LAYOUT_INT8_CHANNEL_NR8KR8, {&kSve16x8, &kSve1x8}, pack},
    {KS_LAYOUT_INT8_CHANNEL_NR4KR8, {&kI8mm16x4, &kDotprod1x4Kr8}, pack},
    {KS_LAYOUT_INT8_CHANNEL_NR4KR4, {&kDotprod16x4, &kDotprod1x4Kr4}, pack},
};

}  // namespace

const KernelCode kInt8ChannelKleidiAISve16x8 = Adapter<kSve16x8, KS_LAYOUT_INT8_CHANNEL_NR8KR8, kLhsPerRow>::code;
const KernelCode kInt8ChannelKleidiAISve1x8 = Adapter<kSve1x8, KS_LAYOUT_INT8_CHANNEL_NR8KR8, kLhsPerRow>::code;
const KernelCode kInt8ChannelKleidiAII8mm16x4 = Adapter<kI8mm16x4, KS_LAYOUT_INT8_CHANNEL_NR4KR8, kLhsPerRow>::code;
const KernelCode kInt8ChannelKleidiAIDotprod1x4Kr8 =
    Adapter<kDotprod1x4Kr8, KS_LAYOUT_INT8_CHANNEL_NR4KR8, kLhsPerRow>::code;
const KernelCode kInt8ChannelKleidiAIDotprod16x4 =
    Adapter<kDotprod16x4, KS_LAYOUT_INT8_CHANNEL_NR4KR4, kLhsPerRow>::code;
const KernelCode kInt8ChannelKleidiAIDotprod1x4Kr4 =
    Adapter<kDotprod1x4Kr4, KS_LAYOUT_INT8_CHANNEL_NR4KR4, kLhsPerRow>::code;

const KleidiAILayouts kInt8ChannelKleidiAILayouts(layouts);

}  // namespace ks
