// SPDX-License-Identifier: Apache-2.0
// libFuzzer around C# code: hosts the .NET runtime in this process and hands the block counters of the instrumented
// assembly to libFuzzer as if they were those of compiled code. The environment says where things are:
//   KLEIDISHARP_FUZZ_HOSTFXR   libhostfxr.so           KLEIDISHARP_FUZZ_APP   the folder of KleidiSharp.Fuzz.dll
//   KLEIDISHARP_FUZZ_INPUT     a file that each input is put in, for the code under test to open
#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// What libFuzzer's own runtime has for instrumented modules.
void __sanitizer_cov_8bit_counters_init(uint8_t* begin, uint8_t* end);
void __sanitizer_cov_pcs_init(const uintptr_t* begin, const uintptr_t* end);

// The parts of hostfxr.h and coreclr_delegates.h that are used.
typedef int32_t (*initialize_fn)(const char* config_path, const void* parameters, void** handle);
typedef int32_t (*get_delegate_fn)(void* handle, int32_t type, void** delegate);
typedef int32_t (*load_fn)(const char* assembly, const char* type, const char* method, const char* delegate_type,
                           void* reserved, void** function);
enum { kLoadAssemblyAndGetFunctionPointer = 5 };
#define UNMANAGED_CALLERS_ONLY ((const char*)-1)

static const char* app;
static load_fn load;
static int32_t (*run)(const uint8_t* data, size_t size);
static void (*report)(void);

static void require(int condition, const char* what) {
    if (condition) return;
    fprintf(stderr, "libfuzzer.c: %s failed\n", what);
    exit(2);
}

static const char* variable(const char* name) {
    const char* value = getenv(name);
    require(value != NULL, name);
    return value;
}

static void* function(const char* name) {
    char assembly[4096];
    snprintf(assembly, sizeof assembly, "%s/KleidiSharp.Fuzz.dll", app);
    void* result = NULL;
    require(load(assembly, "KleidiSharp.Fuzz.Entry, KleidiSharp.Fuzz", name, UNMANAGED_CALLERS_ONLY, NULL, &result) == 0,
            name);
    return result;
}

int LLVMFuzzerInitialize(int* argc, char*** argv) {
    (void)argc;
    (void)argv;
    app = variable("KLEIDISHARP_FUZZ_APP");
    void* host = dlopen(variable("KLEIDISHARP_FUZZ_HOSTFXR"), RTLD_NOW);
    require(host != NULL, "loading KLEIDISHARP_FUZZ_HOSTFXR");
    const initialize_fn initialize = (initialize_fn)dlsym(host, "hostfxr_initialize_for_runtime_config");
    const get_delegate_fn get_delegate = (get_delegate_fn)dlsym(host, "hostfxr_get_runtime_delegate");
    require(initialize != NULL && get_delegate != NULL, "finding hostfxr's functions");
    char config[4096];
    snprintf(config, sizeof config, "%s/KleidiSharp.Fuzz.runtimeconfig.json", app);
    void* handle = NULL;
    require(initialize(config, NULL, &handle) == 0, "starting .NET");
    void* delegate = NULL;
    require(get_delegate(handle, kLoadAssemblyAndGetFunctionPointer, &delegate) == 0, "hostfxr_get_runtime_delegate");
    load = (load_fn)delegate;
    // libFuzzer, which keeps the input that aborts, takes no signal that another handles.
    signal(SIGABRT, SIG_DFL);

    uint8_t* counters = NULL;
    const int32_t count = ((int32_t (*)(uint8_t**))function("Start"))(&counters);
    // Pairs of an address and flags. The numbers of the blocks do as addresses, which nobody follows.
    uintptr_t* blocks = calloc((size_t)count * 2, sizeof *blocks);
    require(blocks != NULL, "calloc");
    for (int32_t i = 0; i < count; ++i) blocks[2 * i] = (uintptr_t)i + 1;
    __sanitizer_cov_8bit_counters_init(counters, counters + count);
    __sanitizer_cov_pcs_init(blocks, blocks + 2 * count);
    run = (int32_t (*)(const uint8_t*, size_t))function("Run");
    report = (void (*)(void))function("Report");
    return atexit(report);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (run(data, size) != 0) abort();
    return 0;
}
