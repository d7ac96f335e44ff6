// SPDX-License-Identifier: Apache-2.0
#include "convert.h"

#include "float_bits.h"

namespace ks {
namespace {

// clamp(rne(value * multiplier) + zero_point, -128, 127) - zero_point; for values that are not NaN. Clamping first to
// whole numbers changes nothing and keeps what is rounded small.
int32_t round_to_step(float value, Steps steps) {
    const float lo = static_cast<float>(-128 - steps.zero_point);
    const float hi = static_cast<float>(127 - steps.zero_point);
    const float scaled = value * steps.multiplier;
    const float raised = scaled > lo ? scaled : lo;
    return round_to_even(raised < hi ? raised : hi);
}

template <typename From, typename Convert>
void convert_to_float(const void* from, int64_t count, float* to, Convert convert) {
    const From* values = static_cast<const From*>(from);
    for (int64_t i = 0; i < count; ++i) to[i] = convert(values[i]);
}

template <typename To, typename Convert>
void convert_from_float(const float* from, int64_t count, void* to, Convert convert) {
    To* values = static_cast<To*>(to);
    for (int64_t i = 0; i < count; ++i) values[i] = convert(from[i]);
}

}  // namespace

uint64_t type_bytes(int32_t type) {
    switch (type) {
        case KS_TYPE_F32:
            return sizeof(float);
        case KS_TYPE_INT8:
            return sizeof(int8_t);
        default:
            return sizeof(uint16_t);
    }
}

void to_float(int32_t type, const void* from, int32_t zero_point, int64_t count, float* to) {
    switch (type) {
        case KS_TYPE_F16:
            return convert_to_float<uint16_t>(from, count, to, f16_to_float);
        case KS_TYPE_BF16:
            return convert_to_float<uint16_t>(from, count, to, bf16_to_float);
        case KS_TYPE_INT8:
            return convert_to_float<int8_t>(from, count, to,
                                            [=](int8_t code) { return static_cast<float>(code - zero_point); });
        default:
            return convert_to_float<float>(from, count, to, [](float value) { return value; });
    }
}

void to_steps(float* values, int64_t count, float multiplier, int32_t zero_point) {
    const Steps steps = {multiplier, zero_point};
    for (int64_t i = 0; i < count; ++i) {
        values[i] = is_finite(values[i]) ? static_cast<float>(round_to_step(values[i], steps)) : bits_to_float(kQuietNan);
    }
}

void from_float(int32_t type, const float* from, int64_t count, Steps steps, void* to) {
    switch (type) {
        case KS_TYPE_F16:
            return convert_from_float<uint16_t>(from, count, to, float_to_f16);
        case KS_TYPE_BF16:
            return convert_from_float<uint16_t>(
                from, count, to, [](float value) { return is_nan(value) ? uint16_t{0x7FC0} : float_to_bf16(value); });
        case KS_TYPE_INT8:
            return convert_from_float<int8_t>(from, count, to, [=](float value) {
                const int32_t step = is_nan(value) ? 0 : round_to_step(value, steps);
                return static_cast<int8_t>(step + steps.zero_point);
            });
        default:
            return convert_from_float<float>(from, count, to, [](float value) { return value; });
    }
}

}  // namespace ks
