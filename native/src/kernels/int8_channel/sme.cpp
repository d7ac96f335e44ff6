// SPDX-License-Identifier: Apache-2.0
// int8 per channel through KleidiAI on SME and SME2. Its kernels for one row round once where the arithmetic rounds
// twice, so all run with scales of 1, which leaves the whole numbers t, and the last steps are taken here.
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi8cxp/kai_matmul_clamp_f32_qai8dxp1vlx4_qsi8cxp4vlx4_1vlx4vl_sme2_mopa.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi8cxp/kai_matmul_clamp_f32_qai8dxp1vlx4_qsi8cxp4vlx4_1vlx4vl_sme_mopa.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi8cxp/kai_matmul_clamp_f32_qai8dxp1x4_qsi8cxp4vlx4_1x4vl_sme2_dot.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi8cxp/kai_matmul_clamp_f32_qai8dxp1x4_qsi8cxp4vlx4_1x4vl_sme_dot.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsi8cxp_qsi8cx_neon.h"
#include "kernels/kernels.h"
#include "kernels/kleidiai/adapter.h"
#include "kernels/kleidiai/kleidiai_layout.h"

namespace ks {
namespace {

constexpr Ukernel kSmeMopa = KS_SME_UKERNEL(qai8dxp1vlx4_qsi8cxp4vlx4_1vlx4vl_sme_mopa, 4, 16, 4, 1);
constexpr Ukernel kSmeDot = KS_SME_UKERNEL(qai8dxp1x4_qsi8cxp4vlx4_1x4vl_sme_dot, 1, 16, 4, 1);
constexpr Ukernel kSme2Mopa = KS_SME2_UKERNEL(qai8dxp1vlx4_qsi8cxp4vlx4_1vlx4vl_sme2_mopa, 4, 16, 4, 1);
constexpr Ukernel kSme2Dot = KS_SME2_UKERNEL(qai8dxp1x4_qsi8cxp4vlx4_1x4vl_sme2_dot, 1, 16, 4, 1);

template <const Ukernel& ukernel>
constexpr KernelCode kCode = Adapter<ukernel, KS_LAYOUT_INT8_CHANNEL_SME, kLhsPerRowUnscaled, finish_channels>::code;

void pack(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    const kai_rhs_pack_qsi8cx_params params = {1, 1.0f};
    kai_run_rhs_pack_nxk_qsi8cxp_qsi8cx_neon(1, static_cast<size_t>(from.n), static_cast<size_t>(from.k), tile.nr,
                                             tile.kr, tile.sr, reinterpret_cast<const int8_t*>(from.weights), from.bias,
                                             reinterpret_cast<const float*>(from.scales), to, 0, &params);
}

constexpr KleidiAILayout layouts[] = {
    {KS_LAYOUT_INT8_CHANNEL_SME, {&kSme2Mopa, &kSme2Dot, &kSmeMopa, &kSmeDot}, pack},
};

}  // namespace

const KernelCode kInt8ChannelSmeMopa = kCode<kSmeMopa>;
const KernelCode kInt8ChannelSmeDot = kCode<kSmeDot>;
const KernelCode kInt8ChannelSme2Mopa = kCode<kSme2Mopa>;
const KernelCode kInt8ChannelSme2Dot = kCode<kSme2Dot>;

const KleidiAILayouts kInt8ChannelSmeLayouts(layouts);

}  // namespace ks
