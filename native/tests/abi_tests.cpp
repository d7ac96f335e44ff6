// SPDX-License-Identifier: Apache-2.0
// The ABI's functions about the library, the machine and the kernel table, with every argument wrong in turn: the right
// status, and a message that names the argument.
#include <stddef.h>

#include "support/wrong.h"

namespace ks_test {
namespace {

TEST(Abi, SaysWhatItIs) {
    EXPECT_EQ(ks_abi_version(), uint32_t{KS_ABI_VERSION});
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
#if defined(__x86_64__)
    EXPECT_EQ(info.arch, uint32_t{KS_ARCH_X64});
    EXPECT_EQ((info.features & KS_CPU_AVX2) != 0, __builtin_cpu_supports("avx2") != 0);
    EXPECT_EQ((info.features & KS_CPU_FMA) != 0, __builtin_cpu_supports("fma") != 0);
    EXPECT_EQ((info.features & KS_CPU_AVX512VNNI) != 0, __builtin_cpu_supports("avx512vnni") != 0);
#elif defined(__aarch64__)
    EXPECT_EQ(info.arch, uint32_t{KS_ARCH_ARM64});
    EXPECT_NE(info.features & KS_CPU_NEON, 0u);
    EXPECT_EQ((info.features & KS_CPU_SVE) != 0, info.sve_bytes != 0);
#endif
}

TEST(Abi, KernelTable) {
    for (int32_t i = 0; i < ks_kernel_count(); ++i) {
        ks_kernel_info info = sized<ks_kernel_info>();
        ASSERT_EQ(ks_get_kernel_info(i, &info), KS_OK) << ks_last_error();
        EXPECT_STRNE(info.name, "");
        EXPECT_STRNE(info.note, "");
        EXPECT_TRUE(std::string(info.origin) == "KleidiAI" || std::string(info.origin) == "KleidiSharp") << info.origin;
        EXPECT_EQ(std::string(info.not_compiled_reason).empty(), info.compiled == 1) << info.name;
        EXPECT_LE(info.supported, info.compiled);
        EXPECT_EQ(format_of(info.layout), info.format);
        EXPECT_LE(info.min_rows, info.max_rows);
        EXPECT_EQ(info.tier & (info.tier - 1), 0u) << "one tier a kernel";
    }
    ks_kernel_info info = sized<ks_kernel_info>();
    EXPECT_EQ(ks_get_kernel_info(-1, &info), KS_ERROR_VALUE);
    EXPECT_EQ(ks_get_kernel_info(ks_kernel_count(), &info), KS_ERROR_VALUE);
    EXPECT_EQ(ks_get_kernel_info(0, nullptr), KS_ERROR_NULL);
    info.struct_size = 0;
    EXPECT_EQ(ks_get_kernel_info(0, &info), KS_ERROR_STRUCT_SIZE);
}

ks_select_args valid_request() {
    ks_select_args request = sized<ks_select_args>();
    request.format = KS_FORMAT_INT4_GROUP;
    request.group = 32;
    request.m = 4;
    return request;
}

TEST(Abi, SelectKernel) {
    int32_t index = -1;
    const Wrong<ks_select_args> wrong(valid_request(),
                                      [&](ks_select_args& args) { return ks_select_kernel(&args, &index); });
    using Args = ks_select_args&;
    wrong(KS_ERROR_STRUCT_SIZE, "struct_size", [](Args a) { a.struct_size = 1; });
    wrong(KS_ERROR_VALUE, "format", [](Args a) { a.format = 0; });
    wrong(KS_ERROR_VALUE, "format", [](Args a) { a.format = 99; });
    wrong(KS_ERROR_VALUE, "layout", [](Args a) { a.layout = 99; });
    wrong(KS_ERROR_VALUE, "layout", [](Args a) { a.layout = KS_LAYOUT_F32_N16; });
    wrong(KS_ERROR_GROUP, "group", [](Args a) { a.group = 0; });
    wrong(KS_ERROR_GROUP, "group", [](Args a) { a.group = 48; });
    wrong(KS_ERROR_GROUP, "group", [](Args a) { a.group = 16384 + 32; });
    wrong(KS_ERROR_GROUP, "group", [](Args a) { a.format = KS_FORMAT_F32; });
    wrong(KS_ERROR_VALUE, "m", [](Args a) { a.m = -1; });
    wrong(KS_ERROR_VALUE, "flags", [](Args a) { a.flags = 1; });
    for (int32_t i = 0; i < ks_kernel_count(); ++i) {
        ks_kernel_info info = sized<ks_kernel_info>();
        ks_get_kernel_info(i, &info);
        if (info.format == KS_FORMAT_INT4_GROUP) {
            wrong(KS_ERROR_NO_KERNEL, info.name, [](Args a) { a.disabled_tiers = UINT32_MAX; });
        }
    }
    const ks_select_args request = valid_request();
    EXPECT_EQ(ks_select_kernel(nullptr, &index), KS_ERROR_NULL);
    EXPECT_EQ(ks_select_kernel(&request, nullptr), KS_ERROR_NULL);
}

TEST(Abi, CheckKernel) {
    int32_t reason = -1;
    const auto call = [&](ks_select_args& args) { return ks_check_kernel(0, &args, &reason); };
    const Wrong<ks_select_args> wrong(valid_request(), call);
    using Args = ks_select_args&;
    wrong(KS_ERROR_STRUCT_SIZE, "struct_size", [](Args a) { a.struct_size = 1; });
    wrong(KS_ERROR_VALUE, "format", [](Args a) { a.format = 0; });
    wrong(KS_ERROR_VALUE, "layout", [](Args a) { a.layout = -1; });
    wrong(KS_ERROR_VALUE, "m", [](Args a) { a.m = INT64_MIN; });
    wrong(KS_ERROR_VALUE, "flags", [](Args a) { a.flags = 1; });
    const ks_select_args request = valid_request();
    EXPECT_EQ(ks_check_kernel(0, nullptr, &reason), KS_ERROR_NULL);
    EXPECT_EQ(ks_check_kernel(0, &request, nullptr), KS_ERROR_NULL);
    EXPECT_EQ(ks_check_kernel(-1, &request, &reason), KS_ERROR_VALUE);
    EXPECT_EQ(ks_check_kernel(ks_kernel_count(), &request, &reason), KS_ERROR_VALUE);
}

int32_t reason_of(int32_t index, const ks_select_args& request) {
    int32_t reason = -1;
    EXPECT_EQ(ks_check_kernel(index, &request, &reason), KS_OK) << ks_last_error();
    return reason;
}

// What is chosen is the first row that is not rejected, for every number of rows and every set of tiers.
TEST(Abi, SelectionIsTheFirstRowThatFits) {
    const uint32_t tiers[] = {KS_TIER_PORTABLE, KS_TIER_NEON, KS_TIER_DOTPROD,
                              KS_TIER_I8MM,     KS_TIER_AVX2, KS_TIER_AVX512VNNI};
    for (uint32_t set = 0; set < 64; ++set) {
        for (const int32_t layout : {0, 1, 2, 3, 4}) {
            for (const int64_t m : {0, 1, 2, 3, 100}) {
                for (const int32_t format : {KS_FORMAT_F32, KS_FORMAT_INT4_GROUP}) {
                    if (layout != 0 && format_of(layout) != format) continue;
                    ks_select_args request = valid_request();
                    request.format = format;
                    request.layout = layout;
                    request.group = format == KS_FORMAT_F32 ? 0 : 64;
                    request.m = m;
                    for (int tier = 0; tier < 6; ++tier) {
                        if (set >> tier & 1) request.disabled_tiers |= tiers[tier];
                    }
                    int32_t expected = 0;
                    while (expected < ks_kernel_count() && reason_of(expected, request) != KS_REJECT_NONE) ++expected;
                    int32_t index = -1;
                    const int32_t status = ks_select_kernel(&request, &index);
                    if (expected == ks_kernel_count()) {
                        EXPECT_EQ(status, KS_ERROR_NO_KERNEL);
                        continue;
                    }
                    ASSERT_EQ(status, KS_OK) << ks_last_error();
                    EXPECT_EQ(index, expected);
                    if (m != 0) continue;
                    // The layout that was chosen for any number of rows serves each.
                    ks_kernel_info info = sized<ks_kernel_info>();
                    ks_get_kernel_info(index, &info);
                    request.layout = info.layout;
                    for (const int64_t rows : {1, 2, 3, 4, 5, 1000}) {
                        request.m = rows;
                        EXPECT_EQ(ks_select_kernel(&request, &index), KS_OK) << rows << " rows: " << ks_last_error();
                    }
                }
            }
        }
    }
}

TEST(Abi, KernelsAreRejectedForTheRightReason) {
    for (int32_t i = 0; i < ks_kernel_count(); ++i) {
        ks_kernel_info info = sized<ks_kernel_info>();
        ks_get_kernel_info(i, &info);
        const bool f32 = info.format == KS_FORMAT_F32;
        ks_select_args request = valid_request();
        request.format = f32 ? KS_FORMAT_INT4_GROUP : KS_FORMAT_F32;
        request.group = f32 ? 32 : 0;
        EXPECT_EQ(reason_of(i, request), KS_REJECT_FORMAT);
        request.format = info.format;
        request.group = f32 ? 0 : 32;
        request.m = info.min_rows;
        const int32_t otherwise = !info.compiled    ? KS_REJECT_NOT_COMPILED
                                  : !info.supported ? KS_REJECT_CPU
                                                    : KS_REJECT_NONE;
        EXPECT_EQ(reason_of(i, request), otherwise) << info.name;
        if (!info.supported) continue;
        request.disabled_tiers = ~info.tier;
        EXPECT_EQ(reason_of(i, request), KS_REJECT_NONE) << info.name;
        request.disabled_tiers = info.tier;
        EXPECT_EQ(reason_of(i, request), KS_REJECT_TIER) << info.name;
        request.disabled_tiers = 0;
        request.group = f32 ? 32 : 33;
        EXPECT_EQ(reason_of(i, request), KS_REJECT_GROUP) << info.name;
        request.group = f32 ? 0 : 32;
        if (info.min_rows > 1) {
            request.m = info.min_rows - 1;
            EXPECT_EQ(reason_of(i, request), KS_REJECT_ROWS) << info.name;
        }
        if (info.max_rows < INT64_MAX) {
            request.m = info.max_rows + 1;
            EXPECT_EQ(reason_of(i, request), KS_REJECT_ROWS) << info.name;
        }
        request.m = info.min_rows;
        if (!f32) {
            request.layout = info.layout == KS_LAYOUT_INT4_N32K4 ? KS_LAYOUT_INT4_NR8KR8 : KS_LAYOUT_INT4_N32K4;
            EXPECT_EQ(reason_of(i, request), KS_REJECT_LAYOUT) << info.name;
        }
    }
}

}  // namespace
}  // namespace ks_test
