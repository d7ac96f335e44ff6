// SPDX-License-Identifier: Apache-2.0
// Sequences of calls of the whole ABI over one arena. Each call begins as a valid one for a small matrix; then the
// bytes spoil some of its arguments: sizes, strides, counts, flags and pointers, also null and misaligned ones. Of the
// arena only what a call is given is accessible to it. Whatever the arguments, a call returns a status of its list, and
// a message where it fails; a multiplication leaves what it reads as it was. A promise that no library can check is
// kept: capacities are true, and matrices that have none lie within the arena.
#include <math.h>

#include "weight_calls.h"

namespace ks_fuzz {
namespace {

// The arena as every session finds it.
alignas(KS_ALIGNMENT) uint8_t fresh[kArenaSize];

void fill_fresh() {
    uint32_t seed = 1;
    for (uint8_t& byte : fresh) {
        seed = seed * 1664525 + 1013904223;
        byte = static_cast<uint8_t>(seed >> 24);
    }
    // Weights, scales, zeros and bias are finite; random bits would soon hold a NaN. In f16 and bf16 the upper byte
    // decides.
    float* const floats = reinterpret_cast<float*>(fresh);
    for (uint32_t i = 0; i < kCodes / sizeof(float); ++i) floats[i] = 1.0f + fresh[kX + i % 4096];
    for (uint32_t i = kCodes + 1; i < kScales; i += 2) fresh[i] &= 0xBB;
    for (uint32_t i = kScales / sizeof(float); i < kBlob / sizeof(float); ++i) floats[i] = 0.5f;
}

class Session : WeightCalls {
  public:
    explicit Session(Bytes& bytes) : WeightCalls(bytes) { memcpy(arena, fresh, kArenaSize); }

    void run() {
        while (!bytes_.empty()) step();
    }

  private:
    void step() {
        switch (bytes_.integer(0, 13)) {
            case 0:
                return choose_shape();
            case 1:
                return quantize();
            case 2:
            case 3:
                return pack();
            case 4:
            case 5:
                return seal();
            case 6:
                return describe();
            case 7:
                return unpack();
            case 8:
                return select();
            case 9:
                return table();
            case 10:
                return team();
            default:
                return matmul();
        }
    }

    static uint64_t bytes_of(int32_t type) {
        return type == KS_TYPE_INT8 ? 1 : type == KS_TYPE_F16 || type == KS_TYPE_BF16 ? 2 : 4;
    }

    // Types with what they need; mostly such that the format takes them.
    void choose_types(ks_matmul_args& args) {
        const bool per_row = ks::find_format(shape_.format)->activations == ks::Activations::kPerRow;
        args.x_type = bytes_.integer(KS_TYPE_F32, per_row ? KS_TYPE_INT8 : KS_TYPE_BF16);
        args.y_type = bytes_.integer(KS_TYPE_F32, KS_TYPE_INT8);
        if (args.x_type == KS_TYPE_INT8 || (per_row && bytes_.integer(0, 1))) {
            args.x_scale = 0.25f;
            args.x_zero_point = bytes_.integer(-128, 127);
        }
        if (args.y_type == KS_TYPE_INT8) {
            args.y_scale = 0.25f;
            args.y_zero_point = bytes_.integer(-128, 127);
        }
        spoil_.number(args.x_type);
        spoil_.number(args.y_type);
        spoil_.real(args.x_scale);
        spoil_.number(args.x_zero_point);
        spoil_.real(args.y_scale);
        spoil_.number(args.y_zero_point);
    }

    void matmul() {
        ks_matmul_args args = {};
        args.struct_size = sizeof args;
        args.kernel = bytes_.integer(-1, ks_kernel_count() - 1);
        args.packed = at(kBlob);
        const int64_t m = bytes_.integer(0, 10);
        args.m = m;
        args.x = at(kX);
        args.x_stride = shape_.k;
        args.y = at(kY);
        args.y_stride = shape_.n;
        args.clamp_min = -INFINITY;
        args.clamp_max = INFINITY;
        args.scratch = at(kScratch);
        args.team = bytes_.integer(0, 1) ? at<ks_team>(kTeam) : nullptr;
        choose_types(args);
        spoil_.number(args.struct_size);
        spoil_.number(args.kernel);
        spoil_.number(args.disabled_tiers);
        spoil_.number(args.flags);
        spoil_.pointer(args.packed);
        spoil_.number(args.m);
        spoil_.pointer(args.x);
        spoil_.number(args.x_stride);
        spoil_.pointer(args.y);
        spoil_.number(args.y_stride);
        spoil_.real(args.clamp_min);
        spoil_.real(args.clamp_max);
        spoil_.pointer(args.scratch);
        spoil_.number(args.reserved);
        args.packed_size = spoil_.capacity(args.packed, size_, 1);
        args.x_count = spoil_.capacity(args.x, static_cast<uint64_t>(m * shape_.k), bytes_of(args.x_type));
        args.y_count = spoil_.capacity(args.y, static_cast<uint64_t>(m * shape_.n), bytes_of(args.y_type));
        args.scratch_size = spoil_.capacity(args.scratch, room(args.scratch), 1);
        // The team's size is no argument.
        if (room(args.team) < ks_team_size(1)) args.team = nullptr;
        memcpy(before_, arena, kArenaSize);
        if (call_matmul(args) != KS_OK || args.m == 0) return;
        ks_packed_info info = {};
        info.struct_size = sizeof info;
        KS_REQUIRE(ks_packed_describe(args.packed, args.packed_size, 0, &info) == KS_OK);
        KS_REQUIRE(unchanged(args.packed, info.size));
        KS_REQUIRE(unchanged(args.x, matrix_size(args.x, args.m, info.k, args.x_stride, bytes_of(args.x_type))));
    }

    int32_t call_matmul(ks_matmul_args& args) {
        Access access;
        access.allow(args.packed, args.packed_size);
        uint64_t scratch_size = 0;
        check_status(ks_matmul_scratch_size(&args, bytes_.integer(0, 31) == 31 ? nullptr : &scratch_size));
        if (bytes_.integer(0, 1) && scratch_size < args.scratch_size) args.scratch_size = scratch_size;
        access.allow(args.x, args.x_count * bytes_of(args.x_type));
        access.allow(args.y, args.y_count * bytes_of(args.y_type));
        access.allow(args.scratch, args.scratch_size);
        access.allow(args.team, args.team == nullptr ? 0 : ks_team_size(1));
        const int32_t status = ks_matmul(&args);
        check_status(status);
        return status;
    }

    bool unchanged(const void* pointer, uint64_t size) const {
        return memcmp(pointer, before_ + (static_cast<const uint8_t*>(pointer) - arena), size) == 0;
    }

    void select() {
        ks_select_args args = {};
        args.struct_size = sizeof args;
        args.format = shape_.format;
        args.layout = bytes_.integer(0, 1) ? shape_.layout : 0;
        args.vector_bytes = args.layout == 0 ? 0 : shape_.vector_bytes;
        args.group = shape_.group;
        args.m = bytes_.integer(0, 3);
        args.n = shape_.n;
        args.k = shape_.k;
        spoil_.number(args.struct_size);
        spoil_.number(args.format);
        spoil_.number(args.layout);
        spoil_.number(args.group);
        spoil_.number(args.m);
        spoil_.number(args.n);
        spoil_.number(args.k);
        spoil_.number(args.disabled_tiers);
        spoil_.number(args.vector_bytes);
        spoil_.number(args.flags);
        spoil_.number(args.reserved);
        int32_t index = bytes_.integer(0, ks_kernel_count() - 1);
        spoil_.number(index);
        int32_t reason = 0;
        int32_t* reason_result = bytes_.integer(0, 31) == 31 ? nullptr : &reason;
        check_status(ks_check_kernel(index, &args, reason_result));
        int32_t* index_result = bytes_.integer(0, 31) == 31 ? nullptr : &index;
        if (const int32_t status = ks_select_kernel(&args, index_result); status == KS_OK) {
            KS_REQUIRE(index >= 0 && index < ks_kernel_count());
            KS_REQUIRE(ks_check_kernel(index, &args, &reason) == KS_OK && reason == KS_REJECT_NONE);
        } else {
            check_status(status);
        }
    }

    void table() {
        ks_kernel_info kernel = {};
        kernel.struct_size = sizeof kernel;
        spoil_.number(kernel.struct_size);
        ks_cpu_info cpu = {};
        cpu.struct_size = sizeof cpu;
        spoil_.number(cpu.struct_size);
        const int32_t index = static_cast<int32_t>(bytes_.odd());
        int32_t layout = shape_.layout;
        int32_t vector_bytes = shape_.vector_bytes;
        spoil_.number(layout);
        spoil_.number(vector_bytes);
        check_status(ks_get_kernel_info(index, bytes_.integer(0, 31) == 31 ? nullptr : &kernel));
        check_status(ks_get_cpu_info(bytes_.integer(0, 31) == 31 ? nullptr : &cpu));
        check_status(ks_verify_layout(layout));
        KS_REQUIRE(ks_panel_columns(layout, vector_bytes) >= 0);
        int32_t count = 0;
        KS_REQUIRE(ks_abi_layout(&count) != nullptr && count > 0);
        KS_REQUIRE(ks_abi_version() == KS_ABI_VERSION);
        KS_REQUIRE(ks_version()[0] != '\0' && ks_kleidiai_version() != nullptr);
    }

    // Workers would wait for a call of another thread; only a team that is stopped lets one go.
    void team() {
        int32_t workers = bytes_.integer(1, 8);
        spoil_.number(workers);
        void* memory = at(kTeam);
        spoil_.pointer(memory);
        const uint64_t memory_size = spoil_.capacity(memory, ks_team_size(1), 1);
        Access access;
        access.allow(memory, memory_size);
        if (const int32_t status = ks_team_init(memory, memory_size, workers); status != KS_OK) {
            KS_REQUIRE(ks_team_size(workers) == 0 || status != KS_ERROR_VALUE);
            return check_status(status);
        }
        if (bytes_.integer(0, 1) == 0) return;
        ks_team* team = static_cast<ks_team*>(memory);
        KS_REQUIRE(ks_team_stop(team) == KS_OK);
        KS_REQUIRE(ks_team_work(team) == KS_OK);
        KS_REQUIRE(ks_team_stop(team) == KS_ERROR_TEAM);
    }

    uint8_t before_[kArenaSize];  // the last multiplication
};

}  // namespace
}  // namespace ks_fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    ks_fuzz::fill_fresh();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    ks_fuzz::Bytes bytes(data, size);
    ks_fuzz::Session(bytes).run();
    return 0;
}
