// SPDX-License-Identifier: Apache-2.0
// What the weights of a ks_format consist of before packing, and which groups and k it allows.
#pragma once

#include <stdint.h>

#include "kleidisharp.h"

namespace ks {

enum class ScaleType : uint8_t { kNone, kBf16, kF16, kF32 };

// How a row of x is prepared.
enum class Activations : uint8_t { kFloat, kPerRow, kPerGroup };

struct Format {
    int32_t id;
    const char* name;
    int32_t bits;           // of a code; 0 for floats
    int32_t element_bytes;  // of a float; 0 for codes
    ScaleType scales;       // that come beside the codes: Q4_0's are inside its blocks
    bool has_zeros;
    bool grouped;  // the caller says how many values make a group
    int64_t k_step;
    int64_t k_max;
    Activations activations;

    bool is_float() const { return bits == 0; }

    // Bytes of one row of codes, blocks or floats.
    int64_t row_bytes(int64_t k) const;

    // Scales, and zeros where there are any, of one row.
    int64_t scales_per_row(int64_t k, int64_t group) const;

    uint64_t scale_bytes() const;

    // Alignment that rows and their stride need.
    int64_t row_alignment() const { return element_bytes == 0 ? 1 : element_bytes; }
};

// Bytes of a block of Q4_0: an f16 scale and the codes of 32 values.
constexpr int64_t kQ4BlockBytes = 18;
constexpr int64_t kQ4BlockValues = 32;

// Values of a group, at most.
constexpr int32_t kLargestGroup = 16384;

// The format of a ks_format, or null for an unknown one.
const Format* find_format(int32_t id);

}  // namespace ks
