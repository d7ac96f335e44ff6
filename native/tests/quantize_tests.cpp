// SPDX-License-Identifier: Apache-2.0
#include "float_bits.h"
#include "support/cases.h"

namespace ks_test {
namespace {

struct Quantized {
    Guarded<float> weights;
    Guarded<uint8_t> codes;
    Guarded<uint16_t> scales;
    ks_quantize_args args = {};

    Quantized(int64_t n, int64_t k, int32_t group, int64_t stride, Against against)
        : weights(static_cast<size_t>((n - 1) * stride + k), against),
          codes(static_cast<size_t>(n * (k / 2)), against),
          scales(static_cast<size_t>(n * (k / group)), against) {
        args.struct_size = sizeof args;
        args.group = group;
        args.n = n;
        args.k = k;
        args.weights = weights.data();
        args.weights_stride = stride;
        args.codes = codes.data();
        args.codes_size = codes.size();
        args.scales = scales.data();
        args.scales_count = scales.size();
    }
};

void draw_group(Random& random, float* w, int64_t count) {
    const float magnitudes[] = {1.0f, 1e-3f, 1e30f, FLT_MAX, 1e-37f, 1e-38f, 1e-42f};
    const float magnitude = random.pick(magnitudes);
    const int64_t kind = random.integer(0, 6);
    for (int64_t i = 0; i < count; ++i) w[i] = random.unit() * magnitude;
    if (kind == 0) {
        for (int64_t i = 0; i < count; ++i) w[i] = random.one_in(2) ? 0.0f : -0.0f;
    } else if (kind == 1) {
        // A power of two as the scale, so that halves are ties.
        for (int64_t i = 0; i < count; ++i) w[i] = static_cast<float>(random.integer(-15, 15)) * 0.125f;
        w[random.integer(0, count - 1)] = random.one_in(2) ? 1.875f : -1.875f;
    } else if (kind == 2) {
        for (int64_t i = 0; i < count; ++i) w[i] = fabsf(w[i]);
    } else if (kind == 3) {
        for (int64_t i = 0; i < count; ++i) w[i] = -fabsf(w[i]);
    } else if (kind == 4) {
        // A scale next to the middle of two bf16 numbers, where its last bit decides.
        const uint32_t middle = static_cast<uint32_t>(random.integer(0x3F00, 0x40FF)) << 16 | 0x8000;
        float scale;
        memcpy(&scale, &middle, sizeof scale);
        const float largest = scale * 7.5f;
        for (int64_t i = 0; i < count; ++i) w[i] = random.unit() * scale;
        w[random.integer(0, count - 1)] = nextafterf(largest, random.unit() * FLT_MAX);
    }
}

TEST(Quantize, GivesTheCodesAndScalesOfTheReference) {
    for (uint64_t i = 0; i < case_count(300); ++i) {
        SCOPED_TRACE(repeat_with(seed_of_case(i)));
        Random random(seed_of_case(i));
        const int32_t group = 32 * static_cast<int32_t>(random.integer(1, 8));
        const int64_t k = group * random.integer(1, 4);
        const int64_t n = random.integer(1, 12);
        const Against against = random.one_in(2) ? Against::kEnd : Against::kBegin;
        Quantized q(n, k, group, k + random.integer(0, 5), against);
        for (int64_t row = 0; row < n; ++row) {
            for (int64_t at = 0; at < k; at += group)
                draw_group(random, &q.weights[static_cast<size_t>(row * q.args.weights_stride + at)], group);
        }
        ASSERT_EQ(ks_quantize_int4(&q.args), KS_OK) << ks_last_error();
        EXPECT_EQ(q.args.bad_index, -1);
        std::vector<uint8_t> codes(static_cast<size_t>(group));
        for (int64_t row = 0; row < n; ++row) {
            for (int64_t g = 0; g < k / group; ++g) {
                const float* w = q.weights.data() + row * q.args.weights_stride + g * group;
                ASSERT_EQ(q.scales[static_cast<size_t>(row * (k / group) + g)], quantize_group(w, group, codes.data()));
                for (int64_t at = 0; at < group; ++at) {
                    const uint8_t pair = q.codes[static_cast<size_t>((row * k + g * group + at) / 2)];
                    ASSERT_EQ(pair >> (at % 2 * 4) & 15, codes[static_cast<size_t>(at)])
                        << row << ", " << g << ", " << at;
                }
            }
        }
    }
}

TEST(Quantize, RefusesWhatIsNotFiniteAndSaysWhere) {
    for (uint64_t i = 0; i < case_count(200); ++i) {
        SCOPED_TRACE(repeat_with(seed_of_case(i)));
        Random random(seed_of_case(i));
        Quantized q(5, 192, 64, 200, Against::kEnd);
        for (float& w : q.weights) w = random.unit();
        const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
        const int64_t row = random.integer(0, 4);
        const int64_t column = random.integer(0, 191);
        const float value = random.pick(bad);
        q.weights[static_cast<size_t>(row * 200 + column)] = value;
        // A later one is not the one to be named.
        if (row < 4) q.weights[static_cast<size_t>(4 * 200 + random.integer(0, 191))] = random.pick(bad);
        EXPECT_EQ(ks_quantize_int4(&q.args), KS_ERROR_NOT_FINITE);
        EXPECT_EQ(q.args.bad_index, row * 192 + column) << ks_last_error();
        EXPECT_NE(strstr(ks_last_error(), ks::is_nan(value) ? "nan, it" : "inf, it"), nullptr) << ks_last_error();
    }
}

// What is between the rows is not looked at.
TEST(Quantize, IgnoresGapsBetweenRows) {
    Quantized q(3, 64, 32, 70, Against::kEnd);
    for (float& w : q.weights) w = NAN;
    for (int64_t row = 0; row < 3; ++row) {
        for (int64_t i = 0; i < 64; ++i) q.weights[static_cast<size_t>(row * 70 + i)] = 1.0f;
    }
    EXPECT_EQ(ks_quantize_int4(&q.args), KS_OK) << ks_last_error();
}

}  // namespace
}  // namespace ks_test
