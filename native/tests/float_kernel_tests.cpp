// SPDX-License-Identifier: Apache-2.0
// Kernels for f16 and bf16: activations are rounded to the type of the weights wherever they stand, and kernels that
// add otherwise than kleidisharp.h says keep the bound that their notes name.
#include <float.h>
#include <gtest/gtest.h>

#include "support/cases.h"
#include "support/reference.h"

namespace ks_test {
namespace {

ks_kernel_info kernel_info(int32_t index) {
    ks_kernel_info info = {};
    info.struct_size = sizeof info;
    EXPECT_EQ(ks_get_kernel_info(index, &info), KS_OK) << ks_last_error();
    return info;
}

std::vector<int32_t> narrow_kernels(bool exact) {
    std::vector<int32_t> kernels;
    for (int32_t i = 0; i < ks_kernel_count(); ++i) {
        const ks_kernel_info info = kernel_info(i);
        const bool narrow = info.format == KS_FORMAT_F16 || info.format == KS_FORMAT_BF16;
        if (info.supported && narrow && info.exact == exact) kernels.push_back(i);
    }
    return kernels;
}

std::string name_of(const testing::TestParamInfo<int32_t>& info) { return kernel_info(info.param).name; }

// f32 rows of x and y with a gap after each row.
struct Operand {
    int64_t stride;
    Guarded<float> values;

    Operand(int64_t rows, int64_t columns)
        : stride(columns + 3), values(static_cast<size_t>((rows - 1) * stride + columns)) {}
    float* row(int64_t at) { return values.data() + at * stride; }
};

void multiply(int32_t kernel, const PackedBlob& blob, int64_t m, Operand& x, Operand& y, float lo, float hi) {
    ks_matmul_args args = {};
    args.struct_size = sizeof args;
    args.kernel = kernel;
    args.packed = blob.data();
    args.packed_size = blob.size();
    args.m = m;
    args.x = x.values.data();
    args.x_stride = x.stride;
    args.x_count = x.values.size();
    args.x_type = KS_TYPE_F32;
    args.y = y.values.data();
    args.y_stride = y.stride;
    args.y_count = y.values.size();
    args.y_type = KS_TYPE_F32;
    args.clamp_min = lo;
    args.clamp_max = hi;
    uint64_t scratch_size = 0;
    ASSERT_EQ(ks_matmul_scratch_size(&args, &scratch_size), KS_OK) << ks_last_error();
    Guarded<uint8_t> scratch(scratch_size, Against::kEnd, KS_ALIGNMENT);
    args.scratch = scratch.data();
    args.scratch_size = scratch_size;
    ASSERT_EQ(ks_matmul(&args), KS_OK) << ks_last_error();
    ASSERT_EQ(args.kernel_used, kernel);
}

// The weight nearest to a value.
uint16_t narrow(int32_t format, float value) { return format == KS_FORMAT_F16 ? to_f16(value) : to_bf16(value); }

// x as the weights' type holds it; infinite where it overflows.
float rounded(int32_t format, float x) {
    return format == KS_FORMAT_F16 ? f16(narrow(format, x)) : bf16(narrow(format, x));
}

// Numbers of a 16-bit type, every third and the last of each sign, the ties between them and the next, and the floats
// beside those ties; subnormal, overflowing and not finite ones are among them.
std::vector<float> around_numbers(int32_t format) {
    const auto widen = format == KS_FORMAT_F16 ? f16 : bf16;
    const int last = format == KS_FORMAT_F16 ? 0x7BFF : 0x7F7F;
    std::vector<float> values;
    for (int bits = 0; bits < 0x8000; ++bits) {
        if (bits % 3 != 0 && bits != last) continue;
        const float value = widen(static_cast<uint16_t>(bits));
        const float neighbour = widen(static_cast<uint16_t>(bits == last ? bits - 1 : bits + 1));
        const float tie = value + fabsf(neighbour - value) / 2;
        for (const float x : {value, tie, nextafterf(tie, 0.0f), nextafterf(tie, INFINITY)}) {
            values.push_back(x);
            values.push_back(-x);
        }
    }
    return values;
}

class NarrowKernelTest : public testing::TestWithParam<int32_t> {};

// A row holds one such number, at every place in turn, and zeros; all weights are 1.
TEST_P(NarrowKernelTest, RoundsActivations) {
    const ks_kernel_info kernel = kernel_info(GetParam());
    constexpr int64_t k = 37;
    Matrix matrix = {kernel.format, 0, 1, k, {}, {}, {}, {}};
    matrix.weights = draw_bytes<uint16_t>(k, [&] { return narrow(kernel.format, 1.0f); });
    const PackedBlob blob(matrix, kernel.layout, kernel.vector_bytes);
    const std::vector<float> values = around_numbers(kernel.format);
    const int64_t m = static_cast<int64_t>(values.size());
    Operand x(m, k);
    Operand y(m, 1);
    for (int64_t r = 0; r < m; ++r) {
        for (int64_t i = 0; i < k; ++i) x.row(r)[i] = 0.0f;
        x.row(r)[r % k] = values[static_cast<size_t>(r)];
    }
    ASSERT_NO_FATAL_FAILURE(multiply(GetParam(), blob, m, x, y, -INFINITY, INFINITY));
    for (int64_t r = 0; r < m; ++r) {
        const float value = values[static_cast<size_t>(r)];
        const float expected = rounded(kernel.format, value);
        if (isfinite(expected)) {
            ASSERT_EQ(y.row(r)[0], expected) << value << " in row " << r;
        } else {
            ASSERT_EQ(read<uint32_t>(y.row(r)), 0x7FC00000u) << value << " in row " << r;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Exact, NarrowKernelTest, testing::ValuesIn(narrow_kernels(true)), name_of);

// What the note of a kernel promises for a result: the product of rounded x and weights is off by no more.
double error_bound(int32_t format, int64_t k, double magnitudes, double bias, double exact) {
    if (format == KS_FORMAT_BF16) return static_cast<double>(k + 4) * 0x1p-24 * (magnitudes + fabs(bias));
    const double sum = static_cast<double>(k) * (0x1p-11 * magnitudes + 0x1p-25);
    return sum + 0x1p-24 * (fabs(exact) + sum);
}

class InexactKernelTest : public testing::TestWithParam<int32_t> {
  protected:
    // Compares one result with the exact one; whether they are within the bound.
    bool within_bound(const Matrix& matrix, const float* x, int64_t n, float lo, float hi, float result) {
        double exact = matrix.bias_at(n);
        double magnitudes = 0;
        for (int64_t i = 0; i < matrix.k; ++i) {
            const double product =
                static_cast<double>(rounded(matrix.format, x[i])) * static_cast<double>(matrix.real(n, i));
            exact += product;
            magnitudes += fabs(product);
        }
        const double bound = error_bound(matrix.format, matrix.k, magnitudes, matrix.bias_at(n), exact);
        const double clamped = fmin(fmax(exact, lo), hi);
        const double error = fabs(static_cast<double>(result) - clamped);
        EXPECT_LE(error, bound) << "column " << n << ", k " << matrix.k << ": " << result << " for " << clamped;
        return error <= bound;
    }
};

TEST_P(InexactKernelTest, KeepsItsBound) {
    const ks_kernel_info kernel = kernel_info(GetParam());
    int64_t other_bits = 0;
    for (uint64_t i = 0; i < case_count(150); ++i) {
        const uint64_t seed = seed_of_case(i);
        SCOPED_TRACE(repeat_with(seed));
        Random random(seed);
        const int64_t k = random.one_in(2) ? random.integer(1, 12) : random.integer(13, 300);
        Matrix matrix = {kernel.format, 0, random.integer(1, 100), k, {}, {}, {}, {}};
        matrix.weights = draw_bytes<uint16_t>(matrix.n * k, [&] { return narrow(kernel.format, random.unit()); });
        if (random.one_in(2)) matrix.bias.resize(static_cast<size_t>(matrix.n));
        for (float& bias : matrix.bias) bias = random.unit();
        const PackedBlob blob(matrix, kernel.layout, kernel.vector_bytes);
        const int64_t m = kernel.max_rows < 20 ? kernel.max_rows : random.integer(1, 20);
        // A row that is not finite, or not as the weights' type, gives NaN, and spoils no other.
        const float spoilers[] = {NAN, INFINITY, -INFINITY, kernel.format == KS_FORMAT_F16 ? 65520.0f : FLT_MAX};
        const int64_t spoiled = random.one_in(2) ? random.integer(0, m - 1) : -1;
        Operand x(m, k);
        Operand y(m, matrix.n);
        for (float& value : x.values) value = 3 * random.unit();
        if (spoiled >= 0) x.row(spoiled)[random.integer(0, k - 1)] = random.pick(spoilers);
        const bool clamps = random.one_in(3);
        const float lo = clamps ? -0.5f : -INFINITY;
        const float hi = clamps ? 0.75f : INFINITY;
        const Guarded<float> before(y.values.size());
        ASSERT_NO_FATAL_FAILURE(multiply(GetParam(), blob, m, x, y, lo, hi));
        for (int64_t r = 0; r < m; ++r) {
            std::vector<float> same(static_cast<size_t>(matrix.n));
            Operands operands;
            operands.clamp_min = lo;
            operands.clamp_max = hi;
            multiply_row(matrix, operands, x.row(r), same.data());
            for (int64_t n = 0; n < matrix.n; ++n) {
                if (r == spoiled) {
                    ASSERT_EQ(read<uint32_t>(&y.row(r)[n]), 0x7FC00000u);
                } else {
                    ASSERT_TRUE(within_bound(matrix, x.row(r), n, lo, hi, y.row(r)[n]));
                    other_bits += y.row(r)[n] != same[static_cast<size_t>(n)];
                }
            }
            if (r + 1 == m) break;
            const int64_t gap = r * y.stride + matrix.n;
            ASSERT_EQ(memcmp(y.values.data() + gap, before.data() + gap, 3 * sizeof(float)), 0) << "after row " << r;
        }
    }
    // Else the kernel is exact and belongs among the others.
    EXPECT_GT(other_bits, 0);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(InexactKernelTest);
INSTANTIATE_TEST_SUITE_P(Forced, InexactKernelTest, testing::ValuesIn(narrow_kernels(false)), name_of);

}  // namespace
}  // namespace ks_test
