// SPDX-License-Identifier: Apache-2.0
// The families with one scale a channel. Included after the vectors of a tier.
#pragma once

namespace ks {
namespace {

// Of an int4 channel the sum is multiplied by 16 and the scale divided by it, as the format's arithmetic has it.
template <int kCodeBits>
struct Channel {
    static constexpr int kBits = kCodeBits;
    static constexpr Grouping kGrouping = Grouping::kChannel;
    static constexpr int kGroupBytes = sizeof(int32_t) + sizeof(float);  // sum(qw), scale
    static constexpr int kEndBytes = sizeof(float);                      // bias
    static constexpr Rounding kRounding = Rounding::kHalfAway;
    static constexpr bool kQuantizedPerGroup = false;
    static constexpr bool kKeepsSum = false;

    static Quantizer quantizer(const Extremes& row, const RowQuantization* fixed) {
        return quantizer_of_row(row, fixed);
    }

    struct GroupRow {
        int32_t start;
        int32_t zero_point;  // of the codes as they lie here
        float scale;
    };
    static GroupRow group_row(int32_t sum, const Quantizer& row) {
        return {-kZeroCode<Channel> * sum, row.zero_point + kCodeOffset<kBits>, row.scale};
    }

    using EndRow = Nothing;
    static Nothing end_row(const Quantizer&) { return {}; }

    struct GroupColumns {
        Ints sum;
        Floats scale;
    };
    static GroupColumns load_group(const uint8_t* from, int column) {
        const uint8_t* at = from + 4 * column;
        const Floats scale = load_floats(at + 4 * kColumns);
        return {load_ints(at), kBits == 4 ? multiply(scale, broadcast(1.0f / 16)) : scale};
    }

    static Floats add_group(Floats, Ints dot, const GroupColumns& columns, const GroupRow& row) {
        const Ints t = subtract(dot, multiply(columns.sum, broadcast(row.zero_point)));
        const Floats scale = multiply(broadcast(row.scale), columns.scale);
        return multiply(to_floats(kBits == 4 ? shift_left<4>(t) : t), scale);
    }

    static Floats finish(Floats acc, const uint8_t*, int, const EndRow&) { return acc; }
};

}  // namespace
}  // namespace ks
