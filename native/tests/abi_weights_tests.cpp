// SPDX-License-Identifier: Apache-2.0
// The ABI's functions about weights, with every argument wrong in turn.
#include "support/wrong.h"

namespace ks_test {
namespace {

TEST(AbiWeights, PackedSize) {
    World world;
    uint64_t size = 0;
    const Wrong<ks_shape> wrong(world.int4.shape(), [&](ks_shape& s) { return ks_packed_size(&s, &size); });
    EXPECT_EQ(size, 128u + 2 * 32 * (32 + 2 * 2 + 8));
    using Args = ks_shape&;
    wrong(KS_ERROR_STRUCT_SIZE, "shape", [](Args s) { s.struct_size = 0; });
    wrong(KS_ERROR_VALUE, "reserved", [](Args s) { s.reserved = 1; });
    for (const int32_t format : {0, -1, 10, 99}) wrong(KS_ERROR_VALUE, "format", [=](Args s) { s.format = format; });
    for (const int32_t layout : {0, 5, -1, +KS_LAYOUT_F32_N16, +KS_LAYOUT_INT4_CHANNEL_N32K4}) {
        wrong(KS_ERROR_VALUE, "layout", [=](Args s) { s.layout = layout; });
    }
    wrong(KS_ERROR_VALUE, "vector_bytes", [](Args s) { s.vector_bytes = 64; });
    for (const int32_t bytes : {0, 8, 24, 512, -16}) {
        wrong(KS_ERROR_VALUE, "vector_bytes", [=](Args s) { s.layout = KS_LAYOUT_INT4_SME2, s.vector_bytes = bytes; });
    }
    for (const int32_t group : {0, -32, 33, 128}) wrong(KS_ERROR_GROUP, "group", [=](Args s) { s.group = group; });
    wrong(KS_ERROR_VALUE, "n is", [](Args s) { s.n = 0; });
    wrong(KS_ERROR_VALUE, "n is", [](Args s) { s.n = INT64_MIN; });
    wrong(KS_ERROR_VALUE, "k is", [](Args s) { s.k = 0; });
    wrong(KS_ERROR_GROUP, "k is", [](Args s) { s.k = 65; });
    wrong(KS_ERROR_OVERFLOW, "n is", [](Args s) { s.n = INT64_MAX; });
    wrong(KS_ERROR_OVERFLOW, "k is", [](Args s) { s.k = INT64_MAX - 31; });
    wrong(KS_ERROR_OVERFLOW, "n is", [](Args s) { s.n = s.k = int64_t{1} << 31; });
    const ks_shape shape = world.int4.shape();
    EXPECT_EQ(ks_packed_size(nullptr, &size), KS_ERROR_NULL);
    EXPECT_EQ(ks_packed_size(&shape, nullptr), KS_ERROR_NULL);
    EXPECT_EQ(ks_packed_size(&shape, misaligned(&size)), KS_ERROR_ALIGNMENT);
    EXPECT_EQ(ks_packed_size(misaligned(&shape), &size), KS_ERROR_ALIGNMENT);
    for (const int32_t layout : {-1, 0, 5}) EXPECT_EQ(ks_verify_layout(layout), KS_ERROR_VALUE);
}

// Groups and values of k that each format refuses.
TEST(AbiWeights, ShapesOfFormats) {
    uint64_t size = 0;
    for (const LayoutSpec& spec : kLayouts) {
        const int32_t group = is_grouped(spec.format) ? 32 : 0;
        const ks_shape valid =
            Matrix{spec.format, group, 10, 96, {}, {}, {}, {}}.shape(spec.layout, vector_lengths(spec)[0]);
        const Wrong<ks_shape> wrong(valid, [&](ks_shape& s) { return ks_packed_size(&s, &size); });
        if (!is_grouped(spec.format)) wrong(KS_ERROR_GROUP, "group", [](ks_shape& s) { s.group = 32; });
        if (is_per_channel(spec.format)) {
            wrong(KS_ERROR_VALUE, "k is", [](ks_shape& s) { s.k = KS_MAX_CHANNEL_K + 32; });
        }
        if (k_step(spec.format, 0) == 32) wrong(KS_ERROR_VALUE, "k is", [](ks_shape& s) { s.k = 97; });
        for (const int64_t k : {int64_t{65536}, int64_t{32}}) {
            ks_shape other = valid;
            other.k = k;
            EXPECT_EQ(ks_packed_size(&other, &size), KS_OK) << ks_last_error();
        }
    }
}

// Arguments that quantise into buffers of exactly the right size.
struct Quantization {
    Guarded<float> weights{2 * 70 + 64};
    Guarded<uint8_t> codes;
    Guarded<uint8_t> scales;
    Guarded<float> zeros;
    ks_quantize_args valid = sized<ks_quantize_args>();

    explicit Quantization(int32_t format)
        : codes(static_cast<size_t>(3 * row_bytes_of(format, 64)), Against::kEnd, alignment_of(format)),
          scales(static_cast<size_t>(3 * scales_per_row(format)) * scale_bytes_of(format), Against::kEnd, 4),
          zeros(format == KS_FORMAT_INT4_ASYMMETRIC ? 6 : 0) {
        for (float& w : weights) w = 1.0f;
        valid.format = format;
        valid.group = is_grouped(format) ? 32 : 0;
        valid.n = 3;
        valid.k = 64;
        valid.weights = weights.data();
        valid.weights_stride = 70;
        valid.codes = codes.data();
        valid.codes_size = codes.size();
        valid.scales = scales.size() == 0 ? nullptr : scales.data();
        valid.scales_count = static_cast<uint64_t>(3 * scales_per_row(format));
        valid.zeros = zeros.size() == 0 ? nullptr : zeros.data();
        valid.zeros_count = zeros.size();
    }
    static int64_t scales_per_row(int32_t format) { return Matrix{format, 32, 3, 64, {}, {}, {}, {}}.scales_per_row(); }
};

TEST(AbiWeights, Quantize) {
    using Args = ks_quantize_args&;
    for (const int32_t format : kFormats) {
        if (format == KS_FORMAT_F32) continue;
        SCOPED_TRACE(format);
        Quantization q(format);
        const Wrong<ks_quantize_args> wrong(q.valid, [](Args args) { return ks_quantize(&args); });
        wrong(KS_ERROR_STRUCT_SIZE, "args", [](Args a) { ++a.struct_size; });
        wrong(KS_ERROR_VALUE, "flags", [](Args a) { a.flags = 1; });
        for (const int32_t other : {0, -1, +KS_FORMAT_F32, 10}) {
            wrong(KS_ERROR_VALUE, "format", [=](Args a) { a.format = other; });
        }
        wrong(KS_ERROR_GROUP, "group", [](Args a) { a.group = 128; });
        wrong(KS_ERROR_GROUP, "group", [](Args a) { a.group = a.group == 0 ? 32 : 0; });
        wrong(KS_ERROR_VALUE, "n is", [](Args a) { a.n = 0; });
        wrong(KS_ERROR_VALUE, "k is", [](Args a) { a.k = -64; });
        wrong(KS_ERROR_NULL, "weights", [](Args a) { a.weights = nullptr; });
        wrong(KS_ERROR_ALIGNMENT, "weights", [](Args a) { a.weights = misaligned(a.weights); });
        wrong(KS_ERROR_VALUE, "weights", [](Args a) { a.weights_stride = 63; });
        wrong(KS_ERROR_OVERFLOW, "weights", [](Args a) { a.weights_stride = INT64_MAX; });
        wrong(KS_ERROR_OVERFLOW, "weights", [](Args a) { a.n = INT64_MAX; });
        wrong(KS_ERROR_NULL, "codes", [](Args a) { a.codes = nullptr; });
        wrong(KS_ERROR_BUFFER_SIZE, "codes", [](Args a) { --a.codes_size; });
        if (alignment_of(format) > 1) {
            wrong(KS_ERROR_ALIGNMENT, "codes", [](Args a) { a.codes = static_cast<uint8_t*>(a.codes) + 1; });
        }
        wrong(KS_ERROR_OVERLAP, "codes", [](Args a) { a.codes = const_cast<float*>(a.weights) + 203; });
        if (scale_bytes_of(format) == 0) {
            wrong(KS_ERROR_VALUE, "scales", [](Args a) { a.scales = a.codes; });
            wrong(KS_ERROR_VALUE, "scales_count", [](Args a) { a.scales_count = 1; });
        } else {
            wrong(KS_ERROR_NULL, "scales", [](Args a) { a.scales = nullptr; });
            wrong(KS_ERROR_ALIGNMENT, "scales", [](Args a) { a.scales = static_cast<uint8_t*>(a.scales) + 1; });
            wrong(KS_ERROR_BUFFER_SIZE, "scales", [](Args a) { --a.scales_count; });
            wrong(KS_ERROR_OVERLAP, "scales", [](Args a) { a.scales = const_cast<float*>(a.weights); });
            wrong(KS_ERROR_OVERLAP, "codes", [](Args a) { a.codes = a.scales; });
        }
        if (format != KS_FORMAT_INT4_ASYMMETRIC) {
            wrong(KS_ERROR_VALUE, "zeros", [](Args a) { a.zeros = const_cast<float*>(a.weights); });
            wrong(KS_ERROR_VALUE, "zeros_count", [](Args a) { a.zeros_count = 1; });
        } else {
            wrong(KS_ERROR_NULL, "zeros", [](Args a) { a.zeros = nullptr; });
            wrong(KS_ERROR_ALIGNMENT, "zeros", [](Args a) { a.zeros = misaligned(a.zeros); });
            wrong(KS_ERROR_BUFFER_SIZE, "zeros", [](Args a) { --a.zeros_count; });
            wrong(KS_ERROR_OVERLAP, "weights", [](Args a) { a.zeros = const_cast<float*>(a.weights) + 203; });
            wrong(KS_ERROR_OVERLAP, "scales", [](Args a) { a.zeros = static_cast<float*>(a.scales) + 5; });
            wrong(KS_ERROR_OVERLAP, "codes", [](Args a) { a.codes = a.zeros; });
        }
    }
    EXPECT_EQ(ks_quantize(nullptr), KS_ERROR_NULL);
}

using PackArgs = ks_pack_args&;

void* moved(const void* pointer, int64_t bytes) {
    return const_cast<uint8_t*>(static_cast<const uint8_t*>(pointer)) + bytes;
}

// Packs a matrix; `shape` and `blob` are for the arguments to point to.
Wrong<ks_pack_args> wrong_pack(const Packed& packed, const ks_shape& shape, Guarded<uint8_t>& blob) {
    return {pack_args(packed.matrix, shape, blob), [](PackArgs args) { return ks_pack(&args); }};
}

TEST(AbiWeights, Pack) {
    World world;
    Guarded<uint8_t> blob(world.int4.blob.size(), Against::kEnd, KS_ALIGNMENT);
    const ks_shape shape = world.int4.shape();
    const Wrong<ks_pack_args> wrong = wrong_pack(world.int4, shape, blob);
    wrong(KS_ERROR_STRUCT_SIZE, "args", [](PackArgs a) { a.struct_size = 0; });
    wrong(KS_ERROR_VALUE, "flags", [](PackArgs a) { a.flags = 1; });
    wrong(KS_ERROR_NULL, "shape", [](PackArgs a) { a.shape = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "shape", [](PackArgs a) { a.shape = misaligned(a.shape); });
    ks_shape other = shape;
    other.group = 48;
    wrong(KS_ERROR_GROUP, "group", [&](PackArgs a) { a.shape = &other; });
    for (const int64_t n : {-32, 8, 64}) wrong(KS_ERROR_VALUE, "n_begin", [=](PackArgs a) { a.n_begin = n; });
    for (const int64_t n : {33, 64, -1}) wrong(KS_ERROR_VALUE, "n_end", [=](PackArgs a) { a.n_end = n; });
    wrong(KS_ERROR_VALUE, "n_end", [](PackArgs a) { a.n_begin = 32, a.n_end = 0; });
    wrong(KS_ERROR_NULL, "weights", [](PackArgs a) { a.weights = nullptr; });
    wrong(KS_ERROR_VALUE, "weights", [](PackArgs a) { a.weights_stride_bytes = 31; });
    wrong(KS_ERROR_OVERFLOW, "weights", [](PackArgs a) { a.weights_stride_bytes = INT64_MAX; });
    wrong(KS_ERROR_NULL, "scales", [](PackArgs a) { a.scales = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "scales", [](PackArgs a) { a.scales = moved(a.scales, 1); });
    wrong(KS_ERROR_VALUE, "scales", [](PackArgs a) { a.scales_stride = 1; });
    wrong(KS_ERROR_OVERFLOW, "scales", [](PackArgs a) { a.scales_stride = INT64_MAX / 4; });
    wrong(KS_ERROR_VALUE, "zeros", [](PackArgs a) { a.zeros = a.bias; });
    wrong(KS_ERROR_VALUE, "zeros_stride", [](PackArgs a) { a.zeros_stride = 2; });
    wrong(KS_ERROR_ALIGNMENT, "bias", [](PackArgs a) { a.bias = misaligned(a.bias); });
    wrong(KS_ERROR_NULL, "packed", [](PackArgs a) { a.packed = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "packed", [](PackArgs a) { a.packed = moved(a.packed, 32); });
    wrong(KS_ERROR_BUFFER_SIZE, "packed", [](PackArgs a) { --a.packed_size; });
    wrong(KS_ERROR_OVERLAP, "weights",
          [](PackArgs a) { a.weights = moved(a.packed, static_cast<int64_t>(a.packed_size) - 1); });
    wrong(KS_ERROR_OVERLAP, "scales", [](PackArgs a) { a.scales = a.packed; });
    wrong(KS_ERROR_OVERLAP, "bias", [](PackArgs a) { a.bias = static_cast<float*>(a.packed) - 39; });
    EXPECT_EQ(ks_pack(nullptr), KS_ERROR_NULL);
}

// What the other formats ask of weights, scales and zeros.
TEST(AbiWeights, PackOtherFormats) {
    World world;
    const ks_shape f32_shape = world.f32.shape();
    Guarded<uint8_t> f32_blob(world.f32.blob.size(), Against::kEnd, KS_ALIGNMENT);
    const Wrong<ks_pack_args> f32 = wrong_pack(world.f32, f32_shape, f32_blob);
    f32(KS_ERROR_VALUE, "scales", [](PackArgs a) { a.scales = a.bias; });
    f32(KS_ERROR_VALUE, "scales_stride", [](PackArgs a) { a.scales_stride = 1; });
    f32(KS_ERROR_VALUE, "zeros", [](PackArgs a) { a.zeros = a.bias; });
    f32(KS_ERROR_VALUE, "zeros_stride", [](PackArgs a) { a.zeros_stride = 1; });
    f32(KS_ERROR_VALUE, "weights_stride_bytes", [](PackArgs a) { a.weights_stride_bytes = 38; });
    f32(KS_ERROR_ALIGNMENT, "weights", [](PackArgs a) { a.weights = moved(a.weights, 2); });

    const ks_shape channel_shape = world.channel.shape();
    Guarded<uint8_t> channel_blob(world.channel.blob.size(), Against::kEnd, KS_ALIGNMENT);
    const Wrong<ks_pack_args> channel = wrong_pack(world.channel, channel_shape, channel_blob);
    channel(KS_ERROR_NULL, "scales", [](PackArgs a) { a.scales = nullptr; });
    channel(KS_ERROR_ALIGNMENT, "scales", [](PackArgs a) { a.scales = moved(a.scales, 2); });
    channel(KS_ERROR_VALUE, "scales", [](PackArgs a) { a.scales_stride = 0; });
    channel(KS_ERROR_VALUE, "weights", [](PackArgs a) { a.weights_stride_bytes = 8; });

    const ks_shape shape = world.asymmetric.shape();
    Guarded<uint8_t> blob(world.asymmetric.blob.size(), Against::kEnd, KS_ALIGNMENT);
    const Wrong<ks_pack_args> asymmetric = wrong_pack(world.asymmetric, shape, blob);
    asymmetric(KS_ERROR_NULL, "zeros", [](PackArgs a) { a.zeros = nullptr; });
    asymmetric(KS_ERROR_ALIGNMENT, "zeros", [](PackArgs a) { a.zeros = misaligned(a.zeros); });
    asymmetric(KS_ERROR_VALUE, "zeros", [](PackArgs a) { a.zeros_stride = 1; });
    asymmetric(KS_ERROR_OVERFLOW, "zeros", [](PackArgs a) { a.zeros_stride = INT64_MAX / 4; });
    asymmetric(KS_ERROR_OVERLAP, "zeros", [](PackArgs a) { a.zeros = static_cast<float*>(a.packed) - 23; });
    asymmetric(KS_ERROR_OVERLAP, "scales", [](PackArgs a) { a.scales = static_cast<float*>(a.packed) - 23; });
}

TEST(AbiWeights, SealAndDescribe) {
    World world;
    uint8_t* packed = world.int4.blob.data();
    const uint64_t size = world.int4.blob.size();
    const Wrong<ks_shape> wrong(world.int4.shape(), [=](ks_shape& s) { return ks_pack_seal(&s, packed, size); });
    wrong(KS_ERROR_STRUCT_SIZE, "shape", [](ks_shape& s) { s.struct_size = 0; });
    wrong(KS_ERROR_VALUE, "reserved", [](ks_shape& s) { s.reserved = 1; });
    wrong(KS_ERROR_VALUE, "layout", [](ks_shape& s) { s.layout = KS_LAYOUT_Q4_0_N32K4; });
    wrong(KS_ERROR_VALUE, "vector_bytes", [](ks_shape& s) { s.vector_bytes = 16; });
    wrong(KS_ERROR_GROUP, "group", [](ks_shape& s) { s.group = 48; });
    wrong(KS_ERROR_BUFFER_SIZE, "packed", [](ks_shape& s) { s.n += 32; });
    const ks_shape shape = world.int4.shape();
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
    EXPECT_EQ(ks_packed_describe(packed, size, 0, misaligned(&info)), KS_ERROR_ALIGNMENT);
    info.struct_size = 8;
    EXPECT_EQ(ks_packed_describe(packed, size, 0, &info), KS_ERROR_STRUCT_SIZE);
}

// Unpacks into buffers of exactly the right size.
struct Unpacking {
    Guarded<uint8_t> weights;
    Guarded<uint8_t> scales;
    Guarded<float> zeros;
    Guarded<float> bias;
    ks_unpack_args valid = sized<ks_unpack_args>();

    explicit Unpacking(const Packed& packed)
        : weights(packed.matrix.weights.size(), Against::kEnd, 4),
          scales(packed.matrix.scales.size(), Against::kEnd, 4),
          zeros(packed.matrix.zeros.size()),
          bias(static_cast<size_t>(packed.matrix.n)) {
        const Matrix& matrix = packed.matrix;
        valid.packed = packed.blob.data();
        valid.packed_size = packed.blob.size();
        valid.weights = weights.data();
        valid.weights_size = weights.size();
        valid.scales = matrix.scales.empty() ? nullptr : scales.data();
        valid.scales_count = static_cast<uint64_t>(matrix.n * matrix.scales_per_row());
        valid.zeros = matrix.zeros.empty() ? nullptr : zeros.data();
        valid.zeros_count = zeros.size();
        valid.bias = bias.data();
        valid.bias_count = bias.size();
    }
};

TEST(AbiWeights, Unpack) {
    using Args = ks_unpack_args&;
    World world;
    for (const Packed* packed : {&world.int4, &world.f32, &world.channel, &world.asymmetric}) {
        const int32_t format = packed->matrix.format;
        SCOPED_TRACE(format);
        Unpacking u(*packed);
        const Wrong<ks_unpack_args> wrong(u.valid, [](Args args) { return ks_unpack(&args); });
        wrong(KS_ERROR_STRUCT_SIZE, "args", [](Args a) { a.struct_size = 0; });
        wrong(KS_ERROR_VALUE, "flags", [](Args a) { a.flags = 1; });
        wrong(KS_ERROR_NULL, "packed", [](Args a) { a.packed = nullptr; });
        wrong(KS_ERROR_ALIGNMENT, "packed", [](Args a) { a.packed = moved(a.packed, 1); });
        wrong(KS_ERROR_BLOB_TRUNCATED, "packed", [](Args a) { --a.packed_size; });
        wrong(KS_ERROR_NULL, "weights", [](Args a) { a.weights = nullptr; });
        wrong(KS_ERROR_BUFFER_SIZE, "weights", [](Args a) { --a.weights_size; });
        if (format == KS_FORMAT_F32) {
            wrong(KS_ERROR_ALIGNMENT, "weights", [](Args a) { a.weights = moved(a.weights, 2); });
            wrong(KS_ERROR_VALUE, "scales", [](Args a) { a.scales = a.bias; });
            wrong(KS_ERROR_VALUE, "scales_count", [](Args a) { a.scales_count = 1; });
            wrong(KS_ERROR_VALUE, "scales_count is 18446744073709551615", [](Args a) { a.scales_count = UINT64_MAX; });
        } else {
            wrong(KS_ERROR_NULL, "scales", [](Args a) { a.scales = nullptr; });
            wrong(KS_ERROR_ALIGNMENT, "scales", [](Args a) { a.scales = moved(a.scales, 1); });
            wrong(KS_ERROR_BUFFER_SIZE, "scales", [](Args a) { --a.scales_count; });
            wrong(KS_ERROR_OVERLAP, "scales", [](Args a) { a.scales = const_cast<void*>(a.packed); });
            wrong(KS_ERROR_OVERLAP, "scales", [](Args a) { a.scales = a.weights; });
            wrong(KS_ERROR_OVERLAP, "bias", [](Args a) { a.bias = static_cast<float*>(a.scales); });
        }
        if (format != KS_FORMAT_INT4_ASYMMETRIC) {
            wrong(KS_ERROR_VALUE, "zeros", [](Args a) { a.zeros = a.bias; });
            wrong(KS_ERROR_VALUE, "zeros_count", [](Args a) { a.zeros_count = 1; });
        } else {
            wrong(KS_ERROR_NULL, "zeros", [](Args a) { a.zeros = nullptr; });
            wrong(KS_ERROR_ALIGNMENT, "zeros", [](Args a) { a.zeros = misaligned(a.zeros); });
            wrong(KS_ERROR_BUFFER_SIZE, "zeros", [](Args a) { --a.zeros_count; });
            wrong(KS_ERROR_OVERLAP, "zeros",
                  [](Args a) { a.zeros = static_cast<float*>(const_cast<void*>(a.packed)); });
            wrong(KS_ERROR_OVERLAP, "zeros", [](Args a) { a.zeros = static_cast<float*>(a.weights); });
            wrong(KS_ERROR_OVERLAP, "scales", [](Args a) { a.zeros = static_cast<float*>(a.scales); });
            wrong(KS_ERROR_OVERLAP, "bias", [](Args a) { a.bias = a.zeros; });
        }
        wrong(KS_ERROR_ALIGNMENT, "bias", [](Args a) { a.bias = misaligned(a.bias); });
        wrong(KS_ERROR_BUFFER_SIZE, "bias", [](Args a) { --a.bias_count; });
        wrong(KS_ERROR_OVERLAP, "weights", [](Args a) { a.weights = const_cast<void*>(a.packed); });
        wrong(KS_ERROR_OVERLAP, "bias", [](Args a) { a.bias = static_cast<float*>(const_cast<void*>(a.packed)); });
        wrong(KS_ERROR_OVERLAP, "bias", [](Args a) { a.bias = static_cast<float*>(a.weights); });
        ks_unpack_args without_bias = u.valid;
        without_bias.bias = nullptr;
        without_bias.bias_count = 0;
        EXPECT_EQ(ks_unpack(&without_bias), KS_OK) << ks_last_error();
    }
    EXPECT_EQ(ks_unpack(nullptr), KS_ERROR_NULL);
}

}  // namespace
}  // namespace ks_test
