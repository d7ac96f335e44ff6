// SPDX-License-Identifier: Apache-2.0
// The calls about weights, each spoiled: quantise, pack, seal, describe, unpack. Included by one file of a program,
// hence the anonymous namespace.
#pragma once

#include "arena.h"
#include "require.h"
#include "shapes.h"
#include "spoiler.h"

namespace ks_fuzz {
namespace {

void check_status(int32_t status) {
    KS_REQUIRE(status >= KS_OK && status <= KS_ERROR_LAYOUT_MISMATCH);
    if (status != KS_OK) KS_REQUIRE(ks_last_error()[0] != '\0');
}

// What ks_format says of rows, for any k and group.
struct RowParts {
    Wide bytes = 0;
    Wide scales = 0;
    Wide zeros = 0;
    uint64_t scale_bytes = 1;

    RowParts(int32_t format_id, int64_t k, int64_t group) {
        const ks::Format* format = ks::find_format(format_id);
        if (format == nullptr || k < 0) return;
        bytes = format->is_float()            ? Wide{k} * format->element_bytes
                : format_id == KS_FORMAT_Q4_0 ? Wide{k} / 32 * 18
                                              : (Wide{k} * format->bits + 7) / 8;
        if (format->scale_bytes() == 0) return;
        scale_bytes = format->scale_bytes();
        scales = !format->grouped ? 1 : group > 0 ? k / group : 0;
        if (format->has_zeros) zeros = scales;
    }
};

class WeightCalls {
  protected:
    explicit WeightCalls(Bytes& bytes) : bytes_(bytes), spoil_(bytes) { choose_shape(); }

    void choose_shape() {
        shape_ = draw_shape(bytes_);
        KS_REQUIRE(ks_packed_size(&shape_, &size_) == KS_OK);
        KS_REQUIRE(size_ <= kX - kBlob);
    }

    RowParts parts() const { return {shape_.format, shape_.k, shape_.group}; }
    bool f32() const { return shape_.format == KS_FORMAT_F32; }
    uint64_t count(Wide per_row) const { return static_cast<uint64_t>(shape_.n * per_row); }
    // Where a valid call has an array, or null for formats without.
    template <typename T>
    static T* place_of(Wide per_row, Place place) {
        return per_row == 0 ? nullptr : at<T>(place);
    }

    ks_shape spoiled_shape() {
        ks_shape shape = shape_;
        spoil_.number(shape.struct_size);
        spoil_.number(shape.format);
        spoil_.number(shape.layout);
        spoil_.number(shape.group);
        spoil_.number(shape.vector_bytes);
        spoil_.number(shape.reserved);
        spoil_.number(shape.n);
        spoil_.number(shape.k);
        return shape;
    }

    void quantize() {
        const RowParts rows = parts();
        ks_quantize_args args = {};
        args.struct_size = sizeof args;
        args.format = shape_.format;
        args.group = shape_.group;
        args.n = shape_.n;
        args.k = shape_.k;
        args.weights = at<float>(kWeights);
        args.weights_stride = args.k;
        args.codes = at(kCodes);
        args.scales = place_of<void>(rows.scales, kScales);
        args.zeros = place_of<float>(rows.zeros, kZeros);
        spoil_.number(args.struct_size);
        spoil_.number(args.format);
        spoil_.number(args.group);
        spoil_.number(args.flags);
        spoil_.number(args.n);
        spoil_.number(args.k);
        spoil_.pointer(args.weights);
        spoil_.number(args.weights_stride);
        spoil_.pointer(args.codes);
        spoil_.pointer(args.scales);
        spoil_.pointer(args.zeros);
        const uint64_t scale_bytes = RowParts(args.format, 1, 1).scale_bytes;
        args.codes_size = spoil_.capacity(args.codes, count(rows.bytes), 1);
        args.scales_count = spoil_.capacity(args.scales, count(rows.scales), scale_bytes);
        args.zeros_count = spoil_.capacity(args.zeros, count(rows.zeros), sizeof(float));
        const uint64_t weights_size = matrix_size(args.weights, args.n, args.k, args.weights_stride, sizeof(float));
        if (weights_size > room(args.weights)) return;
        Access access;
        access.allow(args.weights, weights_size);
        access.allow(args.codes, args.codes_size);
        access.allow(args.scales, args.scales_count * scale_bytes);
        access.allow(args.zeros, args.zeros_count * sizeof(float));
        check_status(ks_quantize(&args));
    }

    void pack() {
        const ks_shape shape = spoiled_shape();
        const RowParts right = parts();
        ks_pack_args args = {};
        args.struct_size = sizeof args;
        args.shape = bytes_.integer(0, 31) == 31 ? nullptr : &shape;
        args.n_end = shape.n;
        args.weights = at(f32() ? kWeights : kCodes);
        args.weights_stride_bytes = static_cast<int64_t>(right.bytes);
        args.scales = place_of<void>(right.scales, kScales);
        args.scales_stride = static_cast<int64_t>(right.scales);
        args.zeros = place_of<float>(right.zeros, kZeros);
        args.zeros_stride = static_cast<int64_t>(right.zeros);
        args.bias = bytes_.integer(0, 1) ? at<float>(kBias) : nullptr;
        args.packed = at(kBlob);
        spoil_.number(args.struct_size);
        spoil_.number(args.flags);
        spoil_.number(args.n_begin);
        spoil_.number(args.n_end);
        spoil_.pointer(args.weights);
        spoil_.number(args.weights_stride_bytes);
        spoil_.pointer(args.scales);
        spoil_.number(args.scales_stride);
        spoil_.pointer(args.zeros);
        spoil_.number(args.zeros_stride);
        spoil_.pointer(args.bias);
        spoil_.pointer(args.packed);
        args.packed_size = spoil_.capacity(args.packed, size_, 1);
        const RowParts rows(shape.format, shape.k, shape.group);
        const struct {
            const void* pointer;
            uint64_t size;
        } matrices[] = {
            {args.weights, matrix_size(args.weights, shape.n, rows.bytes, args.weights_stride_bytes, 1)},
            {args.scales, matrix_size(args.scales, shape.n, rows.scales, args.scales_stride, rows.scale_bytes)},
            {args.zeros, matrix_size(args.zeros, shape.n, rows.zeros, args.zeros_stride, sizeof(float))},
            {args.bias, matrix_size(args.bias, 1, shape.n, shape.n, sizeof(float))},
        };
        Access access;
        for (const auto& matrix : matrices) {
            if (matrix.size > room(matrix.pointer)) return;
            access.allow(matrix.pointer, matrix.size);
        }
        access.allow(args.packed, args.packed_size);
        check_status(ks_pack(&args));
    }

    void seal() {
        const ks_shape shape = spoiled_shape();
        uint64_t size = 0;
        check_status(ks_packed_size(&shape, &size));
        void* packed = at(kBlob);
        spoil_.pointer(packed);
        const uint64_t packed_size = spoil_.capacity(packed, size_, 1);
        Access access;
        access.allow(packed, packed_size);
        check_status(ks_pack_seal(&shape, packed, packed_size));
    }

    void describe() {
        ks_packed_info info = {};
        info.struct_size = sizeof info;
        spoil_.number(info.struct_size);
        const void* packed = at(kBlob);
        spoil_.pointer(packed);
        const uint64_t packed_size = spoil_.capacity(packed, size_, 1);
        int32_t verify = bytes_.integer(0, 1);
        spoil_.number(verify);
        Access access;
        access.allow(packed, packed_size);
        check_status(ks_packed_describe(packed, packed_size, verify, bytes_.integer(0, 31) == 31 ? nullptr : &info));
    }

    void unpack() {
        const RowParts rows = parts();
        ks_unpack_args args = {};
        args.struct_size = sizeof args;
        args.packed = at(kBlob);
        args.weights = at(f32() ? kWeights : kCodes);
        args.scales = place_of<void>(rows.scales, kScales);
        args.zeros = place_of<float>(rows.zeros, kZeros);
        args.bias = bytes_.integer(0, 1) ? at<float>(kBias) : nullptr;
        spoil_.number(args.struct_size);
        spoil_.number(args.flags);
        spoil_.pointer(args.packed);
        spoil_.pointer(args.weights);
        spoil_.pointer(args.scales);
        spoil_.pointer(args.zeros);
        spoil_.pointer(args.bias);
        args.packed_size = spoil_.capacity(args.packed, size_, 1);
        args.weights_size = spoil_.capacity(args.weights, count(rows.bytes), 1);
        // The blob may be one of another format, with larger scales.
        args.scales_count = spoil_.capacity(args.scales, count(rows.scales), sizeof(float));
        args.zeros_count = spoil_.capacity(args.zeros, count(rows.zeros), sizeof(float));
        args.bias_count = spoil_.capacity(args.bias, static_cast<uint64_t>(shape_.n), sizeof(float));
        Access access;
        access.allow(args.packed, args.packed_size);
        access.allow(args.weights, args.weights_size);
        access.allow(args.scales, args.scales_count * sizeof(float));
        access.allow(args.zeros, args.zeros_count * sizeof(float));
        access.allow(args.bias, args.bias_count * sizeof(float));
        check_status(ks_unpack(&args));
    }

    Bytes& bytes_;
    Spoiler spoil_;
    ks_shape shape_ = {};
    uint64_t size_ = 0;
};

}  // namespace
}  // namespace ks_fuzz
