// SPDX-License-Identifier: Apache-2.0
// int4 groups through KleidiAI on SME2. Its kernel for one row rounds once where the arithmetic rounds twice, so both
// run with scales of 1 for the rows and a bias that changes nothing, and the last steps are taken here.
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4c32p/kai_matmul_clamp_f32_qai8dxp1vlx4_qsi4c32p4vlx4_1vlx4vl_sme2_mopa.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4c32p/kai_matmul_clamp_f32_qai8dxp1x4_qsi4c32p4vlx4_1x4vl_sme2_dot.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsi4c32ps1s0nrx4_qsu4c32s1s0_neon.h"
#include "kernels/kernels.h"
#include "kernels/kleidiai/adapter.h"
#include "kernels/kleidiai/kleidiai_layout.h"

namespace ks {
namespace {

constexpr Ukernel kSme2Mopa = KS_SME2_UKERNEL(qai8dxp1vlx4_qsi4c32p4vlx4_1vlx4vl_sme2_mopa, 4, 16, 8, 2);
constexpr Ukernel kSme2Dot = KS_SME2_UKERNEL(qai8dxp1x4_qsi4c32p4vlx4_1x4vl_sme2_dot, 1, 16, 8, 2);

void pack(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    const kai_rhs_pack_nxk_qsi4c32p_qsu4c32s1s0_params params = {1, 8, kai_dt_bf16};
    kai_run_rhs_pack_nxk_qsi4c32ps1s0nrx4_qsu4c32s1s0_neon(
        1, static_cast<size_t>(from.n), static_cast<size_t>(from.k), tile.nr, tile.kr, tile.sr,
        static_cast<size_t>(from.group), from.weights, static_cast<size_t>(from.stride_bytes), from.bias, from.scales,
        static_cast<size_t>(from.scales_stride) * sizeof(uint16_t), to, 0, &params);
}

constexpr KleidiAILayout layouts[] = {{KS_LAYOUT_INT4_SME2, {&kSme2Mopa, &kSme2Dot}, pack}};

}  // namespace

const KernelCode kInt4GroupSme2Mopa = Adapter<kSme2Mopa, KS_LAYOUT_INT4_SME2, kLhsPerRowUnscaled, finish_rows>::code;
const KernelCode kInt4GroupSme2Dot = Adapter<kSme2Dot, KS_LAYOUT_INT4_SME2, kLhsPerRowUnscaled, finish_rows>::code;

const KleidiAILayouts kInt4GroupSmeLayouts(layouts);

}  // namespace ks
