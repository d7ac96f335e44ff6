// SPDX-License-Identifier: Apache-2.0
// Matrices and activations drawn from a seed, and blobs made of them.
#pragma once

#include <float.h>
#include <gtest/gtest.h>
#include <math.h>

#include "support/guarded.h"
#include "support/random.h"
#include "support/reference.h"

namespace ks_test {

constexpr int32_t kLayouts[] = {KS_LAYOUT_F32_N16, KS_LAYOUT_INT4_N32K4, KS_LAYOUT_INT4_NR8KR8, KS_LAYOUT_INT4_NR8KR16};

inline int32_t format_of(int32_t layout) { return layout == KS_LAYOUT_F32_N16 ? KS_FORMAT_F32 : KS_FORMAT_INT4_GROUP; }

inline uint16_t draw_scale(Random& random, bool extreme) {
    if (extreme && random.one_in(4)) {
        const uint16_t scales[] = {0x0000, 0x8000, 0x0001, 0x807F, 0x0080, 0x7F7F, 0xFF7F, 0x7E80};
        return random.pick(scales);
    }
    const uint16_t exponent = static_cast<uint16_t>(random.integer(110, 128));
    return static_cast<uint16_t>(random.integer(0, 1) << 15 | exponent << 7 | random.integer(0, 127));
}

inline float draw_weight(Random& random, bool extreme) {
    if (extreme && random.one_in(8)) {
        const float weights[] = {0.0f, -0.0f, FLT_MAX, -FLT_MAX, FLT_MIN, 1e-45f, 1e30f, -1e30f};
        return random.pick(weights);
    }
    return random.unit();
}

inline Matrix draw_matrix(Random& random, int32_t format, int64_t n, int64_t k, int32_t group, bool bias) {
    Matrix matrix = {format, group, n, k, {}, {}, {}, {}};
    const bool extreme = random.one_in(6);
    if (format == KS_FORMAT_F32) {
        matrix.f32.resize(static_cast<size_t>(n * k));
        for (float& w : matrix.f32) w = draw_weight(random, extreme);
    } else {
        matrix.codes.resize(static_cast<size_t>(n * (k / 2)));
        matrix.scales.resize(static_cast<size_t>(n * (k / group)));
        for (uint8_t& codes : matrix.codes) codes = static_cast<uint8_t>(random.bits());
        for (uint16_t& scale : matrix.scales) scale = draw_scale(random, extreme);
    }
    if (bias) matrix.bias.resize(static_cast<size_t>(n));
    for (float& b : matrix.bias) b = draw_weight(random, extreme);
    return matrix;
}

inline Matrix draw_small_matrix(Random& random, int32_t format) {
    const int64_t n = random.one_in(4) ? random.integer(1, 8) : random.integer(1, 130);
    if (format == KS_FORMAT_F32) return draw_matrix(random, format, n, random.integer(1, 200), 0, random.one_in(2));
    const int32_t groups[] = {32, 32, 32, 64, 96, 128, 160, 192, 224, 256};
    const int32_t group = random.pick(groups);
    const int64_t most = 768 / group > 8 ? 8 : 768 / group;
    return draw_matrix(random, format, n, group * random.integer(1, most), group, random.one_in(2));
}

// One row of activations: mostly ordinary, else one of the shapes that quantising and clamping treat specially.
inline void draw_row(Random& random, float* x, int64_t k) {
    const auto fill = [&](auto value) {
        for (int64_t i = 0; i < k; ++i) x[i] = value();
    };
    const int64_t kind = random.integer(0, 30);
    const float constants[] = {1.0f, -1.0f, 0.3f, -FLT_MAX, FLT_MAX, FLT_MAX / 2, 1e-30f, 1e-38f, 1e-45f, 1e20f};
    const float specials[] = {NAN, -NAN, INFINITY, -INFINITY};
    const float constant = random.pick(constants);
    switch (kind) {
        case 0:
            fill([] { return 0.0f; });
            break;
        case 1:
            fill([&] { return random.one_in(2) ? 0.0f : -0.0f; });
            break;
        case 2:
            fill([&] { return fabsf(random.unit()); });
            break;
        case 3:
            fill([&] { return -fabsf(random.unit()); });
            break;
        case 4:
            fill([&] { return constant; });
            break;
        // The range is 255, so that the codes are the values: ties, or the float next to one towards 0.
        case 5:
            fill([&] {
                const float tie = static_cast<float>(random.integer(-128, 126)) + 0.5f;
                return random.one_in(4) ? nextafterf(tie, 0.0f) : tie;
            });
            break;
        case 6:
            fill([&] { return random.unit() * 1e-30f; });
            break;
        case 7:
            fill([&] { return random.unit() * 1e-38f; });
            break;
        case 8:
            fill([&] { return random.unit() * 1e20f; });
            break;
        case 9:
            fill([&] { return random.unit() * FLT_MAX; });
            break;
        case 10:
            fill([&] { return fabsf(random.unit()) * FLT_MAX; });
            break;
        case 11:
            fill([&] { return static_cast<float>(random.integer(-3, 3)) * 1e-45f; });
            break;
        case 12:
            fill([&] { return random.one_in(8) ? random.unit() * 1000.0f : random.unit(); });
            break;
        // The multiplier is close to the largest float.
        case 15:
            fill([&] { return random.unit() * 1e-36f; });
            break;
        default:
            fill([&] { return random.unit() * 3.0f; });
            break;
    }
    if (kind == 5) x[random.integer(0, k - 1)] = -127.5f;
    if (kind == 5 && k > 1) x[random.integer(0, k - 1)] = 127.5f;
    if (kind == 13) x[random.integer(0, k - 1)] = random.pick(specials);
    if (kind == 14) x[random.integer(0, k - 1)] = constant;
    if (kind == 15) {
        // The zero point is next to a tie, where it shows from which end of the range it was taken.
        const float unit = fabsf(random.unit()) + 0.01f;
        const float below = static_cast<float>(random.integer(0, 254)) + 0.5f;
        fill([&] { return 0.0f; });
        x[0] = -below * unit;
        x[k - 1] = (255.0f - below) * unit;
    }
}

// A sealed blob in guarded memory.
inline void pack(const Matrix& matrix, int32_t layout, Guarded<uint8_t>& blob) {
    const ks_shape shape = matrix.shape(layout);
    ks_pack_args args = {};
    args.struct_size = sizeof args;
    args.shape = &shape;
    args.n_end = matrix.n;
    args.weights = matrix.weights();
    args.weights_stride_bytes = matrix.row_bytes();
    if (matrix.format != KS_FORMAT_F32) {
        args.scales = matrix.scales.data();
        args.scales_stride = matrix.k / matrix.group;
    }
    args.bias = matrix.bias_or_null();
    args.packed = blob.data();
    args.packed_size = blob.size();
    ASSERT_EQ(ks_pack(&args), KS_OK) << ks_last_error();
    ASSERT_EQ(ks_pack_seal(&shape, blob.data(), blob.size()), KS_OK) << ks_last_error();
}

inline uint64_t packed_size(const Matrix& matrix, int32_t layout) {
    const ks_shape shape = matrix.shape(layout);
    uint64_t size = 0;
    EXPECT_EQ(ks_packed_size(&shape, &size), KS_OK) << ks_last_error();
    return size;
}

}  // namespace ks_test
