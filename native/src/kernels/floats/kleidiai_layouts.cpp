// SPDX-License-Identifier: Apache-2.0
// The layouts of floats that are KleidiAI's. Its kernels of floats have adapters of their own; here only what they say
// of the weights counts.
#include "float_bits.h"
#include "kai/ukernels/matmul/matmul_clamp_f16_f16_f16p/kai_matmul_clamp_f16_f16_f16p32x1b_6x32_neon_mla.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_bf16p_bf16p/kai_matmul_clamp_f32_bf16p1x4_bf16p12x4b_1x36_neon_dot.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_bf16p_bf16p/kai_matmul_clamp_f32_bf16p8x4_bf16p12x4b_8x12_neon_mmla.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_f32_f32p/kai_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_f32_f32p/kai_matmul_clamp_f32_f32_f32p4vlx1b_6x4vl_sve_mla.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_kxn_x32p4vlx1b_x32_x32_sve.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_x16p32x1bx16_x16_x16_neon.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_x32p16x1bx32_x32_x32_neon.h"
#include "kai/ukernels/matmul/pack/kai_rhs_quant_pack_kxn_bf16p12x4biasf32_f32_neon.h"
#include "kernels/kleidiai/kleidiai_layout.h"

namespace ks {
namespace {

#define KS_FLOAT_UKERNEL(name, nr, kr, vectors)                                                \
    Ukernel {                                                                                  \
        nullptr, {0, nr, kr, 1},                                                               \
            []() -> UkernelTile {                                                              \
                return {0, kai_get_nr_matmul_clamp_##name(), kai_get_kr_matmul_clamp_##name(), \
                        kai_get_sr_matmul_clamp_##name()};                                     \
            },                                                                                 \
            vectors                                                                            \
    }

constexpr Ukernel kF32Neon6x16 = KS_FLOAT_UKERNEL(f32_f32_f32p16x1b_6x16_neon_mla, 16, 1, Vectors::kAny);
constexpr Ukernel kF32Sve6x4vl = KS_FLOAT_UKERNEL(f32_f32_f32p4vlx1b_6x4vl_sve_mla, 0, 1, Vectors::kSve);
constexpr Ukernel kF16Neon6x32 = KS_FLOAT_UKERNEL(f16_f16_f16p32x1b_6x32_neon_mla, 32, 1, Vectors::kAny);
constexpr Ukernel kBf16Mmla8x12 = KS_FLOAT_UKERNEL(f32_bf16p8x4_bf16p12x4b_8x12_neon_mmla, 12, 4, Vectors::kAny);
constexpr Ukernel kBf16Dot1x36 = KS_FLOAT_UKERNEL(f32_bf16p1x4_bf16p12x4b_1x36_neon_dot, 12, 4, Vectors::kAny);

#undef KS_FLOAT_UKERNEL

// No float has less than 2 bytes.
constexpr int64_t kMostFloats = kMostPackedValues / 2;

// KleidiAI's packers from rows of n, and from rows of k.
template <auto packer>
void pack(const Weights& from, const void* weights, size_t stride_bytes, const void* bias, const UkernelTile& tile,
          uint8_t* to) {
    packer(1, static_cast<size_t>(from.n), static_cast<size_t>(from.k), tile.nr, tile.kr, tile.sr, stride_bytes,
           weights, bias, nullptr, to, 0, nullptr);
}

void pack_f32(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    pack<kai_run_rhs_pack_nxk_x32p16x1bx32_x32_x32_neon>(from, from.weights, static_cast<size_t>(from.stride_bytes),
                                                         from.bias, tile, to);
}

void pack_f16(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    uint16_t neutral_bias[kMostPackedColumns];
    for (uint16_t& bias : neutral_bias) bias = 0x8000;
    pack<kai_run_rhs_pack_nxk_x16p32x1bx16_x16_x16_neon>(from, from.weights, static_cast<size_t>(from.stride_bytes),
                                                         neutral_bias, tile, to);
}

template <auto packer>
void pack_transposed(const Weights& from, const float* weights, const UkernelTile& tile, uint8_t* to) {
    float rows_of_k[kMostFloats];
    for (int64_t i = 0; i < from.n * from.k; ++i) rows_of_k[i % from.k * from.n + i / from.k] = weights[i];
    pack<packer>(from, rows_of_k, static_cast<size_t>(from.n) * sizeof(float), from.bias, tile, to);
}

void pack_f32_sve(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    const auto* weights = reinterpret_cast<const float*>(from.weights);
    pack_transposed<kai_run_rhs_pack_kxn_x32p4vlx1b_x32_x32_sve>(from, weights, tile, to);
}

// KleidiAI has this packer from f32 only; numbers that are bf16 stay what they are.
void pack_bf16(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    const auto* weights = reinterpret_cast<const uint16_t*>(from.weights);
    float widened[kMostFloats];
    for (int64_t i = 0; i < from.n * from.k; ++i) widened[i] = bf16_to_float(weights[i]);
    pack_transposed<kai_run_rhs_quant_pack_kxn_bf16p12x4biasf32_f32_neon>(from, widened, tile, to);
}

constexpr KleidiAILayout layouts[] = {
    {KS_LAYOUT_F32_N16, {&kF32Neon6x16}, pack_f32},
    {KS_LAYOUT_F32_SVE, {&kF32Sve6x4vl}, pack_f32_sve},
    {KS_LAYOUT_F16_N32, {&kF16Neon6x32}, pack_f16},
    {KS_LAYOUT_BF16_N12K4, {&kBf16Mmla8x12, &kBf16Dot1x36}, pack_bf16, KS_CPU_BF16},
};

}  // namespace

const KleidiAILayouts kFloatKleidiAILayouts(layouts);

}  // namespace ks
