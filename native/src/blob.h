// SPDX-License-Identifier: Apache-2.0
// A packed blob: 128 bytes of header, then the panels, then zeros up to a multiple of 64 bytes.
#pragma once

#include <stdint.h>

#include "error.h"

namespace ks {

struct PackedMatrix;

// Little-endian, as are the panels.
struct BlobHeader {
    uint8_t magic[8];  // "KSPACKED"
    uint32_t version;  // 2
    int32_t format;
    int32_t layout;
    int32_t group;
    int64_t n;
    int64_t k;
    uint32_t has_bias;
    uint32_t header_size;       // 128
    uint64_t payload_size;      // bytes after the header
    uint64_t payload_checksum;  // blob_checksum() of them
    int32_t vector_bytes;       // as in ks_shape
    uint8_t reserved[52];       // 0
    uint64_t header_checksum;   // blob_checksum() of the 120 bytes before
};
static_assert(sizeof(BlobHeader) == KS_BLOB_HEADER_SIZE, "the header has no padding");

// A checksum of `size` bytes, a multiple of 8, read as little-endian 64-bit words: word i goes into lane i mod 4 by
//   lane = rotate_left(lane + word * 0x9E3779B97F4A7C15, 31) * 0xC2B2AE3D27D4EB4F,
// the lanes beginning as 1, 2, 3, 4; lanes 0..3 and then `size` go into a fifth in the same way, which begins as 5;
// the result is that lane XOR itself shifted right by 32.
uint64_t blob_checksum(const void* data, uint64_t size);

// Reads and checks a header; `verify` compares the checksum of the panels too. `name` is for messages.
ks_status read_blob(const char* name, const void* packed, uint64_t packed_size, bool verify, ks_packed_info* info,
                    PackedMatrix* matrix);

// The panels of a sealed blob.
inline const uint8_t* blob_panels(const void* packed) {
    return static_cast<const uint8_t*>(packed) + KS_BLOB_HEADER_SIZE;
}

}  // namespace ks
