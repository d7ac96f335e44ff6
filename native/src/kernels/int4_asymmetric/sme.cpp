// SPDX-License-Identifier: Apache-2.0
// Asymmetric int4 groups through KleidiAI on SME2. The kernels multiply sum(qa * qw) by scale_w * scale_x, not 16 times
// the one by a sixteenth of the other. That is the same unless the product of the scales overflows, as none is
// subnormal; and the kernel for several rows begins with its first product instead of adding that to +0. Both show in
// the results, and those are computed once more.
#include "float_bits.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qai4c32p/kai_matmul_clamp_f32_qsi8d32p1vlx4_qai4c32p4vlx4_1vlx4vl_sme2_mopa.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qai4c32p/kai_matmul_clamp_f32_qsi8d32p1x4_qai4c32p4vlx4_1x4vl_sme2_dot.h"
#include "kai/ukernels/matmul/pack/kai_rhs_pack_nxk_qai4c32ps1s0nrx4_qau4c32s1s0_f32_f32_f32_neon.h"
#include "kernels/floats/neon_row.h"
#include "kernels/kernels.h"
#include "kernels/kleidiai/adapter.h"
#include "kernels/kleidiai/kleidiai_layout.h"

namespace ks {
namespace {

constexpr Ukernel kSme2Mopa = KS_SME2_UKERNEL(qsi8d32p1vlx4_qai4c32p4vlx4_1vlx4vl_sme2_mopa, 4, 16, 8, 2);
constexpr Ukernel kSme2Dot = KS_SME2_UKERNEL(qsi8d32p1x4_qai4c32p4vlx4_1x4vl_sme2_dot, 1, 16, 8, 2);

void pack(const Weights& from, const UkernelTile& tile, uint8_t* to) {
    const kai_rhs_pack_nxk_qai4c32p_params params = {1, 8};
    kai_run_rhs_pack_nxk_qai4c32ps1s0nrx4_qau4c32s1s0_f32_f32_f32_neon(
        1, static_cast<size_t>(from.n), static_cast<size_t>(from.k), tile.nr, tile.kr, tile.sr,
        static_cast<size_t>(from.group), from.weights, from.zeros, from.bias, from.scales, to, 0, &params);
}

// The sum for one row and one column, without the bias.
float sum_exactly(const MatMul& mm, const PackedMatrix& weights, const float* x, int64_t column) {
    constexpr int64_t kPiece = 32;
    const CodeOrder& order = weights.layout->order;
    const int64_t width = weights.columns();
    const int64_t place = column % width;
    const uint8_t* codes = mm.panels + static_cast<uint64_t>(column / width) * weights.panel_bytes();
    float sum = 0;
    for (int64_t k = 0; k < mm.k; k += mm.group, codes += group_bytes(weights)) {
        int8_t qa[kLargestGroup];
        GroupQuantization quantization;
        quantize_groups(x + k, mm.group, mm.group, qa, &quantization);
        int32_t dot = 0;
        for (int64_t i = 0; i < mm.group; i += kPiece) {
            uint8_t qw[kPiece];
            order.unpack(codes + i * width / 2 + place * order.run, qw, width, weights.layout->flip);
            for (int j = 0; j < kPiece; ++j) dot += qa[i + j] * (qw[j] - 8);
        }
        float zero;
        float scale;
        memcpy(&zero, codes + mm.group * width / 2 + place * 4, sizeof zero);
        memcpy(&scale, codes + mm.group * width / 2 + (width + place) * 4, sizeof scale);
        sum = fused_multiply_add(zero, quantization.sum, sum);
        sum = fused_multiply_add(static_cast<float>(16 * dot), scale / 16 * quantization.scale, sum);
    }
    return sum;
}

void finish(const MatMul& mm, LhsTile tile, int64_t n_begin, int64_t n_end) {
    const PackedMatrix weights = {find_layout(KS_LAYOUT_INT4_ASYMMETRIC_SME2),
                                  find_format(KS_FORMAT_INT4_ASYMMETRIC),
                                  mm.n,
                                  mm.k,
                                  mm.group,
                                  mm.vector_bytes};
    for (int64_t row = 0; row < mm.m; ++row) {
        const float* x = mm.x + row * mm.x_stride;
        float* y = mm.y + row * mm.y_stride;
        for (int64_t j = n_begin; j < n_end; ++j) {
            if (is_finite(y[j]) && float_to_bits(y[j]) != float_to_bits(-0.0f)) continue;
            if (!all_below(x, mm.k, kInfinityBits)) break;
            float bias;
            memcpy(&bias, mm.panels + weights.bias_offset(j), sizeof bias);
            y[j] = sum_exactly(mm, weights, x, j) + bias;
        }
    }
    finish_clamp(mm, tile, n_begin, n_end);
}

constexpr KleidiAILayout layouts[] = {{KS_LAYOUT_INT4_ASYMMETRIC_SME2, {&kSme2Mopa, &kSme2Dot}, pack}};

}  // namespace

const KernelCode kInt4AsymmetricSme2Mopa =
    Adapter<kSme2Mopa, KS_LAYOUT_INT4_ASYMMETRIC_SME2, kLhsPerGroup, finish>::code;
const KernelCode kInt4AsymmetricSme2Dot = Adapter<kSme2Dot, KS_LAYOUT_INT4_ASYMMETRIC_SME2, kLhsPerGroup, finish>::code;

const KleidiAILayouts kInt4AsymmetricSmeLayouts(layouts);

}  // namespace ks
