// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdint.h>

namespace ks {

// What turns the int8 codes of a row back into floats: value = (code - zero_point) * scale.
struct RowQuantization {
    float scale;
    int32_t zero_point;
};

// Quantises one row of activations as ks_matmul() describes, rows that are not finite included.
RowQuantization quantize_row(const float* x, int64_t k, int8_t* codes);

}  // namespace ks
