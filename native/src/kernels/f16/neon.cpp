// SPDX-License-Identifier: Apache-2.0
// f16 on NEON, with conversions that Armv8.0 has; all arithmetic is that of f32.
#include "kernels/floats/neon.h"

namespace ks {
namespace {

template <>
inline float32x4_t load_weights(const F16* weights) {
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(&weights->bits)));
}

template <>
inline float32x4_t round_to<F16>(float32x4_t x) {
    return vcvt_f32_f16(vcvt_f16_f32(x));
}

}  // namespace

const KernelCode kF16Neon = kCode<F16>;

}  // namespace ks
