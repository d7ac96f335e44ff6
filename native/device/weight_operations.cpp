// SPDX-License-Identifier: Apache-2.0
// Operations on weights: quantising, packing, keeping blobs, multiplying. Every array of a request and of a result is
// a guarded buffer of exactly the size that the ABI asks for.
#include "convert.h"
#include "format.h"
#include "operations.h"

namespace device {
namespace {

// rows * columns, or -1 where the product is no size.
int64_t area(int64_t rows, int64_t columns) {
    int64_t product = 0;
    if (rows < 0 || columns < 0 || __builtin_mul_overflow(rows, columns, &product)) return -1;
    return product;
}

// A buffer for a result; its data is null where the count is negative or there is no memory.
GuardedBuffer result_buffer(int64_t count, uint64_t element_size) {
    uint64_t size = 0;
    if (count < 0 || __builtin_mul_overflow(static_cast<uint64_t>(count), element_size, &size)) return {};
    return GuardedBuffer(size);
}

int32_t refuse_memory(Response& response) { return refuse(response, "request: no memory for its result"); }

// What the weights of a shape consist of; nothing where the format is none, which the ABI then refuses.
struct Parts {
    int64_t row_bytes = 0;
    int64_t scales_per_row = 0;
    uint64_t scale_bytes = 1;
    int64_t zeros_per_row = 0;

    Parts(int32_t format_id, int64_t k, int32_t group) {
        const ks::Format* format = ks::find_format(format_id);
        if (format == nullptr || k < 0 || (format->grouped && group <= 0)) return;
        if (__builtin_mul_overflow(k, int64_t{4}, &row_bytes)) return;
        row_bytes = format->row_bytes(k);
        scales_per_row = format->scales_per_row(k, group);
        if (scales_per_row > 0) scale_bytes = format->scale_bytes();
        zeros_per_row = format->has_zeros ? scales_per_row : 0;
    }
};

// The data of a buffer that a format has, else null.
template <typename T>
T* present(const GuardedBuffer& buffer, int64_t per_row) {
    return per_row > 0 ? buffer.as<T>() : nullptr;
}

uint64_t count_of(int64_t rows, int64_t per_row) { return static_cast<uint64_t>(rows * per_row); }

Device::Blob* find(Device& device, uint64_t id) {
    if (id == 0) return nullptr;
    for (Device::Blob& blob : device.blobs) {
        if (blob.id == id) return &blob;
    }
    return nullptr;
}

int32_t refuse_id(Response& response, uint64_t id) {
    return refuse(response, "id: %llu is not a loaded blob", static_cast<unsigned long long>(id));
}

int32_t read_header(const GuardedBuffer& blob, int32_t verify, ks_packed_info& info) {
    info = {};
    info.struct_size = sizeof info;
    return ks_packed_describe(blob.data(), blob.size(), verify, &info);
}

}  // namespace

int32_t quantize(Device&, Request& request, Response& response) {
    ks_quantize_args args = {};
    args.struct_size = sizeof args;
    args.format = request.take<int32_t>();
    args.group = request.take<int32_t>();
    args.n = request.take<int64_t>();
    args.k = request.take<int64_t>();
    const GuardedBuffer weights = request.take_array(area(args.n, args.k), sizeof(float));
    if (!request.complete()) return refuse_size(response, request);
    const Parts parts(args.format, args.k, args.group);
    const GuardedBuffer codes = result_buffer(area(args.n, parts.row_bytes), 1);
    const GuardedBuffer scales = result_buffer(area(args.n, parts.scales_per_row), parts.scale_bytes);
    const GuardedBuffer zeros = result_buffer(area(args.n, parts.zeros_per_row), sizeof(float));
    if (codes.data() == nullptr || scales.data() == nullptr || zeros.data() == nullptr) return refuse_memory(response);
    args.weights = weights.as<float>();
    args.weights_stride = args.k;
    args.codes = codes.data();
    args.codes_size = codes.size();
    args.scales = present<void>(scales, parts.scales_per_row);
    args.scales_count = count_of(args.n, parts.scales_per_row);
    args.zeros = present<float>(zeros, parts.zeros_per_row);
    args.zeros_count = count_of(args.n, parts.zeros_per_row);
    if (const int32_t status = ks_quantize(&args); status != KS_OK) return status;
    response.put(codes);
    response.put(scales);
    response.put(zeros);
    return KS_OK;
}

int32_t pack(Device&, Request& request, Response& response) {
    ks_shape shape = {};
    shape.struct_size = sizeof shape;
    shape.format = request.take<int32_t>();
    shape.layout = request.take<int32_t>();
    shape.group = request.take<int32_t>();
    shape.vector_bytes = request.take<int32_t>();
    shape.n = request.take<int64_t>();
    shape.k = request.take<int64_t>();
    const bool has_bias = request.take<uint32_t>() != 0;
    const Parts parts(shape.format, shape.k, shape.group);
    const GuardedBuffer weights = request.take_array(area(shape.n, parts.row_bytes), 1);
    const GuardedBuffer scales = request.take_array(area(shape.n, parts.scales_per_row), parts.scale_bytes);
    const GuardedBuffer zeros = request.take_array(area(shape.n, parts.zeros_per_row), sizeof(float));
    const GuardedBuffer bias = request.take_array(has_bias ? shape.n : 0, sizeof(float));
    if (!request.complete()) return refuse_size(response, request);

    uint64_t size = 0;
    if (const int32_t status = ks_packed_size(&shape, &size); status != KS_OK) return status;
    const GuardedBuffer packed(size, KS_ALIGNMENT);
    if (packed.data() == nullptr) return refuse_memory(response);
    ks_pack_args args = {};
    args.struct_size = sizeof args;
    args.shape = &shape;
    args.n_end = shape.n;
    args.weights = weights.data();
    args.weights_stride_bytes = parts.row_bytes;
    args.scales = present<void>(scales, parts.scales_per_row);
    args.scales_stride = parts.scales_per_row;
    args.zeros = present<float>(zeros, parts.zeros_per_row);
    args.zeros_stride = parts.zeros_per_row;
    args.bias = has_bias ? bias.as<float>() : nullptr;
    args.packed = packed.data();
    args.packed_size = packed.size();
    if (const int32_t status = ks_pack(&args); status != KS_OK) return status;
    if (const int32_t status = ks_pack_seal(&shape, packed.data(), packed.size()); status != KS_OK) return status;
    response.put(packed);
    return KS_OK;
}

int32_t load(Device& device, Request& request, Response& response) {
    for (Device::Blob& blob : device.blobs) {
        if (blob.id != 0) continue;
        blob.bytes = request.take_rest(KS_ALIGNMENT);
        if (!request.complete()) return refuse(response, "request: no memory for the blob");
        blob.id = ++device.last_id;
        response.put(blob.id);
        return KS_OK;
    }
    return refuse(response, "blob: %d are loaded already; free one first", Device::kMostBlobs);
}

int32_t free_blob(Device& device, Request& request, Response& response) {
    const auto id = request.take<uint64_t>();
    if (!request.complete()) return refuse_size(response, request);
    Device::Blob* blob = find(device, id);
    if (blob == nullptr) return refuse_id(response, id);
    *blob = Device::Blob();
    return KS_OK;
}

int32_t describe(Device& device, Request& request, Response& response) {
    const auto id = request.take<uint64_t>();
    const auto verify = request.take<int32_t>();
    if (!request.complete()) return refuse_size(response, request);
    const Device::Blob* blob = find(device, id);
    if (blob == nullptr) return refuse_id(response, id);
    ks_packed_info info;
    if (const int32_t status = read_header(blob->bytes, verify, info); status != KS_OK) return status;
    response.put(info.format);
    response.put(info.layout);
    response.put(info.group);
    response.put(info.has_bias);
    response.put(info.vector_bytes);
    response.put(info.n);
    response.put(info.k);
    response.put(info.size);
    response.put(info.checksum);
    return KS_OK;
}

int32_t unpack(Device& device, Request& request, Response& response) {
    const auto id = request.take<uint64_t>();
    if (!request.complete()) return refuse_size(response, request);
    const Device::Blob* blob = find(device, id);
    if (blob == nullptr) return refuse_id(response, id);
    ks_packed_info info;
    if (const int32_t status = read_header(blob->bytes, 0, info); status != KS_OK) return status;
    const Parts parts(info.format, info.k, info.group);
    const GuardedBuffer weights = result_buffer(area(info.n, parts.row_bytes), 1);
    const GuardedBuffer scales = result_buffer(area(info.n, parts.scales_per_row), parts.scale_bytes);
    const GuardedBuffer zeros = result_buffer(area(info.n, parts.zeros_per_row), sizeof(float));
    const GuardedBuffer bias = result_buffer(info.n, sizeof(float));
    if (weights.data() == nullptr || scales.data() == nullptr || zeros.data() == nullptr || bias.data() == nullptr) {
        return refuse_memory(response);
    }
    ks_unpack_args args = {};
    args.struct_size = sizeof args;
    args.packed = blob->bytes.data();
    args.packed_size = blob->bytes.size();
    args.weights = weights.data();
    args.weights_size = weights.size();
    args.scales = present<void>(scales, parts.scales_per_row);
    args.scales_count = count_of(info.n, parts.scales_per_row);
    args.zeros = present<float>(zeros, parts.zeros_per_row);
    args.zeros_count = count_of(info.n, parts.zeros_per_row);
    args.bias = bias.as<float>();
    args.bias_count = static_cast<uint64_t>(info.n);
    if (const int32_t status = ks_unpack(&args); status != KS_OK) return status;
    response.put(weights);
    response.put(scales);
    response.put(zeros);
    response.put(bias);
    return KS_OK;
}

int32_t matmul(Device& device, Request& request, Response& response) {
    ks_matmul_args args = {};
    args.struct_size = sizeof args;
    const auto id = request.take<uint64_t>();
    args.kernel = request.take<int32_t>();
    args.disabled_tiers = request.take<uint32_t>();
    const auto threads = request.take<int32_t>();
    args.x_type = request.take<int32_t>();
    args.y_type = request.take<int32_t>();
    args.x_scale = request.take<float>();
    args.x_zero_point = request.take<int32_t>();
    args.y_scale = request.take<float>();
    args.y_zero_point = request.take<int32_t>();
    args.clamp_min = request.take<float>();
    args.clamp_max = request.take<float>();
    args.m = request.take<int64_t>();
    const Device::Blob* blob = find(device, id);
    if (blob == nullptr) return refuse_id(response, id);
    ks_packed_info info;
    if (const int32_t status = read_header(blob->bytes, 0, info); status != KS_OK) return status;
    const GuardedBuffer x = request.take_array(area(args.m, info.k), ks::type_bytes(args.x_type));
    if (!request.complete()) return refuse_size(response, request);
    const GuardedBuffer y = result_buffer(area(args.m, info.n), ks::type_bytes(args.y_type));
    if (y.data() == nullptr) return refuse_memory(response);
    if (threads < 1 || threads > Workers::kMost + 1) {
        return refuse(response, "threads: %d; expected 1 to %d", threads, Workers::kMost + 1);
    }
    if (!device.workers.resize(threads - 1)) return refuse(response, "threads: %d could not be started", threads);

    args.packed = blob->bytes.data();
    args.packed_size = blob->bytes.size();
    args.x = x.data();
    args.x_stride = info.k;
    args.x_count = x.size() / ks::type_bytes(args.x_type);
    args.y = y.data();
    args.y_stride = info.n;
    args.y_count = y.size() / ks::type_bytes(args.y_type);
    args.team = device.workers.team();
    uint64_t scratch_size = 0;
    if (const int32_t status = ks_matmul_scratch_size(&args, &scratch_size); status != KS_OK) return status;
    const GuardedBuffer scratch(scratch_size, KS_ALIGNMENT);
    if (scratch.data() == nullptr) return refuse_memory(response);
    args.scratch = scratch.data();
    args.scratch_size = scratch.size();
    if (const int32_t status = ks_matmul(&args); status != KS_OK) return status;
    response.put(args.kernel_used);
    response.put(y);
    return KS_OK;
}

}  // namespace device
