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

}  // namespace

RowQuantization quantize_row(const float* x, int64_t k, int8_t* codes) {
    float lo = 0.0f;
    float hi = 0.0f;
    bool finite = true;
    for (int64_t i = 0; i < k; ++i) {
        finite &= is_finite(x[i]);
        lo = x[i] < lo ? x[i] : lo;
        hi = x[i] > hi ? x[i] : hi;
    }
    const float range = hi - lo;
    if (!finite || !is_finite(range)) {
        memset(codes, 0, static_cast<size_t>(k));
        return {bits_to_float(kQuietNan), 0};
    }
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

}  // namespace ks
