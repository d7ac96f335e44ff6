// SPDX-License-Identifier: Apache-2.0
// The ABI's functions that multiply, with every argument wrong in turn.
#include "support/wrong.h"

namespace ks_test {
namespace {

TEST(AbiMatMul, Arguments) {
    World world;
    Guarded<float> x(2 * 70 + 64);
    for (float& value : x) value = 1.0f;
    Guarded<float> y(2 * 50 + 40);
    Guarded<uint8_t> scratch(1 << 14, Against::kEnd, KS_ALIGNMENT);
    Guarded<uint8_t> team(ks_team_size(1), Against::kEnd, KS_ALIGNMENT);
    ASSERT_EQ(ks_team_init(team.data(), team.size(), 1), KS_OK) << ks_last_error();
    ks_matmul_args valid = sized<ks_matmul_args>();
    valid.kernel = -1;
    valid.packed = world.int4_blob.data();
    valid.packed_size = world.int4_blob.size();
    valid.m = 3;
    valid.x = x.data();
    valid.x_stride = 70;
    valid.x_count = x.size();
    valid.y = y.data();
    valid.y_stride = 50;
    valid.y_count = y.size();
    valid.clamp_min = -INFINITY;
    valid.clamp_max = INFINITY;
    valid.scratch = scratch.data();
    valid.scratch_size = scratch.size();
    valid.team = reinterpret_cast<ks_team*>(team.data());
    uint64_t needed = 0;
    ASSERT_EQ(ks_matmul_scratch_size(&valid, &needed), KS_OK) << ks_last_error();
    ASSERT_LE(needed, scratch.size());
    const Wrong<ks_matmul_args> wrong(valid, [](ks_matmul_args& args) {
        const int32_t status = ks_matmul(&args);
        if (args.struct_size == sizeof args) {
            EXPECT_EQ(args.kernel_used >= 0, status == KS_OK);
        }
        return status;
    });
    using Args = ks_matmul_args&;
    wrong(KS_ERROR_STRUCT_SIZE, "args", [](Args a) { a.struct_size = 0; });
    wrong(KS_ERROR_VALUE, "flags", [](Args a) { a.flags = 1; });
    wrong(KS_ERROR_VALUE, "reserved", [](Args a) { a.reserved = 1; });
    wrong(KS_ERROR_VALUE, "kernel", [](Args a) { a.kernel = -2; });
    wrong(KS_ERROR_VALUE, "kernel", [](Args a) { a.kernel = ks_kernel_count(); });
    wrong(KS_ERROR_NO_KERNEL, "switched off", [](Args a) { a.disabled_tiers = UINT32_MAX; });
    for (int32_t i = 0; i < ks_kernel_count(); ++i) {
        ks_kernel_info info = sized<ks_kernel_info>();
        ks_get_kernel_info(i, &info);
        if (info.layout == KS_LAYOUT_INT4_N32K4 && info.supported) continue;
        wrong(KS_ERROR_NO_KERNEL, info.name, [i](Args a) { a.kernel = i; });
    }
    wrong(KS_ERROR_NULL, "packed", [](Args a) { a.packed = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "packed", [](Args a) { a.packed = static_cast<const uint8_t*>(a.packed) + 4; });
    wrong(KS_ERROR_BLOB_TRUNCATED, "packed", [](Args a) { --a.packed_size; });
    wrong(KS_ERROR_VALUE, "m is", [](Args a) { a.m = -1; });
    wrong(KS_ERROR_NULL, "x", [](Args a) { a.x = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "x", [](Args a) { a.x = misaligned(a.x); });
    wrong(KS_ERROR_VALUE, "x", [](Args a) { a.x_stride = 63; });
    wrong(KS_ERROR_OVERFLOW, "x", [](Args a) { a.x_stride = INT64_MAX / 4; });
    wrong(KS_ERROR_BUFFER_SIZE, "x", [](Args a) { --a.x_count; });
    wrong(KS_ERROR_BUFFER_SIZE, "x", [](Args a) { a.m = 4; });
    wrong(KS_ERROR_OVERFLOW, "x", [](Args a) { a.m = INT64_MAX; });
    wrong(KS_ERROR_NULL, "y", [](Args a) { a.y = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "y", [](Args a) { a.y = misaligned(a.y); });
    wrong(KS_ERROR_VALUE, "y", [](Args a) { a.y_stride = 39; });
    wrong(KS_ERROR_OVERFLOW, "y", [](Args a) { a.y_stride = INT64_MAX; });
    wrong(KS_ERROR_BUFFER_SIZE, "y", [](Args a) { --a.y_count; });
    wrong(KS_ERROR_VALUE, "clamp_min", [](Args a) { a.clamp_min = NAN; });
    wrong(KS_ERROR_VALUE, "clamp_max", [](Args a) { a.clamp_max = NAN; });
    wrong(KS_ERROR_VALUE, "clamp_min", [](Args a) { a.clamp_min = 1.0f, a.clamp_max = 0.5f; });
    wrong(KS_ERROR_NULL, "scratch", [](Args a) { a.scratch = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "scratch", [](Args a) { a.scratch = static_cast<uint8_t*>(a.scratch) + 16; });
    wrong(KS_ERROR_BUFFER_SIZE, "scratch", [needed](Args a) { a.scratch_size = needed - 1; });
    wrong(KS_ERROR_ALIGNMENT, "team", [](Args a) { a.team = misaligned(a.team); });
    wrong(KS_ERROR_TEAM, "team", [](Args a) { a.team = static_cast<ks_team*>(a.scratch); });
    wrong(KS_ERROR_OVERLAP, "x", [](Args a) { a.y = const_cast<float*>(a.x) + 203; });
    wrong(KS_ERROR_OVERLAP, "packed", [](Args a) { a.y = static_cast<float*>(const_cast<void*>(a.packed)); });
    wrong(KS_ERROR_OVERLAP, "scratch", [](Args a) { a.y = static_cast<float*>(a.scratch); });
    wrong(KS_ERROR_OVERLAP, "team", [](Args a) { a.y = reinterpret_cast<float*>(a.team); });
    wrong(KS_ERROR_OVERLAP, "x", [](Args a) { a.x = static_cast<float*>(a.scratch); });
    wrong(KS_ERROR_OVERLAP, "packed", [](Args a) { a.scratch = const_cast<void*>(a.packed); });
    wrong(KS_ERROR_OVERLAP, "team", [](Args a) { a.scratch = a.team; });
    EXPECT_EQ(ks_matmul(nullptr), KS_ERROR_NULL);
    EXPECT_EQ(ks_matmul_scratch_size(nullptr, &needed), KS_ERROR_NULL);
    EXPECT_EQ(ks_matmul_scratch_size(&valid, nullptr), KS_ERROR_NULL);
    ks_matmul_args unsized = valid;
    unsized.struct_size = 0;
    EXPECT_EQ(ks_matmul_scratch_size(&unsized, &needed), KS_ERROR_STRUCT_SIZE);

    // No rows: nothing is needed and nothing happens.
    ks_matmul_args none = sized<ks_matmul_args>();
    none.kernel = -1;
    none.packed = valid.packed;
    none.packed_size = valid.packed_size;
    EXPECT_EQ(ks_matmul(&none), KS_OK) << ks_last_error();
    EXPECT_EQ(none.kernel_used, -1);
    EXPECT_EQ(ks_matmul_scratch_size(&none, &needed), KS_OK) << ks_last_error();
    EXPECT_EQ(needed, 0u);

    ASSERT_EQ(ks_team_stop(valid.team), KS_OK) << ks_last_error();
    wrong(KS_ERROR_TEAM, "stopped", [](Args) {});
}

// A layout that nothing here reads has a status of its own.
TEST(AbiMatMul, RefusesALayoutOfAnotherMachine) {
    World world;
    for (const int32_t layout : {KS_LAYOUT_INT4_NR8KR8, KS_LAYOUT_INT4_NR8KR16}) {
        bool usable = false;
        for (int32_t i = 0; i < ks_kernel_count(); ++i) {
            ks_kernel_info info = sized<ks_kernel_info>();
            ks_get_kernel_info(i, &info);
            usable |= info.layout == layout && info.supported;
        }
        Guarded<uint8_t> blob(packed_size(world.int4, layout), Against::kEnd, KS_ALIGNMENT);
        pack(world.int4, layout, blob);
        ks_matmul_args args = sized<ks_matmul_args>();
        args.kernel = -1;
        args.packed = blob.data();
        args.packed_size = blob.size();
        EXPECT_EQ(ks_matmul(&args), usable ? KS_OK : KS_ERROR_BLOB_LAYOUT);
    }
}

TEST(AbiMatMul, ScratchGrowsUpToAFixedNumberOfRows) {
    World world;
    ks_matmul_args args = sized<ks_matmul_args>();
    args.kernel = -1;
    args.packed = world.int4_blob.data();
    args.packed_size = world.int4_blob.size();
    uint64_t most = 0;
    for (int64_t m = 1; m < 3000; ++m) {
        args.m = m;
        uint64_t size = 0;
        ASSERT_EQ(ks_matmul_scratch_size(&args, &size), KS_OK) << ks_last_error();
        most = size > most ? size : most;
    }
    args.m = INT64_MAX;
    uint64_t size = 0;
    ASSERT_EQ(ks_matmul_scratch_size(&args, &size), KS_OK) << ks_last_error();
    EXPECT_LE(size, most);
}

TEST(AbiTeam, Arguments) {
    EXPECT_EQ(ks_team_size(0), 0u);
    EXPECT_EQ(ks_team_size(-1), 0u);
    EXPECT_EQ(ks_team_size(1024), 0u);
    EXPECT_GT(ks_team_size(1023), 0u);
    Guarded<uint8_t> memory(ks_team_size(1), Against::kEnd, KS_ALIGNMENT);
    ks_team* team = reinterpret_cast<ks_team*>(memory.data());
    EXPECT_EQ(ks_team_work(team), KS_ERROR_TEAM) << "not initialised";
    EXPECT_EQ(ks_team_stop(team), KS_ERROR_TEAM) << "not initialised";
    EXPECT_EQ(ks_team_init(nullptr, memory.size(), 1), KS_ERROR_NULL);
    EXPECT_EQ(ks_team_init(memory.data() + 8, memory.size(), 1), KS_ERROR_ALIGNMENT);
    EXPECT_EQ(ks_team_init(memory.data(), memory.size() - 1, 1), KS_ERROR_BUFFER_SIZE);
    EXPECT_EQ(ks_team_init(memory.data(), memory.size(), 0), KS_ERROR_VALUE);
    EXPECT_EQ(ks_team_init(memory.data(), memory.size(), 1024), KS_ERROR_VALUE);
    ASSERT_EQ(ks_team_init(memory.data(), memory.size(), 1), KS_OK) << ks_last_error();
    for (ks_team* wrong : {static_cast<ks_team*>(nullptr), misaligned(team)}) {
        const int32_t status = wrong == nullptr ? KS_ERROR_NULL : KS_ERROR_ALIGNMENT;
        EXPECT_EQ(ks_team_work(wrong), status);
        EXPECT_EQ(ks_team_stop(wrong), status);
    }
    EXPECT_EQ(ks_team_stop(team), KS_OK) << ks_last_error();
    EXPECT_EQ(ks_team_stop(team), KS_ERROR_TEAM) << "stopped";
}

}  // namespace
}  // namespace ks_test
