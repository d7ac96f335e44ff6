// SPDX-License-Identifier: Apache-2.0
// Rows of x and y between their ks_type and f32.
#pragma once

#include <stdint.h>

#include "kleidisharp.h"

namespace ks {

uint64_t type_bytes(int32_t type);

// Exact; int8 codes become code - zero_point.
void to_float(int32_t type, const void* from, int32_t zero_point, int64_t count, float* to);

// What int8 results are: clamp(rne(value * multiplier) + zero_point, -128, 127).
struct Steps {
    float multiplier;
    int32_t zero_point;
};

// Values become what int8 codes with that zero point stand for, in steps: code - zero_point. What is not finite becomes NaN.
void to_steps(float* values, int64_t count, float multiplier, int32_t zero_point);

// As ks_matmul() says for its results.
void from_float(int32_t type, const float* from, int64_t count, Steps steps, void* to);

}  // namespace ks
