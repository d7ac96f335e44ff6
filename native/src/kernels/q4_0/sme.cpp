// SPDX-License-Identifier: Apache-2.0
// Q4_0 through KleidiAI on SME and SME2, whose kernels know no bias.
#include <string.h>

#include "float_bits.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qsi4c32p/kai_matmul_clamp_f32_qsi8d32p1vlx4_qsi4c32p4vlx4_1vlx4vl_sme2_mopa.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qsi4c32p/kai_matmul_clamp_f32_qsi8d32p1vlx4_qsi4c32p4vlx4_1vlx4vl_sme_mopa.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qsi4c32p/kai_matmul_clamp_f32_qsi8d32p1x4_qsi4c32p4vlx4_1x4vl_sme2_sdot.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qsi4c32p/kai_matmul_clamp_f32_qsi8d32p1x4_qsi4c32p4vlx4_1x4vl_sme_dot.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsi4c32ps1s0scalef16_qsu4c32s16s0_neon.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsi4c32ps4s0sf16_qsu4c32s16s0_neon.h"
#include "kernels/kernels.h"
#include "kernels/kleidiai/adapter.h"
#include "kernels/kleidiai/kleidiai_layout.h"

namespace ks {
namespace {

constexpr Ukernel kSmeMopa = KS_SME_UKERNEL(qsi8d32p1vlx4_qsi4c32p4vlx4_1vlx4vl_sme_mopa, 4, 16, 4, 2);
constexpr Ukernel kSmeDot = KS_SME_UKERNEL(qsi8d32p1x4_qsi4c32p4vlx4_1x4vl_sme_dot, 1, 16, 4, 2);
constexpr Ukernel kSme2Mopa = KS_SME2_UKERNEL(qsi8d32p1vlx4_qsi4c32p4vlx4_1vlx4vl_sme2_mopa, 4, 16, 4, 2);
constexpr Ukernel kSme2Dot = KS_SME2_UKERNEL(qsi8d32p1x4_qsi4c32p4vlx4_1x4vl_sme2_sdot, 1, 16, 4, 2);

template <auto packer>
void pack(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    const kai_rhs_pack_qs4cxs1s0_param params = {1, 8};
    packer(1, static_cast<size_t>(from.n), static_cast<size_t>(from.k), tile.nr, tile.kr, tile.sr, kQ4BlockValues,
           from.weights, nullptr, to, 0, &params);
}

// KleidiAI stores a sixteenth of the scale, hence 16 times the scale here.
void pack_sme(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    uint8_t blocks[kMostPackedValues];
    const int64_t bytes = from.n * from.stride_bytes;
    memcpy(blocks, from.weights, static_cast<size_t>(bytes));
    for (int64_t i = 0; i < bytes; i += kQ4BlockBytes) {
        uint16_t scale;
        memcpy(&scale, blocks + i, sizeof scale);
        scale = float_to_f16(16 * f16_to_float(scale));
        memcpy(blocks + i, &scale, sizeof scale);
    }
    Weights sixteenfold = from;
    sixteenfold.weights = blocks;
    pack<kai_run_rhs_pack_nxk_qsi4c32ps4s0sf16_qsu4c32s16s0_neon>(sixteenfold, tile, to);
}

constexpr KleidiAILayout layouts[] = {
    {KS_LAYOUT_Q4_0_SME, {&kSmeMopa, &kSmeDot}, pack_sme},
    {KS_LAYOUT_Q4_0_SME2, {&kSme2Mopa, &kSme2Dot}, pack<kai_run_rhs_pack_nxk_qsi4c32ps1s0scalef16_qsu4c32s16s0_neon>},
};

}  // namespace

// KleidiAI's packer for SME stores an f16 sixteenth of the scale, which loses bits of small scales; its kernels take 16
// times the codes. Here the scale itself is stored, so that all sums are 16 times what they should be. That is exact: a
// product of two f16 scales lies between 2^-48 and 2^32, the sums of codes below 2^19, and no f32 in between is
// subnormal or overflows.
const KernelCode kQ4SmeMopa =
    Adapter<kSmeMopa, KS_LAYOUT_Q4_0_SME, kLhsPerBlockScalesLast, finish_sixteenth_and_bias>::code;
const KernelCode kQ4SmeDot =
    Adapter<kSmeDot, KS_LAYOUT_Q4_0_SME, kLhsPerBlockScalesLast, finish_sixteenth_and_bias>::code;
const KernelCode kQ4Sme2Mopa = Adapter<kSme2Mopa, KS_LAYOUT_Q4_0_SME2, kLhsPerBlockScalesLast, finish_bias>::code;
const KernelCode kQ4Sme2Dot = Adapter<kSme2Dot, KS_LAYOUT_Q4_0_SME2, kLhsPerBlockScalesLast, finish_bias>::code;

const KleidiAILayouts kQ4SmeLayouts(layouts);

}  // namespace ks
