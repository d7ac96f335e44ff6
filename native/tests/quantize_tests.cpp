// SPDX-License-Identifier: Apache-2.0
// ks_quantize() gives the codes, scales and zeros of the reference, and refuses what it cannot quantise.
#include "support/cases.h"
#include "support/quantizer.h"
#include "support/reference.h"

namespace ks_test {
namespace {

struct Quantized {
    Guarded<float> weights;
    Guarded<uint8_t> codes;
    Guarded<uint8_t> scales;
    Guarded<float> zeros;
    ks_quantize_args args = {};

    Quantized(int32_t format, int64_t n, int64_t k, int32_t group, int64_t stride, Against against)
        : weights(static_cast<size_t>((n - 1) * stride + k), against),
          codes(static_cast<size_t>(n * row_bytes_of(format, k)), against, alignment_of(format)),
          scales(scale_count(format, n, k, group) * scale_bytes_of(format), against, 4),
          zeros(format == KS_FORMAT_INT4_ASYMMETRIC ? scale_count(format, n, k, group) : 0, against) {
        args.struct_size = sizeof args;
        args.format = format;
        args.group = group;
        args.n = n;
        args.k = k;
        args.weights = weights.data();
        args.weights_stride = stride;
        args.codes = codes.data();
        args.codes_size = codes.size();
        args.scales = scales.size() == 0 ? nullptr : scales.data();
        args.scales_count = scale_count(format, n, k, group);
        args.zeros = zeros.size() == 0 ? nullptr : zeros.data();
        args.zeros_count = zeros.size();
    }
    static size_t scale_count(int32_t format, int64_t n, int64_t k, int32_t group) {
        return static_cast<size_t>(Matrix{format, group, n, k, {}, {}, {}, {}}.scales_per_row() * n);
    }
    float* row(int64_t at) { return weights.data() + at * args.weights_stride; }
};

class QuantizeTest : public testing::TestWithParam<int32_t> {
  protected:
    int32_t format() const { return GetParam(); }
    int32_t draw_group(Random& random) const {
        return is_grouped(format()) ? 32 * static_cast<int32_t>(random.integer(1, 8)) : 0;
    }
    // The largest weight that every format takes, whatever stands beside it: a Q4_0 scale is an f16.
    float largest() const {
        return format() == KS_FORMAT_F16 ? 60000.0f : format() == KS_FORMAT_Q4_0 ? 500000.0f : FLT_MAX / 4;
    }
};

// The weights of a group, of a magnitude of at most `limit`.
void draw_weights(Random& random, float* w, int64_t count, float limit) {
    const float magnitudes[] = {1.0f, 1.0f, 1e-3f, 1e30f, FLT_MAX, 1e-12f, 1e-37f, 1e-38f, 1e-42f, 0x1p-20f};
    const float magnitude = fminf(random.pick(magnitudes), limit);
    const auto fill = [&](auto value) {
        for (int64_t i = 0; i < count; ++i) w[i] = value();
    };
    const float half_ranges[] = {7.5f, 127.5f, 1.5f, 8.0f, 15.0f};
    const float half_range = random.pick(half_ranges);
    fill([&] { return random.unit() * magnitude; });
    switch (random.integer(0, 9)) {
        case 0:
            return fill([&] { return random.one_in(2) ? 0.0f : -0.0f; });
        case 1:
            // A power of two as the scale, so that halves are ties.
            fill([&] { return static_cast<float>(random.integer(-2, 2)) * 0.125f * half_range / 2; });
            w[random.integer(0, count - 1)] = (random.one_in(2) ? 0.25f : -0.25f) * half_range;
            return;
        case 2:
            return fill([&] { return fabsf(random.unit()) * magnitude; });
        case 3:
            return fill([&] { return -fabsf(random.unit()) * magnitude; });
        case 4: {
            // A scale next to the middle of two bf16, or f16, numbers, where its last bit decides.
            const uint32_t halves[] = {0x8000, 0x1000};
            const uint32_t half = random.pick(halves);
            const uint32_t middle = static_cast<uint32_t>(random.integer(0x3F00, 0x40FF)) << 16;
            const uint32_t bits =
                (middle | static_cast<uint32_t>(random.bits() & 0xFFFF)) / (2 * half) * (2 * half) + half;
            const float scale = read<float>(&bits);
            fill([&] { return random.unit() * scale; });
            w[random.integer(0, count - 1)] = nextafterf(scale * half_range, random.unit() * FLT_MAX);
            return;
        }
        case 5:
            return fill([&, value = random.unit() * magnitude] { return value; });
        case 6:
            // The same magnitude with both signs: the first decides the sign of a Q4_0 scale.
            return fill([&] { return random.one_in(2) ? magnitude : -magnitude; });
        case 7:
            // Halves of a step between the ends of an asymmetric group.
            fill([&] { return static_cast<float>(random.integer(0, 30)) * 0.5f - 4.0f; });
            w[0] = -4.0f;
            w[count - 1] = 11.0f;
            return;
        default:
            return;
    }
}

TEST_P(QuantizeTest, GivesTheCodesAndScalesOfTheReference) {
    for (uint64_t i = 0; i < case_count(300); ++i) {
        SCOPED_TRACE(repeat_with(seed_of_case(i)));
        Random random(seed_of_case(i));
        const int32_t group = draw_group(random);
        const int64_t k = draw_k(random, format(), group, 200);
        const int64_t n = random.integer(1, 12);
        const Against against = random.one_in(2) ? Against::kEnd : Against::kBegin;
        Quantized q(format(), n, k, group, k + random.integer(0, 5), against);
        std::vector<float> weights;
        for (int64_t row = 0; row < n; ++row) {
            const int64_t step = is_grouped(format()) ? group : format() == KS_FORMAT_Q4_0 ? 32 : k;
            for (int64_t at = 0; at < k; at += step) draw_weights(random, q.row(row) + at, step, largest());
            weights.insert(weights.end(), q.row(row), q.row(row) + k);
        }
        ASSERT_EQ(ks_quantize(&q.args), KS_OK) << ks_last_error();
        EXPECT_EQ(q.args.bad_index, -1);
        const Matrix expected = quantize(format(), group, n, k, weights);
        ASSERT_EQ(std::vector<uint8_t>(q.scales.begin(), q.scales.end()), expected.scales);
        if (!expected.zeros.empty()) {
            ASSERT_EQ(memcmp(q.zeros.data(), expected.zeros.data(), expected.zeros.size() * sizeof(float)), 0);
        }
        ASSERT_EQ(std::vector<uint8_t>(q.codes.begin(), q.codes.end()), expected.weights) << "n " << n << ", k " << k;
    }
}

// What was quantised can be packed.
TEST_P(QuantizeTest, GivesWhatPackingTakes) {
    for (uint64_t i = 0; i < case_count(100); ++i) {
        SCOPED_TRACE(repeat_with(seed_of_case(i)));
        Random random(seed_of_case(i));
        const int32_t group = draw_group(random);
        const int64_t k = draw_k(random, format(), group, 200);
        std::vector<float> weights(static_cast<size_t>(3 * k));
        for (int64_t row = 0; row < 3; ++row)
            draw_weights(random, &weights[static_cast<size_t>(row * k)], k, largest());
        for (const LayoutSpec& spec : kLayouts) {
            if (spec.format != format()) continue;
            const PackedBlob blob(quantize(format(), group, 3, k, weights), spec.layout, vector_lengths(spec)[0]);
        }
    }
}

TEST_P(QuantizeTest, RefusesWhatIsNotFiniteAndSaysWhere) {
    for (uint64_t i = 0; i < case_count(200); ++i) {
        SCOPED_TRACE(repeat_with(seed_of_case(i)));
        Random random(seed_of_case(i));
        Quantized q(format(), 5, 192, is_grouped(format()) ? 64 : 0, 200, Against::kEnd);
        for (float& w : q.weights) w = random.unit();
        const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
        const int64_t row = random.integer(0, 4);
        const int64_t column = random.integer(0, 191);
        const float value = random.pick(bad);
        q.row(row)[column] = value;
        // A later one is not the one to be named.
        if (row < 4) q.row(4)[random.integer(0, 191)] = random.pick(bad);
        EXPECT_EQ(ks_quantize(&q.args), KS_ERROR_NOT_FINITE);
        EXPECT_EQ(q.args.bad_index, row * 192 + column) << ks_last_error();
        EXPECT_NE(strstr(ks_last_error(), isnan(value) ? "nan" : "inf"), nullptr) << ks_last_error();
    }
}

// What is between the rows is not looked at.
TEST_P(QuantizeTest, IgnoresGapsBetweenRows) {
    Quantized q(format(), 3, 64, is_grouped(format()) ? 32 : 0, 70, Against::kEnd);
    for (float& w : q.weights) w = NAN;
    for (int64_t row = 0; row < 3; ++row) {
        for (int64_t i = 0; i < 64; ++i) q.row(row)[i] = 1.0f;
    }
    EXPECT_EQ(ks_quantize(&q.args), KS_OK) << ks_last_error();
}

std::string name_of(const testing::TestParamInfo<int32_t>& info) { return "Format" + std::to_string(info.param); }

// f32 is the first, and is not quantised.
INSTANTIATE_TEST_SUITE_P(Every, QuantizeTest, testing::ValuesIn(kFormats + 1, kFormats + 9), name_of);

// One weight, for which `format` has no number, or no scale with that of another beside it.
int64_t refused_at(int32_t format, float first, float second) {
    Quantized q(format, 2, 64, is_grouped(format) ? 32 : 0, 64, Against::kEnd);
    for (float& w : q.weights) w = 1.0f;
    q.row(1)[40] = first;
    q.row(1)[41] = second;
    return ks_quantize(&q.args) == KS_ERROR_NOT_FINITE ? q.args.bad_index : -1;
}

TEST(Quantize, RefusesWhatATypeCannotHold) {
    EXPECT_EQ(refused_at(KS_FORMAT_F16, 65519.0f, -65519.0f), -1);
    EXPECT_EQ(refused_at(KS_FORMAT_F16, 1.0f, 65520.0f), 64 + 41);
    EXPECT_EQ(refused_at(KS_FORMAT_F16, -65520.0f, 1.0f), 64 + 40);
    EXPECT_EQ(refused_at(KS_FORMAT_BF16, 0x1.FEFFFEp127f, 1.0f), -1);
    EXPECT_EQ(refused_at(KS_FORMAT_BF16, 1.0f, 0x1.FFp127f), 64 + 41);
    EXPECT_EQ(refused_at(KS_FORMAT_Q4_0, 8 * 65519.0f, -8 * 65519.0f), -1);
    EXPECT_EQ(refused_at(KS_FORMAT_Q4_0, 1.0f, 8 * 65520.0f), 64 + 32);
    EXPECT_EQ(refused_at(KS_FORMAT_INT4_ASYMMETRIC, FLT_MAX, -FLT_MAX), 64 + 32);
    EXPECT_EQ(refused_at(KS_FORMAT_INT4_ASYMMETRIC, FLT_MAX / 2, -FLT_MAX / 2), -1);
    for (const int32_t format : {KS_FORMAT_INT4_GROUP, KS_FORMAT_INT4_CHANNEL, KS_FORMAT_INT8_CHANNEL}) {
        EXPECT_EQ(refused_at(format, FLT_MAX, -FLT_MAX), -1);
    }
}

}  // namespace
}  // namespace ks_test
