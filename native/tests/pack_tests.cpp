// SPDX-License-Identifier: Apache-2.0
// Numbers that cannot be packed are refused, and the first of them is named.
#include <algorithm>

#include "support/cases.h"

namespace ks_test {
namespace {

class PackTest : public testing::TestWithParam<int32_t> {
  protected:
    int32_t format() const { return GetParam(); }

    int32_t pack(const Matrix& matrix) {
        const LayoutSpec& spec = *std::find_if(kLayouts.begin(), kLayouts.end(),
                                               [this](const LayoutSpec& s) { return s.format == format(); });
        const ks_shape shape = matrix.shape(spec.layout, vector_lengths(spec)[0]);
        Guarded<uint8_t> blob(packed_size(matrix, shape.layout, shape.vector_bytes), Against::kEnd, KS_ALIGNMENT);
        ks_pack_args args = pack_args(matrix, shape, blob);
        const int32_t status = ks_pack(&args);
        bad_index_ = args.bad_index;
        return status;
    }

    int64_t bad_index_ = -2;
};

// A number that is not finite, by the bits of its type.
enum Bad { kNan, kNegativeNan, kInfinity, kNegativeInfinity };

uint16_t bad_half(Bad bad, bool bf16) {
    const uint16_t f16_bits[] = {0x7C01, 0xFE00, 0x7C00, 0xFC00};
    const uint16_t bf16_bits[] = {0x7FC0, 0xFFFF, 0x7F80, 0xFF80};
    return bf16 ? bf16_bits[bad] : f16_bits[bad];
}

float bad_float(Bad bad) {
    const float values[] = {NAN, -NAN, INFINITY, -INFINITY};
    return values[bad];
}

template <typename T>
void put(std::vector<uint8_t>& bytes, int64_t offset, T value) {
    memcpy(&bytes[static_cast<size_t>(offset)], &value, sizeof value);
}

struct Spoilt {
    const char* name;
    int64_t index;
};

// Makes one number of a matrix bad: a weight, a scale, a zero or a bias.
Spoilt spoil(Random& random, Matrix& m, Bad bad) {
    if (random.one_in(3)) {
        m.bias.resize(static_cast<size_t>(m.n), 1.0f);
        const int64_t n = random.integer(0, m.n - 1);
        m.bias[static_cast<size_t>(n)] = bad_float(bad);
        return {"bias[", n};
    }
    if (is_float_format(m.format)) {
        const int64_t at = random.integer(0, m.n * m.k - 1);
        if (m.format == KS_FORMAT_F32) put(m.weights, 4 * at, bad_float(bad));
        if (m.format != KS_FORMAT_F32) put(m.weights, 2 * at, bad_half(bad, m.format == KS_FORMAT_BF16));
        return {"weights[", at};
    }
    if (m.format == KS_FORMAT_Q4_0) {
        const int64_t block = random.integer(0, m.n * (m.k / 32) - 1);
        put(m.weights, 18 * block, bad_half(bad, false));
        return {"weights[", 32 * block};
    }
    const int64_t at = random.integer(0, m.n * m.scales_per_row() - 1);
    if (!m.zeros.empty() && random.one_in(2)) {
        m.zeros[static_cast<size_t>(at)] = bad_float(bad);
        return {"zeros[", at};
    }
    if (scale_bytes_of(m.format) == 2) {
        put(m.scales, 2 * at, bad_half(bad, true));
    } else {
        put(m.scales, 4 * at, bad_float(bad));
    }
    return {"scales[", at};
}

TEST_P(PackTest, RefusesWhatIsNotFiniteAndSaysWhere) {
    for (uint64_t i = 0; i < case_count(100); ++i) {
        SCOPED_TRACE(repeat_with(seed_of_case(i)));
        Random random(seed_of_case(i));
        Matrix matrix = draw_small_matrix(random, format());
        const Bad bad = static_cast<Bad>(random.integer(0, 3));
        const Spoilt spoilt = spoil(random, matrix, bad);
        EXPECT_EQ(pack(matrix), KS_ERROR_NOT_FINITE);
        EXPECT_EQ(bad_index_, spoilt.index) << ks_last_error();
        EXPECT_NE(strstr(ks_last_error(), spoilt.name), nullptr) << ks_last_error();
    }
}

// A sixteenth of a scale, which some layouts store, keeps all its bits only where the scale is not tiny.
TEST_P(PackTest, RefusesTinyScales) {
    if (scale_bytes_of(format()) != 4) return;
    for (const float scale : {nextafterf(0x1p-40f, 0.0f), -nextafterf(0x1p-40f, 0.0f), 1e-45f, -FLT_MIN}) {
        Random random(1);
        Matrix matrix = draw_matrix(random, format(), 9, 64, is_grouped(format()) ? 32 : 0, false);
        const int64_t row = random.integer(0, 8);
        put(matrix.scales, 4 * row * matrix.scales_per_row(), scale);
        EXPECT_EQ(pack(matrix), KS_ERROR_VALUE) << scale;
        EXPECT_EQ(bad_index_, row * matrix.scales_per_row());
        EXPECT_NE(std::string(ks_last_error()).find("scales[" + std::to_string(row) + "][0]"), std::string::npos)
            << ks_last_error();
        for (const float least : {0.0f, -0.0f, 0x1p-40f, -0x1p-40f}) {
            put(matrix.scales, 4 * row * matrix.scales_per_row(), least);
            EXPECT_EQ(pack(matrix), KS_OK) << ks_last_error();
            EXPECT_EQ(bad_index_, -1);
        }
    }
}

std::string name_of(const testing::TestParamInfo<int32_t>& info) { return "Format" + std::to_string(info.param); }

INSTANTIATE_TEST_SUITE_P(Every, PackTest, testing::ValuesIn(kFormats), name_of);

}  // namespace
}  // namespace ks_test
