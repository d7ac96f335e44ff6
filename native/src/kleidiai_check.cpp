// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "error.h"
#include "kai/kai_common.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_f32_f32p/kai_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsi4c32pnrx4_qsu4c32s1s0_neon.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qsi4c32pnrx8_qsu4c32s1s0_neon.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_x32p16x1bx32_x32_x32_neon.h"
#include "kernels/int4_group/kleidiai.h"
#include "kleidiai.h"
#include "layout/layout.h"

namespace ks {
namespace {

// Numerical Recipes' linear congruential generator; its high bits serve.
struct Random {
    uint32_t state = 1;

    uint32_t next() {
        state = state * 1664525 + 1013904223;
        return state >> 16;
    }
    // Magnitudes from 2^-10 to 2^10, as bf16: far enough apart that sums are rounded and their order shows, near enough
    // that no term drowns.
    uint16_t bf16() {
        const uint32_t exponent = 117 + next() % 20;
        return static_cast<uint16_t>((next() & 0x8000) | exponent << 7 | (next() & 0x7F));
    }
    float f32() {
        const uint32_t bits = uint32_t{bf16()} << 16 | next();
        float value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
};

bool tile_is(const KleidiAIInt4& ukernel) {
    return ukernel.get_mr() == ukernel.mr && ukernel.get_nr() == ukernel.nr && ukernel.get_kr() == ukernel.kr &&
           ukernel.get_sr() == ukernel.sr;
}

bool f32_tile_fits() {
    return kai_get_nr_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla() == 16 &&
           kai_get_kr_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla() == 1 &&
           kai_get_sr_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla() == 1;
}

// Both checks pack one whole panel and one with a tail.

template <typename Packer>
bool int4_agrees(const Layout& layout, const KleidiAIInt4& ukernel, Packer pack, int64_t group) {
    constexpr int64_t n = 11;
    constexpr int64_t k = 512;
    constexpr int64_t panels = 2;
    constexpr int64_t most_groups = k / 32;
    constexpr uint64_t most_bytes = panels * 8 * (k / 2 + 2 * most_groups + 8);
    const int64_t groups = k / group;

    Random random;
    uint8_t codes[n * k / 2];
    uint16_t scales[n * most_groups];
    float bias[n];
    for (uint8_t& pair : codes) pair = static_cast<uint8_t>(random.next());
    for (uint16_t& scale : scales) scale = random.bf16();
    for (float& value : bias) value = random.f32();

    alignas(KS_ALIGNMENT) uint8_t ours[most_bytes];
    alignas(KS_ALIGNMENT) uint8_t theirs[most_bytes];
    const uint64_t panel_bytes = layout.panel_bytes(k, group);
    const size_t size = panels * panel_bytes;
    if (size > most_bytes) return false;
    const Weights weights = {n, k, group, codes, k / 2, scales, groups, bias};
    for (int64_t p = 0; p < panels; ++p) layout.pack_panel(weights, p * layout.columns, ours + p * panel_bytes);

    const kai_rhs_pack_nxk_qsi4c32p_qsu4c32s1s0_params params = {1, 8, kai_dt_bf16};
    pack(1, n, k, ukernel.nr, ukernel.kr, ukernel.sr, static_cast<size_t>(group), codes, k / 2, bias, scales,
         static_cast<size_t>(groups) * sizeof(uint16_t), theirs, 0, &params);
    return memcmp(ours, theirs, size) == 0;
}

bool f32_agrees() {
    constexpr int64_t n = 19;
    constexpr int64_t k = 5;
    constexpr int64_t panels = 2;
    constexpr uint64_t panel_bytes = 16 * (k + 1) * sizeof(float);

    Random random;
    float values[n * k];
    float bias[n];
    for (float& value : values) value = random.f32();
    for (float& value : bias) value = random.f32();

    alignas(KS_ALIGNMENT) uint8_t ours[panels * panel_bytes];
    alignas(KS_ALIGNMENT) uint8_t theirs[panels * panel_bytes];
    const auto* bytes = reinterpret_cast<const uint8_t*>(values);
    const Weights weights = {n, k, 0, bytes, k * static_cast<int64_t>(sizeof(float)), nullptr, 0, bias};
    for (int64_t p = 0; p < panels; ++p) kF32N16.pack_panel(weights, p * kF32N16.columns, ours + p * panel_bytes);
    kai_run_rhs_pack_nxk_x32p16x1bx32_x32_x32_neon(1, n, k, 16, 1, 1, k * sizeof(float), values, bias, nullptr, theirs,
                                                   0, nullptr);
    return memcmp(ours, theirs, sizeof ours) == 0;
}

bool agrees(int32_t layout) {
    switch (layout) {
        case KS_LAYOUT_F32_N16:
            return f32_tile_fits() && f32_agrees();
        case KS_LAYOUT_INT4_NR8KR8: {
            const auto pack = kai_run_rhs_pack_nxk_qsi4c32pnrx4_qsu4c32s1s0_neon;
            return tile_is(kKleidiAIInt4Dotprod4x8) && tile_is(kKleidiAIInt4Dotprod1x8Kr8) &&
                   int4_agrees(kInt4Nr8Kr8, kKleidiAIInt4Dotprod4x8, pack, 32) &&
                   int4_agrees(kInt4Nr8Kr8, kKleidiAIInt4Dotprod4x8, pack, 64);
        }
        case KS_LAYOUT_INT4_NR8KR16: {
            const auto pack = kai_run_rhs_pack_nxk_qsi4c32pnrx8_qsu4c32s1s0_neon;
            return tile_is(kKleidiAIInt4I8mm4x8) && tile_is(kKleidiAIInt4Dotprod1x8Kr16) &&
                   int4_agrees(kInt4Nr8Kr16, kKleidiAIInt4I8mm4x8, pack, 32) &&
                   int4_agrees(kInt4Nr8Kr16, kKleidiAIInt4I8mm4x8, pack, 64);
        }
        default:
            return true;
    }
}

}  // namespace

const char* kleidiai_version() { return kai_get_version(); }

int32_t kleidiai_check_layout(int32_t layout) {
    if (agrees(layout)) return KS_OK;
    return fail(KS_ERROR_LAYOUT_MISMATCH, "layout %d is not what KleidiAI %s packs and reads", layout,
                kai_get_version());
}

}  // namespace ks
