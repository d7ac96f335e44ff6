// SPDX-License-Identifier: Apache-2.0
#include "check.h"

#include <inttypes.h>

#include "format.h"
#include "layout/layout.h"

namespace ks {
namespace {

constexpr int32_t kGroupStep = 32;

}  // namespace

ks_status check_pointer(const char* name, const void* pointer) {
    return pointer != nullptr ? KS_OK : fail(KS_ERROR_NULL, "%s is null", name);
}

ks_status check_alignment(const char* name, const void* pointer, uint64_t alignment) {
    if (reinterpret_cast<uintptr_t>(pointer) % alignment == 0) return KS_OK;
    return fail(KS_ERROR_ALIGNMENT, "%s is at %p, which is not aligned to %" PRIu64 " bytes", name, pointer, alignment);
}

ks_status check_buffer(const char* name, const void* pointer, uint64_t alignment) {
    KS_CHECK(check_pointer(name, pointer));
    return check_alignment(name, pointer, alignment);
}

ks_status check_struct_size(const char* name, uint32_t size, uint64_t expected) {
    if (size == expected) return KS_OK;
    return fail(KS_ERROR_STRUCT_SIZE, "%s->struct_size is %" PRIu32 ", this library expects %" PRIu64, name, size,
                expected);
}

ks_status check_zero(const char* name, int64_t value) {
    return value == 0 ? KS_OK : fail(KS_ERROR_VALUE, "%s is %" PRId64 ", it must be 0", name, value);
}

ks_status check_at_least(const char* name, int64_t value, int64_t least) {
    if (value >= least) return KS_OK;
    return fail(KS_ERROR_VALUE, "%s is %" PRId64 ", it must be at least %" PRId64, name, value, least);
}

ks_status check_capacity(const char* name, uint64_t capacity, uint64_t needed, const char* unit) {
    if (capacity >= needed) return KS_OK;
    return fail(KS_ERROR_BUFFER_SIZE, "%s holds %" PRIu64 " %s, %" PRIu64 " are needed", name, capacity, unit, needed);
}

ks_status check_format(int32_t format, int32_t layout, int32_t vector_bytes, bool any_layout) {
    const Format* known = find_format(format);
    if (known == nullptr) return fail(KS_ERROR_VALUE, "format is %" PRId32 ", which is not a ks_format", format);
    if (any_layout && layout == 0) return check_zero("vector_bytes", vector_bytes);
    const Layout* found = find_layout(layout);
    if (found == nullptr) return fail(KS_ERROR_VALUE, "layout is %" PRId32 ", which is not a ks_layout", layout);
    if (found->format != format) {
        return fail(KS_ERROR_VALUE, "layout %" PRId32 " is one of format %" PRId32 ", but format is %" PRId32, layout,
                    found->format, format);
    }
    if (vector_allowed(*found, vector_bytes)) return KS_OK;
    return fail(KS_ERROR_VALUE, "vector_bytes is %" PRId32 ", for layout %" PRId32 " it must be %s", vector_bytes,
                layout, found->columns != 0 ? "0" : "a power of two from 16 to 256");
}

bool group_allowed(const Format& format, int32_t group) {
    if (!format.grouped) return group == 0;
    return group >= kGroupStep && group <= kLargestGroup && group % kGroupStep == 0;
}

ks_status check_group(const Format& format, int32_t group, int64_t k) {
    if (!group_allowed(format, group)) {
        if (!format.grouped) {
            return fail(KS_ERROR_GROUP, "group is %" PRId32 ", it must be 0 for %s", group, format.name);
        }
        return fail(KS_ERROR_GROUP,
                    "group is %" PRId32 ", it must be a multiple of %" PRId32 " from %" PRId32 " to %" PRId32, group,
                    kGroupStep, kGroupStep, kLargestGroup);
    }
    if (group != 0 && k % group != 0) {
        return fail(KS_ERROR_GROUP, "k is %" PRId64 ", which is not a multiple of the group %" PRId32, k, group);
    }
    if (k % format.k_step != 0) {
        return fail(KS_ERROR_VALUE, "k is %" PRId64 ", for %s it must be a multiple of %" PRId64, k, format.name,
                    format.k_step);
    }
    if (k <= format.k_max) return KS_OK;
    return fail(KS_ERROR_VALUE, "k is %" PRId64 ", for %s it must be at most %" PRId64, k, format.name, format.k_max);
}

ks_status check_shape(const ks_shape* shape, PackedMatrix* matrix, uint64_t* packed_size) {
    KS_CHECK(check_struct("shape", shape));
    KS_CHECK(check_zero("reserved", shape->reserved));
    KS_CHECK(check_format(shape->format, shape->layout, shape->vector_bytes, false));
    KS_CHECK(check_at_least("n", shape->n, 1));
    KS_CHECK(check_at_least("k", shape->k, 1));
    const Format* format = find_format(shape->format);
    KS_CHECK(check_group(*format, shape->group, shape->k));
    *matrix = {find_layout(shape->layout), format, shape->n, shape->k, shape->group, shape->vector_bytes};

    // With n and k padded and 8 bytes a value there is room for scales, zeros, sums, bias, header and rounding.
    const int64_t columns = matrix->columns();
    int64_t bound;
    bool overflow = __builtin_add_overflow(shape->n, columns - 1, &bound);
    overflow |= __builtin_mul_overflow(bound, int64_t{8}, &bound);
    int64_t padded_k;
    overflow |= __builtin_add_overflow(shape->k, int64_t{32}, &padded_k);
    overflow |= __builtin_mul_overflow(bound, padded_k, &bound);
    overflow |= __builtin_add_overflow(bound, int64_t{KS_BLOB_HEADER_SIZE + KS_ALIGNMENT}, &bound);
    if (overflow) {
        return fail(KS_ERROR_OVERFLOW, "n is %" PRId64 " and k is %" PRId64 ", the matrix exceeds 2^63 bytes", shape->n,
                    shape->k);
    }
    const uint64_t size = KS_BLOB_HEADER_SIZE + matrix->payload_bytes();
    *packed_size = (size + KS_ALIGNMENT - 1) / KS_ALIGNMENT * KS_ALIGNMENT;
    return KS_OK;
}

ks_status check_extent(const char* name, int64_t rows, int64_t columns, int64_t stride, uint64_t element_size,
                       uint64_t* extent) {
    if (stride < columns) {
        return fail(KS_ERROR_VALUE, "the stride of %s is %" PRId64 ", a row has %" PRId64, name, stride, columns);
    }
    int64_t elements;
    int64_t bytes;
    if (__builtin_mul_overflow(rows - 1, stride, &elements) || __builtin_add_overflow(elements, columns, &elements) ||
        __builtin_mul_overflow(elements, element_size, &bytes)) {
        return fail(KS_ERROR_OVERFLOW, "%s has %" PRId64 " rows with a stride of %" PRId64 ", which exceeds 2^63 bytes",
                    name, rows, stride);
    }
    *extent = static_cast<uint64_t>(elements);
    return KS_OK;
}

ks_status check_result(Region* region, void* pointer, uint64_t held, uint64_t needed, uint64_t element_bytes,
                       const Format& format) {
    if (needed == 0) {
        if (pointer != nullptr) {
            return fail(KS_ERROR_VALUE, "%s is not null, %s weights have none", region->name, format.name);
        }
        if (held != 0) return fail(KS_ERROR_VALUE, "%s_count is %" PRIu64 ", it must be 0", region->name, held);
        return KS_OK;
    }
    KS_CHECK(check_buffer(region->name, pointer, element_bytes));
    KS_CHECK(check_capacity(region->name, held, needed, "elements"));
    *region = {region->name, pointer, needed * element_bytes};
    return KS_OK;
}

ks_status check_disjoint(const Region& a, const Region& b) {
    const uintptr_t from_a_to_b = reinterpret_cast<uintptr_t>(b.begin) - reinterpret_cast<uintptr_t>(a.begin);
    const uintptr_t from_b_to_a = 0 - from_a_to_b;
    if (a.size == 0 || b.size == 0 || (from_a_to_b >= a.size && from_b_to_a >= b.size)) return KS_OK;
    return fail(KS_ERROR_OVERLAP, "%s (%" PRIu64 " bytes at %p) overlaps %s (%" PRIu64 " bytes at %p)", a.name, a.size,
                a.begin, b.name, b.size, b.begin);
}

}  // namespace ks
