// SPDX-License-Identifier: Apache-2.0
// int4 per channel through KleidiAI on SME and SME2. Its kernels for one row round once where the arithmetic rounds
// twice, so all run with scales of 1, which leaves whole numbers, and the last steps are taken here.
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4cxp/kai_matmul_clamp_f32_qai8dxp1vlx4_qsi4cxp4vlx4_1vlx4vl_sme_mopa.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4cxp/kai_matmul_clamp_f32_qai8dxp1vlx8_qsi4cxp4vlx8_1vlx4vl_sme2_mopa.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4cxp/kai_matmul_clamp_f32_qai8dxp1x4_qsi4cxp4vlx4_1x4vl_sme2_sdot.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4cxp/kai_matmul_clamp_f32_qai8dxp1x4_qsi4cxp4vlx4_1x4vl_sme_dot.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsi4cxp_qs4cxs1s0.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsi4cxps1s0_qsu4cxs1s0_neon.h"
#include "kernels/kernels.h"
#include "kernels/kleidiai/adapter.h"
#include "kernels/kleidiai/kleidiai_layout.h"

namespace ks {
namespace {

constexpr Ukernel kSmeMopa = KS_SME_UKERNEL(qai8dxp1vlx4_qsi4cxp4vlx4_1vlx4vl_sme_mopa, 4, 16, 8, 2);
constexpr Ukernel kSmeDot = KS_SME_UKERNEL(qai8dxp1x4_qsi4cxp4vlx4_1x4vl_sme_dot, 1, 16, 8, 2);
constexpr Ukernel kSme2Mopa = KS_SME2_UKERNEL(qai8dxp1vlx8_qsi4cxp4vlx8_1vlx4vl_sme2_mopa, 4, 16, 4, 1);
constexpr Ukernel kSme2Dot = KS_SME2_UKERNEL(qai8dxp1x4_qsi4cxp4vlx4_1x4vl_sme2_sdot, 1, 16, 4, 1);

template <auto packer>
void pack(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    const kai_rhs_pack_qs4cxs1s0_param params = {1, 8};
    packer(1, static_cast<size_t>(from.n), static_cast<size_t>(from.k), tile.nr, tile.kr, tile.sr, from.weights,
           from.bias, reinterpret_cast<const float*>(from.scales), to, 0, &params);
}

// KleidiAI stores a sixteenth of the scale, hence 16 times the scale here.
void pack_sme(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    float scales[kMostPackedColumns];
    for (int64_t i = 0; i < from.n; ++i) scales[i] = 16 * reinterpret_cast<const float*>(from.scales)[i];
    Weights sixteenfold = from;
    sixteenfold.scales = reinterpret_cast<const uint8_t*>(scales);
    pack<kai_run_rhs_pack_nxk_qsi4cxp_qs4cxs1s0>(sixteenfold, tile, to);
}

constexpr KleidiAILayout layouts[] = {
    {KS_LAYOUT_INT4_CHANNEL_SME, {&kSmeMopa, &kSmeDot}, pack_sme},
    {KS_LAYOUT_INT4_CHANNEL_SME2, {&kSme2Mopa, &kSme2Dot}, pack<kai_run_rhs_pack_nxk_qsi4cxps1s0_qsu4cxs1s0_neon>},
};

}  // namespace

// The former leave 16 * t, the latter t.
const KernelCode kInt4ChannelSmeMopa =
    Adapter<kSmeMopa, KS_LAYOUT_INT4_CHANNEL_SME, kLhsPerRowUnscaled, finish_int4_channels>::code;
const KernelCode kInt4ChannelSmeDot =
    Adapter<kSmeDot, KS_LAYOUT_INT4_CHANNEL_SME, kLhsPerRowUnscaled, finish_int4_channels>::code;
const KernelCode kInt4ChannelSme2Mopa =
    Adapter<kSme2Mopa, KS_LAYOUT_INT4_CHANNEL_SME2, kLhsPerRowUnscaled, finish_int4_channels_of_t>::code;
const KernelCode kInt4ChannelSme2Dot =
    Adapter<kSme2Dot, KS_LAYOUT_INT4_CHANNEL_SME2, kLhsPerRowUnscaled, finish_int4_channels_of_t>::code;

const KleidiAILayouts kInt4ChannelSmeLayouts(layouts);

}  // namespace ks
