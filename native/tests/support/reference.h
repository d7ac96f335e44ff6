// SPDX-License-Identifier: Apache-2.0
// The arithmetic of kleidisharp.h once more, value by value over unpacked matrices, with the C library's fmaf, roundf
// and nearbyintf. Shares no code with the library.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <vector>

#include "kleidisharp.h"

namespace ks_test {

struct Matrix {
    int32_t format;
    int32_t group;
    int64_t n;
    int64_t k;
    std::vector<float> f32;        // [n][k]
    std::vector<uint8_t> codes;    // [n][k/2]
    std::vector<uint16_t> scales;  // [n][k/group]
    std::vector<float> bias;       // [n], or empty

    int code(int64_t row, int64_t column) const {
        return codes[static_cast<size_t>(row * (k / 2) + column / 2)] >> (column % 2 * 4) & 15;
    }
    uint16_t scale_bits(int64_t row, int64_t at) const { return scales[static_cast<size_t>(row * (k / group) + at)]; }
    const void* weights() const {
        return format == KS_FORMAT_F32 ? static_cast<const void*>(f32.data()) : codes.data();
    }
    int64_t row_bytes() const { return format == KS_FORMAT_F32 ? k * 4 : k / 2; }
    const float* bias_or_null() const { return bias.empty() ? nullptr : bias.data(); }
    ks_shape shape(int32_t layout) const { return {sizeof(ks_shape), format, layout, group, n, k}; }
};

float bf16(uint16_t bits);

float row_sum(const Matrix& matrix, int64_t row);

// One row of results: y[0..n).
void multiply_row(const Matrix& matrix, const float* x, float clamp_min, float clamp_max, float* y);

// One group: its scale, and codes one per byte.
uint16_t quantize_group(const float* w, int64_t count, uint8_t* codes);

// The panels of a layout, byte by byte in the order of its formula.
std::vector<uint8_t> panels_by_formula(const Matrix& matrix, int32_t layout);

}  // namespace ks_test
