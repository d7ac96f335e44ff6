// SPDX-License-Identifier: Apache-2.0
// Asymmetric int4 groups through KleidiAI.
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qai4c32p/kai_matmul_clamp_f32_qsi8d32p1x4_qai4c32p4x4_1x4_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qai4c32p/kai_matmul_clamp_f32_qsi8d32p1x8_qai4c32p4x8_1x4_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qai4c32p/kai_matmul_clamp_f32_qsi8d32p4x4_qai4c32p4x4_8x4_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qai4c32p/kai_matmul_clamp_f32_qsi8d32p4x8_qai4c32p4x8_8x4_neon_i8mm.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qai4c32p_qau4c32s0s1_f32_f32_f32_neon.h"
#include "kernels/kernels.h"
#include "kernels/kleidiai/adapter.h"
#include "kernels/kleidiai/kleidiai_layout.h"

namespace ks {
namespace {

constexpr Ukernel kI8mm8x4 = KS_UKERNEL(qsi8d32p4x8_qai4c32p4x8_8x4_neon_i8mm, 4, 4, 16, 2, Vectors::kAny);
constexpr Ukernel kDotprod1x4Kr16 = KS_UKERNEL(qsi8d32p1x8_qai4c32p4x8_1x4_neon_dotprod, 1, 4, 16, 2, Vectors::kAny);
constexpr Ukernel kDotprod8x4 = KS_UKERNEL(qsi8d32p4x4_qai4c32p4x4_8x4_neon_dotprod, 4, 4, 8, 2, Vectors::kAny);
constexpr Ukernel kDotprod1x4Kr8 = KS_UKERNEL(qsi8d32p1x4_qai4c32p4x4_1x4_neon_dotprod, 1, 4, 8, 2, Vectors::kAny);

// KleidiAI wants the even k in the high nibble.
void pack(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    uint8_t swapped[kMostPackedValues / 2];
    const int64_t bytes = from.n * from.stride_bytes;
    for (int64_t i = 0; i < bytes; ++i) swapped[i] = static_cast<uint8_t>(from.weights[i] << 4 | from.weights[i] >> 4);
    const kai_rhs_pack_nxk_qai4c32p_params params = {1, 8};
    kai_run_rhs_pack_nxk_qai4c32p_qau4c32s0s1_f32_f32_f32_neon(
        1, static_cast<size_t>(from.n), static_cast<size_t>(from.k), tile.nr, tile.kr, tile.sr,
        static_cast<size_t>(from.group), swapped, from.zeros, from.bias, from.scales, to, 0, &params);
}

constexpr KleidiAILayout layouts[] = {
    {KS_LAYOUT_INT4_ASYMMETRIC_NR4KR16, {&kI8mm8x4, &kDotprod1x4Kr16}, pack},
    {KS_LAYOUT_INT4_ASYMMETRIC_NR4KR8, {&kDotprod8x4, &kDotprod1x4Kr8}, pack},
};

}  // namespace

const KernelCode kInt4AsymmetricKleidiAII8mm8x4 =
    Adapter<kI8mm8x4, KS_LAYOUT_INT4_ASYMMETRIC_NR4KR16, kLhsPerGroup>::code;
const KernelCode kInt4AsymmetricKleidiAIDotprod1x4Kr16 =
    Adapter<kDotprod1x4Kr16, KS_LAYOUT_INT4_ASYMMETRIC_NR4KR16, kLhsPerGroup>::code;
const KernelCode kInt4AsymmetricKleidiAIDotprod8x4 =
    Adapter<kDotprod8x4, KS_LAYOUT_INT4_ASYMMETRIC_NR4KR8, kLhsPerGroup>::code;
const KernelCode kInt4AsymmetricKleidiAIDotprod1x4Kr8 =
    Adapter<kDotprod1x4Kr8, KS_LAYOUT_INT4_ASYMMETRIC_NR4KR8, kLhsPerGroup>::code;

const KleidiAILayouts kInt4AsymmetricKleidiAILayouts(layouts);

}  // namespace ks
