// SPDX-License-Identifier: Apache-2.0
// The layouts of f32 that are KleidiAI's.
#include <string.h>

#include "kai/ukernels/matmul/matmul_clamp_f32_f32_f32p/kai_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_f32_f32p/kai_matmul_clamp_f32_f32_f32p4vlx1b_6x4vl_sve_mla.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_kxn_x32p4vlx1b_x32_x32_sve.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_x32p16x1bx32_x32_x32_neon.h"
#include "kernels/kleidiai/kleidiai_layout.h"

namespace ks {
namespace {

// The activations are not packed: there is no mr, and the adapter has a signature of its own.
constexpr Ukernel kNeon6x16 = {
    nullptr,
    {0, 16, 1, 1},
    []() -> UkernelTile {
        return {0, kai_get_nr_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla(),
                kai_get_kr_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla(),
                kai_get_sr_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla()};
    },
    Vectors::kAny,
};
constexpr Ukernel kSve6x4vl = {
    nullptr,
    {0, 0, 1, 1},
    []() -> UkernelTile {
        return {0, kai_get_nr_matmul_clamp_f32_f32_f32p4vlx1b_6x4vl_sve_mla(),
                kai_get_kr_matmul_clamp_f32_f32_f32p4vlx1b_6x4vl_sve_mla(),
                kai_get_sr_matmul_clamp_f32_f32_f32p4vlx1b_6x4vl_sve_mla()};
    },
    Vectors::kSve,
};

void pack(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    kai_run_rhs_pack_nxk_x32p16x1bx32_x32_x32_neon(1, static_cast<size_t>(from.n), static_cast<size_t>(from.k), tile.nr,
                                                   tile.kr, tile.sr, static_cast<size_t>(from.stride_bytes),
                                                   from.weights, from.bias, nullptr, to, 0, nullptr);
}

// KleidiAI wants rows of k.
void pack_sve(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    float transposed[kMostPackedValues / sizeof(float)];
    for (int64_t i = 0; i < from.n * from.k; ++i) {
        memcpy(transposed + i % from.k * from.n + i / from.k, from.weights + i * static_cast<int64_t>(sizeof(float)),
               sizeof(float));
    }
    kai_run_rhs_pack_kxn_x32p4vlx1b_x32_x32_sve(1, static_cast<size_t>(from.n), static_cast<size_t>(from.k), tile.nr,
                                                tile.kr, tile.sr, static_cast<size_t>(from.n) * sizeof(float),
                                                transposed, from.bias, nullptr, to, 0, nullptr);
}

constexpr KleidiAILayout layouts[] = {
    {KS_LAYOUT_F32_N16, {&kNeon6x16}, pack},
    {KS_LAYOUT_F32_SVE, {&kSve6x4vl}, pack_sve},
};

}  // namespace

const KleidiAILayouts kF32KleidiAILayouts(layouts);

}  // namespace ks
