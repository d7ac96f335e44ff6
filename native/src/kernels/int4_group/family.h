// SPDX-License-Identifier: Apache-2.0
// int4 groups as a family of kernels/codes. Included after the vectors of a tier.
#pragma once

namespace ks {
namespace {

struct Int4Group {
    static constexpr int kBits = 4;
    static constexpr Grouping kGrouping = Grouping::kGiven;
    static constexpr int kGroupBytes = sizeof(uint16_t);  // scale
    static constexpr int kEndBytes = 2 * sizeof(float);   // rowsum, bias
    static constexpr Rounding kRounding = Rounding::kHalfAway;
    static constexpr bool kQuantizedPerGroup = false;
    static constexpr bool kKeepsSum = false;

    static Quantizer quantizer(const Extremes& row, const RowQuantization* fixed) {
        return quantizer_of_row(row, fixed);
    }

    struct GroupRow {
        int32_t start;
    };
    static GroupRow group_row(int32_t sum, const Quantizer&) { return {-kZeroCode<Int4Group> * sum}; }

    struct EndRow {
        float minus_zero_point;
        float scale;
    };
    static EndRow end_row(const Quantizer& row) { return {static_cast<float>(-row.zero_point), row.scale}; }

    using GroupColumns = Floats;  // scale
    static GroupColumns load_group(const uint8_t* from, int column) { return load_bf16(from + 2 * column); }

    static Floats add_group(Floats acc, Ints dot, Floats scale, const GroupRow&) {
        return multiply_add(to_floats(dot), scale, acc);
    }

    static Floats finish(Floats acc, const uint8_t* end, int column, const EndRow& row) {
        const Floats row_sum = load_floats(end + 4 * column);
        return multiply(multiply_add(row_sum, broadcast(row.minus_zero_point), acc), broadcast(row.scale));
    }
};

}  // namespace
}  // namespace ks
