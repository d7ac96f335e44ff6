// SPDX-License-Identifier: Apache-2.0
// A weight matrix as it comes before packing, value by value as ks_format states it.
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <vector>

#include "kleidisharp.h"

namespace ks_test {

constexpr int32_t kFormats[] = {KS_FORMAT_F32,          KS_FORMAT_F16,          KS_FORMAT_BF16,
                                KS_FORMAT_INT4_GROUP,   KS_FORMAT_INT4_CHANNEL, KS_FORMAT_INT8_CHANNEL,
                                KS_FORMAT_INT2_CHANNEL, KS_FORMAT_Q4_0,         KS_FORMAT_INT4_ASYMMETRIC};

template <typename T>
T read(const void* from) {
    T value;
    memcpy(&value, from, sizeof value);
    return value;
}

inline float bf16(uint16_t bits) {
    const uint32_t wide = uint32_t{bits} << 16;
    return read<float>(&wide);
}

inline float f16(uint16_t bits) {
    const int exponent = bits >> 10 & 31;
    const float fraction = static_cast<float>(bits & 1023);
    const float sign = bits >> 15 ? -1.0f : 1.0f;
    if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
    return sign * (exponent == 0 ? ldexpf(fraction, -24) : ldexpf(fraction + 1024, exponent - 25));
}

inline bool is_float_format(int32_t format) {
    return format == KS_FORMAT_F32 || format == KS_FORMAT_F16 || format == KS_FORMAT_BF16;
}

inline bool is_grouped(int32_t format) { return format == KS_FORMAT_INT4_GROUP || format == KS_FORMAT_INT4_ASYMMETRIC; }

inline bool is_per_channel(int32_t format) {
    return format == KS_FORMAT_INT4_CHANNEL || format == KS_FORMAT_INT8_CHANNEL || format == KS_FORMAT_INT2_CHANNEL;
}

// Whether activations are quantised per row.
inline bool is_per_row(int32_t format) { return format == KS_FORMAT_INT4_GROUP || is_per_channel(format); }

inline int bits_of_code(int32_t format) {
    return format == KS_FORMAT_INT8_CHANNEL ? 8 : format == KS_FORMAT_INT2_CHANNEL ? 2 : 4;
}

inline int64_t row_bytes_of(int32_t format, int64_t k) {
    switch (format) {
        case KS_FORMAT_F32:
            return 4 * k;
        case KS_FORMAT_F16:
        case KS_FORMAT_BF16:
            return 2 * k;
        case KS_FORMAT_Q4_0:
            return 18 * (k / 32);
        default:
            return (k * bits_of_code(format) + 7) / 8;
    }
}

// Bytes of a scale that comes beside the weights.
inline size_t scale_bytes_of(int32_t format) {
    return format == KS_FORMAT_INT4_GROUP ? 2 : is_per_channel(format) || format == KS_FORMAT_INT4_ASYMMETRIC ? 4 : 0;
}

// Alignment of the weights.
inline size_t alignment_of(int32_t format) {
    return format == KS_FORMAT_F32 ? 4 : format == KS_FORMAT_F16 || format == KS_FORMAT_BF16 ? 2 : 1;
}

struct Matrix {
    int32_t format;
    int32_t group;
    int64_t n;
    int64_t k;
    std::vector<uint8_t> weights;  // [n][row_bytes()]
    std::vector<uint8_t> scales;   // [n][scales_per_row()] of scale_bytes_of()
    std::vector<float> zeros;      // [n][k/group]
    std::vector<float> bias;       // [n], or empty

    int64_t row_bytes() const { return row_bytes_of(format, k); }
    // Scales that come beside the weights; Q4_0's are inside.
    int64_t scales_per_row() const { return is_grouped(format) ? k / group : is_per_channel(format); }
    int64_t zeros_per_row() const { return format == KS_FORMAT_INT4_ASYMMETRIC ? k / group : 0; }

    const uint8_t* row(int64_t n_index) const { return weights.data() + n_index * row_bytes(); }

    // The code of a weight, without its sign where it has 8 bits.
    int code(int64_t n_index, int64_t at) const {
        if (format == KS_FORMAT_Q4_0) return row(n_index)[at / 32 * 18 + 2 + at % 16] >> (at % 32 / 16 * 4) & 15;
        const int bits = bits_of_code(format);
        return row(n_index)[at * bits / 8] >> (at * bits % 8) & ((1 << bits) - 1);
    }
    int code_of_zero() const { return bits_of_code(format) == 8 ? 0 : 1 << (bits_of_code(format) - 1); }
    int value(int64_t n_index, int64_t at) const {
        const int c = code(n_index, at);
        return bits_of_code(format) == 8 ? static_cast<int8_t>(c) : c - code_of_zero();
    }
    float real(int64_t n_index, int64_t at) const {
        if (format == KS_FORMAT_F32) return read<float>(row(n_index) + 4 * at);
        const uint16_t bits = read<uint16_t>(row(n_index) + 2 * at);
        return format == KS_FORMAT_F16 ? f16(bits) : bf16(bits);
    }
    // Of a group, a channel (at 0) or a block.
    const uint8_t* scale_place(int64_t n_index, int64_t at) const {
        if (format == KS_FORMAT_Q4_0) return row(n_index) + at * 18;
        return scales.data() + static_cast<size_t>(n_index * scales_per_row() + at) * scale_bytes_of(format);
    }
    float scale(int64_t n_index, int64_t at) const {
        const uint8_t* place = scale_place(n_index, at);
        if (format == KS_FORMAT_Q4_0) return f16(read<uint16_t>(place));
        return format == KS_FORMAT_INT4_GROUP ? bf16(read<uint16_t>(place)) : read<float>(place);
    }
    float zero(int64_t n_index, int64_t at) const { return zeros[static_cast<size_t>(n_index * (k / group) + at)]; }
    float bias_at(int64_t n_index) const { return bias.empty() ? 0.0f : bias[static_cast<size_t>(n_index)]; }

    const void* scales_or_null() const { return scales.empty() ? nullptr : scales.data(); }
    const float* zeros_or_null() const { return zeros.empty() ? nullptr : zeros.data(); }
    const float* bias_or_null() const { return bias.empty() ? nullptr : bias.data(); }
    ks_shape shape(int32_t layout, int32_t vector_bytes) const {
        return {sizeof(ks_shape), format, layout, group, vector_bytes, 0, n, k};
    }
};

}  // namespace ks_test
