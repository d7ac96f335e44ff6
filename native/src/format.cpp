// SPDX-License-Identifier: Apache-2.0
#include "format.h"

namespace ks {
namespace {

constexpr int64_t kAnyK = INT64_MAX;

// id, name, bits, element_bytes, scales, has_zeros, grouped, k_step, k_max, activations
constexpr Format formats[] = {
    {KS_FORMAT_F32, "f32", 0, 4, ScaleType::kNone, false, false, 1, kAnyK, Activations::kFloat},
    {KS_FORMAT_INT4_GROUP, "int4", 4, 0, ScaleType::kBf16, false, true, 32, kAnyK, Activations::kPerRow},
    {KS_FORMAT_INT4_CHANNEL, "int4 per channel", 4, 0, ScaleType::kF32, false, false, 1, KS_MAX_CHANNEL_K,
     Activations::kPerRow},
    {KS_FORMAT_INT8_CHANNEL, "int8 per channel", 8, 0, ScaleType::kF32, false, false, 1, KS_MAX_CHANNEL_K,
     Activations::kPerRow},
    {KS_FORMAT_INT2_CHANNEL, "int2 per channel", 2, 0, ScaleType::kF32, false, false, 32, KS_MAX_CHANNEL_K,
     Activations::kPerRow},
    {KS_FORMAT_Q4_0, "Q4_0", 4, 0, ScaleType::kNone, false, false, 32, kAnyK, Activations::kPerGroup},
    {KS_FORMAT_INT4_ASYMMETRIC, "int4 asymmetric", 4, 0, ScaleType::kF32, true, true, 32, kAnyK,
     Activations::kPerGroup},
    {KS_FORMAT_F16, "f16", 0, 2, ScaleType::kNone, false, false, 1, kAnyK, Activations::kFloat},
    {KS_FORMAT_BF16, "bf16", 0, 2, ScaleType::kNone, false, false, 1, kAnyK, Activations::kFloat},
};

}  // namespace

int64_t Format::row_bytes(int64_t k) const {
    if (id == KS_FORMAT_Q4_0) return k / kQ4BlockValues * kQ4BlockBytes;
    if (is_float()) return k * element_bytes;
    const int64_t per_byte = 8 / bits;
    return k / per_byte + (k % per_byte != 0);
}

int64_t Format::scales_per_row(int64_t k, int64_t group) const {
    if (scales == ScaleType::kNone) return 0;
    return grouped ? k / group : 1;
}

uint64_t Format::scale_bytes() const {
    switch (scales) {
        case ScaleType::kNone:
            return 0;
        case ScaleType::kF32:
            return sizeof(float);
        default:
            return sizeof(uint16_t);
    }
}

const Format* find_format(int32_t id) {
    for (const Format& format : formats) {
        if (format.id == id) return &format;
    }
    return nullptr;
}

}  // namespace ks
