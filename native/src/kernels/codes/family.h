// SPDX-License-Identifier: Apache-2.0
// What the kernels for weights in codes share of the formats: families, and how activations are laid out. Included by
// files that are compiled for different instruction sets, hence the anonymous namespace.
//
// A family is what a format says of itself: a struct, in a header of its own, with
//   kBits, kGrouping                 of the weights
//   kGroupBytes, kEndBytes           of a column in a panel: after the codes of each group, after all groups
//   kRounding, kQuantizedPerGroup    of the activations
//   kKeepsSum                        whether GroupRow holds the sum of a row's codes, besides what `start` makes of it
//   quantizer(extremes, fixed)       how a row, or the part of it in one group, becomes codes
//   GroupRow, group_row(), EndRow, end_row()                what a row of activations keeps for these:
//   GroupColumns, load_group(), add_group(), finish()       the arithmetic up to the bias, on vectors of columns
//
// Activations are a sequence of row tiles. A tile is: for each group the GroupRow of each row, then for each 4 values
// along k (on NEON and AMX 32) their codes, row by row; after the groups the EndRow of each row. k is padded to whole chunks,
// where weights have value 0.
#pragma once

#include <float.h>
#include <stddef.h>
#include <stdint.h>

#include <type_traits>

#include "float_bits.h"
#include "kernels/kernels.h"
#include "kernels/row_tiles.h"

namespace ks {
namespace {

constexpr int kColumns = 32;  // a panel
constexpr int kLine = 64;     // bytes of a cache line
// Values along k whose codes stand together in every one of the layouts.
constexpr int kChunk = 32;

// Word by word: what is broadcast comes from memory then, and not by way of a general register.
template <typename T>
T load(const uint8_t* from) {
    static_assert(sizeof(T) % sizeof(int32_t) == 0, "made of words");
    T value;
#pragma GCC unroll 4
    for (size_t i = 0; i < sizeof value; i += sizeof(int32_t)) {
        __builtin_memcpy(reinterpret_cast<uint8_t*>(&value) + i, from + i, sizeof(int32_t));
    }
    return value;
}

// ---- Families

enum class Grouping : uint8_t { kChannel, kChunks, kGiven };

enum class Rounding : uint8_t { kHalfAway, kHalfEven };

struct Nothing {};

template <typename T>
constexpr int kBytes = std::is_empty_v<T> ? 0 : static_cast<int>(sizeof(T));

inline int64_t padded_k(int64_t k) { return (k + kChunk - 1) / kChunk * kChunk; }

template <typename Family>
int64_t group_values(int64_t k, int64_t group) {
    switch (Family::kGrouping) {
        case Grouping::kChannel:
            return padded_k(k);
        case Grouping::kChunks:
            return kChunk;
        default:
            return group;
    }
}

// The code of value 0.
template <typename Family>
constexpr int kZeroCode = Family::kBits == 8 ? 0 : 1 << (Family::kBits - 1);

// 32 values of a column lie in kBits dwords; the i-th codes of the four bytes of dword `t` are those of this quad.
template <typename Family>
constexpr int quad_at(int t, int i) {
    return Family::kBits == 4 ? t + 4 * i : t * (8 / Family::kBits) + i;
}

template <typename Family>
constexpr int kChunkBytes = Family::kBits * (kColumns * kChunk / 8);
template <typename Family>
constexpr int kGroupEndBytes = Family::kGroupBytes * kColumns;

// ---- Activations

// Of some values and 0; `has_nan` says that a NaN was left out.
struct Extremes {
    float lo;
    float hi;
    bool has_nan;

    float magnitude() const { return has_nan ? __builtin_nanf("") : hi > -lo ? hi : -lo; }
};

// code = clamp(round(x * multiplier) + zero_point, -128, 127); see ks_matmul(). Where the scale is NaN every result is,
// whatever the codes.
struct Quantizer {
    float multiplier;
    int32_t zero_point;
    float scale;
};

constexpr Quantizer kNotFinite = {0, 0, __builtin_nanf("")};

inline Quantizer quantizer_of_row(const Extremes& row, const RowQuantization* fixed) {
    const float range = row.hi - row.lo;
    if (row.has_nan || !(range <= FLT_MAX)) return kNotFinite;
    if (fixed != nullptr) return {1, fixed->zero_point, fixed->scale};
    const float multiplier = range == 0 ? 1.0f : 255.0f / range;
    if (multiplier > FLT_MAX) return {0, 0, 0};
    const float low = row.lo * multiplier;
    const float high = row.hi * multiplier;
    const float error = (-128.0f + low) + (127.0f + high);
    float zero_point = error > 0 ? -128.0f - low : 127.0f - high;
    zero_point = zero_point < -128.0f ? -128.0f : zero_point > 127.0f ? 127.0f : zero_point;
    return {multiplier, round_to_even(zero_point), 1.0f / multiplier};
}

// Where the scale that a whole row would have is not finite, none of its groups has a result.
inline Quantizer quantizer_in_row(const Quantizer& row, const Quantizer& group) {
    return row.scale <= FLT_MAX ? group : kNotFinite;
}

// kRowQuadBytes: of a quad in one row.
template <typename Family, int kRowQuadBytes>
int64_t lhs_row_bytes(int64_t k, int64_t group) {
    const int64_t padded = padded_k(k);
    return padded / 4 * kRowQuadBytes + padded / group_values<Family>(k, group) * kBytes<typename Family::GroupRow> +
           kBytes<typename Family::EndRow>;
}

}  // namespace
}  // namespace ks
