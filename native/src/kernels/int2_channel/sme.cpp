// SPDX-License-Identifier: Apache-2.0
// int2 per channel through KleidiAI on SME2. Its kernel for one row rounds once where the arithmetic rounds twice, so
// both run with scales of 1, which leaves the whole numbers t, and the last steps are taken here.
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsu2cxp/kai_matmul_clamp_f32_qai8dxp1vlx4_qsu2cxp4vlx4_1vlx4vl_sme2_mopa.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsu2cxp/kai_matmul_clamp_f32_qai8dxp1x4_qsu2cxp4vlx4_1x4vl_sme2_dot.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsu2cxp4vlx4_qsu2cx_neon.h"
#include "kernels/kernels.h"
#include "kernels/kleidiai/adapter.h"
#include "kernels/kleidiai/kleidiai_layout.h"

namespace ks {
namespace {

constexpr Ukernel kSme2Mopa = KS_SME2_UKERNEL(qai8dxp1vlx4_qsu2cxp4vlx4_1vlx4vl_sme2_mopa, 4, 16, 4, 1);
constexpr Ukernel kSme2Dot = KS_SME2_UKERNEL(qai8dxp1x4_qsu2cxp4vlx4_1x4vl_sme2_dot, 1, 16, 4, 1);

void pack(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    const kai_rhs_pack_nxk_qsu2cxp4vlx4_qsu2cx_neon_params params = {1, 2};
    kai_run_rhs_pack_nxk_qsu2cxp4vlx4_qsu2cx_neon(
        1, static_cast<size_t>(from.n), static_cast<size_t>(from.k), tile.nr, tile.kr, tile.sr, from.weights, from.bias,
        reinterpret_cast<const float*>(from.scales), to, 0, &params, kInt2Values);
}

constexpr KleidiAILayout layouts[] = {{KS_LAYOUT_INT2_CHANNEL_SME2, {&kSme2Mopa, &kSme2Dot}, pack}};

}  // namespace

const KernelCode kInt2ChannelSme2Mopa =
    Adapter<kSme2Mopa, KS_LAYOUT_INT2_CHANNEL_SME2, kLhsPerRowUnscaled, finish_channels>::code;
const KernelCode kInt2ChannelSme2Dot =
    Adapter<kSme2Dot, KS_LAYOUT_INT2_CHANNEL_SME2, kLhsPerRowUnscaled, finish_channels>::code;

const KleidiAILayouts kInt2ChannelSmeLayouts(layouts);

}  // namespace ks
