// SPDX-License-Identifier: Apache-2.0
#include "activations.h"

#include <string.h>

#include "float_bits.h"

namespace ks {
namespace {

template <typename T>
T clamp(T value, T lo, T hi) {
    return value < lo ? lo : value > hi ? hi : value;
}

constexpr int64_t kBlock = 32;

// The largest magnitude of x; infinite or NaN where one of x is.
float largest_magnitude(const float* x, int64_t count) {
    uint32_t largest = 0;
    for (int64_t i = 0; i < count; ++i) {
        const uint32_t magnitude = float_to_bits(x[i]) & kMagnitudeMask;
        largest = magnitude > largest ? magnitude : largest;
    }
    return bits_to_float(largest);
}

RowQuantization not_finite(int64_t k, int8_t* codes) {
    memset(codes, 0, static_cast<size_t>(k));
    return {bits_to_float(kQuietNan), 0};
}

RowQuantization add_zero_point(const float* x, int64_t k, const RowQuantization& fixed, int8_t* codes) {
    if (!is_finite(largest_magnitude(x, k))) return not_finite(k, codes);
    for (int64_t i = 0; i < k; ++i) codes[i] = static_cast<int8_t>(static_cast<int32_t>(x[i]) + fixed.zero_point);
    return fixed;
}

}  // namespace

RowQuantization quantize_row(const float* x, int64_t k, const RowQuantization* fixed, int8_t* codes) {
    if (fixed != nullptr) return add_zero_point(x, k, *fixed, codes);
    float lo = 0.0f;
    float hi = 0.0f;
    bool finite = true;
    for (int64_t i = 0; i < k; ++i) {
        finite &= is_finite(x[i]);
        lo = x[i] < lo ? x[i] : lo;
        hi = x[i] > hi ? x[i] : hi;
    }
    const float range = hi - lo;
    if (!finite || !is_finite(range)) return not_finite(k, codes);
    const float multiplier = range == 0.0f ? 1.0f : 255.0f / range;
    if (!is_finite(multiplier)) {
        memset(codes, 0, static_cast<size_t>(k));
        return {0.0f, 0};
    }
    const float scaled_lo = lo * multiplier;
    const float scaled_hi = hi * multiplier;
    // The zero point is taken from the end of the range whose rounding error is smaller.
    const float error = (-128.0f + scaled_lo) + (127.0f + scaled_hi);
    const float exact = error > 0.0f ? -128.0f - scaled_lo : 127.0f - scaled_hi;
    const int32_t zero_point = round_to_even(clamp(exact, -128.0f, 127.0f));
    for (int64_t i = 0; i < k; ++i) {
        codes[i] = static_cast<int8_t>(clamp(round_half_away(x[i] * multiplier) + zero_point, -128, 127));
    }
    return {1.0f / multiplier, zero_point};
}

void quantize_blocks(const float* x, int64_t k, int8_t* codes, float* scales) {
    // The block with the largest magnitude has the largest scale.
    if (!f16_is_finite(float_to_f16(largest_magnitude(x, k) / 127.0f))) {
        const float nan = not_finite(k, codes).scale;
        for (int64_t b = 0; b < k / kBlock; ++b) scales[b] = nan;
        return;
    }
    for (int64_t b = 0; b < k / kBlock; ++b, x += kBlock, codes += kBlock) {
        const float step = largest_magnitude(x, kBlock) / 127.0f;
        const float multiplier = 1.0f / step;
        if (!is_finite(multiplier)) {
            memset(codes, 0, kBlock);
            scales[b] = 0.0f;
            continue;
        }
        for (int64_t i = 0; i < kBlock; ++i) codes[i] = static_cast<int8_t>(round_half_away(x[i] * multiplier));
        scales[b] = f16_to_float(float_to_f16(step));
    }
}

void quantize_groups(const float* x, int64_t k, int64_t group, int8_t* codes, GroupQuantization* groups) {
    if (!is_finite(largest_magnitude(x, k))) {
        const float nan = not_finite(k, codes).scale;
        for (int64_t g = 0; g < k / group; ++g) groups[g] = {nan, nan};
        return;
    }
    for (int64_t g = 0; g < k / group; ++g, x += group, codes += group) {
        const float largest = largest_magnitude(x, group);
        if (largest < 0x1p-75f) {
            memset(codes, 0, static_cast<size_t>(group));
            groups[g] = {0.0f, 0.0f};
            continue;
        }
        const float multiplier = 127.0f / largest;
        int32_t sum = 0;
        for (int64_t i = 0; i < group; ++i) {
            codes[i] = static_cast<int8_t>(round_to_even(x[i] * multiplier));
            sum += codes[i];
        }
        const float scale = 1.0f / multiplier;
        groups[g] = {scale, static_cast<float>(sum) * scale};
    }
}

}  // namespace ks
