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

// A matrix of a format with a blob and everything that a call needs.
struct Packed {
    Matrix matrix;
    int32_t layout;
    PackedBlob blob;

    Packed(int32_t of_layout, int64_t n, int64_t k, int32_t group)
        : matrix(draw(layout_spec(of_layout).format, n, k, group)), layout(of_layout), blob(matrix, layout, 0) {}

    ks_shape shape() const { return matrix.shape(layout, 0); }

  private:
    static Matrix draw(int32_t format, int64_t n, int64_t k, int32_t group) {
        Random random(3);
        return draw_matrix(random, format, n, k, group, true);
    }
};

// Formats that differ in what belongs to them.
struct World {
    Packed int4{KS_LAYOUT_INT4_N32K4, 40, 64, 32};
    Packed f32{KS_LAYOUT_F32_N16, 20, 9, 0};
    Packed channel{KS_LAYOUT_INT8_CHANNEL_N32K4, 12, 9, 0};
    Packed asymmetric{KS_LAYOUT_INT4_ASYMMETRIC_N32K4, 12, 64, 32};
};

}  // namespace ks_test
