// SPDX-License-Identifier: Apache-2.0
// int4 groups through KleidiAI.
#include "kai/ukernels/matmul/kai_matmul.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4c32p/kai_matmul_clamp_f32_qai8dxp1x4_qsi4c32p8x4_1x8_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4c32p/kai_matmul_clamp_f32_qai8dxp1x8_qsi4c32p8x8_1x8x32_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4c32p/kai_matmul_clamp_f32_qai8dxp4x4_qsi4c32p8x4_4x8_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4c32p/kai_matmul_clamp_f32_qai8dxp4x8_qsi4c32p8x8_4x8x32_neon_i8mm.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsi4c32pnrx4_qsu4c32s1s0_neon.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsi4c32pnrx8_qsu4c32s1s0_neon.h"
#include "kernels/kernels.h"
#include "kernels/kleidiai/adapter.h"
#include "kernels/kleidiai/kleidiai_layout.h"

namespace ks {
namespace {

constexpr Ukernel kSve16x8 =
    KS_STRUCT_UKERNEL(qai8dxp2vsx8sf32_qsi4c32p8x8s16s0sbf16bf32_8vsx8_sve_i8mm, 4, 8, 16, 2, Vectors::kSve256);
constexpr Ukernel kI8mm4x8 = KS_UKERNEL(qai8dxp4x8_qsi4c32p8x8_4x8x32_neon_i8mm, 4, 8, 16, 2, Vectors::kAny);
constexpr Ukernel kDotprod1x8Kr16 = KS_UKERNEL(qai8dxp1x8_qsi4c32p8x8_1x8x32_neon_dotprod, 1, 8, 16, 2, Vectors::kAny);
constexpr Ukernel kDotprod4x8 = KS_UKERNEL(qai8dxp4x4_qsi4c32p8x4_4x8_neon_dotprod, 4, 8, 8, 2, Vectors::kAny);
constexpr Ukernel kDotprod1x8Kr8 = KS_UKERNEL(qai8dxp1x4_qsi4c32p8x4_1x8_neon_dotprod, 1, 8, 8, 2, Vectors::kAny);

template <auto packer>
void pack(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    const kai_rhs_pack_nxk_qsi4c32p_qsu4c32s1s0_params params = {1, 8, kai_dt_bf16};
    packer(1, static_cast<size_t>(from.n), static_cast<size_t>(from.k), tile.nr, tile.kr, tile.sr,
           static_cast<size_t>(from.group), from.weights, static_cast<size_t>(from.stride_bytes), from.bias,
           from.scales, static_cast<size_t>(from.scales_stride) * sizeof(uint16_t), to, 0, &params);
}

constexpr KleidiAILayout layouts[] = {
    {KS_LAYOUT_INT4_NR8KR16,
     {&kI8mm4x8, &kDotprod1x8Kr16, &kSve16x8},
     pack<kai_run_rhs_pack_nxk_qsi4c32pnrx8_qsu4c32s1s0_neon>},
    {KS_LAYOUT_INT4_NR8KR8, {&kDotprod4x8, &kDotprod1x8Kr8}, pack<kai_run_rhs_pack_nxk_qsi4c32pnrx4_qsu4c32s1s0_neon>},
};

}  // namespace

const KernelCode kInt4GroupKleidiAISve16x8 = Adapter<kSve16x8, KS_LAYOUT_INT4_NR8KR16, kLhsPerRow>::code;
const KernelCode kInt4GroupKleidiAII8mm4x8 = Adapter<kI8mm4x8, KS_LAYOUT_INT4_NR8KR16, kLhsPerRow>::code;
const KernelCode kInt4GroupKleidiAIDotprod1x8Kr16 = Adapter<kDotprod1x8Kr16, KS_LAYOUT_INT4_NR8KR16, kLhsPerRow>::code;
const KernelCode kInt4GroupKleidiAIDotprod4x8 = Adapter<kDotprod4x8, KS_LAYOUT_INT4_NR8KR8, kLhsPerRow>::code;
const KernelCode kInt4GroupKleidiAIDotprod1x8Kr8 = Adapter<kDotprod1x8Kr8, KS_LAYOUT_INT4_NR8KR8, kLhsPerRow>::code;

const KleidiAILayouts kInt4GroupKleidiAILayouts(layouts);

}  // namespace ks
