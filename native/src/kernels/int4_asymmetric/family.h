// SPDX-License-Identifier: Apache-2.0
// int4 asymmetric as a family of kernels/codes. Included after the vectors of a tier.
#pragma once

namespace ks {
namespace {

struct Int4Asymmetric {
    static constexpr int kBits = 4;
    static constexpr Grouping kGrouping = Grouping::kGiven;
    static constexpr int kGroupBytes = 2 * sizeof(float);  // zero, scale / 16
    static constexpr int kEndBytes = sizeof(float);        // bias
    static constexpr Rounding kRounding = Rounding::kHalfEven;
    static constexpr bool kQuantizedPerGroup = true;
    static constexpr bool kKeepsSum = true;

    static Quantizer quantizer(const Extremes& values, const RowQuantization*) {
        if (values.magnitude() < 0x1p-75f) return {0, 0, 0};
        const float multiplier = 127.0f / values.magnitude();
        return {multiplier, 0, 1.0f / multiplier};
    }

    struct GroupRow {
        int32_t start;
        float sum;
        float scale;
    };
    static GroupRow group_row(int32_t sum, const Quantizer& group) {
        return {-kZeroCode<Int4Asymmetric> * sum, static_cast<float>(sum) * group.scale, group.scale};
    }

    using EndRow = Nothing;
    static Nothing end_row(const Quantizer&) { return {}; }

    struct GroupColumns {
        Floats zero;
        Floats scale;  // a sixteenth of it
    };
    static GroupColumns load_group(const uint8_t* from, int column) {
        return {load_floats(from + 4 * column), load_floats(from + 4 * (column + kColumns))};
    }

    static Floats add_group(Floats acc, Ints dot, const GroupColumns& columns, const GroupRow& row) {
        const Floats with_zero = multiply_add(columns.zero, broadcast(row.sum), acc);
        const Floats scale = multiply(columns.scale, broadcast(row.scale));
        return multiply_add(to_floats(shift_left<4>(dot)), scale, with_zero);
    }

    static Floats finish(Floats acc, const uint8_t*, int, const EndRow&) { return acc; }
};

}  // namespace
}  // namespace ks
