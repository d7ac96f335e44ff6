// SPDX-License-Identifier: Apache-2.0
// Every kernel that this machine runs gives the bits of the reference: drawn shapes, strides, clamps and special rows,
// every buffer between guard pages, one to three threads.
#include <atomic>

#include "support/cases.h"
#include "support/workers.h"

namespace ks_test {
namespace {

struct Case {
    uint64_t seed;
    int64_t m;
    int64_t x_stride;
    int64_t y_stride;
    float clamp_min;
    float clamp_max;
    Against against;
};

Case draw_case(Random& random, uint64_t seed, const ks_kernel_info& kernel, const Matrix& matrix) {
    Case c = {};
    c.seed = seed;
    c.m = random.one_in(3) ? 1 : random.integer(1, 20);
    // Now and then more rows than one block has, where the matrix is small enough for the reference.
    if (matrix.n * matrix.k < 4096 && random.one_in(4)) c.m = random.integer(21, 500);
    c.m = c.m < kernel.min_rows ? kernel.min_rows : c.m;
    c.m = c.m > kernel.max_rows ? kernel.max_rows : c.m;
    c.x_stride = matrix.k + (random.one_in(2) ? random.integer(0, 19) : 0);
    c.y_stride = matrix.n + (random.one_in(2) ? random.integer(0, 19) : 0);
    const float bounds[][2] = {{-INFINITY, INFINITY}, {-INFINITY, INFINITY}, {-1, 1},       {0, 6},
                               {-0.0f, INFINITY},     {-INFINITY, 0},        {0.0f, -0.0f}, {0.5f, 0.5f}};
    const int64_t clamp = random.integer(0, 7);
    c.clamp_min = bounds[clamp][0];
    c.clamp_max = bounds[clamp][1];
    c.against = random.one_in(3) ? Against::kBegin : Against::kEnd;
    return c;
}

uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

ks_matmul_args matmul_args(const Case& c, int32_t kernel, const Guarded<uint8_t>& blob, const Guarded<float>& x,
                           Guarded<float>& y) {
    ks_matmul_args args = {};
    args.struct_size = sizeof args;
    args.kernel = kernel;
    args.packed = blob.data();
    args.packed_size = blob.size();
    args.m = c.m;
    args.x = x.data();
    args.x_stride = c.x_stride;
    args.x_count = x.size();
    args.y = y.data();
    args.y_stride = c.y_stride;
    args.y_count = y.size();
    args.clamp_min = c.clamp_min;
    args.clamp_max = c.clamp_max;
    return args;
}

// Runs a kernel over a matrix and compares; false where a difference was reported.
bool check_kernel(int32_t index, const Matrix& matrix, int32_t layout, const Case& c, Random& random, ks_team* team) {
    Guarded<uint8_t> blob(packed_size(matrix, layout), c.against, KS_ALIGNMENT);
    pack(matrix, layout, blob);
    Guarded<float> x(static_cast<size_t>((c.m - 1) * c.x_stride + matrix.k), c.against);
    for (int64_t row = 0; row < c.m; ++row) draw_row(random, x.data() + row * c.x_stride, matrix.k);
    Guarded<float> y(static_cast<size_t>((c.m - 1) * c.y_stride + matrix.n), c.against);
    Guarded<float> expected(y.size());
    for (int64_t row = 0; row < c.m; ++row) {
        multiply_row(matrix, x.data() + row * c.x_stride, c.clamp_min, c.clamp_max, expected.data() + row * c.y_stride);
    }
    ks_matmul_args args = matmul_args(c, index, blob, x, y);
    uint64_t scratch_size = 0;
    EXPECT_EQ(ks_matmul_scratch_size(&args, &scratch_size), KS_OK) << ks_last_error();
    Guarded<uint8_t> scratch(scratch_size, c.against, KS_ALIGNMENT);
    args.scratch = scratch_size != 0 ? scratch.data() : nullptr;
    args.scratch_size = scratch_size;
    args.team = team;
    EXPECT_EQ(ks_matmul(&args), KS_OK) << ks_last_error();
    EXPECT_EQ(args.kernel_used, index);
    // Gaps between rows of y hold the same pattern on both sides.
    if (memcmp(y.data(), expected.data(), y.size() * sizeof(float)) == 0) return true;
    for (size_t i = 0; i < y.size(); ++i) {
        if (bits_of(y[i]) == bits_of(expected[i])) continue;
        const int64_t at = static_cast<int64_t>(i);
        ADD_FAILURE() << "m " << c.m << ", n " << matrix.n << ", k " << matrix.k << ", group " << matrix.group
                      << ", clamp " << c.clamp_min << ".." << c.clamp_max << ": y[" << at / c.y_stride << "]["
                      << at % c.y_stride << "] is " << y[i] << " (" << std::hex << bits_of(y[i]) << "), expected "
                      << expected[i] << " (" << bits_of(expected[i]) << std::dec << "); " << repeat_with(c.seed);
        break;
    }
    return false;
}

ks_kernel_info kernel_info(int32_t index) {
    ks_kernel_info info = {};
    info.struct_size = sizeof info;
    EXPECT_EQ(ks_get_kernel_info(index, &info), KS_OK) << ks_last_error();
    return info;
}

std::vector<int32_t> supported_kernels() {
    std::vector<int32_t> kernels;
    for (int32_t i = 0; i < ks_kernel_count(); ++i) {
        if (kernel_info(i).supported) kernels.push_back(i);
    }
    return kernels;
}

class KernelTest : public testing::TestWithParam<int32_t> {};

TEST_P(KernelTest, GivesTheBitsOfTheReference) {
    const ks_kernel_info kernel = kernel_info(GetParam());
    Workers one(1);
    Workers two(2);
    ks_team* const teams[] = {nullptr, one.team(), two.team()};
    for (uint64_t i = 0; i < case_count(400); ++i) {
        const uint64_t seed = seed_of_case(i);
        Random random(seed);
        const Matrix matrix = draw_small_matrix(random, kernel.format);
        const Case c = draw_case(random, seed, kernel, matrix);
        if (!check_kernel(GetParam(), matrix, kernel.layout, c, random, random.pick(teams))) return;
    }
}

// Panels, blocks and groups at the sizes where loops of a kernel begin, end and are left out.
TEST_P(KernelTest, GivesTheBitsOfTheReferenceAtEdges) {
    const ks_kernel_info kernel = kernel_info(GetParam());
    Workers two(2);
    uint64_t seed = seed_of_case(0);
    for (const int64_t n : {1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 97, 129}) {
        for (const int64_t m : {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 17, 239, 240, 241, 481}) {
            if (m < kernel.min_rows || m > kernel.max_rows || (m > 17 && n > 33)) continue;
            Random random(++seed);
            const bool f32 = kernel.format == KS_FORMAT_F32;
            const int32_t group = f32 ? 0 : static_cast<int32_t>(random.integer(1, 3)) * 32;
            const int64_t longest = m <= 17 && random.one_in(3) ? 1200 : 70;
            const int64_t k = f32 ? random.integer(1, longest) : group * random.integer(1, 3);
            const Matrix matrix = draw_matrix(random, kernel.format, n, k, group, random.one_in(2));
            Case c = draw_case(random, seed, kernel, matrix);
            c.m = m;
            if (!check_kernel(GetParam(), matrix, kernel.layout, c, random, two.team())) return;
        }
    }
}

// Sums of int4 products are exact in f32 up to the largest group.
TEST_P(KernelTest, TakesTheLargestGroup) {
    const ks_kernel_info kernel = kernel_info(GetParam());
    if (kernel.format == KS_FORMAT_F32) return;
    for (const uint8_t codes : {uint8_t{0x00}, uint8_t{0xFF}, uint8_t{0x70}}) {
        Random random(codes);
        Matrix matrix = draw_matrix(random, kernel.format, 9, 16384, 16384, true);
        for (uint8_t& pair : matrix.codes) pair = codes;
        Case c = draw_case(random, 0, kernel, matrix);
        c.m = kernel.min_rows > 2 ? kernel.min_rows : kernel.max_rows < 2 ? 1 : 2;
        if (!check_kernel(GetParam(), matrix, kernel.layout, c, random, nullptr)) return;
    }
}

std::string name_of(const testing::TestParamInfo<int32_t>& info) { return kernel_info(info.param).name; }

INSTANTIATE_TEST_SUITE_P(Supported, KernelTest, testing::ValuesIn(supported_kernels()), name_of);

// A table without rows of a format would leave the tests above empty.
TEST(Kernels, EveryFormatHasOne) {
    bool formats[3] = {};
    for (const int32_t index : supported_kernels()) formats[kernel_info(index).format] = true;
    EXPECT_TRUE(formats[KS_FORMAT_F32]);
    EXPECT_TRUE(formats[KS_FORMAT_INT4_GROUP]);
}

// Calls that share a team, weights and activations do not disturb one another.
TEST(Kernels, RunAtOnceOnOneTeam) {
    Workers workers(2);
    for (const int32_t layout : kLayouts) {
        ks_select_args request = {};
        request.struct_size = sizeof request;
        request.format = format_of(layout);
        request.layout = layout;
        request.group = layout == KS_LAYOUT_F32_N16 ? 0 : 32;
        int32_t index = -1;
        if (ks_select_kernel(&request, &index) == KS_ERROR_NO_KERNEL) continue;
        Random random(seed_of_case(static_cast<uint64_t>(layout)));
        const Matrix matrix = draw_matrix(random, request.format, 200, 256, request.group, true);
        const Case c = {0, 5, matrix.k, matrix.n, -INFINITY, INFINITY, Against::kEnd};
        Guarded<uint8_t> blob(packed_size(matrix, layout), Against::kEnd, KS_ALIGNMENT);
        pack(matrix, layout, blob);
        Guarded<float> x(static_cast<size_t>(c.m * matrix.k));
        for (float& value : x) value = random.unit();
        Guarded<float> expected(static_cast<size_t>(c.m * matrix.n));
        for (int64_t row = 0; row < c.m; ++row) {
            multiply_row(matrix, x.data() + row * matrix.k, -INFINITY, INFINITY, expected.data() + row * matrix.n);
        }
        std::atomic<int> wrong{0};
        const auto call = [&] {
            Guarded<float> y(expected.size());
            ks_matmul_args args = matmul_args(c, -1, blob, x, y);
            uint64_t size = 0;
            wrong += ks_matmul_scratch_size(&args, &size) != KS_OK;
            Guarded<uint8_t> scratch(size, Against::kEnd, KS_ALIGNMENT);
            args.scratch = scratch.data();
            args.scratch_size = size;
            args.team = workers.team();
            for (int i = 0; i < 20; ++i) {
                memset(static_cast<void*>(y.data()), 0xA5, y.size() * sizeof(float));
                wrong += ks_matmul(&args) != KS_OK;
                wrong += memcmp(y.data(), expected.data(), y.size() * sizeof(float)) != 0;
            }
        };
        std::vector<std::thread> callers;
        for (int i = 0; i < 4; ++i) callers.emplace_back(call);
        for (std::thread& caller : callers) caller.join();
        EXPECT_EQ(wrong, 0) << "layout " << layout;
    }
}

}  // namespace
}  // namespace ks_test
