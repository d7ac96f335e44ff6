// SPDX-License-Identifier: Apache-2.0
#include "blob.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "check.h"
#include "float_bits.h"
#include "layout/layout.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "blobs are little-endian and used in place");

namespace ks {
namespace {

constexpr char kMagic[] = "KSPACKED";
constexpr uint32_t kVersion = 2;
constexpr uint64_t kHeaderChecked = offsetof(BlobHeader, header_checksum);

uint64_t mix(uint64_t lane, uint64_t word) {
    lane += word * 0x9E3779B97F4A7C15;
    return (lane << 31 | lane >> 33) * 0xC2B2AE3D27D4EB4F;
}

// Whether any column's bias has a bit set: -0 counts, since it shows in the result.
bool any_bias(const PackedMatrix& matrix, const uint8_t* panels) {
    for (int64_t n = 0; n < matrix.n; ++n) {
        uint32_t bits;
        memcpy(&bits, panels + matrix.bias_offset(n), sizeof bits);
        if (bits != 0) return true;
    }
    return false;
}

ks_status seal(const ks_shape* shape, void* packed, uint64_t packed_size) {
    PackedMatrix matrix;
    uint64_t size;
    KS_CHECK(check_shape(shape, &matrix, &size));
    KS_CHECK(check_buffer("packed", packed, KS_ALIGNMENT));
    KS_CHECK(check_capacity("packed", packed_size, size, "bytes"));

    uint8_t* panels = static_cast<uint8_t*>(packed) + KS_BLOB_HEADER_SIZE;
    const uint64_t used = matrix.payload_bytes();
    BlobHeader header = {};
    header.payload_size = size - KS_BLOB_HEADER_SIZE;
    memset(panels + used, 0, header.payload_size - used);
    memcpy(header.magic, kMagic, sizeof header.magic);
    header.version = kVersion;
    header.format = shape->format;
    header.layout = shape->layout;
    header.group = shape->group;
    header.vector_bytes = shape->vector_bytes;
    header.n = shape->n;
    header.k = shape->k;
    header.has_bias = any_bias(matrix, panels);
    header.header_size = KS_BLOB_HEADER_SIZE;
    header.payload_checksum = blob_checksum(panels, header.payload_size);
    header.header_checksum = blob_checksum(&header, kHeaderChecked);
    memcpy(packed, &header, sizeof header);
    return KS_OK;
}

ks_status corrupt(const char* name, const char* what) {
    return fail(KS_ERROR_BLOB_CORRUPT, "%s is corrupt: %s", name, what);
}

}  // namespace

uint64_t blob_checksum(const void* data, uint64_t size) {
    const uint8_t* bytes = static_cast<const uint8_t*>(data);
    uint64_t lanes[4] = {1, 2, 3, 4};
    const auto word = [bytes](uint64_t i) {
        uint64_t value;
        memcpy(&value, bytes + i * sizeof value, sizeof value);
        return value;
    };
    const uint64_t words = size / sizeof(uint64_t);
    uint64_t i = 0;
    for (; i + 4 <= words; i += 4) {
        for (uint64_t lane = 0; lane < 4; ++lane) lanes[lane] = mix(lanes[lane], word(i + lane));
    }
    for (; i < words; ++i) lanes[i % 4] = mix(lanes[i % 4], word(i));
    uint64_t result = 5;
    for (const uint64_t lane : lanes) result = mix(result, lane);
    result = mix(result, size);
    return result ^ result >> 32;
}

ks_status read_blob(const char* name, const void* packed, uint64_t packed_size, bool verify, ks_packed_info* info,
                    PackedMatrix* matrix) {
    KS_CHECK(check_buffer(name, packed, KS_ALIGNMENT));
    if (packed_size < KS_BLOB_HEADER_SIZE) {
        return fail(KS_ERROR_BLOB_TRUNCATED, "%s has %" PRIu64 " bytes, its header alone has %d", name, packed_size,
                    KS_BLOB_HEADER_SIZE);
    }
    BlobHeader header;
    memcpy(&header, packed, sizeof header);
    if (memcmp(header.magic, kMagic, sizeof header.magic) != 0) {
        return fail(KS_ERROR_BLOB_MAGIC, "%s does not begin with %s: it is not a packed blob, or was not sealed", name,
                    kMagic);
    }
    if (header.version != kVersion) {
        return fail(KS_ERROR_BLOB_VERSION,
                    "%s has version %" PRIu32 " of the format, this library reads version %" PRIu32, name,
                    header.version, kVersion);
    }
    if (header.header_checksum != blob_checksum(&header, kHeaderChecked)) {
        return corrupt(name, "the checksum of its header does not match");
    }
    for (const uint8_t byte : header.reserved) {
        if (byte != 0) return corrupt(name, "a reserved byte of its header is not 0");
    }
    if (header.has_bias > 1 || header.header_size != KS_BLOB_HEADER_SIZE) {
        return fail(KS_ERROR_BLOB_CORRUPT,
                    "%s is corrupt: its header says has_bias %" PRIu32 ", which is 0 or 1, and a header of %" PRIu32
                    " bytes, which is %d",
                    name, header.has_bias, header.header_size, KS_BLOB_HEADER_SIZE);
    }
    const ks_shape shape = {sizeof(ks_shape),     header.format, header.layout, header.group,
                            header.vector_bytes, 0,             header.n,      header.k};
    uint64_t size;
    if (check_shape(&shape, matrix, &size) != KS_OK) {
        return fail(KS_ERROR_BLOB_CORRUPT,
                    "%s is corrupt: its header has an impossible shape: format %" PRId32 ", layout %" PRId32
                    ", group %" PRId32 ", vector_bytes %" PRId32 ", n %" PRId64 ", k %" PRId64,
                    name, header.format, header.layout, header.group, header.vector_bytes, header.n, header.k);
    }
    if (header.payload_size != size - KS_BLOB_HEADER_SIZE) {
        return fail(KS_ERROR_BLOB_CORRUPT,
                    "%s is corrupt: its header says panels of %" PRIu64 " bytes, but n %" PRId64 ", k %" PRId64
                    ", group %" PRId32 " and vector_bytes %" PRId32 " need %" PRIu64,
                    name, header.payload_size, header.n, header.k, header.group, header.vector_bytes,
                    size - KS_BLOB_HEADER_SIZE);
    }
    if (packed_size < size) {
        return fail(KS_ERROR_BLOB_TRUNCATED, "%s has %" PRIu64 " bytes, its header says %" PRIu64, name, packed_size,
                    size);
    }
    if (verify && header.payload_checksum != blob_checksum(blob_panels(packed), header.payload_size)) {
        return corrupt(name, "the checksum of its panels does not match");
    }
    *info = {sizeof(ks_packed_info),
             header.version,
             header.format,
             header.layout,
             header.group,
             static_cast<int32_t>(header.has_bias),
             header.vector_bytes,
             0,
             header.n,
             header.k,
             size,
             header.payload_checksum};
    return KS_OK;
}

}  // namespace ks

extern "C" {

int32_t ks_pack_seal(const ks_shape* shape, void* packed, uint64_t packed_size) {
    return ks::seal(shape, packed, packed_size);
}

int32_t ks_packed_describe(const void* packed, uint64_t packed_size, int32_t verify, ks_packed_info* info) {
    KS_CHECK(ks::check_struct("info", info));
    if (verify != 0 && verify != 1) {
        return ks::fail(KS_ERROR_VALUE, "verify is %" PRId32 ", it must be 0 or 1", verify);
    }
    ks::PackedMatrix matrix;
    return ks::read_blob("packed", packed, packed_size, verify == 1, info, &matrix);
}

}  // extern "C"
