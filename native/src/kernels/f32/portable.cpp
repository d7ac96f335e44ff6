// SPDX-License-Identifier: Apache-2.0
// f32 in plain C++.
#include "kernels/floats/portable.h"

namespace ks {
namespace {

template <>
inline float widen(float weight) {
    return weight;
}

}  // namespace

const KernelCode kF32Portable = kCode<float>;

}  // namespace ks
