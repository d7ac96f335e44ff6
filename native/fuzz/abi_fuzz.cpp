// SPDX-License-Identifier: Apache-2.0
// Sequences of calls of the whole ABI over one arena. Each call begins as a valid one for a small matrix; then the
// bytes spoil some of its arguments: sizes, strides, counts, flags and pointers, also null and misaligned ones. Of the
// arena only what a call is given is accessible to it. Whatever the arguments, a call returns a status of its list, and
// a message where it fails; a multiplication leaves what it reads as it was. A promise that no library can check is
// kept: capacities are true, and matrices that have none lie within the arena.
#include <math.h>

#include "arena.h"
#include "bytes.h"
#include "require.h"
#include "spoiler.h"

namespace ks_fuzz {
namespace {

void check_status(int32_t status) {
    KS_REQUIRE(status >= KS_OK && status <= KS_ERROR_LAYOUT_MISMATCH);
    if (status != KS_OK) KS_REQUIRE(ks_last_error()[0] != '\0');
}

// The arena as every session finds it.
alignas(float) uint8_t fresh[kArenaSize];

void fill_fresh() {
    uint32_t seed = 1;
    for (uint8_t& byte : fresh) {
        seed = seed * 1664525 + 1013904223;
        byte = static_cast<uint8_t>(seed >> 24);
    }
    // Weights, scales and bias are finite; random bits would soon hold a NaN.
    float* const weights = reinterpret_cast<float*>(fresh);
    for (uint32_t i = 0; i < kCodes / sizeof(float); ++i) weights[i] = 1.0f + fresh[kX + i % 4096];
    for (uint32_t i = kScales / sizeof(float); i < kBlob / sizeof(float); ++i) weights[i] = 0.5f;
}

class Session {
  public:
    explicit Session(Bytes& bytes) : bytes_(bytes), spoil_(bytes) {
        memcpy(arena, fresh, kArenaSize);
        choose_shape();
    }

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

    void choose_shape() {
        shape_ = {};
        shape_.struct_size = sizeof shape_;
        shape_.layout = bytes_.integer(KS_LAYOUT_F32_N16, KS_LAYOUT_INT4_NR8KR16);
        shape_.format = shape_.layout == KS_LAYOUT_F32_N16 ? KS_FORMAT_F32 : KS_FORMAT_INT4_GROUP;
        shape_.n = bytes_.integer(1, 40);
        shape_.group = shape_.format == KS_FORMAT_F32 ? 0 : 32 * bytes_.integer(1, 2);
        shape_.k = shape_.group == 0 ? bytes_.integer(1, 96) : shape_.group * (shape_.group == 32 ? 3 : 1);
        KS_REQUIRE(ks_packed_size(&shape_, &size_) == KS_OK);
    }

    bool f32() const { return shape_.format == KS_FORMAT_F32; }
    int64_t groups() const { return f32() ? 0 : shape_.k / shape_.group; }

    ks_shape spoiled_shape() {
        ks_shape shape = shape_;
        spoil_.number(shape.struct_size);
        spoil_.number(shape.format);
        spoil_.number(shape.layout);
        spoil_.number(shape.group);
        spoil_.number(shape.n);
        spoil_.number(shape.k);
        return shape;
    }

    void quantize() {
        ks_quantize_args args = {};
        args.struct_size = sizeof args;
        args.group = f32() ? 32 : shape_.group;
        args.n = shape_.n;
        args.k = f32() ? 32 : shape_.k;
        args.weights = at<float>(kWeights);
        args.weights_stride = args.k;
        args.codes = at(kCodes);
        args.scales = at<uint16_t>(kScales);
        const uint64_t codes_size = static_cast<uint64_t>(args.n * args.k / 2);
        const uint64_t scales_count = static_cast<uint64_t>(args.n * (args.k / args.group));
        spoil_.number(args.struct_size);
        spoil_.number(args.group);
        spoil_.number(args.n);
        spoil_.number(args.k);
        spoil_.pointer(args.weights);
        spoil_.number(args.weights_stride);
        spoil_.pointer(args.codes);
        spoil_.pointer(args.scales);
        args.codes_size = spoil_.capacity(args.codes, codes_size, 1);
        args.scales_count = spoil_.capacity(args.scales, scales_count, sizeof(uint16_t));
        const uint64_t weights_size = matrix_size(args.weights, args.n, args.k, args.weights_stride, sizeof(float));
        if (weights_size > room(args.weights)) return;
        Access access;
        access.allow(args.weights, weights_size);
        access.allow(args.codes, args.codes_size);
        access.allow(args.scales, args.scales_count * sizeof(uint16_t));
        check_status(ks_quantize_int4(&args));
    }

    void pack() {
        const ks_shape shape = spoiled_shape();
        ks_pack_args args = {};
        args.struct_size = sizeof args;
        args.shape = bytes_.integer(0, 31) == 31 ? nullptr : &shape;
        args.n_end = shape.n;
        args.weights = f32() ? at(kWeights) : at(kCodes);
        const int64_t row_bytes = f32() ? 4 * shape_.k : shape_.k / 2;
        args.weights_stride_bytes = row_bytes;
        args.scales = f32() ? nullptr : at<uint16_t>(kScales);
        args.scales_stride = groups();
        args.bias = bytes_.integer(0, 1) ? at<float>(kBias) : nullptr;
        args.packed = at(kBlob);
        spoil_.number(args.struct_size);
        spoil_.number(args.flags);
        spoil_.number(args.n_begin);
        spoil_.number(args.n_end);
        spoil_.pointer(args.weights);
        spoil_.number(args.weights_stride_bytes);
        spoil_.pointer(args.scales);
        spoil_.number(args.scales_stride);
        spoil_.pointer(args.bias);
        spoil_.pointer(args.packed);
        args.packed_size = spoil_.capacity(args.packed, size_, 1);
        const bool int4 = shape.format == KS_FORMAT_INT4_GROUP;
        const Wide row = int4 ? Wide{shape.k / 2} : Wide{shape.k} * 4;
        const uint64_t weights_size = matrix_size(args.weights, shape.n, row, args.weights_stride_bytes, 1);
        const int64_t groups = int4 && shape.group > 0 ? shape.k / shape.group : 0;
        const uint64_t scales_size = matrix_size(args.scales, shape.n, groups, args.scales_stride, sizeof(uint16_t));
        const uint64_t bias_size = matrix_size(args.bias, 1, shape.n, shape.n, sizeof(float));
        if (weights_size > room(args.weights) || scales_size > room(args.scales) || bias_size > room(args.bias)) return;
        Access access;
        access.allow(args.weights, weights_size);
        access.allow(args.scales, scales_size);
        access.allow(args.bias, bias_size);
        access.allow(args.packed, args.packed_size);
        check_status(ks_pack(&args));
    }

    void seal() {
        const ks_shape shape = spoiled_shape();
        uint64_t size = 0;
        check_status(ks_packed_size(&shape, &size));
        void* packed = at(kBlob);
        spoil_.pointer(packed);
        const uint64_t packed_size = spoil_.capacity(packed, size_, 1);
        Access access;
        access.allow(packed, packed_size);
        check_status(ks_pack_seal(&shape, packed, packed_size));
    }

    void describe() {
        ks_packed_info info = {};
        info.struct_size = sizeof info;
        spoil_.number(info.struct_size);
        const void* packed = at(kBlob);
        spoil_.pointer(packed);
        const uint64_t packed_size = spoil_.capacity(packed, size_, 1);
        int32_t verify = bytes_.integer(0, 1);
        spoil_.number(verify);
        Access access;
        access.allow(packed, packed_size);
        check_status(ks_packed_describe(packed, packed_size, verify, bytes_.integer(0, 31) == 31 ? nullptr : &info));
    }

    void unpack() {
        ks_unpack_args args = {};
        args.struct_size = sizeof args;
        args.packed = at(kBlob);
        args.weights = f32() ? at(kWeights) : at(kCodes);
        args.scales = f32() ? nullptr : at<uint16_t>(kScales);
        args.bias = bytes_.integer(0, 1) ? at<float>(kBias) : nullptr;
        const uint64_t n = static_cast<uint64_t>(shape_.n);
        spoil_.number(args.struct_size);
        spoil_.number(args.flags);
        spoil_.pointer(args.packed);
        spoil_.pointer(args.weights);
        spoil_.pointer(args.scales);
        spoil_.pointer(args.bias);
        args.packed_size = spoil_.capacity(args.packed, size_, 1);
        args.weights_size =
            spoil_.capacity(args.weights, n * static_cast<uint64_t>(f32() ? 4 * shape_.k : shape_.k / 2), 1);
        args.scales_count = spoil_.capacity(args.scales, n * static_cast<uint64_t>(groups()), sizeof(uint16_t));
        args.bias_count = spoil_.capacity(args.bias, n, sizeof(float));
        Access access;
        access.allow(args.packed, args.packed_size);
        access.allow(args.weights, args.weights_size);
        access.allow(args.scales, args.scales_count * sizeof(uint16_t));
        access.allow(args.bias, args.bias_count * sizeof(float));
        check_status(ks_unpack(&args));
    }

    void matmul() {
        ks_matmul_args args = {};
        args.struct_size = sizeof args;
        args.kernel = bytes_.integer(-1, ks_kernel_count() - 1);
        args.packed = at(kBlob);
        const int64_t m = bytes_.integer(0, 10);
        args.m = m;
        args.x = at<float>(kX);
        args.x_stride = shape_.k;
        args.y = at<float>(kY);
        args.y_stride = shape_.n;
        args.clamp_min = -INFINITY;
        args.clamp_max = INFINITY;
        args.scratch = at(kScratch);
        args.team = bytes_.integer(0, 1) ? at<ks_team>(kTeam) : nullptr;
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
        args.x_count = spoil_.capacity(args.x, static_cast<uint64_t>(m * shape_.k), sizeof(float));
        args.y_count = spoil_.capacity(args.y, static_cast<uint64_t>(m * shape_.n), sizeof(float));
        args.scratch_size = spoil_.capacity(args.scratch, room(args.scratch), 1);
        // The team's size is no argument.
        if (room(args.team) < ks_team_size(1)) args.team = nullptr;
        memcpy(before_, arena, kArenaSize);
        if (call_matmul(args) != KS_OK || args.m == 0) return;
        ks_packed_info info = {};
        info.struct_size = sizeof info;
        KS_REQUIRE(ks_packed_describe(args.packed, args.packed_size, 0, &info) == KS_OK);
        KS_REQUIRE(unchanged(args.packed, info.size));
        KS_REQUIRE(unchanged(args.x, matrix_size(args.x, args.m, info.k, args.x_stride, sizeof(float))));
    }

    int32_t call_matmul(ks_matmul_args& args) {
        Access access;
        access.allow(args.packed, args.packed_size);
        uint64_t scratch_size = 0;
        check_status(ks_matmul_scratch_size(&args, bytes_.integer(0, 31) == 31 ? nullptr : &scratch_size));
        if (bytes_.integer(0, 1) && scratch_size < args.scratch_size) args.scratch_size = scratch_size;
        access.allow(args.x, args.x_count * sizeof(float));
        access.allow(args.y, args.y_count * sizeof(float));
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
        args.group = shape_.group;
        args.m = bytes_.integer(0, 3);
        spoil_.number(args.struct_size);
        spoil_.number(args.format);
        spoil_.number(args.layout);
        spoil_.number(args.group);
        spoil_.number(args.m);
        spoil_.number(args.disabled_tiers);
        spoil_.number(args.flags);
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
        spoil_.number(layout);
        check_status(ks_get_kernel_info(index, bytes_.integer(0, 31) == 31 ? nullptr : &kernel));
        check_status(ks_get_cpu_info(bytes_.integer(0, 31) == 31 ? nullptr : &cpu));
        check_status(ks_verify_layout(layout));
        KS_REQUIRE(ks_panel_columns(layout) >= 0);
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

    Bytes& bytes_;
    Spoiler spoil_;
    ks_shape shape_ = {};
    uint64_t size_ = 0;
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
