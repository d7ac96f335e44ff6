// SPDX-License-Identifier: Apache-2.0
// Blobs of whatever bytes: none may be read beyond its end, and what is accepted must unpack and multiply, with the
// same bits from every kernel. Half of the inputs are a blob as they are, half are edits of a valid one; either may
// have its checksums repaired, which takes the edits past the first check.
#include <stddef.h>

#include <memory>
#include <utility>

#include "blob.h"
#include "shapes.h"

namespace ks_fuzz {
namespace {

// Exactly so many bytes, so that AddressSanitizer sees the first beyond.
struct Free {
    void operator()(uint8_t* memory) const { free(memory); }
};
using Memory = std::unique_ptr<uint8_t, Free>;

Memory allocate(uint64_t size) {
    void* memory = nullptr;
    KS_REQUIRE(posix_memalign(&memory, KS_ALIGNMENT, size) == 0);
    memset(memory, 0xA5, size);
    return Memory(static_cast<uint8_t*>(memory));
}

struct Blob {
    Memory memory;
    uint64_t size;
};

Blob raw_blob(Bytes& bytes) {
    Blob blob = {allocate(bytes.size()), bytes.size()};
    if (blob.size != 0) memcpy(blob.memory.get(), bytes.data(), blob.size);
    return blob;
}

// A valid blob, edited, then cut or with bytes after its end.
Blob edited_blob(Bytes& bytes) {
    const ks_shape shape = draw_shape(bytes);
    uint64_t size = 0;
    KS_REQUIRE(ks_packed_size(&shape, &size) == KS_OK);
    const uint64_t end = size + static_cast<uint64_t>(bytes.integer(-3, 3));
    Memory packed = allocate(size);
    KS_REQUIRE(ks_pack_seal(&shape, packed.get(), size) == KS_OK);
    while (!bytes.empty()) {
        // The header is a small part of the blob and the greater part of what is looked at.
        const uint8_t where = bytes.take<uint8_t>();
        const uint64_t begin = where < KS_BLOB_HEADER_SIZE ? where : bytes.take<uint16_t>() % size;
        const uint64_t width = uint64_t{1} << bytes.integer(0, 3);
        const int64_t value = bytes.odd();
        memcpy(packed.get() + begin, &value, size - begin < width ? size - begin : width);
    }
    Blob blob = {allocate(end), end};
    memcpy(blob.memory.get(), packed.get(), size < end ? size : end);
    return blob;
}

void repair(const Blob& blob, bool panels) {
    if (blob.size < KS_BLOB_HEADER_SIZE) return;
    ks::BlobHeader header;
    memcpy(&header, blob.memory.get(), sizeof header);
    if (panels && header.payload_size <= blob.size - KS_BLOB_HEADER_SIZE) {
        header.payload_checksum = ks::blob_checksum(ks::blob_panels(blob.memory.get()), header.payload_size);
    }
    header.header_checksum = ks::blob_checksum(&header, offsetof(ks::BlobHeader, header_checksum));
    memcpy(blob.memory.get(), &header, sizeof header);
}

void unpack(const Blob& blob, const ks_packed_info& info) {
    const ks::Format& format = *ks::find_format(info.format);
    const uint64_t n = static_cast<uint64_t>(info.n);
    const uint64_t weights_size = n * static_cast<uint64_t>(format.row_bytes(info.k));
    const uint64_t scales_count = n * static_cast<uint64_t>(format.scales_per_row(info.k, info.group));
    const uint64_t zeros_count = format.has_zeros ? scales_count : 0;
    const Memory weights = allocate(weights_size);
    const Memory scales = allocate(scales_count * format.scale_bytes());
    const Memory zeros = allocate(zeros_count * sizeof(float));
    const Memory bias = allocate(n * sizeof(float));
    ks_unpack_args args = {};
    args.struct_size = sizeof args;
    args.packed = blob.memory.get();
    args.packed_size = blob.size;
    args.weights = weights.get();
    args.weights_size = weights_size;
    args.scales = scales_count == 0 ? nullptr : scales.get();
    args.scales_count = scales_count;
    args.zeros = zeros_count == 0 ? nullptr : reinterpret_cast<float*>(zeros.get());
    args.zeros_count = zeros_count;
    args.bias = reinterpret_cast<float*>(bias.get());
    args.bias_count = n;
    KS_REQUIRE(ks_unpack(&args) == KS_OK);
}

// Mostly about 1; now and then anything.
Memory draw_activations(uint64_t count, uint32_t seed) {
    Memory x = allocate(count * sizeof(float));
    for (uint64_t i = 0; i < count; ++i) {
        seed = seed * 1664525 + 1013904223;
        const uint32_t bits = seed >> 28 == 0 ? seed << 4 : (seed & 0x83FFFFFF) | 0x3C000000;
        memcpy(x.get() + i * sizeof bits, &bits, sizeof bits);
    }
    return x;
}

// Every exact kernel gives the same bits, whatever the panels say, unless they break what every packer keeps and some
// kernels rely on: the sums of int8 weights are right, and codes of value 0 fill k up.
bool comparable(const ks_packed_info& info, int32_t kernel) {
    ks_kernel_info row = {};
    row.struct_size = sizeof row;
    KS_REQUIRE(ks_get_kernel_info(kernel, &row) == KS_OK);
    const bool relied_on = info.format == KS_FORMAT_INT8_CHANNEL || info.k % 32 != 0;
    return row.exact && (ks::find_format(info.format)->is_float() || !relied_on);
}

// Every kernel that takes the blob.
void multiply(const Blob& blob, const ks_packed_info& info, int64_t m, uint32_t seed) {
    const uint64_t x_count = static_cast<uint64_t>(m * info.k);
    const uint64_t y_count = static_cast<uint64_t>(m * info.n);
    const Memory x = draw_activations(x_count, seed);
    const bool fixed = ks::find_format(info.format)->activations == ks::Activations::kPerRow && seed % 3 == 0;
    const bool f16 = seed % 2 == 0;
    const uint64_t y_size = y_count * (f16 ? sizeof(uint16_t) : sizeof(float));
    Memory first;
    for (int32_t kernel = 0; kernel < ks_kernel_count(); ++kernel) {
        Memory y = allocate(y_size);
        ks_matmul_args args = {};
        args.struct_size = sizeof args;
        args.kernel = kernel;
        args.packed = blob.memory.get();
        args.packed_size = blob.size;
        args.m = m;
        args.x = x.get();
        args.x_stride = info.k;
        args.x_count = x_count;
        args.y = y.get();
        args.y_stride = info.n;
        args.y_count = y_count;
        args.x_type = KS_TYPE_F32;
        args.y_type = f16 ? KS_TYPE_F16 : KS_TYPE_F32;
        args.x_scale = fixed ? 0.01f : 0.0f;
        args.x_zero_point = fixed ? static_cast<int32_t>(seed % 256) - 128 : 0;
        args.clamp_min = -1e30f;
        args.clamp_max = 1e30f;
        uint64_t scratch_size = 0;
        const int32_t status = ks_matmul_scratch_size(&args, &scratch_size);
        KS_REQUIRE(status == KS_OK || status == KS_ERROR_NO_KERNEL || status == KS_ERROR_BLOB_LAYOUT);
        if (status != KS_OK) continue;
        const Memory scratch = allocate(scratch_size);
        args.scratch = scratch.get();
        args.scratch_size = scratch_size;
        KS_REQUIRE(ks_matmul(&args) == KS_OK);
        KS_REQUIRE(args.kernel_used == kernel);
        if (!comparable(info, kernel)) continue;
        if (first != nullptr) KS_REQUIRE(memcmp(first.get(), y.get(), y_size) == 0);
        first = std::move(y);
    }
}

void use(const Blob& blob, int64_t m, uint32_t seed) {
    ks_packed_info info = {};
    info.struct_size = sizeof info;
    const int32_t status = ks_packed_describe(blob.memory.get(), blob.size, 0, &info);
    if (status != KS_OK) {
        KS_REQUIRE(status >= KS_ERROR_BLOB_TRUNCATED && status <= KS_ERROR_BLOB_CORRUPT);
        KS_REQUIRE(ks_packed_describe(blob.memory.get(), blob.size, 1, &info) == status);
        return;
    }
    KS_REQUIRE(info.size <= blob.size);
    multiply(blob, info, m, seed);
    const int32_t verified = ks_packed_describe(blob.memory.get(), blob.size, 1, &info);
    KS_REQUIRE(verified == KS_OK || verified == KS_ERROR_BLOB_CORRUPT);
    if (verified == KS_OK) unpack(blob, info);
}

}  // namespace
}  // namespace ks_fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    ks_fuzz::Bytes bytes(data, size);
    const uint8_t mode = bytes.take<uint8_t>();
    const int64_t m = bytes.integer(1, 10);
    const uint32_t seed = bytes.take<uint16_t>();
    const ks_fuzz::Blob blob = mode & 1 ? ks_fuzz::edited_blob(bytes) : ks_fuzz::raw_blob(bytes);
    if (mode & 2) ks_fuzz::repair(blob, (mode & 4) != 0);
    ks_fuzz::use(blob, m, seed);
    return 0;
}
