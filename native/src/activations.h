// SPDX-License-Identifier: Apache-2.0
// Quantising one row of activations as ks_matmul() describes, rows that are not finite included.
#pragma once

#include <stdint.h>

namespace ks {

// What turns the int8 codes of a row back into floats: value = (code - zero_point) * scale.
struct RowQuantization {
    float scale;
    int32_t zero_point;
};

// What belongs to the codes of a group of KS_FORMAT_INT4_ASYMMETRIC.
struct GroupQuantization {
    float scale;
    float sum;  // of the codes, times the scale
};

// Per row. `fixed` is null, or the quantisation of every row: x then holds whole numbers code - zero_point.
RowQuantization quantize_row(const float* x, int64_t k, const RowQuantization* fixed, int8_t* codes);

// Per 32 values, with scales of k / 32 blocks that are f16 numbers.
void quantize_blocks(const float* x, int64_t k, int8_t* codes, float* scales);

// Per group.
void quantize_groups(const float* x, int64_t k, int64_t group, int8_t* codes, GroupQuantization* groups);

}  // namespace ks
