// SPDX-License-Identifier: Apache-2.0
// Every kernel that this machine runs gives the bits of the reference: drawn shapes, types, strides, clamps and special
// rows, every buffer between guard pages, one to three threads. Kernels that do not claim these bits are left out.
#include <atomic>
#include <functional>

#include "support/activations.h"
#include "support/cases.h"
#include "support/workers.h"

namespace ks_test {
namespace {

struct Case {
    uint64_t seed;
    int64_t m;
    int64_t x_stride;
    int64_t y_stride;
    Operands operands;
    Against against;
};

int64_t within(int64_t value, int64_t lo, int64_t hi) { return value < lo ? lo : value > hi ? hi : value; }

Case draw_case(Random& random, uint64_t seed, const ks_kernel_info& kernel, const Matrix& matrix) {
    Case c = {};
    c.seed = seed;
    c.m = random.one_in(3) ? 1 : random.integer(1, 20);
    // Now and then more rows than one block has, where the matrix is small enough for the reference.
    if (matrix.n * matrix.k < 4096 && random.one_in(4)) c.m = random.integer(21, 500);
    c.m = within(c.m, kernel.min_rows, kernel.max_rows);
    c.x_stride = matrix.k + (random.one_in(2) ? random.integer(0, 19) : 0);
    c.y_stride = matrix.n + (random.one_in(2) ? random.integer(0, 19) : 0);
    c.operands = draw_operands(random, matrix.format);
    c.against = random.one_in(3) ? Against::kBegin : Against::kEnd;
    return c;
}

// A matrix of x or y in guarded memory.
struct Rows {
    size_t element;
    int64_t stride;
    uint64_t count;
    Guarded<uint8_t> bytes;

    Rows(int32_t type, int64_t rows, int64_t columns, int64_t stride_of_rows, Against against)
        : element(bytes_of(type)),
          stride(stride_of_rows),
          count(static_cast<uint64_t>((rows - 1) * stride + columns)),
          bytes(count * element, against, element) {}
    uint8_t* row(int64_t at) { return bytes.data() + static_cast<size_t>(at * stride) * element; }
};

ks_matmul_args matmul_args(const Case& c, int32_t kernel, const PackedBlob& blob, Rows& x, Rows& y) {
    ks_matmul_args args = {};
    args.struct_size = sizeof args;
    args.kernel = kernel;
    args.packed = blob.data();
    args.packed_size = blob.size();
    args.m = c.m;
    args.x = x.bytes.data();
    args.x_stride = x.stride;
    args.x_count = x.count;
    args.y = y.bytes.data();
    args.y_stride = y.stride;
    args.y_count = y.count;
    args.x_type = c.operands.x_type;
    args.y_type = c.operands.y_type;
    args.x_scale = c.operands.x_scale;
    args.x_zero_point = c.operands.x_zero_point;
    args.y_scale = c.operands.y_scale;
    args.y_zero_point = c.operands.y_zero_point;
    args.clamp_min = c.operands.clamp_min;
    args.clamp_max = c.operands.clamp_max;
    return args;
}

// An element of y as hexadecimal digits.
std::string digits(Rows& y, uint64_t at) {
    uint32_t bits = 0;
    memcpy(&bits, y.bytes.data() + at * y.element, y.element);
    char text[9];
    snprintf(text, sizeof text, "%x", bits);
    return text;
}

// Gaps between rows hold the same pattern on both sides.
void expect_equal(Rows& y, Rows& expected, const Matrix& matrix, const Case& c) {
    for (uint64_t at = 0; at < y.count; ++at) {
        if (memcmp(y.bytes.data() + at * y.element, expected.bytes.data() + at * y.element, y.element) == 0) continue;
        const Operands& o = c.operands;
        FAIL() << "m " << c.m << ", n " << matrix.n << ", k " << matrix.k << ", group " << matrix.group << ", types "
               << o.x_type << ", " << o.y_type << ", x scale " << o.x_scale << ", clamp " << o.clamp_min << ".."
               << o.clamp_max << ": y[" << at / static_cast<uint64_t>(y.stride) << "]["
               << at % static_cast<uint64_t>(y.stride) << "] is 0x" << digits(y, at) << ", expected 0x"
               << digits(expected, at) << "; " << repeat_with(c.seed);
    }
}

// Runs a kernel over a matrix and compares. Rows of x are drawn, or what `fill` makes of them.
void check_kernel(int32_t index, const ks_kernel_info& kernel, const Matrix& matrix, const Case& c, Random& random,
                  ks_team* team, const std::function<void(float*)>& fill = nullptr) {
    const PackedBlob blob(matrix, kernel.layout, kernel.vector_bytes, c.against);
    Rows x(c.operands.x_type, c.m, matrix.k, c.x_stride, c.against);
    Rows y(c.operands.y_type, c.m, matrix.n, c.y_stride, c.against);
    Rows expected(c.operands.y_type, c.m, matrix.n, c.y_stride, c.against);
    for (int64_t row = 0; row < c.m; ++row) {
        if (fill) {
            fill(reinterpret_cast<float*>(x.row(row)));
        } else {
            draw_row(random, c.operands.x_type, x.row(row), matrix.k);
        }
        multiply_row(matrix, c.operands, x.row(row), expected.row(row));
    }
    ks_matmul_args args = matmul_args(c, index, blob, x, y);
    uint64_t scratch_size = 0;
    ASSERT_EQ(ks_matmul_scratch_size(&args, &scratch_size), KS_OK) << ks_last_error();
    Guarded<uint8_t> scratch(scratch_size, c.against, KS_ALIGNMENT);
    args.scratch = scratch_size != 0 ? scratch.data() : nullptr;
    args.scratch_size = scratch_size;
    args.team = team;
    ASSERT_EQ(ks_matmul(&args), KS_OK) << ks_last_error();
    EXPECT_EQ(args.kernel_used, index);
    expect_equal(y, expected, matrix, c);
}

ks_kernel_info kernel_info(int32_t index) {
    ks_kernel_info info = {};
    info.struct_size = sizeof info;
    EXPECT_EQ(ks_get_kernel_info(index, &info), KS_OK) << ks_last_error();
    return info;
}

std::vector<int32_t> exact_kernels() {
    std::vector<int32_t> kernels;
    for (int32_t i = 0; i < ks_kernel_count(); ++i) {
        if (kernel_info(i).supported && kernel_info(i).exact) kernels.push_back(i);
    }
    return kernels;
}

class KernelTest : public testing::TestWithParam<int32_t> {
  protected:
    const ks_kernel_info kernel_ = kernel_info(GetParam());
};

TEST_P(KernelTest, GivesTheBitsOfTheReference) {
    Workers one(1);
    Workers two(2);
    ks_team* const teams[] = {nullptr, one.team(), two.team()};
    for (uint64_t i = 0; i < case_count(400); ++i) {
        const uint64_t seed = seed_of_case(i);
        Random random(seed);
        Matrix matrix = draw_small_matrix(random, kernel_.format);
        if (matrix.n < kernel_.min_columns) {
            matrix = draw_matrix(random, kernel_.format, kernel_.min_columns, matrix.k, matrix.group, true);
        }
        const Case c = draw_case(random, seed, kernel_, matrix);
        check_kernel(GetParam(), kernel_, matrix, c, random, random.pick(teams));
        if (HasFailure()) return;
    }
}

// Panels, blocks and groups at the sizes where loops of a kernel begin, end and are left out.
TEST_P(KernelTest, GivesTheBitsOfTheReferenceAtEdges) {
    Workers two(2);
    uint64_t seed = seed_of_case(0);
    // 421 columns are panels enough for a kernel that takes several of them, some apart.
    for (const int64_t n : {1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 97, 129, 421}) {
        for (const int64_t m : {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 17, 239, 240, 241, 481}) {
            if (m < kernel_.min_rows || m > kernel_.max_rows || n < kernel_.min_columns) continue;
            if ((m > 17 && n > 33) || (m != 1 && m != 2 && m != 6 && n > 129)) continue;
            Random random(++seed);
            const int32_t group = is_grouped(kernel_.format) ? static_cast<int32_t>(random.integer(1, 3)) * 32 : 0;
            const int64_t longest = m <= 17 && n <= 129 && random.one_in(3) ? 1200 : 70;
            const int64_t k = draw_k(random, kernel_.format, group, longest);
            const Matrix matrix = draw_matrix(random, kernel_.format, n, k, group, random.one_in(2));
            Case c = draw_case(random, seed, kernel_, matrix);
            c.m = m;
            check_kernel(GetParam(), kernel_, matrix, c, random, two.team());
            if (HasFailure()) return;
        }
    }
}

// Groups beyond those of files, up to the largest: kernels that unpack a group at once have room for so many values.
TEST_P(KernelTest, TakesLargeGroups) {
    if (!is_grouped(kernel_.format)) return;
    Workers two(2);
    for (const int32_t group : {288, 512, 544, 1056, 16384}) {
        for (const int64_t m : {2, 15, 33}) {
            Random random(seed_of_case(static_cast<uint64_t>(group + m)));
            const int64_t k = group * (group == 16384 ? 1 : random.integer(1, 3));
            const Matrix matrix = draw_matrix(random, kernel_.format, within(33, kernel_.min_columns, INT64_MAX), k, group, true);
            Case c = draw_case(random, 0, kernel_, matrix);
            c.m = within(m, kernel_.min_rows, kernel_.max_rows);
            check_kernel(GetParam(), kernel_, matrix, c, random, two.team());
            if (HasFailure()) return;
        }
    }
}

// Every remainder of k, with rows that touch a guard: padding of the codes counts for nothing and x ends at k.
TEST_P(KernelTest, TakesEveryK) {
    for (int64_t k = 1; k <= 100; ++k) {
        Random random(seed_of_case(static_cast<uint64_t>(k)));
        const int32_t group = is_grouped(kernel_.format) ? 32 : 0;
        if (k % k_step(kernel_.format, group) != 0) continue;
        const int64_t n = within(9, kernel_.min_columns, INT64_MAX);
        const Matrix matrix = draw_matrix(random, kernel_.format, n, k, group, true);
        Case c = draw_case(random, 0, kernel_, matrix);
        c.m = within(3, kernel_.min_rows, kernel_.max_rows);
        c.x_stride = k;
        check_kernel(GetParam(), kernel_, matrix, c, random, nullptr);
        if (HasFailure()) return;
    }
}

// Weights of value 0 with a bias of -0: a sum is +0 whatever the signs of its products, and of the largest scale too.
TEST_P(KernelTest, SumsZerosToPlusZero) {
    if (is_float_format(kernel_.format)) return;
    for (uint64_t i = 0; i < 60; ++i) {
        Random random(seed_of_case(i));
        const int32_t group = is_grouped(kernel_.format) ? 32 : 0;
        const int64_t n = within(9, kernel_.min_columns, INT64_MAX);
        Matrix matrix = draw_matrix(random, kernel_.format, n, 32 * random.integer(1, 3), group, true);
        const int bits = bits_of_code(kernel_.format);
        for (size_t at = 0; at < matrix.weights.size(); ++at) {
            if (kernel_.format == KS_FORMAT_Q4_0 && at % 18 < 2) continue;
            matrix.weights[at] = bits == 8 ? 0x00 : bits == 4 ? 0x88 : 0xAA;
        }
        if (scale_bytes_of(kernel_.format) == sizeof(float)) {
            matrix.scales =
                draw_bytes<float>(n * matrix.scales_per_row(), [&] { return draw_f32_scale(random, true); });
        }
        for (float& zero : matrix.zeros) zero = random.one_in(2) ? 0.0f : random.one_in(2) ? -0.0f : -1e-45f;
        for (float& bias : matrix.bias) bias = -0.0f;
        Case c = draw_case(random, seed_of_case(i), kernel_, matrix);
        c.m = within(3, kernel_.min_rows, kernel_.max_rows);
        c.operands = Operands();
        check_kernel(GetParam(), kernel_, matrix, c, random, nullptr);
        if (HasFailure()) return;
    }
}

// Codes at the ends of their range over the largest group or channel: sums neither round nor overflow.
TEST_P(KernelTest, TakesTheLargestSums) {
    if (is_float_format(kernel_.format)) return;
    const int32_t group = is_grouped(kernel_.format) ? 16384 : 0;
    const int64_t k = is_per_channel(kernel_.format) ? KS_MAX_CHANNEL_K : 16384;
    for (const int codes : {0x00, 0xFF, 0x70, 0x80, 0x7F}) {
        for (const int32_t type : {KS_TYPE_F32, KS_TYPE_INT8}) {
            if (type == KS_TYPE_INT8 && !is_per_row(kernel_.format)) continue;
            Random random(static_cast<uint64_t>(codes));
            const int64_t n = within(5, kernel_.min_columns, INT64_MAX);
            Matrix matrix = draw_matrix(random, kernel_.format, n, k, group, true);
            for (size_t i = 0; i < matrix.weights.size(); ++i) {
                if (kernel_.format != KS_FORMAT_Q4_0 || i % 18 > 1) matrix.weights[i] = static_cast<uint8_t>(codes);
            }
            Case c = draw_case(random, 0, kernel_, matrix);
            c.operands.x_type = type;
            c.operands.x_scale = type == KS_TYPE_INT8 ? 0.5f : 0.0f;
            c.operands.x_zero_point = type == KS_TYPE_F32 ? 0 : random.one_in(2) ? 127 : -128;
            c.m = within(2, kernel_.min_rows, kernel_.max_rows);
            check_kernel(GetParam(), kernel_, matrix, c, random, nullptr);
            if (HasFailure()) return;
        }
    }
}

// Two products of the lowest codes are one more than 16 bits hold.
TEST_P(KernelTest, AddsUpTheLowestCodes) {
    if (kernel_.format != KS_FORMAT_INT8_CHANNEL) return;
    Random random(1);
    for (int64_t m = 1; m <= 48; ++m) {
        Matrix matrix = draw_matrix(random, kernel_.format, within(40, kernel_.min_columns, INT64_MAX), 96, 0, false);
        for (uint8_t& code : matrix.weights) code = 0x80;
        Case c = draw_case(random, 0, kernel_, matrix);
        c.operands.x_type = KS_TYPE_INT8;
        c.operands.x_scale = 0.5f;
        c.operands.x_zero_point = 127;
        c.m = within(1 + m % 6, kernel_.min_rows, kernel_.max_rows);
        check_kernel(GetParam(), kernel_, matrix, c, random, nullptr);
        if (HasFailure()) return;
    }
}

// Codes and activations at either end of their range, by turns from one pair of values to the next or not: partial sums
// of 16 bits, which some kernels keep of every other pair, do not overflow.
TEST_P(KernelTest, TakesTheLargestPartialSums) {
    if (is_float_format(kernel_.format)) return;
    const int bits = bits_of_code(kernel_.format);
    for (uint32_t pattern = 0; pattern < 16; ++pattern) {
        const auto high_code = [&](size_t pair) { return (pattern >> (pair & 1) & 1) != 0; };
        const auto high_value = [&](int64_t k) { return (pattern >> (2 + (k / 2 & 1)) & 1) != 0; };
        Random random(pattern);
        const int64_t n = within(33, kernel_.min_columns, INT64_MAX);
        Matrix matrix = draw_matrix(random, kernel_.format, n, 64, is_grouped(kernel_.format) ? 32 : 0, true);
        for (size_t i = 0; i < matrix.weights.size(); ++i) {
            if (bits == 8) {
                matrix.weights[i] = high_code(i / 2) ? 0x7F : 0x80;
            } else if (bits == 2) {
                matrix.weights[i] = static_cast<uint8_t>((high_code(0) ? 0x0F : 0) | (high_code(1) ? 0xF0 : 0));
            } else if (kernel_.format != KS_FORMAT_Q4_0) {
                matrix.weights[i] = high_code(i) ? 0xFF : 0;
            } else if (i % 18 > 1) {
                matrix.weights[i] = high_code(i % 18 / 2 - 1) ? 0xFF : 0;
            }
        }
        Case c = draw_case(random, 0, kernel_, matrix);
        c.m = within(11, kernel_.min_rows, kernel_.max_rows);
        c.operands = Operands();
        check_kernel(GetParam(), kernel_, matrix, c, random, nullptr, [&](float* row) {
            for (int64_t k = 0; k < matrix.k; ++k) row[k] = high_value(k) ? 1.0f : -1.0f;
        });
        if (HasFailure()) return;
    }
}

std::string name_of(const testing::TestParamInfo<int32_t>& info) { return kernel_info(info.param).name; }

INSTANTIATE_TEST_SUITE_P(Exact, KernelTest, testing::ValuesIn(exact_kernels()), name_of);

// A table without rows of a format would leave the tests above empty.
TEST(Kernels, EveryFormatHasOneForEveryMachine) {
    for (const int32_t format : kFormats) {
        bool found = false;
        for (const int32_t index : exact_kernels()) {
            found |= kernel_info(index).format == format && kernel_info(index).tier == KS_TIER_PORTABLE;
        }
        EXPECT_TRUE(found) << "format " << format;
    }
}

// Results that are not f32 are computed strip by strip where they are wide.
TEST(Kernels, ConvertWideResults) {
    Workers two(2);
    for (const int32_t format : kFormats) {
        Random random(seed_of_case(static_cast<uint64_t>(format)));
        const int32_t group = is_grouped(format) ? 32 : 0;
        const Matrix matrix = draw_matrix(random, format, 1200, 32, group, true);
        ks_select_args request = {};
        request.struct_size = sizeof request;
        request.format = format;
        request.group = group;
        request.m = 240;
        request.n = matrix.n;
        request.k = matrix.k;
        int32_t index = -1;
        ASSERT_EQ(ks_select_kernel(&request, &index), KS_OK) << ks_last_error();
        Case c = draw_case(random, 0, kernel_info(index), matrix);
        c.m = request.m;
        for (const int32_t type : {KS_TYPE_F16, KS_TYPE_INT8}) {
            c.operands.y_type = type;
            c.operands.y_scale = type == KS_TYPE_INT8 ? 0.5f : 0.0f;
            c.operands.y_zero_point = type == KS_TYPE_INT8 ? -3 : 0;
            check_kernel(index, kernel_info(index), matrix, c, random, two.team());
        }
    }
}

// Calls that share a team, weights and activations do not disturb one another.
TEST(Kernels, RunAtOnceOnOneTeam) {
    Workers workers(2);
    for (const int32_t index : exact_kernels()) {
        const ks_kernel_info kernel = kernel_info(index);
        Random random(seed_of_case(static_cast<uint64_t>(index)));
        const int32_t group = is_grouped(kernel.format) ? 32 : 0;
        const Matrix matrix =
            draw_matrix(random, kernel.format, within(200, kernel.min_columns, INT64_MAX), 256, group, true);
        Case c = draw_case(random, 0, kernel, matrix);
        c.m = within(5, kernel.min_rows, kernel.max_rows);
        const PackedBlob blob(matrix, kernel.layout, kernel.vector_bytes);
        Rows x(c.operands.x_type, c.m, matrix.k, c.x_stride, Against::kEnd);
        Rows expected(c.operands.y_type, c.m, matrix.n, c.y_stride, Against::kEnd);
        for (int64_t row = 0; row < c.m; ++row) {
            draw_row(random, c.operands.x_type, x.row(row), matrix.k);
            multiply_row(matrix, c.operands, x.row(row), expected.row(row));
        }
        std::atomic<int> wrong{0};
        const auto call = [&] {
            Rows y(c.operands.y_type, c.m, matrix.n, c.y_stride, Against::kEnd);
            ks_matmul_args args = matmul_args(c, index, blob, x, y);
            uint64_t size = 0;
            wrong += ks_matmul_scratch_size(&args, &size) != KS_OK;
            Guarded<uint8_t> scratch(size, Against::kEnd, KS_ALIGNMENT);
            args.scratch = scratch.data();
            args.scratch_size = size;
            args.team = workers.team();
            for (int i = 0; i < 10; ++i) {
                memset(static_cast<void*>(y.bytes.data()), 0xA5, y.bytes.size());
                wrong += ks_matmul(&args) != KS_OK;
                wrong += memcmp(y.bytes.data(), expected.bytes.data(), y.bytes.size()) != 0;
            }
        };
        std::vector<std::thread> callers;
        for (int i = 0; i < 4; ++i) callers.emplace_back(call);
        for (std::thread& caller : callers) caller.join();
        EXPECT_EQ(wrong, 0) << kernel.name;
    }
}

}  // namespace
}  // namespace ks_test
