// SPDX-License-Identifier: Apache-2.0
// Checks of arguments that several entry points share. Each leaves its message and returns the status.
#pragma once

#include <stdint.h>

#include "error.h"

// Returns from the calling function where a check fails.
#define KS_CHECK(check)                                                          \
    do {                                                                         \
        if (const ks_status status_ = (check); status_ != KS_OK) return status_; \
    } while (false)

namespace ks {

struct Format;
struct PackedMatrix;

ks_status check_pointer(const char* name, const void* pointer);

ks_status check_alignment(const char* name, const void* pointer, uint64_t alignment);

// Not null, and aligned.
ks_status check_buffer(const char* name, const void* pointer, uint64_t alignment);

ks_status check_struct_size(const char* name, uint32_t size, uint64_t expected);

// An argument struct that is there and of the size that this library knows.
template <typename T>
ks_status check_struct(const char* name, const T* pointer) {
    KS_CHECK(check_buffer(name, pointer, alignof(T)));
    return check_struct_size(name, pointer->struct_size, sizeof(T));
}

ks_status check_zero(const char* name, int64_t value);

ks_status check_at_least(const char* name, int64_t value, int64_t least);

// `capacity` in `unit`, for instance "bytes".
ks_status check_capacity(const char* name, uint64_t capacity, uint64_t needed, const char* unit);

// A format; and a layout of it that can be made for `vector_bytes` or, where `any_layout`, 0 and 0.
ks_status check_format(int32_t format, int32_t layout, int32_t vector_bytes, bool any_layout);

bool group_allowed(const Format& format, int32_t group);

// A group and a k that `format` allows.
ks_status check_group(const Format& format, int32_t group, int64_t k);

// A shape whose packed and unpacked sizes fit 63 bits. `matrix` and `packed_size` are set on success.
ks_status check_shape(const ks_shape* shape, PackedMatrix* matrix, uint64_t* packed_size);

// Elements from the first to the last of a matrix with rows >= 1.
ks_status check_extent(const char* name, int64_t rows, int64_t columns, int64_t stride, uint64_t element_size,
                       uint64_t* extent);

struct Region {
    const char* name;
    const void* begin;
    uint64_t size;
};

// An array of `needed` elements that a call writes: where none are needed it must be left out. `region` names the array,
// and becomes what is written.
ks_status check_result(Region* region, void* pointer, uint64_t held, uint64_t needed, uint64_t element_bytes,
                       const Format& format);

ks_status check_disjoint(const Region& a, const Region& b);

}  // namespace ks
