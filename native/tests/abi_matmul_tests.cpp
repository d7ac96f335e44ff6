// SPDX-License-Identifier: Apache-2.0
// The ABI's functions that multiply, with every argument wrong in turn.
#include <float.h>

#include "support/wrong.h"

namespace ks_test {
namespace {

// Three rows over a packed matrix, f32 to f32, with a team and scratch enough for anything.
struct Call {
    Guarded<float> x;
    Guarded<float> y;
    Guarded<uint8_t> scratch{1 << 15, Against::kEnd, KS_ALIGNMENT};
    Guarded<uint8_t> team{ks_team_size(1), Against::kEnd, KS_ALIGNMENT};
    ks_matmul_args valid = sized<ks_matmul_args>();

    explicit Call(Packed& packed)
        : x(static_cast<size_t>(2 * (packed.matrix.k + 6) + packed.matrix.k)),
          y(static_cast<size_t>(2 * (packed.matrix.n + 10) + packed.matrix.n)) {
        for (float& value : x) value = 1.0f;
        EXPECT_EQ(ks_team_init(team.data(), team.size(), 1), KS_OK) << ks_last_error();
        valid.kernel = -1;
        valid.packed = packed.blob.data();
        valid.packed_size = packed.blob.size();
        valid.m = 3;
        valid.x = x.data();
        valid.x_stride = packed.matrix.k + 6;
        valid.x_count = x.size();
        valid.y = y.data();
        valid.y_stride = packed.matrix.n + 10;
        valid.y_count = y.size();
        valid.x_type = KS_TYPE_F32;
        valid.y_type = KS_TYPE_F32;
        valid.clamp_min = -INFINITY;
        valid.clamp_max = INFINITY;
        valid.scratch = scratch.data();
        valid.scratch_size = scratch.size();
        valid.team = reinterpret_cast<ks_team*>(team.data());
    }
    ~Call() { ks_team_stop(valid.team); }

    uint64_t needed() const {
        uint64_t size = 0;
        EXPECT_EQ(ks_matmul_scratch_size(&valid, &size), KS_OK) << ks_last_error();
        EXPECT_LE(size, scratch.size());
        return size;
    }
};

int32_t multiply(ks_matmul_args& args) {
    const int32_t status = ks_matmul(&args);
    if (args.struct_size == sizeof args) {
        EXPECT_EQ(args.kernel_used >= 0, status == KS_OK);
    }
    return status;
}

using Args = ks_matmul_args&;

float* as_floats(const void* pointer) { return static_cast<float*>(const_cast<void*>(pointer)); }

uint8_t* as_bytes(const void* pointer) { return static_cast<uint8_t*>(const_cast<void*>(pointer)); }

TEST(AbiMatMul, Arguments) {
    World world;
    Call call(world.int4);
    const uint64_t needed = call.needed();
    const Wrong<ks_matmul_args> wrong(call.valid, multiply);
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
    wrong(KS_ERROR_ALIGNMENT, "x", [](Args a) { a.x = misaligned(as_floats(a.x)); });
    wrong(KS_ERROR_VALUE, "x", [](Args a) { a.x_stride = 63; });
    wrong(KS_ERROR_OVERFLOW, "x", [](Args a) { a.x_stride = INT64_MAX / 4; });
    wrong(KS_ERROR_BUFFER_SIZE, "x", [](Args a) { --a.x_count; });
    wrong(KS_ERROR_BUFFER_SIZE, "x", [](Args a) { a.m = 4; });
    wrong(KS_ERROR_OVERFLOW, "x", [](Args a) { a.m = INT64_MAX; });
    wrong(KS_ERROR_NULL, "y", [](Args a) { a.y = nullptr; });
    wrong(KS_ERROR_ALIGNMENT, "y", [](Args a) { a.y = misaligned(as_floats(a.y)); });
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
    wrong(KS_ERROR_OVERLAP, "x", [](Args a) { a.y = as_floats(a.x) + 203; });
    wrong(KS_ERROR_OVERLAP, "packed", [](Args a) { a.y = const_cast<void*>(a.packed); });
    wrong(KS_ERROR_OVERLAP, "scratch", [](Args a) { a.y = a.scratch; });
    wrong(KS_ERROR_OVERLAP, "team", [](Args a) { a.y = a.team; });
    wrong(KS_ERROR_OVERLAP, "x", [](Args a) { a.x = a.scratch; });
    wrong(KS_ERROR_OVERLAP, "packed", [](Args a) { a.scratch = const_cast<void*>(a.packed); });
    wrong(KS_ERROR_OVERLAP, "team", [](Args a) { a.scratch = a.team; });
    EXPECT_EQ(ks_matmul(nullptr), KS_ERROR_NULL);
    EXPECT_EQ(ks_matmul(misaligned(&call.valid)), KS_ERROR_ALIGNMENT);
    ASSERT_EQ(ks_team_stop(call.valid.team), KS_OK) << ks_last_error();
    wrong(KS_ERROR_TEAM, "stopped", [](Args) {});
}

// Types, scales and zero points of x and y, in what multiplies and in what says how much scratch that needs.
void expect_types_refused(const Wrong<ks_matmul_args>& wrong, bool per_row) {
    for (const int32_t type : {0, -1, 5, INT32_MAX}) {
        wrong(KS_ERROR_VALUE, "x_type", [=](Args a) { a.x_type = type; });
        wrong(KS_ERROR_VALUE, "y_type", [=](Args a) { a.y_type = type; });
    }
    for (const float scale : {-1.0f, FLT_MIN / 2, NAN, INFINITY, -INFINITY}) {
        wrong(KS_ERROR_VALUE, "x_scale", [=](Args a) { a.x_scale = scale; });
        wrong(KS_ERROR_VALUE, "y_scale", [=](Args a) { a.y_type = KS_TYPE_INT8, a.y_scale = scale; });
    }
    wrong(KS_ERROR_VALUE, "x_scale", [](Args a) { a.x_type = KS_TYPE_INT8; });
    wrong(KS_ERROR_VALUE, "y_scale", [](Args a) { a.y_type = KS_TYPE_INT8; });
    for (const int32_t type : {KS_TYPE_F32, KS_TYPE_F16, KS_TYPE_BF16}) {
        wrong(KS_ERROR_VALUE, "y_scale", [=](Args a) { a.y_type = type, a.y_scale = 1.0f; });
        wrong(KS_ERROR_VALUE, "y_zero_point", [=](Args a) { a.y_type = type, a.y_zero_point = 1; });
    }
    wrong(KS_ERROR_VALUE, "x_zero_point", [](Args a) { a.x_zero_point = -1; });
    for (const int32_t zero_point : {-129, 128, INT32_MAX, INT32_MIN}) {
        wrong(KS_ERROR_VALUE, "y_zero_point",
              [=](Args a) { a.y_type = KS_TYPE_INT8, a.y_scale = 1.0f, a.y_zero_point = zero_point; });
        if (per_row) {
            wrong(KS_ERROR_VALUE, "x_zero_point", [=](Args a) { a.x_scale = 1.0f, a.x_zero_point = zero_point; });
        }
    }
    if (per_row) return;
    wrong(KS_ERROR_VALUE, "x_scale", [](Args a) { a.x_scale = 1.0f; });
    wrong(KS_ERROR_VALUE, "x_type", [](Args a) { a.x_type = KS_TYPE_INT8, a.x_scale = 1.0f; });
}

TEST(AbiMatMul, Types) {
    World world;
    for (Packed* packed : {&world.int4, &world.f32, &world.channel, &world.asymmetric}) {
        Call call(*packed);
        const bool per_row = is_per_row(packed->matrix.format);
        expect_types_refused(Wrong<ks_matmul_args>(call.valid, multiply), per_row);
        uint64_t size = 0;
        const auto plan = [&](Args a) { return ks_matmul_scratch_size(&a, &size); };
        expect_types_refused(Wrong<ks_matmul_args>(call.valid, plan), per_row);
    }
}

// Alignment and size of x and y are those of their types.
TEST(AbiMatMul, TypedBuffers) {
    World world;
    for (const int32_t type : {KS_TYPE_F16, KS_TYPE_BF16, KS_TYPE_INT8}) {
        Call call(world.channel);
        call.valid.x_type = type;
        call.valid.y_type = type;
        if (type == KS_TYPE_INT8) call.valid.x_scale = call.valid.y_scale = 0.5f;
        const Wrong<ks_matmul_args> wrong(call.valid, multiply);
        wrong(KS_ERROR_BUFFER_SIZE, "x", [](Args a) { a.x_count = 2 * 15 + 8; });
        wrong(KS_ERROR_BUFFER_SIZE, "y", [](Args a) { a.y_count = 2 * 22 + 11; });
        // y begins at the last element of x, and just beyond it.
        const int64_t element = type == KS_TYPE_INT8 ? 1 : 2;
        wrong(KS_ERROR_OVERLAP, "x", [=](Args a) { a.y = as_bytes(a.x) + (2 * 15 + 8) * element; });
        ks_matmul_args beside = call.valid;
        beside.y = as_bytes(beside.x) + (2 * 15 + 9) * element;
        beside.y_stride = 12;
        beside.y_count = 36;
        EXPECT_EQ(multiply(beside), KS_OK) << ks_last_error();
        if (type == KS_TYPE_INT8) {
            ks_matmul_args odd = call.valid;
            odd.x = as_bytes(odd.x) + 1;
            odd.y = as_bytes(odd.y) + 3;
            EXPECT_EQ(multiply(odd), KS_OK) << ks_last_error();
        } else {
            wrong(KS_ERROR_ALIGNMENT, "x", [](Args a) { a.x = as_bytes(a.x) + 1; });
            wrong(KS_ERROR_ALIGNMENT, "y", [](Args a) { a.y = as_bytes(a.y) + 1; });
        }
        const uint64_t needed = call.needed();
        wrong(KS_ERROR_BUFFER_SIZE, "scratch", [=](Args a) { a.scratch_size = needed - 1; });
    }
}

TEST(AbiMatMul, ScratchSize) {
    World world;
    Call call(world.int4);
    uint64_t size = 0;
    const Wrong<ks_matmul_args> wrong(call.valid, [&](Args a) { return ks_matmul_scratch_size(&a, &size); });
    wrong(KS_ERROR_STRUCT_SIZE, "args", [](Args a) { a.struct_size = 0; });
    wrong(KS_ERROR_VALUE, "flags", [](Args a) { a.flags = 1; });
    wrong(KS_ERROR_VALUE, "reserved", [](Args a) { a.reserved = 1; });
    wrong(KS_ERROR_VALUE, "kernel", [](Args a) { a.kernel = -2; });
    wrong(KS_ERROR_NO_KERNEL, "switched off", [](Args a) { a.disabled_tiers = UINT32_MAX; });
    wrong(KS_ERROR_NULL, "packed", [](Args a) { a.packed = nullptr; });
    wrong(KS_ERROR_BLOB_TRUNCATED, "packed", [](Args a) { a.packed_size = 0; });
    wrong(KS_ERROR_VALUE, "m is", [](Args a) { a.m = -1; });
    EXPECT_EQ(ks_matmul_scratch_size(nullptr, &size), KS_ERROR_NULL);
    EXPECT_EQ(ks_matmul_scratch_size(&call.valid, nullptr), KS_ERROR_NULL);
    EXPECT_EQ(ks_matmul_scratch_size(&call.valid, misaligned(&size)), KS_ERROR_ALIGNMENT);

    // No rows: nothing is needed and nothing happens.
    ks_matmul_args none = sized<ks_matmul_args>();
    none.kernel = -1;
    none.packed = call.valid.packed;
    none.packed_size = call.valid.packed_size;
    none.x_type = none.y_type = KS_TYPE_F32;
    EXPECT_EQ(ks_matmul(&none), KS_OK) << ks_last_error();
    EXPECT_EQ(none.kernel_used, -1);
    EXPECT_EQ(ks_matmul_scratch_size(&none, &size), KS_OK) << ks_last_error();
    EXPECT_EQ(size, 0u);
}

// A layout that nothing here reads has a status of its own.
TEST(AbiMatMul, RefusesALayoutOfAnotherMachine) {
    for (const LayoutSpec& spec : kLayouts) {
        for (const int32_t bytes : vector_lengths(spec)) {
            bool usable = false;
            for (int32_t i = 0; i < ks_kernel_count(); ++i) {
                ks_kernel_info info = sized<ks_kernel_info>();
                ks_get_kernel_info(i, &info);
                usable |= info.layout == spec.layout && info.vector_bytes == bytes && info.supported;
            }
            Random random(1);
            const Matrix matrix = draw_matrix(random, spec.format, 20, 64, is_grouped(spec.format) ? 32 : 0, true);
            const PackedBlob blob(matrix, spec.layout, bytes);
            ks_matmul_args args = sized<ks_matmul_args>();
            args.kernel = -1;
            args.packed = blob.data();
            args.packed_size = blob.size();
            args.x_type = args.y_type = KS_TYPE_F32;
            // Kernels that do not claim the bits of the format are not chosen.
            ks_select_args request = sized<ks_select_args>();
            request.format = spec.format;
            request.layout = spec.layout;
            request.group = matrix.group;
            request.n = matrix.n;
            request.k = matrix.k;
            request.vector_bytes = bytes;
            int32_t index = -1;
            const int32_t expected = usable ? ks_select_kernel(&request, &index) : KS_ERROR_BLOB_LAYOUT;
            EXPECT_EQ(ks_matmul(&args), expected) << spec.layout << ": " << ks_last_error();
        }
    }
}

TEST(AbiMatMul, ScratchGrowsUpToAFixedNumberOfRows) {
    World world;
    for (const int32_t type : {KS_TYPE_F32, KS_TYPE_F16}) {
        ks_matmul_args args = sized<ks_matmul_args>();
        args.kernel = -1;
        args.packed = world.int4.blob.data();
        args.packed_size = world.int4.blob.size();
        args.x_type = args.y_type = type;
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
