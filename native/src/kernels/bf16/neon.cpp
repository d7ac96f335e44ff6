// SPDX-License-Identifier: Apache-2.0
// bf16 on NEON, without the instructions of FEAT_BF16: those accumulate otherwise.
#include "kernels/floats/neon.h"

namespace ks {
namespace {

template <>
inline float32x4_t load_weights(const Bf16* weights) {
    return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(&weights->bits), 16));
}

// Half of the last place, less a little where the number below is even, and off with the rest.
template <>
inline float32x4_t round_to<Bf16>(float32x4_t x) {
    const uint32x4_t bits = vreinterpretq_u32_f32(x);
    const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
    const uint32x4_t sum = vaddq_u32(vaddq_u32(bits, vdupq_n_u32(0x7FFF)), odd);
    return vreinterpretq_f32_u32(vandq_u32(sum, vdupq_n_u32(0xFFFF0000)));
}

}  // namespace

const KernelCode kBf16Neon = kCode<Bf16>;

}  // namespace ks
