// SPDX-License-Identifier: Apache-2.0
#include "support/reference.h"

#include <float.h>
#include <math.h>
#include <string.h>

namespace ks_test {
namespace {

float canonical(float value) {
    const uint32_t bits = 0x7FC00000;
    if (isnan(value)) memcpy(&value, &bits, sizeof value);
    return value;
}

// IEEE 754-2019 maximum and minimum, in which -0 is below +0.
float maximum(float a, float b) {
    if (a == b) return signbit(a) ? b : a;
    return a > b ? a : b;
}

float minimum(float a, float b) {
    if (a == b) return signbit(a) ? a : b;
    return a < b ? a : b;
}

float clamp(float value, float lo, float hi) {
    if (isnan(value)) return canonical(value);
    return minimum(maximum(value, lo == 0 ? 0.0f : lo), hi == 0 ? -0.0f : hi);
}

struct QuantizedRow {
    std::vector<int> codes;
    int zero_point;
    float scale;
};

QuantizedRow quantize_activations(const float* x, int64_t k) {
    QuantizedRow row = {std::vector<int>(static_cast<size_t>(k), 0), 0, 0.0f};
    float lo = 0;
    float hi = 0;
    for (int64_t i = 0; i < k; ++i) {
        if (!isfinite(x[i])) {
            row.scale = canonical(NAN);
            return row;
        }
        lo = fminf(lo, x[i]);
        hi = fmaxf(hi, x[i]);
    }
    if (isinf(hi - lo)) {
        row.scale = canonical(NAN);
        return row;
    }
    const float s = lo == hi ? 1.0f : 255.0f / (hi - lo);
    if (isinf(s)) return row;
    const float lo_s = lo * s;
    const float hi_s = hi * s;
    const float error = (-128.0f + lo_s) + (127.0f + hi_s);
    const float zero_point = error > 0 ? -128.0f - lo_s : 127.0f - hi_s;
    row.zero_point = static_cast<int>(nearbyintf(fminf(fmaxf(zero_point, -128.0f), 127.0f)));
    for (int64_t i = 0; i < k; ++i) {
        const int code = static_cast<int>(roundf(x[i] * s)) + row.zero_point;
        row.codes[static_cast<size_t>(i)] = code < -128 ? -128 : code > 127 ? 127 : code;
    }
    row.scale = 1.0f / s;
    return row;
}

void multiply_f32(const Matrix& matrix, const float* x, float lo, float hi, float* y) {
    bool finite = true;
    for (int64_t i = 0; i < matrix.k; ++i) finite = finite && isfinite(x[i]);
    for (int64_t n = 0; n < matrix.n; ++n) {
        float acc = matrix.bias.empty() ? 0.0f : matrix.bias[static_cast<size_t>(n)];
        for (int64_t i = 0; i < matrix.k; ++i) acc = fmaf(x[i], matrix.f32[static_cast<size_t>(n * matrix.k + i)], acc);
        y[n] = finite ? clamp(acc, lo, hi) : canonical(NAN);
    }
}

void multiply_int4(const Matrix& matrix, const float* x, float lo, float hi, float* y) {
    const QuantizedRow row = quantize_activations(x, matrix.k);
    for (int64_t n = 0; n < matrix.n; ++n) {
        float acc = 0;
        for (int64_t g = 0; g < matrix.k / matrix.group; ++g) {
            int sum = 0;
            for (int64_t i = g * matrix.group; i < (g + 1) * matrix.group; ++i) {
                sum += row.codes[static_cast<size_t>(i)] * (matrix.code(n, i) - 8);
            }
            acc = fmaf(static_cast<float>(sum), bf16(matrix.scale_bits(n, g)), acc);
        }
        acc = fmaf(row_sum(matrix, n), static_cast<float>(-row.zero_point), acc);
        acc = acc * row.scale;
        acc = acc + (matrix.bias.empty() ? 0.0f : matrix.bias[static_cast<size_t>(n)]);
        y[n] = clamp(acc, lo, hi);
    }
}

template <typename T>
void append(std::vector<uint8_t>& bytes, T value) {
    uint8_t raw[sizeof value];
    memcpy(raw, &value, sizeof value);
    bytes.insert(bytes.end(), raw, raw + sizeof value);
}

}  // namespace

float bf16(uint16_t bits) {
    const uint32_t wide = uint32_t{bits} << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

float row_sum(const Matrix& matrix, int64_t row) {
    float total = 0;
    for (int64_t begin = 0; begin < matrix.k; begin += 32) {
        int sum = 0;
        for (int64_t i = begin; i < begin + 32; ++i) sum += matrix.code(row, i) - 8;
        total = total + static_cast<float>(sum) * bf16(matrix.scale_bits(row, begin / matrix.group));
    }
    return canonical(total);
}

void multiply_row(const Matrix& matrix, const float* x, float clamp_min, float clamp_max, float* y) {
    const auto multiply = matrix.format == KS_FORMAT_F32 ? multiply_f32 : multiply_int4;
    multiply(matrix, x, clamp_min, clamp_max, y);
}

uint16_t quantize_group(const float* w, int64_t count, uint8_t* codes) {
    float lo = 0;
    float hi = 0;
    for (int64_t i = 0; i < count; ++i) {
        lo = fminf(lo, w[i]);
        hi = fmaxf(hi, w[i]);
    }
    const float scale = fmaxf(fmaxf(-lo, hi) / 7.5f, FLT_MIN);
    // bf16 by value: of the two neighbours the nearer, of two equally near the even.
    uint32_t bits;
    memcpy(&bits, &scale, sizeof bits);
    uint16_t below = static_cast<uint16_t>(bits >> 16);
    const uint16_t above = static_cast<uint16_t>(below + 1);
    const double down = static_cast<double>(scale) - static_cast<double>(bf16(below));
    const double up = static_cast<double>(bf16(above)) - static_cast<double>(scale);
    const uint16_t rounded = down < up || (down == up && below % 2 == 0) ? below : above;
    const float reciprocal = 1.0f / bf16(rounded);
    for (int64_t i = 0; i < count; ++i) {
        codes[i] = static_cast<uint8_t>(fminf(fmaxf(nearbyintf(w[i] * reciprocal), -8.0f), 7.0f) + 8.0f);
    }
    return rounded;
}

std::vector<uint8_t> panels_by_formula(const Matrix& matrix, int32_t layout) {
    std::vector<uint8_t> bytes;
    const int64_t nr = layout == KS_LAYOUT_F32_N16 ? 16 : layout == KS_LAYOUT_INT4_N32K4 ? 32 : 8;
    const int64_t run = layout == KS_LAYOUT_INT4_NR8KR16 ? 8 : 4;
    const bool repeats = layout == KS_LAYOUT_INT4_NR8KR8 || layout == KS_LAYOUT_INT4_NR8KR16;
    const int flip = repeats ? 0x88 : 0;
    for (int64_t first = 0; first < matrix.n; first += nr) {
        // Column of the matrix that column c of the panel shows, or -1 for padding.
        const auto source = [&](int64_t c) { return first + c < matrix.n ? first + c : repeats ? matrix.n - 1 : -1; };
        const auto bias = [&](int64_t c) {
            return source(c) < 0 || matrix.bias.empty() ? 0.0f : matrix.bias[static_cast<size_t>(source(c))];
        };
        if (matrix.format == KS_FORMAT_F32) {
            for (int64_t c = 0; c < nr; ++c) append(bytes, bias(c));
            for (int64_t i = 0; i < matrix.k; ++i) {
                for (int64_t c = 0; c < nr; ++c) {
                    append(bytes, source(c) < 0 ? 0.0f : matrix.f32[static_cast<size_t>(source(c) * matrix.k + i)]);
                }
            }
            continue;
        }
        const auto code = [&](int64_t c, int64_t i) { return source(c) < 0 ? 8 : matrix.code(source(c), i); };
        for (int64_t g = 0; g < matrix.k / matrix.group; ++g) {
            for (int64_t begin = g * matrix.group; begin < (g + 1) * matrix.group; begin += 32) {
                for (int64_t t = 0; t < 16 / run; ++t) {
                    for (int64_t c = 0; c < nr; ++c) {
                        for (int64_t z = 0; z < run; ++z) {
                            const int low = code(c, begin + run * t + z);
                            const int high = code(c, begin + 16 + run * t + z);
                            append(bytes, static_cast<uint8_t>((low | high << 4) ^ flip));
                        }
                    }
                }
            }
            for (int64_t c = 0; c < nr; ++c)
                append(bytes, source(c) < 0 ? uint16_t{0} : matrix.scale_bits(source(c), g));
        }
        for (int64_t c = 0; c < nr; ++c) append(bytes, source(c) < 0 ? 0.0f : row_sum(matrix, source(c)));
        for (int64_t c = 0; c < nr; ++c) append(bytes, bias(c));
    }
    return bytes;
}

}  // namespace ks_test
