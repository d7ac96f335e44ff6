// SPDX-License-Identifier: Apache-2.0
// The table of layouts, and the sizes that follow from it.
#include "layout/layout.h"

#include "layout/code_order.h"
#include "layout/panels.h"

namespace ks {
namespace {

constexpr Vectors kAny = Vectors::kAny;
constexpr Vectors kSve = Vectors::kSve;
constexpr Vectors kSme = Vectors::kSme;
constexpr Padding kZero = Padding::kZero;
constexpr Padding kRepeat = Padding::kRepeatLastColumn;
constexpr Stored kAbsent = Stored::kAbsent;
constexpr Stored kPlain = Stored::kPlain;
constexpr Stored kSixteenth = Stored::kSixteenth;
constexpr Stored kNeutral = Stored::kNeutral;

constexpr ScalePlace kFirst = ScalePlace::kFirst;
constexpr ScalePlace kAfter = ScalePlace::kAfterCodes;
constexpr ScalePlace kLast = ScalePlace::kLast;

constexpr CodeOrder kNone = {};
constexpr CodeOrder kInt4Halves4 = code_order<4, 16, 4>;
constexpr CodeOrder kInt4Halves8 = code_order<4, 16, 8>;
constexpr CodeOrder kInt4Quads = code_order<4, 4, 4>;
constexpr CodeOrder kInt4Pairs = code_order<4, 1, 2>;
constexpr CodeOrder kInt8Run4 = code_order<8, 1, 4>;
constexpr CodeOrder kInt8Run8 = code_order<8, 1, 8>;
constexpr CodeOrder kInt2Quads = code_order<2, 4, 4>;
constexpr CodeOrder kInt2Fours = code_order<2, 1, 1>;

// id, format, columns, vector_divisor, vectors, padding, order, flip, scale_place, group_scale, sum, channel_scale,
// bias, run
constexpr Layout layouts[] = {
    {KS_LAYOUT_F32_N16, KS_FORMAT_F32, 16, 0, kAny, kZero, kNone, 0, kAfter, kAbsent, Sum::kNone, kAbsent, kPlain},
    {KS_LAYOUT_F32_SVE, KS_FORMAT_F32, 0, 1, kSve, kZero, kNone, 0, kAfter, kAbsent, Sum::kNone, kAbsent, kPlain},
    {KS_LAYOUT_F32_SME, KS_FORMAT_F32, 0, 2, kSme, kZero, kNone, 0, kAfter, kAbsent, Sum::kNone, kAbsent, kPlain},
    {KS_LAYOUT_F16_N16, KS_FORMAT_F16, 16, 0, kAny, kZero, kNone, 0, kAfter, kAbsent, Sum::kNone, kAbsent, kPlain},
    {KS_LAYOUT_F16_N32, KS_FORMAT_F16, 32, 0, kAny, kZero, kNone, 0, kAfter, kAbsent, Sum::kNone, kAbsent, kNeutral},
    {KS_LAYOUT_BF16_N16, KS_FORMAT_BF16, 16, 0, kAny, kZero, kNone, 0, kAfter, kAbsent, Sum::kNone, kAbsent, kPlain},
    {KS_LAYOUT_BF16_N12K4, KS_FORMAT_BF16, 12, 0, kAny, kZero, kNone, 0, kAfter, kAbsent, Sum::kNone, kAbsent, kPlain,
     4},

    {KS_LAYOUT_INT4_N32K4, KS_FORMAT_INT4_GROUP, 32, 0, kAny, kZero, kInt4Halves4, 0, kAfter, kPlain, Sum::kRowSum,
     kAbsent, kPlain},
    {KS_LAYOUT_INT4_NR8KR8, KS_FORMAT_INT4_GROUP, 8, 0, kAny, kRepeat, kInt4Halves4, 8, kAfter, kPlain, Sum::kRowSum,
     kAbsent, kPlain},
    {KS_LAYOUT_INT4_NR8KR16, KS_FORMAT_INT4_GROUP, 8, 0, kAny, kRepeat, kInt4Halves8, 8, kAfter, kPlain, Sum::kRowSum,
     kAbsent, kPlain},
    {KS_LAYOUT_INT4_SME2, KS_FORMAT_INT4_GROUP, 0, 1, kSme, kRepeat, kInt4Pairs, 8, kAfter, kPlain, Sum::kRowSum,
     kAbsent, kNeutral},

    {KS_LAYOUT_INT4_CHANNEL_N32K4, KS_FORMAT_INT4_CHANNEL, 32, 0, kAny, kZero, kInt4Halves4, 0, kAfter, kAbsent,
     Sum::kInt32, kPlain, kPlain},
    {KS_LAYOUT_INT4_CHANNEL_NR4KR8, KS_FORMAT_INT4_CHANNEL, 4, 0, kAny, kRepeat, kInt4Halves4, 8, kAfter, kAbsent,
     Sum::kInt32Times16, kSixteenth, kPlain},
    {KS_LAYOUT_INT4_CHANNEL_NR8KR16, KS_FORMAT_INT4_CHANNEL, 8, 0, kAny, kRepeat, kInt4Halves8, 8, kAfter, kAbsent,
     Sum::kInt32Times16, kSixteenth, kPlain},
    {KS_LAYOUT_INT4_CHANNEL_SME, KS_FORMAT_INT4_CHANNEL, 0, 1, kSme, kRepeat, kInt4Halves4, 8, kAfter, kAbsent,
     Sum::kInt32Times16, kNeutral, kNeutral},
    {KS_LAYOUT_INT4_CHANNEL_SME2, KS_FORMAT_INT4_CHANNEL, 0, 1, kSme, kZero, kInt4Pairs, 8, kAfter, kAbsent,
     Sum::kInt32, kNeutral, kNeutral},

    {KS_LAYOUT_INT8_CHANNEL_N32K4, KS_FORMAT_INT8_CHANNEL, 32, 0, kAny, kZero, kInt8Run4, 0, kAfter, kAbsent,
     Sum::kInt32, kPlain, kPlain},
    {KS_LAYOUT_INT8_CHANNEL_NR4KR4, KS_FORMAT_INT8_CHANNEL, 4, 0, kAny, kRepeat, kInt8Run4, 0, kAfter, kAbsent,
     Sum::kInt32, kPlain, kPlain},
    {KS_LAYOUT_INT8_CHANNEL_NR4KR8, KS_FORMAT_INT8_CHANNEL, 4, 0, kAny, kRepeat, kInt8Run8, 0, kAfter, kAbsent,
     Sum::kInt32, kPlain, kPlain},
    {KS_LAYOUT_INT8_CHANNEL_NR8KR8, KS_FORMAT_INT8_CHANNEL, 8, 0, kAny, kRepeat, kInt8Run8, 0, kAfter, kAbsent,
     Sum::kInt32, kPlain, kPlain},
    {KS_LAYOUT_INT8_CHANNEL_SME, KS_FORMAT_INT8_CHANNEL, 0, 1, kSme, kRepeat, kInt8Run4, 0, kAfter, kAbsent,
     Sum::kInt32, kNeutral, kNeutral},

    {KS_LAYOUT_INT2_CHANNEL_N32K4, KS_FORMAT_INT2_CHANNEL, 32, 0, kAny, kZero, kInt2Quads, 0, kAfter, kAbsent,
     Sum::kInt32, kPlain, kPlain},

    {KS_LAYOUT_INT2_CHANNEL_NR4KR4, KS_FORMAT_INT2_CHANNEL, 4, 0, kAny, kZero, kInt2Quads, 0, kAfter, kAbsent,
     Sum::kInt32, kNeutral, kNeutral},
    {KS_LAYOUT_INT2_CHANNEL_SME2, KS_FORMAT_INT2_CHANNEL, 0, 1, kSme, kRepeat, kInt2Fours, 0, kAfter, kAbsent,
     Sum::kInt32, kNeutral, kNeutral},

    {KS_LAYOUT_Q4_0_N32K4, KS_FORMAT_Q4_0, 32, 0, kAny, kZero, kInt4Halves4, 0, kAfter, kPlain, Sum::kNone, kAbsent,
     kPlain},
    {KS_LAYOUT_Q4_0_NR4KR8, KS_FORMAT_Q4_0, 4, 0, kAny, kRepeat, kInt4Halves4, 8, kFirst, kPlain, Sum::kNone, kAbsent,
     kAbsent},
    {KS_LAYOUT_Q4_0_NR4KR16, KS_FORMAT_Q4_0, 4, 0, kAny, kRepeat, kInt4Halves8, 8, kFirst, kPlain, Sum::kNone, kAbsent,
     kAbsent},
    {KS_LAYOUT_Q4_0_NR8KR16, KS_FORMAT_Q4_0, 8, 0, kAny, kRepeat, kInt4Halves8, 8, kFirst, kPlain, Sum::kNone, kAbsent,
     kAbsent},

    {KS_LAYOUT_Q4_0_SME, KS_FORMAT_Q4_0, 0, 1, kSme, kRepeat, kInt4Quads, 8, kLast, kPlain, Sum::kNone, kAbsent,
     kAbsent},
    {KS_LAYOUT_Q4_0_SME2, KS_FORMAT_Q4_0, 0, 1, kSme, kRepeat, kInt4Pairs, 0, kLast, kPlain, Sum::kNone, kAbsent,
     kAbsent},

    {KS_LAYOUT_INT4_ASYMMETRIC_N32K4, KS_FORMAT_INT4_ASYMMETRIC, 32, 0, kAny, kZero, kInt4Halves4, 0, kAfter,
     kSixteenth, Sum::kNone, kAbsent, kPlain},
    {KS_LAYOUT_INT4_ASYMMETRIC_NR4KR8, KS_FORMAT_INT4_ASYMMETRIC, 4, 0, kAny, kRepeat, kInt4Halves4, 8, kAfter,
     kSixteenth, Sum::kNone, kAbsent, kPlain},
    {KS_LAYOUT_INT4_ASYMMETRIC_NR4KR16, KS_FORMAT_INT4_ASYMMETRIC, 4, 0, kAny, kRepeat, kInt4Halves8, 8, kAfter,
     kSixteenth, Sum::kNone, kAbsent, kPlain},
    {KS_LAYOUT_INT4_ASYMMETRIC_SME2, KS_FORMAT_INT4_ASYMMETRIC, 0, 1, kSme, kRepeat, kInt4Pairs, 0, kAfter, kPlain,
     Sum::kNone, kAbsent, kPlain},
};

}  // namespace

uint64_t PackedMatrix::panel_bytes() const {
    if (format->is_float()) return float_panel_bytes(*this);
    return static_cast<uint64_t>(groups_of(*this)) * group_bytes(*this) + end_bytes(*this);
}

uint64_t PackedMatrix::bias_offset(int64_t column) const {
    const int64_t width = columns();
    const uint64_t place = static_cast<uint64_t>(column % width) * sizeof(float);
    if (tail_bias()) {
        return payload_bytes() - static_cast<uint64_t>(padded_n() - column) * sizeof(float);
    }
    const uint64_t panel = static_cast<uint64_t>(column / width) * panel_bytes();
    if (format->is_float()) return panel + place;
    return panel + panel_bytes() - static_cast<uint64_t>(width) * sizeof(float) + place;
}

void pack_panel(const PackedMatrix& matrix, const Weights& from, int64_t index, uint8_t* panels) {
    (matrix.format->is_float() ? pack_float_panel : pack_code_panel)(matrix, from, index, panels);
}

void unpack_panel(const PackedMatrix& matrix, const uint8_t* panels, int64_t index, const MutableWeights& to) {
    (matrix.format->is_float() ? unpack_float_panel : unpack_code_panel)(matrix, panels, index, to);
}

const Layout* find_layout(int32_t id) {
    for (const Layout& layout : layouts) {
        if (layout.id == id) return &layout;
    }
    return nullptr;
}

bool vector_allowed(const Layout& layout, int64_t vector_bytes) {
    if (layout.columns != 0) return vector_bytes == 0;
    return vector_bytes >= 16 && vector_bytes <= 256 && (vector_bytes & (vector_bytes - 1)) == 0;
}

}  // namespace ks
