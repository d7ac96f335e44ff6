// SPDX-License-Identifier: Apache-2.0
// For tests that make one argument after the other wrong.
#pragma once

#include <functional>

#include "support/cases.h"

namespace ks_test {

// Runs `call` on a copy of valid arguments after `spoil` changed it.
template <typename Args>
class Wrong {
  public:
    Wrong(const Args& valid, std::function<int32_t(Args&)> call) : valid_(valid), call_(std::move(call)) {
        Args args = valid_;
        EXPECT_EQ(call_(args), KS_OK) << ks_last_error();
    }
    void operator()(int32_t status, const char* named, std::function<void(Args&)> spoil) const {
        Args args = valid_;
        spoil(args);
        EXPECT_EQ(call_(args), status) << named << ": " << ks_last_error();
        EXPECT_NE(std::string(ks_last_error()).find(named), std::string::npos) << named << ": " << ks_last_error();
    }

  private:
    Args valid_;
    std::function<int32_t(Args&)> call_;
};

template <typename T>
T sized() {
    T value = {};
    value.struct_size = sizeof(T);
    return value;
}

template <typename T>
T* misaligned(T* pointer) {
    return reinterpret_cast<T*>(reinterpret_cast<uintptr_t>(pointer) + 1);
}

// A packed matrix of each format with everything that a call needs.
struct World {
    Random random{3};
    Matrix int4 = draw_matrix(random, KS_FORMAT_INT4_GROUP, 40, 64, 32, true);
    Matrix f32 = draw_matrix(random, KS_FORMAT_F32, 20, 9, 0, true);
    Guarded<uint8_t> int4_blob{packed_size(int4, KS_LAYOUT_INT4_N32K4), Against::kEnd, KS_ALIGNMENT};
    Guarded<uint8_t> f32_blob{packed_size(f32, KS_LAYOUT_F32_N16), Against::kEnd, KS_ALIGNMENT};
    World() {
        pack(int4, KS_LAYOUT_INT4_N32K4, int4_blob);
        pack(f32, KS_LAYOUT_F32_N16, f32_blob);
    }
};

}  // namespace ks_test
