// SPDX-License-Identifier: Apache-2.0
// Operations on the machine and on the kernel table.
#include <stdio.h>
#include <sys/utsname.h>
#if defined(__GLIBC__)
#include <gnu/libc-version.h>
#endif

#include "operations.h"

namespace device {
namespace {

constexpr uint32_t kProtocolVersion = 2;

// For instance "glibc 2.36"; musl does not say that it is musl.
void put_c_library(char* text, size_t size) {
#if defined(__GLIBC__)
    snprintf(text, size, "glibc %s", gnu_get_libc_version());
#else
    snprintf(text, size, "not glibc");
#endif
}

ks_select_args take_select_args(Request& request) {
    ks_select_args args = {};
    args.struct_size = sizeof args;
    args.format = request.take<int32_t>();
    args.layout = request.take<int32_t>();
    args.group = request.take<int32_t>();
    args.m = request.take<int64_t>();
    args.n = request.take<int64_t>();
    args.k = request.take<int64_t>();
    args.disabled_tiers = request.take<uint32_t>();
    args.vector_bytes = request.take<int32_t>();
    return args;
}

}  // namespace

int32_t hello(Device&, Request& request, Response& response) {
    if (!request.complete()) return refuse_size(response, request);
    ks_cpu_info cpu = {};
    cpu.struct_size = sizeof cpu;
    if (const int32_t status = ks_get_cpu_info(&cpu); status != KS_OK) return status;
    utsname system = {};
    uname(&system);
    char c_library[32];
    put_c_library(c_library, sizeof c_library);
    char platform[sizeof system + sizeof c_library];
    snprintf(platform, sizeof platform, "%s, %s %s, %s", c_library, system.sysname, system.release, system.machine);
    response.put(kProtocolVersion);
    response.put(ks_abi_version());
    response.put_string(ks_version());
    response.put_string(ks_kleidiai_version());
    response.put(cpu.arch);
    response.put(cpu.features);
    response.put(cpu.sve_bytes);
    response.put(cpu.sme_bytes);
    response.put(cpu.sme_units);
    response.put_string(platform);
    return KS_OK;
}

int32_t kernel(Device&, Request& request, Response& response) {
    const auto index = request.take<int32_t>();
    if (!request.complete()) return refuse_size(response, request);
    ks_kernel_info info = {};
    info.struct_size = sizeof info;
    if (const int32_t status = ks_get_kernel_info(index, &info); status != KS_OK) return status;
    response.put(ks_kernel_count());
    response.put(info.format);
    response.put(info.layout);
    response.put(info.tier);
    response.put(info.needs);
    response.put(info.min_rows);
    response.put(info.max_rows);
    response.put(info.min_columns);
    response.put(info.vector_bytes);
    response.put(info.exact);
    response.put(info.compiled);
    response.put(info.supported);
    response.put_string(info.name);
    response.put_string(info.origin);
    response.put_string(info.note);
    response.put_string(info.not_compiled_reason);
    return KS_OK;
}

int32_t check_kernel(Device&, Request& request, Response& response) {
    const auto index = request.take<int32_t>();
    const ks_select_args args = take_select_args(request);
    if (!request.complete()) return refuse_size(response, request);
    int32_t reason = 0;
    if (const int32_t status = ks_check_kernel(index, &args, &reason); status != KS_OK) return status;
    response.put(reason);
    return KS_OK;
}

int32_t select_kernel(Device&, Request& request, Response& response) {
    const ks_select_args args = take_select_args(request);
    if (!request.complete()) return refuse_size(response, request);
    int32_t index = -1;
    if (const int32_t status = ks_select_kernel(&args, &index); status != KS_OK) return status;
    response.put(index);
    return KS_OK;
}

int32_t verify_layout(Device&, Request& request, Response& response) {
    const auto layout = request.take<int32_t>();
    if (!request.complete()) return refuse_size(response, request);
    return ks_verify_layout(layout);
}

}  // namespace device
