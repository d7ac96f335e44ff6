// SPDX-License-Identifier: Apache-2.0
// The ABI's functions about the library, the machine and the kernel table, with every argument wrong in turn: the right
// status, and a message that names the argument.
#include <stddef.h>

#include <algorithm>
#include <iterator>

#include "support/wrong.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace ks_test {
namespace {

constexpr uint32_t kTiers[] = {KS_TIER_PORTABLE, KS_TIER_NEON, KS_TIER_DOTPROD, KS_TIER_I8MM,       KS_TIER_SVE,
                               KS_TIER_SME,      KS_TIER_SME2, KS_TIER_AVX2,    KS_TIER_AVX512VNNI, KS_TIER_AVXVNNI,
                               KS_TIER_AMX};

TEST(Abi, SaysWhatItIs) {
    EXPECT_EQ(ks_abi_version(), uint32_t{KS_ABI_VERSION});
    EXPECT_EQ(ks_abi_version(), 2u);
    EXPECT_STRNE(ks_version(), "");
    ASSERT_NE(ks_kleidiai_version(), nullptr);
    int32_t count = 0;
    const int32_t* layout = ks_abi_layout(&count);
    ASSERT_GT(count, 0);
    EXPECT_EQ(ks_abi_layout(nullptr), layout);
    EXPECT_EQ(layout[0], static_cast<int32_t>(sizeof(ks_cpu_info)));
    EXPECT_EQ(layout[count - 1], static_cast<int32_t>(offsetof(ks_matmul_args, reserved)));
}

TEST(Abi, CpuInfo) {
    const Wrong<ks_cpu_info> wrong(sized<ks_cpu_info>(), [](ks_cpu_info& info) { return ks_get_cpu_info(&info); });
    wrong(KS_ERROR_STRUCT_SIZE, "info", [](ks_cpu_info& info) { --info.struct_size; });
    EXPECT_EQ(ks_get_cpu_info(nullptr), KS_ERROR_NULL);
    ks_cpu_info info = sized<ks_cpu_info>();
    ks_get_cpu_info(&info);
    EXPECT_EQ(info.reserved, 0u);
    EXPECT_EQ((info.features & KS_CPU_SVE) != 0, info.sve_bytes != 0);
    EXPECT_EQ((info.features & KS_CPU_SME) != 0, info.sme_bytes != 0);
    EXPECT_EQ((info.features & KS_CPU_SME) != 0, info.sme_units != 0);
#if defined(__x86_64__)
    EXPECT_EQ(info.arch, uint32_t{KS_ARCH_X64});
    EXPECT_EQ((info.features & KS_CPU_AVX2) != 0, __builtin_cpu_supports("avx2") != 0);
    EXPECT_EQ((info.features & KS_CPU_FMA) != 0, __builtin_cpu_supports("fma") != 0);
    EXPECT_EQ((info.features & KS_CPU_AVX512VNNI) != 0, __builtin_cpu_supports("avx512vnni") != 0);
    // Not every compiler knows its name. Whoever has it has AVX2, which needs the same registers saved.
    uint32_t words[4] = {};
    __get_cpuid_count(7, 1, &words[0], &words[1], &words[2], &words[3]);
    EXPECT_EQ((info.features & KS_CPU_AVXVNNI) != 0, (words[0] & 0x10) != 0 && __builtin_cpu_supports("avx2") != 0);
#if !defined(KS_SOFTWARE_TILES)
    // Whether the system lets us use them is not for cpuid to say.
    constexpr uint32_t kAmxTileAndInt8 = 0x3000000;
    __get_cpuid_count(7, 0, &words[0], &words[1], &words[2], &words[3]);
    EXPECT_TRUE((info.features & KS_CPU_AMX_INT8) == 0 || (words[3] & kAmxTileAndInt8) == kAmxTileAndInt8);
#endif
#elif defined(__aarch64__)
    EXPECT_EQ(info.arch, uint32_t{KS_ARCH_ARM64});
    EXPECT_NE(info.features & KS_CPU_NEON, 0u);
#endif
}

ks_kernel_info kernel_info(int32_t index) {
    ks_kernel_info info = sized<ks_kernel_info>();
    EXPECT_EQ(ks_get_kernel_info(index, &info), KS_OK) << ks_last_error();
    return info;
}

TEST(Abi, KernelTable) {
    for (int32_t i = 0; i < ks_kernel_count(); ++i) {
        const ks_kernel_info info = kernel_info(i);
        EXPECT_STRNE(info.name, "");
        EXPECT_STRNE(info.note, "") << info.name;
        EXPECT_TRUE(std::string(info.origin) == "KleidiAI" || std::string(info.origin) == "KleidiSharp") << info.origin;
        EXPECT_EQ(std::string(info.not_compiled_reason).empty(), info.compiled == 1) << info.name;
        EXPECT_LE(info.supported, info.compiled) << info.name;
        const LayoutSpec& spec = layout_spec(info.layout);
        EXPECT_EQ(spec.format, info.format) << info.name;
        EXPECT_GE(info.min_rows, 1) << info.name;
        EXPECT_LE(info.min_rows, info.max_rows) << info.name;
        EXPECT_GE(info.min_columns, 1) << info.name;
        EXPECT_TRUE(info.exact == 0 || info.exact == 1) << info.name;
        EXPECT_EQ(std::count(std::begin(kTiers), std::end(kTiers), info.tier), 1) << info.name << " has one tier";
        if (info.supported) {
            EXPECT_NE(ks_panel_columns(info.layout, info.vector_bytes), 0) << info.name;
        }
        for (int32_t other = 0; other < i; ++other) {
            const ks_kernel_info first = kernel_info(other);
            EXPECT_FALSE(std::string(first.name) == info.name && first.layout == info.layout) << info.name << " twice";
        }
    }
    ks_kernel_info info = sized<ks_kernel_info>();
    EXPECT_EQ(ks_get_kernel_info(-1, &info), KS_ERROR_VALUE);
    EXPECT_EQ(ks_get_kernel_info(ks_kernel_count(), &info), KS_ERROR_VALUE);
    EXPECT_EQ(ks_get_kernel_info(0, nullptr), KS_ERROR_NULL);
    info.struct_size = 0;
    EXPECT_EQ(ks_get_kernel_info(0, &info), KS_ERROR_STRUCT_SIZE);
}

ks_select_args valid_request(int32_t format) {
    ks_select_args request = sized<ks_select_args>();
    request.format = format;
    request.group = is_grouped(format) ? 32 : 0;
    request.m = 4;
    request.n = 100;
    request.k = 96;
    return request;
}

// What ks_select_kernel() and ks_check_kernel() refuse alike.
void expect_requests_refused(const Wrong<ks_select_args>& wrong) {
    using Args = ks_select_args&;
    wrong(KS_ERROR_STRUCT_SIZE, "struct_size", [](Args a) { a.struct_size = 1; });
    for (const int32_t format : {0, -1, 10, 99}) wrong(KS_ERROR_VALUE, "format", [=](Args a) { a.format = format; });
    for (const int32_t layout : {-1, 5, 99, +KS_LAYOUT_F32_N16, +KS_LAYOUT_INT4_CHANNEL_N32K4}) {
        wrong(KS_ERROR_VALUE, "layout", [=](Args a) { a.layout = layout; });
    }
    wrong(KS_ERROR_VALUE, "vector_bytes", [](Args a) { a.vector_bytes = 16; });
    wrong(KS_ERROR_VALUE, "vector_bytes", [](Args a) { a.layout = KS_LAYOUT_INT4_N32K4, a.vector_bytes = 16; });
    for (const int32_t bytes : {0, 8, 24, 512, -16}) {
        wrong(KS_ERROR_VALUE, "vector_bytes", [=](Args a) { a.layout = KS_LAYOUT_INT4_SME2, a.vector_bytes = bytes; });
    }
    wrong(KS_ERROR_VALUE, "m is", [](Args a) { a.m = -1; });
    wrong(KS_ERROR_VALUE, "m is", [](Args a) { a.m = INT64_MIN; });
    wrong(KS_ERROR_VALUE, "n is", [](Args a) { a.n = 0; });
    wrong(KS_ERROR_VALUE, "n is", [](Args a) { a.n = INT64_MIN; });
    wrong(KS_ERROR_VALUE, "k is", [](Args a) { a.k = 0; });
    wrong(KS_ERROR_VALUE, "k is", [](Args a) { a.k = -32; });
    wrong(KS_ERROR_VALUE, "flags", [](Args a) { a.flags = 1; });
    wrong(KS_ERROR_VALUE, "reserved", [](Args a) { a.reserved = 1; });
}

TEST(Abi, SelectKernel) {
    int32_t index = -1;
    const Wrong<ks_select_args> wrong(valid_request(KS_FORMAT_INT4_GROUP),
                                      [&](ks_select_args& args) { return ks_select_kernel(&args, &index); });
    expect_requests_refused(wrong);
    using Args = ks_select_args&;
    for (const int32_t group : {0, 48, -32, 16384 + 32}) {
        wrong(KS_ERROR_GROUP, "group", [=](Args a) { a.group = group; });
    }
    wrong(KS_ERROR_GROUP, "group", [](Args a) { a.format = KS_FORMAT_F32; });
    wrong(KS_ERROR_GROUP, "group", [](Args a) { a.format = KS_FORMAT_Q4_0; });
    wrong(KS_ERROR_GROUP, "k is", [](Args a) { a.k = 97; });
    for (const int32_t format : {KS_FORMAT_Q4_0, KS_FORMAT_INT2_CHANNEL}) {
        wrong(KS_ERROR_VALUE, "k is", [=](Args a) { a.format = format, a.group = 0, a.k = 97; });
    }
    for (const int32_t format : {KS_FORMAT_INT4_CHANNEL, KS_FORMAT_INT8_CHANNEL, KS_FORMAT_INT2_CHANNEL}) {
        wrong(KS_ERROR_VALUE, "k is", [=](Args a) { a.format = format, a.group = 0, a.k = KS_MAX_CHANNEL_K + 32; });
    }
    for (int32_t i = 0; i < ks_kernel_count(); ++i) {
        const ks_kernel_info info = kernel_info(i);
        wrong(KS_ERROR_NO_KERNEL, info.name, [&](Args a) {
            a = valid_request(info.format);
            a.disabled_tiers = UINT32_MAX;
        });
    }
    const ks_select_args request = valid_request(KS_FORMAT_INT4_GROUP);
    EXPECT_EQ(ks_select_kernel(nullptr, &index), KS_ERROR_NULL);
    EXPECT_EQ(ks_select_kernel(&request, nullptr), KS_ERROR_NULL);
    EXPECT_EQ(ks_select_kernel(&request, misaligned(&index)), KS_ERROR_ALIGNMENT);
    EXPECT_EQ(ks_select_kernel(misaligned(&request), &index), KS_ERROR_ALIGNMENT);
}

TEST(Abi, CheckKernel) {
    int32_t reason = -1;
    const auto call = [&](ks_select_args& args) { return ks_check_kernel(0, &args, &reason); };
    expect_requests_refused(Wrong<ks_select_args>(valid_request(KS_FORMAT_INT4_GROUP), call));
    const ks_select_args request = valid_request(KS_FORMAT_INT4_GROUP);
    EXPECT_EQ(ks_check_kernel(0, nullptr, &reason), KS_ERROR_NULL);
    EXPECT_EQ(ks_check_kernel(0, &request, nullptr), KS_ERROR_NULL);
    EXPECT_EQ(ks_check_kernel(0, &request, misaligned(&reason)), KS_ERROR_ALIGNMENT);
    EXPECT_EQ(ks_check_kernel(-1, &request, &reason), KS_ERROR_VALUE);
    EXPECT_EQ(ks_check_kernel(ks_kernel_count(), &request, &reason), KS_ERROR_VALUE);
}

int32_t reason_of(int32_t index, const ks_select_args& request) {
    int32_t reason = -1;
    EXPECT_EQ(ks_check_kernel(index, &request, &reason), KS_OK) << ks_last_error();
    return reason;
}

// The first row that is not rejected, or the number of rows.
int32_t first_that_fits(const ks_select_args& request) {
    int32_t index = 0;
    while (index < ks_kernel_count() && reason_of(index, request) != KS_REJECT_NONE) ++index;
    return index;
}

void expect_first_that_fits(ks_select_args request) {
    const int32_t expected = first_that_fits(request);
    int32_t index = -1;
    const int32_t status = ks_select_kernel(&request, &index);
    if (expected == ks_kernel_count()) {
        EXPECT_EQ(status, KS_ERROR_NO_KERNEL);
        return;
    }
    ASSERT_EQ(status, KS_OK) << ks_last_error();
    EXPECT_EQ(index, expected);
    EXPECT_EQ(kernel_info(index).exact, 1);
    if (request.m != 0) return;
    // The layout that was chosen for any number of rows serves each.
    request.layout = kernel_info(index).layout;
    request.vector_bytes = kernel_info(index).vector_bytes;
    for (const int64_t rows : {1, 2, 3, 4, 5, 1000}) {
        request.m = rows;
        EXPECT_EQ(ks_select_kernel(&request, &index), KS_OK) << rows << " rows: " << ks_last_error();
    }
}

// For every format, layout, number of rows and columns, over drawn sets of tiers.
TEST(Abi, SelectionIsTheFirstRowThatFits) {
    for (uint64_t i = 0; i < 24; ++i) {
        Random random(seed_of_case(i));
        uint32_t disabled = 0;
        for (const uint32_t tier : kTiers) {
            if (i > 0 && random.one_in(2)) disabled |= tier;
        }
        for (const int32_t format : kFormats) {
            for (const int64_t m : {0, 1, 2, 3, 100}) {
                ks_select_args request = valid_request(format);
                request.m = m;
                request.n = random.one_in(2) ? 1 : 1000;
                request.disabled_tiers = disabled;
                expect_first_that_fits(request);
                for (const LayoutSpec& spec : kLayouts) {
                    if (spec.format != format) continue;
                    request.layout = spec.layout;
                    for (const int32_t bytes : vector_lengths(spec)) {
                        request.vector_bytes = bytes;
                        expect_first_that_fits(request);
                    }
                }
            }
        }
    }
}

TEST(Abi, EveryFormatHasAKernelWithoutAnyTier) {
    for (const int32_t format : kFormats) {
        ks_select_args request = valid_request(format);
        request.disabled_tiers = ~uint32_t{KS_TIER_PORTABLE};
        request.m = 0;
        request.n = 1;
        int32_t index = -1;
        EXPECT_EQ(ks_select_kernel(&request, &index), KS_OK) << ks_last_error();
    }
}

TEST(Abi, KernelsAreRejectedForTheRightReason) {
    for (int32_t i = 0; i < ks_kernel_count(); ++i) {
        const ks_kernel_info info = kernel_info(i);
        SCOPED_TRACE(info.name);
        EXPECT_EQ(reason_of(i, valid_request(info.format == KS_FORMAT_F32 ? KS_FORMAT_BF16 : KS_FORMAT_F32)),
                  KS_REJECT_FORMAT);
        ks_select_args valid = valid_request(info.format);
        valid.m = info.min_rows;
        valid.n = info.min_columns;
        const int32_t reason = reason_of(i, valid);
        if (!info.compiled) {
            EXPECT_EQ(reason, KS_REJECT_NOT_COMPILED);
        } else if (!info.supported) {
            EXPECT_TRUE(reason == KS_REJECT_CPU || reason == KS_REJECT_VECTOR) << reason;
        } else {
            EXPECT_EQ(reason, info.exact ? KS_REJECT_NONE : KS_REJECT_INEXACT);
        }
        if (!info.supported) continue;
        const auto expect = [&](int32_t expected, auto change) {
            ks_select_args request = valid;
            change(request);
            EXPECT_EQ(reason_of(i, request), expected);
        };
        using Args = ks_select_args&;
        expect(reason, [&](Args a) { a.disabled_tiers = ~info.tier; });
        expect(reason, [&](Args a) { a.layout = info.layout, a.vector_bytes = info.vector_bytes; });
        expect(KS_REJECT_TIER, [&](Args a) { a.disabled_tiers = info.tier; });
        expect(KS_REJECT_GROUP, [&](Args a) { a.group = is_grouped(info.format) ? 33 : 32; });
        if (info.min_rows > 1) expect(KS_REJECT_ROWS, [&](Args a) { a.m = info.min_rows - 1; });
        if (info.max_rows < INT64_MAX) expect(KS_REJECT_ROWS, [&](Args a) { a.m = info.max_rows + 1; });
        if (info.min_columns > 1) expect(KS_REJECT_COLUMNS, [&](Args a) { a.n = info.min_columns - 1; });
        for (const LayoutSpec& spec : kLayouts) {
            if (spec.format != info.format) continue;
            for (const int32_t bytes : vector_lengths(spec)) {
                if (spec.layout == info.layout && bytes == info.vector_bytes) continue;
                expect(spec.layout == info.layout ? KS_REJECT_VECTOR : KS_REJECT_LAYOUT,
                       [&](Args a) { a.layout = spec.layout, a.vector_bytes = bytes; });
            }
        }
    }
}

}  // namespace
}  // namespace ks_test
