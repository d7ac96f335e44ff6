// SPDX-License-Identifier: Apache-2.0
// The ABI's functions about weights, with every argument wrong in turn.
#include "support/wrong.h"

namespace ks_test {
namespace {

TEST(AbiWeights, PackedSize) {
    World world;
    uint64_t size = 0;
    const Wrong<ks_shape> wrong(world.int4.shape(KS_LAYOUT_INT4_N32K4),
                                [&](ks_shape& s) { return ks_packed_size(&s, &size); });
    EXPECT_EQ(size, 128u + 2 * 32 * (32 + 2 * 2 + 8));
    using Args = ks_shape&;
    wrong(KS_ERROR_STRUCT_SIZE, "shape", [](Args s) { s.struct_size = 0; });
    wrong(KS_ERROR_VALUE, "format", [](Args s) { s.format = 7; });
    wrong(KS_ERROR_VALUE, "layout", [](Args s) { s.layout = 0; });
    wrong(KS_ERROR_VALUE, "layout", [](Args s) { s.layout = KS_LAYOUT_F32_N16; });
    wrong(KS_ERROR_GROUP, "group", [](Args s) { s.group = 0; });
    wrong(KS_ERROR_GROUP, "group", [](Args s) { s.group = -32; });
    wrong(KS_ERROR_GROUP, "group", [](Args s) { s.group = 128; });
    wrong(KS_ERROR_VALUE, "n is", [](Args s) { s.n = 0; });
    wrong(KS_ERROR_VALUE, "n is", [](Args s) { s.n = INT64_MIN; });
    wrong(KS_ERROR_VALUE, "k is", [](Args s) { s.k = 0; });
    wrong(KS_ERROR_GROUP, "k is", [](Args s) { s.k = 65; });
    wrong(KS_ERROR_OVERFLOW, "n is", [](Args s) { s.n = INT64_MAX; });
    wrong(KS_ERROR_OVERFLOW, "k is", [](Args s) { s.k = INT64_MAX - 31; });
    wrong(KS_ERROR_OVERFLOW, "n is", [](Args s) { s.n = s.k = int64_t{1} << 31; });
    const ks_shape shape = world.int4.shape(KS_LAYOUT_INT4_N32K4);
    EXPECT_EQ(ks_packed_size(nullptr, &size), KS_ERROR_NULL);
    EXPECT_EQ(ks_packed_size(&shape, nullptr), KS_ERROR_NULL);
    EXPECT_EQ(ks_panel_columns(KS_LAYOUT_F32_N16), 16);
    EXPECT_EQ(ks_panel_columns(KS_LAYOUT_INT4_N32K4), 32);
    EXPECT_EQ(ks_panel_columns(KS_LAYOUT_INT4_NR8KR8), 8);
    EXPECT_EQ(ks_panel_columns(KS_LAYOUT_INT4_NR8KR16), 8);
    for (const int32_t layout : {-1, 0, 5}) {
        EXPECT_EQ(ks_panel_columns(layout), 0);
        EXPECT_EQ(ks_verify_layout(layout), KS_ERROR_VALUE);
    }
}

TEST(AbiWeights, Quantize) {
    Guarded<float> weights(2 * 70 + 64);
    for (float& w : weights) w = 1.0f;
    Guarded<uint8_t> codes(3 * 32);
    Guarded<uint16_t> scales(3 * 2);
    ks_quantize_args valid = sized<ks_quantize_args>();
    valid.group = 32;
    valid.n = 3;
    valid.k = 64;
    valid.weights = weights.data();
    valid.weights_stride = 70;
    valid.codes = codes.data();
    valid.codes_size = codes.size();
    valid.scales = scales.data();
    valid.scales_count = scales.size();
    const Wrong<ks_quantize_args> wrong(valid, [](ks_quantize_args& args) { return ks_quantize_int4(&args); });
    using Args = ks_quantize_args&;
    wrong(KS_ERROR_STRUCT_SIZE, "args", [](Args a) { ++a.struct_size; });
    wrong(KS_ERROR_GROUP, "group", [](Args a) { a.group = 0; });
    wrong(KS_ERROR_GROUP, "group", [](Args a) { a.group = 128; });
    wrong(KS_ERROR_VALUE, "n is", [](Args a) { a.n = 0; });
    wrong(KS_ERROR_VALUE, "k is", [](Args a) { a.k = -64; });
    wrong(KS_ERROR_NULL, "weights", [](Args a) { a.weights = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "weights", [](Args a) { a.weights = misaligned(a.weights); });
    wrong(KS_ERROR_VALUE, "weights", [](Args a) { a.weights_stride = 63; });
    wrong(KS_ERROR_OVERFLOW, "weights", [](Args a) { a.weights_stride = INT64_MAX; });
    wrong(KS_ERROR_OVERFLOW, "weights", [](Args a) { a.n = INT64_MAX; });
    wrong(KS_ERROR_NULL, "codes", [](Args a) { a.codes = nullptr; });
    wrong(KS_ERROR_BUFFER_SIZE, "codes", [](Args a) { --a.codes_size; });
    wrong(KS_ERROR_NULL, "scales", [](Args a) { a.scales = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "scales", [](Args a) { a.scales = misaligned(a.scales); });
    wrong(KS_ERROR_BUFFER_SIZE, "scales", [](Args a) { --a.scales_count; });
    wrong(KS_ERROR_OVERLAP, "codes",
          [](Args a) { a.codes = reinterpret_cast<uint8_t*>(const_cast<float*>(a.weights)) + 204 * 4 - 1; });
    wrong(KS_ERROR_OVERLAP, "scales",
          [](Args a) { a.scales = reinterpret_cast<uint16_t*>(const_cast<float*>(a.weights)); });
    wrong(KS_ERROR_OVERLAP, "codes", [](Args a) { a.scales = reinterpret_cast<uint16_t*>(a.codes + 32 * 3 - 2); });
    EXPECT_EQ(ks_quantize_int4(nullptr), KS_ERROR_NULL);
}

TEST(AbiWeights, Pack) {
    World world;
    Guarded<uint8_t> blob(world.int4_blob.size(), Against::kEnd, KS_ALIGNMENT);
    const ks_shape shape = world.int4.shape(KS_LAYOUT_INT4_N32K4);
    ks_pack_args valid = sized<ks_pack_args>();
    valid.shape = &shape;
    valid.n_end = 40;
    valid.weights = world.int4.codes.data();
    valid.weights_stride_bytes = 32;
    valid.scales = world.int4.scales.data();
    valid.scales_stride = 2;
    valid.bias = world.int4.bias.data();
    valid.packed = blob.data();
    valid.packed_size = blob.size();
    const Wrong<ks_pack_args> wrong(valid, [](ks_pack_args& args) { return ks_pack(&args); });
    using Args = ks_pack_args&;
    wrong(KS_ERROR_STRUCT_SIZE, "args", [](Args a) { a.struct_size = 0; });
    wrong(KS_ERROR_VALUE, "flags", [](Args a) { a.flags = 1; });
    wrong(KS_ERROR_NULL, "shape", [](Args a) { a.shape = nullptr; });
    ks_shape other = shape;
    other.group = 48;
    wrong(KS_ERROR_GROUP, "group", [&](Args a) { a.shape = &other; });
    wrong(KS_ERROR_VALUE, "n_begin", [](Args a) { a.n_begin = -32; });
    wrong(KS_ERROR_VALUE, "n_begin", [](Args a) { a.n_begin = 8; });
    wrong(KS_ERROR_VALUE, "n_begin", [](Args a) { a.n_begin = 64; });
    wrong(KS_ERROR_VALUE, "n_end", [](Args a) { a.n_end = 33; });
    wrong(KS_ERROR_VALUE, "n_end", [](Args a) { a.n_end = 64; });
    wrong(KS_ERROR_VALUE, "n_end", [](Args a) { a.n_begin = 32, a.n_end = 0; });
    wrong(KS_ERROR_NULL, "weights", [](Args a) { a.weights = nullptr; });
    wrong(KS_ERROR_VALUE, "weights", [](Args a) { a.weights_stride_bytes = 31; });
    wrong(KS_ERROR_OVERFLOW, "weights", [](Args a) { a.weights_stride_bytes = INT64_MAX; });
    wrong(KS_ERROR_NULL, "scales", [](Args a) { a.scales = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "scales", [](Args a) { a.scales = misaligned(a.scales); });
    wrong(KS_ERROR_VALUE, "scales", [](Args a) { a.scales_stride = 1; });
    wrong(KS_ERROR_OVERFLOW, "scales", [](Args a) { a.scales_stride = INT64_MAX / 4; });
    wrong(KS_ERROR_ALIGNMENT, "bias", [](Args a) { a.bias = misaligned(a.bias); });
    wrong(KS_ERROR_NULL, "packed", [](Args a) { a.packed = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "packed", [](Args a) { a.packed = static_cast<uint8_t*>(a.packed) + 32; });
    wrong(KS_ERROR_BUFFER_SIZE, "packed", [](Args a) { --a.packed_size; });
    wrong(KS_ERROR_OVERLAP, "weights", [](Args a) { a.weights = static_cast<uint8_t*>(a.packed) + a.packed_size - 1; });
    wrong(KS_ERROR_OVERLAP, "scales", [](Args a) { a.scales = static_cast<uint16_t*>(a.packed); });
    wrong(KS_ERROR_OVERLAP, "bias", [](Args a) { a.bias = static_cast<float*>(a.packed) - 39; });
    EXPECT_EQ(ks_pack(nullptr), KS_ERROR_NULL);

    const ks_shape f32_shape = world.f32.shape(KS_LAYOUT_F32_N16);
    Guarded<uint8_t> f32_blob(world.f32_blob.size(), Against::kEnd, KS_ALIGNMENT);
    ks_pack_args f32 = valid;
    f32.shape = &f32_shape;
    f32.n_end = 20;
    f32.weights = world.f32.f32.data();
    f32.weights_stride_bytes = 36;
    f32.scales = nullptr;
    f32.scales_stride = 0;
    f32.packed = f32_blob.data();
    f32.packed_size = f32_blob.size();
    const Wrong<ks_pack_args> wrong_f32(f32, [](ks_pack_args& args) { return ks_pack(&args); });
    wrong_f32(KS_ERROR_VALUE, "scales", [&](Args a) { a.scales = world.int4.scales.data(); });
    wrong_f32(KS_ERROR_VALUE, "scales_stride", [](Args a) { a.scales_stride = 1; });
    wrong_f32(KS_ERROR_VALUE, "weights_stride_bytes", [](Args a) { a.weights_stride_bytes = 38; });
    wrong_f32(KS_ERROR_ALIGNMENT, "weights", [](Args a) { a.weights = static_cast<const uint8_t*>(a.weights) + 2; });
}

TEST(AbiWeights, PackSealAndDescribe) {
    World world;
    uint8_t* packed = world.int4_blob.data();
    const uint64_t size = world.int4_blob.size();
    const ks_shape shape = world.int4.shape(KS_LAYOUT_INT4_N32K4);
    EXPECT_EQ(ks_pack_seal(nullptr, packed, size), KS_ERROR_NULL);
    EXPECT_EQ(ks_pack_seal(&shape, nullptr, size), KS_ERROR_NULL);
    EXPECT_EQ(ks_pack_seal(&shape, packed + 8, size - 8), KS_ERROR_ALIGNMENT);
    EXPECT_EQ(ks_pack_seal(&shape, packed, size - 1), KS_ERROR_BUFFER_SIZE);
    ks_packed_info info = sized<ks_packed_info>();
    EXPECT_EQ(ks_packed_describe(packed, size, 1, &info), KS_OK) << ks_last_error();
    EXPECT_EQ(ks_packed_describe(nullptr, size, 1, &info), KS_ERROR_NULL);
    EXPECT_EQ(ks_packed_describe(packed + 8, size - 8, 1, &info), KS_ERROR_ALIGNMENT);
    EXPECT_EQ(ks_packed_describe(packed, size, 2, &info), KS_ERROR_VALUE);
    EXPECT_EQ(ks_packed_describe(packed, size, -1, &info), KS_ERROR_VALUE);
    EXPECT_EQ(ks_packed_describe(packed, size, 0, nullptr), KS_ERROR_NULL);
    info.struct_size = 8;
    EXPECT_EQ(ks_packed_describe(packed, size, 0, &info), KS_ERROR_STRUCT_SIZE);
}

TEST(AbiWeights, Unpack) {
    World world;
    Guarded<uint8_t> weights(40 * 32);
    Guarded<uint16_t> scales(40 * 2);
    Guarded<float> bias(40);
    ks_unpack_args valid = sized<ks_unpack_args>();
    valid.packed = world.int4_blob.data();
    valid.packed_size = world.int4_blob.size();
    valid.weights = weights.data();
    valid.weights_size = weights.size();
    valid.scales = scales.data();
    valid.scales_count = scales.size();
    valid.bias = bias.data();
    valid.bias_count = bias.size();
    const Wrong<ks_unpack_args> wrong(valid, [](ks_unpack_args& args) { return ks_unpack(&args); });
    using Args = ks_unpack_args&;
    wrong(KS_ERROR_STRUCT_SIZE, "args", [](Args a) { a.struct_size = 0; });
    wrong(KS_ERROR_VALUE, "flags", [](Args a) { a.flags = 1; });
    wrong(KS_ERROR_NULL, "packed", [](Args a) { a.packed = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "packed", [](Args a) { a.packed = static_cast<const uint8_t*>(a.packed) + 1; });
    wrong(KS_ERROR_BLOB_TRUNCATED, "packed", [](Args a) { --a.packed_size; });
    wrong(KS_ERROR_NULL, "weights", [](Args a) { a.weights = nullptr; });
    wrong(KS_ERROR_BUFFER_SIZE, "weights", [](Args a) { --a.weights_size; });
    wrong(KS_ERROR_NULL, "scales", [](Args a) { a.scales = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "scales", [](Args a) { a.scales = misaligned(a.scales); });
    wrong(KS_ERROR_BUFFER_SIZE, "scales", [](Args a) { --a.scales_count; });
    wrong(KS_ERROR_ALIGNMENT, "bias", [](Args a) { a.bias = misaligned(a.bias); });
    wrong(KS_ERROR_BUFFER_SIZE, "bias", [](Args a) { --a.bias_count; });
    wrong(KS_ERROR_OVERLAP, "weights", [](Args a) { a.weights = const_cast<void*>(a.packed); });
    wrong(KS_ERROR_OVERLAP, "scales", [](Args a) { a.scales = static_cast<uint16_t*>(const_cast<void*>(a.packed)); });
    wrong(KS_ERROR_OVERLAP, "bias", [](Args a) { a.bias = static_cast<float*>(const_cast<void*>(a.packed)); });
    wrong(KS_ERROR_OVERLAP, "scales", [](Args a) { a.scales = static_cast<uint16_t*>(a.weights); });
    wrong(KS_ERROR_OVERLAP, "bias", [](Args a) { a.bias = static_cast<float*>(a.weights); });
    wrong(KS_ERROR_OVERLAP, "bias", [](Args a) { a.bias = reinterpret_cast<float*>(a.scales); });
    EXPECT_EQ(ks_unpack(nullptr), KS_ERROR_NULL);
    ks_unpack_args without_bias = valid;
    without_bias.bias = nullptr;
    without_bias.bias_count = 0;
    EXPECT_EQ(ks_unpack(&without_bias), KS_OK) << ks_last_error();

    ks_unpack_args f32 = valid;
    f32.packed = world.f32_blob.data();
    f32.packed_size = world.f32_blob.size();
    f32.scales = nullptr;
    f32.scales_count = 0;
    const Wrong<ks_unpack_args> wrong_f32(f32, [](ks_unpack_args& args) { return ks_unpack(&args); });
    wrong_f32(KS_ERROR_VALUE, "scales", [&](Args a) { a.scales = scales.data(); });
    wrong_f32(KS_ERROR_VALUE, "scales_count", [](Args a) { a.scales_count = 1; });
    wrong_f32(KS_ERROR_VALUE, "scales_count is 18446744073709551615", [](Args a) { a.scales_count = UINT64_MAX; });
    wrong_f32(KS_ERROR_ALIGNMENT, "weights", [](Args a) { a.weights = static_cast<uint8_t*>(a.weights) + 1; });
}

}  // namespace
}  // namespace ks_test
