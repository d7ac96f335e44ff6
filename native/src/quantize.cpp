// SPDX-License-Identifier: Apache-2.0
// ks_quantize_int4(). Plain loops over a group that the compiler vectorises at the baseline.
#include <inttypes.h>

#include "check.h"
#include "float_bits.h"

namespace ks {
namespace {

constexpr float kSmallestNormal = 1.17549435e-38f;

// The largest magnitude of a group as bits: for floats without sign the order of the bits is that of the values, with
// infinity and NaN above every finite one.
int32_t largest_magnitude(const float* w, int64_t count) {
    int32_t largest = 0;
    for (int64_t i = 0; i < count; ++i) {
        const int32_t magnitude = static_cast<int32_t>(float_to_bits(w[i]) & kMagnitudeMask);
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
}

uint16_t scale_of(float magnitude) {
    const float scale = magnitude / 7.5f;
    return float_to_bf16(scale > kSmallestNormal ? scale : kSmallestNormal);
}

void encode(const float* w, int64_t count, float multiplier, uint8_t* codes) {
    constexpr int64_t kStep = 32;  // every group is a multiple of it
    for (int64_t begin = 0; begin < count; begin += kStep) {
        int32_t values[kStep];
        for (int64_t i = 0; i < kStep; ++i) {
            const float scaled = w[begin + i] * multiplier;
            const float raised = scaled > -8.0f ? scaled : -8.0f;
            values[i] = round_to_even(raised < 7.0f ? raised : 7.0f) + 8;
        }
        for (int64_t i = 0; i < kStep / 2; ++i) {
            codes[begin / 2 + i] = static_cast<uint8_t>(values[2 * i] | values[2 * i + 1] << 4);
        }
    }
}

ks_status report_not_finite(ks_quantize_args& args, int64_t row, int64_t column) {
    const float* weights = args.weights + row * args.weights_stride;
    while (is_finite(weights[column])) ++column;
    args.bad_index = row * args.k + column;
    return fail(KS_ERROR_NOT_FINITE, "weights[%" PRId64 "][%" PRId64 "] is %g, it must be finite", row, column,
                static_cast<double>(weights[column]));
}

ks_status quantize(ks_quantize_args& args) {
    const int64_t groups = args.k / args.group;
    for (int64_t row = 0; row < args.n; ++row) {
        for (int64_t g = 0; g < groups; ++g) {
            const float* w = args.weights + row * args.weights_stride + g * args.group;
            const int32_t magnitude = largest_magnitude(w, args.group);
            if (magnitude >= static_cast<int32_t>(kInfinityBits)) return report_not_finite(args, row, g * args.group);
            const uint16_t scale = scale_of(bits_to_float(static_cast<uint32_t>(magnitude)));
            args.scales[row * groups + g] = scale;
            encode(w, args.group, 1.0f / bf16_to_float(scale), args.codes + (row * args.k + g * args.group) / 2);
        }
    }
    return KS_OK;
}

ks_status check(const ks_quantize_args& args) {
    KS_CHECK(check_at_least("n", args.n, 1));
    KS_CHECK(check_at_least("k", args.k, 1));
    KS_CHECK(check_group(KS_FORMAT_INT4_GROUP, args.group, args.k));
    KS_CHECK(check_buffer("weights", args.weights, alignof(float)));
    uint64_t weights_count;
    KS_CHECK(check_extent("weights", args.n, args.k, args.weights_stride, sizeof(float), &weights_count));
    const uint64_t codes_size = static_cast<uint64_t>(args.n) * static_cast<uint64_t>(args.k / 2);
    const uint64_t scales_count = static_cast<uint64_t>(args.n) * static_cast<uint64_t>(args.k / args.group);
    KS_CHECK(check_pointer("codes", args.codes));
    KS_CHECK(check_capacity("codes", args.codes_size, codes_size, "bytes"));
    KS_CHECK(check_buffer("scales", args.scales, alignof(uint16_t)));
    KS_CHECK(check_capacity("scales", args.scales_count, scales_count, "elements"));
    const Region weights = {"weights", args.weights, weights_count * sizeof(float)};
    const Region codes = {"codes", args.codes, codes_size};
    const Region scales = {"scales", args.scales, scales_count * sizeof(uint16_t)};
    KS_CHECK(check_disjoint(codes, weights));
    KS_CHECK(check_disjoint(scales, weights));
    return check_disjoint(codes, scales);
}

}  // namespace
}  // namespace ks

extern "C" int32_t ks_quantize_int4(ks_quantize_args* args) {
    KS_CHECK(ks::check_struct("args", args));
    args->bad_index = -1;
    KS_CHECK(ks::check(*args));
    return ks::quantize(*args);
}
