// SPDX-License-Identifier: Apache-2.0
// ks_matmul(): validation, then for each block of rows two parallel steps: prepare the activations, compute columns.
#include <inttypes.h>

#include "blob.h"
#include "check.h"
#include "float_bits.h"
#include "registry.h"
#include "team.h"

namespace ks {
namespace {

constexpr int64_t kTasksPerThread = 8;
// Below these much work costs less than handing it out.
constexpr int64_t kSmallestTask = int64_t{1} << 16;     // multiply-adds
constexpr int64_t kSmallestPacking = int64_t{1} << 13;  // activations

int64_t divide_up(int64_t a, int64_t b) { return a / b + (a % b != 0); }

// m rows are cut into as few blocks as kMaxBlockRows allows, whose rows differ by at most one: a short last block
// could be one that the kernel does not take.
int64_t block_count(int64_t m) { return divide_up(m, kMaxBlockRows); }

// What ks_matmul() and ks_matmul_scratch_size() both need to know.
struct Plan {
    ks_packed_info packed;
    int32_t kernel;
    uint64_t scratch_size;
};

ks_status choose_kernel(const ks_matmul_args& args, const ks_packed_info& packed, int32_t* index) {
    const ks_select_args request = {
        sizeof(ks_select_args), packed.format, packed.layout, packed.group, args.m, args.disabled_tiers, 0};
    if (args.kernel < -1 || args.kernel >= kernel_count()) {
        return fail(KS_ERROR_VALUE, "kernel is %" PRId32 ", it must be -1 or less than %" PRId32, args.kernel,
                    kernel_count());
    }
    if (!layout_usable(packed.layout)) {
        return fail(KS_ERROR_BLOB_LAYOUT, "packed has layout %" PRId32 ", which no kernel of this machine reads",
                    packed.layout);
    }
    if (args.kernel >= 0) {
        *index = args.kernel;
        const Kernel& kernel = kernel_at(args.kernel);
        if (check_kernel(kernel, request) == KS_REJECT_NONE) return KS_OK;
        fail(KS_ERROR_NO_KERNEL, "kernel %" PRId32 " cannot be used:", args.kernel);
        explain_rejection(kernel, request);
        return KS_ERROR_NO_KERNEL;
    }
    return select_kernel(request, index);
}

ks_status make_plan(const ks_matmul_args& args, Plan* plan) {
    KS_CHECK(check_zero("flags", args.flags));
    KS_CHECK(check_zero("reserved", args.reserved));
    KS_CHECK(read_blob("packed", args.packed, args.packed_size, false, &plan->packed));
    KS_CHECK(check_at_least("m", args.m, 0));
    KS_CHECK(choose_kernel(args, plan->packed, &plan->kernel));
    plan->scratch_size = 0;
    if (args.m == 0) return KS_OK;

    // The longer and, where m is not a multiple, the shorter blocks: less rows need not be less bytes.
    const KernelCode& code = *kernel_at(plan->kernel).code;
    const int64_t rows[] = {args.m / block_count(args.m), divide_up(args.m, block_count(args.m))};
    for (const int64_t m : rows) {
        const uint64_t size = code.lhs_size(m, plan->packed.k, plan->packed.group);
        if (size > plan->scratch_size) plan->scratch_size = size;
    }
    return KS_OK;
}

// A matrix of floats that a call reads or writes.
ks_status check_matrix(const char* name, const float* data, int64_t rows, int64_t columns, int64_t stride,
                       uint64_t count, Region* region) {
    KS_CHECK(check_buffer(name, data, alignof(float)));
    uint64_t extent;
    KS_CHECK(check_extent(name, rows, columns, stride, sizeof(float), &extent));
    KS_CHECK(check_capacity(name, count, extent, "elements"));
    *region = {name, data, extent * sizeof(float)};
    return KS_OK;
}

ks_status check_operands(const ks_matmul_args& args, const Plan& plan) {
    if (is_nan(args.clamp_min) || is_nan(args.clamp_max) || args.clamp_min > args.clamp_max) {
        return fail(KS_ERROR_VALUE,
                    "clamp_min is %g and clamp_max is %g, neither may be NaN nor the former the greater",
                    static_cast<double>(args.clamp_min), static_cast<double>(args.clamp_max));
    }
    Region x;
    Region y;
    KS_CHECK(check_matrix("x", args.x, args.m, plan.packed.k, args.x_stride, args.x_count, &x));
    KS_CHECK(check_matrix("y", args.y, args.m, plan.packed.n, args.y_stride, args.y_count, &y));
    if (plan.scratch_size != 0) KS_CHECK(check_buffer("scratch", args.scratch, KS_ALIGNMENT));
    KS_CHECK(check_capacity("scratch", args.scratch_size, plan.scratch_size, "bytes"));
    const Region packed = {"packed", args.packed, plan.packed.size};
    const Region scratch = {"scratch", args.scratch, plan.scratch_size};
    const Region team = {"team", args.team, args.team != nullptr ? team_size() : 0};
    KS_CHECK(check_disjoint(y, x));
    KS_CHECK(check_disjoint(y, packed));
    KS_CHECK(check_disjoint(y, scratch));
    KS_CHECK(check_disjoint(y, team));
    KS_CHECK(check_disjoint(scratch, x));
    KS_CHECK(check_disjoint(scratch, packed));
    return check_disjoint(scratch, team);
}

// One block of rows being computed.
struct Job {
    MatMul mm;
    const KernelCode* code;
    int64_t pieces_per_task;
    int64_t columns_per_task;
};

void pack_task(void* context, int64_t task) {
    const Job& job = *static_cast<const Job*>(context);
    const int64_t pieces = job.code->lhs_pieces(job.mm.m);
    const int64_t begin = task * job.pieces_per_task;
    const int64_t end = pieces - begin < job.pieces_per_task ? pieces : begin + job.pieces_per_task;
    for (int64_t piece = begin; piece < end; ++piece) job.code->pack_lhs(job.mm, piece);
}

void run_task(void* context, int64_t task) {
    const Job& job = *static_cast<const Job*>(context);
    const int64_t begin = task * job.columns_per_task;
    const int64_t end = job.mm.n - begin < job.columns_per_task ? job.mm.n : begin + job.columns_per_task;
    job.code->run(job.mm, begin, end);
}

// Units of work that make a task: some tasks for each thread, to balance, yet none too small to be worth handing out.
int64_t units_per_task(int64_t units, int64_t unit_work, int64_t smallest, int32_t threads) {
    if (threads == 1) return units;
    const int64_t balanced = divide_up(units, threads * kTasksPerThread);
    const int64_t worthwhile = divide_up(smallest, unit_work);
    const int64_t chosen = balanced > worthwhile ? balanced : worthwhile;
    return chosen < units ? chosen : units;
}

void run_block(Job& job, ks_team* team) {
    const MatMul& mm = job.mm;
    const int32_t threads = team_threads(team);
    const int64_t pieces = job.code->lhs_pieces(mm.m);
    if (pieces > 0) {
        job.pieces_per_task = units_per_task(pieces, divide_up(mm.m, pieces) * mm.k, kSmallestPacking, threads);
        parallel_for(team, divide_up(pieces, job.pieces_per_task), pack_task, &job);
    }
    const int64_t units = divide_up(mm.n, job.code->columns);
    job.columns_per_task =
        units_per_task(units, mm.m * mm.k * job.code->columns, kSmallestTask, threads) * job.code->columns;
    parallel_for(team, divide_up(mm.n, job.columns_per_task), run_task, &job);
}

ks_status matmul(ks_matmul_args& args) {
    Plan plan;
    KS_CHECK(make_plan(args, &plan));
    if (args.team != nullptr) KS_CHECK(check_team(args.team));
    if (args.m == 0) return KS_OK;
    KS_CHECK(check_operands(args, plan));

    Job job = {};
    job.code = kernel_at(plan.kernel).code;
    job.mm.n = plan.packed.n;
    job.mm.k = plan.packed.k;
    job.mm.group = plan.packed.group;
    job.mm.panels = blob_panels(args.packed);
    job.mm.x_stride = args.x_stride;
    job.mm.y_stride = args.y_stride;
    job.mm.lo = args.clamp_min == 0.0f ? 0.0f : args.clamp_min;
    job.mm.hi = args.clamp_max == 0.0f ? -0.0f : args.clamp_max;
    job.mm.lhs = static_cast<uint8_t*>(args.scratch);
    const int64_t blocks = block_count(args.m);
    int64_t row = 0;
    for (int64_t block = 0; block < blocks; ++block) {
        job.mm.m = args.m / blocks + (block < args.m % blocks);
        job.mm.x = args.x + row * args.x_stride;
        job.mm.y = args.y + row * args.y_stride;
        run_block(job, args.team);
        row += job.mm.m;
    }
    args.kernel_used = plan.kernel;
    return KS_OK;
}

}  // namespace
}  // namespace ks

extern "C" {

int32_t ks_matmul_scratch_size(const ks_matmul_args* args, uint64_t* size) {
    KS_CHECK(ks::check_struct("args", args));
    KS_CHECK(ks::check_buffer("size", size, alignof(uint64_t)));
    ks::Plan plan;
    KS_CHECK(ks::make_plan(*args, &plan));
    *size = plan.scratch_size;
    return KS_OK;
}

int32_t ks_matmul(ks_matmul_args* args) {
    KS_CHECK(ks::check_struct("args", args));
    args->kernel_used = -1;
    return ks::matmul(*args);
}

}  // extern "C"
