// SPDX-License-Identifier: Apache-2.0
#include "registry.h"

#include <inttypes.h>

#include "check.h"
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
#define KS_CODE_KLEIDIAI(code) nullptr, "built with KLEIDISHARP_KLEIDIAI=OFF"
#else
#define KS_CODE_KLEIDIAI(code) KS_CODE_ARM64(code)
#endif

// Every kernel there is, in order of preference: of the rows that fit, the first is used.
// name, origin, note, format, layout, tier, needs, min_rows, max_rows, code, not_compiled_reason
const Kernel table[] = {
    // int4 groups, AArch64: KleidiAI i8mm, KleidiAI dotprod, neon. The layout of the first row that fits is the one to
    // pack for, so the kernels for several rows come before those for one.
    {"kai_matmul_clamp_f32_qai8dxp4x8_qsi4c32p8x8_4x8x32_neon_i8mm", kKleidiAI,
     "several rows at once, 8-bit matrix multiply; from two rows on it needs fewer instructions than one at a time",
     KS_FORMAT_INT4_GROUP, KS_LAYOUT_INT4_NR8KR16, KS_TIER_I8MM, KS_CPU_NEON | KS_CPU_I8MM, 2, kAnyRows,
     KS_CODE_KLEIDIAI(kInt4GroupKleidiAII8mm4x8)},
    {"kai_matmul_clamp_f32_qai8dxp4x4_qsi4c32p8x4_4x8_neon_dotprod", kKleidiAI,
     "several rows at once, dot products; from three rows on it needs fewer instructions than one at a time",
     KS_FORMAT_INT4_GROUP, KS_LAYOUT_INT4_NR8KR8, KS_TIER_DOTPROD, KS_CPU_NEON | KS_CPU_DOTPROD, 3, kAnyRows,
     KS_CODE_KLEIDIAI(kInt4GroupKleidiAIDotprod4x8)},
    {"kai_matmul_clamp_f32_qai8dxp1x4_qsi4c32p8x4_1x8_neon_dotprod", kKleidiAI,
     "one row at a time, dot products; shares its packed weights with the dot-product kernel for several rows",
     KS_FORMAT_INT4_GROUP, KS_LAYOUT_INT4_NR8KR8, KS_TIER_DOTPROD, KS_CPU_NEON | KS_CPU_DOTPROD, 1, kAnyRows,
     KS_CODE_KLEIDIAI(kInt4GroupKleidiAIDotprod1x8Kr8)},
    {"kai_matmul_clamp_f32_qai8dxp1x8_qsi4c32p8x8_1x8x32_neon_dotprod", kKleidiAI,
     "one row at a time, dot products; shares its packed weights with the i8mm kernel", KS_FORMAT_INT4_GROUP,
     KS_LAYOUT_INT4_NR8KR16, KS_TIER_DOTPROD, KS_CPU_NEON | KS_CPU_DOTPROD, 1, kAnyRows,
     KS_CODE_KLEIDIAI(kInt4GroupKleidiAIDotprod1x8Kr16)},
    {"ks_int4_group_4x8_neon", kKleidiSharp, "for cores without dot products, where KleidiAI has no int4 kernel",
     KS_FORMAT_INT4_GROUP, KS_LAYOUT_INT4_N32K4, KS_TIER_NEON, KS_CPU_NEON, 1, kAnyRows, KS_CODE_ARM64(kInt4GroupNeon)},

    // int4 groups, x64
    {"ks_int4_group_6x32_avx512vnni", kKleidiSharp,
     "6 rows by 32 columns in registers; a single row streams the weights at the speed of memory", KS_FORMAT_INT4_GROUP,
     KS_LAYOUT_INT4_N32K4, KS_TIER_AVX512VNNI, KS_CPU_AVX512 | KS_CPU_AVX512VNNI, 1, kAnyRows,
     KS_CODE_X64(kInt4GroupAvx512Vnni)},
    {"ks_int4_group_4x16_avx2", kKleidiSharp, "products in 16 bits, for processors without AVX-512 VNNI",
     KS_FORMAT_INT4_GROUP, KS_LAYOUT_INT4_N32K4, KS_TIER_AVX2, KS_CPU_AVX2 | KS_CPU_FMA, 1, kAnyRows,
     KS_CODE_X64(kInt4GroupAvx2)},

    // int4 groups, everywhere
    {"ks_int4_group_1x32_portable", kKleidiSharp, "plain C++; serves every machine", KS_FORMAT_INT4_GROUP,
     KS_LAYOUT_INT4_N32K4, KS_TIER_PORTABLE, 0, 1, kAnyRows, &kInt4GroupPortable, ""},

    // f32, AArch64: KleidiAI neon
    {"kai_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla", kKleidiAI, "one row or more, NEON fused multiply-add",
     KS_FORMAT_F32, KS_LAYOUT_F32_N16, KS_TIER_NEON, KS_CPU_NEON, 1, kAnyRows, KS_CODE_KLEIDIAI(kF32KleidiAI6x16)},

    // f32, x64
    {"ks_f32_6x64_avx512", kKleidiSharp, "6 rows by 64 columns in registers", KS_FORMAT_F32, KS_LAYOUT_F32_N16,
     KS_TIER_AVX512VNNI, KS_CPU_AVX512, 1, kAnyRows, KS_CODE_X64(kF32Avx512)},
    {"ks_f32_6x16_avx2", kKleidiSharp, "6 rows by 16 columns in registers, for processors without AVX-512",
     KS_FORMAT_F32, KS_LAYOUT_F32_N16, KS_TIER_AVX2, KS_CPU_AVX2 | KS_CPU_FMA, 1, kAnyRows, KS_CODE_X64(kF32Avx2)},

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
    if (!group_allowed(request.format, request.group)) return KS_REJECT_GROUP;
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

int32_t kernel_count() { return kCount; }

const Kernel& kernel_at(int32_t index) { return table[index]; }

bool kernel_supported(const Kernel& kernel) { return kernel.code != nullptr && (kernel.needs & ~cpu_features()) == 0; }

ks_reject check_kernel(const Kernel& kernel, const ks_select_args& request) {
    const ks_reject reason = check_but_rows(kernel, request);
    if (reason != KS_REJECT_NONE) return reason;
    const bool rows_fit = request.m == 0 ? takes_all_rows(kernel.layout, request)
                                         : request.m >= kernel.min_rows && request.m <= kernel.max_rows;
    return rows_fit ? KS_REJECT_NONE : KS_REJECT_ROWS;
}

ks_status select_kernel(const ks_select_args& request, int32_t* index) {
    for (int32_t i = 0; i < kCount; ++i) {
        if (check_kernel(table[i], request) != KS_REJECT_NONE) continue;
        *index = i;
        return KS_OK;
    }
    fail(KS_ERROR_NO_KERNEL, "no kernel fits:");
    for (const Kernel& kernel : table) {
        if (kernel.format == request.format) explain_rejection(kernel, request);
    }
    return KS_ERROR_NO_KERNEL;
}

bool layout_usable(int32_t layout) {
    for (const Kernel& kernel : table) {
        if (kernel.layout == layout && kernel_supported(kernel)) return true;
    }
    return false;
}

void explain_rejection(const Kernel& kernel, const ks_select_args& request) {
    append_error(" %s ", kernel.name);
    switch (check_kernel(kernel, request)) {
        case KS_REJECT_FORMAT:
            append_error("is for format %" PRId32 ";", kernel.format);
            break;
        case KS_REJECT_NOT_COMPILED:
            append_error("is not compiled in (%s);", kernel.not_compiled_reason);
            break;
        case KS_REJECT_CPU:
            append_error("needs");
            for (uint64_t lacking = kernel.needs & ~cpu_features(); lacking != 0; lacking &= lacking - 1) {
                append_error(" %s", cpu_feature_name(lacking & (0 - lacking)));
            }
            append_error(", which this CPU lacks;");
            break;
        case KS_REJECT_TIER:
            append_error("is of a tier that is switched off;");
            break;
        case KS_REJECT_LAYOUT:
            append_error("reads layout %" PRId32 ";", kernel.layout);
            break;
        case KS_REJECT_GROUP:
            append_error("does not take groups of %" PRId32 ";", request.group);
            break;
        default:
            append_error("does not take this number of rows;");
            break;
    }
}

}  // namespace ks
