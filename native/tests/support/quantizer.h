// SPDX-License-Identifier: Apache-2.0
// ks_quantize() once more, with the C library's rounding. Shares no code with the library.
#pragma once

#include "support/matrix.h"

namespace ks_test {

// The matrix that f32 weights [n][k] become. Its weights, scales and zeros are those of ks_quantize().
Matrix quantize(int32_t format, int32_t group, int64_t n, int64_t k, const std::vector<float>& weights);

}  // namespace ks_test
