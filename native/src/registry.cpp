// SPDX-License-Identifier: Apache-2.0
#include "registry.h"

#include <inttypes.h>

#include "check.h"
#include "cpu.h"
#include "error.h"
#include "format.h"
#include "kernel_table.h"

namespace ks {
namespace {

bool vectors_fit(Vectors vectors) {
    constexpr uint32_t kBytesOf256 = 32;
    return vectors != Vectors::kSve256 || cpu_sve_bytes() == kBytesOf256;
}

// Everything but the number of rows and exactness.
ks_reject check_but_rows(const Kernel& kernel, const ks_select_args& request) {
    if (kernel.format != request.format) return KS_REJECT_FORMAT;
    if (kernel.code == nullptr) return KS_REJECT_NOT_COMPILED;
    if (kernel.needs & ~cpu_features()) return KS_REJECT_CPU;
    if (!vectors_fit(kernel.vectors)) return KS_REJECT_VECTOR;
    if (kernel.tier & request.disabled_tiers) return KS_REJECT_TIER;
    if (request.layout != 0 && kernel.layout != request.layout) return KS_REJECT_LAYOUT;
    if (request.layout != 0 && kernel_vector_bytes(kernel) != request.vector_bytes) return KS_REJECT_VECTOR;
    if (!group_allowed(*find_format(request.format), request.group)) return KS_REJECT_GROUP;
    if (request.n < kernel.min_columns) return KS_REJECT_COLUMNS;
    return KS_REJECT_NONE;
}

// Whether the exact kernels of `layout` that are left by `request` take every number of rows between them.
bool takes_all_rows(int32_t layout, const ks_select_args& request) {
    int64_t taken = 0;
    while (taken < kAnyRows) {
        const int64_t before = taken;
        for (const Kernel& kernel : kernel_table()) {
            if (kernel.layout == layout && kernel.exact && kernel.max_rows > taken && kernel.min_rows - 1 <= taken &&
                check_but_rows(kernel, request) == KS_REJECT_NONE) {
                taken = kernel.max_rows;
            }
        }
        if (taken == before) return false;
    }
    return true;
}

}  // namespace

int32_t kernel_count() { return static_cast<int32_t>(kernel_table().count); }

const Kernel& kernel_at(int32_t index) { return kernel_table().begin()[index]; }

bool kernel_supported(const Kernel& kernel) {
    return kernel.code != nullptr && (kernel.needs & ~cpu_features()) == 0 && vectors_fit(kernel.vectors);
}

int32_t kernel_vector_bytes(const Kernel& kernel) {
    switch (kernel.vectors) {
        case Vectors::kSve:
            return static_cast<int32_t>(cpu_sve_bytes());
        case Vectors::kSme:
            return static_cast<int32_t>(cpu_sme_bytes());
        default:
            return 0;
    }
}

ks_reject check_forced_kernel(const Kernel& kernel, const ks_select_args& request) {
    const ks_reject reason = check_but_rows(kernel, request);
    if (reason != KS_REJECT_NONE) return reason;
    const bool rows_fit = request.m == 0 ? takes_all_rows(kernel.layout, request)
                                         : request.m >= kernel.min_rows && request.m <= kernel.max_rows;
    return rows_fit ? KS_REJECT_NONE : KS_REJECT_ROWS;
}

ks_reject check_kernel(const Kernel& kernel, const ks_select_args& request) {
    const ks_reject reason = check_forced_kernel(kernel, request);
    return reason == KS_REJECT_NONE && !kernel.exact ? KS_REJECT_INEXACT : reason;
}

ks_status select_kernel(const ks_select_args& request, int32_t* index) {
    for (int32_t i = 0; i < kernel_count(); ++i) {
        if (check_kernel(kernel_at(i), request) != KS_REJECT_NONE) continue;
        *index = i;
        return KS_OK;
    }
    fail(KS_ERROR_NO_KERNEL, "no kernel fits:");
    for (const Kernel& kernel : kernel_table()) {
        if (kernel.format == request.format) explain_rejection(kernel, request);
    }
    return KS_ERROR_NO_KERNEL;
}

bool layout_usable(int32_t layout, int32_t vector_bytes) {
    for (const Kernel& kernel : kernel_table()) {
        if (kernel.layout == layout && kernel_supported(kernel) && kernel_vector_bytes(kernel) == vector_bytes) {
            return true;
        }
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
        case KS_REJECT_VECTOR:
            append_error("is for vectors of another length;");
            break;
        case KS_REJECT_COLUMNS:
            append_error("takes at least %" PRId64 " columns;", kernel.min_columns);
            break;
        case KS_REJECT_INEXACT:
            append_error("gives other bits than the rest, so it runs where it is forced only;");
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
