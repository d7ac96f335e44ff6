// SPDX-License-Identifier: Apache-2.0
// Every function of the ABI with every argument wrong in turn: the right status, and a message that names the argument.
#include <stddef.h>

#include <functional>

#include "support/cases.h"

namespace ks_test {
namespace {

// Runs `call` on a copy of valid arguments after `spoil` changed it.
template <typename Args>
class Wrong {
  public:
    Wrong(const Args& valid, std::function<int32_t(Args&)> call) : valid_(valid), call_(std::move(call)) {
        Args args = valid_;
        EXPECT_EQ(call_(args), KS_OK) << ks_last_error();
    }
    void operator()(int32_t status, const char* named, std::function<void(Args&)> spoil) const {
        Args args = valid_;
        spoil(args);
        EXPECT_EQ(call_(args), status) << named << ": " << ks_last_error();
        EXPECT_NE(std::string(ks_last_error()).find(named), std::string::npos) << named << ": " << ks_last_error();
    }

  private:
    Args valid_;
    std::function<int32_t(Args&)> call_;
};

template <typename T>
T sized() {
    T value = {};
    value.struct_size = sizeof(T);
    return value;
}

template <typename T>
T* misaligned(T* pointer) {
    return reinterpret_cast<T*>(reinterpret_cast<uintptr_t>(pointer) + 1);
}

// A packed matrix of each format with everything that a call needs.
struct World {
    Random random{3};
    Matrix int4 = draw_matrix(random, KS_FORMAT_INT4_GROUP, 40, 64, 32, true);
    Matrix f32 = draw_matrix(random, KS_FORMAT_F32, 20, 9, 0, true);
    Guarded<uint8_t> int4_blob{packed_size(int4, KS_LAYOUT_INT4_N32K4), Against::kEnd, KS_ALIGNMENT};
    Guarded<uint8_t> f32_blob{packed_size(f32, KS_LAYOUT_F32_N16), Against::kEnd, KS_ALIGNMENT};
    World() {
        pack(int4, KS_LAYOUT_INT4_N32K4, int4_blob);
        pack(f32, KS_LAYOUT_F32_N16, f32_blob);
    }
};

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
    const Wrong<ks_select_args> wrong(valid_request(), [&](ks_select_args& args) { return ks_select_kernel(&args, &index); });
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
    const uint32_t tiers[] = {KS_TIER_PORTABLE, KS_TIER_NEON, KS_TIER_DOTPROD, KS_TIER_I8MM, KS_TIER_AVX2, KS_TIER_AVX512VNNI};
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

TEST(Abi, PackedSize) {
    World world;
    uint64_t size = 0;
    const Wrong<ks_shape> wrong(world.int4.shape(KS_LAYOUT_INT4_N32K4), [&](ks_shape& s) { return ks_packed_size(&s, &size); });
    EXPECT_EQ(size, 128u + 2 * 32 * (32 + 2 * 2 + 8));
    using Args = ks_shape&;
    wrong(KS_ERROR_STRUCT_SIZE, "shape", [](Args s) { s.struct_size = 0; });
    wrong(KS_ERROR_VALUE, "format", [](Args s) { s.format = 7; });
    wrong(KS_ERROR_VALUE, "layout", [](Args s) { s.layout = 0; });
    wrong(KS_ERROR_VALUE, "layout", [](Args s) { s.layout = KS_LAYOUT_F32_N16; });
    wrong(KS_ERROR_GROUP, "group", [](Args s) { s.group = 0; });
    wrong(KS_ERROR_GROUP, "group", [](Args s) { s.group = -32; });
    wrong(KS_ERROR_GROUP, "group", [](Args s) { s.group = 128; });
    wrong(KS_ERROR_VALUE, "n is", [](Args s) { s.n = 0; });
    wrong(KS_ERROR_VALUE, "n is", [](Args s) { s.n = INT64_MIN; });
    wrong(KS_ERROR_VALUE, "k is", [](Args s) { s.k = 0; });
    wrong(KS_ERROR_GROUP, "k is", [](Args s) { s.k = 65; });
    wrong(KS_ERROR_OVERFLOW, "n is", [](Args s) { s.n = INT64_MAX; });
    wrong(KS_ERROR_OVERFLOW, "k is", [](Args s) { s.k = INT64_MAX - 31; });
    wrong(KS_ERROR_OVERFLOW, "n is", [](Args s) { s.n = s.k = int64_t{1} << 31; });
    const ks_shape shape = world.int4.shape(KS_LAYOUT_INT4_N32K4);
    EXPECT_EQ(ks_packed_size(nullptr, &size), KS_ERROR_NULL);
    EXPECT_EQ(ks_packed_size(&shape, nullptr), KS_ERROR_NULL);
    EXPECT_EQ(ks_panel_columns(KS_LAYOUT_F32_N16), 16);
    EXPECT_EQ(ks_panel_columns(KS_LAYOUT_INT4_N32K4), 32);
    EXPECT_EQ(ks_panel_columns(KS_LAYOUT_INT4_NR8KR8), 8);
    EXPECT_EQ(ks_panel_columns(KS_LAYOUT_INT4_NR8KR16), 8);
    for (const int32_t layout : {-1, 0, 5}) {
        EXPECT_EQ(ks_panel_columns(layout), 0);
        EXPECT_EQ(ks_verify_layout(layout), KS_ERROR_VALUE);
    }
}

TEST(Abi, Quantize) {
    Guarded<float> weights(2 * 70 + 64);
    for (float& w : weights) w = 1.0f;
    Guarded<uint8_t> codes(3 * 32);
    Guarded<uint16_t> scales(3 * 2);
    ks_quantize_args valid = sized<ks_quantize_args>();
    valid.group = 32;
    valid.n = 3;
    valid.k = 64;
    valid.weights = weights.data();
    valid.weights_stride = 70;
    valid.codes = codes.data();
    valid.codes_size = codes.size();
    valid.scales = scales.data();
    valid.scales_count = scales.size();
    const Wrong<ks_quantize_args> wrong(valid, [](ks_quantize_args& args) { return ks_quantize_int4(&args); });
    using Args = ks_quantize_args&;
    wrong(KS_ERROR_STRUCT_SIZE, "args", [](Args a) { ++a.struct_size; });
    wrong(KS_ERROR_GROUP, "group", [](Args a) { a.group = 0; });
    wrong(KS_ERROR_GROUP, "group", [](Args a) { a.group = 128; });
    wrong(KS_ERROR_VALUE, "n is", [](Args a) { a.n = 0; });
    wrong(KS_ERROR_VALUE, "k is", [](Args a) { a.k = -64; });
    wrong(KS_ERROR_NULL, "weights", [](Args a) { a.weights = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "weights", [](Args a) { a.weights = misaligned(a.weights); });
    wrong(KS_ERROR_VALUE, "weights", [](Args a) { a.weights_stride = 63; });
    wrong(KS_ERROR_OVERFLOW, "weights", [](Args a) { a.weights_stride = INT64_MAX; });
    wrong(KS_ERROR_OVERFLOW, "weights", [](Args a) { a.n = INT64_MAX; });
    wrong(KS_ERROR_NULL, "codes", [](Args a) { a.codes = nullptr; });
    wrong(KS_ERROR_BUFFER_SIZE, "codes", [](Args a) { --a.codes_size; });
    wrong(KS_ERROR_NULL, "scales", [](Args a) { a.scales = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "scales", [](Args a) { a.scales = misaligned(a.scales); });
    wrong(KS_ERROR_BUFFER_SIZE, "scales", [](Args a) { --a.scales_count; });
    wrong(KS_ERROR_OVERLAP, "codes", [](Args a) {
        a.codes = reinterpret_cast<uint8_t*>(const_cast<float*>(a.weights)) + 204 * 4 - 1;
    });
    wrong(KS_ERROR_OVERLAP, "scales", [](Args a) { a.scales = reinterpret_cast<uint16_t*>(const_cast<float*>(a.weights)); });
    wrong(KS_ERROR_OVERLAP, "codes", [](Args a) { a.scales = reinterpret_cast<uint16_t*>(a.codes + 32 * 3 - 2); });
    EXPECT_EQ(ks_quantize_int4(nullptr), KS_ERROR_NULL);
}

TEST(Abi, Pack) {
    World world;
    Guarded<uint8_t> blob(world.int4_blob.size(), Against::kEnd, KS_ALIGNMENT);
    const ks_shape shape = world.int4.shape(KS_LAYOUT_INT4_N32K4);
    ks_pack_args valid = sized<ks_pack_args>();
    valid.shape = &shape;
    valid.n_end = 40;
    valid.weights = world.int4.codes.data();
    valid.weights_stride_bytes = 32;
    valid.scales = world.int4.scales.data();
    valid.scales_stride = 2;
    valid.bias = world.int4.bias.data();
    valid.packed = blob.data();
    valid.packed_size = blob.size();
    const Wrong<ks_pack_args> wrong(valid, [](ks_pack_args& args) { return ks_pack(&args); });
    using Args = ks_pack_args&;
    wrong(KS_ERROR_STRUCT_SIZE, "args", [](Args a) { a.struct_size = 0; });
    wrong(KS_ERROR_VALUE, "flags", [](Args a) { a.flags = 1; });
    wrong(KS_ERROR_NULL, "shape", [](Args a) { a.shape = nullptr; });
    ks_shape other = shape;
    other.group = 48;
    wrong(KS_ERROR_GROUP, "group", [&](Args a) { a.shape = &other; });
    wrong(KS_ERROR_VALUE, "n_begin", [](Args a) { a.n_begin = -32; });
    wrong(KS_ERROR_VALUE, "n_begin", [](Args a) { a.n_begin = 8; });
    wrong(KS_ERROR_VALUE, "n_begin", [](Args a) { a.n_begin = 64; });
    wrong(KS_ERROR_VALUE, "n_end", [](Args a) { a.n_end = 33; });
    wrong(KS_ERROR_VALUE, "n_end", [](Args a) { a.n_end = 64; });
    wrong(KS_ERROR_VALUE, "n_end", [](Args a) { a.n_begin = 32, a.n_end = 0; });
    wrong(KS_ERROR_NULL, "weights", [](Args a) { a.weights = nullptr; });
    wrong(KS_ERROR_VALUE, "weights", [](Args a) { a.weights_stride_bytes = 31; });
    wrong(KS_ERROR_OVERFLOW, "weights", [](Args a) { a.weights_stride_bytes = INT64_MAX; });
    wrong(KS_ERROR_NULL, "scales", [](Args a) { a.scales = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "scales", [](Args a) { a.scales = misaligned(a.scales); });
    wrong(KS_ERROR_VALUE, "scales", [](Args a) { a.scales_stride = 1; });
    wrong(KS_ERROR_OVERFLOW, "scales", [](Args a) { a.scales_stride = INT64_MAX / 4; });
    wrong(KS_ERROR_ALIGNMENT, "bias", [](Args a) { a.bias = misaligned(a.bias); });
    wrong(KS_ERROR_NULL, "packed", [](Args a) { a.packed = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "packed", [](Args a) { a.packed = static_cast<uint8_t*>(a.packed) + 32; });
    wrong(KS_ERROR_BUFFER_SIZE, "packed", [](Args a) { --a.packed_size; });
    wrong(KS_ERROR_OVERLAP, "weights", [](Args a) { a.weights = static_cast<uint8_t*>(a.packed) + a.packed_size - 1; });
    wrong(KS_ERROR_OVERLAP, "scales", [](Args a) { a.scales = static_cast<uint16_t*>(a.packed); });
    wrong(KS_ERROR_OVERLAP, "bias", [](Args a) { a.bias = static_cast<float*>(a.packed) - 39; });
    EXPECT_EQ(ks_pack(nullptr), KS_ERROR_NULL);

    const ks_shape f32_shape = world.f32.shape(KS_LAYOUT_F32_N16);
    Guarded<uint8_t> f32_blob(world.f32_blob.size(), Against::kEnd, KS_ALIGNMENT);
    ks_pack_args f32 = valid;
    f32.shape = &f32_shape;
    f32.n_end = 20;
    f32.weights = world.f32.f32.data();
    f32.weights_stride_bytes = 36;
    f32.scales = nullptr;
    f32.scales_stride = 0;
    f32.packed = f32_blob.data();
    f32.packed_size = f32_blob.size();
    const Wrong<ks_pack_args> wrong_f32(f32, [](ks_pack_args& args) { return ks_pack(&args); });
    wrong_f32(KS_ERROR_VALUE, "scales", [&](Args a) { a.scales = world.int4.scales.data(); });
    wrong_f32(KS_ERROR_VALUE, "scales_stride", [](Args a) { a.scales_stride = 1; });
    wrong_f32(KS_ERROR_VALUE, "weights_stride_bytes", [](Args a) { a.weights_stride_bytes = 38; });
    wrong_f32(KS_ERROR_ALIGNMENT, "weights", [](Args a) { a.weights = static_cast<const uint8_t*>(a.weights) + 2; });
}

TEST(Abi, PackSealAndDescribe) {
    World world;
    uint8_t* packed = world.int4_blob.data();
    const uint64_t size = world.int4_blob.size();
    const ks_shape shape = world.int4.shape(KS_LAYOUT_INT4_N32K4);
    EXPECT_EQ(ks_pack_seal(nullptr, packed, size), KS_ERROR_NULL);
    EXPECT_EQ(ks_pack_seal(&shape, nullptr, size), KS_ERROR_NULL);
    EXPECT_EQ(ks_pack_seal(&shape, packed + 8, size - 8), KS_ERROR_ALIGNMENT);
    EXPECT_EQ(ks_pack_seal(&shape, packed, size - 1), KS_ERROR_BUFFER_SIZE);
    ks_packed_info info = sized<ks_packed_info>();
    EXPECT_EQ(ks_packed_describe(packed, size, 1, &info), KS_OK) << ks_last_error();
    EXPECT_EQ(ks_packed_describe(nullptr, size, 1, &info), KS_ERROR_NULL);
    EXPECT_EQ(ks_packed_describe(packed + 8, size - 8, 1, &info), KS_ERROR_ALIGNMENT);
    EXPECT_EQ(ks_packed_describe(packed, size, 2, &info), KS_ERROR_VALUE);
    EXPECT_EQ(ks_packed_describe(packed, size, -1, &info), KS_ERROR_VALUE);
    EXPECT_EQ(ks_packed_describe(packed, size, 0, nullptr), KS_ERROR_NULL);
    info.struct_size = 8;
    EXPECT_EQ(ks_packed_describe(packed, size, 0, &info), KS_ERROR_STRUCT_SIZE);
}

TEST(Abi, Unpack) {
    World world;
    Guarded<uint8_t> weights(40 * 32);
    Guarded<uint16_t> scales(40 * 2);
    Guarded<float> bias(40);
    ks_unpack_args valid = sized<ks_unpack_args>();
    valid.packed = world.int4_blob.data();
    valid.packed_size = world.int4_blob.size();
    valid.weights = weights.data();
    valid.weights_size = weights.size();
    valid.scales = scales.data();
    valid.scales_count = scales.size();
    valid.bias = bias.data();
    valid.bias_count = bias.size();
    const Wrong<ks_unpack_args> wrong(valid, [](ks_unpack_args& args) { return ks_unpack(&args); });
    using Args = ks_unpack_args&;
    wrong(KS_ERROR_STRUCT_SIZE, "args", [](Args a) { a.struct_size = 0; });
    wrong(KS_ERROR_VALUE, "flags", [](Args a) { a.flags = 1; });
    wrong(KS_ERROR_NULL, "packed", [](Args a) { a.packed = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "packed", [](Args a) { a.packed = static_cast<const uint8_t*>(a.packed) + 1; });
    wrong(KS_ERROR_BLOB_TRUNCATED, "packed", [](Args a) { --a.packed_size; });
    wrong(KS_ERROR_NULL, "weights", [](Args a) { a.weights = nullptr; });
    wrong(KS_ERROR_BUFFER_SIZE, "weights", [](Args a) { --a.weights_size; });
    wrong(KS_ERROR_NULL, "scales", [](Args a) { a.scales = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "scales", [](Args a) { a.scales = misaligned(a.scales); });
    wrong(KS_ERROR_BUFFER_SIZE, "scales", [](Args a) { --a.scales_count; });
    wrong(KS_ERROR_ALIGNMENT, "bias", [](Args a) { a.bias = misaligned(a.bias); });
    wrong(KS_ERROR_BUFFER_SIZE, "bias", [](Args a) { --a.bias_count; });
    wrong(KS_ERROR_OVERLAP, "weights", [](Args a) { a.weights = const_cast<void*>(a.packed); });
    wrong(KS_ERROR_OVERLAP, "scales", [](Args a) { a.scales = static_cast<uint16_t*>(const_cast<void*>(a.packed)); });
    wrong(KS_ERROR_OVERLAP, "bias", [](Args a) { a.bias = static_cast<float*>(const_cast<void*>(a.packed)); });
    wrong(KS_ERROR_OVERLAP, "scales", [](Args a) { a.scales = static_cast<uint16_t*>(a.weights); });
    wrong(KS_ERROR_OVERLAP, "bias", [](Args a) { a.bias = static_cast<float*>(a.weights); });
    wrong(KS_ERROR_OVERLAP, "bias", [](Args a) { a.bias = reinterpret_cast<float*>(a.scales); });
    EXPECT_EQ(ks_unpack(nullptr), KS_ERROR_NULL);
    ks_unpack_args without_bias = valid;
    without_bias.bias = nullptr;
    without_bias.bias_count = 0;
    EXPECT_EQ(ks_unpack(&without_bias), KS_OK) << ks_last_error();

    ks_unpack_args f32 = valid;
    f32.packed = world.f32_blob.data();
    f32.packed_size = world.f32_blob.size();
    f32.scales = nullptr;
    f32.scales_count = 0;
    const Wrong<ks_unpack_args> wrong_f32(f32, [](ks_unpack_args& args) { return ks_unpack(&args); });
    wrong_f32(KS_ERROR_VALUE, "scales", [&](Args a) { a.scales = scales.data(); });
    wrong_f32(KS_ERROR_VALUE, "scales_count", [](Args a) { a.scales_count = 1; });
    wrong_f32(KS_ERROR_ALIGNMENT, "weights", [](Args a) { a.weights = static_cast<uint8_t*>(a.weights) + 1; });
}

TEST(Abi, MatMul) {
    World world;
    Guarded<float> x(2 * 70 + 64);
    for (float& value : x) value = 1.0f;
    Guarded<float> y(2 * 50 + 40);
    Guarded<uint8_t> scratch(1 << 14, Against::kEnd, KS_ALIGNMENT);
    Guarded<uint8_t> team(ks_team_size(1), Against::kEnd, KS_ALIGNMENT);
    ASSERT_EQ(ks_team_init(team.data(), team.size(), 1), KS_OK) << ks_last_error();
    ks_matmul_args valid = sized<ks_matmul_args>();
    valid.kernel = -1;
    valid.packed = world.int4_blob.data();
    valid.packed_size = world.int4_blob.size();
    valid.m = 3;
    valid.x = x.data();
    valid.x_stride = 70;
    valid.x_count = x.size();
    valid.y = y.data();
    valid.y_stride = 50;
    valid.y_count = y.size();
    valid.clamp_min = -INFINITY;
    valid.clamp_max = INFINITY;
    valid.scratch = scratch.data();
    valid.scratch_size = scratch.size();
    valid.team = reinterpret_cast<ks_team*>(team.data());
    uint64_t needed = 0;
    ASSERT_EQ(ks_matmul_scratch_size(&valid, &needed), KS_OK) << ks_last_error();
    ASSERT_LE(needed, scratch.size());
    const Wrong<ks_matmul_args> wrong(valid, [](ks_matmul_args& args) {
        const int32_t status = ks_matmul(&args);
        if (args.struct_size == sizeof args) {
            EXPECT_EQ(args.kernel_used >= 0, status == KS_OK);
        }
        return status;
    });
    using Args = ks_matmul_args&;
    wrong(KS_ERROR_STRUCT_SIZE, "args", [](Args a) { a.struct_size = 0; });
    wrong(KS_ERROR_VALUE, "flags", [](Args a) { a.flags = 1; });
    wrong(KS_ERROR_VALUE, "reserved", [](Args a) { a.reserved = 1; });
    wrong(KS_ERROR_VALUE, "kernel", [](Args a) { a.kernel = -2; });
    wrong(KS_ERROR_VALUE, "kernel", [](Args a) { a.kernel = ks_kernel_count(); });
    wrong(KS_ERROR_NO_KERNEL, "switched off", [](Args a) { a.disabled_tiers = UINT32_MAX; });
    for (int32_t i = 0; i < ks_kernel_count(); ++i) {
        ks_kernel_info info = sized<ks_kernel_info>();
        ks_get_kernel_info(i, &info);
        if (info.layout == KS_LAYOUT_INT4_N32K4 && info.supported) continue;
        wrong(KS_ERROR_NO_KERNEL, info.name, [i](Args a) { a.kernel = i; });
    }
    wrong(KS_ERROR_NULL, "packed", [](Args a) { a.packed = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "packed", [](Args a) { a.packed = static_cast<const uint8_t*>(a.packed) + 4; });
    wrong(KS_ERROR_BLOB_TRUNCATED, "packed", [](Args a) { --a.packed_size; });
    wrong(KS_ERROR_VALUE, "m is", [](Args a) { a.m = -1; });
    wrong(KS_ERROR_NULL, "x", [](Args a) { a.x = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "x", [](Args a) { a.x = misaligned(a.x); });
    wrong(KS_ERROR_VALUE, "x", [](Args a) { a.x_stride = 63; });
    wrong(KS_ERROR_OVERFLOW, "x", [](Args a) { a.x_stride = INT64_MAX / 4; });
    wrong(KS_ERROR_BUFFER_SIZE, "x", [](Args a) { --a.x_count; });
    wrong(KS_ERROR_BUFFER_SIZE, "x", [](Args a) { a.m = 4; });
    wrong(KS_ERROR_OVERFLOW, "x", [](Args a) { a.m = INT64_MAX; });
    wrong(KS_ERROR_NULL, "y", [](Args a) { a.y = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "y", [](Args a) { a.y = misaligned(a.y); });
    wrong(KS_ERROR_VALUE, "y", [](Args a) { a.y_stride = 39; });
    wrong(KS_ERROR_OVERFLOW, "y", [](Args a) { a.y_stride = INT64_MAX; });
    wrong(KS_ERROR_BUFFER_SIZE, "y", [](Args a) { --a.y_count; });
    wrong(KS_ERROR_VALUE, "clamp_min", [](Args a) { a.clamp_min = NAN; });
    wrong(KS_ERROR_VALUE, "clamp_max", [](Args a) { a.clamp_max = NAN; });
    wrong(KS_ERROR_VALUE, "clamp_min", [](Args a) { a.clamp_min = 1.0f, a.clamp_max = 0.5f; });
    wrong(KS_ERROR_NULL, "scratch", [](Args a) { a.scratch = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "scratch", [](Args a) { a.scratch = static_cast<uint8_t*>(a.scratch) + 16; });
    wrong(KS_ERROR_BUFFER_SIZE, "scratch", [needed](Args a) { a.scratch_size = needed - 1; });
    wrong(KS_ERROR_ALIGNMENT, "team", [](Args a) { a.team = misaligned(a.team); });
    wrong(KS_ERROR_TEAM, "team", [](Args a) { a.team = static_cast<ks_team*>(a.scratch); });
    wrong(KS_ERROR_OVERLAP, "x", [](Args a) { a.y = const_cast<float*>(a.x) + 203; });
    wrong(KS_ERROR_OVERLAP, "packed", [](Args a) { a.y = static_cast<float*>(const_cast<void*>(a.packed)); });
    wrong(KS_ERROR_OVERLAP, "scratch", [](Args a) { a.y = static_cast<float*>(a.scratch); });
    wrong(KS_ERROR_OVERLAP, "team", [](Args a) { a.y = reinterpret_cast<float*>(a.team); });
    wrong(KS_ERROR_OVERLAP, "x", [](Args a) { a.x = static_cast<float*>(a.scratch); });
    wrong(KS_ERROR_OVERLAP, "packed", [](Args a) { a.scratch = const_cast<void*>(a.packed); });
    wrong(KS_ERROR_OVERLAP, "team", [](Args a) { a.scratch = a.team; });
    EXPECT_EQ(ks_matmul(nullptr), KS_ERROR_NULL);
    EXPECT_EQ(ks_matmul_scratch_size(nullptr, &needed), KS_ERROR_NULL);
    EXPECT_EQ(ks_matmul_scratch_size(&valid, nullptr), KS_ERROR_NULL);
    ks_matmul_args unsized = valid;
    unsized.struct_size = 0;
    EXPECT_EQ(ks_matmul_scratch_size(&unsized, &needed), KS_ERROR_STRUCT_SIZE);

    // No rows: nothing is needed and nothing happens.
    ks_matmul_args none = sized<ks_matmul_args>();
    none.kernel = -1;
    none.packed = valid.packed;
    none.packed_size = valid.packed_size;
    EXPECT_EQ(ks_matmul(&none), KS_OK) << ks_last_error();
    EXPECT_EQ(none.kernel_used, -1);
    EXPECT_EQ(ks_matmul_scratch_size(&none, &needed), KS_OK) << ks_last_error();
    EXPECT_EQ(needed, 0u);

    ASSERT_EQ(ks_team_stop(valid.team), KS_OK) << ks_last_error();
    wrong(KS_ERROR_TEAM, "stopped", [](Args) {});
}

// A layout that nothing here reads has a status of its own.
TEST(Abi, MatMulOfALayoutOfAnotherMachine) {
    World world;
    for (const int32_t layout : {KS_LAYOUT_INT4_NR8KR8, KS_LAYOUT_INT4_NR8KR16}) {
        bool usable = false;
        for (int32_t i = 0; i < ks_kernel_count(); ++i) {
            ks_kernel_info info = sized<ks_kernel_info>();
            ks_get_kernel_info(i, &info);
            usable |= info.layout == layout && info.supported;
        }
        Guarded<uint8_t> blob(packed_size(world.int4, layout), Against::kEnd, KS_ALIGNMENT);
        pack(world.int4, layout, blob);
        ks_matmul_args args = sized<ks_matmul_args>();
        args.kernel = -1;
        args.packed = blob.data();
        args.packed_size = blob.size();
        EXPECT_EQ(ks_matmul(&args), usable ? KS_OK : KS_ERROR_BLOB_LAYOUT);
    }
}

TEST(Abi, ScratchGrowsUpToAFixedNumberOfRows) {
    World world;
    ks_matmul_args args = sized<ks_matmul_args>();
    args.kernel = -1;
    args.packed = world.int4_blob.data();
    args.packed_size = world.int4_blob.size();
    uint64_t most = 0;
    for (int64_t m = 1; m < 3000; ++m) {
        args.m = m;
        uint64_t size = 0;
        ASSERT_EQ(ks_matmul_scratch_size(&args, &size), KS_OK) << ks_last_error();
        most = size > most ? size : most;
    }
    args.m = INT64_MAX;
    uint64_t size = 0;
    ASSERT_EQ(ks_matmul_scratch_size(&args, &size), KS_OK) << ks_last_error();
    EXPECT_LE(size, most);
}

TEST(Abi, Team) {
    EXPECT_EQ(ks_team_size(0), 0u);
    EXPECT_EQ(ks_team_size(-1), 0u);
    EXPECT_EQ(ks_team_size(1024), 0u);
    EXPECT_GT(ks_team_size(1023), 0u);
    Guarded<uint8_t> memory(ks_team_size(1), Against::kEnd, KS_ALIGNMENT);
    ks_team* team = reinterpret_cast<ks_team*>(memory.data());
    EXPECT_EQ(ks_team_work(team), KS_ERROR_TEAM) << "not initialised";
    EXPECT_EQ(ks_team_stop(team), KS_ERROR_TEAM) << "not initialised";
    EXPECT_EQ(ks_team_init(nullptr, memory.size(), 1), KS_ERROR_NULL);
    EXPECT_EQ(ks_team_init(memory.data() + 8, memory.size(), 1), KS_ERROR_ALIGNMENT);
    EXPECT_EQ(ks_team_init(memory.data(), memory.size() - 1, 1), KS_ERROR_BUFFER_SIZE);
    EXPECT_EQ(ks_team_init(memory.data(), memory.size(), 0), KS_ERROR_VALUE);
    EXPECT_EQ(ks_team_init(memory.data(), memory.size(), 1024), KS_ERROR_VALUE);
    ASSERT_EQ(ks_team_init(memory.data(), memory.size(), 1), KS_OK) << ks_last_error();
    for (ks_team* wrong : {static_cast<ks_team*>(nullptr), misaligned(team)}) {
        const int32_t status = wrong == nullptr ? KS_ERROR_NULL : KS_ERROR_ALIGNMENT;
        EXPECT_EQ(ks_team_work(wrong), status);
        EXPECT_EQ(ks_team_stop(wrong), status);
    }
    EXPECT_EQ(ks_team_stop(team), KS_OK) << ks_last_error();
    EXPECT_EQ(ks_team_stop(team), KS_ERROR_TEAM) << "stopped";
}

}  // namespace
}  // namespace ks_test
