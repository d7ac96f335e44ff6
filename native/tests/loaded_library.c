/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a libkleidisharp.so as a program does that was built without it, and drives it through its ABI: the handshake,
 * then for each format quantising, packing and multiplying with every kernel that this CPU supports, on a team of threads.
 * INT8_CHANNEL and F32 are compared bit by bit with the formulas of kleidisharp.h, the kernels of other formats with the
 * portable one. It is C11 and needs the C library only, so that one source serves every C library.
 * Usage: loaded_library FILE */
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kleidisharp.h"

/* Several panels of columns, the last one with a tail in every layout; two groups or blocks along k; as many rows as
 * every kernel takes that takes several. */
enum { N = 197, K = 64, GROUP = 32, ROWS = 17, WORKERS = 2 };

static _Noreturn void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("loaded_library: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

#define FUNCTIONS(F)          \
    F(ks_abi_version)         \
    F(ks_abi_layout)          \
    F(ks_version)             \
    F(ks_kleidiai_version)    \
    F(ks_last_error)          \
    F(ks_get_cpu_info)        \
    F(ks_kernel_count)        \
    F(ks_get_kernel_info)     \
    F(ks_check_kernel)        \
    F(ks_select_kernel)       \
    F(ks_quantize)            \
    F(ks_panel_columns)       \
    F(ks_packed_size)         \
    F(ks_pack)                \
    F(ks_pack_seal)           \
    F(ks_packed_describe)     \
    F(ks_unpack)              \
    F(ks_verify_layout)       \
    F(ks_matmul_scratch_size) \
    F(ks_matmul)              \
    F(ks_team_size)           \
    F(ks_team_init)           \
    F(ks_team_work)           \
    F(ks_team_run)            \
    F(ks_team_stop)

static struct {
#define MEMBER(name) __typeof__(name) *name;
    FUNCTIONS(MEMBER)
} lib;

static void load(const char *file) {
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) fail("%s", dlerror());
    void *address;
#define RESOLVE(name)                                     \
    if ((address = dlsym(handle, #name)) == NULL) fail("%s", dlerror()); \
    memcpy(&lib.name, &address, sizeof address);
    FUNCTIONS(RESOLVE)
}

static void expect_ok(int32_t status, const char *what) {
    if (status != KS_OK) fail("%s: status %d, %s", what, status, lib.ks_last_error());
}

static void *new_memory(uint64_t size) {
    void *memory = aligned_alloc(KS_ALIGNMENT, (size_t)((size / KS_ALIGNMENT + 1) * KS_ALIGNMENT));
    if (memory == NULL) fail("no memory");
    return memory;
}

/* --- handshake */

static const int32_t layout_here[] = {
#include "abi_layout.inc"
};

static void shake_hands(void) {
    if (lib.ks_abi_version() != KS_ABI_VERSION) fail("ABI version %u", lib.ks_abi_version());
    int32_t count = 0;
    const int32_t *layout = lib.ks_abi_layout(&count);
    if ((size_t)count != sizeof layout_here / sizeof *layout_here) fail("ks_abi_layout() gives %d values", count);
    for (int32_t i = 0; i < count; ++i) {
        if (layout[i] != layout_here[i]) fail("ks_abi_layout()[%d] is %d, here %d", i, layout[i], layout_here[i]);
    }
    ks_cpu_info cpu = {.struct_size = sizeof cpu};
    expect_ok(lib.ks_get_cpu_info(&cpu), "ks_get_cpu_info");
    cpu.struct_size = 1;
    if (lib.ks_get_cpu_info(&cpu) != KS_ERROR_STRUCT_SIZE || strstr(lib.ks_last_error(), "struct_size") == NULL) {
        fail("a struct of 1 byte: '%s'", lib.ks_last_error());
    }
}

/* --- a problem of one format */

typedef struct {
    int32_t id;
    int32_t group;
    int row_bytes;
    int scale_bytes; /* 0: the format has no scales */
    int scales_per_row;
    int has_zeros;
} format;

static const format formats[] = {
    {KS_FORMAT_F32, 0, K * 4, 0, 0, 0},
    {KS_FORMAT_INT4_GROUP, GROUP, K / 2, 2, K / GROUP, 0},
    {KS_FORMAT_INT4_CHANNEL, 0, K / 2, 4, 1, 0},
    {KS_FORMAT_INT8_CHANNEL, 0, K, 4, 1, 0},
    {KS_FORMAT_INT2_CHANNEL, 0, K / 4, 4, 1, 0},
    {KS_FORMAT_Q4_0, 0, K / 32 * 18, 0, 0, 0},
    {KS_FORMAT_INT4_ASYMMETRIC, GROUP, K / 2, 4, K / GROUP, 1},
    {KS_FORMAT_F16, 0, K * 2, 0, 0, 0},
    {KS_FORMAT_BF16, 0, K * 2, 0, 0, 0},
};

static float weights[N][K], bias[N], x[ROWS][K];

static float draw(void) {
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return (float)(int32_t)state * 0x1p-31f;
}

static void draw_numbers(void) {
    for (int i = 0; i < N * K; ++i) weights[i / K][i % K] = draw();
    for (int i = 0; i < N; ++i) bias[i] = draw();
    for (int i = 0; i < ROWS * K; ++i) x[i / K][i % K] = draw() * 3;
}

typedef struct {
    _Alignas(8) uint8_t codes[N * K * 4];
    _Alignas(8) uint8_t scales[N * (K / GROUP) * 4];
    float zeros[N * (K / GROUP)];
} quantized;

static void quantize(const format *f, quantized *q) {
    if (f->id == KS_FORMAT_F32) {
        memcpy(q->codes, weights, sizeof weights);
        return;
    }
    ks_quantize_args args = {
        .struct_size = sizeof args,
        .format = f->id,
        .group = f->group,
        .n = N,
        .k = K,
        .weights = &weights[0][0],
        .weights_stride = K,
        .codes = q->codes,
        .codes_size = (uint64_t)(N * f->row_bytes),
        .scales = f->scale_bytes ? q->scales : NULL,
        .scales_count = (uint64_t)(N * f->scales_per_row),
        .zeros = f->has_zeros ? q->zeros : NULL,
        .zeros_count = f->has_zeros ? (uint64_t)(N * f->scales_per_row) : 0,
    };
    expect_ok(lib.ks_quantize(&args), "ks_quantize");
}

static ks_kernel_info describe(int32_t index) {
    ks_kernel_info kernel = {.struct_size = sizeof kernel};
    expect_ok(lib.ks_get_kernel_info(index, &kernel), "ks_get_kernel_info");
    return kernel;
}

static void *pack(const format *f, const quantized *q, const ks_kernel_info *kernel, uint64_t *size) {
    const ks_shape shape = {
        .struct_size = sizeof shape,
        .format = f->id,
        .layout = kernel->layout,
        .group = f->group,
        .vector_bytes = kernel->vector_bytes,
        .n = N,
        .k = K,
    };
    expect_ok(lib.ks_packed_size(&shape, size), "ks_packed_size");
    void *packed = new_memory(*size);
    ks_pack_args args = {
        .struct_size = sizeof args,
        .shape = &shape,
        .n_end = N,
        .weights = q->codes,
        .weights_stride_bytes = f->row_bytes,
        .scales = f->scale_bytes ? q->scales : NULL,
        .scales_stride = f->scales_per_row,
        .zeros = f->has_zeros ? q->zeros : NULL,
        .zeros_stride = f->has_zeros ? f->scales_per_row : 0,
        .bias = bias,
        .packed = packed,
        .packed_size = *size,
    };
    expect_ok(lib.ks_pack(&args), "ks_pack");
    expect_ok(lib.ks_pack_seal(&shape, packed, *size), "ks_pack_seal");
    ks_packed_info info = {.struct_size = sizeof info};
    expect_ok(lib.ks_packed_describe(packed, *size, 1, &info), "ks_packed_describe");
    return packed;
}

/* The first m rows of y, by one kernel over weights packed for it. */
static void multiply(const format *f, const quantized *q, int32_t index, int64_t m, ks_team *team, float y[ROWS][N]) {
    const ks_kernel_info kernel = describe(index);
    uint64_t size = 0;
    void *packed = pack(f, q, &kernel, &size);
    ks_matmul_args args = {
        .struct_size = sizeof args,
        .kernel = index,
        .packed = packed,
        .packed_size = size,
        .m = m,
        .x = x,
        .x_stride = K,
        .x_count = (uint64_t)(m * K),
        .y = y,
        .y_stride = N,
        .y_count = (uint64_t)(m * N),
        .x_type = KS_TYPE_F32,
        .y_type = KS_TYPE_F32,
        .clamp_min = -INFINITY,
        .clamp_max = INFINITY,
        .team = team,
    };
    uint64_t scratch_size = 0;
    expect_ok(lib.ks_matmul_scratch_size(&args, &scratch_size), "ks_matmul_scratch_size");
    args.scratch = new_memory(scratch_size);
    args.scratch_size = scratch_size;
    expect_ok(lib.ks_matmul(&args), "ks_matmul");
    if (args.kernel_used != index) fail("kernel %d ran in place of %s", args.kernel_used, kernel.name);
    free(args.scratch);
    free(packed);
}

/* --- the formulas of kleidisharp.h */

static float between(float value, float lo, float hi) { return fminf(fmaxf(value, lo), hi); }

static void f32_reference(float y[ROWS][N]) {
    for (int i = 0; i < ROWS * N; ++i) {
        float acc = bias[i % N];
        for (int k = 0; k < K; ++k) acc = fmaf(x[i / N][k], weights[i % N][k], acc);
        y[i / N][i % N] = acc;
    }
}

static void int8_channel_reference(float y[ROWS][N]) {
    for (int m = 0; m < ROWS; ++m) {
        float lo = 0, hi = 0;
        for (int k = 0; k < K; ++k) lo = fminf(lo, x[m][k]), hi = fmaxf(hi, x[m][k]);
        const float s = 255 / (hi - lo);
        const float low_steps = lo * s, high_steps = hi * s;
        const float error = (-128 + low_steps) + (127 + high_steps);
        const float zero = nearbyintf(between(error > 0 ? -128 - low_steps : 127 - high_steps, -128, 127));
        for (int n = 0; n < N; ++n) {
            float largest = 0;
            for (int k = 0; k < K; ++k) largest = fmaxf(largest, fabsf(weights[n][k]));
            const float scale = largest / 127.5f;
            int32_t sum = 0;
            for (int k = 0; k < K; ++k) {
                const float code = between(roundf(x[m][k] * s) + zero, -128, 127);
                const float weight = between(nearbyintf(weights[n][k] * (1 / scale)), -128, 127);
                sum += ((int32_t)code - (int32_t)zero) * (int32_t)weight;
            }
            const float product = (float)sum * (1 / s * scale);
            y[m][n] = product + bias[n];
        }
    }
}

/* What the other formats are compared with: this library's kernel in plain C++. */
static void by_portable_kernel(const format *f, const quantized *q, ks_team *team, float y[ROWS][N]) {
    for (int32_t i = 0; i < lib.ks_kernel_count(); ++i) {
        const ks_kernel_info kernel = describe(i);
        if (kernel.format == f->id && kernel.tier == KS_TIER_PORTABLE) {
            multiply(f, q, i, ROWS, team, y);
            return;
        }
    }
    fail("format %d has no portable kernel", f->id);
}

/* Multiplies with every kernel of a format; returns how many. */
static int check_format(const format *f, ks_team *team) {
    static quantized q;
    static float expected[ROWS][N], y[ROWS][N];
    quantize(f, &q);
    switch (f->id) {
        case KS_FORMAT_F32: f32_reference(expected); break;
        case KS_FORMAT_INT8_CHANNEL: int8_channel_reference(expected); break;
        default: by_portable_kernel(f, &q, team, expected);
    }
    int kernels = 0;
    for (int32_t i = 0; i < lib.ks_kernel_count(); ++i) {
        const ks_kernel_info kernel = describe(i);
        if (kernel.format != f->id || !kernel.supported || !kernel.exact) continue;
        expect_ok(lib.ks_verify_layout(kernel.layout), "ks_verify_layout");
        if (kernel.min_rows > ROWS) fail("%s takes no fewer than %d rows", kernel.name, (int)kernel.min_rows);
        const int m = kernel.max_rows < ROWS ? (int)kernel.max_rows : ROWS;
        memset(y, 0xFF, sizeof y);
        multiply(f, &q, i, m, team, y);
        for (int at = 0; at < m * N; ++at) {
            const float got = y[at / N][at % N], wanted = expected[at / N][at % N];
            if (memcmp(&got, &wanted, sizeof got) != 0) {
                fail("%s: y[%d][%d] is %a, expected %a", kernel.name, at / N, at % N, (double)got, (double)wanted);
            }
        }
        ++kernels;
    }
    return kernels;
}

static void *work(void *team) {
    expect_ok(lib.ks_team_work(team), "ks_team_work");
    return NULL;
}

static void count(void *counts, int64_t task) { ++((int *)counts)[task]; }

static void check_tasks(ks_team *team) {
    enum { TASKS = 100 };
    int counts[TASKS] = {0};
    expect_ok(lib.ks_team_run(team, TASKS, count, counts), "ks_team_run");
    for (int i = 0; i < TASKS; ++i) {
        if (counts[i] != 1) fail("task %d ran %d times", i, counts[i]);
    }
}

int main(int argc, char **argv) {
    if (argc != 2) fail("usage: loaded_library FILE");
    load(argv[1]);
    shake_hands();
    draw_numbers();

    ks_team *team = new_memory(lib.ks_team_size(WORKERS));
    expect_ok(lib.ks_team_init(team, lib.ks_team_size(WORKERS), WORKERS), "ks_team_init");
    pthread_t threads[WORKERS];
    for (int i = 0; i < WORKERS; ++i) {
        if (pthread_create(&threads[i], NULL, work, team) != 0) fail("no thread");
    }
    const int count = (int)(sizeof formats / sizeof *formats);
    int kernels = 0;
    for (int i = 0; i < count; ++i) kernels += check_format(&formats[i], team);
    check_tasks(team);
    expect_ok(lib.ks_team_stop(team), "ks_team_stop");
    for (int i = 0; i < WORKERS; ++i) pthread_join(threads[i], NULL);
    free(team);

    printf("%s: KleidiSharp %s, KleidiAI '%s': %d kernels of %d formats, bit by bit\n", argv[1], lib.ks_version(),
           lib.ks_kleidiai_version(), kernels, count);
    return 0;
}
