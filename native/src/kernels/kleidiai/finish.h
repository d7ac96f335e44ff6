// SPDX-License-Identifier: Apache-2.0
// The last steps of the arithmetic, for micro-kernels that do not take them, or not in the order of kleidisharp.h.
// Those run without bounds and over weights whose scale or bias is Stored::kNeutral; the real ones stand in
// MatMul::tail.
#pragma once

#include "kernels/lhs/lhs_packer.h"

namespace ks {

using Finish = void (*)(const MatMul& mm, LhsTile tile, int64_t n_begin, int64_t n_end);

// y = clamp(y).
void finish_clamp(const MatMul& mm, LhsTile tile, int64_t n_begin, int64_t n_end);

// y = clamp(y), for f32 outer products over KS_LAYOUT_F32_SME: they add the bias to +0, which loses the sign of a bias
// of -0. It shows where no product is more than another -0.
void finish_clamp_and_zero_bias(const MatMul& mm, LhsTile tile, int64_t n_begin, int64_t n_end);

// y = clamp(y + bias), with the bias as the tail.
void finish_bias(const MatMul& mm, LhsTile tile, int64_t n_begin, int64_t n_end);

// y = clamp(y / 16 + bias), with the bias as the tail.
void finish_sixteenth_and_bias(const MatMul& mm, LhsTile tile, int64_t n_begin, int64_t n_end);

// y = clamp(y * scale_x + bias), with scale_x as kLhsPerRowUnscaled leaves it and the bias as the tail.
void finish_rows(const MatMul& mm, LhsTile tile, int64_t n_begin, int64_t n_end);

// y = clamp(y * (scale_x * scale_w) + bias), with scale_w and the bias as the tail.
void finish_channels(const MatMul& mm, LhsTile tile, int64_t n_begin, int64_t n_end);

// y = clamp(y * (scale_x * (scale_w / 16)) + bias); y is 16 * t.
void finish_int4_channels(const MatMul& mm, LhsTile tile, int64_t n_begin, int64_t n_end);

// y = clamp(16 * y * (scale_x * (scale_w / 16)) + bias); y is t.
void finish_int4_channels_of_t(const MatMul& mm, LhsTile tile, int64_t n_begin, int64_t n_end);

}  // namespace ks
