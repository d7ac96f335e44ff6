// SPDX-License-Identifier: Apache-2.0
// f16 in plain C++.
#include "kernels/floats/portable.h"

namespace ks {
namespace {

template <>
inline float widen(F16 weight) {
    return f16_to_float(weight.bits);
}

template <>
inline float round_to<F16>(float x) {
    return f16_to_float(float_to_f16(x));
}

}  // namespace

const KernelCode kF16Portable = kCode<F16>;

}  // namespace ks
