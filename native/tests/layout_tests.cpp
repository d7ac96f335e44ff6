// SPDX-License-Identifier: Apache-2.0
// Every layout on every machine: its bytes are those of the formula, and unpacking gives back what was packed.
#include "support/cases.h"

namespace ks_test {
namespace {

class LayoutTest : public testing::TestWithParam<int32_t> {
  protected:
    int32_t layout() const { return GetParam(); }
    int32_t format() const { return format_of(GetParam()); }
};

ks_pack_args pack_args(const Matrix& matrix, const ks_shape& shape, Guarded<uint8_t>& blob) {
    ks_pack_args args = {};
    args.struct_size = sizeof args;
    args.shape = &shape;
    args.n_end = matrix.n;
    args.weights = matrix.weights();
    args.weights_stride_bytes = matrix.row_bytes();
    args.scales = matrix.format == KS_FORMAT_F32 ? nullptr : matrix.scales.data();
    args.scales_stride = matrix.format == KS_FORMAT_F32 ? 0 : matrix.k / matrix.group;
    args.bias = matrix.bias_or_null();
    args.packed = blob.data();
    args.packed_size = blob.size();
    return args;
}

TEST_P(LayoutTest, HasTheBytesOfItsFormula) {
    for (uint64_t i = 0; i < case_count(150); ++i) {
        SCOPED_TRACE(repeat_with(seed_of_case(i)));
        Random random(seed_of_case(i));
        const Matrix matrix = draw_small_matrix(random, format());
        Guarded<uint8_t> blob(packed_size(matrix, layout()), Against::kEnd, KS_ALIGNMENT);
        pack(matrix, layout(), blob);
        std::vector<uint8_t> panels = panels_by_formula(matrix, layout());
        ASSERT_EQ(blob.size(), (KS_BLOB_HEADER_SIZE + panels.size() + KS_ALIGNMENT - 1) / KS_ALIGNMENT * KS_ALIGNMENT);
        panels.resize(blob.size() - KS_BLOB_HEADER_SIZE, 0);
        ASSERT_EQ(memcmp(blob.data() + KS_BLOB_HEADER_SIZE, panels.data(), panels.size()), 0)
            << "n " << matrix.n << ", k " << matrix.k << ", group " << matrix.group;
    }
}

TEST_P(LayoutTest, UnpacksToWhatWasPacked) {
    for (uint64_t i = 0; i < case_count(150); ++i) {
        SCOPED_TRACE(repeat_with(seed_of_case(i)));
        Random random(seed_of_case(i));
        const Against against = random.one_in(2) ? Against::kEnd : Against::kBegin;
        const Matrix matrix = draw_small_matrix(random, format());
        Guarded<uint8_t> blob(packed_size(matrix, layout()), against, KS_ALIGNMENT);
        pack(matrix, layout(), blob);
        Guarded<uint8_t> weights(static_cast<size_t>(matrix.n * matrix.row_bytes()), against, alignof(float));
        Guarded<uint16_t> scales(matrix.scales.size(), against);
        Guarded<float> bias(static_cast<size_t>(matrix.n), against);
        ks_unpack_args args = {};
        args.struct_size = sizeof args;
        args.packed = blob.data();
        args.packed_size = blob.size();
        args.weights = weights.data();
        args.weights_size = weights.size();
        args.scales = matrix.format == KS_FORMAT_F32 ? nullptr : scales.data();
        args.scales_count = scales.size();
        args.bias = bias.data();
        args.bias_count = bias.size();
        ASSERT_EQ(ks_unpack(&args), KS_OK) << ks_last_error();
        EXPECT_EQ(memcmp(weights.data(), matrix.weights(), weights.size()), 0);
        EXPECT_EQ(std::vector<uint16_t>(scales.begin(), scales.end()), matrix.scales);
        std::vector<float> expected_bias = matrix.bias;
        expected_bias.resize(bias.size(), 0.0f);
        EXPECT_EQ(memcmp(bias.data(), expected_bias.data(), bias.size() * sizeof(float)), 0);

        ks_packed_info info = {};
        info.struct_size = sizeof info;
        ASSERT_EQ(ks_packed_describe(blob.data(), blob.size(), 1, &info), KS_OK) << ks_last_error();
        EXPECT_EQ(info.version, 1u);
        EXPECT_EQ(info.format, matrix.format);
        EXPECT_EQ(info.layout, layout());
        EXPECT_EQ(info.group, matrix.group);
        EXPECT_EQ(info.n, matrix.n);
        EXPECT_EQ(info.k, matrix.k);
        EXPECT_EQ(info.size, blob.size());
        bool has_bias = false;
        for (const float& b : matrix.bias) has_bias |= b != 0 || signbit(b);
        EXPECT_EQ(info.has_bias, has_bias);
    }
}

// Rows with gaps between them, packed in parts and in any order, over memory that held another blob.
TEST_P(LayoutTest, PacksInPartsToTheSameBytes) {
    for (uint64_t i = 0; i < case_count(60); ++i) {
        SCOPED_TRACE(repeat_with(seed_of_case(i)));
        Random random(seed_of_case(i));
        const Matrix matrix = draw_small_matrix(random, format());
        Guarded<uint8_t> whole(packed_size(matrix, layout()), Against::kEnd, KS_ALIGNMENT);
        pack(matrix, layout(), whole);

        const int64_t step = format() == KS_FORMAT_F32 ? 4 : 1;
        const int64_t row_bytes = matrix.row_bytes();
        const int64_t stride = row_bytes + step * random.integer(0, 9);
        Guarded<uint8_t> weights(static_cast<size_t>((matrix.n - 1) * stride + row_bytes), Against::kEnd,
                                 alignof(float));
        for (int64_t n = 0; n < matrix.n; ++n) {
            memcpy(weights.data() + n * stride, static_cast<const uint8_t*>(matrix.weights()) + n * row_bytes,
                   static_cast<size_t>(row_bytes));
        }
        const ks_shape shape = matrix.shape(layout());
        Guarded<uint8_t> parts(whole.size(), Against::kEnd, KS_ALIGNMENT);
        memcpy(parts.data(), whole.data(), KS_BLOB_HEADER_SIZE);
        ks_pack_args args = pack_args(matrix, shape, parts);
        args.weights = weights.data();
        args.weights_stride_bytes = stride;
        const int64_t columns = ks_panel_columns(layout());
        for (int64_t end = matrix.n; end > 0; end = args.n_begin) {
            args.n_end = end;
            args.n_begin = random.integer(0, (end - 1) / columns) * columns;
            ASSERT_EQ(ks_pack(&args), KS_OK) << ks_last_error();
            ks_packed_info info = {};
            info.struct_size = sizeof info;
            EXPECT_EQ(ks_packed_describe(parts.data(), parts.size(), 0, &info), KS_ERROR_BLOB_MAGIC);
        }
        ASSERT_EQ(ks_pack_seal(&shape, parts.data(), parts.size()), KS_OK) << ks_last_error();
        EXPECT_EQ(memcmp(whole.data(), parts.data(), whole.size()), 0);
    }
}

TEST_P(LayoutTest, RefusesWhatIsNotFiniteAndSaysWhere) {
    for (uint64_t i = 0; i < case_count(60); ++i) {
        SCOPED_TRACE(repeat_with(seed_of_case(i)));
        Random random(seed_of_case(i));
        Matrix matrix = draw_small_matrix(random, format());
        const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
        const size_t which = static_cast<size_t>(random.integer(0, 3));
        int64_t expected;
        if (random.one_in(3)) {
            matrix.bias.resize(static_cast<size_t>(matrix.n), 1.0f);
            expected = random.integer(0, matrix.n - 1);
            matrix.bias[static_cast<size_t>(expected)] = bad[which];
        } else if (format() == KS_FORMAT_F32) {
            expected = random.integer(0, matrix.n * matrix.k - 1);
            matrix.f32[static_cast<size_t>(expected)] = bad[which];
        } else {
            const uint16_t bad_scales[] = {0x7FC0, 0xFFFF, 0x7F80, 0xFF80};
            expected = random.integer(0, matrix.n * (matrix.k / matrix.group) - 1);
            matrix.scales[static_cast<size_t>(expected)] = bad_scales[which];
        }
        const ks_shape shape = matrix.shape(layout());
        Guarded<uint8_t> blob(packed_size(matrix, layout()), Against::kEnd, KS_ALIGNMENT);
        ks_pack_args args = pack_args(matrix, shape, blob);
        EXPECT_EQ(ks_pack(&args), KS_ERROR_NOT_FINITE);
        EXPECT_EQ(args.bad_index, expected) << ks_last_error();
        EXPECT_NE(strstr(ks_last_error(), which < 2 ? "nan, it" : "inf, it"), nullptr) << ks_last_error();
    }
}

TEST_P(LayoutTest, AgreesWithKleidiAI) { EXPECT_EQ(ks_verify_layout(layout()), KS_OK) << ks_last_error(); }

INSTANTIATE_TEST_SUITE_P(Every, LayoutTest, testing::ValuesIn(kLayouts));

// A blob on disk outlives the library that wrote it: these sums may only change with the version of the format.
TEST(Layout, BlobsStayWhatTheyWere) {
    const uint64_t checksums[] = {0xB86F106DFDBB0D94, 0xBFBEB0B1684306F2, 0x618AAE239DE8FBDE, 0xBFF3CDA926F8A5D4};
    for (size_t i = 0; i < 4; ++i) {
        const int32_t layout = kLayouts[i];
        const bool f32 = layout == KS_LAYOUT_F32_N16;
        Matrix matrix = {format_of(layout), f32 ? 0 : 64, 37, 128, {}, {}, {}, {}};
        for (int v = 0; v < 37 * 128; ++v) matrix.f32.push_back(static_cast<float>(v % 251 - 125) / 64.0f);
        for (int v = 0; v < 37 * 64; ++v) matrix.codes.push_back(static_cast<uint8_t>(v * 37 + 11));
        for (int v = 0; v < 37 * 2; ++v) matrix.scales.push_back(static_cast<uint16_t>(0x3C00 + v));
        for (int v = 0; v < 37; ++v) matrix.bias.push_back(static_cast<float>(v) / 8.0f);
        Guarded<uint8_t> blob(packed_size(matrix, layout), Against::kEnd, KS_ALIGNMENT);
        pack(matrix, layout, blob);
        ks_packed_info info = {};
        info.struct_size = sizeof info;
        ASSERT_EQ(ks_packed_describe(blob.data(), blob.size(), 1, &info), KS_OK) << ks_last_error();
        EXPECT_EQ(info.checksum, checksums[i]) << "layout " << layout << std::hex << " 0x" << info.checksum;
    }
}

}  // namespace
}  // namespace ks_test
