// SPDX-License-Identifier: Apache-2.0
// KleidiAI's kernels for SME beyond their results: signals that arrive while a kernel computes, how many threads enter
// it at once, and the faults of the linked KleidiAI that this library works around.
#include <asm/sigcontext.h>
#include <gtest/gtest.h>
#include <math.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>

#include "cpu.h"
#include "kai/ukernels/matmul/kai_matmul_pack_rhs.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_f32_f32p/kai_matmul_clamp_f32_f32_f32p2vlx1b_1x16vl_sme2_mla.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qsi8d32p_qsi4c32p/kai_matmul_clamp_f32_qsi8d32p1vlx4_qsi4c32p4vlx4_1vlx4vl_sme_mopa.h"
#include "kernels/kleidiai/ukernel.h"
#include "support/cases.h"
#include "support/reference.h"
#include "support/workers.h"

namespace ks_test {
namespace {

ks_kernel_info kernel_info(int32_t index) {
    ks_kernel_info info = {};
    info.struct_size = sizeof info;
    EXPECT_EQ(ks_get_kernel_info(index, &info), KS_OK) << ks_last_error();
    return info;
}

// Those that this machine runs, of SME or of everything else.
std::vector<int32_t> kernels(bool sme) {
    std::vector<int32_t> found;
    for (int32_t i = 0; i < ks_kernel_count(); ++i) {
        const ks_kernel_info info = kernel_info(i);
        if (info.supported && ((info.tier & KS_TIERS_ON_REQUEST) != 0) == sme) found.push_back(i);
    }
    return found;
}

// A multiplication of f32 by one kernel, of about that many rows.
struct Multiplication {
    ks_kernel_info kernel;
    int64_t m;
    Random random;
    Matrix matrix;
    PackedBlob blob;
    std::vector<float> x;
    ks_matmul_args args = {};
    std::vector<uint8_t> scratch;

    Multiplication(int32_t index, int64_t rows, int64_t n, int64_t k)
        : kernel(kernel_info(index)),
          m(std::min(std::max(rows, kernel.min_rows), kernel.max_rows)),
          random(seed_of_case(static_cast<uint64_t>(index))),
          matrix(draw_matrix(random, kernel.format, n, k, is_grouped(kernel.format) ? 64 : 0, true)),
          blob(matrix, kernel.layout, kernel.vector_bytes),
          x(static_cast<size_t>(m * k)) {
        for (float& value : x) value = random.unit();
        args.struct_size = sizeof args;
        args.kernel = index;
        args.packed = blob.data();
        args.packed_size = blob.size();
        args.m = m;
        args.x = x.data();
        args.x_stride = k;
        args.x_count = x.size();
        args.y_stride = n;
        args.y_count = y_count();
        args.x_type = args.y_type = KS_TYPE_F32;
        args.clamp_min = -INFINITY;
        args.clamp_max = INFINITY;
        EXPECT_EQ(ks_matmul_scratch_size(&args, &args.scratch_size), KS_OK) << ks_last_error();
        scratch.resize(args.scratch_size + KS_ALIGNMENT);
        const uintptr_t begin = reinterpret_cast<uintptr_t>(scratch.data());
        args.scratch = scratch.data() + (KS_ALIGNMENT - begin % KS_ALIGNMENT);
    }

    uint64_t y_count() const { return static_cast<uint64_t>(m * matrix.n); }

    std::vector<float> expected() const {
        std::vector<float> y(y_count());
        for (int64_t row = 0; row < m; ++row) {
            multiply_row(matrix, Operands(), x.data() + row * matrix.k, y.data() + row * matrix.n);
        }
        return y;
    }
};

// Whether the signal came in streaming mode, as the record of the vector registers says.
bool was_streaming(const void* context) {
    constexpr uint16_t kStreaming = 1;  // SVE_SIG_FLAG_SM
    const uint8_t* record = static_cast<const ucontext_t*>(context)->uc_mcontext.__reserved;
    for (;;) {
        _aarch64_ctx head;
        memcpy(&head, record, sizeof head);
        if (head.magic == 0) return false;
        if (head.magic == SVE_MAGIC) return (read<uint16_t>(record + sizeof head + sizeof(uint16_t)) & kStreaming) != 0;
        record = head.magic == EXTRA_MAGIC ? reinterpret_cast<const uint8_t*>(read<uint64_t>(record + sizeof head))
                                           : record + head.size;
    }
}

std::atomic<int> streaming_signals{0};

// What a handler may do: it fills the vector registers and computes.
void on_timer(int, siginfo_t*, void* context) {
    streaming_signals += was_streaming(context);
    asm volatile(
        "movi v0.16b, #0x5A\n movi v1.16b, #0x5A\n movi v2.16b, #0x5A\n movi v3.16b, #0x5A\n movi v4.16b, #0x5A\n"
        "movi v5.16b, #0x5A\n movi v6.16b, #0x5A\n movi v7.16b, #0x5A\n movi v16.16b, #0x5A\n movi v17.16b, #0x5A\n"
        "movi v18.16b, #0x5A\n movi v19.16b, #0x5A\n movi v20.16b, #0x5A\n movi v21.16b, #0x5A\n movi v22.16b, #0x5A\n"
        "movi v23.16b, #0x5A\n movi v24.16b, #0x5A\n movi v25.16b, #0x5A\n movi v26.16b, #0x5A\n movi v27.16b, #0x5A\n"
        "movi v28.16b, #0x5A\n movi v29.16b, #0x5A\n movi v30.16b, #0x5A\n movi v31.16b, #0x5A\n"
        "fsqrt v0.4s, v1.4s\n fdiv v2.2d, v3.2d, v4.2d\n"
        :
        :
        : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24",
          "v25", "v26", "v27", "v28", "v29", "v30", "v31");
}

void set_timer(int microseconds) {
    const itimerval every = {{0, microseconds}, {0, microseconds}};
    ASSERT_EQ(setitimer(ITIMER_REAL, &every, nullptr), 0);
}

class SmeTest : public testing::TestWithParam<int32_t> {};

TEST_P(SmeTest, SurvivesSignals) {
    constexpr int kSignals = 25;
    Multiplication call(GetParam(), 20, 256, 512);
    const std::vector<float> expected = call.expected();
    std::vector<float> y(expected.size());
    call.args.y = y.data();

    struct sigaction timer = {};
    struct sigaction before = {};
    timer.sa_sigaction = on_timer;
    timer.sa_flags = SA_SIGINFO | SA_RESTART;
    ASSERT_EQ(sigaction(SIGALRM, &timer, &before), 0);
    streaming_signals = 0;
    set_timer(1000);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    bool right = true;
    while (right && streaming_signals < kSignals && std::chrono::steady_clock::now() < end) {
        std::fill(y.begin(), y.end(), 0.0f);
        right = ks_matmul(&call.args) == KS_OK && memcmp(y.data(), expected.data(), y.size() * sizeof(float)) == 0;
    }
    set_timer(0);
    EXPECT_EQ(sigaction(SIGALRM, &before, nullptr), 0);
    EXPECT_TRUE(right) << "after " << streaming_signals << " signals in streaming mode";
    EXPECT_GE(streaming_signals, kSignals) << "too few signals in streaming mode";
}

// Memory that notes which threads write to it: a page becomes writable at the first write.
class WatchedMemory {
  public:
    explicit WatchedMemory(size_t bytes) {
        page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
        size_ = (bytes + page_ - 1) / page_ * page_;
        begin_ = static_cast<uint8_t*>(mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        EXPECT_NE(begin_, MAP_FAILED);
        count_ = 0;
        struct sigaction fault = {};
        fault.sa_sigaction = on_fault;
        fault.sa_flags = SA_SIGINFO;
        EXPECT_EQ(sigaction(SIGSEGV, &fault, &before_), 0);
    }
    ~WatchedMemory() {
        EXPECT_EQ(sigaction(SIGSEGV, &before_, nullptr), 0);
        munmap(begin_, size_);
    }
    float* floats() const { return reinterpret_cast<float*>(begin_); }
    size_t writers() const { return std::set<long>(writers_, writers_ + std::min(count_.load(), kMost)).size(); }

  private:
    static constexpr int kMost = 4096;

    static void on_fault(int, siginfo_t* info, void*) {
        uint8_t* at = static_cast<uint8_t*>(info->si_addr);
        if (at < begin_ || at >= begin_ + size_) abort();
        const int index = count_++;
        if (index < kMost) writers_[index] = syscall(SYS_gettid);
        mprotect(at - reinterpret_cast<uintptr_t>(at) % page_, page_, PROT_READ | PROT_WRITE);
    }

    struct sigaction before_ = {};
    static inline size_t page_;
    static inline size_t size_;
    static inline uint8_t* begin_;
    static inline long writers_[kMost];
    static inline std::atomic<int> count_;
};

size_t threads_that_write(Multiplication& call, ks_team* team) {
    const WatchedMemory y(call.y_count() * sizeof(float));
    call.args.y = y.floats();
    call.args.team = team;
    EXPECT_EQ(ks_matmul(&call.args), KS_OK) << ks_last_error();
    return y.writers();
}

// Cores share the unit, so that more threads than units only wait for one another.
TEST_P(SmeTest, NoMoreThreadsThanUnitsEnter) {
    Workers workers(3);
    Multiplication call(GetParam(), 8, 2048, 256);
    for (int i = 0; i < 3; ++i) EXPECT_LE(threads_that_write(call, workers.team()), ks::cpu_sme_units());
}

std::string name_of(const testing::TestParamInfo<int32_t>& info) { return kernel_info(info.param).name; }

// Without SME there are none.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SmeTest);
INSTANTIATE_TEST_SUITE_P(Every, SmeTest, testing::ValuesIn(kernels(true)), name_of);

// What the test above counts: other kernels are entered by more threads than one.
TEST(Threads, EnterOtherKernelsTogether) {
    Workers workers(3);
    Multiplication call(kernels(false).front(), 8, 2048, 256);
    size_t most = 0;
    for (int i = 0; i < 100 && most < 2; ++i) most = std::max(most, threads_that_write(call, workers.team()));
    EXPECT_GE(most, 2u);
}

TEST(KleidiAIFaults, TheSmePackerOfInt4GroupsLosesBitsOfScales) {
    if (ks::cpu_sme_bytes() == 0) GTEST_SKIP() << "needs SME";
    constexpr int64_t k = 32;
    const size_t columns = ks::cpu_sme_bytes();
    const uint8_t codes[k / 2] = {};
    const uint16_t scale = 0x0081;
    const float bias = 0;
    std::vector<uint8_t> packed(columns * (k / 2 + 2 + 8));
    const kai_matmul_pack_rhs_uker_api api = kai_matmul_pack_rhs_nxk_qsi4c32p16vsx4s4s0_qsu4c32_f32_bf16_sme();
    kai_matmul_pack_rhs_uker_config config = {};
    config.format.bl = k;
    const kai_matmul_pack_rhs_uker_rhs_dim_args shape = {1, k};
    const kai_matmul_pack_rhs_uker_rhs_packed_dim_args packed_shape = {1, k};
    const kai_matmul_pack_rhs_uker_scale_nk_dim_args scale_shape = {1, k};
    kai_matmul_pack_rhs_uker_args args = {};
    args.shape.n = 1;
    args.shape.k = k;
    args.operand.rhs.ptr = codes;
    args.operand.rhs.stride = api.get_rhs_stride(&config, &shape);
    args.operand.rhs_packed.ptr = packed.data();
    args.operand.rhs_packed.stride = api.get_rhs_packed_stride(&config, &packed_shape);
    args.operand.bias_n.ptr = &bias;
    args.operand.scale_nk.ptr = &scale;
    args.operand.scale_nk.stride = api.get_scale_nk_stride(&config, &scale_shape);
    api.run(&config, &args);
    const float stored = bf16(read<uint16_t>(packed.data() + columns * k / 2));
    EXPECT_NE(16 * stored, bf16(scale)) << "int4 groups could have kernels for SME without SME2";
}

TEST(KleidiAIFaults, TheSme2KernelsTurnNanIntoABound) {
    if (!(ks::cpu_features() & KS_CPU_SME2)) GTEST_SKIP() << "needs SME2";
    const float x = NAN;
    std::vector<float> panel(ks::cpu_sme_bytes());
    float y = 0;
    ks::run_ukernel<kai_run_matmul_clamp_f32_f32_f32p2vlx1b_1x16vl_sme2_mla>(
        {1, 1, 1, 0, reinterpret_cast<const uint8_t*>(&x), reinterpret_cast<const uint8_t*>(panel.data()), &y, sizeof y,
         -INFINITY, INFINITY});
    EXPECT_FALSE(isnan(y)) << "kernels/kleidiai/ukernel.h could give infinite bounds to all kernels";
}

// One row and one column of Q4_0, whose only product is -0.
TEST(KleidiAIFaults, TheOuterProductKernelsBeginWithAProduct) {
    if (ks::cpu_sme_bytes() == 0) GTEST_SKIP() << "needs SME";
    const size_t rows = ks::cpu_sme_bytes() / 4;
    const size_t columns = ks::cpu_sme_bytes();
    const uint16_t one = to_f16(1);
    const uint16_t minus_one = to_f16(-1);
    std::vector<uint8_t> lhs(rows * 34);
    std::vector<uint8_t> rhs(columns * 18);
    memcpy(lhs.data() + rows * 32, &one, sizeof one);
    memcpy(rhs.data() + columns * 16, &minus_one, sizeof minus_one);
    float y = 1;
    ks::run_ukernel<kai_run_matmul_clamp_f32_qsi8d32p1vlx4_qsi4c32p4vlx4_1vlx4vl_sme_mopa>(
        {1, 1, 32, 32, lhs.data(), rhs.data(), &y, sizeof y, -INFINITY, INFINITY});
    EXPECT_EQ(y, 0);
    EXPECT_TRUE(signbit(y)) << "kernels/kleidiai/finish.cpp need not add +0";
}

}  // namespace
}  // namespace ks_test
