// SPDX-License-Identifier: Apache-2.0
// Blobs that are cut short, changed or made to lie are refused with the right status and never read beyond their end.
#include <stddef.h>

#include <string>

#include "blob.h"
#include "support/cases.h"

namespace ks_test {
namespace {

class BlobTest : public testing::TestWithParam<int32_t> {
  protected:
    void SetUp() override {
        Random random(11);
        matrix_ = draw_matrix(random, spec_.format, 19, 64, is_grouped(spec_.format) ? 32 : 0, true);
        const PackedBlob packed(matrix_, spec_.layout, vector_lengths(spec_)[0]);
        blob_.assign(packed.data(), packed.data() + packed.size());
    }

    // Describes, unpacks and plans a multiplication with the first `size` bytes; all must say the same, which is
    // returned.
    int32_t use(const std::vector<uint8_t>& bytes, size_t size) const {
        Guarded<uint8_t> packed(size, Against::kEnd, KS_ALIGNMENT);
        memcpy(packed.data(), bytes.data(), size);
        ks_packed_info info = {};
        info.struct_size = sizeof info;
        const int32_t status = ks_packed_describe(packed.data(), size, 1, &info);
        alignas(float) static uint8_t weights[1 << 13];
        alignas(float) static uint8_t scales[1 << 9];
        static float zeros[1 << 7];
        ks_unpack_args unpack = {};
        unpack.struct_size = sizeof unpack;
        unpack.packed = packed.data();
        unpack.packed_size = size;
        unpack.weights = weights;
        unpack.weights_size = sizeof weights;
        if (!matrix_.scales.empty()) {
            unpack.scales = scales;
            unpack.scales_count = sizeof scales / scale_bytes_of(matrix_.format);
        }
        if (!matrix_.zeros.empty()) {
            unpack.zeros = zeros;
            unpack.zeros_count = sizeof zeros / sizeof zeros[0];
        }
        EXPECT_EQ(ks_unpack(&unpack), status) << ks_last_error();
        // Multiplying does not read the panels first.
        const int32_t header_status = ks_packed_describe(packed.data(), size, 0, &info);
        ks_matmul_args matmul = {};
        matmul.struct_size = sizeof matmul;
        matmul.kernel = -1;
        matmul.packed = packed.data();
        matmul.packed_size = size;
        matmul.x_type = matmul.y_type = KS_TYPE_F32;
        uint64_t scratch = 0;
        const int32_t matmul_status = ks_matmul_scratch_size(&matmul, &scratch);
        // What is right may still be for other machines, or for kernels that run only where they are forced.
        const bool for_none = header_status == KS_OK && matmul_status == KS_ERROR_NO_KERNEL;
        if (matmul_status != KS_ERROR_BLOB_LAYOUT && !for_none) {
            EXPECT_EQ(matmul_status, header_status);
        }
        return status;
    }

    template <typename T>
    std::vector<uint8_t> with_field(size_t offset, T value) const {
        std::vector<uint8_t> bytes = blob_;
        memcpy(bytes.data() + offset, &value, sizeof value);
        const uint64_t checksum = ks::blob_checksum(bytes.data(), offsetof(ks::BlobHeader, header_checksum));
        memcpy(bytes.data() + offsetof(ks::BlobHeader, header_checksum), &checksum, sizeof checksum);
        return bytes;
    }

    const LayoutSpec& spec_ = layout_spec(GetParam());
    Matrix matrix_;
    std::vector<uint8_t> blob_;
};

TEST_P(BlobTest, IsAcceptedWhole) {
    EXPECT_EQ(use(blob_, blob_.size()), KS_OK);
    std::vector<uint8_t> longer = blob_;
    longer.resize(blob_.size() + 1000);
    EXPECT_EQ(use(longer, longer.size()), KS_OK);
}

TEST_P(BlobTest, IsRefusedWhenCutAnywhere) {
    // Every size around the header and the end, some of those between.
    for (size_t size = 0; size < blob_.size(); size += size < 256 || size + 100 > blob_.size() ? 1 : 37) {
        ASSERT_EQ(use(blob_, size), KS_ERROR_BLOB_TRUNCATED) << size << " bytes";
    }
}

TEST_P(BlobTest, IsRefusedWhenAnyByteOfItsHeaderChanges) {
    for (size_t i = 0; i < KS_BLOB_HEADER_SIZE; ++i) {
        const int32_t expected = i < offsetof(ks::BlobHeader, version)  ? KS_ERROR_BLOB_MAGIC
                                 : i < offsetof(ks::BlobHeader, format) ? KS_ERROR_BLOB_VERSION
                                                                        : KS_ERROR_BLOB_CORRUPT;
        for (int change = 1; change < 256; ++change) {
            std::vector<uint8_t> bytes = blob_;
            bytes[i] = static_cast<uint8_t>(bytes[i] ^ change);
            ASSERT_EQ(use(bytes, bytes.size()), expected) << "byte " << i << " XOR " << change;
        }
    }
}

TEST_P(BlobTest, IsRefusedWhenAnyByteOfItsPanelsChanges) {
    for (size_t i = KS_BLOB_HEADER_SIZE; i < blob_.size(); ++i) {
        std::vector<uint8_t> bytes = blob_;
        bytes[i] = static_cast<uint8_t>(bytes[i] ^ (1 << i % 8));
        ASSERT_EQ(use(bytes, bytes.size()), KS_ERROR_BLOB_CORRUPT) << "byte " << i;
    }
}

// Headers that lie with a matching checksum.
TEST_P(BlobTest, IsRefusedWhenItsHeaderContradictsItself) {
    const auto refused = [this](size_t offset, auto value) {
        const std::vector<uint8_t> bytes = with_field(offset, value);
        EXPECT_EQ(use(bytes, bytes.size()), KS_ERROR_BLOB_CORRUPT) << "offset " << offset << ", value " << value;
    };
    // The message gives the number that is wrong.
    const auto named = [&refused](size_t offset, auto value) {
        refused(offset, value);
        EXPECT_NE(std::string(ks_last_error()).find(' ' + std::to_string(value)), std::string::npos) << ks_last_error();
    };
    const int32_t other_format = matrix_.format == KS_FORMAT_F32 ? KS_FORMAT_INT4_GROUP : KS_FORMAT_F32;
    for (const int32_t format : {0, -1, 99, other_format}) named(offsetof(ks::BlobHeader, format), format);
    for (const LayoutSpec& other : kLayouts) {
        // A layout of the same size would be one that the blob could have.
        if (other.format != spec_.format) named(offsetof(ks::BlobHeader, layout), other.layout);
    }
    for (const int32_t layout : {0, 5, -1, INT32_MAX}) named(offsetof(ks::BlobHeader, layout), layout);
    for (const int32_t group : {-32, 1, 31, 33, 96, 64 * 1024, INT32_MIN}) {
        named(offsetof(ks::BlobHeader, group), group);
    }
    for (const int32_t bytes : {-16, 1, 8, 24, 255, 512, INT32_MIN})
        named(offsetof(ks::BlobHeader, vector_bytes), bytes);
    if (spec_.nr == 0) {
        for (const int32_t bytes : {0, 128, 256}) named(offsetof(ks::BlobHeader, vector_bytes), bytes);
    }
    for (const int64_t n : {int64_t{0}, int64_t{-1}, int64_t{64}, int64_t{1000}, INT64_MAX, INT64_MIN, INT64_MAX / 8}) {
        named(offsetof(ks::BlobHeader, n), n);
    }
    for (const int64_t k :
         {int64_t{0}, int64_t{-64}, int64_t{32}, int64_t{96}, int64_t{1} << 62, INT64_MIN, INT64_MAX}) {
        named(offsetof(ks::BlobHeader, k), k);
    }
    named(offsetof(ks::BlobHeader, has_bias), uint32_t{2});
    named(offsetof(ks::BlobHeader, header_size), uint32_t{64});
    for (const uint64_t size : {uint64_t{0}, uint64_t{64}, UINT64_MAX, uint64_t{1} << 63}) {
        named(offsetof(ks::BlobHeader, payload_size), size);
    }
    refused(offsetof(ks::BlobHeader, payload_checksum), uint64_t{0});
    for (size_t i = 0; i < sizeof(ks::BlobHeader::reserved); ++i) {
        refused(offsetof(ks::BlobHeader, reserved) + i, uint8_t{1});
    }
}

// One layout for each format, and for each kind of panel that some layouts have and others not.
INSTANTIATE_TEST_SUITE_P(Every, BlobTest,
                         testing::Values(KS_LAYOUT_F32_N16, KS_LAYOUT_F16_N32, KS_LAYOUT_BF16_N12K4,
                                         KS_LAYOUT_INT4_N32K4, KS_LAYOUT_INT4_NR8KR8, KS_LAYOUT_INT4_SME2,
                                         KS_LAYOUT_INT4_CHANNEL_NR4KR8, KS_LAYOUT_INT8_CHANNEL_SME,
                                         KS_LAYOUT_INT2_CHANNEL_N32K4, KS_LAYOUT_Q4_0_NR4KR16,
                                         KS_LAYOUT_INT4_ASYMMETRIC_N32K4));

}  // namespace
}  // namespace ks_test
