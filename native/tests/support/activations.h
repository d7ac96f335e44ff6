// SPDX-License-Identifier: Apache-2.0
// Rows of activations drawn from a seed.
#pragma once

#include <float.h>

#include "support/random.h"
#include "support/reference.h"

namespace ks_test {

// A row of one of the shapes that quantising, rounding and clamping treat specially, or an ordinary one.
class RowDraw {
  public:
    RowDraw(Random& random, float* x, int64_t k) : random_(random), x_(x), k_(k) {}

    void draw() {
        const float constants[] = {1.0f, -1.0f, 0.3f, -FLT_MAX, FLT_MAX, FLT_MAX / 2, 1e-30f, 1e-38f, 1e-45f, 1e20f};
        const float specials[] = {NAN, -NAN, INFINITY, -INFINITY};
        const float constant = random_.pick(constants);
        switch (random_.integer(0, 44)) {
            case 0:
                return fill([] { return 0.0f; });
            case 1:
                return fill([this] { return random_.one_in(2) ? 0.0f : -0.0f; });
            case 2:
                return fill([this] { return fabsf(random_.unit()); });
            case 3:
                return fill([this] { return -fabsf(random_.unit()); });
            case 4:
                return fill([=] { return constant; });
            case 5:
                return ties(127.5f);
            case 6:
                return ties(127.0f);
            case 7:
                return fill([this] { return random_.unit() * 1e-30f; });
            case 8:
                return fill([this] { return random_.unit() * 1e-38f; });
            case 9:
                return fill([this] { return random_.unit() * 1e20f; });
            case 10:
                return fill([this] { return random_.unit() * FLT_MAX; });
            case 11:
                return fill([this] { return fabsf(random_.unit()) * FLT_MAX; });
            case 12:
                return fill([this] { return static_cast<float>(random_.integer(-3, 3)) * 1e-45f; });
            case 13:
                return fill([this] { return random_.one_in(8) ? random_.unit() * 1000.0f : random_.unit(); });
            case 14:
                return with_one(random_.pick(specials));
            case 15:
                return with_one(constant);
            case 16:
                // The multiplier is close to the largest float.
                return fill([this] { return random_.unit() * 1e-36f; });
            case 17:
                return zero_point_near_tie();
            case 18:
                return pieces();
            case 19:
                return with_one(127.0f * 65519.0f + static_cast<float>(random_.integer(-127, 381)));
            case 20:
                // Ties between two numbers of f16, and of bf16.
                return fill([this] { return bits(static_cast<uint32_t>(random_.bits()) << 13 | 0x1000, 98, 145); });
            case 21:
                return fill([this] { return bits(static_cast<uint32_t>(random_.bits()) << 16 | 0x8000, 1, 254); });
            default:
                return fill([this] { return random_.unit() * 3.0f; });
        }
    }

  private:
    template <typename Value>
    void fill(Value value) {
        for (int64_t i = 0; i < k_; ++i) x_[i] = value();
    }

    void with_one(float value) {
        fill([this] { return random_.unit() * 3.0f; });
        x_[random_.integer(0, k_ - 1)] = value;
    }

    // The codes are the values: halves, or the float next to one towards 0. Each 32 values reach both ends.
    void ties(float end) {
        fill([this] {
            const float tie = static_cast<float>(random_.integer(-127, 126)) + 0.5f;
            return random_.one_in(4) ? nextafterf(tie, 0.0f) : tie;
        });
        for (int64_t i = 0; i < k_; i += 32) {
            x_[i] = -end;
            if (i + 1 < k_) x_[i + 1] = end;
        }
    }

    // Where it shows from which end of the range the zero point was taken.
    void zero_point_near_tie() {
        const float unit = fabsf(random_.unit()) + 0.01f;
        const float below = static_cast<float>(random_.integer(0, 254)) + 0.5f;
        fill([] { return 0.0f; });
        x_[0] = -below * unit;
        x_[k_ - 1] = (255.0f - below) * unit;
    }

    // Each 32 values of a magnitude of their own, some where scales vanish or become subnormal.
    void pieces() {
        const float magnitudes[] = {0.0f,           1.0f,     1e-3f,  1e4f,  127.0f * 0x1p-25f, 127.0f * 0x1.8p-24f,
                                    127 * 0x1p-14f, 0x1p-75f, 1e-40f, 1e-37f};
        for (int64_t begin = 0; begin < k_; begin += 32) {
            const float magnitude = random_.pick(magnitudes);
            for (int64_t i = begin; i < k_ && i < begin + 32; ++i) x_[i] = random_.unit() * magnitude;
            if (random_.one_in(2)) x_[begin] = magnitude;
            if (random_.one_in(8)) x_[begin] = nextafterf(magnitude, 0.0f);
        }
    }

    // A float of these bits of significand with a sign and a drawn exponent.
    float bits(uint32_t significand, int64_t lowest_exponent, int64_t highest_exponent) {
        const uint32_t exponent = static_cast<uint32_t>(random_.integer(lowest_exponent, highest_exponent));
        const uint32_t all =
            static_cast<uint32_t>(random_.integer(0, 1)) << 31 | exponent << 23 | (significand & 0x7FFFFF);
        return read<float>(&all);
    }

    Random& random_;
    float* x_;
    int64_t k_;
};

// A row of x as `type`.
inline void draw_row(Random& random, int32_t type, void* x, int64_t k) {
    if (type == KS_TYPE_INT8) {
        const bool extreme = random.one_in(4);
        const int8_t ends[] = {-128, 127};
        for (int64_t i = 0; i < k; ++i) {
            static_cast<int8_t*>(x)[i] = extreme ? random.pick(ends) : static_cast<int8_t>(random.integer(-128, 127));
        }
        return;
    }
    std::vector<float> row(static_cast<size_t>(k));
    RowDraw(random, row.data(), k).draw();
    for (size_t i = 0; i < row.size(); ++i) {
        if (type == KS_TYPE_F32) {
            static_cast<float*>(x)[i] = row[i];
        } else {
            static_cast<uint16_t*>(x)[i] = type == KS_TYPE_F16 ? to_f16(row[i]) : to_bf16(row[i]);
        }
    }
}

// Types, scales and bounds for a multiplication with this format.
inline Operands draw_operands(Random& random, int32_t format) {
    Operands operands;
    const float scales[] = {0.02f, 0.5f, 1.0f, 1.5f, 1e-6f, 1e6f, FLT_MIN, FLT_MAX};
    const int32_t types[] = {KS_TYPE_F32, KS_TYPE_F32, KS_TYPE_F32, KS_TYPE_F16, KS_TYPE_BF16, KS_TYPE_INT8};
    operands.x_type = random.pick(types);
    operands.y_type = random.pick(types);
    if (operands.x_type == KS_TYPE_INT8 && !is_per_row(format)) operands.x_type = KS_TYPE_F32;
    if (is_per_row(format) && (operands.x_type == KS_TYPE_INT8 || random.one_in(4))) {
        operands.x_scale = random.pick(scales);
        operands.x_zero_point = static_cast<int32_t>(random.integer(-128, 127));
    }
    if (operands.y_type == KS_TYPE_INT8) {
        operands.y_scale = random.pick(scales);
        operands.y_zero_point = static_cast<int32_t>(random.integer(-128, 127));
    }
    const float bounds[][2] = {{-INFINITY, INFINITY}, {-INFINITY, INFINITY}, {-1, 1},       {0, 6},
                               {-0.0f, INFINITY},     {-INFINITY, 0},        {0.0f, -0.0f}, {0.5f, 0.5f}};
    const int64_t clamp = random.integer(0, 7);
    operands.clamp_min = bounds[clamp][0];
    operands.clamp_max = bounds[clamp][1];
    return operands;
}

}  // namespace ks_test
