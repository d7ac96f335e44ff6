// SPDX-License-Identifier: Apache-2.0
// Every layout on every machine, for every vector length: its bytes are those of the formula, and unpacking gives back
// what was packed.
#include "support/cases.h"

namespace ks_test {
namespace {

struct Made {
    const LayoutSpec* spec;
    int32_t vector_bytes;
};

std::vector<Made> every_layout() {
    std::vector<Made> all;
    for (const LayoutSpec& spec : kLayouts) {
        for (const int32_t bytes : vector_lengths(spec)) all.push_back({&spec, bytes});
    }
    return all;
}

class LayoutTest : public testing::TestWithParam<Made> {
  protected:
    int32_t layout() const { return GetParam().spec->layout; }
    int32_t format() const { return GetParam().spec->format; }
    int32_t vector_bytes() const { return GetParam().vector_bytes; }
    uint64_t size_of(const Matrix& matrix) const { return packed_size(matrix, layout(), vector_bytes()); }
};

TEST_P(LayoutTest, HasTheBytesOfItsFormula) {
    for (uint64_t i = 0; i < case_count(60); ++i) {
        SCOPED_TRACE(repeat_with(seed_of_case(i)));
        Random random(seed_of_case(i));
        const Matrix matrix = draw_small_matrix(random, format(), 200);
        const PackedBlob blob(matrix, layout(), vector_bytes());
        std::vector<uint8_t> panels = panels_by_formula(matrix, *GetParam().spec, vector_bytes());
        ASSERT_EQ(blob.size(), (KS_BLOB_HEADER_SIZE + panels.size() + KS_ALIGNMENT - 1) / KS_ALIGNMENT * KS_ALIGNMENT);
        panels.resize(blob.size() - KS_BLOB_HEADER_SIZE, 0);
        ASSERT_EQ(memcmp(blob.data() + KS_BLOB_HEADER_SIZE, panels.data(), panels.size()), 0)
            << "n " << matrix.n << ", k " << matrix.k << ", group " << matrix.group;
    }
}

TEST_P(LayoutTest, UnpacksToWhatWasPacked) {
    for (uint64_t i = 0; i < case_count(60); ++i) {
        SCOPED_TRACE(repeat_with(seed_of_case(i)));
        Random random(seed_of_case(i));
        const Against against = random.one_in(2) ? Against::kEnd : Against::kBegin;
        const Matrix matrix = draw_small_matrix(random, format(), 200);
        const PackedBlob blob(matrix, layout(), vector_bytes(), against);
        const size_t scale_bytes = scale_bytes_of(format());
        Guarded<uint8_t> weights(matrix.weights.size(), against, alignment_of(format()));
        Guarded<uint8_t> scales(matrix.scales.size(), against, scale_bytes == 0 ? 1 : scale_bytes);
        Guarded<float> zeros(matrix.zeros.size(), against);
        Guarded<float> bias(static_cast<size_t>(matrix.n), against);
        ks_unpack_args args = {};
        args.struct_size = sizeof args;
        args.packed = blob.data();
        args.packed_size = blob.size();
        args.weights = weights.data();
        args.weights_size = weights.size();
        args.scales = scales.size() == 0 ? nullptr : scales.data();
        args.scales_count = scales.size() == 0 ? 0 : scales.size() / scale_bytes;
        args.zeros = zeros.size() == 0 ? nullptr : zeros.data();
        args.zeros_count = zeros.size();
        args.bias = bias.data();
        args.bias_count = bias.size();
        ASSERT_EQ(ks_unpack(&args), KS_OK) << ks_last_error();
        EXPECT_EQ(std::vector<uint8_t>(weights.begin(), weights.end()), matrix.weights);
        EXPECT_EQ(std::vector<uint8_t>(scales.begin(), scales.end()), matrix.scales);
        if (zeros.size() != 0) {
            EXPECT_EQ(memcmp(zeros.data(), matrix.zeros.data(), zeros.size() * sizeof(float)), 0);
        }
        std::vector<float> expected_bias = matrix.bias;
        expected_bias.resize(bias.size(), 0.0f);
        EXPECT_EQ(memcmp(bias.data(), expected_bias.data(), bias.size() * sizeof(float)), 0);
        if (HasFailure()) return;

        ks_packed_info info = {};
        info.struct_size = sizeof info;
        ASSERT_EQ(ks_packed_describe(blob.data(), blob.size(), 1, &info), KS_OK) << ks_last_error();
        EXPECT_EQ(info.version, 2u);
        EXPECT_EQ(info.format, matrix.format);
        EXPECT_EQ(info.layout, layout());
        EXPECT_EQ(info.group, matrix.group);
        EXPECT_EQ(info.vector_bytes, vector_bytes());
        EXPECT_EQ(info.reserved, 0);
        EXPECT_EQ(info.n, matrix.n);
        EXPECT_EQ(info.k, matrix.k);
        EXPECT_EQ(info.size, blob.size());
        bool has_bias = false;
        for (const float& b : matrix.bias) has_bias |= b != 0 || signbit(b);
        EXPECT_EQ(info.has_bias, has_bias);
    }
}

// A matrix with gaps between its rows. Bits of 4-bit codes beyond an odd k are set, and mean nothing.
struct Spread {
    int64_t stride;
    int64_t extra;
    Guarded<uint8_t> weights;
    Guarded<uint8_t> scales;
    Guarded<float> zeros;

    Spread(const Matrix& m, Random& random)
        : stride(m.row_bytes() + static_cast<int64_t>(alignment_of(m.format)) * random.integer(0, 9)),
          extra(random.integer(0, 5)),
          weights(static_cast<size_t>((m.n - 1) * stride + m.row_bytes()), Against::kEnd, alignment_of(m.format)),
          scales(m.scales.empty() ? 0 : count(m) * scale_bytes_of(m.format), Against::kEnd, 4),
          zeros(m.zeros.empty() ? 0 : count(m)) {
        const size_t row_bytes = static_cast<size_t>(m.row_bytes());
        const size_t scales_bytes = static_cast<size_t>(m.scales_per_row()) * scale_bytes_of(m.format);
        for (int64_t n = 0; n < m.n; ++n) {
            uint8_t* to = weights.data() + n * stride;
            memcpy(to, m.row(n), row_bytes);
            if (m.format == KS_FORMAT_INT4_CHANNEL && m.k % 2 != 0) to[row_bytes - 1] |= 0xF0;
            if (scales.size() != 0) memcpy(scales.data() + scale_offset(m, n), m.scale_place(n, 0), scales_bytes);
            for (int64_t g = 0; g < m.zeros_per_row(); ++g) {
                zeros[static_cast<size_t>(n * (m.zeros_per_row() + extra) + g)] = m.zero(n, g);
            }
        }
    }

    size_t count(const Matrix& m) const {
        return static_cast<size_t>((m.n - 1) * (m.scales_per_row() + extra) + m.scales_per_row());
    }
    size_t scale_offset(const Matrix& m, int64_t n) const {
        return static_cast<size_t>(n * (m.scales_per_row() + extra)) * scale_bytes_of(m.format);
    }
    void put_into(ks_pack_args& args) {
        args.weights = weights.data();
        args.weights_stride_bytes = stride;
        if (scales.size() != 0) {
            args.scales = scales.data();
            args.scales_stride += extra;
        }
        if (zeros.size() != 0) {
            args.zeros = zeros.data();
            args.zeros_stride += extra;
        }
    }
};

// Rows with gaps between them, packed in parts and in any order, over memory that held another blob.
TEST_P(LayoutTest, PacksInPartsToTheSameBytes) {
    for (uint64_t i = 0; i < case_count(30); ++i) {
        SCOPED_TRACE(repeat_with(seed_of_case(i)));
        Random random(seed_of_case(i));
        const Matrix matrix = draw_small_matrix(random, format(), 200);
        const PackedBlob whole(matrix, layout(), vector_bytes());
        const ks_shape shape = matrix.shape(layout(), vector_bytes());
        Guarded<uint8_t> parts(whole.size(), Against::kEnd, KS_ALIGNMENT);
        memcpy(parts.data(), whole.data(), KS_BLOB_HEADER_SIZE);
        Spread spread(matrix, random);
        ks_pack_args args = pack_args(matrix, shape, parts);
        spread.put_into(args);
        const int64_t columns = ks_panel_columns(layout(), vector_bytes());
        ASSERT_EQ(columns, columns_of(*GetParam().spec, vector_bytes()));
        for (int64_t end = matrix.n; end > 0; end = args.n_begin) {
            args.n_end = end;
            args.n_begin = random.integer(0, (end - 1) / columns) * columns;
            ASSERT_EQ(ks_pack(&args), KS_OK) << ks_last_error();
            EXPECT_EQ(args.bad_index, -1);
            ks_packed_info info = {};
            info.struct_size = sizeof info;
            EXPECT_EQ(ks_packed_describe(parts.data(), parts.size(), 0, &info), KS_ERROR_BLOB_MAGIC);
        }
        ASSERT_EQ(ks_pack_seal(&shape, parts.data(), parts.size()), KS_OK) << ks_last_error();
        ASSERT_EQ(memcmp(whole.data(), parts.data(), whole.size()), 0);
    }
}

TEST_P(LayoutTest, AgreesWithKleidiAI) { EXPECT_EQ(ks_verify_layout(layout()), KS_OK) << ks_last_error(); }

std::string name_of(const testing::TestParamInfo<Made>& info) {
    return "Layout" + std::to_string(info.param.spec->layout) + "Vector" + std::to_string(info.param.vector_bytes);
}

INSTANTIATE_TEST_SUITE_P(Every, LayoutTest, testing::ValuesIn(every_layout()), name_of);

// The library has no layout that these tests do not know, and takes no other vector lengths.
TEST(Layout, TheseAreAll) {
    for (int32_t layout = -2; layout < 300; ++layout) {
        for (const int32_t bytes :
             {-16, 0, 1, 8, 15, 16, 17, 24, 32, 48, 64, 96, 128, 256, 512, INT32_MAX, INT32_MIN}) {
            int64_t expected = 0;
            for (const Made& made : every_layout()) {
                if (made.spec->layout != layout || made.vector_bytes != bytes) continue;
                expected = columns_of(*made.spec, bytes);
            }
            EXPECT_EQ(ks_panel_columns(layout, bytes), expected) << "layout " << layout << ", vectors of " << bytes;
        }
    }
}

// A matrix that no change of these tests changes.
Matrix lasting_matrix(int32_t format) {
    Matrix matrix = {format, is_grouped(format) ? 64 : 0, 37, 128, {}, {}, {}, {}};
    const auto fill = [](std::vector<uint8_t>& bytes, int64_t count, auto value_of) {
        for (int64_t i = 0; i < count; ++i) {
            const auto value = value_of(static_cast<int>(i));
            const uint8_t* raw = reinterpret_cast<const uint8_t*>(&value);
            bytes.insert(bytes.end(), raw, raw + sizeof value);
        }
    };
    const auto real = [](int i) { return static_cast<float>(i % 251 - 125) / 64.0f; };
    const auto half = [](int i) { return static_cast<uint16_t>(0x3C00 + i % 251); };
    const auto byte = [](int i) { return static_cast<uint8_t>(i % 18 == 1 ? 0x2C : i * 37 + 11); };
    if (format == KS_FORMAT_F32) {
        fill(matrix.weights, 37 * 128, real);
    } else if (is_float_format(format)) {
        fill(matrix.weights, 37 * 128, half);
    } else {
        fill(matrix.weights, 37 * matrix.row_bytes(), byte);
    }
    const int64_t scales = 37 * matrix.scales_per_row();
    if (scale_bytes_of(format) == 4) {
        fill(matrix.scales, scales, [](int i) { return static_cast<float>(i + 1) / 256.0f; });
    } else {
        fill(matrix.scales, scales, half);
    }
    for (int i = 0; i < 37 * matrix.zeros_per_row(); ++i) matrix.zeros.push_back(real(i));
    for (int i = 0; i < 37; ++i) matrix.bias.push_back(static_cast<float>(i) / 8.0f);
    return matrix;
}

// A blob on disk outlives the library that wrote it: these sums may only change with the version of the format.
TEST(Layout, BlobsStayWhatTheyWere) {
    const struct {
        int32_t layout;
        uint64_t checksum;
    } kept[] = {
        {KS_LAYOUT_F32_N16, 0xB86F106DFDBB0D94},
        {KS_LAYOUT_F32_SVE, 0x61404251DFA15E98},
        {KS_LAYOUT_F32_SME, 0xB86F106DFDBB0D94},
        {KS_LAYOUT_F16_N16, 0xA727EB34AF390807},
        {KS_LAYOUT_F16_N32, 0x9DD47154C7FE320A},
        {KS_LAYOUT_BF16_N12K4, 0x1EC883A099E9FA70},
        {KS_LAYOUT_BF16_N16, 0xA727EB34AF390807},
        {KS_LAYOUT_INT4_N32K4, 0x9614491E4B84E015},
        {KS_LAYOUT_INT4_NR8KR8, 0x73D7618DFDEEC7C6},
        {KS_LAYOUT_INT4_NR8KR16, 0xF59D38EB48E72478},
        {KS_LAYOUT_INT4_SME2, 0xB1BECCEAEEE00BA4},
        {KS_LAYOUT_INT4_CHANNEL_N32K4, 0x1EA645320ADC2CA},
        {KS_LAYOUT_INT4_CHANNEL_NR4KR8, 0x2056C00AEC28B214},
        {KS_LAYOUT_INT4_CHANNEL_NR8KR16, 0x91C6A91C3514A327},
        {KS_LAYOUT_INT4_CHANNEL_SME, 0x77331DF5C2EA9888},
        {KS_LAYOUT_INT4_CHANNEL_SME2, 0x161AC0F6DF94F9CF},
        {KS_LAYOUT_INT8_CHANNEL_N32K4, 0x9914F397E7591439},
        {KS_LAYOUT_INT8_CHANNEL_NR4KR4, 0xC984487D1A3819FE},
        {KS_LAYOUT_INT8_CHANNEL_NR4KR8, 0x55BD2C65530EAD51},
        {KS_LAYOUT_INT8_CHANNEL_NR8KR8, 0x41615190B36C48E},
        {KS_LAYOUT_INT8_CHANNEL_SME, 0xB672B067CBE51433},
        {KS_LAYOUT_INT2_CHANNEL_N32K4, 0xCF3401386E9602C6},
        {KS_LAYOUT_INT2_CHANNEL_NR4KR4, 0x470E887779274A5E},
        {KS_LAYOUT_INT2_CHANNEL_SME2, 0xEC85E86024288F5F},
        {KS_LAYOUT_Q4_0_N32K4, 0x10F51C7472E4E38B},
        {KS_LAYOUT_Q4_0_NR4KR8, 0x33AA2E848CAD3196},
        {KS_LAYOUT_Q4_0_NR4KR16, 0xEE68C0365320DD40},
        {KS_LAYOUT_Q4_0_NR8KR16, 0x8AB15B8EECB42800},
        {KS_LAYOUT_Q4_0_SME, 0xFC73F64EF83133C1},
        {KS_LAYOUT_Q4_0_SME2, 0x70FB2F0ABED2E4D},
        {KS_LAYOUT_INT4_ASYMMETRIC_N32K4, 0x382CAE27ADABACA9},
        {KS_LAYOUT_INT4_ASYMMETRIC_NR4KR8, 0xD600FE0F2691B4AB},
        {KS_LAYOUT_INT4_ASYMMETRIC_NR4KR16, 0x564915EB1BACD06A},
        {KS_LAYOUT_INT4_ASYMMETRIC_SME2, 0x2310685F336D6E5A},
    };
    ASSERT_EQ(sizeof kept / sizeof kept[0], kLayouts.size());
    for (const auto& one : kept) {
        const LayoutSpec& spec = layout_spec(one.layout);
        const PackedBlob blob(lasting_matrix(spec.format), one.layout, spec.nr != 0 ? 0 : 32);
        ks_packed_info info = {};
        info.struct_size = sizeof info;
        ASSERT_EQ(ks_packed_describe(blob.data(), blob.size(), 1, &info), KS_OK) << ks_last_error();
        EXPECT_EQ(info.checksum, one.checksum) << "layout " << one.layout << std::hex << " 0x" << info.checksum;
    }
}

}  // namespace
}  // namespace ks_test
