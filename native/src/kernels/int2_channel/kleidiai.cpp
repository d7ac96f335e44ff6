// SPDX-License-Identifier: Apache-2.0
// int2 per channel through KleidiAI. Its two kernels multiply by the scales in different orders, so both run with
// scales of 1, which leaves the whole numbers t, and the last steps are taken here.
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsu2cxp/kai_matmul_clamp_f32_qai8dxp1x4_qsu2cxp4x4bf32sf32_1x4_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsu2cxp/kai_matmul_clamp_f32_qai8dxp4x4_qsu2cxp4x4bf32sf32_8x4_neon_dotprod.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsu2cxp4x4bf32sf32_qsu2cx_neon.h"
#include "kernels/kernels.h"
#include "kernels/kleidiai/adapter.h"
#include "kernels/kleidiai/kleidiai_layout.h"

namespace ks {
namespace {

constexpr Ukernel kDotprod8x4 = KS_UKERNEL(qai8dxp4x4_qsu2cxp4x4bf32sf32_8x4_neon_dotprod, 4, 4, 4, 1, Vectors::kAny);
constexpr Ukernel kDotprod1x4 = KS_UKERNEL(qai8dxp1x4_qsu2cxp4x4bf32sf32_1x4_neon_dotprod, 1, 4, 4, 1, Vectors::kAny);

void pack(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    const kai_rhs_pack_nxk_qsu2cxp4x4bf32sf32_qsu2cx_neon_params params = {1, 2};
    kai_run_rhs_pack_nxk_qsu2cxp4x4bf32sf32_qsu2cx_neon(
        1, static_cast<size_t>(from.n), static_cast<size_t>(from.k), tile.nr, tile.kr, tile.sr, from.weights, from.bias,
        reinterpret_cast<const float*>(from.scales), to, 0, &params, kInt2Values);
}

constexpr KleidiAILayout layouts[] = {
    {KS_LAYOUT_INT2_CHANNEL_NR4KR4, {&kDotprod8x4, &kDotprod1x4}, pack},
};

}  // namespace

const KernelCode kInt2ChannelKleidiAIDotprod8x4 =
    Adapter<kDotprod8x4, KS_LAYOUT_INT2_CHANNEL_NR4KR4, kLhsPerRowUnscaled, finish_channels>::code;
const KernelCode kInt2ChannelKleidiAIDotprod1x4 =
    Adapter<kDotprod1x4, KS_LAYOUT_INT2_CHANNEL_NR4KR4, kLhsPerRowUnscaled, finish_channels>::code;

const KleidiAILayouts kInt2ChannelKleidiAILayouts(layouts);

}  // namespace ks
