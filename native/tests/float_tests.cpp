// SPDX-License-Identifier: Apache-2.0
// The software float operations against the C library's.
#include <gtest/gtest.h>
#include <math.h>

#include "float_bits.h"
#include "support/random.h"

namespace ks_test {
namespace {

constexpr uint32_t kEdges[] = {0x00000000, 0x00000001, 0x00000002, 0x007FFFFF, 0x00800000, 0x00800001, 0x3EFFFFFF,
                               0x3F000000, 0x3F7FFFFF, 0x3F800000, 0x3F800001, 0x3FFFFFFF, 0x40000000, 0x4B7FFFFF,
                               0x4B800000, 0x7F000000, 0x7F7FFFFE, 0x7F7FFFFF, 0x7F800000, 0x7FC00000};

void expect_fma(float a, float b, float c) {
    const float expected = fmaf(a, b, c);
    const float actual = ks::software_fma(a, b, c);
    if (isnan(expected)) {
        ASSERT_TRUE(isnan(actual)) << a << " * " << b << " + " << c;
    } else {
        ASSERT_EQ(ks::float_to_bits(actual), ks::float_to_bits(expected)) << a << " * " << b << " + " << c;
    }
}

TEST(SoftwareFma, IsExactAtEdges) {
    const auto edge = [](size_t i) { return ks::bits_to_float(kEdges[i / 2] | (i % 2 == 0 ? 0u : 0x80000000u)); };
    constexpr size_t kCount = 2 * sizeof kEdges / sizeof kEdges[0];
    for (size_t a = 0; a < kCount; ++a) {
        for (size_t b = 0; b < kCount; ++b) {
            for (size_t c = 0; c < kCount; ++c) ASSERT_NO_FATAL_FAILURE(expect_fma(edge(a), edge(b), edge(c)));
        }
    }
}

TEST(SoftwareFma, IsExactForDrawnBits) {
    Random random(seed_of_case(0));
    const uint64_t cases = case_count(2'000'000);
    for (uint64_t i = 0; i < cases; ++i) {
        const uint64_t bits = random.bits();
        const float a = ks::bits_to_float(static_cast<uint32_t>(bits));
        const float b = ks::bits_to_float(static_cast<uint32_t>(bits >> 32));
        float c = ks::bits_to_float(static_cast<uint32_t>(random.bits()));
        // Addends near the product, near its last bit and near half of that decide the rounding.
        const float product = a * b;
        if (i % 4 == 1) c = -product;
        if (i % 4 == 2) c = product * ks::bits_to_float(0x33800000 + static_cast<uint32_t>(random.integer(-2, 2)));
        if (i % 4 == 3) c = product * ks::bits_to_float(0x4B800000 + static_cast<uint32_t>(random.integer(-2, 2)));
        ASSERT_NO_FATAL_FAILURE(expect_fma(a, b, c));
    }
}

TEST(Rounding, IsThatOfTheCLibrary) {
    for (int32_t i = -4'000'000; i <= 4'000'000; ++i) {
        for (const float value : {static_cast<float>(i) / 8192.0f, nextafterf(static_cast<float>(i) / 2.0f, 0.0f)}) {
            ASSERT_EQ(ks::round_to_even(value), static_cast<int32_t>(nearbyintf(value))) << value;
            ASSERT_EQ(ks::round_half_away(value), static_cast<int32_t>(roundf(value))) << value;
        }
    }
}

// The value of an f16 without its sign; 0x7C00 counts as the number it would be with a larger exponent.
float unsigned_f16(int bits) {
    const int exponent = bits >> 10;
    return ldexpf(static_cast<float>((bits & 1023) + (exponent > 0 ? 1024 : 0)), (exponent > 0 ? exponent : 1) - 25);
}

TEST(F16, WidensEveryNumber) {
    for (int bits = 0; bits < 0x7C00; ++bits) {
        const float value = unsigned_f16(bits);
        ASSERT_EQ(ks::float_to_bits(ks::f16_to_float(static_cast<uint16_t>(bits))), ks::float_to_bits(value)) << bits;
        ASSERT_EQ(ks::float_to_bits(ks::f16_to_float(static_cast<uint16_t>(bits | 0x8000))), ks::float_to_bits(-value));
        ASSERT_TRUE(ks::f16_is_finite(static_cast<uint16_t>(bits | 0x8000)));
    }
    EXPECT_EQ(ks::f16_to_float(0x7C00), INFINITY);
    EXPECT_EQ(ks::f16_to_float(0xFC00), -INFINITY);
    for (int bits = 0x7C01; bits < 0x8000; ++bits) {
        ASSERT_TRUE(isnan(ks::f16_to_float(static_cast<uint16_t>(bits)))) << bits;
        ASSERT_TRUE(isnan(ks::f16_to_float(static_cast<uint16_t>(bits | 0x8000)))) << bits;
        ASSERT_FALSE(ks::f16_is_finite(static_cast<uint16_t>(bits)));
    }
    EXPECT_FALSE(ks::f16_is_finite(0x7C00));
}

// Every number, the middle of it and the next, where the even one of both wins, and the floats beside that middle. Past
// the largest number stands 65536, as which it rounds.
TEST(F16, RoundsToTheNearestAndTiesToEven) {
    const auto expect = [](float value, int bits) {
        ASSERT_EQ(ks::float_to_f16(value), bits) << value;
        ASSERT_EQ(ks::float_to_f16(-value), bits | 0x8000) << -value;
    };
    for (int bits = 0; bits < 0x7C00; ++bits) {
        const float value = unsigned_f16(bits);
        const float middle = (value + unsigned_f16(bits + 1)) / 2;
        ASSERT_NO_FATAL_FAILURE(expect(value, bits));
        ASSERT_NO_FATAL_FAILURE(expect(middle, bits + bits % 2));
        ASSERT_NO_FATAL_FAILURE(expect(nextafterf(middle, 0.0f), bits));
        ASSERT_NO_FATAL_FAILURE(expect(nextafterf(middle, INFINITY), bits + 1));
    }
    for (const float value : {65536.0f, 1e30f, INFINITY}) ASSERT_NO_FATAL_FAILURE(expect(value, 0x7C00));
    for (const uint32_t nan : {0x7FC00000u, 0xFFC00000u, 0x7F800001u, 0xFFFFFFFFu}) {
        EXPECT_EQ(ks::float_to_f16(ks::bits_to_float(nan)), 0x7E00);
    }
}

TEST(Clamp, OrdersZerosAndKeepsOneNan) {
    const auto bits = [](float value, float lo, float hi) {
        return ks::float_to_bits(ks::clamp_result(value, lo, hi));
    };
    EXPECT_EQ(bits(-0.0f, 0.0f, 1.0f), ks::float_to_bits(0.0f));
    EXPECT_EQ(bits(0.0f, -1.0f, -0.0f), ks::float_to_bits(-0.0f));
    EXPECT_EQ(bits(-0.0f, -1.0f, 1.0f), ks::float_to_bits(-0.0f));
    EXPECT_EQ(bits(5.0f, 0.0f, -0.0f), ks::float_to_bits(-0.0f));
    for (const uint32_t nan : {0x7FC00000u, 0xFFC00000u, 0x7F800001u, 0xFFFFFFFFu}) {
        EXPECT_EQ(bits(ks::bits_to_float(nan), -1.0f, 1.0f), 0x7FC00000u);
    }
}

}  // namespace
}  // namespace ks_test
