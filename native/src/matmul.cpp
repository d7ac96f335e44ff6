// SPDX-License-Identifier: Apache-2.0
// ks_matmul(): validation, then for each block of rows two parallel steps: prepare the activations, compute columns.
// Where x or y is not f32, steps that convert come before and after.
#include <inttypes.h>

#include "blob.h"
#include "check.h"
#include "convert.h"
#include "cpu.h"
#include "float_bits.h"
#include "layout/layout.h"
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

// Columns of y that are computed before they are converted, where y is not f32: so much of them as f32.
constexpr int64_t kStripFloats = int64_t{1} << 18;

// What ks_matmul() and ks_matmul_scratch_size() both need to know.
struct Plan {
    ks_packed_info packed;
    PackedMatrix matrix;
    int32_t kernel;
    int64_t unit;       // columns that work is cut at
    int64_t strip;      // columns computed at a time: n where y is f32
    uint64_t lhs_size;  // bytes of the scratch: activations prepared for the kernel,
    uint64_t x_size;    // x as f32,
    uint64_t y_size;    // and a strip of y as f32

    uint64_t scratch_size() const { return lhs_size + x_size + y_size; }
};

uint64_t aligned(int64_t bytes) {
    return (static_cast<uint64_t>(bytes) + KS_ALIGNMENT - 1) / KS_ALIGNMENT * KS_ALIGNMENT;
}

ks_status choose_kernel(const ks_matmul_args& args, const ks_packed_info& packed, int32_t* index) {
    const ks_select_args request = {sizeof(ks_select_args), packed.format,       packed.layout,
                                    packed.group,           args.m,              packed.n,
                                    packed.k,               args.disabled_tiers, packed.vector_bytes,
                                    0,                      0};
    if (args.kernel < -1 || args.kernel >= kernel_count()) {
        return fail(KS_ERROR_VALUE, "kernel is %" PRId32 ", it must be -1 or less than %" PRId32, args.kernel,
                    kernel_count());
    }
    if (!layout_usable(packed.layout, packed.vector_bytes)) {
        if (packed.vector_bytes != 0) {
            return fail(KS_ERROR_BLOB_LAYOUT,
                        "packed has layout %" PRId32 " for vectors of %" PRId32
                        " bytes, which no kernel of this machine reads (SVE has %" PRIu32 " bytes here, SME %" PRIu32 ")",
                        packed.layout, packed.vector_bytes, cpu_sve_bytes(), cpu_sme_bytes());
        }
        return fail(KS_ERROR_BLOB_LAYOUT, "packed has layout %" PRId32 ", which no kernel of this machine reads",
                    packed.layout);
    }
    if (args.kernel >= 0) {
        *index = args.kernel;
        const Kernel& kernel = kernel_at(args.kernel);
        if (check_forced_kernel(kernel, request) == KS_REJECT_NONE) return KS_OK;
        fail(KS_ERROR_NO_KERNEL, "kernel %" PRId32 " cannot be used:", args.kernel);
        explain_rejection(kernel, request);
        return KS_ERROR_NO_KERNEL;
    }
    return select_kernel(request, index);
}

// Reciprocals of smaller ones overflow or are inexact.
constexpr float kSmallestNormal = 1.17549435e-38f;

bool is_type(int32_t type) { return type >= KS_TYPE_F32 && type <= KS_TYPE_INT8; }

bool is_step(float scale) { return scale >= kSmallestNormal && is_finite(scale); }

ks_status check_zero_point(const char* name, int32_t zero_point, const char* scale_name, float scale) {
    const int32_t limit = scale == 0 ? 0 : 128;
    if (zero_point >= -limit && zero_point < limit + (limit == 0)) return KS_OK;
    return fail(KS_ERROR_VALUE, "%s is %" PRId32 ", with %s %g it must be %s", name, zero_point, scale_name,
                static_cast<double>(scale), limit == 0 ? "0" : "from -128 to 127");
}

ks_status check_types(const ks_matmul_args& args, const Format& format) {
    if (!is_type(args.x_type)) return fail(KS_ERROR_VALUE, "x_type is %" PRId32 ", which is not a ks_type", args.x_type);
    if (!is_type(args.y_type)) return fail(KS_ERROR_VALUE, "y_type is %" PRId32 ", which is not a ks_type", args.y_type);
    if (format.activations != Activations::kPerRow && (args.x_type == KS_TYPE_INT8 || args.x_scale != 0)) {
        return fail(KS_ERROR_VALUE,
                    "x_type is %" PRId32 " and x_scale %g, but the activations of %s weights are not quantised per row",
                    args.x_type, static_cast<double>(args.x_scale), format.name);
    }
    if (args.x_scale == 0 ? args.x_type == KS_TYPE_INT8 : !is_step(args.x_scale)) {
        return fail(KS_ERROR_VALUE, "x_scale is %g, it must be %sa normal float above 0",
                    static_cast<double>(args.x_scale), args.x_type == KS_TYPE_INT8 ? "" : "0 or ");
    }
    if (args.y_type == KS_TYPE_INT8 ? !is_step(args.y_scale) : args.y_scale != 0) {
        return fail(KS_ERROR_VALUE, "y_scale is %g, it must be %s", static_cast<double>(args.y_scale),
                    args.y_type == KS_TYPE_INT8 ? "a normal float above 0" : "0 where y is not int8");
    }
    KS_CHECK(check_zero_point("x_zero_point", args.x_zero_point, "x_scale", args.x_scale));
    return check_zero_point("y_zero_point", args.y_zero_point, "y_scale", args.y_scale);
}

ks_status make_plan(const ks_matmul_args& args, Plan* plan) {
    KS_CHECK(check_zero("flags", args.flags));
    KS_CHECK(check_zero("reserved", args.reserved));
    KS_CHECK(read_blob("packed", args.packed, args.packed_size, false, &plan->packed, &plan->matrix));
    KS_CHECK(check_at_least("m", args.m, 0));
    KS_CHECK(check_types(args, *plan->matrix.format));
    KS_CHECK(choose_kernel(args, plan->packed, &plan->kernel));
    plan->lhs_size = plan->x_size = plan->y_size = 0;
    if (args.m == 0) return KS_OK;

    // The longer and, where m is not a multiple, the shorter blocks: less rows need not be less bytes.
    const KernelCode& code = *kernel_at(plan->kernel).code;
    const int64_t most_rows = divide_up(args.m, block_count(args.m));
    const int64_t rows[] = {args.m / block_count(args.m), most_rows};
    for (const int64_t m : rows) {
        const uint64_t size = code.lhs_size(m, plan->packed.k, plan->packed.group);
        if (size > plan->lhs_size) plan->lhs_size = size;
    }
    plan->unit = code.columns != 0 ? code.columns : plan->matrix.columns();
    plan->strip = plan->packed.n;
    if (args.y_type != KS_TYPE_F32) {
        const int64_t units = kStripFloats / (most_rows * plan->unit);
        const int64_t strip = (units > 1 ? units : 1) * plan->unit;
        if (strip < plan->strip) plan->strip = strip;
        plan->y_size = aligned(most_rows * plan->strip * int64_t{sizeof(float)});
    }
    if (args.x_type != KS_TYPE_F32 || args.x_scale != 0) {
        plan->x_size = aligned(most_rows * plan->packed.k * int64_t{sizeof(float)});
    }
    if (plan->x_size != 0 || plan->y_size != 0) plan->lhs_size = aligned(static_cast<int64_t>(plan->lhs_size));
    return KS_OK;
}

// A matrix that a call reads or writes.
ks_status check_matrix(const char* name, const void* data, int32_t type, int64_t rows, int64_t columns, int64_t stride,
                       uint64_t count, Region* region) {
    const uint64_t element = type_bytes(type);
    KS_CHECK(check_buffer(name, data, element));
    uint64_t extent;
    KS_CHECK(check_extent(name, rows, columns, stride, element, &extent));
    KS_CHECK(check_capacity(name, count, extent, "elements"));
    *region = {name, data, extent * element};
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
    KS_CHECK(check_matrix("x", args.x, args.x_type, args.m, plan.packed.k, args.x_stride, args.x_count, &x));
    KS_CHECK(check_matrix("y", args.y, args.y_type, args.m, plan.packed.n, args.y_stride, args.y_count, &y));
    const uint64_t scratch_size = plan.scratch_size();
    if (scratch_size != 0) KS_CHECK(check_buffer("scratch", args.scratch, KS_ALIGNMENT));
    KS_CHECK(check_capacity("scratch", args.scratch_size, scratch_size, "bytes"));
    const Region packed = {"packed", args.packed, plan.packed.size};
    const Region scratch = {"scratch", args.scratch, scratch_size};
    const Region team = {"team", args.team, team_size(args.team)};
    KS_CHECK(check_disjoint(y, x));
    KS_CHECK(check_disjoint(y, packed));
    KS_CHECK(check_disjoint(y, scratch));
    KS_CHECK(check_disjoint(y, team));
    KS_CHECK(check_disjoint(scratch, x));
    KS_CHECK(check_disjoint(scratch, packed));
    return check_disjoint(scratch, team);
}

// One block of rows being computed, or one strip of its columns.
struct Job {
    MatMul mm;
    const KernelCode* code;
    const ks_matmul_args* args;
    int64_t row;  // of x and y, where the block begins
    // Where mm.x is a copy as f32, and mm.y a strip as f32 that begins at column n_begin.
    float* x;
    float* y;
    int64_t n_begin;
    int64_t n_end;
    int64_t rows_per_task;
    int64_t pieces_per_task;
    int64_t columns_per_task;
};

int64_t end_of(int64_t begin, int64_t size, int64_t end) { return end - begin < size ? end : begin + size; }

void convert_x_task(void* context, int64_t task) {
    const Job& job = *static_cast<const Job*>(context);
    const ks_matmul_args& args = *job.args;
    const int64_t begin = task * job.rows_per_task;
    for (int64_t row = begin; row < end_of(begin, job.rows_per_task, job.mm.m); ++row) {
        const uint64_t offset = static_cast<uint64_t>((job.row + row) * args.x_stride) * type_bytes(args.x_type);
        float* to = job.x + row * job.mm.k;
        to_float(args.x_type, static_cast<const uint8_t*>(args.x) + offset, args.x_zero_point, job.mm.k, to);
        if (args.x_type != KS_TYPE_INT8 && args.x_scale != 0) {
            to_steps(to, job.mm.k, 1.0f / args.x_scale, args.x_zero_point);
        }
    }
}

void convert_y_task(void* context, int64_t task) {
    const Job& job = *static_cast<const Job*>(context);
    const ks_matmul_args& args = *job.args;
    const Steps steps = {args.y_scale == 0 ? 0 : 1.0f / args.y_scale, args.y_zero_point};
    const int64_t begin = task * job.rows_per_task;
    for (int64_t row = begin; row < end_of(begin, job.rows_per_task, job.mm.m); ++row) {
        const int64_t element = (job.row + row) * args.y_stride + job.n_begin;
        from_float(args.y_type, job.y + row * job.mm.y_stride, job.n_end - job.n_begin, steps,
                   static_cast<uint8_t*>(args.y) + static_cast<uint64_t>(element) * type_bytes(args.y_type));
    }
}

void pack_task(void* context, int64_t task) {
    const Job& job = *static_cast<const Job*>(context);
    const int64_t begin = task * job.pieces_per_task;
    const int64_t end = end_of(begin, job.pieces_per_task, job.code->lhs_pieces(job.mm.m));
    for (int64_t piece = begin; piece < end; ++piece) job.code->pack_lhs(job.mm, piece);
}

void run_task(void* context, int64_t task) {
    const Job& job = *static_cast<const Job*>(context);
    const int64_t begin = job.n_begin + task * job.columns_per_task;
    job.code->run(job.mm, begin, end_of(begin, job.columns_per_task, job.n_end));
}

// Units of work that make a task: some tasks for each thread, to balance, yet none too small to be worth handing out.
int64_t units_per_task(int64_t units, int64_t unit_work, int64_t smallest, int32_t threads) {
    if (threads == 1) return units;
    const int64_t balanced = divide_up(units, threads * kTasksPerThread);
    const int64_t worthwhile = divide_up(smallest, unit_work);
    const int64_t chosen = balanced > worthwhile ? balanced : worthwhile;
    return chosen < units ? chosen : units;
}

// Threads that may run the kernel at once: SME is a unit that several cores share.
int32_t kernel_threads(const Kernel& kernel, int32_t threads) {
    if ((kernel.tier & KS_TIERS_ON_REQUEST) == 0) return threads;
    const int32_t units = static_cast<int32_t>(cpu_sme_units());
    return units < threads ? units : threads;
}

// Rows are converted by several threads where that is worth it.
void for_rows(Job& job, int64_t row_values, ks_team* team, void (*task)(void*, int64_t)) {
    job.rows_per_task = units_per_task(job.mm.m, row_values, kSmallestPacking, team_threads(team));
    parallel_for(team, divide_up(job.mm.m, job.rows_per_task), task, &job);
}

void run_block(Job& job, const Plan& plan, ks_team* team) {
    MatMul& mm = job.mm;
    const int32_t threads = team_threads(team);
    if (plan.x_size != 0) for_rows(job, mm.k, team, convert_x_task);
    const int64_t pieces = job.code->lhs_pieces(mm.m);
    if (pieces > 0) {
        job.pieces_per_task = units_per_task(pieces, divide_up(mm.m, pieces) * mm.k, kSmallestPacking, threads);
        parallel_for(team, divide_up(pieces, job.pieces_per_task), pack_task, &job);
    }
    const int32_t runners = kernel_threads(kernel_at(plan.kernel), threads);
    for (job.n_begin = 0; job.n_begin < mm.n; job.n_begin = job.n_end) {
        job.n_end = end_of(job.n_begin, plan.strip, mm.n);
        // Kernels address y from column 0 on.
        if (plan.y_size != 0) mm.y = job.y - job.n_begin;
        const int64_t units = divide_up(job.n_end - job.n_begin, plan.unit);
        int64_t per_task = units_per_task(units, mm.m * mm.k * plan.unit, kSmallestTask, runners);
        if (runners < threads && per_task < divide_up(units, runners)) per_task = divide_up(units, runners);
        job.columns_per_task = per_task * plan.unit;
        parallel_for(team, divide_up(job.n_end - job.n_begin, job.columns_per_task), run_task, &job);
        if (plan.y_size != 0) for_rows(job, job.n_end - job.n_begin, team, convert_y_task);
    }
}

ks_status matmul(ks_matmul_args& args) {
    Plan plan;
    KS_CHECK(make_plan(args, &plan));
    if (args.team != nullptr) KS_CHECK(check_team(args.team));
    if (args.m == 0) return KS_OK;
    KS_CHECK(check_operands(args, plan));

    const RowQuantization fixed = {args.x_scale, args.x_zero_point};
    const PackedMatrix& matrix = plan.matrix;
    uint8_t* scratch = static_cast<uint8_t*>(args.scratch);
    Job job = {};
    job.code = kernel_at(plan.kernel).code;
    job.args = &args;
    job.x = reinterpret_cast<float*>(scratch + plan.lhs_size);
    job.y = reinterpret_cast<float*>(scratch + plan.lhs_size + plan.x_size);
    job.mm.n = matrix.n;
    job.mm.k = matrix.k;
    job.mm.group = matrix.group;
    job.mm.panels = blob_panels(args.packed);
    job.mm.tail = reinterpret_cast<const float*>(job.mm.panels + static_cast<uint64_t>(matrix.panels()) * matrix.panel_bytes());
    job.mm.padded_n = matrix.padded_n();
    job.mm.vector_bytes = matrix.vector_bytes;
    job.mm.x_stride = plan.x_size != 0 ? matrix.k : args.x_stride;
    job.mm.fixed = args.x_scale != 0 ? &fixed : nullptr;
    job.mm.y_stride = plan.y_size != 0 ? plan.strip : args.y_stride;
    job.mm.lo = args.clamp_min == 0.0f ? 0.0f : args.clamp_min;
    job.mm.hi = args.clamp_max == 0.0f ? -0.0f : args.clamp_max;
    job.mm.lhs = scratch;
    const int64_t blocks = block_count(args.m);
    for (int64_t block = 0; block < blocks; ++block) {
        job.mm.m = args.m / blocks + (block < args.m % blocks);
        job.mm.x = plan.x_size != 0 ? job.x : static_cast<const float*>(args.x) + job.row * args.x_stride;
        if (plan.y_size == 0) job.mm.y = static_cast<float*>(args.y) + job.row * args.y_stride;
        run_block(job, plan, args.team);
        job.row += job.mm.m;
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
    *size = plan.scratch_size();
    return KS_OK;
}

int32_t ks_matmul(ks_matmul_args* args) {
    KS_CHECK(ks::check_struct("args", args));
    args->kernel_used = -1;
    return ks::matmul(*args);
}

}  // extern "C"
