// SPDX-License-Identifier: Apache-2.0
// Every argument struct that is not aligned as its type asks, and the arguments that other tests leave aligned.
#include <gtest/gtest.h>

#include <string>

#include "kleidisharp.h"

namespace {

// A struct of the caller's that is one byte off.
template <typename T>
T* misaligned() {
    alignas(T) static uint8_t bytes[sizeof(T) + 1];
    return reinterpret_cast<T*>(bytes + 1);
}

void expect_refused(int32_t status, const char* name) {
    EXPECT_EQ(status, KS_ERROR_ALIGNMENT) << name;
    EXPECT_NE(std::string(ks_last_error()).find(name), std::string::npos) << ks_last_error();
}

TEST(AbiAlignment, ArgumentStructs) {
    int32_t number = 0;
    uint64_t size = 0;
    alignas(KS_ALIGNMENT) uint8_t blob[KS_BLOB_HEADER_SIZE] = {};
    expect_refused(ks_get_cpu_info(misaligned<ks_cpu_info>()), "info");
    expect_refused(ks_get_kernel_info(0, misaligned<ks_kernel_info>()), "info");
    expect_refused(ks_check_kernel(0, misaligned<ks_select_args>(), &number), "args");
    expect_refused(ks_select_kernel(misaligned<ks_select_args>(), &number), "args");
    expect_refused(ks_quantize(misaligned<ks_quantize_args>()), "args");
    expect_refused(ks_packed_size(misaligned<ks_shape>(), &size), "shape");
    expect_refused(ks_pack(misaligned<ks_pack_args>()), "args");
    expect_refused(ks_pack_seal(misaligned<ks_shape>(), blob, sizeof blob), "shape");
    expect_refused(ks_packed_describe(blob, sizeof blob, 0, misaligned<ks_packed_info>()), "info");
    expect_refused(ks_unpack(misaligned<ks_unpack_args>()), "args");
    expect_refused(ks_matmul_scratch_size(misaligned<ks_matmul_args>(), &size), "args");
    expect_refused(ks_matmul(misaligned<ks_matmul_args>()), "args");
}

TEST(AbiAlignment, ResultsAndBlobs) {
    ks_select_args select = {};
    select.struct_size = sizeof select;
    expect_refused(ks_check_kernel(0, &select, misaligned<int32_t>()), "reason");
    expect_refused(ks_select_kernel(&select, misaligned<int32_t>()), "index");
    ks_shape shape = {};
    shape.struct_size = sizeof shape;
    expect_refused(ks_packed_size(&shape, misaligned<uint64_t>()), "size");
    ks_matmul_args matmul = {};
    matmul.struct_size = sizeof matmul;
    expect_refused(ks_matmul_scratch_size(&matmul, misaligned<uint64_t>()), "size");
    alignas(KS_ALIGNMENT) static uint8_t blob[KS_BLOB_HEADER_SIZE + 8];
    matmul.packed = blob + 8;
    matmul.packed_size = KS_BLOB_HEADER_SIZE;
    uint64_t size = 0;
    expect_refused(ks_matmul_scratch_size(&matmul, &size), "packed");
}

TEST(AbiAlignment, TeamsHaveAtLeastOneWorker) {
    alignas(KS_ALIGNMENT) static uint8_t memory[4096];
    ASSERT_LE(ks_team_size(1), sizeof memory);
    for (const int32_t workers : {-1, INT32_MIN}) {
        EXPECT_EQ(ks_team_size(workers), 0u);
        EXPECT_EQ(ks_team_init(memory, sizeof memory, workers), KS_ERROR_VALUE);
        EXPECT_NE(std::string(ks_last_error()).find("workers"), std::string::npos) << ks_last_error();
    }
}

}  // namespace
