// SPDX-License-Identifier: Apache-2.0
// The last steps of the arithmetic, for micro-kernels that do not take them, or not in the order of kleidisharp.h.
// Those run without bounds and over weights whose scale or bias is Stored::kNeutral; the real ones stand in
// MatMul::tail.
#pragma once

#include "kernel.h"

namespace ks {

// y = clamp(y + bias), with the bias as the tail.
void add_bias(const MatMul& mm, int64_t n_begin, int64_t n_end);

// y = clamp(y * (scale_x * scale_w) + bias), with scale_w and the bias as the tail.
void scale_channels(const MatMul& mm, const float* row_scales, int64_t n_begin, int64_t n_end);

}  // namespace ks
