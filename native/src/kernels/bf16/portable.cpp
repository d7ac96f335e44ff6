// SPDX-License-Identifier: Apache-2.0
// bf16 in plain C++.
#include "kernels/floats/portable.h"

namespace ks {
namespace {

template <>
inline float widen(Bf16 weight) {
    return bf16_to_float(weight.bits);
}

template <>
inline float round_to<Bf16>(float x) {
    return bf16_to_float(float_to_bf16(x));
}

}  // namespace

const KernelCode kBf16Portable = kCode<Bf16>;

}  // namespace ks
