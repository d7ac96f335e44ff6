// SPDX-License-Identifier: Apache-2.0
#include "registry.h"

#include "cpu.h"
#include "error.h"
#include "kernels/kernels.h"

namespace ks {
namespace {

constexpr int64_t kAnyRows = INT64_MAX;
constexpr const char* kKleidiSharp = "KleidiSharp";
[[maybe_unused]] constexpr const char* kKleidiAI = "KleidiAI";

// The last two fields of a row: the code where it is compiled in, else the reason why not.
#if defined(__x86_64__)
#define KS_CODE_X64(code) &(code), ""
#else
#define KS_CODE_X64(code) nullptr, "x64 only"
#endif

#if defined(__aarch64__)
#define KS_CODE_ARM64(code) &(code), ""
#else
#define KS_CODE_ARM64(code) nullptr, "AArch64 only"
#endif

#if defined(__aarch64__) && !defined(KS_HAVE_KLEIDIAI)
#define KS_CODE_KLEIDIAI(code) nullptr, "built without KleidiAI"
#else
#define KS_CODE_KLEIDIAI(code) KS_CODE_ARM64(code)
#endif

// Every kernel there is, in order of preference: of the rows that fit, the first is used.
// name, origin, note, format, layout, tier, needs, min_rows, max_rows, code, not_compiled_reason
const Kernel table[] = {
    // int4 groups, AArch64: KleidiAI i8mm, KleidiAI dotprod, neon

    // int4 groups, x64
    {"ks_int4_group_6x32_avx512vnni", kKleidiSharp,
     "6 rows by 32 columns in registers; a single row streams the weights at the speed of memory", KS_FORMAT_INT4_GROUP,
     KS_LAYOUT_INT4_N32K4, KS_TIER_AVX512VNNI, KS_CPU_AVX512 | KS_CPU_AVX512VNNI, 1, kAnyRows,
     KS_CODE_X64(kInt4GroupAvx512Vnni)},

    // int4 groups, everywhere
    {"ks_int4_group_1x32_portable", kKleidiSharp, "plain C++; serves every machine", KS_FORMAT_INT4_GROUP,
     KS_LAYOUT_INT4_N32K4, KS_TIER_PORTABLE, 0, 1, kAnyRows, &kInt4GroupPortable, ""},

    // f32, AArch64: KleidiAI neon

    // f32, x64: avx512vnni, avx2

    // f32, everywhere
    {"ks_f32_1x16_portable", kKleidiSharp, "plain C++ with a fused multiply-add in software; serves every machine",
     KS_FORMAT_F32, KS_LAYOUT_F32_N16, KS_TIER_PORTABLE, 0, 1, kAnyRows, &kF32Portable, ""},
};

constexpr int32_t kCount = sizeof table / sizeof table[0];

// Everything but the number of rows.
ks_reject check_but_rows(const Kernel& kernel, const ks_select_args& request) {
    if (kernel.format != request.format) return KS_REJECT_FORMAT;
    if (kernel.code == nullptr) return KS_REJECT_NOT_COMPILED;
    if (kernel.needs & ~cpu_features()) return KS_REJECT_CPU;
    if (kernel.tier & request.disabled_tiers) return KS_REJECT_TIER;
    if (request.layout != 0 && kernel.layout != request.layout) return KS_REJECT_LAYOUT;
    return KS_REJECT_NONE;
}

// Whether the kernels of `layout` that are left by `request` take every number of rows between them.
bool takes_all_rows(int32_t layout, const ks_select_args& request) {
    int64_t taken = 0;
    while (taken < kAnyRows) {
        const int64_t before = taken;
        for (const Kernel& kernel : table) {
            if (kernel.layout == layout && kernel.max_rows > taken && kernel.min_rows - 1 <= taken &&
                check_but_rows(kernel, request) == KS_REJECT_NONE) {
                taken = kernel.max_rows;
            }
        }
        if (taken == before) return false;
    }
    return true;
}

}  // namespace

int32_t kernel_count() {
    return kCount;
}

const Kernel& kernel_at(int32_t index) {
    return table[index];
}

bool kernel_supported(const Kernel& kernel) {
    return kernel.code != nullptr && (kernel.needs & ~cpu_features()) == 0;
}

ks_reject check_kernel(const Kernel& kernel, const ks_select_args& request) {
    const ks_reject reason = check_but_rows(kernel, request);
    if (reason != KS_REJECT_NONE) return reason;
    const bool rows_fit = request.m == 0 ? takes_all_rows(kernel.layout, request)
                                         : request.m >= kernel.min_rows && request.m <= kernel.max_rows;
    return rows_fit ? KS_REJECT_NONE : KS_REJECT_ROWS;
}

int32_t select_kernel(const ks_select_args& request) {
    for (int32_t i = 0; i < kCount; ++i) {
        if (check_kernel(table[i], request) == KS_REJECT_NONE) return i;
    }
    return -1;
}

bool layout_usable(int32_t layout) {
    for (const Kernel& kernel : table) {
        if (kernel.layout == layout && kernel_supported(kernel)) return true;
    }
    return false;
}

void explain_rejections(const ks_select_args& request) {
    const char* separator = ":";
    for (const Kernel& kernel : table) {
        if (kernel.format != request.format) continue;
        append_error("%s %s", separator, kernel.name);
        separator = ";";
        switch (check_kernel(kernel, request)) {
            case KS_REJECT_NOT_COMPILED: append_error(" is not compiled in (%s)", kernel.not_compiled_reason); break;
            case KS_REJECT_CPU:
                for (uint64_t lacking = kernel.needs & ~cpu_features(); lacking != 0; lacking &= lacking - 1) {
                    append_error(" needs %s", cpu_feature_name(lacking & (0 - lacking)));
                }
                break;
            case KS_REJECT_TIER: append_error(" is switched off"); break;
            case KS_REJECT_LAYOUT: append_error(" reads layout %d", kernel.layout); break;
            default: append_error(" does not take this number of rows"); break;
        }
    }
}

}  // namespace ks
