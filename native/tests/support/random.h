// SPDX-License-Identifier: Apache-2.0
// Drawn cases. KS_TEST_SEED repeats what a failure printed, KS_TEST_CASES says how many cases are drawn.
#pragma once

#include <stdint.h>
#include <stdlib.h>

#include <string>

namespace ks_test {

inline uint64_t environment(const char* name, uint64_t otherwise) {
    const char* value = getenv(name);
    return value != nullptr ? strtoull(value, nullptr, 0) : otherwise;
}

// The seed of case `index`; the case that a seed belongs to is repeated by KS_TEST_SEED=seed KS_TEST_CASES=1.
inline uint64_t seed_of_case(uint64_t index) { return environment("KS_TEST_SEED", 20261120) + index; }

inline uint64_t case_count(uint64_t otherwise) { return environment("KS_TEST_CASES", otherwise); }

inline std::string repeat_with(uint64_t seed) {
    return "repeat with KS_TEST_SEED=" + std::to_string(seed) + " KS_TEST_CASES=1";
}

// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers with every standard library.
class Random {
  public:
    explicit Random(uint64_t seed) : state_(seed) {}

    uint64_t bits() {
        uint64_t z = state_ += 0x9E3779B97F4A7C15;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }
    // Between lo and hi, both included.
    int64_t integer(int64_t lo, int64_t hi) {
        return lo + static_cast<int64_t>(bits() % static_cast<uint64_t>(hi - lo + 1));
    }
    bool one_in(int64_t n) { return integer(1, n) == 1; }
    // Between -1 and 1.
    float unit() { return static_cast<float>(integer(-(1 << 24), 1 << 24)) / static_cast<float>(1 << 24); }
    template <typename T, size_t N>
    T pick(const T (&values)[N]) {
        return values[integer(0, N - 1)];
    }

  private:
    uint64_t state_;
};

}  // namespace ks_test
