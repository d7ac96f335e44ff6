// SPDX-License-Identifier: Apache-2.0
// ks_packed_size(), ks_pack() and ks_unpack().
#include <inttypes.h>
#include <string.h>

#include "blob.h"
#include "check.h"
#include "float_bits.h"
#include "layout/layout.h"

namespace ks {
namespace {

bool element_is_finite(const Format& format, const uint8_t* element) {
    if (format.element_bytes == sizeof(float)) {
        float value;
        memcpy(&value, element, sizeof value);
        return is_finite(value);
    }
    uint16_t bits;
    memcpy(&bits, element, sizeof bits);
    return format.id == KS_FORMAT_BF16 ? bf16_is_finite(bits) : f16_is_finite(bits);
}

// Refuses the weight at [n][i], or block i of row n, for which `finite` does not hold.
ks_status report_weight(int64_t n, int64_t i, int64_t index, const char* what, int64_t* bad_index) {
    *bad_index = index;
    return fail(KS_ERROR_NOT_FINITE, "weights[%" PRId64 "][%" PRId64 "] %s finite", n, i, what);
}

ks_status check_weights_finite(const ks_pack_args& args, const PackedMatrix& matrix, int64_t* bad_index) {
    const Format& format = *matrix.format;
    for (int64_t n = args.n_begin; n < args.n_end; ++n) {
        const uint8_t* row = static_cast<const uint8_t*>(args.weights) + n * args.weights_stride_bytes;
        if (format.is_float()) {
            for (int64_t i = 0; i < matrix.k; ++i) {
                if (!element_is_finite(format, row + i * format.element_bytes)) {
                    return report_weight(n, i, n * matrix.k + i, "must be", bad_index);
                }
            }
        } else if (format.id == KS_FORMAT_Q4_0) {
            for (int64_t block = 0; block < matrix.k / kQ4BlockValues; ++block) {
                uint16_t scale;
                memcpy(&scale, row + block * kQ4BlockBytes, sizeof scale);
                if (!f16_is_finite(scale)) {
                    const int64_t first = block * kQ4BlockValues;
                    return report_weight(n, first, n * matrix.k + first, "begins a block whose scale must be", bad_index);
                }
            }
        }
    }
    return KS_OK;
}

// f32 scales below this would lose bits where a layout stores a sixteenth of them, and are no scales of real weights.
constexpr float kSmallestScale = 0x1p-40f;

ks_status check_scales(const ks_pack_args& args, const PackedMatrix& matrix, int64_t* bad_index) {
    const Format& format = *matrix.format;
    const int64_t count = format.scales_per_row(matrix.k, matrix.group);
    for (int64_t n = args.n_begin; n < args.n_end; ++n) {
        for (int64_t g = 0; g < count; ++g) {
            float scale;
            if (format.scales == ScaleType::kF32) {
                scale = static_cast<const float*>(args.scales)[n * args.scales_stride + g];
            } else {
                scale = bf16_to_float(static_cast<const uint16_t*>(args.scales)[n * args.scales_stride + g]);
            }
            *bad_index = n * count + g;
            if (!is_finite(scale)) {
                return fail(KS_ERROR_NOT_FINITE, "scales[%" PRId64 "][%" PRId64 "] is %g, it must be finite", n, g,
                            static_cast<double>(scale));
            }
            if (format.scales == ScaleType::kF32 && scale != 0 && scale < kSmallestScale && scale > -kSmallestScale) {
                return fail(KS_ERROR_VALUE,
                            "scales[%" PRId64 "][%" PRId64 "] is %g, it must be 0 or of a magnitude of at least 2^-40",
                            n, g, static_cast<double>(scale));
            }
            if (!format.has_zeros) continue;
            const float zero = args.zeros[n * args.zeros_stride + g];
            if (!is_finite(zero)) {
                return fail(KS_ERROR_NOT_FINITE, "zeros[%" PRId64 "][%" PRId64 "] is %g, it must be finite", n, g,
                            static_cast<double>(zero));
            }
        }
    }
    *bad_index = -1;
    return KS_OK;
}

// Weights, then scales and zeros, then bias of the rows to be packed are ones that can be, or *bad_index is the first
// that is not.
ks_status check_numbers(const ks_pack_args& args, const PackedMatrix& matrix, int64_t* bad_index) {
    KS_CHECK(check_weights_finite(args, matrix, bad_index));
    KS_CHECK(check_scales(args, matrix, bad_index));
    for (int64_t n = args.n_begin; args.bias != nullptr && n < args.n_end; ++n) {
        if (is_finite(args.bias[n])) continue;
        *bad_index = n;
        return fail(KS_ERROR_NOT_FINITE, "bias[%" PRId64 "] is %g, it must be finite", n,
                    static_cast<double>(args.bias[n]));
    }
    return KS_OK;
}

ks_status check_rows(const ks_pack_args& args, int64_t n, int64_t panel_columns) {
    if (args.n_begin < 0 || args.n_begin > n || args.n_begin % panel_columns != 0) {
        return fail(KS_ERROR_VALUE,
                    "n_begin is %" PRId64 ", it must be a multiple of %" PRId64 " from 0 to n = %" PRId64, args.n_begin,
                    panel_columns, n);
    }
    if (args.n_end < args.n_begin || args.n_end > n || (args.n_end != n && args.n_end % panel_columns != 0)) {
        return fail(KS_ERROR_VALUE,
                    "n_end is %" PRId64 ", it must be n = %" PRId64 " or a multiple of %" PRId64
                    " from n_begin = %" PRId64 " on",
                    args.n_end, n, panel_columns, args.n_begin);
    }
    return KS_OK;
}

// An array that some formats have and others must leave out.
ks_status check_absent(const char* name, const void* pointer, const char* stride_name, int64_t stride,
                       const Format& format) {
    if (pointer != nullptr) return fail(KS_ERROR_VALUE, "%s is not null, %s weights have none", name, format.name);
    return check_zero(stride_name, stride);
}

ks_status pack(ks_pack_args& args) {
    PackedMatrix matrix;
    uint64_t size;
    KS_CHECK(check_zero("flags", args.flags));
    KS_CHECK(check_shape(args.shape, &matrix, &size));
    KS_CHECK(check_rows(args, matrix.n, matrix.columns()));

    const Format& format = *matrix.format;
    KS_CHECK(check_buffer("weights", args.weights, static_cast<uint64_t>(format.row_alignment())));
    uint64_t weights_size;
    KS_CHECK(check_extent("weights", matrix.n, format.row_bytes(matrix.k), args.weights_stride_bytes, 1, &weights_size));
    if (args.weights_stride_bytes % format.row_alignment() != 0) {
        return fail(KS_ERROR_VALUE, "weights_stride_bytes is %" PRId64 ", it must be a multiple of %" PRId64,
                    args.weights_stride_bytes, format.row_alignment());
    }
    const int64_t scales_per_row = format.scales_per_row(matrix.k, matrix.group);
    uint64_t scales_count = 0;
    uint64_t zeros_count = 0;
    if (scales_per_row == 0) {
        KS_CHECK(check_absent("scales", args.scales, "scales_stride", args.scales_stride, format));
    } else {
        KS_CHECK(check_buffer("scales", args.scales, format.scale_bytes()));
        KS_CHECK(check_extent("scales", matrix.n, scales_per_row, args.scales_stride, format.scale_bytes(), &scales_count));
    }
    if (!format.has_zeros) {
        KS_CHECK(check_absent("zeros", args.zeros, "zeros_stride", args.zeros_stride, format));
    } else {
        KS_CHECK(check_buffer("zeros", args.zeros, alignof(float)));
        KS_CHECK(check_extent("zeros", matrix.n, scales_per_row, args.zeros_stride, sizeof(float), &zeros_count));
    }
    KS_CHECK(check_alignment("bias", args.bias, alignof(float)));
    KS_CHECK(check_buffer("packed", args.packed, KS_ALIGNMENT));
    KS_CHECK(check_capacity("packed", args.packed_size, size, "bytes"));
    const Region packed = {"packed", args.packed, size};
    const uint64_t bias_count = args.bias != nullptr ? static_cast<uint64_t>(matrix.n) : 0;
    KS_CHECK(check_disjoint(packed, {"weights", args.weights, weights_size}));
    KS_CHECK(check_disjoint(packed, {"scales", args.scales, scales_count * format.scale_bytes()}));
    KS_CHECK(check_disjoint(packed, {"zeros", args.zeros, zeros_count * sizeof(float)}));
    KS_CHECK(check_disjoint(packed, {"bias", args.bias, bias_count * sizeof(float)}));
    KS_CHECK(check_numbers(args, matrix, &args.bad_index));

    // The header of a blob that is written over must not vouch for it; other threads may do the same.
    __atomic_store_n(static_cast<uint64_t*>(args.packed), 0, __ATOMIC_RELAXED);
    const Weights from = {matrix.n,
                          matrix.k,
                          matrix.group,
                          static_cast<const uint8_t*>(args.weights),
                          args.weights_stride_bytes,
                          static_cast<const uint8_t*>(args.scales),
                          args.scales_stride,
                          args.zeros,
                          args.zeros_stride,
                          args.bias};
    uint8_t* panels = static_cast<uint8_t*>(args.packed) + KS_BLOB_HEADER_SIZE;
    for (int64_t n = args.n_begin; n < args.n_end; n += matrix.columns()) {
        pack_panel(matrix, from, n / matrix.columns(), panels);
    }
    return KS_OK;
}

ks_status unpack(const ks_unpack_args& args) {
    ks_packed_info info;
    PackedMatrix matrix;
    KS_CHECK(check_zero("flags", args.flags));
    KS_CHECK(read_blob("packed", args.packed, args.packed_size, true, &info, &matrix));
    const Format& format = *matrix.format;
    const int64_t scales_per_row = format.scales_per_row(matrix.k, matrix.group);
    const uint64_t n = static_cast<uint64_t>(matrix.n);
    const uint64_t weights_size = n * static_cast<uint64_t>(format.row_bytes(matrix.k));
    const uint64_t scales_count = n * static_cast<uint64_t>(scales_per_row);
    KS_CHECK(check_buffer("weights", args.weights, static_cast<uint64_t>(format.row_alignment())));
    KS_CHECK(check_capacity("weights", args.weights_size, weights_size, "bytes"));
    Region results[] = {{"weights", args.weights, weights_size}, {"scales", nullptr, 0}, {"zeros", nullptr, 0},
                        {"bias", nullptr, 0}};
    KS_CHECK(check_result(&results[1], args.scales, args.scales_count, scales_count, format.scale_bytes(), format));
    KS_CHECK(check_result(&results[2], args.zeros, args.zeros_count, format.has_zeros ? scales_count : 0, sizeof(float),
                          format));
    if (args.bias != nullptr) KS_CHECK(check_result(&results[3], args.bias, args.bias_count, n, sizeof(float), format));
    const Region packed = {"packed", args.packed, info.size};
    for (const Region& result : results) {
        KS_CHECK(check_disjoint(result, packed));
        for (const Region* other = results; other != &result; ++other) KS_CHECK(check_disjoint(*other, result));
    }

    const MutableWeights to = {matrix.n,
                               matrix.k,
                               matrix.group,
                               static_cast<uint8_t*>(args.weights),
                               format.row_bytes(matrix.k),
                               static_cast<uint8_t*>(args.scales),
                               scales_per_row,
                               args.zeros,
                               scales_per_row,
                               args.bias};
    for (int64_t index = 0; index < matrix.panels(); ++index) unpack_panel(matrix, blob_panels(args.packed), index, to);
    return KS_OK;
}

}  // namespace
}  // namespace ks

extern "C" {

int32_t ks_panel_columns(int32_t layout, int32_t vector_bytes) {
    const ks::Layout* found = ks::find_layout(layout);
    if (found == nullptr || !ks::vector_allowed(*found, vector_bytes)) return 0;
    return found->columns != 0 ? found->columns : vector_bytes / found->vector_divisor;
}

int32_t ks_packed_size(const ks_shape* shape, uint64_t* size) {
    KS_CHECK(ks::check_buffer("size", size, alignof(uint64_t)));
    ks::PackedMatrix matrix;
    return ks::check_shape(shape, &matrix, size);
}

int32_t ks_pack(ks_pack_args* args) {
    KS_CHECK(ks::check_struct("args", args));
    args->bad_index = -1;
    return ks::pack(*args);
}

int32_t ks_unpack(const ks_unpack_args* args) {
    KS_CHECK(ks::check_struct("args", args));
    return ks::unpack(*args);
}

}  // extern "C"
