// SPDX-License-Identifier: Apache-2.0
// ks_quantize(): for each channel or group a scale, perhaps a zero, and codes. Plain loops that the compiler vectorises
// at the baseline.
#include <inttypes.h>
#include <string.h>

#include "check.h"
#include "float_bits.h"
#include "format.h"

namespace ks {
namespace {

constexpr float kSmallestNormal = 1.17549435e-38f;
constexpr float kSmallestScale = 0x1p-40f;  // of formats with f32 scales

float larger(float a, float b) { return a > b ? a : b; }

// The largest magnitude of some weights as bits: for floats without sign the order of the bits is that of the values,
// with infinity and NaN above every finite one.
int32_t largest_magnitude(const float* w, int64_t count) {
    int32_t largest = 0;
    for (int64_t i = 0; i < count; ++i) {
        const int32_t magnitude = static_cast<int32_t>(float_to_bits(w[i]) & kMagnitudeMask);
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
}

float to_float_magnitude(int32_t bits) { return bits_to_float(static_cast<uint32_t>(bits)); }

// clamp(rne(value), lo, hi) for whole lo and hi.
int32_t round_within(float value, float lo, float hi) {
    const float raised = value > lo ? value : lo;
    return round_to_even(raised < hi ? raised : hi);
}

// Codes [first, first + count) of a row, kBits each, packed from the low bits on; `code_of` gives one from 0 up.
template <int kBits, typename CodeOf>
void encode(const float* w, int64_t count, uint8_t* codes, CodeOf code_of) {
    constexpr int kPerByte = 8 / kBits;
    constexpr int64_t kStep = 32;
    for (int64_t begin = 0; begin < count; begin += kStep) {
        const int64_t step = count - begin < kStep ? count - begin : kStep;
        int32_t values[kStep] = {};
        for (int64_t i = 0; i < step; ++i) values[i] = code_of(w[begin + i]);
        for (int64_t i = 0; i < step; i += kPerByte) {
            int32_t byte = 0;
            for (int j = 0; j < kPerByte; ++j) byte |= values[i + j] << (kBits * j);
            codes[(begin + i) / kPerByte] = static_cast<uint8_t>(byte);
        }
    }
}

// Symmetric codes of a channel or group with this scale.
template <int kBits>
void encode_symmetric(const float* w, int64_t count, float scale, uint8_t* codes) {
    constexpr float kLowest = -(1 << (kBits - 1));
    constexpr int32_t kOffset = kBits == 8 ? 0 : 1 << (kBits - 1);
    const float multiplier = 1.0f / scale;
    encode<kBits>(w, count, codes, [=](float value) {
        return (round_within(value * multiplier, kLowest, -kLowest - 1.0f) + kOffset) & ((1 << kBits) - 1);
    });
}

// One channel or group: its weights, and where its results go.
struct Group {
    const float* weights;
    int64_t count;
    uint8_t* codes;
    uint8_t* scale;
    float* zero;
};

// Each returns false where a weight, or what follows from the weights, is not finite.

bool quantize_int4_group(const Group& group) {
    const int32_t magnitude = largest_magnitude(group.weights, group.count);
    if (magnitude >= static_cast<int32_t>(kInfinityBits)) return false;
    const uint16_t scale = float_to_bf16(larger(to_float_magnitude(magnitude) / 7.5f, kSmallestNormal));
    memcpy(group.scale, &scale, sizeof scale);
    encode_symmetric<4>(group.weights, group.count, bf16_to_float(scale), group.codes);
    return true;
}

template <int kBits>
bool quantize_channel(const Group& group) {
    constexpr float kHalfRange = ((1 << kBits) - 1) / 2.0f;
    const int32_t magnitude = largest_magnitude(group.weights, group.count);
    if (magnitude >= static_cast<int32_t>(kInfinityBits)) return false;
    const float scale = larger(to_float_magnitude(magnitude) / kHalfRange, kSmallestScale);
    memcpy(group.scale, &scale, sizeof scale);
    encode_symmetric<kBits>(group.weights, group.count, scale, group.codes);
    return true;
}

bool quantize_q4_0(const Group& group) {
    const float* w = group.weights;
    const int32_t magnitude = largest_magnitude(w, group.count);
    if (magnitude >= static_cast<int32_t>(kInfinityBits)) return false;
    float largest = 0.0f;
    for (int64_t i = group.count - 1; i >= 0; --i) {
        if (static_cast<int32_t>(float_to_bits(w[i]) & kMagnitudeMask) == magnitude) largest = w[i];
    }
    const float d = largest / -8.0f;
    const uint16_t scale = float_to_f16(d);
    if (!f16_is_finite(scale)) return false;
    memcpy(group.codes, &scale, sizeof scale);
    // The reciprocal of a subnormal may be infinite; such a scale is 0 as f16, and so are the codes' values.
    const float multiplier = d == 0.0f || !is_finite(1.0f / d) ? 0.0f : 1.0f / d;
    uint8_t codes[kQ4BlockValues];
    for (int64_t i = 0; i < kQ4BlockValues; ++i) {
        const int32_t code = static_cast<int32_t>(w[i] * multiplier + 8.5f);
        codes[i] = static_cast<uint8_t>(code < 15 ? code : 15);
    }
    for (int64_t i = 0; i < kQ4BlockValues / 2; ++i) {
        group.codes[sizeof scale + static_cast<size_t>(i)] =
            static_cast<uint8_t>(codes[i] | codes[i + kQ4BlockValues / 2] << 4);
    }
    return true;
}

bool quantize_int4_asymmetric(const Group& group) {
    const float* w = group.weights;
    if (largest_magnitude(w, group.count) >= static_cast<int32_t>(kInfinityBits)) return false;
    float lo = w[0];
    float hi = w[0];
    for (int64_t i = 1; i < group.count; ++i) {
        lo = w[i] < lo ? w[i] : lo;
        hi = w[i] > hi ? w[i] : hi;
    }
    const float range = hi - lo;
    if (!is_finite(range)) return false;
    const float scale = larger(range / 15.0f, kSmallestScale);
    const float half = scale * 8.0f;
    const float zero = lo + half;
    if (!is_finite(zero)) return false;
    memcpy(group.scale, &scale, sizeof scale);
    // A zero of -0 would say nothing that +0 does not.
    *group.zero = zero + 0.0f;
    const float lowest = zero - half;
    encode<4>(w, group.count, group.codes, [=](float value) { return round_within((value - lowest) / scale, 0, 15); });
    return true;
}

template <int32_t kFormat>
bool quantize_floats(const Group& group) {
    uint16_t* to = reinterpret_cast<uint16_t*>(group.codes);
    bool finite = true;
    for (int64_t i = 0; i < group.count; ++i) {
        const float value = group.weights[i];
        if (kFormat == KS_FORMAT_BF16) {
            to[i] = is_nan(value) ? uint16_t{0x7FC0} : float_to_bf16(value);
            finite &= bf16_is_finite(to[i]);
        } else {
            to[i] = float_to_f16(value);
            finite &= f16_is_finite(to[i]);
        }
    }
    return finite;
}

using Quantize = bool (*)(const Group& group);

Quantize quantizer_of(int32_t format) {
    switch (format) {
        case KS_FORMAT_INT4_GROUP:
            return quantize_int4_group;
        case KS_FORMAT_INT4_CHANNEL:
            return quantize_channel<4>;
        case KS_FORMAT_INT8_CHANNEL:
            return quantize_channel<8>;
        case KS_FORMAT_INT2_CHANNEL:
            return quantize_channel<2>;
        case KS_FORMAT_Q4_0:
            return quantize_q4_0;
        case KS_FORMAT_INT4_ASYMMETRIC:
            return quantize_int4_asymmetric;
        case KS_FORMAT_F16:
            return quantize_floats<KS_FORMAT_F16>;
        case KS_FORMAT_BF16:
            return quantize_floats<KS_FORMAT_BF16>;
        default:
            return nullptr;
    }
}

// Values that are quantised at once.
int64_t values_of_group(const Format& format, const ks_quantize_args& args) {
    if (format.id == KS_FORMAT_Q4_0) return kQ4BlockValues;
    return format.grouped ? args.group : args.k;
}

ks_status report(ks_quantize_args& args, const Format& format, int64_t row, int64_t column, int64_t count) {
    const float* weights = args.weights + row * args.weights_stride;
    for (int64_t i = column; i < column + count; ++i) {
        const bool fits = format.id == KS_FORMAT_F16    ? f16_is_finite(float_to_f16(weights[i]))
                          : format.id == KS_FORMAT_BF16 ? is_finite(weights[i]) && bf16_is_finite(float_to_bf16(weights[i]))
                                                        : is_finite(weights[i]);
        if (fits) continue;
        args.bad_index = row * args.k + i;
        return fail(KS_ERROR_NOT_FINITE, "weights[%" PRId64 "][%" PRId64 "] is %g, it must be finite as %s", row, i,
                    static_cast<double>(weights[i]), format.name);
    }
    args.bad_index = row * args.k + column;
    return fail(KS_ERROR_NOT_FINITE,
                "weights[%" PRId64 "][%" PRId64 "] begins %" PRId64 " values whose range is too large for %s", row,
                column, count, format.name);
}

ks_status quantize(ks_quantize_args& args, const Format& format) {
    const Quantize quantize_group = quantizer_of(format.id);
    const int64_t values = values_of_group(format, args);
    const int64_t row_bytes = format.row_bytes(args.k);
    const int64_t groups = args.k / values;
    const int64_t group_bytes = groups == 1 ? row_bytes : row_bytes / groups;
    for (int64_t row = 0; row < args.n; ++row) {
        for (int64_t g = 0; g < groups; ++g) {
            const int64_t number = row * groups + g;
            const Group group = {args.weights + row * args.weights_stride + g * values, values,
                                 static_cast<uint8_t*>(args.codes) + row * row_bytes + g * group_bytes,
                                 static_cast<uint8_t*>(args.scales) + number * static_cast<int64_t>(format.scale_bytes()),
                                 format.has_zeros ? args.zeros + number : nullptr};
            if (!quantize_group(group)) return report(args, format, row, g * values, values);
        }
    }
    return KS_OK;
}

ks_status check(const ks_quantize_args& args, const Format** format) {
    KS_CHECK(check_zero("flags", args.flags));
    *format = find_format(args.format);
    if (*format == nullptr || quantizer_of(args.format) == nullptr) {
        return fail(KS_ERROR_VALUE, "format is %" PRId32 ", which is not a ks_format that weights are quantised to",
                    args.format);
    }
    const Format& f = **format;
    KS_CHECK(check_at_least("n", args.n, 1));
    KS_CHECK(check_at_least("k", args.k, 1));
    KS_CHECK(check_group(f, args.group, args.k));
    KS_CHECK(check_buffer("weights", args.weights, alignof(float)));
    uint64_t weights_count;
    KS_CHECK(check_extent("weights", args.n, args.k, args.weights_stride, sizeof(float), &weights_count));
    const uint64_t n = static_cast<uint64_t>(args.n);
    const uint64_t scales_count = n * static_cast<uint64_t>(f.scales_per_row(args.k, args.group));
    const uint64_t codes_size = n * static_cast<uint64_t>(f.row_bytes(args.k));
    KS_CHECK(check_buffer("codes", args.codes, static_cast<uint64_t>(f.row_alignment())));
    KS_CHECK(check_capacity("codes", args.codes_size, codes_size, "bytes"));
    Region regions[] = {{"weights", args.weights, weights_count * sizeof(float)}, {"codes", args.codes, codes_size},
                        {"scales", nullptr, 0}, {"zeros", nullptr, 0}};
    KS_CHECK(check_result(&regions[2], args.scales, args.scales_count, scales_count, f.scale_bytes(), f));
    KS_CHECK(check_result(&regions[3], args.zeros, args.zeros_count, f.has_zeros ? scales_count : 0, sizeof(float), f));
    for (const Region& region : regions) {
        for (const Region* other = regions; other != &region; ++other) KS_CHECK(check_disjoint(region, *other));
    }
    return KS_OK;
}

}  // namespace
}  // namespace ks

extern "C" int32_t ks_quantize(ks_quantize_args* args) {
    KS_CHECK(ks::check_struct("args", args));
    args->bad_index = -1;
    const ks::Format* format;
    KS_CHECK(ks::check(*args, &format));
    return ks::quantize(*args, *format);
}
