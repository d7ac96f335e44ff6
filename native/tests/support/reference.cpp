// SPDX-License-Identifier: Apache-2.0
#include "support/reference.h"

#include <float.h>

#include <algorithm>

namespace ks_test {
namespace {

float quiet_nan() {
    const uint32_t bits = 0x7FC00000;
    return read<float>(&bits);
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
    if (isnan(value)) return quiet_nan();
    return minimum(maximum(value, lo == 0 ? 0.0f : lo), hi == 0 ? -0.0f : hi);
}

// A float with `precision` bits of significand and its smallest normal exponent, by value.
uint16_t narrow(float value, int precision, int smallest_exponent, int infinity) {
    const int sign = signbit(value) ? 0x8000 : 0;
    if (isnan(value)) return static_cast<uint16_t>(infinity | infinity >> 1);
    if (isinf(value)) return static_cast<uint16_t>(sign | infinity);
    const double magnitude = fabs(static_cast<double>(value));
    const int exponent = magnitude == 0 ? smallest_exponent : std::max(ilogb(magnitude), smallest_exponent);
    const int units = static_cast<int>(nearbyint(ldexp(magnitude, precision - 1 - exponent)));
    const int bits = ((exponent - smallest_exponent) << (precision - 1)) + units;
    return static_cast<uint16_t>(sign | std::min(bits, infinity));
}

bool all_finite(const std::vector<float>& values) {
    return std::all_of(values.begin(), values.end(), [](float value) { return isfinite(value); });
}

float largest_magnitude(const float* x, int64_t count) {
    float largest = 0;
    for (int64_t i = 0; i < count; ++i) largest = fmaxf(largest, fabsf(x[i]));
    return largest;
}

int to_code(float steps, int zero_point) {
    return static_cast<int>(fminf(fmaxf(steps + static_cast<float>(zero_point), -128.0f), 127.0f));
}

struct Group {
    float scale;
    float sum;
};

// A row of x as codes.
struct Codes {
    std::vector<int> codes;
    int zero_point = 0;
    float scale = 0;
    std::vector<Group> groups;

    explicit Codes(int64_t k) : codes(static_cast<size_t>(k), 0) {}
    int operator[](int64_t i) const { return codes[static_cast<size_t>(i)]; }
};

Codes codes_per_row(const std::vector<float>& x) {
    Codes row(static_cast<int64_t>(x.size()));
    const float lo = std::min(0.0f, *std::min_element(x.begin(), x.end()));
    const float hi = std::max(0.0f, *std::max_element(x.begin(), x.end()));
    if (!all_finite(x) || isinf(hi - lo)) {
        row.scale = NAN;
        return row;
    }
    const float s = lo == hi ? 1.0f : 255.0f / (hi - lo);
    if (isinf(s)) return row;
    const float lo_s = lo * s;
    const float hi_s = hi * s;
    const float error = (-128.0f + lo_s) + (127.0f + hi_s);
    const float zero_point = error > 0 ? -128.0f - lo_s : 127.0f - hi_s;
    row.zero_point = static_cast<int>(nearbyintf(fminf(fmaxf(zero_point, -128.0f), 127.0f)));
    for (size_t i = 0; i < x.size(); ++i) row.codes[i] = to_code(roundf(x[i] * s), row.zero_point);
    row.scale = 1.0f / s;
    return row;
}

Codes codes_by_scale(const std::vector<float>& x, float scale, int zero_point) {
    Codes row(static_cast<int64_t>(x.size()));
    row.scale = all_finite(x) ? scale : NAN;
    row.zero_point = zero_point;
    for (size_t i = 0; i < x.size() && all_finite(x); ++i) {
        row.codes[i] = to_code(nearbyintf(x[i] * (1.0f / scale)), zero_point);
    }
    return row;
}

Codes codes_per_block(const std::vector<float>& x) {
    Codes row(static_cast<int64_t>(x.size()));
    bool finite = all_finite(x);
    for (size_t begin = 0; begin < x.size(); begin += 32) {
        const float d = largest_magnitude(&x[begin], 32) / 127.0f;
        finite = finite && isfinite(f16(to_f16(d)));
        if (!finite) break;
        const bool none = d == 0 || isinf(1.0f / d);
        for (size_t i = begin; i < begin + 32 && !none; ++i) row.codes[i] = static_cast<int>(roundf(x[i] * (1.0f / d)));
        row.groups.push_back({none ? 0.0f : f16(to_f16(d)), 0.0f});
    }
    if (!finite) row.groups.assign(x.size() / 32, {NAN, NAN});
    return row;
}

Codes codes_per_group(const std::vector<float>& x, int64_t group) {
    Codes row(static_cast<int64_t>(x.size()));
    const size_t count = static_cast<size_t>(group);
    for (size_t begin = 0; begin < x.size() && all_finite(x); begin += count) {
        const float largest = largest_magnitude(&x[begin], group);
        if (largest < 0x1p-75f) {
            row.groups.push_back({0.0f, 0.0f});
            continue;
        }
        const float s = 127.0f / largest;
        int sum = 0;
        for (size_t i = begin; i < begin + count; ++i) {
            row.codes[i] = static_cast<int>(nearbyintf(x[i] * s));
            sum += row.codes[i];
        }
        const float scale = 1.0f / s;
        row.groups.push_back({scale, static_cast<float>(sum) * scale});
    }
    if (!all_finite(x)) row.groups.assign(x.size() / count, {NAN, NAN});
    return row;
}

int64_t sum_of_products(const Matrix& matrix, int64_t n, const Codes& x, int64_t begin, int64_t end) {
    int64_t sum = 0;
    for (int64_t i = begin; i < end; ++i) sum += x[i] * matrix.value(n, i);
    return sum;
}

int64_t sum_of_weights(const Matrix& matrix, int64_t n, int64_t begin, int64_t end) {
    int64_t sum = 0;
    for (int64_t i = begin; i < end; ++i) sum += matrix.value(n, i);
    return sum;
}

// Each of these gives what is clamped.
float float_result(const Matrix& matrix, int64_t n, const std::vector<float>& x) {
    if (!all_finite(x)) return NAN;
    float acc = matrix.bias_at(n);
    for (int64_t i = 0; i < matrix.k; ++i) acc = fmaf(x[static_cast<size_t>(i)], matrix.real(n, i), acc);
    return acc;
}

float group_result(const Matrix& matrix, int64_t n, const Codes& x) {
    float acc = 0;
    for (int64_t g = 0; g < matrix.k / matrix.group; ++g) {
        const int64_t sum = sum_of_products(matrix, n, x, g * matrix.group, (g + 1) * matrix.group);
        acc = fmaf(static_cast<float>(sum), matrix.scale(n, g), acc);
    }
    acc = fmaf(row_sum(matrix, n), static_cast<float>(-x.zero_point), acc);
    acc = acc * x.scale;
    return acc + matrix.bias_at(n);
}

float channel_result(const Matrix& matrix, int64_t n, const Codes& x) {
    const int64_t t =
        sum_of_products(matrix, n, x, 0, matrix.k) - x.zero_point * sum_of_weights(matrix, n, 0, matrix.k);
    const float scale = matrix.scale(n, 0);
    const float acc = matrix.format == KS_FORMAT_INT4_CHANNEL ? static_cast<float>(16 * t) * (x.scale * (scale / 16.0f))
                                                              : static_cast<float>(t) * (x.scale * scale);
    return acc + matrix.bias_at(n);
}

float q4_0_result(const Matrix& matrix, int64_t n, const Codes& x) {
    float acc = 0;
    for (int64_t g = 0; g < matrix.k / 32; ++g) {
        const int64_t sum = sum_of_products(matrix, n, x, 32 * g, 32 * (g + 1));
        acc = fmaf(static_cast<float>(sum), x.groups[static_cast<size_t>(g)].scale * matrix.scale(n, g), acc);
    }
    return acc + matrix.bias_at(n);
}

float asymmetric_result(const Matrix& matrix, int64_t n, const Codes& x) {
    float acc = 0;
    for (int64_t g = 0; g < matrix.k / matrix.group; ++g) {
        const Group& group = x.groups[static_cast<size_t>(g)];
        const int64_t sum = sum_of_products(matrix, n, x, g * matrix.group, (g + 1) * matrix.group);
        acc = fmaf(matrix.zero(n, g), group.sum, acc);
        acc = fmaf(static_cast<float>(16 * sum), (matrix.scale(n, g) / 16.0f) * group.scale, acc);
    }
    return acc + matrix.bias_at(n);
}

float element(int32_t type, const void* x, int64_t at) {
    const uint8_t* place = static_cast<const uint8_t*>(x) + static_cast<size_t>(at) * bytes_of(type);
    if (type == KS_TYPE_F32) return read<float>(place);
    return type == KS_TYPE_F16 ? f16(read<uint16_t>(place)) : bf16(read<uint16_t>(place));
}

Codes quantized(const Matrix& matrix, const Operands& operands, const void* x, const std::vector<float>& values) {
    if (operands.x_type == KS_TYPE_INT8) {
        Codes row(matrix.k);
        for (int64_t i = 0; i < matrix.k; ++i) row.codes[static_cast<size_t>(i)] = static_cast<const int8_t*>(x)[i];
        row.scale = operands.x_scale;
        row.zero_point = operands.x_zero_point;
        return row;
    }
    if (operands.x_scale != 0) return codes_by_scale(values, operands.x_scale, operands.x_zero_point);
    if (matrix.format == KS_FORMAT_Q4_0) return codes_per_block(values);
    if (matrix.format == KS_FORMAT_INT4_ASYMMETRIC) return codes_per_group(values, matrix.group);
    return codes_per_row(values);
}

void store(const Operands& operands, float value, void* y, int64_t at) {
    uint8_t* place = static_cast<uint8_t*>(y) + static_cast<size_t>(at) * bytes_of(operands.y_type);
    if (operands.y_type == KS_TYPE_F32) {
        memcpy(place, &value, sizeof value);
    } else if (operands.y_type == KS_TYPE_INT8) {
        const float steps = isnan(value) ? 0.0f : nearbyintf(value * (1.0f / operands.y_scale));
        *reinterpret_cast<int8_t*>(place) = static_cast<int8_t>(to_code(steps, operands.y_zero_point));
    } else {
        const uint16_t bits = operands.y_type == KS_TYPE_F16 ? to_f16(value) : to_bf16(value);
        memcpy(place, &bits, sizeof bits);
    }
}

}  // namespace

size_t bytes_of(int32_t type) { return type == KS_TYPE_F32 ? 4 : type == KS_TYPE_INT8 ? 1 : 2; }

uint16_t to_f16(float value) { return narrow(value, 11, -14, 0x7C00); }

uint16_t to_bf16(float value) { return narrow(value, 8, -126, 0x7F80); }

float row_sum(const Matrix& matrix, int64_t row) {
    float total = 0;
    for (int64_t begin = 0; begin < matrix.k; begin += 32) {
        const float sum = static_cast<float>(sum_of_weights(matrix, row, begin, begin + 32));
        total = total + sum * matrix.scale(row, begin / matrix.group);
    }
    return isnan(total) ? quiet_nan() : total;
}

void multiply_row(const Matrix& matrix, const Operands& operands, const void* x, void* y) {
    std::vector<float> values(static_cast<size_t>(matrix.k), 0.0f);
    for (int64_t i = 0; i < matrix.k && operands.x_type != KS_TYPE_INT8; ++i) {
        const float value = element(operands.x_type, x, i);
        values[static_cast<size_t>(i)] = matrix.format == KS_FORMAT_F16    ? f16(to_f16(value))
                                         : matrix.format == KS_FORMAT_BF16 ? bf16(to_bf16(value))
                                                                           : value;
    }
    const bool real = is_float_format(matrix.format);
    const Codes codes = real ? Codes(0) : quantized(matrix, operands, x, values);
    const auto result = matrix.format == KS_FORMAT_INT4_GROUP        ? group_result
                        : matrix.format == KS_FORMAT_Q4_0            ? q4_0_result
                        : matrix.format == KS_FORMAT_INT4_ASYMMETRIC ? asymmetric_result
                                                                     : channel_result;
    for (int64_t n = 0; n < matrix.n; ++n) {
        const float raw = real ? float_result(matrix, n, values) : result(matrix, n, codes);
        store(operands, clamp(raw, operands.clamp_min, operands.clamp_max), y, n);
    }
}

}  // namespace ks_test
