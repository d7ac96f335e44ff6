// SPDX-License-Identifier: Apache-2.0
// Q4_0 as a family of kernels/codes. Included after the vectors of a tier.
#pragma once

#include "float_bits.h"

namespace ks {
namespace {

struct Q4 {
    static constexpr int kBits = 4;
    static constexpr Grouping kGrouping = Grouping::kChunks;
    static constexpr int kGroupBytes = sizeof(uint16_t);  // scale
    static constexpr int kEndBytes = sizeof(float);       // bias
    static constexpr Rounding kRounding = Rounding::kHalfAway;
    static constexpr bool kQuantizedPerGroup = true;
    static constexpr bool kKeepsSum = false;

    // The block with the largest magnitude has the largest scale: that of the row, if the row were one block.
    static Quantizer quantizer(const Extremes& values, const RowQuantization*) {
        const float step = values.magnitude() / 127.0f;
        const float multiplier = 1.0f / step;
        if (multiplier > FLT_MAX) return {0, 0, 0};
        return {multiplier, 0, f16_to_float(float_to_f16(step))};
    }

    struct GroupRow {
        int32_t start;
        float scale;
    };
    static GroupRow group_row(int32_t sum, const Quantizer& block) { return {-kZeroCode<Q4> * sum, block.scale}; }

    using EndRow = Nothing;
    static Nothing end_row(const Quantizer&) { return {}; }

    using GroupColumns = Floats;  // scale
    static GroupColumns load_group(const uint8_t* from, int column) { return load_f16(from + 2 * column); }

    static Floats add_group(Floats acc, Ints dot, Floats scale, const GroupRow& row) {
        return multiply_add(to_floats(dot), multiply(broadcast(row.scale), scale), acc);
    }

    static Floats finish(Floats acc, const uint8_t*, int, const EndRow&) { return acc; }
};

}  // namespace
}  // namespace ks
