// SPDX-License-Identifier: Apache-2.0
// ks_packed_size(), ks_pack() and ks_unpack().
#include <inttypes.h>

#include "blob.h"
#include "check.h"
#include "float_bits.h"
#include "layout/layout.h"

namespace ks {
namespace {

uint64_t row_bytes(const ks_shape& shape) {
    return static_cast<uint64_t>(shape.format == KS_FORMAT_F32 ? shape.k * int64_t{sizeof(float)} : shape.k / 2);
}

int64_t groups_of(int64_t k, int32_t group) { return group == 0 ? 0 : k / group; }

// Weights, then scales, then bias of the rows to be packed are finite, or *bad_index is where they first are not.
ks_status check_finite(const ks_pack_args& args, int64_t* bad_index) {
    const int64_t k = args.shape->k;
    if (args.shape->format == KS_FORMAT_F32) {
        for (int64_t n = args.n_begin; n < args.n_end; ++n) {
            const float* row = reinterpret_cast<const float*>(static_cast<const uint8_t*>(args.weights) +
                                                              n * args.weights_stride_bytes);
            for (int64_t i = 0; i < k; ++i) {
                if (is_finite(row[i])) continue;
                *bad_index = n * k + i;
                return fail(KS_ERROR_NOT_FINITE, "weights[%" PRId64 "][%" PRId64 "] is %g, it must be finite", n, i,
                            static_cast<double>(row[i]));
            }
        }
    }
    const int64_t groups = groups_of(k, args.shape->group);
    for (int64_t n = args.n_begin; n < args.n_end; ++n) {
        for (int64_t g = 0; g < groups; ++g) {
            const uint16_t scale = args.scales[n * args.scales_stride + g];
            if (bf16_is_finite(scale)) continue;
            *bad_index = n * groups + g;
            return fail(KS_ERROR_NOT_FINITE, "scales[%" PRId64 "][%" PRId64 "] is %g, it must be finite", n, g,
                        static_cast<double>(bf16_to_float(scale)));
        }
    }
    for (int64_t n = args.n_begin; args.bias != nullptr && n < args.n_end; ++n) {
        if (is_finite(args.bias[n])) continue;
        *bad_index = n;
        return fail(KS_ERROR_NOT_FINITE, "bias[%" PRId64 "] is %g, it must be finite", n,
                    static_cast<double>(args.bias[n]));
    }
    return KS_OK;
}

ks_status check_rows(const ks_pack_args& args, int64_t panel_columns) {
    const int64_t n = args.shape->n;
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

ks_status pack(ks_pack_args& args) {
    const Layout* layout;
    uint64_t size;
    KS_CHECK(check_zero("flags", args.flags));
    KS_CHECK(check_shape(args.shape, &layout, &size));
    const ks_shape& shape = *args.shape;
    KS_CHECK(check_rows(args, layout->columns));

    const bool f32 = shape.format == KS_FORMAT_F32;
    const int64_t groups = groups_of(shape.k, shape.group);
    KS_CHECK(check_buffer("weights", args.weights, f32 ? alignof(float) : 1));
    uint64_t weights_size;
    KS_CHECK(check_extent("weights", shape.n, static_cast<int64_t>(row_bytes(shape)), args.weights_stride_bytes, 1,
                          &weights_size));
    if (f32 && args.weights_stride_bytes % int64_t{alignof(float)} != 0) {
        return fail(KS_ERROR_VALUE, "weights_stride_bytes is %" PRId64 ", it must be a multiple of 4",
                    args.weights_stride_bytes);
    }
    uint64_t scales_count = 0;
    if (f32) {
        if (args.scales != nullptr) return fail(KS_ERROR_VALUE, "scales is not null, f32 weights have none");
        KS_CHECK(check_zero("scales_stride", args.scales_stride));
    } else {
        KS_CHECK(check_buffer("scales", args.scales, alignof(uint16_t)));
        KS_CHECK(check_extent("scales", shape.n, groups, args.scales_stride, sizeof(uint16_t), &scales_count));
    }
    KS_CHECK(check_alignment("bias", args.bias, alignof(float)));
    KS_CHECK(check_buffer("packed", args.packed, KS_ALIGNMENT));
    KS_CHECK(check_capacity("packed", args.packed_size, size, "bytes"));
    const Region packed = {"packed", args.packed, size};
    KS_CHECK(check_disjoint(packed, {"weights", args.weights, weights_size}));
    KS_CHECK(check_disjoint(packed, {"scales", args.scales, scales_count * sizeof(uint16_t)}));
    const uint64_t bias_count = args.bias != nullptr ? static_cast<uint64_t>(shape.n) : 0;
    KS_CHECK(check_disjoint(packed, {"bias", args.bias, bias_count * sizeof(float)}));
    KS_CHECK(check_finite(args, &args.bad_index));

    // The header of a blob that is written over must not vouch for it; other threads may do the same.
    __atomic_store_n(static_cast<uint64_t*>(args.packed), 0, __ATOMIC_RELAXED);
    const Weights from = {shape.n,
                          shape.k,
                          shape.group,
                          static_cast<const uint8_t*>(args.weights),
                          args.weights_stride_bytes,
                          args.scales,
                          args.scales_stride,
                          args.bias};
    const uint64_t panel_bytes = layout->panel_bytes(shape.k, shape.group);
    uint8_t* panels = static_cast<uint8_t*>(args.packed) + KS_BLOB_HEADER_SIZE;
    for (int64_t n = args.n_begin; n < args.n_end; n += layout->columns) {
        layout->pack_panel(from, n, panels + static_cast<uint64_t>(n / layout->columns) * panel_bytes);
    }
    return KS_OK;
}

ks_status unpack(const ks_unpack_args& args) {
    ks_packed_info info;
    KS_CHECK(check_zero("flags", args.flags));
    KS_CHECK(read_blob("packed", args.packed, args.packed_size, true, &info));
    const ks_shape shape = {sizeof(ks_shape), info.format, info.layout, info.group, info.n, info.k};
    const bool f32 = info.format == KS_FORMAT_F32;
    const int64_t groups = groups_of(info.k, info.group);
    const uint64_t weights_size = static_cast<uint64_t>(info.n) * row_bytes(shape);
    const uint64_t scales_count = static_cast<uint64_t>(info.n * groups);
    KS_CHECK(check_buffer("weights", args.weights, f32 ? alignof(float) : 1));
    KS_CHECK(check_capacity("weights", args.weights_size, weights_size, "bytes"));
    if (f32) {
        if (args.scales != nullptr) return fail(KS_ERROR_VALUE, "scales is not null, f32 weights have none");
        if (args.scales_count != 0) {
            return fail(KS_ERROR_VALUE, "scales_count is %" PRIu64 ", it must be 0", args.scales_count);
        }
    } else {
        KS_CHECK(check_buffer("scales", args.scales, alignof(uint16_t)));
        KS_CHECK(check_capacity("scales", args.scales_count, scales_count, "elements"));
    }
    const uint64_t bias_count = args.bias != nullptr ? static_cast<uint64_t>(info.n) : 0;
    KS_CHECK(check_alignment("bias", args.bias, alignof(float)));
    if (args.bias != nullptr) KS_CHECK(check_capacity("bias", args.bias_count, bias_count, "elements"));
    const Region packed = {"packed", args.packed, info.size};
    const Region weights = {"weights", args.weights, weights_size};
    const Region scales = {"scales", args.scales, scales_count * sizeof(uint16_t)};
    const Region bias = {"bias", args.bias, bias_count * sizeof(float)};
    KS_CHECK(check_disjoint(weights, packed));
    KS_CHECK(check_disjoint(scales, packed));
    KS_CHECK(check_disjoint(bias, packed));
    KS_CHECK(check_disjoint(weights, scales));
    KS_CHECK(check_disjoint(weights, bias));
    KS_CHECK(check_disjoint(scales, bias));

    const Layout* layout = find_layout(info.layout);
    const MutableWeights to = {
        info.n,      info.k, info.group, static_cast<uint8_t*>(args.weights), static_cast<int64_t>(row_bytes(shape)),
        args.scales, groups, args.bias};
    const uint64_t panel_bytes = layout->panel_bytes(info.k, info.group);
    for (int64_t n = 0; n < info.n; n += layout->columns) {
        layout->unpack_panel(blob_panels(args.packed) + static_cast<uint64_t>(n / layout->columns) * panel_bytes, n,
                             to);
    }
    return KS_OK;
}

}  // namespace
}  // namespace ks

extern "C" {

int32_t ks_panel_columns(int32_t layout) {
    const ks::Layout* found = ks::find_layout(layout);
    return found != nullptr ? found->columns : 0;
}

int32_t ks_packed_size(const ks_shape* shape, uint64_t* size) {
    KS_CHECK(ks::check_buffer("size", size, alignof(uint64_t)));
    const ks::Layout* layout;
    return ks::check_shape(shape, &layout, size);
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
