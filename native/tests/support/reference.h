// SPDX-License-Identifier: Apache-2.0
// The arithmetic of kleidisharp.h once more, value by value over unpacked matrices, with the C library's fmaf, roundf
// and nearbyintf. Shares no code with the library.
#pragma once

#include "support/matrix.h"

namespace ks_test {

// What ks_matmul() is told beside the matrices.
struct Operands {
    int32_t x_type = KS_TYPE_F32;
    int32_t y_type = KS_TYPE_F32;
    float x_scale = 0;
    int32_t x_zero_point = 0;
    float y_scale = 0;
    int32_t y_zero_point = 0;
    float clamp_min = -INFINITY;
    float clamp_max = INFINITY;
};

size_t bytes_of(int32_t type);

// Nearest, ties to even; NaN becomes the quiet NaN.
uint16_t to_f16(float value);
uint16_t to_bf16(float value);

// Sum of the values of every 32 weights, each times its scale: what INT4_GROUP keeps for a row.
float row_sum(const Matrix& matrix, int64_t row);

// One row of results: y[0..n).
void multiply_row(const Matrix& matrix, const Operands& operands, const void* x, void* y);

}  // namespace ks_test
