// SPDX-License-Identifier: Apache-2.0
// Times ggml's product of Q4_0 weights and f32 activations, for `kleidi bench --against`; ggml.sh builds and runs it.
// The last line of its output is the median of the microseconds of one product.
#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_TIMINGS = 1000, FEWEST_TIMINGS = 3 };
static const double SECONDS = 0.2;

static void fail(const char *what)
{
    fprintf(stderr, "ggml_matmul: %s\n", what);
    exit(1);
}

static void *check(void *pointer, const char *what)
{
    if (!pointer) {
        fail(what);
    }
    return pointer;
}

static long long number(const char *text, const char *name)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    if (*end || value < 1) {
        fprintf(stderr, "ggml_matmul: %s must be a whole number of at least 1, not '%s'\n", name, text);
        exit(2);
    }
    return value;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static float *random_floats(int64_t count)
{
    float *values = check(malloc(sizeof *values * (size_t)count), "out of memory");
    uint32_t state = 1;
    for (int64_t i = 0; i < count; ++i) {
        state = state * 1664525u + 1013904223u;
        values[i] = (float)(state >> 8) / (1 << 23) - 1.0f;
    }
    return values;
}

// The buffer type whose weights ggml rearranges for its fastest kernels: like llama.cpp, the first that it offers, which
// on a processor with AMX is the one for AMX.
static ggml_backend_buffer_type_t rearranged(ggml_backend_dev_t cpu)
{
    ggml_backend_dev_get_extra_bufts_t extra = (ggml_backend_dev_get_extra_bufts_t)ggml_backend_reg_get_proc_address(
        ggml_backend_dev_backend_reg(cpu), "ggml_backend_dev_get_extra_bufts");
    for (ggml_backend_buffer_type_t *type = extra ? extra(cpu) : NULL; type && *type; ++type) {
        const char *name = ggml_backend_buft_name(*type);
        if (strcmp(name, "AMX") == 0 || strstr(name, "REPACK")) {
            return *type;
        }
    }
    fail("this ggml has no repacked weights for this processor");
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: ggml_matmul M K N THREADS BYTES BACKENDS\n");
        return 2;
    }
    int64_t m = number(argv[1], "M"), k = number(argv[2], "K"), n = number(argv[3], "N");
    int threads = (int)number(argv[4], "THREADS");
    size_t bytes = (size_t)number(argv[5], "BYTES");
    if (k % ggml_blck_size(GGML_TYPE_Q4_0)) {
        fail("K must be a multiple of 32");
    }

    ggml_backend_load_all_from_path(argv[6]);
    ggml_backend_dev_t cpu = check(ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU), "no backend for the CPU");
    ggml_backend_t backend = check(ggml_backend_dev_init(cpu, NULL), "the CPU backend does not start");
    ggml_backend_set_n_threads_t set_threads = (ggml_backend_set_n_threads_t)ggml_backend_reg_get_proc_address(
        ggml_backend_dev_backend_reg(cpu), "ggml_backend_set_n_threads");
    ((ggml_backend_set_n_threads_t)check((void *)set_threads, "the CPU backend takes no number of threads"))(backend, threads);

    // Products with weights of their own, together larger than BYTES, so that none finds its weights in a cache.
    size_t size = ggml_row_size(GGML_TYPE_Q4_0, k) * (size_t)n;
    size_t copies = (bytes + size - 1) / size;
    struct ggml_init_params room = {
        .mem_size = ggml_tensor_overhead() * (2 * copies + 1) + ggml_graph_overhead_custom(2 * copies + 1, false),
        .no_alloc = true,
    };
    struct ggml_context *weights = check(ggml_init(room), "out of memory");
    struct ggml_context *values = check(ggml_init(room), "out of memory");
    struct ggml_tensor *x = ggml_new_tensor_2d(values, GGML_TYPE_F32, k, m);
    struct ggml_cgraph *graph = ggml_new_graph_custom(values, 2 * copies + 1, false);
    for (size_t i = 0; i < copies; ++i) {
        ggml_build_forward_expand(graph, ggml_mul_mat(values, ggml_new_tensor_2d(weights, GGML_TYPE_Q4_0, k, n), x));
    }
    check(ggml_backend_alloc_ctx_tensors_from_buft(weights, rearranged(cpu)), "no memory for the weights");
    check(ggml_backend_alloc_ctx_tensors_from_buft(values, ggml_backend_dev_buffer_type(cpu)), "no memory for the values");

    float *floats = random_floats(k * (n > m ? n : m));
    void *blocks = check(malloc(size), "out of memory");
    ggml_quantize_chunk(GGML_TYPE_Q4_0, floats, blocks, 0, n, k, NULL);
    for (struct ggml_tensor *w = ggml_get_first_tensor(weights); w; w = ggml_get_next_tensor(weights, w)) {
        ggml_backend_tensor_set(w, blocks, 0, size);
    }
    ggml_backend_tensor_set(x, floats, 0, ggml_nbytes(x));

    static double seconds[MAX_TIMINGS];
    int timings = 0;
    ggml_backend_graph_compute(backend, graph);
    double start = now();
    while (timings < MAX_TIMINGS && (timings < FEWEST_TIMINGS || now() - start < SECONDS)) {
        double before = now();
        if (ggml_backend_graph_compute(backend, graph) != GGML_STATUS_SUCCESS) {
            fail("the product failed");
        }
        seconds[timings++] = (now() - before) / (double)copies;
    }
    qsort(seconds, (size_t)timings, sizeof *seconds, ascending);
    printf("%.3f\n", 1e6 * (seconds[(timings - 1) / 2] + seconds[timings / 2]) / 2);
    return 0;
}
