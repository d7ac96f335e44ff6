// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdint.h>

#include "arena.h"
#include "bytes.h"

namespace ks_fuzz {
namespace {

// What spoils arguments: each has a chance of one in sixteen.
class Spoiler {
  public:
    explicit Spoiler(Bytes& bytes) : bytes_(bytes) {}

    template <typename T>
    void number(T& value) {
        if (!chance()) return;
        const uint64_t base = bytes_.integer(0, 1) ? 0 : static_cast<uint64_t>(value);
        const int64_t change = base == 0 ? bytes_.odd() : bytes_.integer(-2, 2);
        value = static_cast<T>(base + static_cast<uint64_t>(change));
    }
    template <typename T>
    void pointer(T*& value) {
        if (!chance()) return;
        const uint64_t offset = bytes_.take<uint16_t>() * (kArenaSize >> 16);
        const int32_t kind = bytes_.integer(0, 3);
        // Mostly aligned: what is not is refused before it is asked whether it overlaps something.
        const uint64_t aligned = offset / KS_ALIGNMENT * KS_ALIGNMENT;
        value =
            kind == 0 ? nullptr : reinterpret_cast<T*>(arena + (kind == 1 ? offset | bytes_.integer(0, 1) : aligned));
    }
    void real(float& value) {
        if (chance()) value = bytes_.take<float>();
    }
    // A capacity of `right` elements, spoiled but true.
    uint64_t capacity(const void* pointer, uint64_t right, uint64_t element_size) {
        uint64_t value = right;
        number(value);
        const uint64_t most = room(pointer) / element_size;
        return value < most ? value : most;
    }

  private:
    bool chance() { return bytes_.integer(0, 15) == 15; }

    Bytes& bytes_;
};

}  // namespace
}  // namespace ks_fuzz
