// SPDX-License-Identifier: Apache-2.0
#include "support/quantizer.h"

#include <float.h>

#include <algorithm>

#include "support/reference.h"

namespace ks_test {
namespace {

template <typename T>
void append(std::vector<uint8_t>& bytes, T value) {
    const uint8_t* raw = reinterpret_cast<const uint8_t*>(&value);
    bytes.insert(bytes.end(), raw, raw + sizeof value);
}

int bounded(float value, float lo, float hi) { return static_cast<int>(fminf(fmaxf(value, lo), hi)); }

// Puts codes of a row where ks_format says, ascending k.
struct CodeWriter {
    std::vector<uint8_t>& row;
    int bits;
    int64_t at = 0;

    void add(int code) {
        row[static_cast<size_t>(at * bits / 8)] |= static_cast<uint8_t>(code << (at * bits % 8));
        ++at;
    }
};

// Codes `count` weights symmetrically, with `half` codes of each sign; returns the scale.
float symmetric(const float* w, int64_t count, float half, float least, bool round_scale, CodeWriter& codes) {
    float largest = 0;
    for (int64_t i = 0; i < count; ++i) largest = fmaxf(largest, fabsf(w[i]));
    float scale = fmaxf(largest / (half - 0.5f), least);
    if (round_scale) scale = bf16(to_bf16(scale));
    const int offset = codes.bits == 8 ? 0 : static_cast<int>(half);
    for (int64_t i = 0; i < count; ++i) {
        codes.add((bounded(nearbyintf(w[i] * (1.0f / scale)), -half, half - 1) + offset) & ((1 << codes.bits) - 1));
    }
    return scale;
}

void asymmetric(const float* w, int64_t count, CodeWriter& codes, float* scale, float* zero) {
    const float lo = *std::min_element(w, w + count);
    const float hi = *std::max_element(w, w + count);
    *scale = fmaxf((hi - lo) / 15.0f, 0x1p-40f);
    const float half = *scale * 8.0f;
    *zero = lo + half;
    for (int64_t i = 0; i < count; ++i) {
        codes.add(bounded(nearbyintf((w[i] - (*zero - half)) / *scale), 0.0f, 15.0f));
    }
}

void q4_0_block(const float* w, std::vector<uint8_t>& out) {
    const float* largest = std::max_element(w, w + 32, [](float a, float b) { return fabsf(a) < fabsf(b); });
    const float d = *largest / -8.0f;
    const float reciprocal = d == 0 || isinf(1.0f / d) ? 0.0f : 1.0f / d;
    append(out, to_f16(d));
    const auto code = [&](int i) { return static_cast<int>(fminf(15.0f, truncf(w[i] * reciprocal + 8.5f))); };
    for (int i = 0; i < 16; ++i) out.push_back(static_cast<uint8_t>(code(i) | code(i + 16) << 4));
}

}  // namespace

Matrix quantize(int32_t format, int32_t group, int64_t n, int64_t k, const std::vector<float>& weights) {
    Matrix matrix = {format, group, n, k, {}, {}, {}, {}};
    for (int64_t row = 0; row < n; ++row) {
        const float* w = weights.data() + row * k;
        std::vector<uint8_t> out;
        if (is_float_format(format)) {
            for (int64_t i = 0; i < k; ++i) append(out, format == KS_FORMAT_F16 ? to_f16(w[i]) : to_bf16(w[i]));
        } else if (format == KS_FORMAT_Q4_0) {
            for (int64_t i = 0; i < k; i += 32) q4_0_block(w + i, out);
        } else {
            out.resize(static_cast<size_t>(matrix.row_bytes()));
            const int bits = bits_of_code(format);
            const float half = static_cast<float>(1 << (bits - 1));
            CodeWriter codes = {out, bits};
            for (int64_t i = 0; i < k; i += is_grouped(format) ? group : k) {
                if (format == KS_FORMAT_INT4_ASYMMETRIC) {
                    float scale;
                    float zero;
                    asymmetric(w + i, group, codes, &scale, &zero);
                    append(matrix.scales, scale);
                    matrix.zeros.push_back(zero);
                } else if (format == KS_FORMAT_INT4_GROUP) {
                    append(matrix.scales, to_bf16(symmetric(w + i, group, half, FLT_MIN, true, codes)));
                } else {
                    append(matrix.scales, symmetric(w, k, half, 0x1p-40f, false, codes));
                }
            }
        }
        matrix.weights.insert(matrix.weights.end(), out.begin(), out.end());
    }
    return matrix;
}

}  // namespace ks_test
