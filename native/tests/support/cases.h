// SPDX-License-Identifier: Apache-2.0
// Matrices drawn from a seed, and blobs made of them.
#pragma once

#include <float.h>
#include <gtest/gtest.h>

#include <string>

#include "support/guarded.h"
#include "support/layouts.h"
#include "support/random.h"

namespace ks_test {

inline float draw_float(Random& random, bool extreme) {
    if (extreme && random.one_in(8)) {
        const float values[] = {0.0f, -0.0f, FLT_MAX, -FLT_MAX, FLT_MIN, 1e-45f, 1e30f, -1e30f};
        return random.pick(values);
    }
    return random.unit();
}

// Weights of type f16 or bf16, and scales: a finite number, or one of the ends.
inline uint16_t draw_f16(Random& random, bool extreme) {
    const uint16_t ends[] = {0x0000, 0x8000, 0x0001, 0x83FF, 0x0400, 0x7BFF, 0xFBFF, 0x3C00};
    if (extreme && random.one_in(4)) return random.pick(ends);
    return static_cast<uint16_t>(random.integer(0, 1) << 15 | random.integer(8, 15) << 10 | random.integer(0, 1023));
}

inline uint16_t draw_bf16(Random& random, bool extreme) {
    const uint16_t ends[] = {0x0000, 0x8000, 0x0001, 0x807F, 0x0080, 0x7F7F, 0xFF7F, 0x7E80};
    if (extreme && random.one_in(4)) return random.pick(ends);
    return static_cast<uint16_t>(random.integer(0, 1) << 15 | random.integer(110, 128) << 7 | random.integer(0, 127));
}

inline float draw_f32_scale(Random& random, bool extreme) {
    const float ends[] = {0.0f, -0.0f, 0x1p-40f, -0x1p-40f, FLT_MAX, -FLT_MAX, 1e30f, 1.0f};
    if (extreme && random.one_in(4)) return random.pick(ends);
    return (fabsf(random.unit()) + 1e-3f) * (random.one_in(2) ? 0.01f : -2.0f);
}

template <typename T, typename Draw>
std::vector<uint8_t> draw_bytes(int64_t count, Draw draw) {
    std::vector<uint8_t> bytes(static_cast<size_t>(count) * sizeof(T));
    for (size_t at = 0; at < bytes.size(); at += sizeof(T)) {
        const T value = draw();
        memcpy(&bytes[at], &value, sizeof value);
    }
    return bytes;
}

inline Matrix draw_matrix(Random& random, int32_t format, int64_t n, int64_t k, int32_t group, bool bias) {
    Matrix matrix = {format, group, n, k, {}, {}, {}, {}};
    const bool extreme = random.one_in(6);
    const auto f32 = [&] { return draw_float(random, extreme); };
    const auto f16 = [&] { return draw_f16(random, extreme); };
    const auto bf16 = [&] { return draw_bf16(random, extreme); };
    if (format == KS_FORMAT_F32) {
        matrix.weights = draw_bytes<float>(n * k, f32);
    } else if (format == KS_FORMAT_F16) {
        matrix.weights = draw_bytes<uint16_t>(n * k, f16);
    } else if (format == KS_FORMAT_BF16) {
        matrix.weights = draw_bytes<uint16_t>(n * k, bf16);
    } else {
        const bool full = extreme && random.one_in(2);
        matrix.weights = draw_bytes<uint8_t>(n * matrix.row_bytes(), [&] {
            return full ? static_cast<uint8_t>(random.one_in(2) ? 0x00 : 0xFF) : static_cast<uint8_t>(random.bits());
        });
    }
    // What a row of 4-bit codes has beyond an odd k does not come back from a blob.
    for (int64_t row = 0; row < n && format == KS_FORMAT_INT4_CHANNEL && k % 2 != 0; ++row) {
        matrix.weights[static_cast<size_t>((row + 1) * matrix.row_bytes() - 1)] &= 15;
    }
    for (int64_t block = 0; block < n * k / 32 && format == KS_FORMAT_Q4_0; ++block) {
        const uint16_t scale = f16();
        memcpy(&matrix.weights[static_cast<size_t>(18 * block)], &scale, sizeof scale);
    }
    const int64_t scales = n * matrix.scales_per_row();
    matrix.scales = scale_bytes_of(format) == 2
                        ? draw_bytes<uint16_t>(scales, bf16)
                        : draw_bytes<float>(scales, [&] { return draw_f32_scale(random, extreme); });
    matrix.zeros.resize(static_cast<size_t>(n * matrix.zeros_per_row()));
    for (float& zero : matrix.zeros) zero = f32();
    if (bias) matrix.bias.resize(static_cast<size_t>(n));
    for (float& b : matrix.bias) b = f32();
    return matrix;
}

// A group that the format takes, the smaller more often; 0 for formats without.
inline int32_t draw_group(Random& random, int32_t format) {
    const int32_t groups[] = {32, 32, 32, 64, 96, 128, 160, 192, 224, 256};
    return is_grouped(format) ? random.pick(groups) : 0;
}

inline int64_t k_step(int32_t format, int32_t group) {
    if (is_grouped(format)) return group;
    return format == KS_FORMAT_Q4_0 || format == KS_FORMAT_INT2_CHANNEL ? 32 : 1;
}

// A k of at most `most`, or the least there is.
inline int64_t draw_k(Random& random, int32_t format, int32_t group, int64_t most) {
    const int64_t step = k_step(format, group);
    return step * random.integer(1, most > step ? most / step : 1);
}

inline Matrix draw_small_matrix(Random& random, int32_t format, int64_t most_k = 400) {
    const int64_t n = random.one_in(4) ? random.integer(1, 8) : random.integer(1, 130);
    const int32_t group = draw_group(random, format);
    return draw_matrix(random, format, n, draw_k(random, format, group, most_k), group, random.one_in(2));
}

inline uint64_t packed_size(const Matrix& matrix, int32_t layout, int32_t vector_bytes) {
    const ks_shape shape = matrix.shape(layout, vector_bytes);
    uint64_t size = 0;
    EXPECT_EQ(ks_packed_size(&shape, &size), KS_OK) << ks_last_error();
    return size;
}

// The arguments that pack all of a matrix into a blob.
inline ks_pack_args pack_args(const Matrix& matrix, const ks_shape& shape, Guarded<uint8_t>& blob) {
    ks_pack_args args = {};
    args.struct_size = sizeof args;
    args.shape = &shape;
    args.n_end = matrix.n;
    args.weights = matrix.weights.data();
    args.weights_stride_bytes = matrix.row_bytes();
    args.scales = matrix.scales_or_null();
    args.scales_stride = matrix.scales_per_row();
    args.zeros = matrix.zeros_or_null();
    args.zeros_stride = matrix.zeros_per_row();
    args.bias = matrix.bias_or_null();
    args.packed = blob.data();
    args.packed_size = blob.size();
    return args;
}

// A sealed blob in guarded memory.
class PackedBlob {
  public:
    PackedBlob(const Matrix& matrix, int32_t layout, int32_t vector_bytes, Against against = Against::kEnd)
        : bytes_(packed_size(matrix, layout, vector_bytes), against, KS_ALIGNMENT) {
        const ks_shape shape = matrix.shape(layout, vector_bytes);
        ks_pack_args args = pack_args(matrix, shape, bytes_);
        EXPECT_EQ(ks_pack(&args), KS_OK) << ks_last_error();
        EXPECT_EQ(ks_pack_seal(&shape, bytes_.data(), bytes_.size()), KS_OK) << ks_last_error();
    }
    uint8_t* data() { return bytes_.data(); }
    const uint8_t* data() const { return bytes_.data(); }
    size_t size() const { return bytes_.size(); }

  private:
    Guarded<uint8_t> bytes_;
};

}  // namespace ks_test
