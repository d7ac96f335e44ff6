// SPDX-License-Identifier: Apache-2.0
// The memory that fuzzed calls are given pointers into. Included by one file, hence the anonymous namespace.
#pragma once

#include <sanitizer/asan_interface.h>
#include <stdint.h>

#include "kleidisharp.h"

namespace ks_fuzz {
namespace {

constexpr uint64_t kArenaSize = 1 << 17;
// Where valid calls put things; each place has room for the largest matrix.
enum Place : uint32_t {
    kWeights = 0,       // f32
    kCodes = 16 << 10,  // weights of all other formats
    kScales = 24 << 10,
    kZeros = 26 << 10,
    kBias = 27 << 10,
    kBlob = 28 << 10,
    kX = 56 << 10,
    kY = 60 << 10,
    kTeam = 62 << 10,
    kScratch = 64 << 10
};

alignas(KS_ALIGNMENT) uint8_t arena[kArenaSize];

template <typename T = uint8_t>
T* at(uint64_t offset) {
    return reinterpret_cast<T*>(arena + offset);
}

// Bytes from a pointer to the end of the arena; 0 for null.
uint64_t room(const void* pointer) {
    return pointer == nullptr ? 0 : static_cast<uint64_t>(arena + kArenaSize - static_cast<const uint8_t*>(pointer));
}

// Makes the bytes of the arena that a call may touch accessible, the others not; all are again afterwards.
class Access {
  public:
    Access() { ASAN_POISON_MEMORY_REGION(arena, kArenaSize); }
    ~Access() { ASAN_UNPOISON_MEMORY_REGION(arena, kArenaSize); }
    Access(const Access&) = delete;
    Access& operator=(const Access&) = delete;

    void allow(const void* pointer, uint64_t size) {
        if (pointer != nullptr) ASAN_UNPOISON_MEMORY_REGION(pointer, size);
    }
};

using Wide = __int128;  // holds any product of two arguments

// Bytes of a matrix; 0 where there is none, because its pointer, size or stride is wrong or it overflows.
uint64_t matrix_size(const void* pointer, int64_t rows, Wide columns, int64_t stride, uint64_t element_size) {
    if (pointer == nullptr || rows < 1 || columns < 1 || stride < columns) return 0;
    const Wide elements = Wide{rows - 1} * stride + columns;
    const Wide most = INT64_MAX / static_cast<Wide>(element_size);
    return elements > most ? 0 : static_cast<uint64_t>(elements) * element_size;
}

}  // namespace
}  // namespace ks_fuzz
