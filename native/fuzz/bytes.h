// SPDX-License-Identifier: Apache-2.0
// The fuzzer's bytes as numbers; zeros once they are used up.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace ks_fuzz {

class Bytes {
  public:
    Bytes(const uint8_t* data, size_t size) : next_(data), left_(size) {}

    bool empty() const { return left_ == 0; }

    template <typename T>
    T take() {
        T value = {};
        const size_t size = left_ < sizeof value ? left_ : sizeof value;
        memcpy(&value, next_, size);
        next_ += size;
        left_ -= size;
        return value;
    }

    // From lo to hi, which are at most 255 apart.
    int32_t integer(int32_t lo, int32_t hi) { return lo + take<uint8_t>() % (hi - lo + 1); }

    // A number that is likely to be mistaken for a valid one, or any.
    int64_t odd() {
        constexpr int64_t kOdd[] = {0,
                                    1,
                                    -1,
                                    2,
                                    15,
                                    31,
                                    33,
                                    4096,
                                    INT32_MAX,
                                    INT32_MIN,
                                    INT64_MAX,
                                    INT64_MIN,
                                    INT64_MAX / 4,
                                    INT64_MAX / 4 + 1,
                                    INT64_MAX - 63};
        constexpr int32_t kCount = sizeof kOdd / sizeof kOdd[0];
        const int32_t choice = integer(0, kCount + 1);
        if (choice < kCount) return kOdd[choice];
        return choice == kCount ? take<int16_t>() : take<int64_t>();
    }

    // All that is left.
    const uint8_t* data() const { return next_; }
    size_t size() const { return left_; }

  private:
    const uint8_t* next_;
    size_t left_;
};

}  // namespace ks_fuzz
