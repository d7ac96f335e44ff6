// SPDX-License-Identifier: Apache-2.0
// Entry points that say what this library and this machine are, and the kernel table.
#include <inttypes.h>

#include "check.h"
#include "cpu.h"
#include "kleidiai.h"
#include "layout/layout.h"
#include "registry.h"

namespace ks {
namespace {

ks_status check_index(int32_t index) {
    if (index >= 0 && index < kernel_count()) return KS_OK;
    return fail(KS_ERROR_VALUE, "index is %" PRId32 ", it must be from 0 to %" PRId32, index, kernel_count() - 1);
}

ks_status check_request(const ks_select_args* args) {
    KS_CHECK(check_struct("args", args));
    KS_CHECK(check_zero("flags", args->flags));
    KS_CHECK(check_zero("reserved", args->reserved));
    KS_CHECK(check_format(args->format, args->layout, args->vector_bytes, true));
    KS_CHECK(check_at_least("m", args->m, 0));
    KS_CHECK(check_at_least("n", args->n, 1));
    return check_at_least("k", args->k, 1);
}

}  // namespace
}  // namespace ks

extern "C" {

uint32_t ks_abi_version(void) { return KS_ABI_VERSION; }

const char* ks_version(void) { return KS_VERSION; }

const char* ks_kleidiai_version(void) {
#if defined(KS_HAVE_KLEIDIAI)
    return ks::kleidiai_version();
#else
    return "";
#endif
}

const char* ks_last_error(void) { return ks::last_error(); }

int32_t ks_get_cpu_info(ks_cpu_info* info) {
    KS_CHECK(ks::check_struct("info", info));
    *info = {sizeof(ks_cpu_info), ks::cpu_arch(), ks::cpu_features(), ks::cpu_sve_bytes(),
             ks::cpu_sme_bytes(), ks::cpu_sme_units(), 0};
    return KS_OK;
}

int32_t ks_kernel_count(void) { return ks::kernel_count(); }

int32_t ks_get_kernel_info(int32_t index, ks_kernel_info* info) {
    KS_CHECK(ks::check_struct("info", info));
    KS_CHECK(ks::check_index(index));
    const ks::Kernel& kernel = ks::kernel_at(index);
    *info = {sizeof(ks_kernel_info),
             kernel.format,
             kernel.layout,
             kernel.tier,
             kernel.needs,
             kernel.min_rows,
             kernel.max_rows,
             kernel.min_columns,
             ks::kernel_vector_bytes(kernel),
             kernel.exact,
             kernel.code != nullptr,
             ks::kernel_supported(kernel),
             kernel.name,
             kernel.origin,
             kernel.note,
             kernel.not_compiled_reason};
    return KS_OK;
}

int32_t ks_check_kernel(int32_t index, const ks_select_args* args, int32_t* reason) {
    KS_CHECK(ks::check_buffer("reason", reason, alignof(int32_t)));
    KS_CHECK(ks::check_index(index));
    KS_CHECK(ks::check_request(args));
    *reason = ks::check_kernel(ks::kernel_at(index), *args);
    return KS_OK;
}

int32_t ks_select_kernel(const ks_select_args* args, int32_t* index) {
    KS_CHECK(ks::check_buffer("index", index, alignof(int32_t)));
    KS_CHECK(ks::check_request(args));
    KS_CHECK(ks::check_group(*ks::find_format(args->format), args->group, args->k));
    return ks::select_kernel(*args, index);
}

int32_t ks_verify_layout(int32_t layout) {
    if (ks::find_layout(layout) == nullptr) {
        return ks::fail(KS_ERROR_VALUE, "layout is %" PRId32 ", which is not a ks_layout", layout);
    }
#if defined(KS_HAVE_KLEIDIAI)
    return ks::kleidiai_check_layout(layout);
#else
    return KS_OK;
#endif
}

}  // extern "C"
