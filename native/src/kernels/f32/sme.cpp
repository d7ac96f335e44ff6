// SPDX-License-Identifier: Apache-2.0
// f32 through KleidiAI on SME and SME2.
#include "kai/ukernels/matmul/matmul_clamp_f32_f32_f32p/kai_matmul_clamp_f32_f32_f32p2vlx1b_1x16vl_sme2_mla.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_f32_f32p/kai_matmul_clamp_f32_f32_f32p2vlx1b_1x8vl_sme_mla.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_f32p_f32p/kai_matmul_clamp_f32_f32p2vlx1_f32p2vlx1b_2vlx2vl_sme_mopa.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_f32p_f32p/kai_matmul_clamp_f32_f32p2vlx1_f32p2vlx1biasf32_sme2_mopa.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_f32p2vlx1biasf32_f32_f32_sme.h"
#include "kernels/kernels.h"
#include "kernels/kleidiai/adapter.h"
#include "kernels/kleidiai/kleidiai_layout.h"

namespace ks {
namespace {

// The kernels for one row read it as it is and know no mr.
size_t kai_get_mr_matmul_clamp_f32_f32_f32p2vlx1b_1x8vl_sme_mla() { return 1; }
size_t kai_get_mr_matmul_clamp_f32_f32_f32p2vlx1b_1x16vl_sme2_mla() { return 1; }

constexpr Ukernel kSmeMopa = KS_SME_UKERNEL(f32p2vlx1_f32p2vlx1b_2vlx2vl_sme_mopa, 8, 8, 1, 1);
constexpr Ukernel kSmeMla = KS_SME_UKERNEL(f32_f32p2vlx1b_1x8vl_sme_mla, 1, 8, 1, 1);
constexpr Ukernel kSme2Mopa = KS_SME2_UKERNEL(f32p2vlx1_f32p2vlx1biasf32_sme2_mopa, 8, 8, 1, 1);
constexpr Ukernel kSme2Mla = KS_SME2_UKERNEL(f32_f32p2vlx1b_1x16vl_sme2_mla, 1, 8, 1, 1);

template <const Ukernel& ukernel, Finish finish>
constexpr KernelCode kCode = Adapter<ukernel, KS_LAYOUT_F32_SME, kLhsFloats, finish>::code;

void pack(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    kai_run_rhs_pack_nxk_f32p2vlx1biasf32_f32_f32_sme(1, static_cast<size_t>(from.n), static_cast<size_t>(from.k),
                                                      tile.nr, tile.kr, tile.sr, static_cast<size_t>(from.stride_bytes),
                                                      from.weights, from.bias, nullptr, to, 0, nullptr);
}

constexpr KleidiAILayout layouts[] = {{KS_LAYOUT_F32_SME, {&kSme2Mopa, &kSme2Mla, &kSmeMopa, &kSmeMla}, pack}};

}  // namespace

const KernelCode kF32SmeMopa = kCode<kSmeMopa, finish_clamp_and_zero_bias>;
const KernelCode kF32SmeMla = kCode<kSmeMla, finish_clamp>;
const KernelCode kF32Sme2Mopa = kCode<kSme2Mopa, finish_clamp_and_zero_bias>;
const KernelCode kF32Sme2Mla = kCode<kSme2Mla, finish_clamp>;

const KleidiAILayouts kF32SmeLayouts(layouts);

}  // namespace ks
